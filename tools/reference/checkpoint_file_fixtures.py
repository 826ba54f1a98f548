"""Makes lib/models/testdata/files/: small checkpoint files as Python's torch and safetensors write them.

    OMP_NUM_THREADS=1 .venv-reference/bin/python tools/reference/checkpoint_file_fixtures.py

expected.json has, for every file, its tensors' stored bytes and their values as float32, both as hexadecimal, so that
a test can be exact.
"""

import json
import pathlib
import pickle
from collections import OrderedDict

import numpy
import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "lib/models/testdata/files"


def floats():
    """Float32 values that conversions get wrong: ties, subnormals, overflow, infinities, NaN, signed zero."""
    bits = [
        0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0xFFFFFFFF,
        0x3F808000, 0x3F818000, 0x3F808001, 0x3F807FFF, 0xBF808000, 0xBF818000,  # bfloat16 ties, to even down and up
        0x3F801000, 0x3F803000, 0x3F801001, 0x3F800FFF,  # float16 ties
        0x477FE000, 0x477FEFFF, 0x477FF000, 0xC77FF000, 0x47800000,  # 65504, below, at and above the tie with infinity
        0x7F7F7FFF, 0x7F7F8000, 0x7F7FFFFF,  # bfloat16's largest, the tie with infinity, float32's largest
        0x38800000, 0x387FC000, 0x387FFFFF, 0x33800000, 0x33000000, 0x33000001, 0x32FFFFFF, 0x33C00000,  # float16 subnormals
        0x00000001, 0x007FFFFF, 0x00008000, 0x00018000, 0x00800000, 0x80000001,  # float32 subnormals
    ]
    special = numpy.array(bits, dtype=numpy.uint32).view(numpy.float32)
    random = numpy.random.default_rng(5).normal(size=24).astype(numpy.float32)
    return torch.from_numpy(numpy.concatenate([special, random]))


def bits_of(tensor):
    """The stored little-endian bytes, row by row, as hexadecimal."""
    tensor = tensor.detach().contiguous().reshape(-1)
    if tensor.dtype is torch.bool:
        tensor = tensor.to(torch.uint8)
    elif tensor.dtype in (torch.bfloat16, torch.float16):
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes().hex()


def described(tensors):
    return {
        name: {
            "shape": list(tensor.shape),
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "stored": bits_of(tensor),
            "float32": bits_of(tensor.to(torch.float32)),
        }
        for name, tensor in tensors.items()
    }


def all_dtypes():
    values = floats()
    big = [0, 1, -1, 16777217, -16777217, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 2**62 + 2**38, 2**62 + 2**38 + 1,
           -(2**62) - 2**38, -(2**62) - 2**38 - 1]
    return {
        "float32": values,
        "float64": torch.cat([values.double(), torch.tensor([1 / 3, 1e300, 1e-300, 1 + 2**-24, 1 + 3 * 2**-24], dtype=torch.float64)]),
        "float16": values.to(torch.float16),
        "bfloat16": values.to(torch.bfloat16),
        "int64": torch.tensor(big, dtype=torch.int64),
        "int32": torch.tensor([0, -1, 2**31 - 1, -(2**31), 16777217], dtype=torch.int32),
        "int16": torch.tensor([[0, -1, 32767], [-32768, 5, 6]], dtype=torch.int16),
        "int8": torch.tensor([0, -1, 127, -128], dtype=torch.int8),
        "uint8": torch.tensor([0, 255, 128], dtype=torch.uint8),
        "bool": torch.tensor([[True, False, True]]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "3d": torch.arange(24, dtype=torch.float32).reshape(2, 3, 4),
        'odd "name"\n\t한글': torch.tensor([1.0, 2.0]),
    }


def unsigned():
    return {
        "uint64": torch.tensor([0, 1, 2**64 - 1, 2**63, 2**62 + 2**38 + 1], dtype=torch.uint64),
        "uint32": torch.tensor([0, 2**32 - 1, 16777217], dtype=torch.uint32),
        "uint16": torch.tensor([0, 65535], dtype=torch.uint16),
    }


def views():
    """Tensors as they occur in real state dicts: shared storages, offsets, strides, parameters."""
    base = torch.arange(60, dtype=torch.float32)
    table = torch.nn.Parameter(torch.arange(12, dtype=torch.float32).reshape(4, 3) / 8)
    halves = torch.arange(12).to(torch.float16).reshape(3, 4)
    state = OrderedDict()
    state["table"] = table
    state["tied"] = table
    state["offset"] = base[7:19].reshape(3, 4)
    state["transposed"] = base[:12].reshape(3, 4).t()
    state["strided"] = base[3:60:5]
    state["columns"] = base.reshape(6, 10)[1:4, 2:9:3]
    state["permuted"] = base[:24].reshape(2, 3, 4).permute(2, 0, 1)
    state["expanded"] = base[5:6].expand(2, 3)
    state["one.row"] = base.reshape(6, 10).t()[:, 2:3]
    state["scalar"] = base[9]
    state["empty"] = base[60:]
    state["empty.rows"] = torch.zeros(3, 0)
    state["half.transposed"] = halves.t()
    state["position_ids"] = torch.arange(5).expand(1, -1)
    state["long.columns"] = torch.arange(-6, 6).reshape(3, 4).t() * (2**40 + 1)
    state["double.permuted"] = (torch.arange(24, dtype=torch.float64) / 3).reshape(2, 3, 4).permute(1, 2, 0)
    state["flags"] = torch.tensor([True, False])[1:]
    return state


def plain_data():
    """What a checkpoint may hold besides tensors."""
    shared = ["shared"]
    return {
        "integers": [0, 255, 256, 65535, 65536, -1, -128, 2**31 - 1, -(2**31), 2**31, -(2**40), 2**53 - 1, 2**53, -(2**70), 2**2000],
        "floats": [0.5, -1e300],
        "others": (None, True, False, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        "texts": ["", "한글", "a" * 300, "\ufeffmark"],
        "bytes": [b"", b"\x00\xff", b"x" * 300],
        "sets": [set(), {"a"}, {"a": {}}],
        "ordered": OrderedDict([("z", 1), ("a", OrderedDict())]),
        "shared": [shared, shared],
        "many": list(range(1500)),
    }


def save_bin(tensors, name, **options):
    torch.save(tensors, FOLDER / name, **options)
    return name


class Forbidden:
    """Unpickling it calls a function (a harmless one) that has no place in a checkpoint."""

    def __reduce__(self):
        import os

        return os.getcwd, ()


class Reduced:
    """Pickled as a call."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


class StorageReference(tuple):
    """Pickled as a reference to a storage outside the pickle."""


class LegacyPickler(pickle.Pickler):
    def persistent_id(self, value):
        return tuple(value) if isinstance(value, StorageReference) else None


def save_storage_views(name):
    """A legacy file as torch 0.x wrote it: storages that are parts of a root storage, and `_rebuild_tensor`."""
    root = torch.arange(10, dtype=torch.float32)

    def reference(part):
        return StorageReference(("storage", torch.FloatStorage, "root", "cpu", 10, part))

    state = OrderedDict()
    state["whole"] = Reduced(torch._utils._rebuild_tensor, reference(None), 1, (3, 3), (3, 1))
    state["part"] = Reduced(torch._utils._rebuild_tensor, reference(("part", 4, 5)), 1, (2, 2), (1, 2))
    with open(FOLDER / name, "wb") as file:
        for value in (torch.serialization.MAGIC_NUMBER, 1001, {"protocol_version": 1001, "little_endian": True}):
            pickle.dump(value, file, protocol=2)
        LegacyPickler(file, protocol=2).dump(state)
        pickle.dump(["root"], file, protocol=2)
        file.write((10).to_bytes(8, "little") + root.numpy().tobytes())
    loaded = torch.load(FOLDER / name, weights_only=False)
    assert torch.equal(loaded["part"], torch.tensor([[5.0, 7.0], [6.0, 8.0]]))
    return loaded


def big_endian_legacy(source):
    """The legacy file with its note of the byte order changed."""
    data = bytearray((FOLDER / source).read_bytes())
    at = data.index(b"little_endian")
    at = data.index(b"\x88", at)  # NEWTRUE
    data[at] = 0x89
    (FOLDER / "big_endian.legacy.bin").write_bytes(data)


def main():
    torch.manual_seed(3)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    expected = {}

    dtypes = {name: value.contiguous() for name, value in all_dtypes().items()}
    everything = {**dtypes, **unsigned()}
    safetensors.torch.save_file(everything, FOLDER / "dtypes.safetensors", metadata={"format": "pt"})
    expected["dtypes.safetensors"] = described(everything)

    shards = [
        {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.tensor([1.0, 2.0])},
        {"b.weight": torch.tensor([[0.5, -0.25]]).to(torch.bfloat16)},
    ]
    joined = {name: value for shard in shards for name, value in shard.items()}
    for suffix, stem in (("safetensors", "model"), ("bin", "pytorch_model")):
        weight_map = {}
        for number, shard in enumerate(shards, 1):
            file = f"{stem}-{number:05}-of-00002.{suffix}"
            weight_map.update({name: file for name in shard})
            if suffix == "bin":
                torch.save(shard, FOLDER / file)
            else:
                safetensors.torch.save_file(shard, FOLDER / file, metadata={"format": "pt"})
        total = sum(value.numel() * value.element_size() for value in joined.values())
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        (FOLDER / f"{stem}.{suffix}.index.json").write_text(json.dumps(index, indent=2) + "\n")
        expected[f"{stem}.{suffix}.index.json"] = described(joined)

    expected[save_bin(dtypes, "dtypes.bin")] = described(dtypes)
    expected[save_bin(dtypes, "dtypes.legacy.bin", _use_new_zipfile_serialization=False)] = described(dtypes)
    expected[save_bin(unsigned(), "unsigned.bin")] = described(unsigned())
    expected[save_bin(views(), "views.bin")] = described(views())
    expected[save_bin(views(), "views.legacy.bin", _use_new_zipfile_serialization=False)] = described(views())
    expected[save_bin(views(), "views.protocol4.bin", pickle_protocol=4)] = described(views())

    expected["storage_views.legacy.bin"] = described(save_storage_views("storage_views.legacy.bin"))

    linear = torch.nn.Linear(3, 2)
    wrapped = {"epoch": 3, "loss": 0.25, "best": None, "name": "한글", "big": 2**70, "negative": -(2**40), "raw": b"\x00\xff",
               "sizes": torch.Size([2, 3]), "nested": [(1, 2.5), {"a": True}], "state_dict": linear.state_dict()}
    expected[save_bin(wrapped, "wrapped.bin")] = described(linear.state_dict())
    expected[save_bin({"model": linear.state_dict()}, "wrapped.legacy.bin", _use_new_zipfile_serialization=False)] = described(
        linear.state_dict()
    )
    torch.serialization.set_crc32_options(False)
    expected[save_bin(linear.state_dict(), "no_checksums.bin")] = described(linear.state_dict())
    torch.serialization.set_crc32_options(True)

    save_bin({"weight": torch.ones(2), "evil": Forbidden()}, "code.bin")
    save_bin({"weight": torch.ones(2), "evil": Forbidden()}, "code.legacy.bin", _use_new_zipfile_serialization=False)
    save_bin({"weight": torch.ones(2).to_sparse()}, "sparse.bin")
    save_bin({"weight": torch.ones(2, dtype=torch.complex64)}, "complex.bin")
    save_bin(linear, "whole_module.bin")
    save_bin({"epoch": 3, "optimizer": {"state": {}}}, "no_tensors.bin")
    big_endian_legacy("dtypes.legacy.bin")

    expected["pickles"] = {protocol: pickle.dumps(plain_data(), protocol).hex() for protocol in range(2, 6)}

    values = floats()
    expected["rounding"] = {
        "float32": bits_of(values),
        "float16": bits_of(values.to(torch.float16)),
        "bfloat16": bits_of(values.to(torch.bfloat16)),
        "float64": bits_of(values.to(torch.float64)),
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

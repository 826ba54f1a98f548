import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { hasKernels, startEngine, tensorsFromFiles } from "../../engine/mod.ts";
import { openPytorchBin } from "./pytorch_bin.ts";
import { openSafetensors } from "./safetensors.ts";
import { expectedTensors, fixture, fromHex, hexAt, hexOf, messageOf, torchNames } from "../testing/files.ts";
import { withFolder } from "../../ground/testing/folder.ts";

const readable = [
  "dtypes.bin",
  "dtypes.legacy.bin",
  "unsigned.bin",
  "views.bin",
  "views.legacy.bin",
  "views.protocol4.bin",
  "storage_views.legacy.bin",
  "wrapped.bin",
  "wrapped.legacy.bin",
  "no_checksums.bin",
  "pytorch_model.bin.index.json",
];

/** Whether the file's tensors are exactly those of the fixture `name`. */
function assertHolds(path: string, name: string): void {
  const file = openPytorchBin(path);
  const expected = expectedTensors(name);
  assert.deepEqual(file.names(), Object.keys(expected));
  for (const [tensorName, tensor] of Object.entries(expected)) {
    const { dtype, shape } = file.info(tensorName);
    assert.deepEqual(shape, tensor.shape, tensorName);
    assert.equal(torchNames[dtype], tensor.dtype, tensorName);
    assert.equal(hexOf(file.read(tensorName, dtype)), tensor.stored, tensorName);
    const floats = new Float32Array(fromHex(tensor.float32).buffer);
    assert.ok(
      file.read(tensorName).every((value, i) => Object.is(value, floats[i])),
      `${tensorName} as float32`,
    );
    const place = file.place(tensorName);
    if (place !== null) assert.equal(hexAt(place, tensor.stored.length / 2), tensor.stored, tensorName);
  }
  file.close();
}

for (const name of readable) {
  Deno.test(`reads what torch.save wrote: ${name}`, () => assertHolds(fixture(name), name));
}

const parity = new URL("../../../../shared/parity/dev/", import.meta.url);
const parityIsThere = (() => {
  try {
    return Deno.statSync(parity).isDirectory;
  } catch {
    return false;
  }
})();

Deno.test({
  name: "the parity model's two .bin files hold what its safetensors file holds",
  ignore: !parityIsThere,
  fn() {
    const expected = openSafetensors(new URL("kobert-classifier/model.safetensors", parity).pathname);
    for (const format of ["pytorch_model.bin", "pytorch_model.legacy.bin"]) {
      const file = openPytorchBin(new URL(`kobert-classifier-bin/${format}`, parity).pathname);
      const positions = "bert.embeddings.position_ids";
      assert.deepEqual(new Set(file.names()), new Set([...expected.names(), positions]));
      for (const name of expected.names()) {
        assert.deepEqual(file.info(name).shape, expected.info(name).shape);
        assert.equal(hexOf(file.read(name)), hexOf(expected.read(name)), name);
      }
      assert.deepEqual(file.info(positions), { dtype: "I64", shape: [1, 64] });
      assert.deepEqual(file.read(positions), Float32Array.from({ length: 64 }, (_, i) => i));
      file.close();
    }
    expected.close();
  },
});

Deno.test("what is not weights is refused by name, and nothing is run", async () => {
  const cases: [string, RegExp][] = [
    ["code.bin", /asks for posix\.getcwd.*refused and nothing was run.*safetensors\.torch\.save_file/],
    ["code.legacy.bin", /asks for posix\.getcwd/],
    ["sparse.bin", /asks for torch\._utils\._rebuild_sparse_tensor/],
    ["complex.bin", /asks for torch\.ComplexFloatStorage/],
    ["whole_module.bin", /asks for torch\.nn\.modules\.linear\.Linear/],
    ["no_tensors.bin", /no tensors where a state dict would be.*"epoch", "optimizer".*state_dict/],
    ["big_endian.legacy.bin", /big-endian/],
  ];
  for (const [name, message] of cases) {
    const text = await messageOf(() => openPytorchBin(fixture(name)));
    assert.match(text, message);
    assert.ok(text.startsWith(`${fixture(name)} cannot be read as PyTorch weights: `), text);
  }
});

/** Writes a changed copy of a fixture and returns its path. */
function changed(folder: string, name: string, change: (bytes: Uint8Array) => Uint8Array | void): string {
  const bytes = Deno.readFileSync(fixture(name));
  const path = join(folder, name);
  Deno.writeFileSync(path, change(bytes) ?? bytes);
  return path;
}

/** Where `text` stands in `bytes`, from `from` on. */
function find(bytes: Uint8Array, text: string, from = 0): number {
  const at = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("").indexOf(text, from);
  assert.ok(at >= 0, text);
  return at;
}

Deno.test("files of other kinds, other byte orders and compressed archives are recognised", async () => {
  await withFolder(async (folder) => {
    const ascii = (text: string) => new TextEncoder().encode(text);
    const cases: [string, (bytes: Uint8Array) => Uint8Array | void, RegExp][] = [
      ["wrapped.bin", () => ascii(""), /not written by torch\.save/],
      ["wrapped.bin", () => ascii("version https://git-lfs.github.com/spec/v1\n"), /Git LFS pointer/],
      [
        "wrapped.bin",
        () => Deno.readFileSync(fixture("dtypes.safetensors")),
        /looks like a safetensors file/,
      ],
      ["wrapped.bin", () => ascii("\0".repeat(257) + "ustar"), /tar archive/],
      ["wrapped.bin", (bytes) => bytes.set(ascii("bigbig"), find(bytes, "little")), /big-endian/],
      ["wrapped.bin", (bytes) => {
        bytes[find(bytes, "PK\x01\x02") + 10] = 8;
      }, /data\.pkl is compressed/],
      ["wrapped.bin", (bytes) => {
        bytes[find(bytes, "PK\x01\x02") + 8]! |= 1;
      }, /data\.pkl is encrypted/],
      ["wrapped.bin", (bytes) => {
        bytes[find(bytes, "data.pkl", find(bytes, "PK\x01\x02"))] = 0x44;
      }, /0 members named data\.pkl/],
      ["wrapped.legacy.bin", (bytes) => {
        bytes[18]! += 1; // the version, 1001
      }, /legacy format is version 1002; known is 1001/],
    ];
    for (const [name, change, message] of cases) {
      const path = changed(folder, name, change);
      const text = await messageOf(() => openPytorchBin(path));
      assert.match(text, message);
      assert.ok(text.includes(path));
    }
    assert.match(await messageOf(() => openPytorchBin(join(folder, "none.bin"))), /^Cannot open .*none\.bin/);
  });
});

Deno.test("a tensor that does not match its checksum is an error that names both", async () => {
  await withFolder(async (folder) => {
    const path = changed(folder, "views.bin", (bytes) => {
      const table = find(bytes, "\x00\x00\x00\x3e\x00\x00\x80\x3e"); // 0.125, 0.25
      bytes[table] = 1;
    });
    const file = openPytorchBin(path);
    assert.match(
      await messageOf(() => file.read("table")),
      /views\.bin is corrupt: tensor "table".*checksum/,
    );
    await startEngine();
    if (hasKernels()) {
      assert.match(
        await messageOf(() => tensorsFromFiles([file.place("table")])),
        /views\.bin is corrupt: tensor "table".*checksum/,
      );
    }
    assert.equal(file.read("scalar")[0], 9);
    file.close();
  });
});

Deno.test("floats that stand in the file as in memory have a place there, views that do not have none", () => {
  const file = openPytorchBin(fixture("views.bin"));
  const placed = file.names().filter((name) => file.place(name) !== null);
  assert.deepEqual(placed, ["table", "tied", "offset", "one.row", "scalar", "empty"]);
  assert.deepEqual({ ...file.place("tied"), name: "table" }, file.place("table"));
  const { dtype, shape } = file.place("offset")!;
  assert.deepEqual([dtype, shape], ["F32", [3, 4]]);
  file.close();
});

Deno.test("what the file says of its tensors is held against the file", async () => {
  await withFolder(async (folder) => {
    const cases: [string, string, string, RegExp][] = [
      // a pickle's offset 0, shape (2, 3), stride (3, 1); and what the offset 1 would reach beyond the storage
      [
        "wrapped.legacy.bin",
        "K\x00K\x02K\x03\x86",
        "K\x01K\x02K\x03\x86",
        /tensor "weight" reaches beyond its storage of 24 bytes/,
      ],
      [
        "wrapped.legacy.bin",
        "K\x00K\x02\x85",
        "K\x00K\x03\x85",
        /tensor "bias" reaches beyond its storage of 8 bytes/,
      ],
      [
        "wrapped.bin",
        "K\x00K\x02K\x03\x86",
        "K\x01K\x02K\x03\x86",
        /list of tensors does not match its checksum/,
      ],
      ["no_checksums.bin", "K\x00K\x02K\x03\x86", "K\x01K\x02K\x03\x86", /tensor "weight" reaches beyond/],
    ];
    for (const [name, before, after, message] of cases) {
      const path = changed(folder, name, (bytes) => {
        bytes.set(Uint8Array.from(after, (letter) => letter.charCodeAt(0)), find(bytes, before));
      });
      assert.match(await messageOf(() => openPytorchBin(path)), message);
    }
    const path = changed(folder, "wrapped.bin", (bytes) => {
      bytes[find(bytes, "wrapped/data/1", find(bytes, "PK\x01\x02")) - 46 + 26] = 9; // 9 * 65536 bytes and more
    });
    assert.match(
      await messageOf(() => openPytorchBin(path)),
      /member wrapped\/data\/1 lies past its end/,
    );
    const cut = changed(folder, "views.legacy.bin", (bytes) => bytes.slice(0, -1));
    assert.match(
      await messageOf(() => openPytorchBin(cut)),
      /ends after \d+ bytes, where \d+ are needed: it is truncated/,
    );
  });
});

Deno.test("truncated anywhere, a file is an error that names it", async () => {
  await withFolder(async (folder) => {
    for (const name of ["views.bin", "views.legacy.bin"]) {
      const whole = Deno.readFileSync(fixture(name));
      for (let length = 0; length < whole.length; length += 29) {
        const path = changed(folder, name, (bytes) => bytes.slice(0, length));
        const text = await messageOf(() => openPytorchBin(path).close());
        assert.ok(text.startsWith(`${path} cannot be read as PyTorch weights: `), `${length}: ${text}`);
      }
    }
  });
});

Deno.test("with a byte changed, a file is read or refused with an error that names it", async () => {
  await withFolder((folder) => {
    for (const name of ["views.legacy.bin", "pytorch_model-00001-of-00002.bin"]) {
      const length = Deno.statSync(fixture(name)).size;
      let refused = 0;
      for (let at = 0; at < length; at += 5) {
        const path = changed(folder, name, (bytes) => {
          bytes[at]! ^= [1, 0x40, 0xff][at / 5 % 3]!;
        });
        try {
          const file = openPytorchBin(path);
          try {
            for (const tensor of file.names()) file.read(tensor);
          } finally {
            file.close();
          }
        } catch (error) {
          refused++;
          const { message, cause } = error as Error;
          assert.ok(message.includes(path), `byte ${at} of ${basename(path)}: ${message}`);
          assert.ok(!(cause instanceof TypeError), `byte ${at} of ${basename(path)}: ${message}`);
        }
      }
      assert.ok(refused > length / 50);
    }
  });
});

/** The same archive with every size and offset moved to zip64 fields, as archives above 4 GB have them. */
function toZip64(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  const end = find(bytes, "PK\x05\x06");
  const directoryAt = view.getUint32(end + 16, true);
  const entries: Uint8Array[] = [];
  for (let at = directoryAt; view.getUint32(at, true) === 0x02014b50;) {
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const entry = new Uint8Array(46 + nameLength + 5 + 28);
    entry.set(bytes.subarray(at, at + 46 + nameLength));
    const fields = new DataView(entry.buffer);
    const extra = 46 + nameLength;
    fields.setUint16(30, 5 + 28, true);
    fields.setUint16(32, 0, true);
    fields.setUint16(extra, 0x9999, true); // some other field comes first
    fields.setUint16(extra + 2, 1, true);
    fields.setUint16(extra + 5, 1, true);
    fields.setUint16(extra + 7, 24, true);
    for (const [i, field] of [24, 20, 42].entries()) {
      fields.setBigUint64(extra + 9 + 8 * i, BigInt(view.getUint32(at + field, true)), true);
      fields.setUint32(field, 0xffffffff, true);
    }
    entries.push(entry);
    at += 46 + nameLength + extraLength + view.getUint16(at + 32, true);
  }
  const directorySize = entries.reduce((sum, entry) => sum + entry.length, 0);
  const tail = new Uint8Array(56 + 20 + 22);
  const fields = new DataView(tail.buffer);
  fields.setUint32(0, 0x06064b50, true);
  fields.setBigUint64(24, BigInt(entries.length), true);
  fields.setBigUint64(32, BigInt(entries.length), true);
  fields.setBigUint64(40, BigInt(directorySize), true);
  fields.setBigUint64(48, BigInt(directoryAt), true);
  fields.setUint32(56, 0x07064b50, true);
  fields.setBigUint64(64, BigInt(directoryAt + directorySize), true);
  fields.setUint32(76, 0x06054b50, true);
  for (const at of [84, 86]) fields.setUint16(at, 0xffff, true);
  for (const at of [88, 92]) fields.setUint32(at, 0xffffffff, true);
  return Uint8Array.from([
    ...bytes.subarray(0, directoryAt),
    ...entries.flatMap((entry) => [...entry]),
    ...tail,
  ]);
}

Deno.test("reads zip64 archives", async () => {
  await withFolder((folder) => assertHolds(changed(folder, "views.bin", toZip64), "views.bin"));
});

Deno.test("an index of .bin shards must fit its shards", async () => {
  await withFolder(async (folder) => {
    const index = join(folder, "pytorch_model.bin.index.json");
    const shard = "pytorch_model-00001-of-00002.bin";
    Deno.copyFileSync(fixture(shard), join(folder, shard));
    Deno.writeTextFileSync(index, JSON.stringify({ weight_map: { "b.weight": shard } }));
    assert.match(await messageOf(() => openPytorchBin(index)), /holds "b\.weight", but it does not/);
    const file = openPytorchBin(fixture(basename(index)));
    assert.match(await messageOf(() => file.read("c")), /index\.json holds no tensor named "c"/);
    file.close();
  });
});

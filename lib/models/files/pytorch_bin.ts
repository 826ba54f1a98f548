/**
 * What `torch.save` writes: `pytorch_model.bin` as a zip archive (since torch 1.6), or as five pickles followed by the
 * raw storages (before). Both hold a pickled state dict whose tensors are views of storages: an offset, a shape and a
 * stride in numbers. The pickle is read by rules that know tensors and plain data and refuse everything else, so no
 * code in a file is ever run; tensors are read one at a time from their place in the file.
 *
 * Source: torch/serialization.py and torch/_utils.py of PyTorch 2.15.
 */

import { crc32 } from "node:zlib";
import { wrongChecksum } from "../../engine/mod.ts";
import { UserError } from "../../ground/pure.ts";
import {
  bytesOf,
  bytesPerValue,
  type Dtype,
  newStoredArray,
  type StoredArray,
  type StoredArrays,
  valuesIn,
} from "./dtypes.ts";
import { type FileBytes, guessWrongFormat, openFileBytes } from "./file_bytes.ts";
import { type ByteCursor, cursorOver, type PickleGlobal, type PickleRules, readPickle } from "./pickle.ts";
import { dtypeToRead, entryOf, inDtype, isPlaced, openShards, type TensorFile } from "./tensor_file.ts";
import { readZipDirectory } from "./zip.ts";

/** A run of values in the file that tensors are views of. */
interface Storage {
  key: string;
  /** null: bytes without a type, given by each tensor. */
  dtype: Dtype | null;
  /** Values (bytes, where there is no dtype). */
  length: number;
  /** Where the storage begins in the one it is a part of, in values: old files only. */
  offset: number;
}

/** A tensor as the pickle describes it; offset and stride count values. */
class TorchTensor {
  constructor(
    readonly storage: Storage,
    readonly dtype: Dtype,
    readonly offset: number,
    readonly shape: number[],
    readonly stride: number[],
  ) {}
}

/** Where a storage's bytes lie in the file. */
interface Place {
  begin: number;
  size: number;
  /** The CRC-32 of its bytes, 0 where unknown. */
  crc: number;
}

const storageDtypes: Record<string, Dtype | null> = {
  "torch.DoubleStorage": "F64",
  "torch.FloatStorage": "F32",
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.LongStorage": "I64",
  "torch.IntStorage": "I32",
  "torch.ShortStorage": "I16",
  "torch.CharStorage": "I8",
  "torch.ByteStorage": "U8",
  "torch.BoolStorage": "BOOL",
  "torch.storage.UntypedStorage": null,
};

const tensorDtypes: Record<string, Dtype> = {
  "torch.float64": "F64",
  "torch.float32": "F32",
  "torch.float16": "F16",
  "torch.bfloat16": "BF16",
  "torch.int64": "I64",
  "torch.uint64": "U64",
  "torch.int32": "I32",
  "torch.uint32": "U32",
  "torch.int16": "I16",
  "torch.uint16": "U16",
  "torch.int8": "I8",
  "torch.uint8": "U8",
  "torch.bool": "BOOL",
};

/** Where training scripts put the state dict in a checkpoint that holds more. */
const wrapperKeys = ["state_dict", "model_state_dict", "model"];

/** The functions that a state dict's pickle calls, and what they stand for here. */
const functions: Record<string, (args: unknown[]) => unknown> = {
  "torch._utils._rebuild_tensor": ([storage, offset, shape, stride]) =>
    tensorOf(storage, null, offset, shape, stride),
  "torch._utils._rebuild_tensor_v2": ([storage, offset, shape, stride, , , flags]) => {
    refuseFlags(flags);
    return tensorOf(storage, null, offset, shape, stride);
  },
  "torch._utils._rebuild_tensor_v3": ([storage, offset, shape, stride, , , dtype, flags]) => {
    refuseFlags(flags);
    return tensorOf(storage, dtype, offset, shape, stride);
  },
  "torch._utils._rebuild_parameter": ([tensor]) => tensor,
  "torch._utils._rebuild_parameter_with_state": ([tensor]) => tensor,
  "torch.Size": ([sizes]) => sizes,
  "torch.device": (args) => args.join(":"),
  "collections.OrderedDict": ([pairs]) => new Map((pairs ?? []) as [unknown, unknown][]),
  "_codecs.encode": ([text]) => Uint8Array.from(String(text), (letter) => letter.charCodeAt(0)), // Latin-1
  "__builtin__.set": ([items]) => new Set((items ?? []) as unknown[]),
  "builtins.set": ([items]) => new Set((items ?? []) as unknown[]),
};

/**
 * Opens a `pytorch_model.bin` (either format), or a `pytorch_model.bin.index.json` with the shards it names. The state
 * dict may be the whole file or its `state_dict`, `model_state_dict` or `model`; what else is there is passed over.
 *
 * @throws naming the file and what is wrong with it: not made by torch.save, truncated, corrupt, big-endian, without
 * tensors, a tensor beyond its storage, or a name that a file of weights has no need for. Reading throws where a
 * storage read in full does not match its checksum.
 * @example
 * ```ts
 * const file = openPytorchBin("pytorch_model.bin");
 * const table = file.read("bert.embeddings.word_embeddings.weight"); // Float32Array(8002 * 768)
 * file.close();
 * ```
 */
export function openPytorchBin(path: string): TensorFile {
  if (!path.endsWith(".json")) return openOne(path);
  const { shards: _shards, shardOf: _shardOf, ...joined } = openShards(path, openOne);
  return joined;
}

function openOne(path: string): TensorFile {
  const file = openFileBytes(path);
  let tensors: Map<string, TorchTensor>;
  let places: Map<string, Place>;
  try {
    const start = new Uint8Array(Math.min(file.size, 264));
    file.readInto(start, 0);
    const read = startsWith(start, [0x50, 0x4b, 0x03, 0x04])
      ? readZip
      : startsWith(start, legacyMagic)
      ? readLegacy
      : null;
    if (read === null) {
      const hint = String.fromCharCode(...start.subarray(257, 262)) === "ustar"
        ? " It is a tar archive, as torch wrote before 2017: load and save it with a newer PyTorch."
        : guessWrongFormat(file);
      throw new UserError(`it was not written by torch.save.${hint}`);
    }
    const contents = read(file);
    places = contents.places;
    tensors = stateDict(contents.object);
    for (const [name, tensor] of tensors) checkBounds(name, tensor, places);
  } catch (cause) {
    file.close();
    const message = (cause as Error).message.replace(/[^.]$/, "$&.");
    if (message.startsWith("Cannot open")) throw cause;
    throw new UserError(`${path} cannot be read as PyTorch weights: ${message}`, { cause });
  }
  return {
    path,
    names: () => [...tensors.keys()],
    info(name) {
      const { dtype, shape } = entryOf(tensors, name, path);
      return { dtype, shape };
    },
    read<D extends Dtype = "F32">(name: string, dtype?: D): StoredArrays[D] {
      const tensor = entryOf(tensors, name, path);
      const wanted = dtypeToRead(dtype, tensor.dtype, name, path);
      const stored = readTensor(file, name, tensor, places.get(tensor.storage.key));
      return inDtype(wanted, tensor.dtype, stored);
    },
    place(name) {
      const tensor = entryOf(tensors, name, path), { dtype, shape } = tensor;
      const place = places.get(tensor.storage.key);
      if (place === undefined || !isPlaced(dtype) || !isContiguous(tensor)) return null;
      return {
        ...{ path, name, begin: place.begin + startInStorage(tensor), dtype, shape },
        ...(hasChecksum(tensor, place) && { checksum: place.crc }),
      };
    },
    close: () => file.close(),
    [Symbol.dispose]: () => file.close(),
  };
}

// --- The two formats ---

interface Contents {
  object: unknown;
  places: Map<string, Place>;
}

/** `<any>/data.pkl`, and each storage's bytes in `<any>/data/<key>`. */
function readZip(file: FileBytes): Contents {
  const members = readZipDirectory(file);
  const pickles = [...members.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) {
    throw new UserError(
      `it is a zip archive with ${pickles.length} members named data.pkl, where torch.save writes one`,
    );
  }
  const folder = pickle.slice(0, -"data.pkl".length);
  const byteOrder = members.get(`${folder}byteorder`);
  if (byteOrder !== undefined) {
    const text = new TextDecoder().decode(cursorOver(file, byteOrder.begin, file.size).take(byteOrder.size));
    if (text !== "little") throw bigEndian();
  }
  const { begin, size, crc } = members.get(pickle)!;
  const pickled = new Uint8Array(size);
  file.readInto(pickled, begin);
  if (crc !== 0 && checksumOf(pickled) !== crc) {
    throw new UserError("its list of tensors does not match its checksum: it is corrupt");
  }
  const storages = new Map<string, Storage>();
  const object = readPickle(cursorOver(file, begin, begin + size), rulesFor(storages));
  const places = new Map<string, Place>();
  for (const [key, storage] of storages) {
    const member = members.get(`${folder}data/${key}`);
    if (member === undefined) throw new UserError(`its storage ${key} is missing from the archive`);
    const needed = storage.length * bytesPerValue(storage.dtype ?? "U8");
    if (member.size < needed) {
      throw new UserError(`its storage ${key} has ${member.size} bytes of ${needed}: it is corrupt`);
    }
    places.set(key, member);
  }
  return { object, places };
}

/** The first pickle of the legacy format: the number 0x1950a86a20f9469cfc6c. */
const legacyMagic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** Five pickles (magic, protocol, system, object, storage keys), then for each key a count of values and the values. */
function readLegacy(file: FileBytes): Contents {
  const cursor = cursorOver(file, legacyMagic.length, file.size);
  const protocol = readPickle(cursor, plainData);
  if (protocol !== 1001) throw new UserError(`its legacy format is version ${protocol}; known is 1001`);
  const system = readPickle(cursor, plainData);
  if (!(system instanceof Map) || system.get("little_endian") !== true) throw bigEndian();
  const storages = new Map<string, Storage>();
  const object = readPickle(cursor, rulesFor(storages));
  const keys = readPickle(cursor, plainData);
  if (!Array.isArray(keys)) throw new UserError("its list of storages is corrupt");
  return { object, places: placesInOrder(file, keys, storages, cursor) };
}

function placesInOrder(
  file: FileBytes,
  keys: unknown[],
  storages: Map<string, Storage>,
  cursor: ByteCursor,
): Map<string, Place> {
  const places = new Map<string, Place>();
  const count = new Uint8Array(8);
  let position = cursor.position();
  for (const key of keys) {
    const storage = storages.get(String(key));
    if (storage === undefined) throw new UserError(`its storage ${key} belongs to no tensor: it is corrupt`);
    file.readInto(count, position);
    const length = Number(new DataView(count.buffer).getBigInt64(0, true));
    if (length !== storage.length) {
      throw new UserError(
        `its storage ${key} has ${length} values where ${storage.length} are expected: it is corrupt`,
      );
    }
    const size = length * bytesPerValue(storage.dtype ?? "U8");
    places.set(storage.key, { begin: position + 8, size, crc: 0 });
    position += 8 + size;
  }
  if (position > file.size) {
    throw new UserError(
      `it ends after ${file.size} bytes, where ${position} are needed: it is truncated. Download or copy it again`,
    );
  }
  for (const key of storages.keys()) {
    if (!places.has(key)) throw new UserError(`its storage ${key} is missing: it is corrupt`);
  }
  return places;
}

function bigEndian(): Error {
  return new UserError(
    "it was written on a big-endian machine; load it in Python there and save it with safetensors",
  );
}

function startsWith(bytes: Uint8Array, expected: number[]): boolean {
  return expected.every((byte, i) => bytes[i] === byte);
}

// --- What the pickle may say ---

const plainData: PickleRules = {
  resolve: refuse,
  persistent: (id) => {
    throw new UserError(`its pickled part refers to ${describe(id)} where it should not: it is corrupt`);
  },
};

function refuse(name: string): never {
  throw new UserError(
    `it asks for ${name}, which is not among the few things weights need; it was refused and nothing was run. ` +
      `Where you trust the file's maker, load it in Python (torch.load(path, weights_only=False)) and save its ` +
      `state_dict() with safetensors.torch.save_file`,
  );
}

/** The rules for the object's pickle; collects the storages it refers to. */
function rulesFor(storages: Map<string, Storage>): PickleRules {
  return {
    resolve(name): PickleGlobal {
      if (Object.hasOwn(functions, name)) return { name, call: functions[name]! };
      if (Object.hasOwn(storageDtypes, name) || Object.hasOwn(tensorDtypes, name)) return { name };
      return refuse(name);
    },
    persistent(id) {
      if (!Array.isArray(id) || id[0] !== "storage") {
        throw new UserError(
          `it refers to ${describe(id)}, which is not a storage of a tensor; only tensors can be read`,
        );
      }
      const [, type, key, , length, part] = id;
      const typeName = (type as PickleGlobal | null)?.name ?? "";
      if (!Object.hasOwn(storageDtypes, typeName) || !isCount(length)) {
        throw new UserError(`its storage ${describe(key)} is described wrongly: it is corrupt`);
      }
      const whole: Storage = { key: String(key), dtype: storageDtypes[typeName]!, length, offset: 0 };
      const known = storages.get(whole.key);
      if (known === undefined) storages.set(whole.key, whole);
      else if (known.dtype !== whole.dtype || known.length !== length) {
        throw new UserError(`its storage ${whole.key} is described in two ways: it is corrupt`);
      }
      if (!Array.isArray(part)) return whole;
      const [, offset, partLength] = part; // a storage that is a part of another: files of torch 0.x
      if (!isCount(offset) || !isCount(partLength) || offset + partLength > length) {
        throw new UserError(`its storage ${whole.key} has a part beyond its end: it is corrupt`);
      }
      return { ...whole, offset, length: partLength };
    },
  };
}

function tensorOf(
  storage: unknown,
  dtype: unknown,
  offset: unknown,
  shape: unknown,
  stride: unknown,
): TorchTensor {
  const dtypeName = (dtype as PickleGlobal | null)?.name ?? "";
  const { dtype: storageDtype, key } = storage as Storage;
  const tensorDtype = Object.hasOwn(tensorDtypes, dtypeName) ? tensorDtypes[dtypeName]! : storageDtype;
  const isShape = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
  if (!tensorDtype || typeof key !== "string" || !isCount(offset) || !isShape(shape) || !isShape(stride)) {
    throw new UserError(`a tensor is described wrongly: it is corrupt`);
  }
  if (shape.length !== stride.length) {
    throw new UserError("a tensor has a stride that does not fit its shape: it is corrupt");
  }
  return new TorchTensor(storage as Storage, tensorDtype, offset, shape, stride);
}

/** Tensors may be marked as negated or conjugated views, whose stored values are not their values. */
function refuseFlags(flags: unknown): void {
  if (flags instanceof Map && [...flags.values()].includes(true)) {
    throw new UserError(
      `a tensor is a ${[...flags.keys()].join("/")} view; save it with .resolve_neg() or .resolve_conj()`,
    );
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function describe(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : Array.isArray(value)
    ? `"${String(value[0])}"`
    : String(value);
}

// --- Tensors ---

/** The tensors of the loaded object or of the state dict inside it. */
function stateDict(object: unknown): Map<string, TorchTensor> {
  const wrapped = object instanceof Map ? wrapperKeys.map((key) => object.get(key)) : [];
  for (const candidate of [object, ...wrapped]) {
    if (!(candidate instanceof Map)) continue;
    const tensors = [...candidate].filter(([, value]) => value instanceof TorchTensor);
    const odd = tensors.find(([name]) => typeof name !== "string");
    if (odd !== undefined) {
      throw new UserError(`it has a tensor under ${describe(odd[0])}, which is not a name`);
    }
    if (tensors.length > 0) return new Map(tensors);
  }
  const found = object instanceof Map
    ? `a dictionary with ${[...object.keys()].map(describe).join(", ")}`
    : "no dictionary";
  throw new UserError(
    `it has no tensors where a state dict would be (it holds ${found}; looked in it and in ${wrapperKeys})`,
  );
}

/** The number of values from the tensor's first to its last in the storage. */
function spanOf({ shape, stride }: TorchTensor): number {
  if (valuesIn(shape) === 0) return 0;
  return shape.reduce((span, size, dimension) => span + (size - 1) * stride[dimension]!, 1);
}

/** Where the tensor begins in the file, counted in bytes from the storage's begin. */
function startInStorage({ storage, dtype, offset }: TorchTensor): number {
  return (storage.offset + offset) * bytesPerValue(dtype);
}

function checkBounds(name: string, tensor: TorchTensor, places: Map<string, Place>): void {
  const { storage, dtype, offset } = tensor;
  const bytes = storage.length * bytesPerValue(storage.dtype ?? "U8");
  const span = spanOf(tensor);
  if (span > 0 && (offset + span) * bytesPerValue(dtype) > bytes) {
    throw new UserError(
      `tensor ${JSON.stringify(name)} reaches beyond its storage of ${bytes} bytes: it is corrupt`,
    );
  }
  if (!places.has(storage.key)) {
    throw new UserError(`tensor ${JSON.stringify(name)} has no storage: it is corrupt`);
  }
}

function isContiguous({ shape, stride }: TorchTensor): boolean {
  let expected = 1;
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    if (shape[dimension] !== 1 && stride[dimension] !== expected) return false;
    expected *= shape[dimension]!;
  }
  return true;
}

function readTensor(
  file: FileBytes,
  name: string,
  tensor: TorchTensor,
  place: Place | undefined,
): StoredArray {
  const { dtype, shape, stride } = tensor;
  const span = newStoredArray(dtype, spanOf(tensor), `${name} of ${file.path}`);
  if (span.length === 0) return span;
  const bytes = bytesOf(span);
  file.readInto(bytes, place!.begin + startInStorage(tensor));
  if (hasChecksum(tensor, place!) && checksumOf(bytes) !== place!.crc) {
    throw wrongChecksum(file.path, name);
  }
  if (isContiguous(tensor)) return span;
  const values = newStoredArray(dtype, valuesIn(shape), `${name} of ${file.path}`);
  if (bytesPerValue(dtype) === 8) {
    // As pairs of 32-bit words: the same gathering with one more dimension, without bigints or doubles.
    gather(words(span), words(values), [...shape, 2], [...stride.map((step) => step * 2), 1]);
  } else gather(span as WordArray, values as WordArray, shape, stride);
  return values;
}

/** Whether a tensor is all of a storage that has a checksum. */
function hasChecksum(tensor: TorchTensor, { size, crc }: Place): boolean {
  return spanOf(tensor) * bytesPerValue(tensor.dtype) === size && crc !== 0;
}

/** CRC-32 in pieces, because Deno's counts no more than 4 GB at a time. */
function checksumOf(bytes: Uint8Array): number {
  const piece = 1 << 30;
  let crc = 0;
  for (let at = 0; at < bytes.length; at += piece) crc = crc32(bytes.subarray(at, at + piece), crc);
  return crc;
}

type WordArray = Exclude<StoredArray, StoredArrays["I64" | "U64"]>;

function words(values: StoredArray): Uint32Array<ArrayBuffer> {
  return new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4);
}

/** Copies a strided view of `source` into `target`, row by row. */
function gather(source: WordArray, target: WordArray, shape: number[], stride: number[]): void {
  const last = shape.length - 1;
  const columns = shape[last]!;
  const step = stride[last]!;
  const index = new Array<number>(last).fill(0);
  let begin = 0;
  for (let at = 0; at < target.length;) {
    for (let column = 0, from = begin; column < columns; column++, from += step) target[at++] = source[from]!;
    for (let dimension = last - 1; dimension >= 0; dimension--) {
      begin += stride[dimension]!;
      if (++index[dimension]! < shape[dimension]!) break;
      begin -= shape[dimension]! * stride[dimension]!;
      index[dimension] = 0;
    }
  }
}

/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header (name, dtype, shape, byte range of each
 * tensor), then the tensors' bytes one after another. https://huggingface.co/docs/safetensors
 *
 * Reading takes each tensor straight from its place in the file; writing streams. The checks and the layout are those
 * of the reference implementation: what Python's `safetensors` refuses is refused here, and a file written here has the
 * bytes that `safetensors.torch.save_file` would write.
 */

import { basename, join } from "node:path";
import { UserError } from "../../ground/pure.ts";
import {
  bytesOf,
  bytesPerValue,
  type Dtype,
  dtypes,
  fromFloat32,
  isDtype,
  isStoredArrayOf,
  newStoredArray,
  type StoredArray,
  valuesIn,
} from "./dtypes.ts";
import {
  type FileBytes,
  guessWrongFormat,
  isRecord,
  openFileBytes,
  type PendingFile,
  startFile,
} from "./file_bytes.ts";
import {
  dtypeToRead,
  entryOf,
  inDtype,
  isPlaced,
  openShards,
  type TensorFile,
  type TensorInfo,
} from "./tensor_file.ts";

/** Where a tensor lies and how its bytes are to be read. */
export interface SafetensorsEntry extends TensorInfo {
  /** The file that holds it: the shard, where there are several. */
  path: string;
  /** Its first byte in that file, and the byte after its last. */
  begin: number;
  end: number;
}

/** An open safetensors file, or several that an index joins. */
export interface Safetensors extends TensorFile {
  /** The header's `__metadata__`, usually `{ format: "pt" }`; of the first shard, where there are several. */
  readonly metadata: Readonly<Record<string, string>>;
  info(name: string): SafetensorsEntry;
}

/** A tensor to write. */
export interface TensorToWrite {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  /**
   * The values row by row: a Float32Array for F32, F64, F16 and BF16 (rounded to nearest even), or the array that
   * stores `dtype`. A function is called when the tensor's turn comes, so that one tensor is in memory at a time.
   */
  data: TensorData | (() => TensorData | Promise<TensorData>);
}

/** Values of a tensor to write: see `TensorToWrite.data`. */
export type TensorData = StoredArray | Float32Array;

/** The reference implementation's limit, 100 MB: a longer header is an attack or not a header. */
const maxHeaderBytes = 100_000_000;

/** The default size above which a folder's weights are split over several files, as in transformers 4. */
const defaultMaxShardBytes = 5_000_000_000;

/**
 * Opens a `.safetensors` file, or a `.safetensors.index.json` with the shards it names, and checks the headers.
 *
 * @throws naming the file and what is wrong with it: missing, truncated, header not JSON, unknown dtype, offsets that
 * overlap, leave holes or point past the end, a size that contradicts the shape, a name twice, a shard missing.
 * @example
 * ```ts
 * const file = openSafetensors("model.safetensors");
 * file.info("bert.pooler.dense.bias").shape; // [768]
 * const bias = file.read("bert.pooler.dense.bias"); // Float32Array(768)
 * file.close();
 * ```
 */
export function openSafetensors(path: string): Safetensors {
  if (!path.endsWith(".json")) return openOne(path);
  const { shards, shardOf, ...joined } = openShards(path, openOne);
  return { ...joined, metadata: shards[0]?.metadata ?? {}, info: (name) => shardOf(name).info(name) };
}

function openOne(path: string): Safetensors {
  const file = openFileBytes(path);
  try {
    const { metadata, entries } = readHeader(file);
    return {
      path,
      metadata,
      names: () => [...entries.keys()],
      info: (name) => entryOf(entries, name, path),
      read(name, dtype) {
        const entry = entryOf(entries, name, path);
        const wanted = dtypeToRead(dtype, entry.dtype, name, path);
        const stored = newStoredArray(entry.dtype, valuesIn(entry.shape), `${name} of ${path}`);
        file.readInto(bytesOf(stored), entry.begin);
        return inDtype(wanted, entry.dtype, stored);
      },
      place(name) {
        const { dtype, begin, shape } = entryOf(entries, name, path);
        return isPlaced(dtype) ? { path, name, begin, dtype, shape } : null;
      },
      close: () => file.close(),
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function readHeader(
  file: FileBytes,
): { metadata: Record<string, string>; entries: Map<string, SafetensorsEntry> } {
  const broken = (problem: string, remedy = "Download or copy it again.") =>
    new UserError(
      `${file.path} is not a valid safetensors file: ${problem}.${guessWrongFormat(file)} ${remedy}`,
    );

  if (file.size < 8) throw broken(`it has ${file.size} bytes, not even the 8 of the header's length`);
  const lengthBytes = new Uint8Array(8);
  file.readInto(lengthBytes, 0);
  const headerLength = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (headerLength > maxHeaderBytes) {
    throw broken(`its header would be ${headerLength} bytes long, above the limit of ${maxHeaderBytes}`);
  }
  const dataStart = 8 + headerLength;
  if (dataStart > file.size) {
    throw broken(
      `its header should be ${headerLength} bytes long and the file ends after ${file.size}: it is truncated`,
    );
  }
  const headerBytes = new Uint8Array(headerLength);
  file.readInto(headerBytes, 8);
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(headerBytes);
    header = JSON.parse(text);
  } catch (error) {
    throw broken(`its header is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(header)) throw broken("its header is not a JSON object");
  const repeated = repeatedKey(text);
  if (repeated !== null) throw broken(`${JSON.stringify(repeated)} occurs twice in its header`);

  const metadata: Record<string, string> = {};
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      if (!isRecord(value)) throw broken("its __metadata__ is not an object");
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== "string") throw broken(`its metadata ${JSON.stringify(key)} is not a string`);
        metadata[key] = text;
      }
      continue;
    }
    const tensor = `tensor ${JSON.stringify(name)}`;
    if (!isRecord(value)) throw broken(`${tensor} is not described by an object`);
    const { dtype, shape, data_offsets: offsets } = value;
    if (!isDtype(dtype)) {
      throw broken(
        `${tensor} has the dtype ${JSON.stringify(dtype)}`,
        `Known are ${dtypes.join(", ")}; convert the checkpoint with Python to one of these.`,
      );
    }
    if (!isCounts(shape)) throw broken(`${tensor} has the shape ${JSON.stringify(shape)}`);
    if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
      throw broken(`${tensor} has the data_offsets ${JSON.stringify(offsets)}`);
    }
    const [begin, end] = offsets as [number, number];
    const expected = valuesIn(shape) * bytesPerValue(dtype);
    if (end - begin !== expected) {
      throw broken(
        `${tensor}, ${dtype} [${shape}], needs ${expected} bytes, but its data_offsets span ${end - begin}`,
      );
    }
    entries.set(name, { dtype, shape, path: file.path, begin: dataStart + begin, end: dataStart + end });
  }
  checkLayout(file, dataStart, entries, broken);
  return { metadata, entries };
}

/** The tensors must fill the file from the header to its end: no overlap, no hole, nothing missing, nothing over. */
function checkLayout(
  file: FileBytes,
  dataStart: number,
  entries: Map<string, SafetensorsEntry>,
  broken: (problem: string) => Error,
): void {
  let position = dataStart;
  let previous = "the header";
  const inOrder = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of inOrder) {
    const tensor = `tensor ${JSON.stringify(name)}`;
    if (begin < position) throw broken(`${tensor} overlaps ${previous}`);
    if (begin > position) {
      throw broken(`${begin - position} bytes between ${previous} and ${tensor} belong to no tensor`);
    }
    if (end > file.size) {
      throw broken(
        `${tensor} should end at byte ${end} and the file ends after ${file.size}: it is truncated`,
      );
    }
    position = end;
    previous = tensor;
  }
  if (position < file.size) {
    throw broken(`${file.size - position} bytes after ${previous} belong to no tensor`);
  }
}

/** The first key that occurs twice in one object of a valid JSON text, or null. `JSON.parse` keeps the last silently. */
function repeatedKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const key: string = JSON.parse(token.slice(0, -colon.length));
      if (open.at(-1)!.has(key)) return key;
      open.at(-1)!.add(key);
    }
  }
  return null;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/**
 * Writes tensors to one safetensors file: under a temporary name, brought to the disk, then renamed, so that `path`
 * never holds half a file. Tensors are laid out as the reference implementation does (widest dtype first, then by
 * name), whatever the order given.
 *
 * @param options.metadata strings for the header; `{ format: "pt" }`, which transformers demands, unless given.
 * @throws on a name given twice, values that do not fit the shape or the dtype, a folder that cannot be written.
 * @example
 * ```ts
 * await writeSafetensors("model.safetensors", [
 *   { name: "classifier.bias", dtype: "F32", shape: [8], data: new Float32Array(8) },
 *   { name: "classifier.weight", dtype: "BF16", shape: [8, 768], data: () => new Float32Array(8 * 768) },
 * ]);
 * ```
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  options: { metadata?: Record<string, string> } = {},
): Promise<void> {
  const file = await writePending(path, [...tensors], options.metadata ?? { format: "pt" });
  try {
    file.publish();
  } catch (error) {
    file.discard();
    throw error;
  }
}

/**
 * Writes a model's weights into a folder under the names Hugging Face expects: `model.safetensors`, or, above
 * `maxShardBytes` of tensors, `model-00001-of-0000N.safetensors`… with `model.safetensors.index.json`. What an earlier
 * save left there under these names is replaced. Interrupted at any moment, the folder holds the old weights, the new
 * ones, or shards without an index, which no loader mistakes for a model.
 *
 * @param options.maxShardBytes a shard's most bytes of tensors (5e9); a single larger tensor has a shard of its own.
 * @param options.metadata as in `writeSafetensors`.
 * @returns the paths written.
 */
export async function writeSafetensorsFolder(
  folder: string,
  tensors: Iterable<TensorToWrite>,
  options: { metadata?: Record<string, string>; maxShardBytes?: number } = {},
): Promise<string[]> {
  const all = [...tensors];
  const metadata = options.metadata ?? { format: "pt" };
  const indexPath = join(folder, "model.safetensors.index.json");
  const shards = splitIntoShards(all, options.maxShardBytes ?? defaultMaxShardBytes);
  const names = shards.length === 1
    ? ["model.safetensors"]
    : shards.map((_, i) => `model-${ordinal(i + 1)}-of-${ordinal(shards.length)}.safetensors`);
  const weightMap: Record<string, string> = {};
  for (const [i, shard] of shards.entries()) {
    for (const { name } of shard) {
      if (Object.hasOwn(weightMap, name)) {
        throw new UserError(`Two tensors to write are named ${JSON.stringify(name)}.`);
      }
      weightMap[name] = names[i]!;
    }
  }

  const pending: PendingFile[] = [];
  try {
    for (const [i, shard] of shards.entries()) {
      pending.push(await writePending(join(folder, names[i]!), shard, metadata));
    }
    if (shards.length > 1) {
      const totalSize = all.reduce(
        (sum, { dtype, shape }) => sum + valuesIn(shape) * bytesPerValue(dtype),
        0,
      );
      const index = startFile(indexPath);
      pending.push(index);
      index.write(
        new TextEncoder().encode(
          JSON.stringify({ metadata: { total_size: totalSize }, weight_map: weightMap }, null, 2) + "\n",
        ),
      );
      index.finish();
      names.push(basename(indexPath));
    }
    // The old index goes first and the new one comes last: an index never points at another save's shards.
    removeIfThere(indexPath);
    for (const file of pending) file.publish();
  } catch (error) {
    for (const file of pending) file.discard();
    throw error;
  }
  for (const { name } of Deno.readDirSync(folder)) {
    const ours = name === "model.safetensors" || /^model-\d{5}-of-\d{5}\.safetensors$/.test(name);
    if (ours && !names.includes(name)) removeIfThere(join(folder, name));
  }
  return names.map((name) => join(folder, name));
}

function ordinal(number: number): string {
  return String(number).padStart(5, "0");
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** At least one shard, tensors in the order given, each shard as full as the limit allows. */
function splitIntoShards(tensors: TensorToWrite[], maxShardBytes: number): TensorToWrite[][] {
  const shards: TensorToWrite[][] = [[]];
  let shardBytes = 0;
  for (const tensor of tensors) {
    const bytes = valuesIn(tensor.shape) * bytesPerValue(tensor.dtype);
    if (shards.at(-1)!.length > 0 && shardBytes + bytes > maxShardBytes) {
      shards.push([]);
      shardBytes = 0;
    }
    shards.at(-1)!.push(tensor);
    shardBytes += bytes;
  }
  return shards;
}

async function writePending(
  path: string,
  tensors: TensorToWrite[],
  metadata: Record<string, string>,
): Promise<PendingFile> {
  const inOrder = tensors.toSorted((a, b) =>
    dtypes.indexOf(a.dtype) - dtypes.indexOf(b.dtype) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  );
  const header = headerOf(path, inOrder, metadata);
  const file = startFile(path);
  try {
    file.write(header);
    for (const tensor of inOrder) {
      const data = typeof tensor.data === "function" ? await tensor.data() : tensor.data;
      file.write(bytesOf(storedValues(path, tensor, data)));
    }
    file.finish();
  } catch (error) {
    file.discard();
    throw error;
  }
  return file;
}

function headerOf(path: string, tensors: TensorToWrite[], metadata: Record<string, string>): Uint8Array {
  // Put together by hand because an object would move names such as "0" to the front.
  const fields = Object.keys(metadata).length > 0 ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  const names = new Set(["__metadata__"]);
  let begin = 0;
  for (const { name, dtype, shape } of tensors) {
    if (names.has(name)) {
      throw new UserError(
        `Cannot write ${path}: the name ${JSON.stringify(name)} is ` +
          (name === "__metadata__" ? "reserved by the format." : "given to two tensors."),
      );
    }
    names.add(name);
    const end = begin + valuesIn(shape) * bytesPerValue(dtype);
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
    begin = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  // Spaces after the JSON let the tensors start at a multiple of 8 bytes.
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return header;
}

function storedValues(
  path: string,
  { name, dtype, shape }: TensorToWrite,
  data: TensorData,
): ArrayBufferView {
  const wrong = (problem: string) =>
    new UserError(`Cannot write ${path}: tensor ${JSON.stringify(name)} ${problem}.`);
  if (data.length !== valuesIn(shape)) {
    throw wrong(`has ${data.length} values, but its shape [${shape}] has ${valuesIn(shape)}`);
  }
  if (isStoredArrayOf(data, dtype)) return data;
  if (data instanceof Float32Array && (dtype === "F64" || dtype === "F16" || dtype === "BF16")) {
    return fromFloat32(dtype, data);
  }
  throw wrong(`is given as ${data.constructor.name}, which cannot be stored as ${dtype}`);
}

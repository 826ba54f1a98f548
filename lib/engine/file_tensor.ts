/** Tensors straight out of files: read into TensorFlow's memory, without a copy in JavaScript's. */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../ground/pure.ts";
import { attribute, DataType, hasKernels, run } from "./raw.ts";

/** Where a tensor's values stand in a file: row by row, little-endian. */
export interface FilePlace {
  path: string;
  /** The first byte. */
  begin: number;
  dtype: "F32" | "BF16";
  shape: readonly number[];
  /** What the tensor is called there, for messages. */
  name: string;
  /** The CRC-32 of its bytes, where the file has one. */
  checksum?: number;
}

/**
 * Tensors out of files, each in the place of its place; of bfloat16 where a file's values are. Those of one file and type are
 * read together, on all threads.
 *
 * @returns `null` for a tensor without a place, and for all where the fused operations are not loaded, which alone can do it
 * @throws UserError naming the file and the tensor where it does not match its checksum; Error naming the file when it
 * cannot be read or ends too early
 */
export function tensorsFromFiles(places: readonly (FilePlace | null)[]): (tf.Tensor | null)[] {
  const tensors = new Array<tf.Tensor | null>(places.length).fill(null);
  if (!hasKernels()) return tensors;
  const groups = new Map<string, Map<number, FilePlace>>();
  for (const [i, place] of places.entries()) {
    if (place === null) continue;
    const key = `${place.dtype} ${place.path}`;
    groups.set(key, (groups.get(key) ?? new Map()).set(i, place));
  }
  for (const group of groups.values()) {
    const read = tf.tidy(() => readTogether([...group.values()]));
    [...group.keys()].forEach((i, k) => tensors[i] = read[k]!);
  }
  return tensors;
}

/** Those of one file and type. */
function readTogether(places: readonly FilePlace[]): tf.Tensor[] {
  const { path, dtype } = places[0]!;
  const described = places.flatMap(({ begin, shape, checksum }) => [
    begin | 0,
    Math.floor(begin / 2 ** 32),
    Number(checksum !== undefined),
    shape.length,
    ...shape,
  ]);
  const tensors = run("SongReadTensors", [
    attribute.type("T", dtype === "BF16" ? DataType.bfloat16 : DataType.float32),
    attribute.int("N", places.length),
  ], [
    tf.tensor1d(new TextEncoder().encode(path), "int32"),
    tf.tensor1d(described, "int32"),
  ], places.length + 1);
  if (places.some(({ checksum }) => checksum !== undefined)) {
    const found = new Uint32Array(Int32Array.from(tensors.at(-1)!.dataSync()).buffer);
    const wrong = places.find(({ checksum }, i) => checksum !== undefined && checksum !== found[i]);
    if (wrong !== undefined) throw wrongChecksum(path, wrong.name);
  }
  return tensors.slice(0, -1);
}

/** What is said of a tensor whose bytes are not those that the file's writer had. */
export function wrongChecksum(path: string, name: string): UserError {
  return new UserError(
    `${path} is corrupt: tensor ${JSON.stringify(name)} does not match its checksum. Download it again.`,
  );
}

/** What a file of tensors offers, whatever its format, and how an index joins several of them. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../../ground/pure.ts";
import type { FilePlace } from "../../engine/mod.ts";
import { isRecord, readJsonObject } from "./file_bytes.ts";
import { type Dtype, type StoredArray, type StoredArrays, toFloat32 } from "./dtypes.ts";

/** What is known of a tensor before it is read. */
export interface TensorInfo {
  dtype: Dtype;
  shape: number[];
}

/** An open file of tensors, or several that an index joins; the end of a `using` closes it, too. */
export interface TensorFile extends Disposable {
  readonly path: string;
  /** The tensors' names, in the file's order. */
  names(): string[];
  /** Dtype and shape of a tensor. Throws on a name that is not there. */
  info(name: string): TensorInfo;
  /**
   * Reads one tensor, row by row, into an array of its own: as float32 (F32 unconverted, the others as `toFloat32`
   * says), or, asked for the very dtype it is stored in, as it is stored (F16 and BF16 as bit patterns).
   */
  read<D extends Dtype = "F32">(name: string, dtype?: D): StoredArrays[D];
  /**
   * Where a tensor's bytes stand in a file, as they are in memory, and the checksum that the file has of them; `null` where
   * they do not, or not in a type read so.
   */
  place(name: string): FilePlace | null;
  /** Releases the files. Harmless when repeated. */
  close(): void;
}

/** The entry of that name; throws, naming the file, where there is none. */
export function entryOf<Entry>(entries: ReadonlyMap<string, Entry>, name: string, path: string): Entry {
  const entry = entries.get(name);
  if (entry === undefined) throw new UserError(`${path} holds no tensor named ${JSON.stringify(name)}.`);
  return entry;
}

/** Whether values of this type can be read from their place in a file, as `TensorFile.place` says. */
export function isPlaced(dtype: Dtype): dtype is FilePlace["dtype"] {
  return dtype === "F32" || dtype === "BF16";
}

/** The dtype to read a tensor in; throws where it is neither F32 nor what is stored. */
export function dtypeToRead(wanted: Dtype | undefined, stored: Dtype, name: string, path: string): Dtype {
  const dtype = wanted ?? "F32";
  if (dtype !== "F32" && dtype !== stored) {
    throw new UserError(
      `${name} in ${path} is ${stored}: it can be read as that or as F32, not as ${dtype}.`,
    );
  }
  return dtype;
}

/** Stored values in the dtype that `dtypeToRead` allowed. */
export function inDtype<D extends Dtype>(wanted: Dtype, dtype: Dtype, stored: StoredArray): StoredArrays[D] {
  return (wanted === "F32" ? toFloat32(dtype, stored) : stored) as StoredArrays[D];
}

/**
 * Opens the files that an index names as one. What a shard holds beyond the index is not seen.
 *
 * @throws naming the index and the shard where they do not fit together.
 */
export function openShards<File extends TensorFile>(
  path: string,
  open: (path: string) => File,
): { shards: File[]; shardOf(name: string): File } & TensorFile {
  const pathOf = readShardIndex(path);
  const missing = [...new Set(pathOf.values())].filter((shard) => !existsSync(shard));
  if (missing.length > 0) {
    throw new UserError(
      `${path} names files that are not there: ${missing.join(", ")}. Download or copy them too.`,
    );
  }
  const shards = new Map<string, File>();
  const shardOf = new Map<string, File>();
  const close = () => shards.forEach((shard) => shard.close());
  try {
    for (const shardPath of new Set(pathOf.values())) shards.set(shardPath, open(shardPath));
    const held = new Map([...shards].map(([shardPath, shard]) => [shardPath, new Set(shard.names())]));
    for (const [name, shardPath] of pathOf) {
      if (!held.get(shardPath)!.has(name)) {
        throw new UserError(
          `${path} says that ${shardPath} holds ${JSON.stringify(name)}, but it does not: ` +
            `the index and its shards do not belong together. Download or copy all of them again.`,
        );
      }
      shardOf.set(name, shards.get(shardPath)!);
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    path,
    shards: [...shards.values()],
    shardOf: (name) => entryOf(shardOf, name, path),
    names: () => [...shardOf.keys()],
    info: (name) => entryOf(shardOf, name, path).info(name),
    read: (name, dtype) => entryOf(shardOf, name, path).read(name, dtype),
    place: (name) => entryOf(shardOf, name, path).place(name),
    close,
    [Symbol.dispose]: close,
  };
}

/** The paths of the shards that an index names, there or not. Throws where it is not an index. */
export function shardsOf(path: string): string[] {
  return [...new Set(readShardIndex(path).values())];
}

/** Tensor name to the path of the shard that holds it. */
function readShardIndex(path: string): Map<string, string> {
  const { weight_map: weightMap } = readJsonObject(path);
  if (!isRecord(weightMap) || !Object.values(weightMap).every((shard) => typeof shard === "string")) {
    throw new UserError(
      `${path} is not an index of shards: it has no "weight_map" from tensor names to file names.`,
    );
  }
  const pathOf = new Map<string, string>();
  for (const [name, shard] of Object.entries(weightMap as Record<string, string>)) {
    if (shard === "" || shard === ".." || /[/\\]/.test(shard)) {
      throw new UserError(
        `${path} places ${JSON.stringify(name)} in ${JSON.stringify(shard)}, which is not a file beside it.`,
      );
    }
    pathOf.set(name, join(dirname(path), shard));
  }
  return pathOf;
}

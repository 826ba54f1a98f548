/** Which songs a model has seen, kept in a file beside it. */
import { join } from "node:path";
import type pl from "nodejs-polars";
import { isThere, readJson, UserError } from "../ground/mod.ts";
import { lyricsFingerprint } from "./fingerprint.ts";
import { type Song, songRows } from "./frame.ts";

/**
 * Which songs a model was trained, chosen and tested with, by what they hold ({@link lyricsFingerprint}): their lines and ids may change
 * from one table to the next. Songs with the same lyrics are always on one side.
 */
export interface SplitRecord {
  /** Sorted, each once. */
  train: string[];
  validation: string[];
  /** Empty where the training was not told: then every song that is in neither of the others is one to test on. */
  test: string[];
}

/** The file in a model's folder, or beside it, that holds its split. */
export const splitFileName = "split.json";

const recordVersion = 2;

/** The record of a split, as frames of songs. */
export function recordSplit(
  { train, validation, test }: { train: pl.DataFrame; validation: pl.DataFrame; test?: pl.DataFrame },
): SplitRecord {
  const known = (frame?: pl.DataFrame) =>
    frame === undefined
      ? []
      : [...new Set(songRows(frame).map(({ lyrics }) => lyricsFingerprint(lyrics)))].sort();
  return { train: known(train), validation: known(validation), test: known(test) };
}

/** A record as the text of {@link splitFileName}. */
export function splitText(record: SplitRecord): string {
  return JSON.stringify({ version: recordVersion, songs: "known by their lyrics", ...record }) + "\n";
}

/**
 * The split of a saved model: from its folder, or from the folder above, where the run is that made it. `null` where there is none, or one of
 * an earlier version, which knew songs by their ids.
 *
 * @throws {UserError} where the file is no split
 */
export async function readSplitRecord(modelFolder: string): Promise<SplitRecord | null> {
  for (const path of [join(modelFolder, splitFileName), join(modelFolder, "..", splitFileName)]) {
    if (!await isThere(path)) continue;
    const record = await readJson<Partial<SplitRecord> & { version?: number }>(path);
    const { version, train, validation, test } = record ?? {};
    if (version !== recordVersion) return null;
    if (![train, validation, test].every(Array.isArray)) {
      throw new UserError(`${path} lacks the list train, validation or test. Remove it, or train again.`);
    }
    return { train: train!, validation: validation!, test: test! };
  }
  return null;
}

/** Songs of a table by what a model has seen of them. */
export interface SeenSongs {
  /** Those that the model was trained or chosen with. */
  seen: Song[];
  /** Its own test songs. */
  test: Song[];
  /** Those that its split does not know. */
  other: Song[];
}

/**
 * Tells which songs of any table a model has seen.
 *
 * @example
 * ```ts
 * const record = await readSplitRecord("outputs/train/best");
 * if (record !== null) console.log(`${seenSongs(songRows(songs), record).seen.length} songs are known to the model`);
 * ```
 */
export function seenSongs(songs: readonly Song[], record: SplitRecord): SeenSongs {
  const seen = new Set([...record.train, ...record.validation]), test = new Set(record.test);
  const sides: SeenSongs = { seen: [], test: [], other: [] };
  for (const song of songs) {
    const key = lyricsFingerprint(song.lyrics);
    sides[seen.has(key) ? "seen" : test.has(key) ? "test" : "other"].push(song);
  }
  return sides;
}

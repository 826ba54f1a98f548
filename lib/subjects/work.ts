/** What the notebooks work on: the table, and the songs made of it, each in one line of a cell. */
import { type Settings, settings } from "../notebook/mod.ts";
import type pl from "nodejs-polars";
import {
  type CleaningReport,
  cleanSongs,
  genresOf,
  readSongs,
  type Split,
  splitToLearn,
} from "../songs/mod.ts";
import { type Sides, sidesOf, type TrialStore, trialStore } from "../trials/mod.ts";

/** Songs that are read, cleaned and split, and what is to be done with them. */
export interface Work {
  options: Settings;
  /** The table as it was read. */
  table: pl.DataFrame;
  /** What was left out of it. */
  report: CleaningReport;
  /** The cleaned songs of all sides. */
  songs: pl.DataFrame;
  split: Split;
  /** The same songs as plain objects. */
  sides: Sides;
  /** The genres, the most frequent of the training songs first. */
  labels: string[];
  /** Keeps what methods predict in the run's folder, so that nothing is trained twice. */
  store: TrialStore;
}

/**
 * The table of songs as it is, nothing left out.
 *
 * @throws UserError where it cannot be read
 */
export const openTable = ({ songs, ...options }: Settings = settings()): Promise<pl.DataFrame> =>
  readSongs(songs, options);

/**
 * Reads, cleans and splits the songs, in every notebook alike.
 *
 * @throws UserError where the table cannot be read, or nothing can be learnt from it
 * @example
 * ```ts
 * const { split, labels } = await openSongs();
 * console.log(split.train.height, labels);
 * ```
 */
export async function openSongs(options: Settings = settings()): Promise<Work> {
  const table = await openTable(options);
  const { songs, report } = cleanSongs(table, options);
  const split = splitToLearn(songs, { ...options, table: options.songs });
  const sides = sidesOf(split), labels = genresOf(split.train), store = trialStore(options.output);
  return { options, table, report, songs, split, sides, labels, store };
}

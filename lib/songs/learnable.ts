/** A split of songs to learn from, or a sentence why nothing can be learnt. */
import type pl from "nodejs-polars";
import { UserError } from "../ground/mod.ts";
import { lyricsKey } from "./fingerprint.ts";
import { lyricsOf } from "./frame.ts";
import { type Split, splitSongs } from "./split.ts";
import { genreCounts } from "./summary.ts";

/** What {@link splitToLearn} knows of the songs, for its words. */
export interface SplitToLearnOptions {
  /** The table's name, the first words of a message. */
  table: string;
  /** The genres that were chosen, where some were. */
  genres?: readonly string[];
  /** Of the split. */
  seed: number;
}

/**
 * Splits cleaned songs to learn their genres from, a tenth to validate and a tenth to test on ({@link splitSongs}), or says why that
 * cannot be: no songs, one genre, too few songs of too many genres, too few different lyrics. To be asked at the start, before anything
 * takes its time.
 *
 * @throws {UserError} saying what the table lacks, and what to do
 *
 * @example
 * ```ts
 * const { train, validation, test } = splitToLearn(songs, { table: "songs.csv", seed: 7 });
 * ```
 */
export function splitToLearn(songs: pl.DataFrame, { table, genres, seed }: SplitToLearnOptions): Split {
  const [only, ...others] = genreCounts(songs).getColumn("genre").toArray() as string[];
  if (only === undefined) {
    throw new UserError(
      genres === undefined
        ? `${table}: no song has lyrics and a genre, so there is nothing to learn from. Fill these columns.`
        : `${table}: no song has lyrics and one of the genres ${genres.join(", ")}, so there is ` +
          "nothing to learn from. Give --genres names that the table has.",
    );
  }
  if (others.length === 0) {
    throw new UserError(
      (songs.height === 1
        ? `${table}: the only song has the genre ${only}, and there must be at least two to tell apart. `
        : `${table}: all ${songs.height} songs have the genre ${only}, and there must be at least two to tell apart. `) +
        (genres === undefined ? "Add songs of another genre." : "Give --genres more of the table's genres."),
    );
  }
  try {
    return splitSongs(songs, { validation: 0.1, test: 0.1, seed });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${table}: ${whyNoSplit(songs, 1 + others.length)}`);
  }
}

/** Why songs of several genres cannot be split, and what would help. */
function whyNoSplit(songs: pl.DataFrame, genres: number): string {
  const texts = new Set(lyricsOf(songs).map(lyricsKey)).size;
  const side = Math.max(1, Math.round(songs.height / 10));
  const wanted = `A song of each genre is needed to learn from, ${side} to validate and ${side} to test on.`;
  return texts < songs.height
    ? `its ${songs.height} songs of ${genres} genres have ${texts} different lyrics, which is too few: songs with the same ` +
      `lyrics stay together. ${wanted} Give more songs with lyrics of their own.`
    : `its ${songs.height} songs of ${genres} genres are too few. ${wanted} ` +
      (genres > 2
        ? "Give more songs of each genre, or name fewer genres to tell apart (--genres)."
        : "Give more songs of each genre.");
}

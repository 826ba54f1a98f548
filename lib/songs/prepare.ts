/** From a table to clean songs, as every command and notebook does it. */
import type pl from "nodejs-polars";
import { type CleaningReport, cleanSongs, type CleanSongsOptions } from "./clean.ts";
import { readSongs, type ReadSongsOptions } from "./read.ts";

/** Options of {@link prepareSongs}: what the songs are wanted for, how the table is written, which genres are kept. */
export type PrepareSongsOptions = CleanSongsOptions & ReadSongsOptions;

/**
 * From a table to the songs that a command or notebook works with: read ({@link readSongs}) and cleaned ({@link cleanSongs}) for one
 * purpose. Everything that learns from a table, measures on it or tells its genres goes this way, so that all see the same texts.
 *
 * @throws {SongsError} where the table cannot be read
 * @throws {UserError} where a genre is chosen that no song has
 *
 * @example
 * ```ts
 * const { songs, report } = await prepareSongs("songs.csv", { genres: ["발라드", "댄스"] });
 * const { songs: all } = await prepareSongs("new.csv", { purpose: "prediction" }); // every row is kept
 * ```
 */
export async function prepareSongs(
  source: string | URL | Uint8Array,
  options: PrepareSongsOptions = {},
): Promise<{ songs: pl.DataFrame; report: CleaningReport }> {
  return cleanSongs(await readSongs(source, options), options);
}

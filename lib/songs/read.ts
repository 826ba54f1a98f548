/** A table of songs, read and checked; and cleaned with it, as every command and notebook has it. */
import { inBoth } from "../ground/mod.ts";
import type pl from "nodejs-polars";
import { type CleaningReport, cleanSongs, type CleanSongsOptions, type Purpose } from "./clean.ts";
import type { FileColumn } from "./columns.ts";
import { checkForm, parseRecords, separatorOf, withLineFeeds } from "./csv_text.ts";
import { songsFrame } from "./frame.ts";
import { type GenreNames, readGenreNames } from "./genre_names.ts";
import { isParquet, openParquet } from "./parquet_file.ts";
import { SongRecords } from "./records.ts";
import { readText } from "./text_file.ts";

/** Options of {@link readSongs}. */
export interface ReadSongsOptions {
  /**
   * What the songs are wanted for. Learning and measuring need the columns `lyrics` and `genre`, all else `lyrics` alone. Default
   * `"learning"`.
   */
  purpose?: Purpose;
  /**
   * The columns that must be clear: where two columns of the table may be meant by one of them, it is refused; of another one a note says so,
   * and it counts as missing. Default: all to learn, `lyrics` else.
   */
  used?: readonly FileColumn[];
  /** Names for genre codes (`3`, `GN0100`): see {@link readGenreNames}. */
  genreNames?: GenreNames;
  /** What parts the columns: a character, or `tab`. Default: found in the header, or named by a first line such as `sep=;`. */
  separator?: string;
  /** What to call the songs in errors where they are given as bytes. Default `"songs"`. */
  name?: string;
  /**
   * Is told what was not as expected but could be read: encoding, separator, missing columns, values taken as missing. Default: printed as
   * a warning.
   */
  onNote?: (note: string) => void;
}

/**
 * Reads a table of songs: a CSV or Parquet file with the columns `id, song_name, adults, artist, album_id, date, genre,
 * lyrics` in any order, into a polars frame with the schema of {@link songColumns}. Of the columns only those that the purpose needs must
 * be there; what another one has that cannot be read is a note, and counts as missing.
 *
 * - Encoding: UTF-8, UTF-16, CP949; separator: comma, semicolon, tab or bar. A note says where it is not UTF-8, and no comma.
 * - `nan`, `None`, `NULL`, `\N`, `NaT`, `#N/A` and the like are no value, in any column. A note says so.
 * - `id`, `album_id`: stray quotes go (`'1869'`), and the `.0` of a number that was a float. A song without an id
 *   is named after what it holds (`song-0f3a…`, the same in any table and place), and a note says so.
 * - `adults`: 1, 1.0, true, 0, 0.0, false or empty. `date`: `2001.03.16`, `1999.10`, `2002`, `2001-03-16`,
 *   `20010316`, `2001. 3. 16.`, `2001년 3월 16일`, `-` or empty.
 * - `artist`, `genre`: names with commas, bars or semicolons between, or a list written out (`['발라드', '댄스']`). Genres may be
 *   codes, with `genreNames`; without, the codes are the names, and a note says so.
 * - `lyrics`: as they are, or the lines of a list written out; CRLF, `<br>` and `\n` written out become line breaks; all else waits for
 *   {@link cleanSongs}.
 * - Columns may go by other names, in Korean for instance (`제목`, `가수`, `가사(lyrics)`), and a note says which; one that is not among the eight is
 *   left out, and a note says so.
 *
 * @throws {SongsError} with every problem found: no such file, unknown encoding, empty file, header only, needed column missing, doubled
 * column that is used, broken quote, wrong number of fields, doubled id (but for a prediction, where a note says so), a genre that cannot be read.
 *
 * @example
 * ```ts
 * const songs = await readSongs("data/songs.csv");
 * console.log(songs.select("song_name", "artist", "year", "genre").head(5).toString());
 * ```
 */
export async function readSongs(
  source: string | URL | Uint8Array,
  options: ReadSongsOptions = {},
): Promise<pl.DataFrame> {
  const { purpose = "learning", onNote = (note: string) => console.warn(inBoth(note)) } = options;
  const file = source instanceof Uint8Array
    ? options.name ?? "songs"
    : source instanceof URL
    ? decodeURIComponent(source.pathname)
    : source;
  const note = (text: string) => onNote(`${file}: ${text}`);
  const genreNames = options.genreNames === undefined ? undefined : await readGenreNames(options.genreNames);

  const table = await isParquet(source) ? await wholeParquet(file, source) : await wholeCsv();
  const reader = new SongRecords(file, table.header, {
    purpose,
    used: options.used,
    genreNames,
    separator: table.separator,
    note,
  });
  const songs = reader.songs(table);
  reader.finish();
  return songsFrame(songs);

  async function wholeCsv() {
    const text = withLineFeeds(await readText(source, { name: file, onNote }));
    checkForm(file, text);
    const { separator, hint } = separatorOf(text, options.separator, note);
    const { records: [header = [], ...records], lines } = parseRecords(file, text.slice(hint), separator);
    return { header, separator, records, lines: lines.slice(1) };
  }
}

async function wholeParquet(file: string, source: string | URL | Uint8Array) {
  const { header, separator, rows, read } = await openParquet(file, source);
  return { header, separator, ...await read(0, rows) };
}

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

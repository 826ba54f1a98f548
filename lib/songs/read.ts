import { parse } from "@std/csv";
import type pl from "nodejs-polars";
import { normalizeLineBreaks } from "./clean_lyrics.ts";
import { SongsError, type SongsProblem } from "./errors.ts";
import { type Song, songsFrame } from "./frame.ts";
import { type GenreNames, readGenreNames } from "./genre_names.ts";
import { readText } from "./text_file.ts";
import { parseAdults, parseDate, parseGenres, parseId, parseName, parseNames, ValueError } from "./values.ts";

/** The columns that a file of songs must have, in any order. */
export const fileColumns = [
  "id",
  "song_name",
  "adults",
  "artist",
  "album_id",
  "date",
  "genre",
  "lyrics",
] as const;
type FileColumn = typeof fileColumns[number];

/** Options of {@linkcode readSongs}. */
export interface ReadSongsOptions {
  /** Whether the file must have the column `genre`. A table to predict on needs none. Default `true`. */
  requireGenre?: boolean;
  /** Names for numeric genre codes (`3`, `"0,3"`): see {@linkcode readGenreNames}. */
  genreNames?: GenreNames;
  /** What stands between two values. Default `","`. */
  separator?: string;
  /** What to call the songs in errors where they are given as bytes. Default `"songs"`. */
  name?: string;
  /**
   * Is told what was not as expected but could be read: encoding, columns left out. Default: printed as a warning.
   */
  onNote?: (note: string) => void;
}

/**
 * Reads a table of songs: a CSV file with the columns `id, song_name, adults, artist, album_id, date, genre,
 * lyrics` in any order, into a polars frame with the schema of {@linkcode songColumns}.
 *
 * - Encoding: UTF-8, with a byte order mark or without; else CP949; UTF-16 with its mark. A note says where it is
 *   not UTF-8.
 * - `id`, `album_id`: stray quotes go (`'1869'`), and the `.0` of a number that was a float. A song without an id
 *   is named after its line (`line-632`), and a note says so.
 * - `adults`: 1, 1.0, true, 0, 0.0, false or empty. `date`: `2001.03.16`, `1999.10`, `2002`, `2001-03-16`,
 *   `20010316`, `-` or empty.
 * - `artist`, `genre`: names with commas between, with spaces or without; `-` is none. Genres may be codes, with
 *   `genreNames`.
 * - `lyrics`: CRLF, `<br>` and `\n` written out become line breaks; all else waits for {@linkcode cleanSongs}.
 * - A column that is not among the eight is left out, and a note says so.
 *
 * @throws {SongsError} with every problem found: no such file, unknown encoding, empty file, header only, missing
 * or doubled column, broken quote, wrong number of fields, doubled id, a value of the wrong type, a genre code
 * without a name.
 *
 * @example
 * ```ts ignore
 * const songs = await readSongs("data/songs.csv");
 * console.log(songs.select("song_name", "artist", "year", "genre").head(5).toString());
 * ```
 */
export async function readSongs(
  source: string | URL | Uint8Array,
  options: ReadSongsOptions = {},
): Promise<pl.DataFrame> {
  const { requireGenre = true, separator = ",", onNote = (note: string) => console.warn(note) } = options;
  const file = source instanceof Uint8Array
    ? options.name ?? "songs"
    : source instanceof URL
    ? decodeURIComponent(source.pathname)
    : source;
  const text = await readTable(file, source, onNote);
  const genreNames = options.genreNames === undefined ? undefined : await readGenreNames(options.genreNames);

  const [header = [], ...records] = parseTable(file, text, separator);
  const places = findColumns(file, header, requireGenre, onNote);
  if (records.length === 0) {
    throw new SongsError(file, [
      whole("the file has a header, but no songs", "Write each song in a line of its own."),
    ]);
  }

  const problems = new Problems(text);
  const ids = new Ids((index) => problems.lineOf(index));
  const songs = records.flatMap((record, index) => {
    if (record.length !== header.length) {
      problems.add(index, null, record.join(separator), {
        message: `the record has ${record.length} fields, the header ${header.length}`,
        remedy:
          "Put a field that holds a comma, a quote or a line break in double quotes, and double the quotes in it.",
      });
      return [];
    }
    const read = <T>(column: FileColumn, parseValue: (value: string) => T, otherwise: T): T => {
      const place = places.get(column);
      const value = place === undefined ? undefined : record[place];
      if (value === undefined) return otherwise;
      try {
        return parseValue(value);
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        problems.add(index, column, value, error);
        return otherwise;
      }
    };
    const song: Song = {
      id: read("id", (value) => ids.take(value, index), ""),
      songName: read("song_name", parseName, ""),
      adults: read("adults", parseAdults, null),
      artists: read("artist", parseNames, []),
      albumId: read("album_id", parseId, null),
      date: read("date", parseDate, { text: "", year: null, month: null, day: null }),
      genres: read("genre", (value) => parseGenres(value, genreNames), []),
      lyrics: read("lyrics", normalizeLineBreaks, ""),
    };
    return [song];
  });
  if (problems.found.length > 0) throw new SongsError(file, problems.found);
  if (ids.invented.length > 0) {
    const shown = ids.invented.slice(0, 3).join(", ") + (ids.invented.length > 3 ? ", …" : "");
    onNote(
      `${file}: ${ids.invented.length} of ${songs.length} songs have no id and are named after their lines: ${shown}.`,
    );
  }
  return songsFrame(songs);
}

function whole(what: string, remedy: string): SongsProblem {
  return { line: null, column: null, value: null, what, remedy };
}

async function readTable(
  file: string,
  source: string | URL | Uint8Array,
  onNote: (note: string) => void,
): Promise<string> {
  const text = await readText(source, { name: file, onNote });
  if (text.trim() === "") {
    throw new SongsError(file, [
      whole("the file is empty", `It must begin with the header ${fileColumns.join(",")}.`),
    ]);
  }
  return text;
}

/** The records without those of white space alone, which editors leave at the end. */
function parseTable(file: string, text: string, separator: string): string[][] {
  try {
    return parse(text, { separator }).filter((record) => record.length > 1 || record[0]?.trim() !== "");
  } catch (cause) {
    const match = cause instanceof SyntaxError &&
      /^Syntax error on line (\d+); parse error on line (\d+), column (\d+)/.exec(cause.message);
    if (!match) throw cause;
    const [start, line, column] = match.slice(1).map(Number) as [number, number, number];
    throw new SongsError(file, [{
      line,
      column,
      value: text.split(/\r?\n/)[line - 1] ?? null,
      what: `a double quote is missing or out of place in the record that starts on line ${start}`,
      remedy:
        'Inside a quoted field write "" for a quote; close the field with one quote before the comma or line end.',
    }], { cause });
  }
}

/** Where each column stands in a record. */
function findColumns(
  file: string,
  header: readonly string[],
  requireGenre: boolean,
  onNote: (note: string) => void,
): Map<FileColumn, number> {
  const names = header.map((name) => parseName(name).toLowerCase().replace(/[\s-]+/g, "_"));
  const required = fileColumns.filter((column) => requireGenre || column !== "genre");
  const other = [";", "\t", "|"].find((candidate) => header.length === 1 && header[0]?.includes(candidate));
  const remedy = other
    ? `The values seem to be separated by ${JSON.stringify(other)}: pass the option separator.`
    : `The header must name ${required.join(", ")}; it names ${
      header.map((name) => name || '""').join(", ")
    }.`;
  const problems = required.filter((column) => !names.includes(column)).map((column) => ({
    line: 1,
    column,
    value: null,
    what: "the column is missing",
    remedy,
  }));
  const doubled = fileColumns.filter((column) => names.indexOf(column) !== names.lastIndexOf(column)).map((
    column,
  ) => ({
    line: 1,
    column,
    value: null,
    what: "two columns have this name",
    remedy: "Rename one of them, or take it out.",
  }));
  if (problems.length + doubled.length > 0) throw new SongsError(file, [...problems, ...doubled]);

  const ignored = header.filter((_, place) => !fileColumns.some((column) => column === names[place]));
  if (ignored.length > 0) {
    onNote(`${file}: left out the column ${ignored.map((name) => name || '""').join(", ")}.`);
  }
  return new Map(
    fileColumns.filter((column) => names.includes(column)).map((column) => [column, names.indexOf(column)]),
  );
}

/** Demands that an id is there once; a song without one is named after its line, as `line-632`. */
class Ids {
  readonly invented: string[] = [];
  #seen = new Map<string, number>();

  constructor(private readonly lineOf: (index: number) => number) {}

  take(value: string, index: number): string {
    const given = parseId(value);
    const id = given ?? `line-${this.lineOf(index)}`;
    if (given === null) this.invented.push(id);
    const before = this.#seen.get(id);
    if (before !== undefined) {
      throw new ValueError(
        `the song on line ${this.lineOf(before)} has the same id`,
        "Give each song an id of its own, or take one of the two out.",
      );
    }
    this.#seen.set(id, index);
    return id;
  }
}

/** Gathers problems by record; counts lines only when there is one. */
class Problems {
  readonly found: SongsProblem[] = [];
  #lines: number[] | undefined;

  constructor(private readonly text: string) {}

  /** The line on which a record starts; record 0 is the first after the header. */
  lineOf(index: number): number {
    this.#lines ??= recordLines(this.text);
    return this.#lines[index + 1] ?? 1;
  }

  add(
    index: number,
    column: FileColumn | null,
    value: string,
    { message, remedy }: Pick<ValueError, "message" | "remedy">,
  ) {
    this.found.push({ line: this.lineOf(index), column, value, what: message, remedy });
  }
}

/**
 * The lines, from 1, on which the records of a well-formed table start: where an even number of quotes came before.
 */
function recordLines(text: string): number[] {
  const starts: number[] = [];
  let isInside = false;
  text.split("\n").forEach((line, index) => {
    if (!isInside && line.trim() !== "") starts.push(index + 1);
    if (line.split('"').length % 2 === 0) isInside = !isInside;
  });
  return starts;
}

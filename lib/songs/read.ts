import { parse } from "@std/csv";
import type pl from "nodejs-polars";
import { UserError } from "../ground/errors.ts";
import type { Purpose } from "./clean.ts";
import { normalizeLineBreaks } from "./clean_lyrics.ts";
import { quoted, SongsError, type SongsProblem } from "./errors.ts";
import { songFingerprint } from "./fingerprint.ts";
import { type Song, songsFrame } from "./frame.ts";
import { type GenreNames, readGenreNames } from "./genre_names.ts";
import { readText } from "./text_file.ts";
import {
  isMissing,
  parseAdults,
  parseDate,
  parseGenres,
  parseId,
  parseLyrics,
  parseName,
  parseNames,
  ValueError,
} from "./values.ts";

/** The columns that a file of songs may have, in any order. */
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
  /**
   * What the songs are wanted for. Learning and measuring need the columns `lyrics` and `genre`, all else `lyrics` alone. Default
   * `"learning"`.
   */
  purpose?: Purpose;
  /** Names for numeric genre codes (`3`, `"0,3"`): see {@linkcode readGenreNames}. */
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
 * Reads a table of songs: a CSV file with the columns `id, song_name, adults, artist, album_id, date, genre,
 * lyrics` in any order, into a polars frame with the schema of {@linkcode songColumns}. Of the columns only those that the purpose needs must
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
 *   {@linkcode cleanSongs}.
 * - A column that is not among the eight is left out, and a note says so.
 *
 * @throws {SongsError} with every problem found: no such file, unknown encoding, empty file, header only, needed column missing, doubled
 * column, broken quote, wrong number of fields, doubled id (but for a prediction, where a note says so), a genre that cannot be read.
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
  const { purpose = "learning", onNote = (note: string) => console.warn(note) } = options;
  const file = source instanceof Uint8Array
    ? options.name ?? "songs"
    : source instanceof URL
    ? decodeURIComponent(source.pathname)
    : source;
  const note = (text: string) => onNote(`${file}: ${text}`);
  const { text, separator } = withSeparator(await readTable(file, source, onNote), options.separator, note);
  const genreNames = options.genreNames === undefined ? undefined : await readGenreNames(options.genreNames);

  const needed: readonly FileColumn[] = purpose === "learning" ? ["genre", "lyrics"] : ["lyrics"];
  const [header = [], ...records] = parseTable(file, text, separator);
  const places = findColumns(file, header, needed, note);
  if (records.length === 0) {
    throw new SongsError(file, [
      whole("the file has a header, but no songs", "Write each song in a line of its own."),
    ]);
  }

  const problems = new Problems(text), unread = new Problems(text), doubled = new Problems(text);
  const ids = new Ids((index) => problems.lineOf(index));
  const missing = new MissingWords();
  let withCodes = 0;
  const songs = records.flatMap((record, index) => {
    while (record.length > header.length && record.at(-1)?.trim() === "") record.pop();
    // what parts one column from another is text where there is but one
    if (header.length === 1) record.splice(0, record.length, record.join(separator));
    if (record.length !== header.length) {
      problems.add(index, null, record.join(separator), {
        message: `the record has ${record.length} fields, the header ${header.length}`,
        remedy:
          "Put a field that holds a separator, a quote or a line break in double quotes, and double the quotes in it.",
      });
      return [];
    }
    const read = <T>(column: FileColumn, parseValue: (value: string) => T, otherwise: T): T => {
      const place = places.get(column);
      const value = place === undefined ? undefined : record[place];
      if (value === undefined) return otherwise;
      missing.look(column, value);
      try {
        return parseValue(value);
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        (needed.includes(column) ? problems : unread).add(index, column, value, error);
        return otherwise;
      }
    };
    const song: Song = {
      id: read("id", parseId, null) ?? "",
      songName: read("song_name", parseName, ""),
      adults: read("adults", parseAdults, null),
      artists: read("artist", parseNames, []),
      albumId: read("album_id", parseId, null),
      date: read("date", parseDate, { text: "", year: null, month: null, day: null }),
      genres: read("genre", (value) => parseGenres(value, genreNames), []),
      lyrics: read("lyrics", (value) => normalizeLineBreaks(parseLyrics(value)), ""),
    };
    if (genreNames === undefined && song.genres.some((genre) => /^\d+$/.test(genre))) withCodes++;
    const before = ids.give(song, index);
    if (before !== undefined) {
      (purpose === "prediction" ? doubled : problems).add(index, "id", record[places.get("id")!]!, {
        message: `the song on line ${before} has the same id`,
        remedy: "Give each song an id of its own, or take one of the two out.",
      });
    }
    return [song];
  });
  if (problems.found.length > 0) throw new SongsError(file, problems.found);

  missing.tell(note);
  if (unread.found.length > 0) note(`${unread.summary()}. What cannot be read counts as missing.`);
  if (doubled.found.length > 0) note(`${doubled.summary()}.`);
  if (ids.invented.length > 0) {
    const shown = ids.invented.slice(0, 3).join(", ") + (ids.invented.length > 3 ? ", …" : "");
    note(
      `${ids.invented.length} of ${songs.length} songs have no id and are named after what they hold: ${shown}.`,
    );
  }
  if (withCodes > 0) {
    note(
      `the genres of ${withCodes} songs are numbers, taken as names. Say what they stand for with --genre-names FILE ` +
        "(genreNames of readSongs).",
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
  const given = await readText(source, { name: file, onNote });
  // lines that end in a carriage return alone: Excel's "CSV (Macintosh)"
  const text = given.includes("\n") ? given : given.replaceAll("\r", "\n");
  if (text.trim() === "") {
    throw new SongsError(file, [
      whole("the file is empty", `It must begin with the header ${fileColumns.join(",")}.`),
    ]);
  }
  const other = otherForms.find(({ begins }) => begins.test(text));
  if (other !== undefined) {
    throw new SongsError(file, [whole(`this is ${other.what}, not a table`, other.remedy)]);
  }
  return text;
}

/** What texts that are no table begin with. */
const otherForms = [
  {
    begins: /^\s*(?:\[\s*[{[]|\{\s*["}])/,
    what: "JSON",
    remedy: "Write it as CSV with a header, as pandas' to_csv does.",
  },
  {
    begins: /^\s*<(?:!doctype|html|table|\?xml)/i,
    what: "a web page or XML",
    remedy: "Open it in a spreadsheet and save it as CSV UTF-8.",
  },
];

/** How separators are called; the first is a table's where nothing tells. */
const separatorNames: ReadonlyMap<string, string> = new Map([
  [",", "commas"],
  [";", "semicolons"],
  ["\t", "tabs"],
  ["|", "bars"],
]);

/**
 * A table's text, without the line `sep=;` that Excel takes as a hint (an empty one stands in its place, so that lines keep their numbers),
 * and what parts its columns: what is asked for, what that line says, or else what makes the most known columns of the header.
 *
 * @throws {UserError} where what is asked for can be no separator
 */
function withSeparator(
  table: string,
  asked: string | undefined,
  note: (text: string) => void,
): { text: string; separator: string } {
  const hint = /^"?sep=([^\r\n"])"?[ \t]*(?=\r|\n)/i.exec(table);
  const text = hint === null ? table : table.slice(hint[0].length);
  if (asked !== undefined) {
    const separator = { tab: "\t", "\\t": "\t" }[asked.toLowerCase()] ?? asked;
    if (separator.length !== 1 || /["\r\n]/.test(separator)) {
      throw new UserError(`The separator is ${JSON.stringify(asked)}; it must be one character, or "tab".`);
    }
    return { text, separator };
  }
  const separator = hint?.[1] ?? separatorOf(/^.*\S.*$/m.exec(text)?.[0] ?? "");
  if (separator !== ",") {
    note(`the columns are parted by ${separatorNames.get(separator) ?? JSON.stringify(separator)}; read so.`);
  }
  return { text, separator };
}

function separatorOf(header: string): string {
  let best = ",", most = 0;
  for (const separator of separatorNames.keys()) {
    const names = header.split(separator).map((name) => columnName(name.replace(/^\s*"|"\s*$/g, "")));
    const known = fileColumns.filter((column) => names.includes(column)).length;
    if (known > most) [best, most] = [separator, known];
  }
  return best;
}

/** A column's name as the table's columns are called: `Album ID` is `album_id`. */
function columnName(name: string): string {
  return parseName(name).toLowerCase().replace(/[\s-]+/g, "_");
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
  needed: readonly FileColumn[],
  note: (text: string) => void,
): Map<FileColumn, number> {
  const names = header.map(columnName);
  const absent = fileColumns.filter((column) => !names.includes(column));
  const shown = header.slice(0, 20).map((name) => name.length > 40 ? `${name.slice(0, 40)}…` : name || '""');
  const remedy = `The header names ${shown.join(", ")}${header.length > 20 ? ", …" : ""}; it must name ${
    needed.join(" and ")
  }. Rename what holds ${needed.length > 1 ? "them" : "it"}.`;
  const problems = absent.filter((column) => needed.includes(column)).map((column) => ({
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

  if (absent.length > 0) note(`there is no column ${absent.join(", ")}; taken as missing.`);
  const ignored = header.filter((_, place) => !fileColumns.some((column) => column === names[place]));
  if (ignored.length > 0) note(`left out the column ${ignored.map((name) => name || '""').join(", ")}.`);
  return new Map(
    fileColumns.filter((column) => names.includes(column)).map((column) => [column, names.indexOf(column)]),
  );
}

/** Sees to it that each song has an id: one without is named after its lyrics, title and artists, wherever it stands. */
class Ids {
  readonly invented: string[] = [];
  private seen = new Map<string, number>();

  constructor(private readonly lineOf: (index: number) => number) {}

  /** Gives a song an id where it has none. Returns the line of an earlier song with the same id that the table itself has, if there is one. */
  give(song: Song, index: number): number | undefined {
    if (song.id === "") {
      const name = `song-${songFingerprint(song).slice(0, 12)}`;
      song.id = name;
      for (let copy = 2; this.seen.has(song.id); copy++) song.id = `${name}-${copy}`;
      this.invented.push(song.id);
    }
    const before = this.seen.get(song.id);
    if (before === undefined) this.seen.set(song.id, index);
    return before === undefined ? undefined : this.lineOf(before);
  }
}

/** Counts the words that stand for a missing value, so that nobody's name goes without a word. */
class MissingWords {
  private readonly counts = new Map<FileColumn, number>();
  private readonly words = new Set<string>();

  look(column: FileColumn, value: string): void {
    if (value.length > 20 || !isMissing(value)) return; // the longest word is shorter
    const word = value.trim();
    if (word === "" || word === "-") return;
    this.counts.set(column, (this.counts.get(column) ?? 0) + 1);
    this.words.add(word);
  }

  tell(note: (text: string) => void): void {
    if (this.counts.size === 0) return;
    const words = [...this.words].slice(0, 5).map((word) => JSON.stringify(word)).join(", ");
    const counts = [...this.counts].map(([column, count]) => `${count} of ${column}`).join(", ");
    note(`values such as ${words} are taken as missing: ${counts}.`);
  }
}

/** Gathers problems by record; counts lines only when there is one. */
class Problems {
  readonly found: SongsProblem[] = [];
  private lines: number[] | undefined;

  constructor(private readonly text: string) {}

  /** The line on which a record starts; record 0 is the first after the header. */
  lineOf(index: number): number {
    this.lines ??= recordLines(this.text);
    return this.lines[index + 1] ?? 1;
  }

  add(
    index: number,
    column: FileColumn | null,
    value: string,
    { message, remedy }: Pick<ValueError, "message" | "remedy">,
  ) {
    this.found.push({ line: this.lineOf(index), column, value, what: message, remedy });
  }

  /** How many there are of each column, with the first of each. */
  summary(): string {
    return [...Map.groupBy(this.found, ({ column }) => column)].map(([column, problems]) => {
      const { line, value, what } = problems[0]!;
      return `${problems.length} value${
        problems.length === 1 ? "" : "s"
      } of ${column}, the first on line ${line}, ${quoted(value ?? "")}: ${what}`;
    }).join("; ");
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

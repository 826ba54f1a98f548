/** Songs out of the records of a table, a part after another, and what there is to say of them. */
import type { Purpose } from "./clean.ts";
import { normalizeLineBreaks } from "./clean_lyrics.ts";
import { type FileColumn, fileColumns, findColumns, isOwnName } from "./columns.ts";
import { quoted, SongsError, type SongsProblem, wholeFile } from "./errors.ts";
import { songFingerprint } from "./fingerprint.ts";
import type { Song } from "./frame.ts";

import {
  isGenreCode,
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

/** Some records of a table, in its order. */
export interface TablePart {
  /** The fields of each, as texts. */
  records: string[][];
  /** The line of the file on which each starts, from 1; of a Parquet file the row. */
  lines: readonly number[];
}

/** A table on the disk, any part of which can be read. */
export interface TableFile {
  /** What it is called in errors and notes. */
  name: string;
  header: readonly string[];
  /** What parts the fields, in messages. */
  separator: string;
  /** Its records; a few more, where lines of strange white space alone are among them. */
  rows: number;
  /**
   * Records from one (0 is the first) to another, which is not among them.
   *
   * @throws {SongsError} for a broken quote, and where the file has changed
   */
  read(from: number, to: number): Promise<TablePart>;
}

/** How {@link SongRecords} reads. */
export interface SongRecordsOptions {
  purpose: Purpose;
  /** See {@link ReadSongsOptions.used}. */
  used?: readonly FileColumn[] | undefined;
  genreNames: ReadonlyMap<string, string> | undefined;
  /** What parted the fields, for messages. Default a comma. */
  separator?: string;
  /** Is told what was not as expected but could be read. */
  note: (text: string) => void;
  /** How many ids are kept in mind, to find those that are there twice. Default all. */
  rememberedIds?: number;
}

/**
 * Reads the records of one table into songs. What is wrong with some, and what is worth a note, is gathered over all parts, and told by
 * {@link SongRecords.finish}.
 */
export class SongRecords {
  /** Songs read. */
  count = 0;
  private readonly needed: readonly FileColumn[];
  private readonly places: ReadonlyMap<FileColumn, number>;
  private readonly problems: SongsProblem[] = [];
  private readonly unread = new Tally();
  private readonly doubled = new Tally();
  private readonly missing = new MissingWords();
  private readonly ids: Ids;
  private withCodes = 0;
  private firstCode = "";
  /** What `genreNames` says, where there are any, and the songs of each genre that it says nothing of. */
  private readonly named: ReadonlySet<string>;
  private readonly unnamed = new Map<string, number>();

  /** @throws {SongsError} where the header lacks a column that the purpose needs, or names one twice that is used */
  constructor(
    private readonly file: string,
    private readonly header: readonly string[],
    private readonly options: SongRecordsOptions,
  ) {
    this.needed = options.purpose === "learning" ? ["genre", "lyrics"] : ["lyrics"];
    const { needed } = this, used = options.used ?? (options.purpose === "learning" ? fileColumns : needed);
    this.places = findColumns(file, header, { needed, used }, options.note);
    this.named = new Set(options.genreNames?.values());
    this.ids = new Ids(options.rememberedIds ?? Infinity, options.purpose === "prediction");
  }

  /** The songs of the table's next records; one that is broken is left out, and counts among the problems. */
  songs({ records, lines }: TablePart): Song[] {
    return records.flatMap((record, index) => this.song(record, lines[index]!) ?? []);
  }

  /** How many problems there are so far. */
  get broken(): number {
    return this.problems.length;
  }

  /**
   * Tells what there is to say of all records.
   *
   * @throws {SongsError} with every problem found
   */
  finish(): void {
    const { problems, unread, doubled, missing, ids, count, options: { note } } = this;
    if (problems.length > 0) throw new SongsError(this.file, problems);
    if (count === 0) throw withoutSongs(this.file);
    missing.tell(note);
    if (unread.size > 0) note(`values that cannot be read are taken as missing: ${unread.summary()}.`);
    if (doubled.size > 0) note(`${doubled.summary()}.`);
    if (ids.forgets) {
      note(`ids that are there twice were looked for among the first ${ids.remembered} songs only.`);
    }
    if (ids.invented > 0) {
      const shown = ids.firstInvented.join(", ") + (ids.invented > ids.firstInvented.length ? ", …" : "");
      note(`${ids.invented} of ${count} songs have no id and are named after what they hold: ${shown}.`);
    }
    if (this.withCodes > 0) {
      note(
        `the genres of ${this.withCodes} ${
          this.withCodes === 1 ? "song" : "songs"
        } are codes such as ${this.firstCode}, taken as names. ` +
          "Say what they stand for with --genre-names FILE (genreNames of readSongs).",
      );
    }
    if (this.unnamed.size > 0) {
      const shown = [...this.unnamed].slice(0, 10).map(([genre, songs]) => `${genre} (${songs})`).join(", ");
      note(`the genre names say nothing of ${shown}${this.unnamed.size > 10 ? ", …" : ""}; taken as names.`);
    }
  }

  private song(record: string[], line: number): Song | null {
    const { header, places, options: { genreNames, purpose, separator = "," } } = this;
    while (record.length > header.length && record.at(-1)?.trim() === "") record.pop();
    // what parts one column from another is text where there is but one
    if (header.length === 1) record.splice(0, record.length, record.join(separator));
    if (record.length !== header.length) {
      this.problems.push({
        line,
        column: null,
        value: record.join(separator),
        what: `the record has ${record.length} fields, the header ${header.length}`,
        remedy:
          "Put a field that holds a separator, a quote or a line break in double quotes, and double the quotes in it.",
      });
      return null;
    }
    const read = <T>(column: FileColumn, parseValue: (value: string) => T, otherwise: T): T => {
      const place = places.get(column);
      const value = place === undefined ? undefined : record[place];
      if (value === undefined) return otherwise;
      this.missing.look(column, value);
      try {
        return parseValue(value);
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        const problem = {
          line,
          column: this.called(column),
          value,
          what: error.message,
          remedy: error.remedy,
        };
        if (this.needed.includes(column)) this.problems.push(problem);
        else this.unread.add(column, problem);
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
    this.lookAtGenres(song.genres);
    const before = this.ids.give(song, line);
    if (before !== undefined) {
      const problem: SongsProblem = {
        line,
        column: this.called("id"),
        value: record[places.get("id")!]!,
        what: `the song on line ${before} has the same id`,
        remedy: "Give each song an id of its own, or take one of the two out.",
      };
      if (purpose === "prediction") this.doubled.add("id", problem);
      else this.problems.push(problem);
    }
    this.count++;
    return song;
  }

  /** A column as the table calls it, where that is another name. */
  private called(column: FileColumn): string {
    const name = this.header[this.places.get(column)!]!;
    return isOwnName(name, column) ? column : parseName(name);
  }

  private lookAtGenres(genres: readonly string[]): void {
    if (this.options.genreNames === undefined) {
      const code = genres.find(isGenreCode);
      if (code === undefined) return;
      if (this.withCodes++ === 0) this.firstCode = code;
    } else {
      for (const genre of genres) {
        if (!this.named.has(genre)) this.unnamed.set(genre, (this.unnamed.get(genre) ?? 0) + 1);
      }
    }
  }
}

/** The error of a table that has a header alone. */
export function withoutSongs(file: string): SongsError {
  return new SongsError(file, [
    wholeFile("the file has a header, but no songs", "Write each song in a line of its own."),
  ]);
}

/** Sees to it that each song has an id: one without is named after its lyrics, title and artists, wherever it stands. */
class Ids {
  /** How many songs were named, and the first of the names. */
  invented = 0;
  readonly firstInvented: string[] = [];
  /** Whether there were more songs than are remembered. */
  forgets = false;
  /** The line on which each id came first. */
  private readonly seen = new Map<string, number>();

  /**
   * @param remembered how many ids are kept in mind
   * @param alike whether copies of a song may have the same name: where a table is read in parts, a part knows nothing of the others
   */
  constructor(readonly remembered: number, private readonly alike: boolean) {}

  /** Gives a song an id where it has none. Returns the line of an earlier song with the same id that the table itself has, if there is one. */
  give(song: Song, line: number): number | undefined {
    const isNameless = song.id === "";
    if (isNameless) {
      const name = `song-${songFingerprint(song).slice(0, 12)}`;
      song.id = name;
      for (let copy = 2; !this.alike && this.seen.has(song.id); copy++) song.id = `${name}-${copy}`;
      this.invented++;
      if (this.firstInvented.length < 3) this.firstInvented.push(song.id);
    }
    const before = this.seen.get(song.id);
    if (before !== undefined) return isNameless ? undefined : before;
    if (this.seen.size < this.remembered) this.seen.set(song.id, line);
    else this.forgets = true;
    return undefined;
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

/** Counts what is not as it should be by column, with the first of each. */
class Tally {
  private readonly found = new Map<FileColumn, { count: number; first: SongsProblem }>();

  get size(): number {
    return this.found.size;
  }

  add(column: FileColumn, problem: SongsProblem): void {
    const before = this.found.get(column);
    if (before === undefined) this.found.set(column, { count: 1, first: problem });
    else before.count++;
  }

  summary(): string {
    return [...this.found].map(([column, { count, first: { line, value, what } }]) =>
      `${count} value${count === 1 ? "" : "s"} of ${column}, the first on line ${line}, ${
        quoted(value ?? "")
      }: ${what}`
    ).join("; ");
  }
}

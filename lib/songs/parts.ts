/** Tables of any size, whose songs are read a part at a time. */
import { inBoth } from "../ground/mod.ts";
import { cleanLyrics } from "./clean_lyrics.ts";
import { openCsv } from "./csv_file.ts";
import type { Song } from "./frame.ts";
import { type GenreNames, readGenreNames } from "./genre_names.ts";
import { isParquet, openParquet } from "./parquet_file.ts";
import { SongRecords, type TableFile, withoutSongs } from "./records.ts";

/** Options of {@link openSongs}. */
export interface OpenSongsOptions {
  /** Names for genre codes: see `readGenreNames`. */
  genreNames?: GenreNames;
  /** What parts the columns of a table in CSV: a character, or `tab`. Default: found in the header. */
  separator?: string;
  /** Is told what was not as expected but could be read. Default: printed as a warning. */
  onNote?: (note: string) => void;
}

/** The songs of some tables, one table after the other. */
export interface SongParts {
  /** The tables, in order, and how many songs each has. */
  files: readonly { name: string; path: string; rows: number }[];
  /** Songs of all tables. */
  rows: number;
  /**
   * Reads songs for what is wrong or strange in their tables, and tells it: what takes hours is to begin with songs that can be read.
   *
   * @param onProgress is told how many songs are read
   * @throws {SongsError} with the problems of a table, up to a thousand
   */
  check(range: SongRange, onProgress?: (done: number) => void): Promise<void>;
  /** Songs in parts of so many, in order, lyrics clean; the last may have fewer. */
  read(range: SongRange, size: number): AsyncGenerator<Song[]>;
}

/** Songs from one (0 is the first of all tables) to another, which is not among them. */
export interface SongRange {
  from: number;
  to: number;
}

/** Read at once where songs are looked at only: some megabytes. */
const partSongs = 2048;
/** How many ids are kept in mind, to find those that are there twice. */
const rememberedIds = 200_000;
/** With so many problems in a table there is no need to look for more. */
const enoughProblems = 1000;

/**
 * Opens tables of songs, in CSV or Parquet, whose genres are to be told: each as `readSongs` reads one for a prediction, but a part at a time,
 * so that a table may be larger than the memory.
 *
 * @param sources paths, at least one; a name is what to call the table in errors and notes, by default its path
 * @throws {SongsError} where one cannot be read, or lacks the lyrics
 *
 * @example
 * ```ts
 * const songs = await openSongs(["2023.csv", "2024.parquet"]);
 * const range = { from: 0, to: songs.rows };
 * await songs.check(range);
 * for await (const part of songs.read(range, 1024)) console.log(part.length);
 * ```
 */
export async function openSongs(
  sources: readonly (string | { path: string; name: string })[],
  options: OpenSongsOptions = {},
): Promise<SongParts> {
  const { onNote = (note: string) => console.warn(inBoth(note)) } = options;
  const genreNames = options.genreNames === undefined ? undefined : await readGenreNames(options.genreNames);
  const tables: TableFile[] = [];
  const files = sources.map((source) => typeof source === "string" ? { path: source, name: source } : source);
  for (const { path, name } of files) {
    tables.push(
      await isParquet(path)
        ? await openParquet(name, path)
        : await openCsv(path, { name, separator: options.separator, onNote }),
    );
  }
  const records = ({ name, header, separator }: TableFile, note: (text: string) => void) =>
    new SongRecords(name, header, {
      purpose: "prediction",
      genreNames,
      separator,
      note,
      rememberedIds,
    });
  const empty = tables.find(({ rows }) => rows === 0);
  if (empty !== undefined) throw withoutSongs(empty.name);
  const checking = new Map(
    tables.map((table) => [table, records(table, (text) => onNote(`${table.name}: ${text}`))]),
  );
  /** What each table has of a range. */
  const within = function* ({ from, to }: SongRange) {
    let before = 0;
    for (const table of tables) {
      const own = { from: Math.max(0, from - before), to: Math.min(table.rows, to - before) };
      if (own.from < own.to) yield { table, ...own };
      before += table.rows;
    }
  };
  return {
    files: tables.map(({ rows }, i) => ({ ...files[i]!, rows })),
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    async check(range, onProgress) {
      let done = 0;
      for (const { table, from, to } of within(range)) {
        const reader = checking.get(table)!;
        for (let at = from; at < to && reader.broken < enoughProblems; at += partSongs) {
          reader.songs(await table.read(at, Math.min(to, at + partSongs)));
          onProgress?.(done += Math.min(to, at + partSongs) - at);
        }
        reader.finish();
      }
    },
    async *read(range, size) {
      let part: Song[] = [];
      for (const { table, from, to } of within(range)) {
        const reader = records(table, () => {});
        for (let at = from; at < to;) {
          const until = Math.min(to, at + size - part.length);
          for (const song of reader.songs(await table.read(at, until))) {
            part.push({ ...song, lyrics: cleanLyrics(song.lyrics) });
          }
          at = until;
          if (part.length < size) continue;
          yield part;
          part = [];
        }
      }
      if (part.length > 0) yield part;
    },
  };
}

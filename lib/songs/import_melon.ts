/** Melon's monthly charts as one table of songs. */
import { stringify } from "@std/csv";
import { join } from "node:path";
import { ignoreNotFound, UserError, writeWhole } from "../ground/mod.ts";
import { fileColumns } from "./columns.ts";
import { readText } from "./text_file.ts";

/** What was found in a folder of charts. */
export interface MelonImport {
  /** Chart entries read: files. */
  entries: number;
  /** Songs written: entries of different `song_id`. */
  songs: number;
  /** Songs written that have no lyrics. */
  withoutLyrics: number;
}

/** The JSON files of a folder and its folders, in the order of their names: charts by year, month and rank. */
export async function melonFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory && !name.startsWith(".")) {
        for (const inner of await melonFiles(path)) files.push(inner);
      } else if (name.endsWith(".json")) files.push(path);
    }
  } catch (error) {
    ignoreNotFound(error);
    throw new UserError(`${folder} is not there: give the folder with the charts' JSON files.`);
  }
  return files.sort();
}

/** A field's text; numbers as text, `null` and what is absent as none. */
function textOf(song: Record<string, unknown>, field: string, file: string): string {
  const value = song[field] ?? "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new UserError(
    `${file}: "${field}" is ${JSON.stringify(value).slice(0, 60)}; it must be a text or a number.`,
  );
}

function lyricsOf({ lyrics }: Record<string, unknown>, file: string): string {
  if (lyrics === undefined || lyrics === null) return "";
  const lines = (lyrics as { lines?: unknown }).lines;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === "string")) {
    throw new UserError(`${file}: "lyrics" must have "lines", a list of texts.`);
  }
  return lines.join("\n");
}

function parseEntry(text: string, file: string): Record<string, unknown> {
  let entry: unknown;
  try {
    entry = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new UserError(`${file} is not valid JSON: ${(error as Error).message}`);
  }
  if (typeof entry !== "object" || entry === null || (entry as { song_id?: unknown }).song_id === undefined) {
    throw new UserError(`${file} is no chart entry: it lacks "song_id". The folder must hold charts only.`);
  }
  return entry as Record<string, unknown>;
}

/**
 * Makes a table of songs of monthly charts as EX3exp/Kpop-lyric-datasets has them, a JSON file for each song of each month:
 * `song_id, song_name, album, release_date, artist, genre, lyrics.lines[]`. A song that is in several charts comes once, as
 * in its first. Charts without `adults` leave that column empty; without `album_id` the album's name stands there.
 *
 * @param folder with the files, in any folders: a checkout, its `melon` folder, a year of it
 * @param output the CSV file
 * @param onProgress is told how many files of how many are read
 * @throws Error naming the file that cannot be used and why, or a folder without any
 * @example
 * ```ts
 * const { songs } = await importMelon("Kpop-lyric-datasets/melon", "songs.csv");
 * ```
 */
export async function importMelon(
  folder: string,
  output: string,
  onProgress?: (done: number, total: number) => void,
): Promise<MelonImport> {
  const files = await melonFiles(folder);
  if (files.length === 0) throw new UserError(`${folder} has no JSON file: give the folder with the charts.`);
  const rows = new Map<string, Record<typeof fileColumns[number], string>>();
  for (const [i, file] of files.entries()) {
    const song = parseEntry(await readText(file), file),
      text = (field: string) => textOf(song, field, file);
    const id = text("song_id");
    if (!rows.has(id)) {
      rows.set(id, {
        id,
        song_name: text("song_name"),
        adults: text("adults"),
        artist: text("artist"),
        album_id: text("album_id") || text("album"),
        date: text("release_date"),
        genre: text("genre"),
        lyrics: lyricsOf(song, file),
      });
    }
    onProgress?.(i + 1, files.length);
  }
  const songs = [...rows.values()];
  await writeWhole(output, stringify(songs, { columns: fileColumns }));
  return {
    entries: files.length,
    songs: songs.length,
    withoutLyrics: songs.filter(({ lyrics }) => lyrics.trim() === "").length,
  };
}

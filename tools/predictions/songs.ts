/** The songs that `predict` is asked about, a part at a time. */
import { grouped, inBoth, tell } from "../../lib/ground/mod.ts";
import { progressBar } from "../../lib/notebook/mod.ts";
import { openSongs, type SongParts } from "../../lib/songs/mod.ts";
import { songOfLyrics } from "../../lib/training/mod.ts";
import { filesOf, standardInputPath } from "../paths.ts";
import { hintingSeparator, type TableOptions } from "../run_songs.ts";

/** Lyrics of the command line as songs. */
export function songsOfTexts(texts: readonly string[]): SongParts {
  const songs = texts.map((lyrics, i) => songOfLyrics(lyrics, `text-${i + 1}`));
  return {
    files: [],
    rows: songs.length,
    check: () => Promise.resolve(),
    async *read({ from, to }, size) {
      for (let at = from; at < to; at += size) yield songs.slice(at, Math.min(to, at + size));
    },
  };
}

/**
 * Opens the tables that a command line names: files, patterns (`2024-*.csv`), `-` for standard input. Broken rows are looked for first, and
 * what there is to say of the tables is told.
 *
 * @param rowsOf the songs that are wanted, of so many
 * @param before what a run depended on that was cut off when it told songs: what it told of is not checked again
 */
export async function openTables(
  given: readonly string[],
  { separator, genreNames }: TableOptions,
  rowsOf: (rows: number) => { from: number; to: number },
  before: Record<string, unknown> | null = null,
): Promise<SongParts> {
  const tables: { path: string; name: string }[] = [];
  for (const path of given) {
    if (path === standardInputPath) tables.push({ path: await keptInput(), name: "standard input" });
    else for (const file of filesOf("--songs", path)) tables.push({ path: file, name: file });
  }
  return await hintingSeparator(separator, async () => {
    const songs = await openSongs(tables, {
      ...(separator !== undefined && { separator }),
      ...(genreNames !== undefined && { genreNames }),
    });
    // a run begins to write when it has checked all
    const wasChecked =
      JSON.stringify(before?.songs) === JSON.stringify(await tablesIdentity(songs, separator));
    if (!wasChecked) await checkTables(songs, rowsOf(songs.rows));
    if (songs.files.length === 1) tell(`${songs.files[0]!.name}: ${grouped(songs.rows)} songs in the table`);
    else tell(`${songs.files.length} tables with ${grouped(songs.rows)} songs`);
    return songs;
  });
}

async function checkTables(songs: SongParts, range: { from: number; to: number }): Promise<void> {
  const total = range.to - range.from, label = "표 확인 · checking the tables";
  const bar = total > 20_000 ? progressBar({ total, label, unit: "songs" }) : null;
  await songs.check(range, (done) => bar?.update(done));
  await bar?.finish();
}

/**
 * What tells tables from others, or from what they were before: places, sizes and times, and how they are read.
 *
 * @param separator what parts the columns, where that is given
 */
export async function tablesIdentity({ files }: SongParts, separator?: string): Promise<unknown> {
  return await Promise.all(files.map(async ({ path, rows }) => {
    const { size, mtime } = await Deno.stat(path);
    return { path: await Deno.realPath(path), rows, size, changed: mtime?.toISOString() ?? null, separator };
  }));
}

/** Standard input as a file, of which any part can be read; it goes at the end of the process. */
async function keptInput(): Promise<string> {
  if (Deno.stdin.isTerminal()) {
    console.error(inBoth("The table is read from standard input; Ctrl-D ends it."));
  }
  const path = await Deno.makeTempFile({ suffix: ".csv" });
  globalThis.addEventListener("unload", () => Deno.removeSync(path));
  await Deno.stdin.readable.pipeTo((await Deno.open(path, { write: true })).writable);
  return path;
}

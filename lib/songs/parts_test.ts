import assert from "node:assert/strict";
import { join } from "node:path";
import { stringify } from "@std/csv";
import pl from "nodejs-polars";
import { cleanSongs } from "./clean.ts";
import { type Song, songRows } from "./frame.ts";
import { openSongs, type OpenSongsOptions, type SongParts } from "./parts.ts";
import { readSongs } from "./read.ts";
import { fileColumns } from "./columns.ts";
import { withFolder } from "../ground/testing/folder.ts";

const count = 1500;

/** Songs as a table has them: lyrics of several lines, with quotes and separators, some without an id. */
const rows = Array.from({ length: count }, (_, i) => ({
  id: i % 7 === 3 ? "" : `'${i}'`,
  song_name: i % 3 ? `노래 ${i}` : `say "${i}", 봄`,
  adults: ["0.0", "1", ""][i % 3]!,
  artist: `가수 ${i % 90}`,
  album_id: String(i % 50),
  date: `${1990 + i % 30}.0${1 + i % 9}.02`,
  genre: i % 4 ? "발라드" : "댄스, 록/메탈",
  lyrics: `첫 줄 ${i}\n${"둘째 줄, ".repeat(i % 40)}\n"끝" ${"가".repeat(i % 3)}`,
}));
const table = stringify(rows, { columns: [...fileColumns] });

/** What readSongs and cleanSongs give for a prediction. */
async function wholly(path: string): Promise<Song[]> {
  const frame = await readSongs(path, { purpose: "prediction", onNote: () => {} });
  return songRows(cleanSongs(frame, { purpose: "prediction" }).songs);
}

const open = (path: string | string[], options: OpenSongsOptions = {}) =>
  openSongs([path].flat(), { onNote: () => {}, ...options });

async function all(songs: SongParts, size: number, from = 0, to = songs.rows): Promise<Song[]> {
  const read: Song[] = [];
  for await (const part of songs.read({ from, to }, size)) {
    assert(part.length <= size);
    read.push(...part);
  }
  return read;
}

const utf16 = (text: string, little: boolean) => {
  const bytes = new Uint8Array(2 * text.length), view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), little);
  return bytes;
};
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("openSongs: the songs of readSongs, however the table is written and wherever it is cut", () =>
  withFolder(async (folder) => {
    const forms: Record<string, Uint8Array> = {
      "as @std/csv writes": bytes(table),
      "line feeds": bytes(table.replaceAll("\r\n", "\n")),
      "carriage returns": bytes(table.replaceAll("\r\n", "\r").replaceAll("\n", "\r")),
      "a mark, blank lines": bytes(`\ufeff${table.replaceAll("\r\n", "\r\n \t\r\n\r\n")}\n\n`),
      "a hint": bytes(`sep=,\r\n${table}`),
      "a mark and a hint": bytes(`\ufeffsep=,\n${table}`),
      "UTF-16, little": utf16(`\ufeff${table}`, true),
      "UTF-16, big, without a mark": utf16(table, false),
      // every letter is a syllable that CP949 has as 0xb0a1
      "CP949": Uint8Array.from(
        [...table].flatMap((letter) => letter < "\x80" ? letter.charCodeAt(0) : [0xb0, 0xa1]),
      ),
      "no line end behind the last": bytes(table.trimEnd()),
    };
    const path = join(folder, "songs.csv");
    for (const [form, contents] of Object.entries(forms)) {
      await Deno.writeFile(path, contents);
      const expected = await wholly(path), songs = await open(path);
      assert.equal(songs.rows, count, form);
      assert.equal(expected.length, count, form);
      assert.deepEqual(await all(songs, 700), expected, form);
      for (const [from, to] of [[0, 1], [255, 257], [256, 512], [1000, 1499], [1499, 1500]] as const) {
        assert.deepEqual(
          await all(songs, 100, from, to),
          expected.slice(from, to),
          `${form}: ${from} to ${to}`,
        );
      }
    }
  }));

Deno.test("openSongs and readSongs: Parquet, with lists, dates, truth values and numbers, is as the same songs in CSV", () =>
  withFolder(async (folder) => {
    const csv = join(folder, "songs.csv"), parquet = join(folder, "songs [1].parquet");
    await Deno.writeTextFile(csv, table);
    const column = (name: typeof fileColumns[number]) => rows.map((row) => row[name]);
    const frame = pl.DataFrame([
      pl.Series("lyrics", column("lyrics"), pl.Utf8),
      pl.Series("plays", column("id").map((_, i) => i), pl.Float64),
      pl.Series("Genre", column("genre").map((genre) => genre.split(", ")), pl.List(pl.Utf8)),
      pl.Series("id", column("id").map((id) => id.replaceAll("'", "")), pl.Utf8),
      pl.Series("song_name", column("song_name"), pl.Utf8),
      pl.Series("adults", column("adults").map((a) => a === "" ? null : a === "1"), pl.Bool),
      pl.Series("artist", column("artist"), pl.Utf8),
      pl.Series("album_id", column("album_id").map(Number), pl.Float64).cast(pl.Int64),
      pl.Series("date", column("date"), pl.Utf8).str.strptime(pl.Date, "%Y.%m.%d"),
    ]);
    await frame.lazy().sinkParquet(parquet, { rowGroupSize: 400 }).collect();
    const dated = (songs: Song[]) =>
      songs.map((song) => ({ ...song, date: { ...song.date, text: song.date.text.replaceAll("-", ".") } }));
    const expected = await wholly(csv);
    assert.deepEqual(dated(await wholly(parquet)), expected);
    const songs = await open(parquet);
    assert.equal(songs.rows, count);
    assert.deepEqual(dated(await all(songs, 512)), expected);
    assert.deepEqual(dated(await all(songs, 50, 390, 410)), expected.slice(390, 410));
    await Deno.writeFile(parquet, (await Deno.readFile(parquet)).slice(0, 5000));
    await assert.rejects(
      open(parquet),
      /songs \[1\]\.parquet: the Parquet file cannot be read .*write it again/,
    );
  }));

Deno.test("openSongs: several tables are one after the other, and shares of them are all of it", () =>
  withFolder(async (folder) => {
    const paths = [300, 1, 700].map((count, i) => {
      const path = join(folder, `${i}.csv`);
      const own = rows.slice(100 * i, 100 * i + count);
      Deno.writeTextFileSync(
        path,
        i === 1
          ? stringify(own, { columns: ["lyrics", "id"], separator: ";" })
          : stringify(own, { columns: [...fileColumns] }),
      );
      return path;
    });
    const songs = await open(paths);
    assert.deepEqual(songs.files.map(({ rows }) => rows), [300, 1, 700]);
    const expected = (await Promise.all(paths.map(wholly))).flat();
    assert.deepEqual(await all(songs, 64), expected);
    const shares: Song[] = [];
    for (let i = 0; i < 7; i++) {
      shares.push(...await all(songs, 64, Math.floor(1001 * i / 7), Math.floor(1001 * (i + 1) / 7)));
    }
    assert.deepEqual(shares, expected);
  }));

Deno.test("openSongs: what is wrong is told by check, with its line, and what is strange once", () =>
  withFolder(async (folder) => {
    const path = join(folder, "songs.csv");
    const lines = (count: number) => Array.from({ length: count }, (_, i) => `${i},"가\n사"`);
    const write = (...rows: string[]) => Deno.writeTextFile(path, ["id,lyrics", ...rows].join("\n"));

    await write(...lines(600), "1,2,3", "x");
    const broken = await open(path);
    await broken.check({ from: 0, to: 600 });
    await assert.rejects(broken.check({ from: 0, to: broken.rows }), {
      name: "SongsError",
      message: /2 problems\.\n.*line 1202, value "1,2,3": the record has 3 fields.*\n.*line 1203, value "x"/,
    });

    await write(...lines(600), '7,"가" 사', ...lines(600));
    const quote = await open(path);
    await assert.rejects(
      quote.check({ from: 0, to: quote.rows }),
      /line 1202, column 5, value "7,\\"가\\" 사": a double quote is missing or out of place in the record that starts on line 1202/,
    );

    const notes: string[] = [];
    await write(...lines(600), "599,다", "null,nan");
    const strange = await open(path, { onNote: (note) => notes.push(note) });
    assert.match(notes[0]!, /there is no column song_name, adults/);
    const seen: number[] = [];
    await strange.check({ from: 0, to: 602 }, (done) => seen.push(done));
    assert.equal(seen.at(-1), 602);
    assert.deepEqual(notes.slice(1).map((note) => note.slice(path.length + 2)), [
      'values such as "null", "nan" are taken as missing: 1 of id, 1 of lyrics.',
      '1 value of id, the first on line 1202, "599": the song on line 1200 has the same id.',
      notes.at(-1)!.slice(path.length + 2),
    ]);
    assert.match(notes.at(-1)!, /1 of 602 songs have no id and are named after what they hold: song-/);

    await write();
    await assert.rejects(open(path), /a header, but no songs/);
    await Deno.writeTextFile(path, "");
    await assert.rejects(open(path), /the file is empty/);
    await write(...lines(600));
    const changed = await open(path);
    await write(...lines(601));
    await assert.rejects(changed.check({ from: 0, to: 600 }), /the file has changed since it was opened/);
  }));

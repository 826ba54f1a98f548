import assert from "node:assert/strict";
import { importMelon } from "./import_melon.ts";
import { songRows } from "./frame.ts";
import { readSongs } from "./read.ts";

const entry = {
  info: [{ year: 2001, month: 3, rank: 1, type: "월별차트", website: "Melon" }, ""],
  song_id: "101",
  song_name: '봄, "첫" 노래',
  album: "봄날",
  release_date: "2001.03.16",
  artist: "가수, 다른 가수",
  genre: "발라드, 국내드라마",
  lyric_writer: "아무개",
  lyrics: { lines: ["첫 줄", "", "둘째 줄"] },
};

async function withCharts(
  files: Record<string, unknown>,
  test: (folder: string, output: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "melon-" });
  try {
    for (const [path, content] of Object.entries(files)) {
      await Deno.mkdir(`${folder}/${path.replace(/[^/]*$/, "")}`, { recursive: true });
      await Deno.writeTextFile(
        `${folder}/${path}`,
        typeof content === "string" ? content : JSON.stringify(content),
      );
    }
    await test(folder, `${folder}/songs.csv`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("importMelon: charts become a table that readSongs reads; a song comes once, as in its first chart", async () => {
  const later = { ...entry, song_name: "봄 (다시)", lyrics: { lines: ["다른 줄"] } };
  const other = {
    ...entry,
    song_id: 202,
    album_id: 77,
    adults: 1,
    genre: "-",
    release_date: "-",
    lyrics: { lines: [] },
  };
  await withCharts({
    "melon/2001/2001-04/a.json": later,
    "melon/2001/2001-03/b.json": `\ufeff${JSON.stringify(entry)}`,
    "melon/2001/2001-05/c.json": other,
    "melon/readme.md": "charts",
    ".git/config.json": "not a chart",
  }, async (folder, output) => {
    const told: string[] = [];
    const found = await importMelon(folder, output, (done, total) => void told.push(`${done}/${total}`));
    assert.deepEqual(found, { entries: 3, songs: 2, withoutLyrics: 1 });
    assert.deepEqual(told, ["1/3", "2/3", "3/3"]);
    const [first, second] = songRows(await readSongs(output));
    assert.deepEqual(first, {
      id: "101",
      songName: '봄, "첫" 노래',
      adults: null,
      artists: ["가수", "다른 가수"],
      albumId: "봄날",
      date: { text: "2001.03.16", year: 2001, month: 3, day: 16 },
      genres: ["발라드", "국내드라마"],
      lyrics: "첫 줄\n\n둘째 줄",
    });
    assert.deepEqual([second!.id, second!.albumId, second!.adults, second!.genres], ["202", "77", true, []]);
  });
});

Deno.test("importMelon: what cannot be used is an error that names the file, and nothing is written", async () => {
  const bad: [unknown, RegExp][] = [
    ["{", /b\.json is not valid JSON/],
    [{ song_name: "봄" }, /b\.json is no chart entry: it lacks "song_id"/],
    [{ ...entry, song_id: 5, lyrics: { text: "가사" } }, /b\.json: "lyrics" must have "lines"/],
    [{ ...entry, song_id: 5, artist: ["가수"] }, /b\.json: "artist" is \["가수"\]/],
  ];
  for (const [content, message] of bad) {
    await withCharts({ "a.json": entry, "b.json": content }, async (folder, output) => {
      await assert.rejects(importMelon(folder, output), message);
      await assert.rejects(Deno.stat(output), Deno.errors.NotFound);
    });
  }
  await withCharts({ "readme.md": "" }, async (folder, output) => {
    await assert.rejects(importMelon(folder, output), /has no JSON file/);
    await assert.rejects(importMelon(`${folder}/nowhere`, output), /nowhere is not there/);
  });
});

Deno.test("importMelon: charts in CP949 are read as tables are, and bytes that are no text are refused", async () => {
  await withCharts({ "a.json": "" }, async (folder, output) => {
    const ascii = (text: string) => [...new TextEncoder().encode(text)];
    const chart = (name: number[]) =>
      Deno.writeFile(
        `${folder}/a.json`,
        new Uint8Array([
          ...ascii('{"song_id":"1","song_name":"'),
          ...name,
          ...ascii('","lyrics":{"lines":["la"]}}'),
        ]),
      );
    await chart([0xb3, 0xeb, 0xb7, 0xa1]);
    const warn = console.warn, said: string[] = [];
    console.warn = (note: string) => said.push(note);
    try {
      await importMelon(folder, output);
      assert.equal(songRows(await readSongs(output))[0]!.songName, "노래");
    } finally {
      console.warn = warn;
    }
    assert.match(said[0]!, /a\.json: read as CP949/);
    await chart([0xff, 0xff]);
    await assert.rejects(importMelon(folder, output), /a\.json: line 1: neither UTF-8/);
  });
});

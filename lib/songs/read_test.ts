import assert from "node:assert/strict";
import { cpuUsage } from "node:process";
import { join } from "node:path";
import { stringify } from "@std/csv";
import pl from "nodejs-polars";
import { inBoth } from "../ground/mod.ts";
import { withFolder } from "../ground/testing/folder.ts";
import { SongsError } from "./errors.ts";
import { type Song, songRows } from "./frame.ts";
import { readSongs, type ReadSongsOptions } from "./read.ts";
import { fileColumns } from "./columns.ts";

const headerLine = fileColumns.join(",");
const bytes = (text: string) => new TextEncoder().encode(text);

/** Reads a text, and fails on a note that the test does not expect. */
async function read(text: string | Uint8Array, options: ReadSongsOptions = {}): Promise<Song[]> {
  const notes: string[] = [];
  const frame = await readSongs(typeof text === "string" ? bytes(text) : text, {
    onNote: (note) => notes.push(note),
    ...options,
  });
  assert.deepEqual(notes, []);
  return songRows(frame);
}

/** The one problem, or the problems, of a table that cannot be read. */
async function problemsOf(text: string | Uint8Array, options: ReadSongsOptions = {}): Promise<SongsError> {
  let found: unknown;
  await readSongs(typeof text === "string" ? bytes(text) : text, {
    name: "노래.csv",
    onNote: () => {},
    ...options,
  })
    .catch((error) => found = error);
  assert(found instanceof SongsError, `no SongsError but ${found}`);
  assert.equal(found.file, "노래.csv");
  assert(found.message.startsWith("노래.csv: "));
  for (const problem of found.problems) assert.match(problem.remedy, /^[A-Z].*\.$/s);
  return found;
}

Deno.test("readSongs: a row of each irregular kind", async () => {
  const songs = await read([
    headerLine,
    `1,봄,0.0,아이유,'1869',2001.03.16,발라드,"한 줄\n두 줄"`,
    `'2',"봄, 밤",1.0,"가수, 나수",1870.0,1999.10,"랩/힙합,R&B/Soul",한 줄\\n두 줄`,
    `3,,,-,-,2002,-,한 줄<br>두 줄<BR />세 줄`,
    `4,"say ""hi""",true,가수,,-,"댄스, 댄스",`,
    `5,끝,0,가수,1,,포크/블루스,"끝\r\n줄"`,
  ].join("\n"));
  assert.deepEqual(songs, [
    {
      id: "1",
      songName: "봄",
      adults: false,
      artists: ["아이유"],
      albumId: "1869",
      date: { text: "2001.03.16", year: 2001, month: 3, day: 16 },
      genres: ["발라드"],
      lyrics: "한 줄\n두 줄",
    },
    {
      id: "2",
      songName: "봄, 밤",
      adults: true,
      artists: ["가수", "나수"],
      albumId: "1870",
      date: { text: "1999.10", year: 1999, month: 10, day: null },
      genres: ["랩/힙합", "R&B/Soul"],
      lyrics: "한 줄\n두 줄",
    },
    {
      id: "3",
      songName: "",
      adults: null,
      artists: [],
      albumId: null,
      date: { text: "2002", year: 2002, month: null, day: null },
      genres: [],
      lyrics: "한 줄\n두 줄\n세 줄",
    },
    {
      id: "4",
      songName: 'say "hi"',
      adults: true,
      artists: ["가수"],
      albumId: null,
      date: { text: "-", year: null, month: null, day: null },
      genres: ["댄스"],
      lyrics: "",
    },
    {
      id: "5",
      songName: "끝",
      adults: false,
      artists: ["가수"],
      albumId: "1",
      date: { text: "", year: null, month: null, day: null },
      genres: ["포크/블루스"],
      lyrics: "끝\n줄",
    },
  ]);
});

Deno.test("readSongs: the frame has the documented schema, also where every value is missing", async () => {
  const expected = {
    id: pl.String,
    song_name: pl.String,
    adults: pl.Bool,
    artist: pl.List(pl.String),
    album_id: pl.String,
    date: pl.String,
    year: pl.Int32,
    month: pl.Int32,
    day: pl.Int32,
    genre: pl.List(pl.String),
    lyrics: pl.String,
  };
  for (const row of ["1,봄,0,가수,1,2001.03.16,댄스,가사", "1,,,,,,,", "1,,,,,-,-,"]) {
    const frame = await readSongs(bytes(`${headerLine}\n${row}\n`));
    assert.deepEqual(Object.keys(frame.schema), Object.keys(expected));
    for (const [name, type] of Object.entries(expected)) {
      assert.equal(String(frame.schema[name]), String(type), `${name} of ${row}`);
    }
  }
});

Deno.test("readSongs: byte order mark, CRLF, blank lines, header in any order, case and spelling", async () => {
  const songs = await read(
    "\ufefflyrics,Genre,date,Album ID,artist,adults,song-name, id \r\n\r\n가사,댄스,2001,9,가수,0,봄,1\r\n   \r\n\r\n",
  );
  assert.equal(songs.length, 1);
  const [song] = songs;
  assert.deepEqual([song?.id, song?.songName, song?.albumId, song?.genres, song?.lyrics], ["1", "봄", "9", [
    "댄스",
  ], "가사"]);
});

Deno.test("readSongs: lines that end as on an old Mac, and empty fields behind the last column", async () => {
  const songs = await read(
    `${headerLine}\r1,봄,0,가수,1,2001,댄스,가사,,\r2,밤,0,가수,1,2001,댄스,가사 둘\r`,
  );
  assert.deepEqual(songs.map(({ id, lyrics }) => [id, lyrics]), [["1", "가사"], ["2", "가사 둘"]]);
});

Deno.test("readSongs: in a table of one column a comma is part of the text", async () => {
  const frame = await readSongs(bytes('lyrics\n가사, 그리고 또\n"둘, ""셋"""\n'), {
    purpose: "prediction",
    onNote: () => {},
  });
  assert.deepEqual(frame.getColumn("lyrics").toArray(), ["가사, 그리고 또", '둘, "셋"']);
});

Deno.test("readSongs: JSON and web pages are called what they are; a long header is cut", async () => {
  for (const json of ['[{"id": "1", "lyrics": "가"}]', '{"id": {"0": 1}}', "[[1, 2]]"]) {
    assert.match(
      (await problemsOf(json)).message,
      /this is JSON, not a table\. Write it as CSV with a header/,
    );
  }
  for (const page of ["<!DOCTYPE html><table>", " <html>", '<?xml version="1.0"?>']) {
    assert.match(
      (await problemsOf(page)).message,
      /this is a web page or XML, not a table\. .*save it as CSV/,
    );
  }
  const { message } = await problemsOf(
    `${"가".repeat(100)},${Array.from({ length: 50 }, (_, i) => `열${i}`)}\n`,
  );
  assert.match(message, /The header names 가{40}…, 열0, .*열18, …; it must name genre and lyrics/);
});

Deno.test("readSongs: CP949 and UTF-16 give the same songs, and a note says so", async () => {
  const text = `${headerLine}\n1,노래,0,노,1,2001,노,노래\n`;
  const expected = await read(text);
  const inCp949: Record<string, number[]> = { 노: [0xb3, 0xeb], 래: [0xb7, 0xa1] };
  const cp949 = new Uint8Array(
    [...text].flatMap((character) => inCp949[character] ?? [character.charCodeAt(0)]),
  );
  const utf16 = new Uint8Array([...`\ufeff${text}`].flatMap((character) => {
    const code = character.charCodeAt(0);
    return [code & 255, code >> 8];
  }));
  for (const [encoded, encoding] of [[cp949, "CP949"], [utf16, "UTF-16"]] as const) {
    const notes: string[] = [];
    const frame = await readSongs(encoded, { name: "노래.csv", onNote: (note) => notes.push(note) });
    assert.deepEqual(songRows(frame), expected);
    assert.deepEqual(notes, [`노래.csv: read as ${encoding}, for it is not UTF-8.`]);
  }
});

Deno.test("readSongs: a path, a URL and bytes give the same songs", async () => {
  const file = await Deno.makeTempFile({ prefix: "songs", suffix: ".csv" });
  try {
    const text = `${headerLine}\n1,봄,0,가수,1,2001,댄스,가사\n`;
    await Deno.writeTextFile(file, text);
    const expected = await read(text);
    assert.deepEqual(songRows(await readSongs(file)), expected);
    assert.deepEqual(songRows(await readSongs(new URL(`file://${file}`))), expected);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("readSongs: extra columns are left out with a note, and songs without id are named after what they hold", async () => {
  const notes: string[] = [];
  const frame = await readSongs(
    bytes(
      `,${headerLine},plays\n0,,봄,0,가수,1,2001,댄스,"가\n사",5\n1,x,밤,0,가수,1,2001,댄스,가사,6\n2,,밤,0,가수,1,2001,댄스,가사,7\n`,
    ),
    { name: "노래.csv", onNote: (note) => notes.push(note) },
  );
  const ids = frame.getColumn("id").toArray() as string[];
  assert.equal(ids[1], "x");
  assert.match(ids[0]!, /^song-[0-9a-f]{12}$/);
  assert.match(ids[2]!, /^song-[0-9a-f]{12}$/);
  assert.notEqual(ids[0], ids[2]);
  assert.deepEqual(notes, [
    '노래.csv: left out the column "", plays.',
    `노래.csv: 2 of 3 songs have no id and are named after what they hold: ${ids[0]}, ${ids[2]}.`,
  ]);
});

Deno.test("readSongs: a song without an id has the same in any place of any table, and a copy another", async () => {
  const rows = ["밤,가수,댄스,가사 하나", "낮,가수,댄스,가사 둘", "밤,가수,댄스,가사<br>하나"];
  const idsOf = async (lines: string[]) => {
    const frame = await readSongs(bytes(["song_name,artist,genre,lyrics", ...lines].join("\n")), {
      onNote: () => {},
    });
    return frame.getColumn("id").toArray() as string[];
  };
  const ids = await idsOf(rows);
  assert.equal(ids[2], `${ids[0]}-2`);
  assert.deepEqual(
    await idsOf(["새 노래,가수,댄스,다른 가사", rows[1]!, rows[0]!]).then((ids) => ids.slice(1)),
    [ids[1], ids[0]],
  );
});

Deno.test("readSongs: what a purpose does not need may be missing, with a note; what it needs may not", async () => {
  const notes: string[] = [], onNote = (note: string) => notes.push(note);
  const text = "song_name,lyrics\n봄,가사\n밤,가사 둘\n";
  for (const purpose of ["prediction", "texts"] as const) {
    const songs = songRows(await readSongs(bytes(text), { purpose, onNote }));
    assert.deepEqual(songs.map(({ songName, lyrics, genres }) => [songName, lyrics, genres]), [
      ["봄", "가사", []],
      ["밤", "가사 둘", []],
    ]);
    assert.match(
      notes[0]!,
      /^songs: there is no column id, adults, artist, album_id, date, genre; taken as missing\.$/,
    );
    notes.length = 0;
  }
  const { problems, message } = await problemsOf(text);
  assert.deepEqual(problems.map(({ line, column }) => [line, column]), [[1, "genre"]]);
  assert.match(
    message,
    /column genre: the column is missing\. The header names song_name, lyrics; it must name genre and lyrics, or 장르 and 가사\. Rename what holds them\./,
  );
  assert.match(
    (await problemsOf("id,genre\n1,댄스\n", { purpose: "prediction" })).message,
    /column lyrics: the column is missing/,
  );
  // lyrics and genre are enough to learn from
  assert.deepEqual(
    songRows(await readSongs(bytes("genre,lyrics\n댄스,가사\n"), { onNote })).map((
      { genres, date, artists },
    ) => [genres, date.text, artists]),
    [[["댄스"], "", []]],
  );
  // where a genre is there, it is read all the same
  const [song] = await read(`${headerLine}\n1,봄,0,가수,1,2001,댄스,가사\n`, { purpose: "prediction" });
  assert.deepEqual(song?.genres, ["댄스"]);
});

Deno.test("readSongs: a value that cannot be read is a note where it is not needed, and an error where it is", async () => {
  const notes: string[] = [], onNote = (note: string) => notes.push(note);
  const table = [
    headerLine,
    `1,봄,maybe,가수,1,2001,댄스,"가\n사"`,
    `2,봄,0,"['가수', '나",1,2001.13.01,댄스,가사`,
    `3,봄,2,가수,1,봄날,"['댄스', '발",가사`,
  ].join("\n");
  const songs = songRows(await readSongs(bytes(table), { name: "노래.csv", purpose: "prediction", onNote }));
  assert.deepEqual(songs.map(({ adults, artists, date, genres }) => [adults, artists, date.year, genres]), [
    [null, ["가수"], 2001, ["댄스"]],
    [false, [], null, ["댄스"]],
    [null, ["가수"], null, []],
  ]);
  assert.deepEqual(notes, [
    '노래.csv: values that cannot be read are taken as missing: 2 values of adults, the first on line 2, "maybe": this is neither yes nor no; ' +
    "1 value of artist, the first on line 4, \"['가수', '나\": this looks like a list written out, but cannot be read as one; " +
    '2 values of date, the first on line 4, "2001.13.01": there is no month 13; ' +
    "1 value of genre, the first on line 5, \"['댄스', '발\": this looks like a list written out, but cannot be read as one.",
  ]);
  const { problems } = await problemsOf(table);
  assert.deepEqual(problems.map(({ line, column, value }) => [line, column, value]), [[
    5,
    "genre",
    "['댄스', '발",
  ]]);
});

Deno.test("readSongs: words for a missing value are none in any column, and a note counts them", async () => {
  const notes: string[] = [], onNote = (note: string) => notes.push(note);
  const text =
    `${headerLine}\n1,nan,NaN,None,NULL,NaT,댄스,"nan"\n2,봄,0,가수,1,<NA>,댄스,\\N\n3,봄,0,-,1,2001,댄스,가사\n`;
  const songs = songRows(await readSongs(bytes(text), { name: "노래.csv", onNote }));
  assert.deepEqual(
    songs.map((
      { songName, adults, artists, albumId, date, lyrics },
    ) => [songName, adults, artists, albumId, date.year, lyrics]),
    [
      ["", null, [], null, null, ""],
      ["봄", false, ["가수"], "1", null, ""],
      ["봄", false, [], "1", 2001, "가사"],
    ],
  );
  assert.deepEqual(notes, [
    '노래.csv: values such as "nan", "NaN", "None", "NULL", "NaT" are taken as missing: ' +
    "1 of song_name, 1 of adults, 1 of artist, 1 of album_id, 2 of date, 2 of lyrics.",
  ]);
});

Deno.test("readSongs: lists written out and bars part artists, genres and lines", async () => {
  const [a, b] = await read([
    headerLine,
    `1,봄,0,"['가수', '객원, 하나']",1,2001,"['발라드', '댄스']","['가사 하나', '가사 둘']"`,
    `2,봄,0,가수|나수,1,2001,발라드|댄스,가사`,
  ].join("\n"));
  assert.deepEqual([a!.artists, a!.genres, a!.lyrics], [
    ["가수", "객원, 하나"],
    ["발라드", "댄스"],
    "가사 하나\n가사 둘",
  ]);
  assert.deepEqual([b!.artists, b!.genres], [["가수", "나수"], ["발라드", "댄스"]]);
});

Deno.test("readSongs: semicolons, tabs, bars and a line sep= are found, with a note; asked for, without", async () => {
  const text = `${headerLine}\n1,봄,0,가수,1,2001,댄스,"가\n사; 둘"\n2,봄,0,가수,1,2001,댄스,가사\n`;
  const expected = await read(text);
  for (const [separator, name] of [[";", "semicolons"], ["\t", "tabs"], ["|", "bars"]] as const) {
    const parted = text.replaceAll(",", separator);
    for (const table of [parted, `sep=${separator}\r\n${parted}`, `\ufeff"sep=${separator}"\n${parted}`]) {
      const notes: string[] = [];
      const frame = await readSongs(bytes(table), { name: "노래.csv", onNote: (note) => notes.push(note) });
      assert.deepEqual(songRows(frame), expected);
      assert.deepEqual(notes, [`노래.csv: the columns are parted by ${name}; read so.`]);
    }
    assert.deepEqual(await read(parted, { separator: separator === "\t" ? "tab" : separator }), expected);
  }
  const notes: string[] = [];
  const odd = await readSongs(bytes(`sep=^\n${text.replaceAll(",", "^")}`), {
    onNote: (note) => notes.push(note),
  });
  assert.deepEqual([songRows(odd), notes], [expected, ['songs: the columns are parted by "^"; read so.']]);
  // the line numbers of errors are the file's
  const { problems } = await problemsOf(`sep=;\r\n${headerLine.replaceAll(",", ";")}\r\n1;봄;0\r\n`);
  assert.deepEqual([problems[0]?.line, problems[0]?.what], [3, "the record has 3 fields, the header 8"]);
  await assert.rejects(
    readSongs(bytes(text), { separator: "::" }),
    /The separator is "::"; it must be one character, or "tab"/,
  );
});

Deno.test("readSongs: numeric genres take their names from a file, a list or an object", async () => {
  const text = `${headerLine}\n1,봄,0,가수,1,2001,"0,3",가사\n2,밤,0,가수,1,2001,3.0,가사\n`;
  const names = await Deno.makeTempFile({ prefix: "genres", suffix: ".csv" });
  try {
    await Deno.writeTextFile(names, "code,name\n0,발라드\n3,랩/힙합\n");
    for (
      const genreNames of [names, ["발라드", "", "", "랩/힙합"].map((name) => name || "없음"), {
        "0": "발라드",
        "3": "랩/힙합",
      }]
    ) {
      const songs = await read(text, { genreNames });
      assert.deepEqual(songs.map((song) => song.genres), [["발라드", "랩/힙합"], ["랩/힙합"]]);
    }
  } finally {
    await Deno.remove(names);
  }
  const notes: string[] = [];
  const without = await readSongs(bytes(text), { name: "노래.csv", onNote: (note) => notes.push(note) });
  assert.deepEqual(songRows(without).map((song) => song.genres), [["0", "3"], ["3"]]);
  assert.deepEqual(notes, [
    "노래.csv: the genres of 2 songs are codes such as 0, taken as names. Say what they stand for with --genre-names FILE (genreNames of readSongs).",
  ]);
  const unknown = await problemsOf(text, { genreNames: ["발라드"] });
  assert.match(unknown.message, /genre code 3 has no name\. Add it to the genre names, which have codes 0\./);
});

Deno.test("readSongs: codes with letters and other genres take names, and what has none is said", async () => {
  const text =
    `${headerLine}\n1,봄,0,가수,1,2001,"['GN0100', 'GN0900']",가사\n2,밤,0,가수,1,2001,Ballad,가사\n` +
    "3,밤,0,가수,1,2001,댄스,가사\n";
  const notes: string[] = [], onNote = (note: string) => notes.push(note);
  const songs = await readSongs(bytes(text), {
    name: "노래.csv",
    genreNames: { GN0100: "발라드", Ballad: "발라드", GN0200: "댄스" },
    onNote,
  });
  assert.deepEqual(songRows(songs).map(({ genres }) => genres), [["발라드", "GN0900"], ["발라드"], ["댄스"]]);
  assert.deepEqual(notes, ["노래.csv: the genre names say nothing of GN0900 (1); taken as names."]);
  notes.length = 0;
  await readSongs(bytes(text), { name: "노래.csv", onNote });
  assert.match(notes.join(), /the genres of 1 song are codes such as GN0100, taken as names/);
});

Deno.test("readSongs: columns in Korean are the columns they mean, and a note says which", async () => {
  const notes: string[] = [], onNote = (note: string) => notes.push(note);
  const rows =
    "\n7,봄,O,가수,앨범 하나,2001년 3월,댄스,가사\n8,밤,아니오,나수,앨범 하나,2002,발라드,가사 둘\n";
  const expected = [
    ["7", "봄", true, ["가수"], "앨범 하나", 2001, ["댄스"], "가사"],
    ["8", "밤", false, ["나수"], "앨범 하나", 2002, ["발라드"], "가사 둘"],
  ];
  for (
    const header of [
      "아이디,제목,성인,가수,앨범,발매일,장르,가사",
      "곡 ID,곡명,19금 여부,아티스트,앨범명,날짜,장르,노랫말",
      "번호,노래 제목,성인 여부,가수 이름,앨범 ID,발매 일자,장르명,가사 전문",
      "id,song_name,adults,artist_name_basket,album_id,issue_date,song_gn_gnr_basket,lyrics",
      "ＩＤ,Ｓｏｎｇ＿Ｎａｍｅ,성인,가수,ａｌｂｕｍ　ｉｄ,발매일,장르,ｌｙｒｉｃｓ",
    ].map((header) => header.normalize("NFD")) // as a Mac writes it
  ) {
    const table = `${header}${rows}`;
    notes.length = 0;
    const songs = songRows(await readSongs(bytes(table.replaceAll(",", ";")), { onNote }));
    assert.deepEqual(
      songs.map((
        { id, songName, adults, artists, albumId, date, genres, lyrics },
      ) => [id, songName, adults, artists, albumId, date.year, genres, lyrics]),
      expected,
      header,
    );
    assert.match(notes.join(), /columns by other names: .* → (?:lyrics|genre)\./);
  }
  // the stronger name counts, the other is one column more
  notes.length = 0;
  const [song] = songRows(
    await readSongs(
      bytes("앨범,앨범 번호,mood,장르,genre,가사\n이름,3,봄,코드,댄스,가사\n"),
      { name: "노래.csv", onNote },
    ),
  );
  assert.deepEqual([song!.albumId, song!.genres], ["3", ["댄스"]]);
  assert.deepEqual(notes.slice(0, 3), [
    "노래.csv: there is no column id, song_name, adults, artist, date; taken as missing.",
    "노래.csv: columns by other names: 앨범 번호 → album_id, 가사 → lyrics.",
    "노래.csv: left out the column 앨범, mood, 장르.",
  ]);
  const both = await problemsOf("제목,곡명,가수,아티스트,장르,가사\n1,2,3,4,5,6\n");
  assert.deepEqual(both.problems.map(({ line, column, what }) => [line, column, what]), [
    [1, "song_name", "the columns 제목 and 곡명 may both be meant"],
    [1, "artist", "the columns 가수 and 아티스트 may both be meant"],
  ]);
  // where none of them is used it is a note
  for (const options of [{ purpose: "prediction" }, { used: ["genre", "lyrics"] }] as const) {
    notes.length = 0;
    const [song] = songRows(
      await readSongs(bytes("발매일,출시일,날짜,장르,가사\n2001,2002,2003,댄스,봄\n"), {
        name: "노래.csv",
        onNote,
        ...options,
      }),
    );
    assert.equal(song!.date.year, null);
    assert.ok(
      notes.includes(
        "노래.csv: the columns 발매일 and 출시일 may both be meant by date, so that neither is taken. " +
          "Rename the one that is meant to date.",
      ),
      notes.join("\n"),
    );
  }
  const lyrics = await readSongs(bytes("가사,가사\n봄,봄\n"), { purpose: "prediction" }).catch((error) =>
    error
  );
  assert.match(lyrics.message, /column lyrics: /);
  // an error speaks of the column as the table calls it
  const { problems } = await problemsOf("장르,가사\n\"['댄스', '발\",가사\n");
  assert.deepEqual(problems.map(({ line, column }) => [line, column]), [[2, "장르"]]);
  const absent = await problemsOf("이름,글\n1,2\n");
  assert.match(absent.message, /it must name genre and lyrics, or 장르 and 가사\. Rename what holds them\./);
});

Deno.test("readSongs: a name in two languages is a column's where both name it, and counts as the nearer of them", async () => {
  const read = async (text: string) => {
    const notes: string[] = [];
    const onNote = (note: string) => void notes.push(note);
    const [song] = songRows(
      await readSongs(bytes(text), { name: "노래.csv", onNote, purpose: "prediction" }),
    );
    return { song: song!, notes };
  };
  const { song, notes } = await read(
    "제목/title,가수 (Artist),장르 · genre,Lyrics (가사),발매일[release date],앨범|album\n봄,나,댄스,봄이 와요,2001,3\n",
  );
  assert.deepEqual(
    [song.songName, song.artists, song.genres, song.lyrics, song.date.year, song.albumId],
    ["봄", ["나"], ["댄스"], "봄이 와요", 2001, "3"],
  );
  assert.ok(
    notes.some((note) => note.includes("제목/title → song_name, 가수 (Artist) → artist,")),
    notes.join("\n"),
  );
  // of two different things it names none; an own name alone goes before one in brackets of another kind
  const { song: other, notes: left } = await read("가사(번역),제목/가수,title,lyrics\n말,나,봄,봄이 와요\n");
  assert.deepEqual([other.lyrics, other.songName, other.artists], ["봄이 와요", "봄", []]);
  assert.ok(
    left.some((note) => note.includes("left out the column 가사(번역), 제목/가수.")),
    left.join("\n"),
  );
});

Deno.test("readSongs: a file that is not there, not readable, empty, or has a header only", async () => {
  await assert.rejects(readSongs("no-such-songs.csv"), (error) => {
    assert(error instanceof SongsError);
    assert.match(
      error.message,
      /^no-such-songs\.csv: there is no such file\. Check the path; it is looked up from \//,
    );
    return true;
  });
  const folder = await Deno.makeTempDir();
  await assert.rejects(readSongs(folder), /this is a folder, not a file/);
  await Deno.remove(folder);
  for (const empty of ["", " \n\r\n", "\ufeff"]) {
    assert.match(
      (await problemsOf(empty)).message,
      /the file is empty\. It must begin with the header id,song_name,/,
    );
  }
  for (const headerOnly of [headerLine, `${headerLine}\r\n\r\n`]) {
    assert.match((await problemsOf(headerOnly)).message, /the file has a header, but no songs/);
  }
  assert.match(
    (await problemsOf(new Uint8Array([0x50, 0x4b, 3, 4]))).message,
    /line 1: this is a zip archive .*save it as CSV UTF-8/,
  );
  const broken = new Uint8Array([...bytes(`${headerLine}\n1,가`), 0xff, ...bytes(",,,,,,\n")]);
  assert.match((await problemsOf(broken)).message, /line 2: neither UTF-8 .* nor CP949/);
});

Deno.test("readSongs: missing and doubled columns are named", async () => {
  const missing = await problemsOf("id,song_name,adults,artist,album_id,date\n1,봄,0,가수,1,2001\n");
  assert.deepEqual(missing.problems.map(({ line, column }) => [line, column]), [[1, "genre"], [1, "lyrics"]]);
  const doubled = await problemsOf(`${headerLine},Genre\n1,봄,0,가수,1,2001,댄스,가사,댄스\n`);
  assert.match(doubled.message, /line 1, column genre: two columns have this name\. Rename one of them/);
});

Deno.test("readSongs: a doubled id names both lines, whatever quotes are around it", async () => {
  const row = (id: string) => `${id},봄,0,가수,1,2001,댄스,"가\n사"`;
  const { problems } = await problemsOf([headerLine, row("7"), row("8"), row("'7'"), row("7.0")].join("\n"));
  assert.deepEqual(problems.map(({ line, column, value, what }) => [line, column, value, what]), [
    [6, "id", "'7'", "the song on line 2 has the same id"],
    [8, "id", "7.0", "the song on line 2 has the same id"],
  ]);
  const notes: string[] = [];
  const kept = await readSongs(bytes([headerLine, row("7"), row("8"), row("'7'")].join("\n")), {
    purpose: "prediction",
    onNote: (note) => notes.push(note),
  });
  assert.deepEqual(kept.getColumn("id").toArray(), ["7", "8", "7"]);
  assert.deepEqual(notes, [
    `songs: 1 value of id, the first on line 6, "'7'": the song on line 2 has the same id.`,
  ]);
});

Deno.test("readSongs: records of the wrong length, with what the file has there", async () => {
  const { problems } = await problemsOf(
    `${headerLine}\n1,봄,0,가수,1,2001,댄스,"가\n사"\n2,봄,0,가수,1,2001,댄스,가사, 둘째 줄\n3,봄,0,가수\n4,봄,0,가수,1,2001,댄스,가사\n`,
  );
  assert.deepEqual(problems.map(({ line, value, what }) => [line, value, what]), [
    [4, "2,봄,0,가수,1,2001,댄스,가사, 둘째 줄", "the record has 9 fields, the header 8"],
    [5, "3,봄,0,가수", "the record has 4 fields, the header 8"],
  ]);
  assert.match(problems[0]?.remedy ?? "", /in double quotes/);
});

Deno.test("readSongs: a broken quote, with the line and place of the quote and the record it is in", async () => {
  const [inside] =
    (await problemsOf(`${headerLine}\n1,봄,0,가수,1,2001,댄스,"가\n그는 "사랑"이라 했다"\n`)).problems;
  assert.deepEqual([inside?.line, inside?.column, inside?.value], [3, 4, '그는 "사랑"이라 했다"']);
  assert.match(inside?.what ?? "", /out of place in the record that starts on line 2/);
  const [bare] = (await problemsOf(`${headerLine}\r\n1,봄 "밤",0,가수,1,2001,댄스,가사\r\n`)).problems;
  assert.deepEqual([bare?.line, bare?.column, bare?.value], [2, 5, '1,봄 "밤",0,가수,1,2001,댄스,가사']);
  const [open] = (await problemsOf(`${headerLine}\n1,봄,0,가수,1,2001,댄스,"가\n사\n`)).problems;
  assert.match(open?.what ?? "", /is missing or out of place in the record that starts on line 2/);
});

Deno.test("readSongs: a long message is cut, the list of problems is not", async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `${i},봄,0,가수,1,2001,"['${"언제".repeat(100)}",가사`);
  const error = await problemsOf([headerLine, ...rows].join("\n"));
  assert.equal(error.problems.length, 12);
  assert.match(error.message, /^노래\.csv: 12 problems\./);
  assert.match(error.message, /… and 7 more problems like these\.$/);
  assert(error.message.length < 1500);
});

Deno.test("readSongs: 25,000 songs are read within seconds", async () => {
  const lyrics = "밤하늘에 별이 빛나고\n우리는 걸어가네\n".repeat(40);
  const table = stringify(
    Array.from(
      { length: 25_000 },
      (_, i) => [`'${i}'`, "노래", "0.0", "가수, 나수", "'1'", "2001.03.16", "댄스,발라드", lyrics],
    ),
  );
  const text = `${headerLine}\r\n${table}`;
  const start = cpuUsage();
  const frame = await readSongs(bytes(text));
  const { user, system } = cpuUsage(start); // of this process alone, whatever else the machine does
  assert.equal(frame.height, 25_000);
  assert(user + system < 15e6, `${user + system} µs`); // about 2 s
});

Deno.test("readSongs: what is no table of songs is told in Korean, with what to do", () =>
  withFolder(async (folder) => {
    const bytes = (...begin: number[]) => new Uint8Array([...begin, ...new Uint8Array(60)]);
    const text = (text: string) => new TextEncoder().encode(text);
    const files: Record<string, [Uint8Array, remedy: RegExp]> = {
      "empty.csv": [text(""), /첫 줄에 열 이름이 있어야/],
      "header.csv": [text("genre,lyrics\n"), /한 줄에 한 곡씩/],
      "songs.xlsx": [bytes(0x50, 0x4b, 3, 4), /CSV UTF-8/],
      "songs.xls": [bytes(0xd0, 0xcf, 0x11, 0xe0), /CSV UTF-8/],
      "songs.csv.gz": [bytes(0x1f, 0x8b), /압축을 풀어/],
      "utf32.csv": [bytes(0xff, 0xfe, 0, 0), /UTF-8 텍스트로 저장/],
      "pointer.csv": [text("version https://git-lfs.github.com/spec/v1\n"), /git lfs pull/],
      "songs.json": [text('[{"genre": "발라드"}]'), /CSV로 바꿔/],
      "songs.html": [text("<!doctype html><table></table>"), /CSV UTF-8/],
      "songs.parquet": [text("PAR1 and no more"), /다시 만들어/],
      "others.csv": [text("이름,글\n노래,밤하늘\n"), /열의 이름을 바꿔/],
    };
    for (const [name, [content, remedy]] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.writeFile(path, content);
      const error = await readSongs(path, { onNote: () => {} }).then(() => null, (error: Error) => error);
      assert.ok(error !== null, name);
      const korean = inBoth(error.message).slice(0, -error.message.length);
      assert.match(korean, remedy, `${name}: ${error.message}`);
    }
  }));

import assert from "node:assert/strict";
import { UserError } from "../ground/mod.ts";
import { cleanSongs } from "./clean.ts";
import { lyricsKey } from "./fingerprint.ts";
import { type Song, songOf, songRows, songsFrame } from "./frame.ts";

const song = (id: string, lyrics: string, genres: string[] = ["댄스"]): Song =>
  songOf({
    id,
    songName: `노래 ${id}`,
    artists: ["가"],
    genres,
    lyrics,
  });

const songs = [
  song("1", "봄이  와요<br>그대"),
  song("2", " <br> "),
  song("3", "사랑", []),
  song("4", "봄이 와요\n그대", ["발라드", "댄스"]),
  song("5", "♪ ~ !"),
  song("6", "Only English", ["팝"]),
  song("7", "밤", ["팝", "발라드"]),
];

Deno.test("cleanSongs: what is dropped, why, and what is kept", () => {
  const { songs: kept, report } = cleanSongs(songsFrame(songs));
  assert.deepEqual(songRows(kept), [
    song("1", "봄이 와요\n그대"),
    song("4", "봄이 와요\n그대", ["발라드", "댄스"]),
    song("6", "Only English", ["팝"]),
    song("7", "밤", ["팝", "발라드"]),
  ]);
  assert.deepEqual(report, {
    read: 7,
    kept: 4,
    dropped: [
      { id: "2", songName: "노래 2", reason: "no lyrics" },
      { id: "3", songName: "노래 3", reason: "no genre" },
      { id: "5", songName: "노래 5", reason: "no lyrics" },
    ],
    byReason: [{ reason: "no lyrics", songs: 2 }, { reason: "no genre", songs: 1 }],
    lyricsChanged: 1,
    genresChanged: 0,
    repeatedLyrics: 2,
    withoutHangul: 1,
    withoutLyrics: 2,
  });
});

Deno.test("cleanSongs: chosen genres only", () => {
  const { songs: kept, report } = cleanSongs(songsFrame(songs), { genres: ["댄스", "발라드"] });
  assert.deepEqual(songRows(kept).map(({ id, genres }) => [id, genres]), [
    ["1", ["댄스"]],
    ["4", ["발라드", "댄스"]],
    ["7", ["발라드"]],
  ]);
  assert.deepEqual(report.byReason, [
    { reason: "no lyrics", songs: 2 },
    { reason: "no genre", songs: 1 },
    { reason: "none of the chosen genres", songs: 1 },
  ]);
  assert.equal(report.genresChanged, 1);
});

Deno.test("cleanSongs: a table to predict on keeps every song, cleaned; cleaning twice changes nothing", () => {
  const { songs: kept, report } = cleanSongs(songsFrame(songs), { purpose: "prediction", genres: ["댄스"] });
  assert.deepEqual(kept.getColumn("id").toArray(), ["1", "2", "3", "4", "5", "6", "7"]);
  assert.deepEqual(songRows(kept)[0]!.lyrics, "봄이 와요\n그대");
  assert.deepEqual([report.dropped, report.withoutLyrics, report.repeatedLyrics], [[], 2, 2]);
  const again = cleanSongs(kept, { purpose: "prediction" });
  assert.deepEqual(songRows(again.songs), songRows(kept));
  assert.equal(again.report.lyricsChanged, 0);
});

Deno.test("cleanSongs: texts are those of the songs that others learn from; all where none has a genre", () => {
  const idsOf = (table: Song[]) =>
    cleanSongs(songsFrame(table), { purpose: "texts" }).songs.getColumn("id").toArray();
  assert.deepEqual(idsOf(songs), cleanSongs(songsFrame(songs)).songs.getColumn("id").toArray());
  assert.deepEqual(idsOf(songs.map((song) => ({ ...song, genres: [] }))), ["1", "3", "4", "6", "7"]);
});

Deno.test("cleanSongs: a chosen genre that no song has is named with the nearest, and those that there are", () => {
  assert.throws(
    () => cleanSongs(songsFrame(songs), { genres: ["댄스", "발라", "Trot"] }),
    (error) => {
      assert(error instanceof UserError);
      assert.equal(
        error.message,
        'No song has the genre 발라 (did you mean "발라드"?), Trot. The songs\' genres: 댄스 (4), 발라드 (2), 팝 (2).',
      );
      return true;
    },
  );
  assert.throws(
    () => cleanSongs(songsFrame(songs), { genres: [" "] }),
    /No genre is chosen\. The songs' genres: 댄스/,
  );
  // as the reader writes them
  assert.equal(
    cleanSongs(songsFrame(songs), { genres: [" 댄스\u200b", "발라드".normalize("NFD")] }).report.kept,
    3,
  );
});

Deno.test("lyricsKey: the same for texts that differ in white space, case, width and markup only", () => {
  const key = lyricsKey("봄이 와요\nLove YOU");
  for (
    const same of [
      "봄이와요 love you",
      "봄이 와요<br/>LOVE\\nyou ",
      "봄이\u200b 와요 ｌｏｖｅ you",
      "봄이 와요 love you".normalize("NFD"),
      "\u2068봄이 와요\u2069 love\u061c you\ufe0f",
    ]
  ) {
    assert.equal(lyricsKey(same), key, same);
  }
  assert.notEqual(lyricsKey("봄이 와요\nLove me"), key);
  assert.equal(lyricsKey(" <br>\n"), "");
});

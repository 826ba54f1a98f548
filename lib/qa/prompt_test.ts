import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Song, songOf } from "../songs/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { qaEncoder, type QaField, qaFields, qaPrompt } from "./prompt.ts";

const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
const genres = ["발라드", "R&B/Soul"];

const song: Song = {
  id: "31716",
  songName: "마지막 불",
  adults: false,
  artists: ["주먹밥크루", "달밤"],
  albumId: "5921898",
  date: { text: "2012.06.15", year: 2012, month: 6, day: 15 },
  genres: ["R&B/Soul"],
  lyrics: "별 하나 없는 하늘 아래\n혼자인 게 문득 무섭네",
};
const bare: Song = songOf({
  id: "7",
  date: { text: "-", year: null, month: null, day: null },
  genres: [],
  lyrics: "",
});

const whole = (song: Song, tellGenres = true, leaveOut: QaField[] = []) => {
  const { head, lyrics, tail } = qaPrompt(song, { genres, tellGenres }, leaveOut);
  return head + lyrics + tail;
};

Deno.test("the template: a line for each of the table's columns but the genre, which follows", () => {
  assert.equal(
    whole(song),
    `### 지시: 이 노래의 장르를 하나만 고르세요: 발라드, R&B/Soul
### 맥락:
번호: 31716
제목: 마지막 불
성인: 아니요
가수: 주먹밥크루, 달밤
앨범: 5921898
날짜: 2012.06.15
가사: 별 하나 없는 하늘 아래
혼자인 게 문득 무섭네
### 응답:`,
  );
  assert.match(whole({ ...song, adults: true }), /\n성인: 예\n/);
  assert.match(whole(song, false), /^### 지시: 이 노래의 장르를 하나만 고르세요\.\n/);
});

Deno.test("the template: what the table lacks is said to be unknown, what is left out is not said", () => {
  assert.equal(
    whole(bare, false),
    `### 지시: 이 노래의 장르를 하나만 고르세요.
### 맥락:
번호: 7
제목: 모름
성인: 모름
가수: 모름
앨범: 모름
날짜: 모름
가사: 모름
### 응답:`,
  );
  const lines = whole(song, false, ["artist", "date"]).split("\n");
  assert.deepEqual(lines, whole(song, false).split("\n").filter((line) => !/^(가수|날짜):/.test(line)));
  assert.equal(
    whole(song, false, [...qaFields]),
    "### 지시: 이 노래의 장르를 하나만 고르세요.\n### 맥락:\n### 응답:",
  );
});

Deno.test("the encoder: lyrics are cut so that the longest response fits, fields never", () => {
  const { sepId, clsId } = tokenizer;
  const long = { ...song, lyrics: "눈물이 흐르는 이별의 밤 ".repeat(60) };
  const fields = (text: string) => text.replace(/가사: .*$/s, "");
  for (const [lyricsLength, maxLength] of [[64, 512], [10, 512], [512, 140]] as const) {
    const { context, responses } = qaEncoder(tokenizer, { genres, tellGenres: true, lyricsLength }, {
      endId: sepId,
      maxLength,
    });
    const ids = [...context(long)], longest = Math.max(...responses.map(({ length }) => length));
    assert.equal(ids[0], clsId);
    assert.ok(!ids.slice(1).includes(clsId) && !ids.includes(sepId));
    assert.ok(ids.length + longest <= maxLength, `${ids.length}`);
    if (maxLength === 140) assert.equal(ids.length + longest, maxLength, "no room is wasted");
    const text = tokenizer.decode(ids);
    assert.equal(fields(text), fields(tokenizer.decode(context({ ...long, lyrics: "눈물이" }))));
    assert.match(text, /### 응답:$/);
    const lyrics = text.match(/가사: (.*) ### 응답:$/)![1]!;
    assert.ok(long.lyrics.startsWith(lyrics.slice(0, -1)) && lyrics.length > 5, lyrics);
  }
  const short = qaEncoder(tokenizer, { genres, tellGenres: true, lyricsLength: 64 }, {
    endId: sepId,
    maxLength: 40,
  });
  assert.throws(
    () => short.context(song),
    /Song 31716: its question takes \d+ tokens without lyrics, .* reads 40/,
  );
});

Deno.test("the encoder: a response is the genre and the end of a text", () => {
  const { responses } = qaEncoder(tokenizer, { genres, tellGenres: false, lyricsLength: 64 }, {
    endId: tokenizer.sepId,
    maxLength: 512,
  });
  responses.forEach((ids, i) => {
    assert.equal(ids.at(-1), tokenizer.sepId);
    assert.equal(tokenizer.decode([...ids]), genres[i]);
  });
});

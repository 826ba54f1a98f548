import assert from "node:assert/strict";
import { songOfLyrics, type SongPrediction } from "../../lib/training/mod.ts";
import { answerLine, answersTable } from "./answers.ts";

const labels = ["댄스", "발라드", "트로트"];

const answer = (probabilities: number[], genres: string[]): SongPrediction => ({
  songId: "",
  genre: genres[0]!,
  genres,
  probabilities: Float32Array.from(probabilities),
  logits: new Float32Array(3),
});

const star = { ...songOfLyrics("별을 센다"), id: "7", songName: "별", artists: ["가을", "겨울"] };
const ballad = answer([0.25, 0.625, 0.125], ["발라드"]);

Deno.test("answers: of one song a genre a row, the likeliest first", () => {
  assert.deepEqual(answersTable([star], [ballad], labels, 2), [
    { "장르 · genre": "발라드", "확률 · probability": "62.5%" },
    { "장르 · genre": "댄스", "확률 · probability": "25.0%" },
  ]);
  const several = answersTable([star], [answer([0.75, 0.625, 0.125], ["댄스", "발라드"])], labels, 3);
  assert.deepEqual(several.map((row) => row["답 · given"]), ["✓", "✓", ""]);
});

Deno.test("answers: of several songs a song a row; one without lyrics says so", () => {
  const unnamed = { ...star, id: "8", songName: "", artists: [], lyrics: "" };
  const untitled = { ...unnamed, id: "9", lyrics: "밤하늘의 별을 하나둘 세다가 잠이 들었네\n그대" };
  const rows = answersTable([star, untitled, unnamed], [ballad, ballad, null], labels, 2);
  assert.equal(rows[1]!["곡 · song"], "9: 밤하늘의 별을 하나둘 세다가 잠이 들…");
  assert.deepEqual([rows[0], rows[2]], [
    {
      "곡 · song": "별 — 가을, 겨울",
      "예측 · predicted": "발라드",
      "확률 · probabilities": "발라드 62.5%, 댄스 25.0%",
    },
    { "곡 · song": "8", "예측 · predicted": "가사 없음 · no lyrics", "확률 · probabilities": "" },
  ]);
});

Deno.test("answers: a line of JSON for a program, all genres or the likeliest", () => {
  assert.deepEqual(JSON.parse(answerLine(star, ballad, labels)), {
    id: "7",
    song_name: "별",
    artists: ["가을", "겨울"],
    predicted: ["발라드"],
    genres: [
      { genre: "발라드", probability: 0.625 },
      { genre: "댄스", probability: 0.25 },
      { genre: "트로트", probability: 0.125 },
    ],
  });
  assert.equal(JSON.parse(answerLine(star, ballad, labels, 1)).genres.length, 1);
  const { predicted, genres } = JSON.parse(answerLine(star, null, labels));
  assert.deepEqual([predicted, genres], [[], []]);
});

import assert from "node:assert/strict";
import { macroF1Name, softmax } from "../evaluation/mod.ts";
import {
  artistResult,
  compareArtistIdeas,
  genreShares,
  judge,
  judgeBaselines,
  rightSongs,
  scoreSongs,
  verdictTable,
  words,
  writeVerdicts,
} from "./mod.ts";
import { summarise } from "./plans/search_results.ts";
import { predicted, song as songOf } from "./testing/runner.ts";

const song = (id: string, genres: string[], artists: string[], lyrics: string) =>
  songOf(id, { genres, artists, lyrics });

const labels = ["발라드", "댄스"];

Deno.test("judge: a song of two genres counts once per instance, and is right by either per song", () => {
  const songs = [song("1", ["발라드", "댄스"], ["가"], "눈물"), song("2", ["댄스"], ["나", "다"], "춤")];
  const verdict = judge("model", labels, songs, [[0.9, 0.1], [0.6, 0.4]]);
  // instances: 1 발라드 right, 1 댄스 wrong, 2 댄스 twice (two artists) wrong
  assert.equal(verdict.perInstance.value, 1 / 4);
  assert.equal(verdict.perInstance.count, 4);
  assert.equal(verdict.perSong.value, 1 / 2);
  // once a song: 1 is credited with 발라드, which was named; 2 with its 댄스
  assert.deepEqual(verdict.confusion.counts, [[1, 0], [1, 0]]);
  // 발라드: precision 1/2, recall 1 → F1 2/3; 댄스: 0
  assert.ok(Math.abs(verdict.macroF1 - 1 / 3) < 1e-12);
});

Deno.test("judge: genres that no song here has are left out of macro-F1, and the table says so", () => {
  const songs = [song("1", ["댄스"], ["가"], "춤"), song("2", ["댄스"], ["나"], "춤을")];
  const perfect = judge("model", labels, songs, [[0.1, 0.9], [0.2, 0.8]]);
  assert.equal(perfect.macroF1, 1);
  assert.equal(perfect.report.absent, 1);
  assert.deepEqual(Object.keys(verdictTable([perfect])[0]!).at(-1), macroF1Name(1));
  assert.match(macroF1Name(1), /without 1 genre of no song here/);
  const [row] = verdictTable([judge("model", labels, [song("3", ["발라드"], [], "눈물"), ...songs], [
    [0.9, 0.1],
    [0.1, 0.9],
    [0.2, 0.8],
  ])]);
  assert.equal(row!["macro-F1"], "1.000");
});

Deno.test("a model's macro-F1 is one number: in a verdict, among song scores, beside the artist, in a search", () => {
  const three = ["발라드", "댄스", "트로트"];
  const genres = [["댄스", "발라드"], ["트로트", "댄스"], ["댄스"], ["트로트"], ["발라드"], [
    "댄스",
    "트로트",
  ]];
  const songs = genres.map((of, i) => song(String(i), of, [`가수${i % 2}`, "다"], `가사 ${i}`));
  const logits = [[0, 2, 1], [2, 1, 0], [0, 1, 2], [0, 1, 2], [1, 0, 2], [3, 1, 0]];
  const rows = softmax(logits);
  const verdict = judge("model", three, songs, rows);
  assert.equal(scoreSongs(songs, three, rows).macroF1, verdict.macroF1);
  const sides = { train: songs, validation: songs, test: songs };
  const predictions = predicted(
    { sides, labels: three },
    ({ id }, label) => logits[Number(id)]![three.indexOf(label)]!,
    {
      logits: true,
    },
  );
  const lyrics = artistResult(
    compareArtistIdeas(sides, three, { by: "song", model: { ko: "가", en: "a" }, predictions }),
    "lyrics",
  );
  assert.equal(lyrics.macroF1, verdict.macroF1);
  const trial = { method: words(), labels: three, sides, seed: 1 };
  const run = { model: "model", name: { ko: "가", en: "a" }, wholeLyrics: false, seed: 1, trial };
  const searched = summarise([{
    ...run,
    start: "from scratch",
    predictions: { ...predictions, cost: predictions.cost! },
  }]);
  assert.equal(searched.macroF1.value, verdict.macroF1);
});

Deno.test("judge: a genre outside the labels is wrong, not lost", () => {
  const songs = [song("1", ["트로트"], ["가"], "고향"), song("2", ["댄스"], ["나"], "춤")];
  const verdict = judge("model", labels, songs, [[0.9, 0.1], [0.1, 0.9]]);
  assert.equal(verdict.perInstance.value, 1 / 2);
  assert.equal(verdict.perSong.value, 1 / 2);
  assert.equal(verdict.perSong.count, 2);
  assert.deepEqual(verdict.confusion.labels, ["발라드", "댄스", "트로트"]);
});

Deno.test("judge: rows that do not fit the songs are an error with both numbers", () => {
  assert.throws(
    () => judge("model", labels, [song("1", ["댄스"], [], "")], []),
    /0 rows of probabilities for 1 songs/,
  );
});

Deno.test("genreShares: shares of known genres; a song of none of the labels is wrong, and in no log loss", () => {
  const songs = [song("1", ["댄스", "발라드", "트로트"], ["가"], ""), song("2", ["트로트"], [], "")];
  assert.deepEqual(genreShares(songs, labels).map((row) => [...row]), [[0.5, 0.5], [0, 0]]);
  const rows = [[0.75, 0.25], [0.75, 0.25]];
  assert.deepEqual(rightSongs(songs, labels, rows), [true, false]);
  const { accuracy, logLoss, correct, calibrationError } = scoreSongs(songs, labels, rows);
  assert.deepEqual([accuracy.value, correct], [0.5, [true, false]]);
  assert.equal(logLoss, -(Math.log(0.75) + Math.log(0.25)) / 2);
  assert.equal(calibrationError, 0.25);
});

Deno.test("scoreSongs: right if any of a song's genres", () => {
  const songs = [["발라드"], ["발라드", "댄스"], ["댄스"], ["댄스"]].map((genres, i) =>
    song(String(i), genres, [], "")
  );
  const rows = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.1, 0.9]];
  const { correct, accuracy, macroF1, logLoss } = scoreSongs(songs, labels, rows);
  assert.deepEqual(correct, [true, true, false, true]);
  assert.equal(accuracy.value, 0.75);
  const close = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}`);
  // credited 발라드 댄스 댄스 댄스, predicted 발라드 댄스 발라드 댄스
  close(macroF1, (2 / 3 + 4 / 5) / 2);
  close(logLoss, -(Math.log(0.9) + 0.5 * Math.log(0.2 * 0.8) + Math.log(0.4) + Math.log(0.9)) / 4);
});

Deno.test("judgeBaselines: majority, artist and n-grams on the same test songs", async () => {
  const ballads = Array.from(
    { length: 6 },
    (_, i) => song(`b${i}`, ["발라드"], ["가"], `눈물이 흐르네 이별의 밤 ${i}`),
  );
  const dances = Array.from(
    { length: 4 },
    (_, i) => song(`d${i}`, ["댄스"], ["나"], `춤을 추자 신나게 흔들어 ${i}`),
  );
  const test = [
    song("x", ["댄스"], ["나"], "춤을 추자 흔들어"),
    song("y", ["댄스"], ["다"], "눈물이 흐르네 이별"),
  ];
  const judged = await judgeBaselines(labels, { train: [...ballads, ...dances], validation: [], test });
  const [majority, artist, regression, bayes] = judged.map(({ verdict }) => verdict);
  assert.equal(majority!.perSong.value, 0);
  assert.deepEqual([artist, regression, bayes].map((verdict) => verdict!.perSong.correct), [1, 1, 1]);
  assert.match(bayes!.method, /naive Bayes/);
  assert.deepEqual(
    verdictTable([majority!, regression!]).map((row) => row["곡별 정확도 · accuracy per song"]),
    [
      "0.000",
      "0.500",
    ],
  );
  const folder = await Deno.makeTempDir();
  await writeVerdicts(`${folder}/new/test_metrics.json`, [regression!]);
  const written = JSON.parse(await Deno.readTextFile(`${folder}/new/test_metrics.json`));
  assert.equal(written[regression!.method].accuracyPerSong.value, 0.5);
  await Deno.remove(folder, { recursive: true });
});

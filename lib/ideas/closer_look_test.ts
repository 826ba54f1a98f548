/** Calibration, hardest songs, groups of songs and learning curves, on songs whose figures can be worked out by hand. */
import assert from "node:assert/strict";
import type { Song } from "../songs/mod.ts";
import {
  accuracyOfGroups,
  calibrateSongs,
  calibrationTable,
  evaluationBudget,
  hardestSongs,
  hardestTable,
  judge,
  type Learner,
  learningCurves,
  regressionLearner,
  rightSongs,
  writeResults,
} from "./mod.ts";
import { excerptOf } from "./hardest_songs.ts";

function song(id: string, values: Partial<Song> & { year?: number } = {}): Song {
  const { year = null, ...rest } = values;
  return {
    id,
    songName: `노래 ${id}`,
    adults: null,
    artists: [],
    albumId: null,
    date: { text: "", year, month: null, day: null },
    genres: ["발라드"],
    lyrics: "",
    ...rest,
  };
}

const close = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);

Deno.test("calibrateSongs: a model that is 98 % sure and right three times in four learns to be 75 % sure", () => {
  const songs = { genres: [0, 0, 0, 1], logits: Array.from({ length: 4 }, () => [2, -2]) };
  const { temperature, before, after, atBound } = calibrateSongs(songs, songs);
  close(temperature, 4 / Math.log(3)); // sigmoid(4 / T) = 3/4
  assert.equal(atBound, false);
  const sure = 1 / (1 + Math.exp(-4));
  close(before.error, sure - 0.75);
  close(before.confidence, sure);
  close(after.error, 0);
  close(after.confidence, 0.75);
  close(after.logLoss, -(3 * Math.log(0.75) + Math.log(0.25)) / 4);
  assert.ok(before.logLoss > after.logLoss);
  assert.deepEqual([before.accuracy, after.accuracy], [0.75, 0.75], "the genres named stay the same");
  const rows = calibrationTable({ temperature, atBound, before, after });
  assert.deepEqual(rows.map((row) => row["온도 · temperature"]), ["1.00", "3.64"]);
  assert.deepEqual(rows.map((row) => row["ECE"]), ["0.232", "0.000"]);
  assert.equal(after.bins.length, 15, "as scoreSongs has it");
  assert.deepEqual(after.bins.flatMap(({ count }, bin) => count > 0 ? [[bin, count]] : []), [[11, 4]]);
});

Deno.test("calibrateSongs: a song of several genres counts once, and is right by any of them", () => {
  const logits = [[1, 0, -3], [2, 0, 0]];
  const one = calibrateSongs({ genres: [[1, 1, 0], 0], logits }, { genres: [[0.5, 0.5, 0], 1], logits });
  // shares are scaled to sum to 1: [1, 1, 0] is [0.5, 0.5, 0]
  const same = calibrateSongs({ genres: [[0.5, 0.5, 0], 0], logits }, { genres: [[1, 1, 0], 1], logits });
  close(one.temperature, same.temperature);
  assert.equal(one.before.accuracy, 0.5);
});

Deno.test("hardestSongs: least probability of any own genre first; an unknown genre is the worst", () => {
  const songs = [
    song("a", { genres: ["발라드"] }),
    song("b", { genres: ["댄스", "발라드"], lyrics: "첫 줄\n\n둘째 줄 <b>" }),
    song("c", { genres: ["동요"] }),
    song("d", { genres: ["댄스"] }),
  ];
  const rows = [[0.9, 0.1, 0], [0.2, 0.1, 0.7], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1]];
  const hardest = hardestSongs(songs, ["발라드", "댄스", "트로트"], rows, { top: 3 });
  assert.deepEqual(hardest.map(({ songId }) => songId), ["c", "b", "d"]);
  close(hardest[0]!.loss, -Math.log(Number.EPSILON));
  close(hardest[1]!.probabilityOfActual, 0.3);
  close(hardest[1]!.loss, -Math.log(0.3));
  assert.deepEqual([hardest[1]!.predicted, hardest[1]!.probabilityOfPredicted], ["트로트", 0.7]);
  assert.equal(hardest[1]!.excerpt, "첫 줄 / 둘째 줄 <b>");
  const row = hardestTable(hardest)[1]!;
  assert.deepEqual([row["실제 · actual"], row["예측 · predicted"]], ["댄스, 발라드 30.0 %", "트로트 70.0 %"]);
  assert.throws(
    () => hardestSongs(songs, ["발라드"], rows.slice(1)),
    /songs has 4 entries but probabilities has 3/,
  );
});

Deno.test("excerptOf: cut by characters, not by halves of them", () => {
  assert.equal(excerptOf("가나다", 3), "가나다");
  assert.equal(excerptOf("가나다라", 3), "가나…");
  assert.equal(excerptOf("😀😀😀😀", 3), "😀😀…");
  assert.equal(excerptOf("", 3), "");
});

Deno.test("accuracyOfGroups: decades, quarters of length, artists, with counts and intervals", () => {
  const lengths = [1, 2, 3, 4, 5, 6, 7, 8];
  const years = [1999, 1990, 2004, undefined, 2009, 2000, undefined, 1991];
  const artists = [["가"], ["나"], ["다"], [], ["가", "새"], ["새"], ["나"], ["다"]];
  const songs = lengths.map((length, i) =>
    song(String(i), {
      lyrics: "가".repeat(length),
      artists: artists[i]!,
      ...(years[i] && { year: years[i] }),
    })
  );
  const many = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => song(name + i, { artists: [name] }));
  const train = [...many("가", 1), ...many("나", 5), ...many("다", 6)];
  const correct = [true, true, false, true, false, false, false, true];
  const { byDecade, byLength, byArtist } = accuracyOfGroups(songs, correct, train);
  assert.deepEqual(byDecade.map(({ group, count, correct }) => [group, count, correct]), [
    ["1990년대 · 1990s", 3, 3],
    ["2000년대 · 2000s", 3, 0],
    ["연도 없음 · no year", 2, 1],
  ]);
  close(byDecade[0]!.accuracy.low, 0.4385, 1e-5);
  assert.deepEqual([byDecade[0]!.accuracy.high, byDecade[1]!.accuracy.low], [1, 0]);
  assert.deepEqual(byLength.map(({ group, count, correct }) => [group, count, correct]), [
    ["1–2자 · characters", 2, 2],
    ["3–4자 · characters", 2, 1],
    ["5–6자 · characters", 2, 0],
    ["7–8자 · characters", 2, 1],
  ]);
  assert.deepEqual(byArtist.map(({ group, count, accuracy }) => [group, count, accuracy.value]), [
    ["모르는 가수 · unknown", 2, 0.5],
    ["1곡 · 1 song", 2, 0.5],
    ["2–5곡 · 2–5 songs", 2, 0.5],
    ["6곡 이상 · 6 or more", 2, 0.5],
  ]);
});

Deno.test("accuracyOfGroups: songs all of one length make one group", () => {
  const songs = ["a", "b", "c"].map((id) => song(id, { lyrics: "가나" }));
  const { byLength } = accuracyOfGroups(songs, [true, false, true], [song("t")]);
  assert.deepEqual(byLength.map(({ group, count }) => [group, count]), [["2–2자 · characters", 3]]);
});

const labels = ["발라드", "댄스"];
const train = Array.from(
  { length: 40 },
  (_, i) =>
    song(`t${i}`, {
      genres: [labels[i % 2]!],
      lyrics: i % 2 === 0 ? `눈물이 흐르네 이별의 밤 ${i}` : `춤을 추자 신나게 흔들어 ${i}`,
    }),
);
const test = [
  song("x", { genres: ["댄스"], lyrics: "신나게 춤을 추자" }),
  song("y", { lyrics: "이별의 눈물이 흐르네" }),
];

Deno.test("learningCurves: each part holds the smaller ones, all learners get the same, the whole is taken as given", async () => {
  const seen: string[][] = [], told: string[] = [];
  const learner = (method: string): Learner => ({
    method,
    shares: [0.5, 0.1],
    learn(part) {
      seen.push(part.map(({ id }) => id));
      // enough songs: right; too few: always the second
      const answer = part.length > 10 ? test.map(({ genres }) => genres[0]) : test.map(() => "댄스");
      return Promise.resolve(answer.map((genre) => labels.map((label) => label === genre ? 1 : 0)));
    },
    whole: judge(method, labels, test, [[0, 1], [0, 1]]),
  });
  const curves = await learningCurves({ train, test }, labels, [learner("a"), learner("b")], {
    seed: 1,
    onLearner: (...words) => void told.push(words.join(" ")),
  });
  assert.deepEqual(told, ["1/4 a 4", "2/4 a 20", "3/4 b 4", "4/4 b 20"]);
  assert.ok(seen[0]!.every((id) => seen[1]!.includes(id)));
  assert.deepEqual(seen.slice(2), seen.slice(0, 2));
  assert.deepEqual(curves[0]!.points.map(({ songs }) => songs), [4, 20, 40]);
  assert.deepEqual(curves[0]!.points.map(({ accuracy }) => accuracy.value), [0.5, 1, 0.5]);
  const other = await learningCurves({ train, test }, labels, [learner("a")], { seed: 2 });
  assert.equal(other.length, 1);
  assert.notDeepEqual(seen[5], seen[1], "another seed draws other songs");
  await assert.rejects(
    learningCurves({ train, test }, labels, [{ ...learner("a"), shares: [0] }], { seed: 1 }),
    /a has the share 0/,
  );
});

Deno.test("learningCurves: a part of one genre is left out, and its size told", async () => {
  // one dance among thirty-two ballads: small parts have ballads only
  const lopsided = [train[1]!, ...Array.from({ length: 32 }, (_, i) => ({ ...train[0]!, id: `b${i}` }))];
  const learnt: number[] = [];
  const [curve] = await learningCurves({ train: lopsided, test }, labels, [{
    method: "a",
    shares: [1 / 33, 2 / 33, 1],
    learn: (part) => {
      learnt.push(part.length);
      return Promise.resolve(test.map(() => [1, 0]));
    },
  }], { seed: 1 });
  assert.deepEqual(learnt, [33]);
  assert.deepEqual(curve!.points.map(({ songs }) => songs), [33]);
  assert.deepEqual(curve!.leftOut, [1, 2]);
});

Deno.test("rightSongs: in the songs' order; a song that the verdict could not know is wrong", () => {
  const songs = [...test, song("z", { genres: ["동요"] })];
  const verdict = judge("model", labels, songs, [[0, 1], [0, 1], [0, 1]]);
  assert.deepEqual(rightSongs(verdict, songs), [true, false, false]);
});

Deno.test("regressionLearner: n-grams learn from a part of the songs", async () => {
  const [curve] = await learningCurves({ train, test }, labels, [regressionLearner(labels, test, [0.5])], {
    seed: 3,
  });
  assert.deepEqual(curve!.points.map(({ songs, accuracy }) => [songs, accuracy.value]), [[20, 1]]);
});

Deno.test("evaluationBudget: one for each recipe", () => {
  assert.ok(
    evaluationBudget("thorough").shares.transformer.length >
      evaluationBudget("quick").shares.transformer.length,
  );
  assert.throws(() => evaluationBudget("slow"), /known are study, quick, thorough, test/);
});

Deno.test("writeResults: a file that reads back, in a folder of its own", async () => {
  const folder = await Deno.makeTempDir();
  await writeResults(`${folder}/run/artist.json`, { splits: [] });
  assert.deepEqual(JSON.parse(await Deno.readTextFile(`${folder}/run/artist.json`)), { splits: [] });
  await Deno.remove(folder, { recursive: true });
});

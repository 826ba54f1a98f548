/** Calibration, hardest songs, groups of songs, on songs whose figures can be worked out by hand. */
import assert from "node:assert/strict";
import {
  accuracyOfGroups,
  calibrateSongs,
  calibrationTable,
  evaluationBudget,
  hardestSongs,
  hardestTable,
  writeResults,
} from "../mod.ts";
import { song } from "../testing/runner.ts";
import { excerptOf } from "./hardest_songs.ts";

const close = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);

Deno.test("calibrateSongs: a model that is 98 % sure and right three times in four learns to be 75 % sure", () => {
  const songs = ["발라드", "발라드", "발라드", "댄스"].map((genre, i) =>
    song(String(i), { genres: [genre] })
  );
  const judged = { songs, logits: songs.map(() => [2, -2]) };
  const { temperature, before, after, atBound } = calibrateSongs(["발라드", "댄스"], judged, judged);
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
  assert.deepEqual(rows.map((row) => row["보정 오차 (ECE) · calibration error"]), ["0.232", "0.000"]);
  assert.equal(after.bins.length, 15, "as scoreSongs has it");
  assert.deepEqual(after.bins.flatMap(({ count }, bin) => count > 0 ? [[bin, count]] : []), [[11, 4]]);
});

Deno.test("calibrateSongs: a song of several genres counts once, and is right by any of them", () => {
  const logits = [[1, 0, -3], [2, 0, 0]], labels = ["발라드", "댄스", "트로트"];
  const judged = (first: string[], second: string[]) => ({
    songs: [song("a", { genres: first }), song("b", { genres: second })],
    logits,
  });
  const two = calibrateSongs(
    labels,
    judged(["댄스", "발라드"], ["발라드"]),
    judged(["댄스", "발라드"], ["댄스"]),
  );
  assert.equal(two.before.accuracy, 0.5);
  // a genre outside the labels takes no part in a song's share
  const known = calibrateSongs(
    labels,
    judged(["댄스", "발라드", "동요"], ["발라드"]),
    judged(["발라드"], ["동요"]),
  );
  close(two.temperature, known.temperature);
  assert.equal(known.before.accuracy, 0.5);
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
  assert.deepEqual([row["실제 · actual"], row["예측 · predicted"]], ["댄스, 발라드 30.0%", "트로트 70.0%"]);
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

Deno.test("evaluationBudget: one for each recipe", () => {
  assert.ok(
    evaluationBudget("thorough").shares.transformer.length >
      evaluationBudget("quick").shares.transformer.length,
  );
  assert.throws(() => evaluationBudget("slow"), /known are study, .*test/);
});

Deno.test("writeResults: a file that reads back, in a folder of its own", async () => {
  const folder = await Deno.makeTempDir();
  await writeResults(`${folder}/run/artist.json`, { splits: [] });
  assert.deepEqual(JSON.parse(await Deno.readTextFile(`${folder}/run/artist.json`)), { splits: [] });
  await Deno.remove(folder, { recursive: true });
});

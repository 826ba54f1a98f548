import assert from "node:assert/strict";
import { startEngine } from "../engine/mod.ts";
import type { Song } from "../songs/mod.ts";
import { testRecipe } from "../training/mod.ts";
import {
  compareSeveralGenres,
  compareSeveralGenresOf,
  measureSets,
  regressionOfGenres,
  type SeveralGenresModel,
  severalGenresSeries,
  severalGenresTable,
  severalGenresText,
  type SeveralGenresWay,
  transformerOfGenres,
} from "./mod.ts";

function song(id: string, genres: string[], lyrics = "", artists = ["가"]): Song {
  const date = { text: "", year: null, month: null, day: null };
  return { id, songName: "", adults: null, artists, albumId: null, date, genres, lyrics };
}

const labels = ["발라드", "댄스", "트로트"];

Deno.test("measureSets: the likeliest genre and sets of genres, before and after thresholds are tuned", () => {
  const songs = [
    song("1", ["발라드", "댄스"], "", ["가", "나"]),
    song("2", ["댄스"]),
    song("3", ["트로트"]),
    song("4", ["발라드"]),
  ];
  const probabilities = [[0.6, 0.35, 0.05], [0.1, 0.8, 0.1], [0.5, 0.1, 0.4], [0.9, 0.05, 0.05]];
  const { accuracy, accuracyPerInstance, untuned, tuned, thresholds } = measureSets(
    { songs, probabilities },
    { songs, probabilities },
    labels,
  );
  assert.equal(accuracy.value, 3 / 4);
  // song 1 counts four times, half of them right
  assert.equal(accuracyPerInstance, (2 + 1 + 0 + 1) / 7);
  // at 0.5: {발라드}, {댄스}, {발라드}, {발라드}: 3 of 5 found, 4 given
  assert.ok(Math.abs(untuned.microF1 - 2 * 3 / (4 + 5)) < 1e-12);
  assert.deepEqual([untuned.subsetAccuracy.value, untuned.subsetAccuracyOfSeveral, untuned.genresGiven], [
    0.5,
    0,
    1,
  ]);
  // tuned on the same songs: 발라드 from 0.55, 댄스 from 0.225, 트로트 from 0.25 on is exactly right
  assert.deepEqual(thresholds.map((threshold) => Math.round(1000 * threshold)), [550, 225, 250]);
  assert.deepEqual([tuned.microF1, tuned.macroF1, tuned.subsetAccuracy.value], [1, 1, 1]);
  assert.deepEqual([tuned.subsetAccuracyOfSeveral, tuned.genresGiven], [1, 5 / 4]);
});

Deno.test("compareSeveralGenres: each way is learnt once and measured against the first", async () => {
  const songs = Array.from(
    { length: 12 },
    (_, i) => song(String(i), [["발라드"], ["댄스"], ["발라드", "댄스"]][i % 3]!),
  );
  const sides = { train: songs, validation: songs.slice(0, 6), test: songs.slice(6) };
  const told: string[] = [];
  const model: SeveralGenresModel = {
    name: "수 · oracle",
    learn(way, { validation, test }, labels) {
      return Promise.resolve(
        [...validation, ...test].map(({ genres }) =>
          labels.map((label) =>
            way === "sigmoid" ? (genres.includes(label) ? 0.9 : 0.1) : label === "발라드" ? 0.8 : 0.1
          )
        ),
      );
    },
  };
  const comparison = await compareSeveralGenres(sides, labels, model, {
    onWay: (method) => void told.push(method),
  });
  assert.equal(told.length, 3);
  assert.deepEqual(comparison.songs, { train: 12, validation: 6, test: 6 });
  assert.deepEqual(comparison.several, { train: 4, validation: 2, test: 2 });
  const [oversampling, weights, sigmoid] = comparison.results;
  assert.deepEqual(comparison.results.map(({ way }) => way), ["oversampling", "weights", "sigmoid"]);
  const same = { accuracy: 1, subset: 1, subsetTuned: 1 };
  assert.deepEqual([oversampling!.p, weights!.p], [same, same]);
  assert.equal(oversampling!.accuracy.value, 4 / 6);
  assert.equal(sigmoid!.accuracy.value, 1);
  assert.equal(sigmoid!.tuned.subsetAccuracy.value, 1);
  assert.equal(sigmoid!.p.accuracy, 0.5); // two songs mended, none spoilt
  assert.equal(severalGenresTable([comparison])[2]!["micro-F1 (0.5)"], "1.000");
  assert.deepEqual(JSON.parse(JSON.stringify(comparison)), comparison, "plain JSON");
  const text = severalGenresText([comparison]);
  assert.match(text, /oracle: 2 of 6 test songs have several genres/);
  assert.match(text, /by the likeliest genre: sigmoid \(1\.000\); by micro-F1: sigmoid at 0\.5 \(1\.000\)/);
  assert.match(text, /sigmoid 0\.50 for the likeliest genre/);
  const series = severalGenresSeries([comparison]);
  assert.deepEqual(
    series[2]!.groups.map(({ correct, count, accuracy }) => [correct, count, accuracy.value]),
    [
      [6, 6, 1],
      [6, 6, 1],
      [6, 6, 1],
    ],
  );
  const toldBoth: string[] = [];
  const both = await compareSeveralGenresOf(sides, labels, [model, { ...model, name: "b" }], {
    onWay: (...words) => void toldBoth.push(words.join(", ")),
  });
  assert.deepEqual(both.map(({ model }) => model), ["수 · oracle", "b"]);
  assert.equal(toldBoth.length, 6);
  assert.equal(toldBoth[4], "5/6, b, 곡마다 가중치 · weights, each song counts once");
});

const lines: Record<string, string> = { 발라드: "눈물이 흐르는 이별의 밤", 댄스: "신나게 춤을 추자 흔들어" };
const written = Array.from({ length: 90 }, (_, i) => {
  const genres = [["발라드"], ["댄스"], ["댄스", "발라드"]][i % 3]!;
  return song(String(i), genres, genres.map((genre) => `${lines[genre]} ${i}`).join("\n"));
});
const writtenSides = {
  train: written.slice(0, 60),
  validation: written.slice(60, 75),
  test: written.slice(75),
};

Deno.test("n-grams: one regression a genre gives songs of both genres both; a genre that training lacks gets none", async () => {
  const { results } = await compareSeveralGenres(writtenSides, labels, regressionOfGenres());
  for (const { tuned, accuracy, way } of results) {
    assert.equal(accuracy.value, 1, way);
    assert.equal(tuned.subsetAccuracy.value, 1, way);
    assert.equal(tuned.genresGiven, 4 / 3, way);
  }
  const rows = Array.from(await regressionOfGenres().learn("sigmoid", writtenSides, labels));
  assert.equal(rows.length, 30);
  assert.ok(rows[2]![0]! > 0.5 && rows[2]![1]! > 0.5, "each genre has its own probability");
  assert.deepEqual(rows.map((row) => row[2]), rows.map(() => 0));
});

Deno.test("a transformer: each way trains the model it says", async () => {
  await startEngine();
  const lines: string[] = [];
  const recipe = { ...testRecipe, maxSteps: 2, maxLength: 16, precision: "float32" as const };
  const sides = {
    train: written.slice(0, 24),
    validation: written.slice(24, 30),
    test: written.slice(30, 36),
  };
  const model = transformerOfGenres("kobert-small", recipe, {
    callbacks: [{ onLog: (line) => void lines.push(line) }],
  });
  const softmax = Array.from(await model.learn("weights", sides, labels));
  const sigmoid = Array.from(await model.learn("sigmoid", sides, labels));
  assert.ok(lines.length > 0);
  assert.deepEqual([softmax.length, sigmoid.length], [12, 12]);
  const sumOf = (row: ArrayLike<number>) => Array.from(row).reduce((sum, value) => sum + value, 0);
  for (const row of softmax) assert.ok(Math.abs(sumOf(row) - 1) < 1e-5);
  // three sigmoids of a fresh model: near a half each
  for (const row of sigmoid) assert.ok(sumOf(row) > 1.1, `${Array.from(row)}`);
});

Deno.test("a transformer that has learnt by oversampling is not trained that way again", async () => {
  const learnt = [[0.1, 0.2, 0.7]];
  // a source that cannot be loaded: any training would be an error
  const learn = (way: SeveralGenresWay, oversample: boolean) =>
    transformerOfGenres("none", { ...testRecipe, oversample }, { learnt }).learn(way, writtenSides, labels);
  assert.equal(await learn("oversampling", true), learnt);
  await assert.rejects(learn("weights", true), /none/);
  // what a recipe without oversampling has taught is another model
  await assert.rejects(learn("oversampling", false), /none/);
});

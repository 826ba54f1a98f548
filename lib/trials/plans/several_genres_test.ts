import assert from "node:assert/strict";
import { testRecipe } from "../../training/mod.ts";
import {
  compareSeveralGenres,
  type NetworkMethod,
  severalGenresSeries,
  severalGenresTable,
  type Trial,
  words,
} from "../mod.ts";
import { fakeRunner, song as songOf } from "../testing/runner.ts";
import { measureSets } from "./several_genres.ts";

const song = (id: string, genres: string[], lyrics = "", artists = ["가"]) =>
  songOf(id, { genres, lyrics, artists });

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

const network: NetworkMethod = { kind: "network", source: "b", recipe: testRecipe };
const isEach = ({ method }: Trial) =>
  method.kind === "network" ? method.recipe.multiLabel : method.kind === "words" && method.way === "sigmoid";

Deno.test("compareSeveralGenres: each way is learnt once and measured against the first", async () => {
  const songs = Array.from(
    { length: 12 },
    (_, i) => song(String(i), [["발라드"], ["댄스"], ["발라드", "댄스"]][i % 3]!),
  );
  const sides = { train: songs, validation: songs.slice(0, 6), test: songs.slice(6) };
  const told: string[] = [];
  // an oracle where each genre has its own yes or no; a ballad for all else
  const fake = fakeRunner((trial, { genres }, label) =>
    isEach(trial) ? (genres.includes(label) ? 0.9 : 0.1) : label === "발라드" ? 0.8 : 0.1
  );
  const comparisons = await compareSeveralGenres(sides, labels, [words(), network], {
    seed: 1,
    runner: fake,
    listener: { onTrial: ({ about }, place) => void told.push(`${place} ${about}`) },
  });
  assert.deepEqual(comparisons.map(({ model }) => model.en), ["TF-IDF + logistic regression", "b"]);
  assert.equal(told.length, 6);
  assert.equal(told[4], "5/6 곡마다 가중치 · weights by song");
  const [comparison] = comparisons;
  assert.deepEqual(comparison!.songs, { train: 12, validation: 6, test: 6 });
  assert.deepEqual(comparison!.several, { train: 4, validation: 2, test: 2 });
  const [oversampling, weights, sigmoid] = comparison!.results;
  assert.deepEqual(comparison!.results.map(({ way }) => way), ["oversampling", "weights", "sigmoid"]);
  const same = { accuracy: 1, subset: 1, subsetTuned: 1 };
  assert.deepEqual([oversampling!.p, weights!.p], [same, same]);
  assert.equal(oversampling!.accuracy.value, 4 / 6);
  assert.equal(sigmoid!.accuracy.value, 1);
  assert.equal(sigmoid!.tuned.subsetAccuracy.value, 1);
  assert.equal(sigmoid!.p.accuracy, 0.5); // two songs mended, none spoilt
  const rows = severalGenresTable(comparisons);
  assert.equal(rows[2]!["micro-F1 (0.5)"], "1.000");
  assert.deepEqual(
    rows.map((row) => [row["모델 · model"], Object.values(row).at(-1)]),
    [
      ["TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression", "–"],
      ["", "1.000, 1.000, 1.000"],
      ["", "0.500, 0.125, 0.125"],
      ["b", "–"],
      ["", "1.000, 1.000, 1.000"],
      ["", "0.500, 0.125, 0.125"],
    ],
    "a model is named once, and not compared with itself",
  );
  assert.equal(Object.keys(severalGenresTable(comparisons.slice(0, 1))[0]!)[0], "방법 · way");
  assert.deepEqual(JSON.parse(JSON.stringify(comparison)), comparison, "plain JSON");
  const series = severalGenresSeries(comparisons);
  assert.deepEqual(
    series[2]!.groups.map(({ correct, count, accuracy }) => [correct, count, accuracy.value]),
    [[6, 6, 1], [6, 6, 1], [6, 6, 1]],
  );
});

Deno.test("a network learns each way by the recipe changed for it; what a recipe teaches already is that very trial", async () => {
  const songs = [song("a", ["발라드"]), song("b", ["댄스"])];
  const sides = { train: songs, validation: songs, test: songs };
  const recipe = { ...testRecipe, labelSmoothing: 0.1, distillation: 0.5 };
  const fake = fakeRunner((_, { genres }, label) => genres.includes(label) ? 1 : 0);
  await compareSeveralGenres(sides, labels, [{ ...network, recipe }], { seed: 1, runner: fake });
  const recipes = fake.ran.map(({ method }) => (method as NetworkMethod).recipe);
  assert.deepEqual(recipes[0], recipe, "the study's recipe oversamples");
  assert.deepEqual(recipes[1], { ...recipe, oversample: false });
  assert.deepEqual(recipes[2], {
    ...recipe,
    oversample: false,
    multiLabel: true,
    bestMetric: "microF1",
    labelSmoothing: 0,
    distillation: 0,
  });
});

Deno.test("n-grams: songs of both genres get both", async () => {
  const lines: Record<string, string> = {
    발라드: "눈물이 흐르는 이별의 밤",
    댄스: "신나게 춤을 추자 흔들어",
  };
  const written = Array.from({ length: 90 }, (_, i) => {
    const genres = [["발라드"], ["댄스"], ["댄스", "발라드"]][i % 3]!;
    return song(String(i), genres, genres.map((genre) => `${lines[genre]} ${i}`).join("\n"));
  });
  const sides = { train: written.slice(0, 60), validation: written.slice(60, 75), test: written.slice(75) };
  const [{ results } = { results: [] }] = await compareSeveralGenres(sides, labels, [words()], { seed: 1 });
  for (const { tuned, accuracy, way } of results) {
    assert.equal(accuracy.value, 1, way);
    assert.equal(tuned.subsetAccuracy.value, 1, way);
    assert.equal(tuned.genresGiven, 4 / 3, way);
  }
});

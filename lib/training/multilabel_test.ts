/** Songs of several genres: each genre its own yes or no, from the examples to a saved classifier's answers. */
import assert from "node:assert/strict";
import { startEngine } from "../engine/mod.ts";
import { disposeModel } from "../models/mod.ts";
import { type Song, songOf, songsFrame } from "../songs/mod.ts";
import { collate } from "./batches.ts";
import { evaluateExamples, microF1 } from "./evaluate.ts";
import { loadClassifier, saveClassifier, setThresholds, thresholdsOf, trainableOf } from "./classifier.ts";
import { classifySongs } from "./classify.ts";
import { fineTune } from "./fine_tune.ts";
import { songExamplesOf } from "./song_examples.ts";
import { examplesOfList } from "./examples.ts";
import { positiveWeights } from "./plan.ts";
import { type Recipe, testRecipe } from "./recipe.ts";
import { tinyClassifier } from "./testing/tiny.ts";
import type { EvaluationRecord, StepRecord } from "./types.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const labels = ["발라드", "댄스", "트로트"];

const lines: Record<string, string> = { 발라드: "눈물이 흐르는 이별의 밤", 댄스: "신나게 춤을 추자 흔들어" };

/** Songs of one genre or both: the lyrics have a line of each. */
function songs(
  count: number,
  genresOf = (i: number) => [["발라드"], ["댄스"], ["댄스", "발라드"]][i % 3]!,
): Song[] {
  return Array.from({ length: count }, (_, i) => {
    const genres = genresOf(i);
    const lyrics = genres.map((genre) => lines[genre] ?? genre).join(` ${i} `);
    return songOf({ id: `s${i}`, genres, lyrics });
  });
}

const recipe: Recipe = {
  ...testRecipe,
  multiLabel: true,
  bestMetric: "microF1",
  maxSteps: null,
  epochs: 12,
  batchSize: 8,
  learningRate: 2e-2,
  maxLength: 32,
  precision: "float32",
};

const reading = { maxLength: 32, maxWindows: 1, windowOverlap: 0 };

Deno.test("multi-label: songs get all of their genres, also from the model saved and loaded", async () => {
  await withFolder(async (folder) => {
    const classifier = await tinyClassifier(labels, { multiLabel: true, max_position_embeddings: 32 });
    const all = songs(60);
    const data = { train: songsFrame(all.slice(0, 45)), validation: songsFrame(all.slice(45)) };
    const run = await fineTune(classifier, data, recipe, { output: folder });
    assert.equal(run.steps, 12 * 6, "a song is one example");
    const best = run.history.find((record) => record.kind === "evaluation" && record.step === run.best!.step);
    const { accuracy, microF1 } = (best as EvaluationRecord).validation!;
    assert.ok(accuracy >= 14 / 15 && microF1! >= 0.95, `accuracy ${accuracy}, micro-F1 ${microF1}`);
    const loaded = await loadClassifier(run.bestFolder!);
    assert.equal(loaded.model.multiLabel, true);
    const test = all.slice(45);
    const predictions = await classifySongs(loaded, test, { precision: "float32" });
    const exact = predictions.filter(({ genres }, i) =>
      `${genres.toSorted()}` === `${test[i]!.genres.toSorted()}`
    );
    assert.ok(exact.length >= 14, `${exact.length} of 15 songs have exactly their genres`);
    for (const { probabilities, logits } of predictions) {
      const [first] = logits;
      assert.ok(Math.abs(probabilities[0]! - 1 / (1 + Math.exp(-first!))) < 1e-5, "a sigmoid of each logit");
    }
    const card = await Deno.readTextFile(`${run.bestFolder}/README.md`);
    assert.match(card, /A song may have several/);
    assert.match(card, /\| 발라드 \| 30 \| 10 \|/, "songs of both genres count for both");
    for (const { model } of [classifier, loaded]) disposeModel(model);
  });
});

Deno.test("multi-label: thresholds are saved with the classifier and decide; none reached, the likeliest is given", async () => {
  const classifier = await tinyClassifier(labels, { multiLabel: true, max_position_embeddings: 32 });
  const [song] = songs(1);
  assert.deepEqual(thresholdsOf(classifier), [0.5, 0.5, 0.5]);
  setThresholds(classifier, [0, 1, 0]);
  await withFolder(async (folder) => {
    await saveClassifier(classifier, folder);
    const loaded = await loadClassifier(folder);
    assert.deepEqual(thresholdsOf(loaded), [0, 1, 0]);
    assert.deepEqual((await classifySongs(loaded, [song!]))[0]!.genres, ["발라드", "트로트"]);
    setThresholds(loaded, [1, 1, 1]);
    const [prediction] = await classifySongs(loaded, [song!]);
    assert.deepEqual(prediction!.genres, [prediction!.genre]);
    disposeModel(loaded.model);
  });
  assert.throws(() => setThresholds(classifier, [0.5]), /1 thresholds for 3 genres/);
  const single = await tinyClassifier(labels, { max_position_embeddings: 32 });
  assert.throws(() => setThresholds(single, [0, 0, 0]), /chooses one/);
  for (const { model } of [classifier, single]) disposeModel(model);
});

Deno.test("multi-label: a batch in parts gives the same training as the whole", async () => {
  const losses = async (microBatchTokens: number | null) => {
    const classifier = await tinyClassifier(labels, { multiLabel: true, max_position_embeddings: 32 });
    const data = { train: songsFrame(songs(24)), validation: songsFrame(songs(3)) };
    const { history } = await fineTune(classifier, data, { ...recipe, epochs: 2, microBatchTokens });
    disposeModel(classifier.model);
    return history.filter((record): record is StepRecord => record.kind === "step");
  };
  const whole = await losses(null), parts = await losses(40);
  assert.ok(whole.length === 6);
  whole.forEach(({ loss, gradientNorm }, i) => {
    assert.ok(Math.abs(loss - parts[i]!.loss) < 1e-5, `loss of step ${i}: ${loss} and ${parts[i]!.loss}`);
    assert.ok(Math.abs(gradientNorm - parts[i]!.gradientNorm) < 1e-4 * gradientNorm, `norm of step ${i}`);
  });
});

Deno.test("multi-label: a song of no known genre counts as wrong and has no part in the loss", async () => {
  const classifier = await tinyClassifier(labels, { multiLabel: true, max_position_embeddings: 32 });
  const options = { batchSize: 8, precision: "float32" as const };
  const known = songExamplesOf(classifier, songs(6), reading);
  const stranger = songExamplesOf(classifier, songs(1, () => ["동요"]), reading);
  assert.deepEqual([stranger[0]!.label, ...stranger[0]!.targets!], [-100, 0, 0, 0]);
  const model = trainableOf(classifier);
  const without = await evaluateExamples(model, known, options);
  const withStranger = await evaluateExamples(model, [...known, ...stranger], options);
  assert.ok(Math.abs(withStranger.loss - without.loss) < 1e-6);
  assert.equal(withStranger.probabilities.length, 7);
  disposeModel(classifier.model);
});

Deno.test("multi-label: micro-F1 counts all decisions, and every song gets a genre", () => {
  const example = (...targets: number[]) => ({
    songId: "",
    inputIds: Int32Array.of(1),
    label: 0,
    weight: 1,
    targets: Float32Array.from(targets),
  });
  const rows = [[0.5, 0.4, 0.9], [0.1, 0.3, 0.2]].map((row) => Float32Array.from(row));
  // the first gets 0 and 2, one of them right of two due; the second gets 1, which is right
  assert.equal(microF1(rows, [example(1, 1, 0), example(0, 1, 0)]), 2 * 2 / (3 + 3));
});

Deno.test("multi-label: balanced genres weigh a yes by (others / songs), as PyTorch suggests for pos_weight", async () => {
  const classifier = await tinyClassifier(labels, { multiLabel: true, max_position_embeddings: 32 });
  const examples = songExamplesOf(classifier, songs(8, (i) => i === 0 ? ["댄스"] : ["발라드"]), reading);
  assert.deepEqual([...positiveWeights(examplesOfList(examples), 3)], [Math.fround(1 / 7), 7, 1]);
  const batch = collate(examples.slice(0, 2), { padId: 0 });
  assert.deepEqual([...batch.targets!], [0, 1, 0, 1, 0, 0]);
  const data = { train: songsFrame(songs(12)), validation: songsFrame(songs(3)) };
  const first = async (balanceClasses: boolean) => {
    const fresh = await tinyClassifier(labels, { multiLabel: true, max_position_embeddings: 32 });
    const { history } = await fineTune(fresh, data, { ...recipe, epochs: 1, balanceClasses });
    disposeModel(fresh.model);
    return (history[0] as StepRecord).loss;
  };
  // two thirds of the songs have each genre: its yes weighs half as much, so the same model has a smaller loss
  assert.ok(await first(true) < await first(false));
  disposeModel(classifier.model);
});

Deno.test("multi-label: recipe and classifier must agree, and a recipe that makes no sense is refused", async () => {
  const frame = songsFrame(songs(6)), data = { train: frame, validation: frame };
  const multi = await tinyClassifier(labels, { multiLabel: true, max_position_embeddings: 32 }),
    single = await tinyClassifier(labels, { max_position_embeddings: 32 });
  await assert.rejects(fineTune(single, data, recipe), /multiLabel is true, but the model chooses one class/);
  await assert.rejects(fineTune(multi, data, { ...recipe, multiLabel: false }), /its own yes or no/);
  await assert.rejects(
    fineTune(multi, data, { ...recipe, labelSmoothing: 0.1 }),
    /labelSmoothing .* must be 0/,
  );
  const strange = songsFrame(songs(2, () => ["댄스", "동요"]));
  await assert.rejects(fineTune(multi, { train: strange, validation: frame }, recipe), /Song s0 has a genre/);
  for (const { model } of [multi, single]) disposeModel(model);
});

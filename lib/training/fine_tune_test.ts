import assert from "node:assert/strict";
import { startEngine } from "../engine/mod.ts";
import { disposeModel, poolingField, setPooling } from "../models/mod.ts";
import {
  instances,
  readSplitRecord,
  recordSplit,
  type Song,
  songOf,
  songRows,
  songsFrame,
} from "../songs/mod.ts";
import { type Classifier, loadClassifier, readingOf, saveClassifier, trainableOf } from "./classifier.ts";
import { classifySongs } from "./classify.ts";
import { fineTune } from "./fine_tune.ts";
import { examplesOf } from "./song_examples.ts";
import { seenIn } from "./plan.ts";
import { studyRecipe, testRecipe } from "./recipe.ts";
import { ngramTeacher } from "./teacher.ts";
import { tinyClassifier } from "./testing/tiny.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const labels = ["발라드", "댄스"];

function songs(count: number, genres: (i: number) => string[]): Song[] {
  return Array.from({ length: count }, (_, i) =>
    songOf({
      id: `s${i}`,
      songName: `노래 ${i}`,
      artists: [`가수 ${i % 5}`],
      genres: genres(i),
      lyrics: genres(i)[0] === "발라드" ? `눈물이 흐르는 이별의 밤 ${i}` : `신나게 춤을 추자 흔들어 ${i}`,
    }));
}

Deno.test("distillation: the loss is of targets that are partly what n-grams of other songs say", async () => {
  const classifier = await tinyClassifier(labels);
  const all = songs(24, (i) => i % 3 === 0 ? ["발라드"] : ["댄스"]);
  const before = await classifySongs(classifier, all, { precision: "float32" });
  const recipe = {
    ...testRecipe,
    maxSteps: 1,
    batchSize: 64,
    logEverySteps: 1,
    precision: "float32",
  } as const;
  const teacher = (await ngramTeacher(instances(all, recipe), labels))!;
  const expected = all.reduce((sum, { genres }, i) =>
    sum - labels.reduce((sum, label, k) => {
      const target = 0.6 * (label === genres[0] ? 1 : 0) + 0.4 * teacher[i]![k]!;
      return sum + target * Math.log(before[i]!.probabilities[k]!);
    }, 0), 0) / all.length;
  const data = { train: songsFrame(all), validation: songsFrame([]) };
  const { history } = await fineTune(classifier, data, { ...recipe, distillation: 0.4 });
  const [step] = history.filter((record) => record.kind === "step");
  assert.ok(Math.abs(step!.loss - expected) < 1e-5, `${step!.loss}, ${expected}`);
  disposeModel(classifier.model);
  // too few songs for parts: they are learnt without a teacher
  const few = await tinyClassifier(labels);
  const some = { train: songsFrame(all.slice(0, 4)), validation: songsFrame([]) };
  assert.equal((await fineTune(few, some, { ...recipe, distillation: 0.4 })).steps, 1);
  disposeModel(few.model);
});

Deno.test("fineTune learns songs, and a saved classifier says the same when loaded", async () => {
  await withFolder(async (folder) => {
    const classifier = await tinyClassifier(labels, { max_position_embeddings: 24 });
    const all = songs(48, (i) => i % 2 === 0 ? ["발라드"] : ["댄스"]);
    const train = songsFrame(all.slice(0, 36)), validation = songsFrame(all.slice(36));
    const run = await fineTune(classifier, { train, validation }, {
      ...testRecipe,
      maxSteps: null,
      epochs: 8,
      batchSize: 8,
      learningRate: 2e-2,
      maxLength: 24,
      precision: "float32",
    }, { output: folder });
    assert.equal(run.steps, 8 * 5);
    assert.deepEqual(await readSplitRecord(run.bestFolder!), recordSplit({ train, validation }));
    const loaded = await loadClassifier(run.bestFolder!);
    assert.deepEqual(loaded.labels, labels);
    const test = songRows(validation);
    assert.equal(loaded.model.json.classifier_max_length, 24);
    const predictions = await classifySongs(loaded, test, { precision: "float32" });
    const right = predictions.filter(({ genre }, i) => genre === test[i]!.genres[0]).length;
    assert.ok(right >= 11, `${right} of 12 right`);
    for (const { probabilities, logits } of predictions) {
      assert.ok(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
      const ratio = Math.exp(logits[0]! - logits[1]!);
      assert.ok(Math.abs(ratio * probabilities[1]! / probabilities[0]! - 1) < 1e-3);
    }
    await saveClassifier(loaded, `${folder}/again`);
    const again = await loadClassifier(`${folder}/again`);
    const same = await classifySongs(again, test, { maxLength: 24, precision: "float32" });
    assert.deepEqual(same.map(({ logits }) => [...logits]), predictions.map(({ logits }) => [...logits]));
    for (const { model } of [classifier, loaded, again]) disposeModel(model);
  });
});

Deno.test("a classifier that reads the mean of its tokens is saved as one, and goes on as one unless told otherwise", () =>
  withFolder(async (folder) => {
    const all = songs(24, (i) => i % 2 === 0 ? ["발라드"] : ["댄스"]);
    const data = { train: songsFrame(all.slice(0, 16)), validation: songsFrame(all.slice(16)) };
    const recipe = {
      ...testRecipe,
      batchSize: 8,
      learningRate: 1e-2,
      maxLength: 24,
      precision: "float32" as const,
    };
    const rows = songRows(data.validation);
    const logitsOf = async (classifier: Classifier) =>
      (await classifySongs(classifier, rows, { precision: "float32" })).map(({ logits }) => [...logits]);
    const classifier = await tinyClassifier(labels, { max_position_embeddings: 24 });
    const run = await fineTune(classifier, data, { ...recipe, pooling: "mean", maxSteps: 2 }, {
      output: folder,
    });
    const trained = await logitsOf(classifier);
    const saved = await loadClassifier(run.bestFolder!);
    assert.equal(saved.model.json[poolingField], "mean");
    assert.deepEqual(await logitsOf(saved), trained);
    // by the first token the same weights say something else
    setPooling(saved.model, "cls");
    assert.notDeepEqual(await logitsOf(saved), trained);
    // a recipe that does not speak of it leaves it
    setPooling(saved.model, "mean");
    await fineTune(saved, data, { ...recipe, maxSteps: 2 });
    assert.equal(saved.model.config.pooling, "mean");
    await fineTune(saved, data, { ...recipe, maxSteps: 2, pooling: "cls" });
    assert.deepEqual([saved.model.config.pooling, saved.model.json[poolingField]], ["cls", "cls"]);
    for (const { model } of [classifier, saved]) disposeModel(model);
  }));

Deno.test("cropLength: a step reads a piece of each song, another in each epoch, and the same again; what is asked afterwards reads the whole", async () => {
  const all = songs(16, (i) => i % 2 === 0 ? ["발라드"] : ["댄스"])
    .map((song) => ({ ...song, lyrics: `${song.lyrics} `.repeat(6) }));
  const data = { train: songsFrame(all), validation: songsFrame(all.slice(0, 4)) };
  const recipe = { ...testRecipe, epochs: 2, maxSteps: null, batchSize: 8, maxLength: 20, maxWindows: 9 };
  const logits: number[][] = [];
  for (const cropLength of [0, 12, 12, 99]) {
    const classifier = await tinyClassifier(labels, { max_position_embeddings: 24 });
    const { history } = await fineTune(classifier, data, { ...recipe, cropLength });
    const steps = history.filter((record) => record.kind === "step");
    assert.equal(steps.length, 4);
    // 99 are more than a row holds
    const rows = cropLength === 0 ? undefined : 8 * Math.min(cropLength, 20);
    if (rows !== undefined) assert.deepEqual(steps.map(({ tokens }) => tokens), [rows, rows, rows, rows]);
    else assert.ok(steps.every(({ tokens }) => tokens > 16 * 20));
    const asked = await classifySongs(classifier, all.slice(0, 4), { precision: "float32" });
    logits.push(asked.flatMap(({ logits }) => [...logits]));
    const reading = { maxLength: 20, maxWindows: 9, windowOverlap: 32 };
    assert.deepEqual(readingOf(classifier), reading);
    const trainable = trainableOf(classifier, { ...studyRecipe, ...recipe, cropLength });
    const [example] = examplesOf(classifier, instances([all[0]!], { oversample: true }), reading);
    assert.deepEqual(seenIn(null, trainable, example!, 0), example);
    const seen = [0, 1, 2, 3].map((epoch) => seenIn(epoch, trainable, example!, 0));
    if (cropLength === 12) {
      assert.ok(new Set(seen.map(({ inputIds }) => inputIds.join())).size > 1);
      assert.ok(seen.every(({ windows }) => windows === undefined));
    }
    disposeModel(classifier.model);
  }
  assert.notDeepEqual(logits[0], logits[1]);
  assert.deepEqual(logits[1], logits[2]);
});

Deno.test("examplesOf: cut to the model's length, equal texts encoded once, an unknown genre counts as wrong", async () => {
  const classifier = await tinyClassifier(labels, { max_position_embeddings: 24 });
  const [song] = songs(1, () => ["댄스", "트로트"]);
  const long = { ...song!, lyrics: "춤을 추자 ".repeat(40) };
  const [known, unknown] = examplesOf(classifier, instances([long], { oversample: true }), {
    maxLength: 256,
    maxWindows: 1,
    windowOverlap: 0,
  });
  assert.equal(known!.inputIds.length, 24);
  assert.equal(known!.inputIds, unknown!.inputIds);
  assert.deepEqual([known!.label, unknown!.label], [1, -100]);
  disposeModel(classifier.model);
});

Deno.test("fineTune: a training song of a genre that the classifier lacks is an error that names it", async () => {
  const classifier = await tinyClassifier(labels, { max_position_embeddings: 24 });
  const train = songsFrame(songs(4, (i) => i === 3 ? ["트로트"] : ["댄스"]));
  await assert.rejects(
    fineTune(classifier, { train, validation: train }, testRecipe),
    /Song s3 has a genre that the classifier lacks; it knows 발라드, 댄스/,
  );
  disposeModel(classifier.model);
});

Deno.test("loadClassifier: a model from scratch needs labels; a folder that is none is an error", async () => {
  await assert.rejects(
    loadClassifier("kobert-small-scratch"),
    /starts from scratch: it tells no genres before it is trained/,
  );
  await withFolder((folder) => assert.rejects(loadClassifier(folder), /config\.json|tokenizer/));
});

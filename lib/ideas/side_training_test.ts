import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../engine/mod.ts";
import { disposeModel } from "../models/mod.ts";
import { type Song, songsFrame } from "../songs/mod.ts";
import { classifySongs, fineTune, loadClassifier, type Recipe, testRecipe } from "../training/mod.ts";
import { predictionsAfterTraining, type SideTrainingOptions } from "./mod.ts";

await startEngine();
const labels = ["발라드", "댄스"];
const songs = Array.from({ length: 24 }, (_, i): Song => ({
  id: String(i),
  songName: "",
  adults: null,
  artists: [],
  albumId: null,
  date: { text: "", year: null, month: null, day: null },
  genres: [labels[i % 2]!],
  lyrics: i % 2 === 0 ? `눈물이 흐르는 이별의 밤 ${i}` : `신나게 춤을 추자 흔들어 ${i}`,
}));
const sides = { train: songs.slice(0, 16), validation: songs.slice(16, 20), test: songs.slice(20) };
// a learning rate at which later epochs are worse: the best is not the last
const recipe: Recipe = {
  ...testRecipe,
  epochs: 4,
  maxSteps: null,
  batchSize: 8,
  maxLength: 16,
  learningRate: 5e-3,
  schedule: "constant",
  precision: "float32",
  bestMetric: "loss",
  seed: 3,
};

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const predict = (options: SideTrainingOptions = {}, changed: Partial<Recipe> = {}, given = sides) =>
  predictionsAfterTraining("kobert-small", labels, given, { ...recipe, ...changed }, options);

/** A training by `fineTune` itself: what its best and its last epoch predict. */
async function plainly(validation: readonly Song[]) {
  const classifier = await loadClassifier("kobert-small", { labels, seed: recipe.seed });
  const output = await Deno.makeTempDir();
  try {
    const data = { train: songsFrame(sides.train), validation: songsFrame(validation) };
    const run = await fineTune(classifier, data, recipe, { output });
    const best = await loadClassifier(run.bestFolder!);
    const all = [...validation, ...sides.test], { precision } = recipe;
    const [byBest, byLast] = [
      await classifySongs(best, all, { precision }),
      await classifySongs(classifier, all, { precision }),
    ];
    for (const { model } of [classifier, best]) disposeModel(model);
    return { run, byBest, byLast };
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

Deno.test("predictions are those of the best epoch on validation songs, without any those of the last", async () => {
  const { run, byBest, byLast } = await plainly(sides.validation);
  assert.ok(run.best!.step < run.steps, "the test is of use only where the best epoch is not the last");
  assert.deepEqual(await predict(), byBest);
  assert.notDeepEqual(byBest, byLast);
  const none = await plainly([]);
  assert.deepEqual(await predict({}, {}, { ...sides, validation: [] }), none.byLast);
});

Deno.test("a training that is done is not done again; what it wrote but its predictions is gone", () =>
  withFolder(async (output) => {
    let started = 0;
    const options = { output, callbacks: [{ onStart: () => void started++ }] };
    const first = await predict(options);
    const [name] = [...Deno.readDirSync(join(output, "trainings"))].map(({ name }) => name);
    const left = [...Deno.readDirSync(join(output, "trainings", name!))].map(({ name }) => name);
    assert.deepEqual(left, ["predictions.json"]);
    assert.deepEqual(await predict(options), first);
    assert.equal(started, 1);
    // any other training is another one
    await predict(options, { epochs: 1 });
    await predict(options, {}, { ...sides, train: songs.slice(0, 14) });
    assert.equal(started, 3);
  }));

Deno.test("a training that was stopped says so, and goes on to the numbers of one that was not", () =>
  withFolder(async (output) => {
    const whole = await predict();
    const stop = new AbortController();
    const stopping = { onStep: ({ step }: { step: number }) => step === 5 ? stop.abort() : undefined };
    await assert.rejects(
      predict({ output, callbacks: [stopping], signal: stop.signal }),
      (error: unknown) =>
        error instanceof DOMException && error.name === "AbortError" &&
        error.message === "The training of kobert-small was stopped at step 5.",
    );
    const resumed: number[] = [];
    const watching = { onStart: ({ resumedAt }: { resumedAt: number }) => void resumed.push(resumedAt) };
    assert.deepEqual(await predict({ output, callbacks: [watching] }), whole);
    assert.deepEqual(resumed, [5]);
  }));

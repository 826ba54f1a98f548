import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../../engine/mod.ts";
import { disposeModel } from "../../models/mod.ts";
import { type Song, songsFrame } from "../../songs/mod.ts";
import {
  adaptToSongs,
  classifySongs,
  fineTune,
  loadClassifier,
  type Recipe,
  testRecipe,
} from "../../training/mod.ts";
import {
  meanPredictions,
  nameOf,
  type Predictions,
  runTrial,
  type Sides,
  type Trial,
  type TrialListener,
  trialStore,
} from "../mod.ts";
import { fileNameOf } from "../store.ts";
import { song } from "../testing/runner.ts";
import { withFolder } from "../../ground/testing/folder.ts";

await startEngine();
const labels = ["발라드", "댄스"];
const songs = Array.from({ length: 24 }, (_, i) =>
  song(String(i), {
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

/** A trial's predictions without what they cost. */
async function predict(
  options: { output?: string; callbacks?: TrialListener["callbacks"]; signal?: AbortSignal } = {},
  changed: Partial<Recipe> = {},
  given: Sides = sides,
): Promise<Pick<Predictions, "validation" | "test">> {
  const { output, callbacks, signal } = options;
  const method = {
    kind: "network" as const,
    source: "kobert-small-scratch",
    recipe: { ...recipe, ...changed },
  };
  const { validation, test } = await runTrial({ method, labels, sides: given, seed: recipe.seed }, {
    ...(output !== undefined && { store: trialStore(output) }),
    ...(callbacks && { listener: { callbacks } }),
    ...(signal && { signal }),
  });
  return { validation, test };
}

/** A training by `fineTune` itself: what its best and its last epoch predict. */
async function plainly(validation: readonly Song[]) {
  const classifier = await loadClassifier("kobert-small-scratch", { labels, seed: recipe.seed });
  const output = await Deno.makeTempDir();
  try {
    const data = { train: songsFrame(sides.train), validation: songsFrame(validation) };
    const run = await fineTune(classifier, data, recipe, { output });
    const best = await loadClassifier(run.bestFolder!);
    const all = [...validation, ...sides.test], { precision } = recipe;
    const answers = async (model: typeof best) => {
      const said = await classifySongs(model, all, { precision });
      const of = (rows: typeof said) => ({
        shares: rows.map(({ probabilities }) => probabilities),
        logits: rows.map(({ logits }) => logits),
      });
      return { validation: of(said.slice(0, validation.length)), test: of(said.slice(validation.length)) };
    };
    const [byBest, byLast] = [await answers(best), await answers(classifier)];
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
    const left = [...Deno.readDirSync(join(output, "trials"))].map(({ name }) => name);
    assert.equal(left.length, 1);
    assert.match(left[0]!, /^kobert-small-scratch-16-songs-\w{16}\.safetensors$/);
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
        error.message === "The training of kobert-small-scratch was stopped at step 5.",
    );
    const resumed: number[] = [];
    const watching = { onStart: ({ resumedAt }: { resumedAt: number }) => void resumed.push(resumedAt) };
    assert.deepEqual(await predict({ output, callbacks: [watching] }), whole);
    assert.deepEqual(resumed, [5]);
  }));

Deno.test("a yes or no for each genre: probabilities of their own; what a training took is told", async () => {
  const method = {
    kind: "network" as const,
    source: "kobert-small-scratch",
    recipe: { ...recipe, epochs: 1 },
  };
  const trial = { method, labels, sides, seed: 3 };
  const softmax = await runTrial(trial);
  const each = await runTrial({
    ...trial,
    method: { ...method, recipe: { ...method.recipe, multiLabel: true, bestMetric: "microF1" } },
  });
  const sums = ({ test }: Predictions) => Array.from(test.shares, (row) => row[0]! + row[1]!);
  for (const sum of sums(softmax)) assert.ok(Math.abs(sum - 1) < 1e-5);
  assert.ok(sums(each).some((sum) => Math.abs(sum - 1) > 1e-3), `${sums(each)}`);
  assert.deepEqual([softmax.each, each.each], [false, true]);
  assert.equal(softmax.cost!.steps, 2);
  assert.ok(softmax.cost!.tokens > 0 && softmax.cost!.parameters > 1e6 && softmax.cost!.seconds > 0);
  assert.equal(softmax.epochs!.length, 1);
});

Deno.test("several trainings: the mean of what each of their seeds says alone, and resumed where it was stopped", () =>
  withFolder(async (output) => {
    const method = {
      kind: "network" as const,
      source: "kobert-small-scratch",
      recipe: { ...recipe, epochs: 1 },
    };
    const trial = { method, labels, sides, seed: 3 };
    const [third, fourth] = [await runTrial(trial), await runTrial({ ...trial, seed: 4 })];
    const both: Trial = { ...trial, method: { ...method, trainings: 2 } };
    const stop = new AbortController(), store = trialStore(output);
    let steps = 0;
    await assert.rejects(
      runTrial(both, {
        store,
        signal: stop.signal,
        listener: { callbacks: [{ onStep: () => ++steps === 3 ? stop.abort() : undefined }] },
      }),
      /stopped at step 1/,
    );
    const resumed: number[] = [];
    const found = await runTrial(both, {
      store,
      listener: { callbacks: [{ onStart: ({ resumedAt }) => void resumed.push(resumedAt) }] },
    });
    // the first was done, the second had come to its first step
    assert.deepEqual(resumed, [2, 1]);
    const mean = meanPredictions([third, fourth]);
    assert.deepEqual([found.validation, found.test], [mean.validation, mean.test]);
    assert.equal(found.cost!.steps, 4);
    assert.deepEqual(await runTrial(both, { store }), found);
    assert.deepEqual([...Deno.readDirSync(join(output, "trials"))].length, 1);
    assert.equal(nameOf(both.method).ko, "kobert-small-scratch, 2번 평균");
    assert.notEqual(await fileNameOf(both), await fileNameOf(trial));
  }));

Deno.test("adapt: the network reads the training songs' lyrics first, and no others; gone on with where it was stopped", () =>
  withFolder(async (output) => {
    const adapting = { ...recipe, adapt: 2, epochs: 1 }, source = "kobert-small-scratch";
    const lyricsOf = (songs: readonly Song[]) => songs.map(({ lyrics }) => lyrics);
    // by hand
    const read = await adaptToSongs(
      source,
      { train: lyricsOf(sides.train), validation: lyricsOf(sides.validation) },
      adapting,
      { output: join(output, "read") },
    );
    const start = await loadClassifier(read.bestFolder!, { labels, seed: adapting.seed });
    const data = { train: songsFrame(sides.train), validation: songsFrame(sides.validation) };
    const run = await fineTune(start, data, adapting, { output: join(output, "plainly") });
    const best = await loadClassifier(run.bestFolder!);
    const said = await classifySongs(best, sides.test, { precision: adapting.precision });
    [start, best].forEach(({ model }) => disposeModel(model));

    const method = { kind: "network" as const, source, recipe: adapting };
    const trial: Trial = { method, labels, sides, seed: adapting.seed };
    const store = trialStore(output), stop = new AbortController();
    const begun: number[] = [];
    const watching: TrialListener = {
      callbacks: [{
        onStart: ({ resumedAt }) => void begun.push(resumedAt),
        onStep: ({ step }) => step === 1 && begun.length === 1 ? stop.abort() : undefined,
      }],
    };
    await assert.rejects(
      runTrial(trial, { store, signal: stop.signal, listener: watching }),
      /was stopped at step 1/,
    );
    const found = await runTrial(trial, { store, listener: watching });
    assert.deepEqual(begun, [0, 1, 0], "the reading was gone on with, then the classifier began");
    assert.deepEqual(found.test.logits, said.map(({ logits }) => logits));
    assert.equal(found.cost!.steps, read.steps + run.steps);
    assert.match(nameOf(method).en, /, lyrics read first$/);
    // what cannot read is told before any training
    const never: TrialListener = { onTrial: () => assert.fail("a trial began") };
    await assert.rejects(
      runTrial({ ...trial, method: { ...method, source: "xlnet-small" } }, { listener: never }),
      /"xlnet" is not implemented as a language model.*set adapt to 0/,
    );
  }));

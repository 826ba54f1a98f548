import assert from "node:assert/strict";
import { testRecipe } from "../training/mod.ts";
import {
  columnParts,
  here,
  memoryStore,
  noteTrial,
  type Runner,
  runTrial,
  runTrials,
  type Trial,
  words,
} from "./mod.ts";
import { fakeRunner, song } from "./testing/runner.ts";

const labels = ["발라드", "댄스"];
const sides = {
  train: Array.from(
    { length: 6 },
    (_, i) => song(`t${i}`, { genres: [labels[i % 2]!], artists: ["가", "나"] }),
  ),
  validation: [song("v", { genres: ["댄스"] })],
  test: [song("a"), song("b", { genres: ["댄스"] })],
};
const trial = (tolerance: number): Trial => ({ method: words({ tolerance }), labels, sides, seed: 1 });
const runner = () =>
  fakeRunner(({ method }, _, label) => method.kind === "words" && label === "댄스" ? 0.75 : 0.25);

Deno.test("runTrials: what the store lacks is run in order, once, and told", async () => {
  const store = memoryStore(), fake = runner(), told: string[] = [];
  await runTrial(trial(1), { store, runner: fake });
  const wanted = [trial(2), trial(1), trial(3), trial(2)];
  const found = await runTrials(wanted, {
    store,
    runner: fake,
    listener: {
      onStart: ({ trials, before, steps }) => void told.push(`${before} of ${trials}, ${steps} steps`),
      onTrial: ({ method }, place) =>
        void told.push(`${place} ${method.kind === "words" && method.tolerance}`),
      onDone: (_, { test }) => void told.push(`${test.shares.length} answers`),
    },
  });
  assert.deepEqual(told, ["1 of 4, 0 steps", "1/3 2", "2 answers", "2/3 3", "2 answers"]);
  assert.equal(fake.ran.length, 3);
  assert.equal(found.length, 4);
  assert.deepEqual(found[0], found[3]);
  assert.deepEqual(found[1]!.test.shares, [[0.25, 0.75], [0.25, 0.75]]);
});

Deno.test("runTrials: steps of trainings are counted before they begin", async () => {
  const network = (recipe: Partial<typeof testRecipe>): Trial => ({
    method: {
      kind: "network",
      source: "kobert-small-scratch",
      recipe: { ...testRecipe, maxSteps: null, ...recipe },
    },
    labels,
    sides,
    seed: 1,
  });
  const steps: number[] = [];
  const wanted = [
    network({ epochs: 2, batchSize: 4 }), // twelve instances: two artists each
    network({ epochs: 2, batchSize: 4, oversample: false }),
    network({ epochs: 2, batchSize: 4, multiLabel: true }),
    network({ epochs: 2, batchSize: 4, maxSteps: 1 }),
    network({ epochs: 2, batchSize: 4, maxTrainSamples: 4 }),
  ];
  for (const trial of wanted) {
    await runTrials([trial], {
      runner: runner(),
      listener: { onStart: (plan) => void steps.push(plan.steps) },
    });
  }
  assert.deepEqual(steps, [6, 4, 4, 1, 2]);
  // a recipe whose learning rate would not rise in time is refused before the first of all trials
  const first = runner();
  const tooLong = runTrials([wanted[0]!, network({ warmupSteps: 100 })], { runner: first });
  await assert.rejects(tooLong, /warmupSteps is 100, and the training has \d+ steps/);
  assert.deepEqual(first.ran, []);
});

Deno.test("runTrials: a runner that cannot run one of them says so before the first; several run at once where it can", async () => {
  const fake = runner();
  const picky: Runner = { ...fake, check: (trials) => Promise.reject(new Error(`not ${trials.length}`)) };
  await assert.rejects(runTrials([trial(1), trial(2)], { runner: picky }), /not 2/);
  assert.equal(fake.ran.length, 0);
  let running = 0, most = 0;
  const parallel: Runner = {
    atOnce: 2,
    async run(trial, context) {
      most = Math.max(most, ++running);
      await new Promise((next) => setTimeout(next, 5));
      running--;
      return fake.run(trial, context);
    },
  };
  const found = await runTrials([1, 2, 3, 4, 5].map(trial), { runner: parallel });
  assert.deepEqual([found.length, most], [5, 2]);
});

Deno.test("runTrials: asked to end it throws, keeps what is done, and the next call goes on", async () => {
  const store = memoryStore(), fake = runner(), stop = new AbortController();
  const wanted = [trial(1), trial(2), trial(3)];
  await assert.rejects(
    runTrials(wanted, { store, runner: fake, signal: stop.signal, listener: { onDone: () => stop.abort() } }),
    { name: "AbortError" },
  );
  assert.equal(fake.ran.length, 1);
  await runTrials(wanted, { store, runner: fake });
  assert.deepEqual(fake.ran.map(({ method }) => method.kind === "words" && method.tolerance), [1, 2, 3]);
});

Deno.test("runTrials: where one of several at a time fails, the others end, and what is done is kept", async () => {
  const store = memoryStore(), fake = runner();
  const wanted = [1, 2, 3, 4].map(trial);
  let ended = 0;
  const failing: Runner = {
    atOnce: 3,
    async run(trial, context) {
      if (trial === wanted[0]) return await fake.run(trial, context);
      await new Promise((next) => setTimeout(next, 5));
      if (trial === wanted[1]) throw new Error("no room");
      return await new Promise((_, reject) => {
        const { signal } = context,
          end = () => {
            ended++;
            reject(signal!.reason);
          };
        if (signal!.aborted) end();
        else signal!.addEventListener("abort", end);
      });
    },
  };
  await assert.rejects(runTrials(wanted, { store, runner: failing }), /^Error: no room$/);
  assert.equal(ended, 2);
  assert.notEqual(await store.read(wanted[0]!), null);
});

Deno.test("noteTrial: what another training says by the same recipe stands for the trial", async () => {
  const store = memoryStore(), fake = runner();
  const predictions = ["v", "a", "b"].map((songId, i) => ({
    songId,
    genre: "댄스",
    genres: ["댄스"],
    probabilities: Float32Array.of(0.25, 0.75),
    logits: Float32Array.of(i, 1),
  }));
  await assert.rejects(
    noteTrial(store, trial(1), predictions.slice(1)),
    /2 predictions for 1 validation and 2 test/,
  );
  await noteTrial(store, trial(1), predictions);
  const found = await runTrial(trial(1), { store, runner: fake });
  assert.equal(fake.ran.length, 0);
  assert.deepEqual(found.validation.logits, [Float32Array.of(0, 1)]);
  assert.deepEqual(found.test.logits, [Float32Array.of(1, 1), Float32Array.of(2, 1)]);
  assert.equal(found.cost, null);
});

Deno.test("a trial is plain data: sent away as text, and its predictions cloned back, it gives the same", async () => {
  const away: Runner = {
    run: async (trial, context) =>
      structuredClone(await here.run(JSON.parse(JSON.stringify(trial)), context)),
  };
  const lines = ["눈물이 흐르네 이별의 밤", "춤을 추자 신나게 흔들어"];
  const songs = Array.from(
    { length: 20 },
    (_, i) =>
      song(String(i), {
        genres: [labels[i % 2]!],
        artists: [`가수 ${i % 3}`],
        lyrics: `${lines[i % 2]} ${i}`,
      }),
  );
  const methods: Trial["method"][] = [
    { kind: "majority", way: "weights" },
    { kind: "artist" },
    words(),
    words({ way: "sigmoid" }),
    { kind: "columns", parts: columnParts, tolerance: 1e-4 },
  ];
  const given = { train: songs.slice(0, 14), validation: songs.slice(14, 17), test: songs.slice(17) };
  const wanted = methods.map((method): Trial => ({ method, labels, sides: given, seed: 1 }));
  const [there, home] = [await runTrials(wanted, { runner: away }), await runTrials(wanted)];
  const answers = (all: typeof there) =>
    all.map(({ each, validation, test }) => ({ each, validation, test }));
  assert.deepEqual(answers(there), answers(home));
});

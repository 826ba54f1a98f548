/** Learning rates against transformers' get_scheduler (tools/reference/training_fixtures.py). */
import assert from "node:assert/strict";
import { songOf } from "../songs/mod.ts";
import { fineTuningSteps } from "./fine_tune.ts";
import { learningRateFactor } from "./learner.ts";
import { stepsOf } from "./plan.ts";
import { quickRecipe } from "./recipe.ts";

interface Case {
  schedule: "linear" | "cosine" | "constant";
  total: number;
  warmup: number;
  factors: number[];
}
const cases: Case[] = JSON.parse(
  Deno.readTextFileSync(new URL("testdata/schedules.json", import.meta.url)),
);

for (const { schedule, total, warmup, factors } of cases) {
  Deno.test(`schedule ${schedule}, ${warmup} of ${total} steps warmup: as transformers'`, () => {
    factors.forEach((factor, step) => {
      const ours = learningRateFactor(step, total, {
        schedule,
        warmupSteps: warmup,
        warmupRatio: 0.9,
        decayRatio: 0,
      });
      assert.ok(Math.abs(ours - factor) < 1e-12, `step ${step}: ${ours} instead of ${factor}`);
    });
  });
}

Deno.test("warmupRatio: rounded up to whole steps, as transformers does", () => {
  const rate = (step: number) =>
    learningRateFactor(step, 45, {
      schedule: "linear",
      warmupSteps: null,
      warmupRatio: 0.1,
      decayRatio: 0,
    });
  // 4.5 steps of warmup are 5
  assert.deepEqual([rate(0), rate(1), rate(5)], [0, 0.2, 1]);
  assert.ok(Math.abs(rate(44) - 1 / 40) < 1e-12);
});

Deno.test("warmup-stable-decay: up, level, and down to 0 over the last share, as transformers' get_wsd_schedule", () => {
  const rate = (step: number) =>
    learningRateFactor(step, 20, {
      schedule: "warmup-stable-decay",
      warmupSteps: 4,
      warmupRatio: 0,
      decayRatio: 0.25,
    });
  assert.deepEqual([0, 1, 2, 3, 4, 10, 15, 16, 18, 19, 20].map(rate), [
    0,
    0.25,
    0.5,
    0.75,
    1,
    1,
    1,
    0.8,
    0.4,
    0.2,
    0,
  ]);
});

Deno.test("steps: a warmup that would not be over at their end is refused before anything is trained", () => {
  const recipe = { ...quickRecipe, epochs: 2, batchSize: 16 };
  assert.deepEqual(stepsOf(recipe, 100), { stepsPerEpoch: 7, steps: 14 });
  assert.equal(stepsOf({ ...recipe, warmupSteps: 13 }, 100).steps, 14);
  const tooLong =
    /Recipe: warmupSteps is 14, and the training has 14 steps: the learning rate would still be rising/;
  assert.throws(() => stepsOf({ ...recipe, warmupSteps: 14 }, 100), { name: "UserError", message: tooLong });
  assert.throws(
    () => stepsOf({ ...recipe, warmupSteps: 20, maxSteps: 4 }, 1000),
    /is 20, and the training has 4/,
  );
  const songs = Array.from(
    { length: 50 },
    (_, i) => songOf({ id: `${i}`, genres: ["발라드", "댄스"], lyrics: "별" }),
  );
  // each genre of a song is an example of its own
  assert.equal(fineTuningSteps({ ...recipe, oversample: true }, songs), 14);
  assert.throws(() => fineTuningSteps({ ...recipe, warmupSteps: 14 }, songs), tooLong);
  assert.throws(() => fineTuningSteps({ ...recipe, multiLabel: true, warmupSteps: 9 }, songs), /has 8 steps/);
  assert.throws(
    () => fineTuningSteps({ ...recipe, maxTrainSamples: 16, warmupSteps: 9 }, songs),
    /has 2 steps/,
  );
});

/** Learning rates against transformers' get_scheduler (tools/reference/training_fixtures.py). */
import assert from "node:assert/strict";
import { learningRateFactor } from "./learner.ts";

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

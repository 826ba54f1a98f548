import assert from "node:assert/strict";
import type { EvaluationRecord, StepRecord, TrainingPlan } from "../training/mod.ts";
import type { ProgressBar } from "./progress.ts";
import { trainingProgress } from "./training_progress.ts";

const common = { epoch: 1, elapsedMs: 1 };
const plan: TrainingPlan = {
  epochs: 2,
  steps: 2,
  stepsPerEpoch: 1,
  examples: 1,
  resumedAt: 0,
  precision: "float32",
};

function step(step: number, loss: number): StepRecord {
  return { kind: "step", step, loss, ...common, learningRate: 1e-3, gradientNorm: 1, examples: 1, tokens: 1 };
}

function evaluation(step: number, accuracy: number): EvaluationRecord {
  const train = { loss: 1, accuracy: 0.5 };
  return { kind: "evaluation", step, ...common, train, validation: { loss: 1, accuracy }, best: true };
}

Deno.test("the last state of a training's bar has its last evaluation", async () => {
  const shown: string[] = [];
  const bar: ProgressBar = {
    update: (done, note) => void shown.push(`${done}: ${note}`),
    advance: () => assert.fail("a training says at which step it is"),
    finish: (note) => {
      shown.push(`finished ${note ?? "as it is"}`);
      return Promise.resolve();
    },
  };
  const progress = trainingProgress(() => bar);
  progress.onStart?.(plan);
  progress.onStep?.(step(1, 0.5));
  progress.onEvaluation?.(evaluation(1, 0.25));
  progress.onStep?.(step(2, 0.125));
  progress.onEvaluation?.(evaluation(2, 0.75));
  await progress.onEnd?.({ ended: "finished" } as Parameters<NonNullable<typeof progress.onEnd>>[0]);
  assert.deepEqual(shown, [
    "1: loss 0.500",
    "1: loss 0.500, validation accuracy 0.250",
    "2: loss 0.125, validation accuracy 0.250",
    "2: loss 0.125, validation accuracy 0.750",
    "finished as it is",
  ]);
});

Deno.test("an evaluation before the first step stands alone", () => {
  const shown: string[] = [];
  const bar: ProgressBar = {
    update: (_, note) => void shown.push(note ?? ""),
    advance: () => {},
    finish: () => Promise.resolve(),
  };
  const progress = trainingProgress(() => bar);
  progress.onStart?.({ ...plan, resumedAt: 1 });
  progress.onEvaluation?.(evaluation(1, 0.5));
  assert.deepEqual(shown, ["validation accuracy 0.500"]);
});

import assert from "node:assert/strict";
import type { EvaluationRecord, StepRecord, TrainingPlan, TrainingRun } from "../training/mod.ts";
import type { ProgressBar, ProgressOptions } from "./progress.ts";
import { listenForStop } from "./stop.ts";
import { severalTrainings, trainingProgress } from "./training_progress.ts";

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

/** What a training tells when it has ended. */
const run: TrainingRun = {
  history: [],
  steps: 2,
  ended: "finished",
  best: null,
  bestFolder: null,
  elapsedMs: 1,
};

/** Bars that only say what is shown. */
function bars(): { shown: string[]; start: (options: ProgressOptions) => ProgressBar } {
  const shown: string[] = [];
  const start = ({ label, total, unit, done = 0 }: ProgressOptions): ProgressBar => {
    shown.push(`${label}: ${done} of ${total} ${unit}`);
    return {
      update: (done, note) => void shown.push(`${done}: ${note}`),
      advance: (by = 1) => void shown.push(`${by} more`),
      finish: (note) => {
        shown.push(`finished ${note ?? "as it is"}`);
        return Promise.resolve();
      },
    };
  };
  return { shown, start };
}

Deno.test("the last state of a training's bar has its last evaluation", async () => {
  const { shown, start } = bars();
  const progress = trainingProgress(start);
  progress.onStart?.(plan);
  progress.onStep?.(step(1, 0.5));
  progress.onEvaluation?.(evaluation(1, 0.25));
  progress.onStep?.(step(2, 0.125));
  progress.onEvaluation?.(evaluation(2, 0.75));
  await progress.onEnd?.(run);
  assert.deepEqual(shown, [
    "학습 · training (float32): 0 of 2 steps",
    "1: loss 0.500",
    "1: loss 0.500, validation accuracy 0.250",
    "2: loss 0.125, validation accuracy 0.250",
    "2: loss 0.125, validation accuracy 0.750",
    "finished as it is",
  ]);
});

Deno.test("an evaluation before the first step stands alone", () => {
  const { shown, start } = bars();
  const progress = trainingProgress(start);
  progress.onStart?.({ ...plan, resumedAt: 1 });
  progress.onEvaluation?.(evaluation(1, 0.5));
  assert.deepEqual(shown.slice(1), ["1: validation accuracy 0.500"]);
});

Deno.test("several trainings: a bar for each, with its own steps; a fit without a network counts iterations", async () => {
  const { shown, start } = bars();
  const progress = severalTrainings("곡선 · curve", start);
  const [callback] = progress.callbacks;
  await progress.next("1/3", "n-grams", "77 songs");
  progress.iteration();
  progress.iteration();
  await progress.next("2/3", "network", "77 songs");
  await callback!.onStart?.({ ...plan, resumedAt: 1 });
  await callback!.onStep?.(step(2, 0.125));
  await callback!.onEnd?.(run);
  await progress.next("3/3", "network", "154 songs");
  await callback!.onStart?.(plan);
  await callback!.onEnd?.({ ...run, ended: "interrupted" });
  await progress.finish();
  assert.deepEqual(shown, [
    "곡선 · curve 1/3: n-grams, 77 songs: 0 of null iterations",
    "1 more",
    "1 more",
    "finished as it is",
    "곡선 · curve 2/3: network, 77 songs: 1 of 2 steps",
    "2: loss 0.125",
    "finished as it is",
    "곡선 · curve 3/3: network, 154 songs: 0 of 2 steps",
    "finished interrupted",
  ]);
});

Deno.test("several trainings end when stopping is asked for: their signal aborts, and a fit throws", async () => {
  const tell = console.error, folder = await Deno.makeTempDir(), file = `${folder}/STOP`;
  console.error = () => {};
  const progress = severalTrainings("곡선 · curve", bars().start, listenForStop({ file }));
  try {
    progress.iteration();
    await Deno.writeTextFile(file, "");
    for (let i = 0; i < 200 && !progress.signal.aborted; i++) {
      await new Promise((next) => setTimeout(next, 10));
    }
    assert.throws(() => progress.iteration(), { name: "AbortError" });
  } finally {
    console.error = tell;
    await progress.finish();
    await Deno.remove(folder, { recursive: true });
  }
});

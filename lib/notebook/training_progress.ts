/** A training's progress in a notebook or a terminal: one bar over all steps, and the log's lines. */
import type { TrainingCallback } from "../training/mod.ts";
import { type ProgressBar, progressBar } from "./progress.ts";

/**
 * Shows how far a training is, with its rate, the time left and the latest loss, and prints its log lines.
 *
 * @example `await fineTune(classifier, { train, validation }, recipe, { callbacks: [trainingProgress()] });`
 */
export function trainingProgress(): TrainingCallback {
  let bar: ProgressBar | undefined;
  let validation = "";
  return {
    onStart({ steps, resumedAt, precision }) {
      if (resumedAt > 0) console.log(`Going on after step ${resumedAt} of ${steps}.`);
      bar = progressBar({
        total: steps,
        label: `학습 · training (${precision})`,
        unit: "steps",
        done: resumedAt,
      });
    },
    onStep({ step, loss }) {
      bar?.update(step, `loss ${loss.toFixed(3)}${validation}`);
    },
    onLog(line) {
      console.log(line);
    },
    onEvaluation({ validation: metrics }) {
      if (metrics !== null) validation = `, validation accuracy ${metrics.accuracy.toFixed(3)}`;
    },
    async onEnd({ ended }) {
      await bar?.finish(ended === "finished" ? undefined : ended);
    },
  };
}

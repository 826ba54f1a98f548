/** A model search's progress in a notebook or a terminal: one bar over all trainings' steps, and a line for each result. */
import type { SearchCallback } from "../ideas/mod.ts";
import { type ProgressBar, progressBar } from "./progress.ts";

/**
 * Shows how far a model search is, with its rate, the time left and the model under way, and prints each model's accuracy
 * when it is measured.
 *
 * @example `const search = await searchModels({ train, measured: validation }, { ...options.search, callbacks: [searchProgress()] });`
 */
export function searchProgress(): SearchCallback {
  let bar: ProgressBar | undefined;
  let now = "", done = 0;
  return {
    onStart({ trainings, before, steps, stepsBefore }) {
      if (before > 0) console.log(`${before} of ${trainings} trainings were done before.`);
      done = stepsBefore;
      bar = progressBar({ total: steps, label: "모델 찾기 · model search", unit: "steps", done });
    },
    onTraining(name, seed) {
      now = seed === null ? name : `${name}, seed ${seed}`;
      bar?.update(done, now);
    },
    onStep(steps, loss) {
      done = steps;
      bar?.update(done, `${now}, loss ${loss.toFixed(3)}`);
    },
    onRun({ trainSeconds }, accuracyPerSong) {
      console.log(
        `${now}: ${accuracyPerSong.toFixed(3)} of the songs right, trained in ${trainSeconds.toFixed(1)} s`,
      );
    },
    async onEnd({ ended }) {
      await bar?.finish(ended === "finished" ? "" : ended);
    },
  };
}

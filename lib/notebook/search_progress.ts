/** A model search's progress in a notebook or a terminal: one bar over all trainings' steps, and a line for each result. */
import { bilingual, nameOf, rightSongs, type Trial, type TrialListener } from "../trials/mod.ts";
import { type ProgressBar, progressBar } from "./progress.ts";

/**
 * Shows how far a model search is, with its rate, the time left and the model under way, and prints each model's accuracy
 * when it is measured.
 *
 * @param startBar what makes the bar
 * @example
 * ```ts
 * const search = await searchModels({ train, measured: validation }, { ...options.search, ...searchProgress() });
 * ```
 */
export function searchProgress(
  startBar: typeof progressBar = progressBar,
): { listener: TrialListener; finish(note?: string): Promise<void> } {
  let bar: ProgressBar | undefined;
  let now = "", done = 0, before = 0;
  const wordsOf = ({ method, about }: Trial) =>
    [bilingual(nameOf(method)), about].filter((words) => words !== undefined).join(", ");
  return {
    listener: {
      onStart({ trials, before: ran, steps, stepsBefore }) {
        if (ran > 0) console.log(`${ran} of ${trials} trainings were done before.`);
        done = stepsBefore;
        bar = startBar({ total: steps, label: "모델 찾기 · model search", unit: "steps", done });
      },
      onTrial(trial) {
        [now, before] = [wordsOf(trial), done];
        bar?.update(done, now);
      },
      callbacks: [{
        onStep({ step, loss }) {
          done = before + step;
          bar?.update(done, `${now}, loss ${loss.toFixed(3)}`);
        },
      }],
      onDone({ sides, labels }, { test, cost }) {
        const right = rightSongs(sides.test, labels, test.shares).filter(Boolean).length / sides.test.length;
        console.log(
          `${now}: ${right.toFixed(3)} of the songs right, trained in ${(cost?.seconds ?? 0).toFixed(1)} s`,
        );
      },
    },
    finish: async (note) => await bar?.finish(note),
  };
}

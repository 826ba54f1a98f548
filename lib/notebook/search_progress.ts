/** A model search's progress in a notebook or a terminal: one bar over all trainings' steps. */
import { bilingual, nameOf, rightSongs, type Trial, type TrialListener } from "../trials/mod.ts";
import { type ProgressBar, progressBar } from "./progress.ts";

/**
 * Shows how far a model search is, with its rate, the time left, the model under way and the accuracy of the one before.
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
  let now = "", measured = "", done = 0, before = 0;
  const wordsOf = ({ method, about }: Trial) =>
    [bilingual(nameOf(method)), about].filter((words) => words !== undefined).join(", ");
  const note = (...words: string[]) => [now, ...words, measured].filter((word) => word !== "").join(", ");
  return {
    listener: {
      onStart({ trials, before: ran, steps, stepsBefore }) {
        if (ran > 0) {
          console.log(
            `학습 ${trials}번 중 ${ran}번은 이미 끝났습니다 · ${ran} of ${trials} trainings were done before`,
          );
        }
        done = stepsBefore;
        bar = startBar({ total: steps, label: "모델 탐색 · model search", unit: "steps", done });
      },
      onTrial(trial) {
        [now, before] = [wordsOf(trial), done];
        bar?.update(done, note());
      },
      callbacks: [{
        onStep({ step, loss }) {
          done = before + step;
          bar?.update(done, note(`손실 · loss ${loss.toFixed(3)}`));
        },
      }],
      onDone({ sides, labels }, { test }) {
        const right = rightSongs(sides.test, labels, test.shares).filter(Boolean).length / sides.test.length;
        measured = `직전 · before: ${now} ${right.toFixed(3)}`;
        bar?.update(done, note());
      },
    },
    finish: async (note) => await bar?.finish(note),
  };
}

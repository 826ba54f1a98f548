/** A model search's progress in a notebook or a terminal: one bar over all trainings' steps. */
import type { TrainingCallback } from "../training/mod.ts";
import { bilingual, nameOf, rightSongs, type Trial, type TrialListener } from "../trials/mod.ts";
import { type ProgressBar, progressBar } from "./progress.ts";
import { type TrialsTogether, trialsTogether } from "./training_progress.ts";

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
  let bar: ProgressBar | undefined, together: TrialsTogether | undefined;
  let now = "", measured = "", done = 0, before = 0;
  const wordsOf = ({ method, about }: Trial) =>
    [bilingual(nameOf(method)), about].filter((words) => words !== undefined).join(", ");
  const note = (...words: string[]) => [now, ...words, measured].filter((word) => word !== "").join(", ");
  const label = "모델 탐색 · model search";
  const ofOne: TrainingCallback = {
    onStep({ step, loss }) {
      done = before + step;
      bar?.update(done, note(`손실 · loss ${loss.toFixed(3)}`));
    },
  };
  return {
    listener: {
      onStart(plan) {
        const { trials, before: ran, steps, stepsBefore } = plan;
        if (ran > 0) {
          console.log(
            `학습 ${trials}번 중 ${ran}번은 이미 끝났습니다 · ${ran} of ${trials} trainings were done before`,
          );
        }
        done = stepsBefore;
        if (plan.together) together = trialsTogether(label, plan, startBar);
        else bar = startBar({ total: steps, label, unit: "steps", done });
      },
      onTrial(trial) {
        [now, before] = [wordsOf(trial), done];
        bar?.update(done, note());
      },
      callbacks: (trial) => [together?.callbackOf(trial) ?? ofOne],
      onDone(trial, { test }) {
        together?.done(trial);
        const { sides, labels } = trial;
        const right = rightSongs(sides.test, labels, test.shares).filter(Boolean).length / sides.test.length;
        measured = `직전 · before: ${now} ${right.toFixed(3)}`;
        bar?.update(done, note());
      },
    },
    async finish(note) {
      await bar?.finish(note);
      await together?.finish(note);
    },
  };
}

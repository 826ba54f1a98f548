/** A training's progress in a notebook or a terminal: one bar over all steps, and the log's lines. */
import type { TrainingCallback } from "../training/mod.ts";
import { type ProgressBar, progressBar } from "./progress.ts";

/**
 * Shows how far a training is, with its rate, the time left and the latest loss and validation accuracy, and prints its log
 * lines.
 *
 * @param startBar what makes the bar
 * @example `await fineTune(classifier, { train, validation }, recipe, { callbacks: [trainingProgress()] });`
 */
export function trainingProgress(startBar: typeof progressBar = progressBar): TrainingCallback {
  let bar: ProgressBar | undefined;
  let loss = "", validation = "";
  const note = () => [loss, validation].filter((words) => words !== "").join(", ");
  return {
    onStart({ steps, resumedAt, precision }) {
      if (resumedAt > 0) console.log(`Going on after step ${resumedAt} of ${steps}.`);
      bar = startBar({
        total: steps,
        label: `학습 · training (${precision})`,
        unit: "steps",
        done: resumedAt,
      });
    },
    onStep(record) {
      loss = `loss ${record.loss.toFixed(3)}`;
      bar?.update(record.step, note());
    },
    onLog(line) {
      console.log(line);
    },
    onEvaluation({ step, validation: metrics }) {
      if (metrics !== null) validation = `validation accuracy ${metrics.accuracy.toFixed(3)}`;
      bar?.update(step, note());
    },
    async onEnd({ ended }) {
      await bar?.finish(ended === "finished" ? undefined : ended);
    },
  };
}

/** Several trainings one after the other under one bar. */
export interface SeveralTrainings {
  /** For each training. */
  callbacks: TrainingCallback[];
  /** Says what is learnt next. @param words joined by commas */
  next(...words: (string | number)[]): void;
  /** Iterations of a fit without a network. */
  iteration(count: number): void;
  finish(): Promise<void>;
}

/**
 * One bar for several trainings: what is learnt, the steps of all together, the latest loss; no log lines.
 *
 * @example `const progress = severalTrainings("학습 곡선 · learning curve");`
 */
export function severalTrainings(label: string): SeveralTrainings {
  const bar = progressBar({ total: null, label, unit: "steps" });
  let what = "";
  return {
    callbacks: [{ onStep: ({ loss }) => bar.advance(1, `${what}, loss ${loss.toFixed(3)}`) }],
    next(...words) {
      what = words.join(", ");
      bar.advance(0, what);
    },
    iteration: () => bar.advance(1, what),
    finish: () => bar.finish(""),
  };
}

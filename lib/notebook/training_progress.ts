/** A training's progress in a notebook or a terminal: one bar over all steps, and the log's lines. */
import type { TrainingCallback } from "../training/mod.ts";
import { bilingual, nameOf, type TrialListener } from "../trials/mod.ts";
import { type ProgressBar, progressBar } from "./progress.ts";
import { listenForStop, type StopListener } from "./stop.ts";

/**
 * Shows how far a training is, with its rate, the time left and the latest loss and validation accuracy, and prints its log
 * lines.
 *
 * @param startBar what makes the bar
 * @example
 * ```ts
 * await fineTune(classifier, { train, validation }, recipe, { callbacks: [trainingProgress()] });
 * ```
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

/** Trials one after the other. */
export interface TrialsProgress {
  listener: TrialListener;
  /** Aborts when stopping is asked for, as {@link listenForStop} says. */
  signal: AbortSignal;
  /** Shows the last state; to be called when all is learnt. */
  finish(): Promise<void>;
}

/**
 * A bar for each of several trials, with its rate, the time left and the latest loss, but no log lines. Listens for the wish
 * to stop.
 *
 * @param startBar what makes a bar
 * @param stop who listens; closed in the end
 * @example
 * ```ts
 * const progress = trialsProgress("학습 곡선 · learning curve");
 * ```
 */
export function trialsProgress(
  label: string,
  startBar: typeof progressBar = progressBar,
  stop: StopListener = listenForStop(),
): TrialsProgress {
  let what = "";
  let bar: ProgressBar | undefined;
  const start = (total: number | null, unit: string, done = 0) =>
    startBar({ total, label: `${label}${what}`, unit, done });
  const end = async (note?: string) => {
    const ended = bar;
    bar = undefined;
    await ended?.finish(note);
  };
  return {
    listener: {
      async onTrial({ method, sides, about }, place) {
        await end();
        what = ` ${place}: ${bilingual(nameOf(method))}, ${about ?? `${sides.train.length} songs`}`;
      },
      onIteration() {
        // looks for a stop file even where a fit never lets timers run
        stop.requested();
        bar ??= start(null, "iterations");
        bar.advance();
      },
      callbacks: [{
        async onStart({ steps, resumedAt }) {
          await end();
          bar = start(steps, "steps", resumedAt);
        },
        onStep: ({ step, loss }) => bar?.update(step, `loss ${loss.toFixed(3)}`),
        onEnd: ({ ended }) => end(ended === "finished" ? undefined : ended),
      }],
    },
    signal: stop.signal,
    async finish() {
      await end();
      stop.close();
    },
  };
}

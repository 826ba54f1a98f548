/** A training's progress in a notebook or a terminal: one bar over all steps, and the log's lines. */
import { tell } from "../ground/mod.ts";
import type { TrainingCallback } from "../training/mod.ts";
import {
  bilingual,
  type FitProgress,
  nameOf,
  type Trial,
  type TrialListener,
  type TrialPlan,
} from "../trials/mod.ts";
import { inKernel } from "./kernel.ts";
import { clock, type ProgressBar, progressBar } from "./progress.ts";
import { listenForStop, type StopListener } from "./stop.ts";

/** Lines of a log that say what the bar and the table of epochs say: in a notebook they would fill a page. */
const told = /^(스텝 · step|에폭 · epoch) \d/;

/** That a training is done, and how to do it anew: in a notebook, or by the command that said so. */
const doneBefore = (notebook: boolean): string =>
  notebook
    ? '이 학습은 이미 끝나 있어 그 결과를 보여 줍니다. 새로 학습하려면 랩을 "deno task lab -- --anew"로 다시 열거나, ' +
      '첫 셀에서 settings({ output: "outputs/run-2" })처럼 다른 폴더를 쓰세요.\n' +
      'This training is done, and its results are shown. To train anew open the lab by "deno task lab -- --anew", or give ' +
      'another folder in the first cell: settings({ output: "outputs/run-2" }).'
    : "이 학습은 이미 끝나 있어 그 결과를 보여 줍니다. 새로 학습하려면 다른 출력 폴더(--output)를 주거나 --anew를 쓰세요.\n" +
      "This training is done, and its results are shown. To train again give another output folder (--output), or --anew.";

/**
 * Shows how far a training is, with its rate, the time left and the latest loss and validation accuracy; outside a notebook also its log
 * lines. Says where a training has ended before.
 *
 * @param startBar what makes the bar
 * @param notebook whether a notebook shows it
 * @param what what it learns
 * @example
 * ```ts
 * await fineTune(classifier, { train, validation }, recipe, { callbacks: [trainingProgress()] });
 * ```
 */
export function trainingProgress(
  startBar: typeof progressBar = progressBar,
  notebook = inKernel(),
  what = "학습 · training",
): TrainingCallback {
  let bar: ProgressBar | undefined;
  let loss = "", validation = "";
  const note = () => [loss, validation].filter((words) => words !== "").join(", ");
  return {
    onStart({ steps, resumedAt, precision }) {
      if (resumedAt >= steps) console.log(doneBefore(notebook));
      else if (resumedAt > 0) tell(`Going on after step ${resumedAt} of ${steps}.`);
      bar = startBar({
        total: steps,
        label: `${what} (${precision})`,
        unit: "steps",
        done: resumedAt,
      });
    },
    onStep(record) {
      loss = `손실 · loss ${record.loss.toFixed(3)}`;
      bar?.update(record.step, note());
    },
    onLog(line) {
      if (!(notebook && told.test(line))) tell(line);
    },
    onEvaluation({ step, validation: metrics }) {
      if (metrics !== null) validation = `검증 정확도 · validation accuracy ${metrics.accuracy.toFixed(3)}`;
      bar?.update(step, note());
    },
    async onEnd({ ended }) {
      await bar?.finish(ended === "finished" ? undefined : ended);
    },
  };
}

/** The same for the time when lyrics are read before the genres are learnt: its figures are of masked words. */
export const readingProgress = (): TrainingCallback =>
  trainingProgress(progressBar, inKernel(), "가사 읽기 · reading the lyrics");

/**
 * Does work on trials with a bar for each ({@link trialsProgress}); the bars are ended whether or not it comes to its end.
 *
 * @param work takes the listener and the signal on
 */
export async function withTrialsProgress<T>(
  label: string,
  work: (progress: Omit<TrialsProgress, "finish">) => Promise<T>,
): Promise<T> {
  const { finish, ...progress } = trialsProgress(label);
  try {
    return await work(progress);
  } finally {
    await finish();
  }
}

/** Trials one after the other, or several at a time. */
export interface TrialsProgress {
  listener: TrialListener;
  /** Aborts when stopping is asked for, as {@link listenForStop} says. */
  signal: AbortSignal;
  /** Shows the last state; to be called when all is learnt. */
  finish(): Promise<void>;
}

/**
 * A bar for each of several trials, one in the place of the other, with its rate, the time left and the latest loss, but no log lines; one
 * for all of them ({@link trialsTogether}) where several run at a time. Listens for the wish to stop.
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
  const place = crypto.randomUUID();
  let what = "";
  let bar: ProgressBar | undefined;
  let together: TrialsTogether | undefined;
  let showFit: (progress: FitProgress) => void = () => {};
  const start = (total: number | null, unit: string, done = 0) =>
    startBar({ total, label: `${label}${what}`, unit, done, place });
  const end = async (note?: string) => {
    const ended = bar;
    bar = undefined;
    await ended?.finish(note);
  };
  const ofOne: TrainingCallback = {
    async onStart({ steps, resumedAt }) {
      await end();
      bar = start(steps, "steps", resumedAt);
    },
    onStep: ({ step, loss }) => bar?.update(step, `손실 · loss ${loss.toFixed(3)}`),
    onEnd: ({ ended }) => end(ended === "finished" ? undefined : ended),
  };
  return {
    listener: {
      onStart(plan) {
        together = plan.together ? trialsTogether(label, plan, startBar) : undefined;
      },
      async onTrial({ method, sides, about }, place) {
        if (together !== undefined) return;
        await end();
        what = ` ${place}: ${bilingual(nameOf(method))}, ${about ?? `${sides.train.length} songs`}`;
      },
      onFit(progress) {
        // looks for a stop file even where a fit never lets timers run
        stop.requested();
        if (together !== undefined) return;
        if (bar === undefined) showFit = fitShown(bar = start(null, "iterations"));
        showFit(progress);
      },
      callbacks: (trial) => [together?.callbackOf(trial) ?? ofOne],
      onDone: (trial) => together?.done(trial),
    },
    signal: stop.signal,
    async finish() {
      await end();
      await together?.finish();
      stop.close();
    },
  };
}

/**
 * Shows on a bar how far a fit without a network is: its iterations, of a long one the part that is done, and about how much time is left.
 *
 * @param now the time, in ms
 */
export function fitShown(
  bar: ProgressBar,
  now: () => number = () => performance.now(),
): (progress: FitProgress) => void {
  const startedAt = now();
  return ({ iterations, share }) => {
    const done = Math.floor(iterations),
      part = Math.floor(100 * (iterations - done)),
      elapsed = now() - startedAt;
    const left = elapsed * (1 - share) / share;
    const notes = [
      ...(part > 0 ? [`이 반복의 ${part}% · ${part}% of this iteration`] : []),
      // before that the estimate is worth little
      ...(share >= 0.2 && left >= 1000 ? [`약 ${clock(left)} 남음 · about ${clock(left)} left`] : []),
    ];
    bar.update(done, notes.join(", "));
  };
}

/** One bar over trials that run at a time. */
export interface TrialsTogether {
  /** What listens to a trial's training. */
  callbackOf(trial: Trial): TrainingCallback;
  done(trial: Trial): void;
  finish(note?: string): Promise<void>;
}

/**
 * A bar over the steps of all trials, or over the trials where none has steps, with how many are done and under way.
 *
 * @param plan what is about to run
 */
export function trialsTogether(
  label: string,
  { trials, before, steps, stepsBefore }: TrialPlan,
  startBar: typeof progressBar = progressBar,
): TrialsTogether {
  const bySteps = steps > stepsBefore;
  const bar = startBar(
    bySteps
      ? { total: steps, label, unit: "steps", done: stepsBefore }
      : { total: trials, label, unit: "trials", done: before },
  );
  const stepsOf = new Map<Trial, number>(), running = new Set<Trial>();
  let done = before;
  const show = () => {
    const ran = [...stepsOf.values()].reduce((sum, steps) => sum + steps, stepsBefore);
    bar.update(bySteps ? ran : done, `${done}/${trials} 끝남 · done, ${running.size} 진행 · under way`);
  };
  return {
    callbackOf: (trial) => ({
      onStart: ({ resumedAt }) => {
        running.add(trial);
        stepsOf.set(trial, resumedAt);
        show();
      },
      onStep: ({ step }) => {
        stepsOf.set(trial, step);
        show();
      },
    }),
    done(trial) {
      done++;
      running.delete(trial);
      show();
    },
    finish: (note) => bar.finish(note),
  };
}

/** Runs trials: what a store lacks, one after the other or as many at once as the runner allows. */
import type { FitProgress } from "../evaluation/mod.ts";
import { breathe, fineTuningSteps, type SongPrediction, type TrainingCallback } from "../training/mod.ts";
import { runArtist, runMajority } from "./methods/baselines.ts";
import { runColumns } from "./methods/columns.ts";
import { checkNetworks, runNetwork } from "./methods/network.ts";
import { runWords } from "./methods/words.ts";
import { identityOf, memoryStore, type TrialStore } from "./store.ts";
import { clusterVariable, rayRunner } from "./cluster/ray.ts";
import { answersOf, type Predictions, type Runner, type Trial } from "./trial.ts";

/** This process. */
export const here: Runner = {
  check: checkNetworks,
  run(trial, context) {
    const { method } = trial;
    switch (method.kind) {
      case "majority":
        return Promise.resolve(runMajority(trial, method));
      case "artist":
        return Promise.resolve(runArtist(trial));
      case "words":
        return runWords(trial, method, context);
      case "columns":
        return runColumns(trial, method, context);
      case "network":
        return runNetwork(trial, method, context);
    }
  },
};

/** What is about to run. */
export interface TrialPlan {
  trials: number;
  /** Done before. */
  before: number;
  /** Optimizer steps of all trials, and of those done before. */
  steps: number;
  stepsBefore: number;
  /** Whether several run at a time. */
  together: boolean;
}

/** What is told while trials run. What it throws ends them. */
export interface TrialListener {
  onStart?(plan: TrialPlan): void | Promise<void>;
  /** A trial begins. @param place which of those to run it is, `2/6` */
  onTrial?(trial: Trial, place: string): void | Promise<void>;
  /** What there is to know of how a trial's model was loaded. */
  onNote?(note: string, trial: Trial): void;
  /** How far a fit without a network is. */
  onFit?(progress: FitProgress): void | Promise<void>;
  /** Of trainings: of all, or of each trial its own. */
  callbacks?: readonly TrainingCallback[] | ((trial: Trial) => readonly TrainingCallback[]);
  onDone?(trial: Trial, predictions: Predictions): void | Promise<void>;
}

/** Where and how trials run. */
export interface RunOptions {
  /** Keeps predictions, so that a trial is run once; by default for this call only. */
  store?: TrialStore;
  runner?: Runner;
  listener?: TrialListener;
  /** Asks to end: the trial under way is given up (a training keeps a checkpoint in a store with files), those before it are kept. */
  signal?: AbortSignal;
}

/**
 * The predictions of trials: out of the store those it has, the others run now, in order, and kept.
 *
 * @returns in the order of `wanted`
 * @throws DOMException (`AbortError`) where it was asked to end: the next call goes on from there
 */
export async function runTrials(wanted: readonly Trial[], options: RunOptions = {}): Promise<Predictions[]> {
  const { store = memoryStore(), runner = usualRunner(), listener = {} } = options;
  const found = await Promise.all(wanted.map((trial) => store.read(trial)));
  const missing = wanted.filter((_, i) => found[i] === null);
  await runner.check?.(missing);
  const stepsIn = (trials: readonly Trial[]) => trials.reduce((sum, trial) => sum + stepsOf(trial), 0);
  const steps = stepsIn(wanted), atOnce = Math.max(1, Math.min(missing.length, runner.atOnce ?? 1));
  await listener.onStart?.({
    trials: wanted.length,
    before: wanted.length - missing.length,
    steps,
    stepsBefore: steps - stepsIn(missing),
    together: atOnce > 1,
  });
  // where one fails, the others that run with it end too
  const failing = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failing.signal]) : failing.signal;
  const { callbacks = [] } = listener, begunTrials = new Set<string>();
  let begun = 0, breathedAt = performance.now();
  const work = async () => {
    while (begun < missing.length) {
      const trial = missing[begun++]!;
      signal.throwIfAborted();
      // the same trial may be wanted twice
      const identity = await identityOf(trial);
      if (begunTrials.has(identity)) continue;
      begunTrials.add(identity);
      await listener.onTrial?.(trial, `${begun}/${missing.length}`);
      const predictions = await runner.run(trial, {
        folder: await store.workFolder(trial),
        callbacks: typeof callbacks === "function" ? callbacks(trial) : callbacks,
        onNote: (note) => listener.onNote?.(note, trial),
        async onFit(progress) {
          if (performance.now() - breathedAt > 100) {
            await breathe();
            breathedAt = performance.now();
          }
          signal.throwIfAborted();
          await listener.onFit?.(progress);
        },
        signal,
      });
      await store.write(trial, predictions);
      await listener.onDone?.(trial, predictions);
    }
  };
  const workers = Array.from({ length: atOnce }, () =>
    work().catch((error) => {
      failing.abort(error);
      throw error;
    }));
  await Promise.allSettled(workers);
  // the first that failed is the reason
  if (failing.signal.aborted) throw failing.signal.reason;
  return await Promise.all(wanted.map(async (trial, i) => found[i] ?? (await store.read(trial))!));
}

let ofCluster: Runner | undefined;

/** Where trials run if nobody says: on the cluster that the environment names, or in this process. */
function usualRunner(): Runner {
  const cluster = Deno.env.get(clusterVariable);
  if (cluster === undefined) return here;
  return ofCluster ??= rayRunner(JSON.parse(cluster));
}

/** The predictions of one trial. */
export async function runTrial(trial: Trial, options: RunOptions = {}): Promise<Predictions> {
  const [predictions] = await runTrials([trial], options);
  return predictions!;
}

/** The optimizer steps that a trial takes. */
function stepsOf({ method, sides }: Trial): number {
  if (method.kind !== "network") return 0;
  return (method.trainings ?? 1) * fineTuningSteps(method.recipe, sides.train);
}

/**
 * Notes what a model says that was trained as something else by a trial's own recipe and songs (notebook 4's): the trial need not be run
 * any more.
 *
 * @param predictions of the trial's validation and then its test songs
 * @param answeredBy fingerprint of the model
 */
export async function noteTrial(
  store: TrialStore,
  trial: Trial,
  predictions: readonly SongPrediction[],
  answeredBy?: string,
): Promise<Predictions> {
  const noted: Predictions = {
    each: isMultiLabel(trial),
    ...answersOf(trial, predictions),
    cost: null,
    ...(answeredBy !== undefined && { answeredBy }),
  };
  await store.write(trial, noted);
  return noted;
}

const isMultiLabel = ({ method }: Trial) => method.kind === "network" && method.recipe.multiLabel;

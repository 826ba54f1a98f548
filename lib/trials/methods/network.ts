/** A transformer that is trained for a trial alone: what counts is what it predicts. */
import { join } from "node:path";
import { configNames, disposeModel, parameterCount } from "../../models/mod.ts";
import { type Song, songsFrame } from "../../songs/mod.ts";
import {
  adaptToSongs,
  checkReads,
  type Classifier,
  classifySongs,
  fineTune,
  loadClassifier,
  type TrainingRun,
} from "../../training/mod.ts";
import { meanPredictions } from "../joined/mean.ts";
import { answersOf, type NetworkMethod, type Predictions, type RunContext, type Trial } from "../trial.ts";

const load = ({ source, tokenizer, recipe }: NetworkMethod, labels: readonly string[], seed: number) =>
  loadClassifier(source, {
    labels,
    multiLabel: recipe.multiLabel,
    seed,
    ...(tokenizer !== undefined && { tokenizer }),
  });

/**
 * Loads each network once: one that cannot be trained is an error now, not after hours of the others' trainings. The project's own
 * configurations with its own tokenizer always can.
 */
export async function checkNetworks(trials: readonly Trial[]): Promise<void> {
  const checked = new Set<string>();
  for (const { method, labels } of trials) {
    if (method.kind !== "network") continue;
    const { source, tokenizer, recipe } = method;
    if (recipe.adapt > 0) await checkReads(source);
    if (configNames.includes(source) && tokenizer === undefined) continue;
    const what = `${source} ${tokenizer}`;
    if (checked.has(what)) continue;
    checked.add(what);
    disposeModel((await load(method, labels, 0)).model);
  }
}

/**
 * Trains a classifier for the trial's songs, or several by seeds that follow one another, asks them for the others, and lets go of them.
 * With `adapt` in its recipe a network reads the training songs' lyrics first.
 *
 * @returns predictions by the epoch that was best on the validation songs; where there are none, by the last. Of several trainings the
 * mean of their probabilities
 * @throws DOMException (`AbortError`) when it was asked to end; with a folder the next call goes on from there
 */
export async function runNetwork(
  trial: Trial,
  method: NetworkMethod,
  context: RunContext,
): Promise<Predictions> {
  const { trainings = 1 } = method;
  if (trainings === 1) return await trainOnce(trial, method, context);
  const all: Predictions[] = [];
  for (let seed = trial.seed; seed < trial.seed + trainings; seed++) {
    const folder = context.folder === null ? null : join(context.folder, `seed-${seed}`);
    all.push(await trainOnce({ ...trial, seed }, method, { ...context, folder }));
  }
  return meanPredictions(all);
}

async function trainOnce(
  trial: Trial,
  method: NetworkMethod,
  context: RunContext,
): Promise<Predictions> {
  const { labels, seed, sides: { train, validation, test } } = trial;
  const recipe = { ...method.recipe, seed, keepCheckpoints: 1 };
  const needed = validation.length > 0 || recipe.adapt > 0;
  const folder = context.folder ?? (needed ? await Deno.makeTempDir() : null);
  const listening = { callbacks: context.callbacks, ...(context.signal && { signal: context.signal }) };
  const runs: TrainingRun[] = [];
  let classifier: Classifier | undefined;
  try {
    let start = method;
    if (recipe.adapt > 0) {
      const { tokenizer, ...plain } = method,
        lyricsOf = (songs: readonly Song[]) => songs.map(({ lyrics }) => lyrics);
      const adapting = await adaptToSongs(
        method.source,
        { train: lyricsOf(train), validation: lyricsOf(validation) },
        recipe,
        { output: join(folder!, "adapt"), ...listening, ...(tokenizer !== undefined && { tokenizer }) },
      );
      runs.push(whole(adapting, method));
      start = { ...plain, source: adapting.bestFolder! };
    }
    classifier = await load(start, labels, seed);
    classifier.notes.forEach(context.onNote);
    const frames = { train: songsFrame(train), validation: songsFrame(validation) };
    const run = await fineTune(classifier, frames, recipe, {
      ...(folder !== null && { output: folder }),
      ...listening,
    });
    runs.push(whole(run, method));
    const sum = (of: (run: TrainingRun) => number) => runs.reduce((total, run) => total + of(run), 0);
    const answer = async (classifier: Classifier): Promise<Predictions> => {
      const startedAt = performance.now();
      const songs = [...validation, ...test], { precision } = recipe;
      const answers = answersOf(trial, await classifySongs(classifier, songs, { precision }));
      return {
        each: recipe.multiLabel,
        ...answers,
        cost: {
          seconds: sum(({ elapsedMs }) => elapsedMs) / 1000,
          answerSeconds: (performance.now() - startedAt) / 1000,
          steps: sum(({ steps }) => steps),
          tokens: sum(({ history }) =>
            history.reduce((sum, record) => record.kind === "step" ? sum + record.tokens : sum, 0)
          ),
          parameters: parameterCount(classifier.model),
        },
        epochs: run.history.filter((record) => record.kind === "evaluation"),
      };
    };
    if (validation.length === 0) return await answer(classifier);
    const best = await loadClassifier(run.bestFolder!);
    try {
      return await answer(best);
    } finally {
      disposeModel(best.model);
    }
  } finally {
    if (classifier !== undefined) disposeModel(classifier.model);
    if (folder !== context.folder) await Deno.remove(folder!, { recursive: true });
  }
}

/** @throws DOMException (`AbortError`) where a training was asked to end */
function whole(run: TrainingRun, { source }: NetworkMethod): TrainingRun {
  if (run.ended !== "interrupted") return run;
  throw new DOMException(`The training of ${source} was stopped at step ${run.steps}.`, "AbortError");
}

/** A transformer that is trained for a trial alone: what counts is what it predicts. */
import { join } from "node:path";
import { configNames, disposeModel, parameterCount } from "../../models/mod.ts";
import { songsFrame } from "../../songs/mod.ts";
import { type Classifier, classifySongs, fineTune, loadClassifier } from "../../training/mod.ts";
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
    if (configNames.includes(method.source) && method.tokenizer === undefined) continue;
    const what = `${method.source} ${method.tokenizer}`;
    if (checked.has(what)) continue;
    checked.add(what);
    disposeModel((await load(method, labels, 0)).model);
  }
}

/**
 * Trains a classifier for the trial's songs, or several by seeds that follow one another, asks them for the others, and lets go of them.
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
  const folder = context.folder ?? (validation.length > 0 ? await Deno.makeTempDir() : null);
  const classifier = await load(method, labels, seed);
  classifier.notes.forEach(context.onNote);
  try {
    const frames = { train: songsFrame(train), validation: songsFrame(validation) };
    const run = await fineTune(classifier, frames, recipe, {
      ...(folder !== null && { output: folder }),
      callbacks: context.callbacks,
      ...(context.signal && { signal: context.signal }),
    });
    if (run.ended === "interrupted") {
      throw new DOMException(
        `The training of ${method.source} was stopped at step ${run.steps}.`,
        "AbortError",
      );
    }
    const answer = async (classifier: Classifier): Promise<Predictions> => {
      const startedAt = performance.now();
      const songs = [...validation, ...test], { precision } = recipe;
      const answers = answersOf(trial, await classifySongs(classifier, songs, { precision }));
      return {
        each: recipe.multiLabel,
        ...answers,
        cost: {
          seconds: run.elapsedMs / 1000,
          answerSeconds: (performance.now() - startedAt) / 1000,
          steps: run.steps,
          tokens: run.history.reduce((sum, record) => record.kind === "step" ? sum + record.tokens : sum, 0),
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
    disposeModel(classifier.model);
    if (folder !== context.folder) await Deno.remove(folder!, { recursive: true });
  }
}

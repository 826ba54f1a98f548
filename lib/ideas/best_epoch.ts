/** Trainings that write nothing: the best epoch is kept in memory. */
import type pl from "nodejs-polars";
import { disposeModel } from "../models/mod.ts";
import { type Song, songsFrame } from "../songs/mod.ts";
import {
  type Classifier,
  classifySongs,
  fineTune,
  loadClassifier,
  type Recipe,
  type SongPrediction,
  type TrainingCallback,
  type TrainingOptions,
  type TrainingRun,
} from "../training/mod.ts";

/**
 * Fine-tunes a classifier without an output folder and leaves it with the weights of its best evaluation, as a run with a
 * folder keeps them in `best/`. The weights are held twice meanwhile.
 *
 * @param options as {@link fineTune} takes them, but for `output`
 */
export async function fineTuneToBest(
  classifier: Classifier,
  data: { train: pl.DataFrame; validation: pl.DataFrame },
  recipe: Partial<Recipe>,
  options: Omit<TrainingOptions, "output" | "resume"> = {},
): Promise<TrainingRun> {
  const parameters = [...classifier.model.parameters.values()];
  let best: Float32Array[] | undefined;
  const keeper = {
    onEvaluation: (record: { best: boolean }) => {
      if (record.best) best = parameters.map((parameter) => parameter.data());
    },
  };
  const run = await fineTune(classifier, data, recipe, {
    ...options,
    callbacks: [...(options.callbacks ?? []), keeper],
  });
  best?.forEach((values, i) => parameters[i]!.assign(values));
  return run;
}

/** What {@link predictionsAfterTraining} can be told. */
export interface PassingTrainingOptions {
  tokenizer?: string;
  callbacks?: readonly TrainingCallback[];
  signal?: AbortSignal;
}

/**
 * Trains a classifier for these songs alone, by its best epoch, and lets go of it.
 *
 * @param source as {@link loadClassifier} takes it
 * @param recipe its `multiLabel` says which kind of classifier it is, its seed the fresh weights
 * @returns predictions of the validation and then the test songs
 */
export async function predictionsAfterTraining(
  source: string,
  labels: readonly string[],
  { train, validation, test }: { train: readonly Song[]; validation: readonly Song[]; test: readonly Song[] },
  recipe: Recipe,
  { tokenizer, callbacks, signal }: PassingTrainingOptions = {},
): Promise<SongPrediction[]> {
  const { seed, multiLabel, precision } = recipe;
  const classifier = await loadClassifier(source, {
    labels,
    multiLabel,
    seed,
    ...(tokenizer !== undefined && { tokenizer }),
  });
  try {
    const frames = { train: songsFrame(train), validation: songsFrame(validation) };
    await fineTuneToBest(classifier, frames, recipe, {
      ...(callbacks && { callbacks }),
      ...(signal && { signal }),
    });
    return await classifySongs(classifier, [...validation, ...test], { precision });
  } finally {
    disposeModel(classifier.model);
  }
}

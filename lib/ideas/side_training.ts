/** Trainings beside the model itself: what counts is what they predict. One that was cut off goes on, one that is done is not done again. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { disposeModel } from "../models/mod.ts";
import { type Song, songsFrame } from "../songs/mod.ts";
import {
  type Classifier,
  classifySongs,
  fineTune,
  loadClassifier,
  readIfThere,
  type Recipe,
  type SongPrediction,
  type TrainingCallback,
  writeWhole,
} from "../training/mod.ts";
import { fingerprint } from "./fingerprint.ts";

/** What {@link predictionsAfterTraining} can be told. */
export interface SideTrainingOptions {
  tokenizer?: string;
  callbacks?: readonly TrainingCallback[];
  /** Asks the training to end. */
  signal?: AbortSignal;
  /**
   * A run's folder: checkpoints go to `trainings/` in it while a training runs, and what it predicted stays there. Without one
   * a training that is cut off is lost.
   */
  output?: string;
}

/** The songs of a split: to learn from, to choose and tune by, to judge by. */
export interface SongSides {
  train: readonly Song[];
  validation: readonly Song[];
  test: readonly Song[];
}

const PREDICTIONS = "predictions.json";

/**
 * Trains a classifier for these songs alone, and lets go of it.
 *
 * @param source as {@link loadClassifier} takes it
 * @param recipe its `multiLabel` says which kind of classifier it is, its seed the fresh weights
 * @returns predictions of the validation and then the test songs, by the epoch that was best on the validation songs; where
 * there are none, by the last
 * @throws DOMException (`AbortError`) when it was asked to end; with `output` the next call goes on from there
 */
export async function predictionsAfterTraining(
  source: string,
  labels: readonly string[],
  songs: SongSides,
  recipe: Recipe,
  options: SideTrainingOptions = {},
): Promise<SongPrediction[]> {
  if (options.output === undefined) {
    const folder = await Deno.makeTempDir();
    try {
      return await trained(source, labels, songs, recipe, folder, options);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  const name = nameOf(source, labels, songs, recipe, options);
  const folder = join(options.output, "trainings", name);
  const file = join(folder, PREDICTIONS);
  const before = await readPredictions(file);
  if (before !== null) return before;
  const predictions = await trained(source, labels, songs, recipe, folder, options);
  await writeWhole(file, predictionsJson(predictions));
  for await (const { name } of Deno.readDir(folder)) {
    if (name !== PREDICTIONS) await Deno.remove(join(folder, name), { recursive: true });
  }
  return predictions;
}

/** A folder's name that is another for any other training. */
function nameOf(
  source: string,
  labels: readonly string[],
  { train, validation, test }: SongSides,
  { keepCheckpoints: _, logEverySteps: __, saveEverySteps: ___, ...recipe }: Recipe,
  { tokenizer }: SideTrainingOptions,
): string {
  const songs = [train, validation, test].map(fingerprint);
  const identity = JSON.stringify([source, tokenizer ?? null, labels, songs, recipe]);
  return `${train.length}-songs-${createHash("sha256").update(identity).digest("hex").slice(0, 16)}`;
}

async function trained(
  source: string,
  labels: readonly string[],
  { train, validation, test }: SongSides,
  recipe: Recipe,
  folder: string,
  { tokenizer, callbacks, signal }: SideTrainingOptions,
): Promise<SongPrediction[]> {
  const { seed, multiLabel, precision } = recipe;
  const classify = (classifier: Classifier) =>
    classifySongs(classifier, [...validation, ...test], { precision });
  const classifier = await loadClassifier(source, {
    labels,
    multiLabel,
    seed,
    ...(tokenizer !== undefined && { tokenizer }),
  });
  try {
    const frames = { train: songsFrame(train), validation: songsFrame(validation) };
    const run = await fineTune(classifier, frames, { ...recipe, keepCheckpoints: 1 }, {
      output: folder,
      ...(callbacks && { callbacks }),
      ...(signal && { signal }),
    });
    if (run.ended === "interrupted") {
      throw new DOMException(`The training of ${source} was stopped at step ${run.steps}.`, "AbortError");
    }
    if (validation.length === 0) return await classify(classifier);
    const best = await loadClassifier(run.bestFolder!);
    try {
      return await classify(best);
    } finally {
      disposeModel(best.model);
    }
  } finally {
    disposeModel(classifier.model);
  }
}

/** A prediction as its file has it. */
type WrittenPrediction = Omit<SongPrediction, "probabilities" | "logits"> & {
  probabilities: number[];
  logits: number[];
};

function predictionsJson(predictions: readonly SongPrediction[]): string {
  const rows = predictions.map(({ probabilities, logits, ...rest }): WrittenPrediction => ({
    ...rest,
    probabilities: Array.from(probabilities),
    logits: Array.from(logits),
  }));
  return JSON.stringify(rows) + "\n";
}

/** `null` where there is no such file. */
async function readPredictions(file: string): Promise<SongPrediction[] | null> {
  const text = await readIfThere(file);
  if (text === null) return null;
  const rows = JSON.parse(text) as WrittenPrediction[];
  return rows.map(({ probabilities, logits, ...rest }) => ({
    ...rest,
    probabilities: Float32Array.from(probabilities),
    logits: Float32Array.from(logits),
  }));
}

/** A classifier, fine-tuned on songs. */
import type pl from "nodejs-polars";
import { join } from "node:path";
import { redraw, setPooling } from "../models/mod.ts";
import { instances, recordSplit, type Song, songRows, splitFileName, splitText } from "../songs/mod.ts";
import { stepsOf } from "./plan.ts";
import { type Recipe, studyRecipe } from "./recipe.ts";
import { adaptFor, isOfHighest } from "./freeze.ts";
import { checkUnknownTokens } from "./unknown_tokens.ts";
import { train as learn } from "./trainer.ts";
import type { TrainingOptions, TrainingRun } from "./types.ts";
import { type Classifier, readAs, trainableOf } from "./classifier.ts";
import { examplesOf, songExamplesOf } from "./song_examples.ts";
import { ngramTeacher } from "./teacher.ts";

/**
 * Fine-tunes a classifier on songs, in place. With `loraRank` its adapters alone are trained, and `best` is an adapter's
 * folder, which {@link loadClassifier} opens.
 *
 * @param data cleaned songs with genres, split so that no song is on both sides; `test`, where it is given, is only noted. The model's folder
 * keeps which songs these are (`split.json`), so that it is known later what the model has seen
 * @param recipe {@link studyRecipe} with what is given changed
 * @example
 * ```ts
 * const run = await fineTune(classifier, { train, validation }, { ...quickRecipe, epochs: 3 }, { output: "outputs/run" });
 * ```
 */
export async function fineTune(
  classifier: Classifier,
  data: { train: pl.DataFrame; validation: pl.DataFrame; test?: pl.DataFrame },
  recipe: Partial<Recipe> = {},
  options: TrainingOptions = {},
): Promise<TrainingRun> {
  const full: Recipe = { ...studyRecipe, ...recipe }, { model } = classifier;
  const reading = readAs(classifier, full);
  if (full.pooling !== null) setPooling(model, full.pooling);
  const songs = { train: songRows(data.train), validation: songRows(data.validation) };
  checkGenres(classifier, songs.train);
  const examples = (side: Song[]) =>
    full.multiLabel
      ? songExamplesOf(classifier, side, reading)
      : examplesOf(classifier, instances(side, full), reading);
  const train = examples(songs.train), validation = examples(songs.validation);
  if (full.distillation > 0) {
    const teacher = await ngramTeacher(instances(songs.train, full), classifier.labels);
    teacher?.forEach((shares, i) => train[i]!.teacher = shares);
  }
  const note = checkUnknownTokens(classifier.tokenizer, train);
  if (note !== null) { for (const callback of options.callbacks ?? []) await callback.onLog?.(note); }
  adaptFor(model, full, classifier.origin);
  if (full.reinitialiseLayers > 0) {
    redraw(model, isOfHighest(model.parameters.keys(), full.reinitialiseLayers), full.seed);
  }
  const trainable = trainableOf(classifier, full);
  const splitFile = options.output === undefined ? null : splitText(recordSplit(data));
  const save = async (folder: string) => {
    await trainable.save(folder);
    if (splitFile !== null) await Deno.writeTextFile(join(folder, splitFileName), splitFile);
  };
  return await learn({ ...trainable, save }, { train, validation }, full, options);
}

/** The optimizer steps that {@link fineTune} takes over songs, known before anything is loaded. @throws UserError where they are too few for the warmup */
export function fineTuningSteps(recipe: Recipe, train: readonly Song[]): number {
  const examples = recipe.multiLabel ? train.length : instances(train, recipe).length;
  return stepsOf(recipe, Math.min(examples, recipe.maxTrainSamples ?? Infinity)).steps;
}

/** @throws RangeError where a song has a genre that the classifier does not tell */
function checkGenres({ labels }: Classifier, songs: readonly Song[]): void {
  const unknown = songs.find(({ genres }) => genres.some((genre) => !labels.includes(genre)));
  if (unknown === undefined) return;
  throw new RangeError(
    `Song ${unknown.id} has a genre that the classifier lacks; it knows ${labels.join(", ")}. ` +
      "Make it with labels: genresOf(train).",
  );
}

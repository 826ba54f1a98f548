/** Reading one's own songs first: a language model goes on with their lyrics before it is asked for genres. */
import { disposeModel } from "../models/mod.ts";
import { type LanguageModelOptions, loadLanguageModel } from "./language_model.ts";
import { packTexts, pretrain } from "./pretrain.ts";
import type { Recipe } from "./recipe.ts";
import type { TrainingOptions, TrainingRun } from "./types.ts";

/**
 * Goes on with a checkpoint's language modelling on the training songs' lyrics, for `recipe.adapt` epochs, as Howard & Ruder (2018,
 * ULMFiT) and Gururangan et al. (2020, "Don't stop pretraining") do: masked words for BERT's family, the next word for Llama. The run's
 * best folder is what `loadClassifier` then takes in place of `source`. Learning rate, schedule, batches, masking and precision are the
 * recipe's. Starts the engine.
 *
 * @param source as `loadLanguageModel` takes it; one from scratch learns to read from the songs alone
 * @param lyrics of songs that train and of songs that validate, never of test songs
 * @throws UserError where the source cannot be found or its architecture has no language model
 * @example
 * ```ts
 * const { bestFolder } = await adaptToSongs("klue/bert-base", { train: lyrics, validation: ["한 편"] }, { ...studyRecipe, adapt: 3 }, {
 *   output: "outputs/train/adapt",
 * });
 * const classifier = await loadClassifier(bestFolder!, { labels });
 * ```
 */
export async function adaptToSongs(
  source: string,
  lyrics: { train: readonly string[]; validation: readonly string[] },
  recipe: Recipe,
  { tokenizer, hub, ...options }: TrainingOptions & Pick<LanguageModelOptions, "tokenizer" | "hub"> = {},
): Promise<TrainingRun> {
  const language = await loadLanguageModel(source, { seed: recipe.seed, tokenizer, hub });
  const rows = (texts: readonly string[]) => packTexts(language, texts, recipe.maxLength);
  for (const note of language.notes) {
    for (const callback of options.callbacks ?? []) await callback.onLog?.(note);
  }
  using _ = { [Symbol.dispose]: () => disposeModel(language.model) };
  return await pretrain(language, { train: rows(lyrics.train), validation: rows(lyrics.validation) }, {
    ...recipe,
    epochs: recipe.adapt,
    bestMetric: "loss",
    // what is meant for the classifier
    cropLength: 0,
    averageEpochs: 1,
    evaluateEveryEpochs: 1,
    labelSmoothing: 0,
    balanceClasses: false,
    multiLabel: false,
    freeze: [],
    freezeLayers: 0,
    layerDecay: 1,
    reinitialiseLayers: 0,
    loraRank: null,
    maxTrainSamples: null,
    maxValidationSamples: null,
    earlyStoppingPatience: null,
  }, options);
}

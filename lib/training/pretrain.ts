/** Language models on texts, lyrics or any other, before anything is asked of them: rows, masks, the training; and reading one's own songs first. */
import { generator, randomKey, UserError } from "../ground/mod.ts";
import type { Example } from "./batches.ts";
import { type Examples, examplesOfList } from "./examples.ts";
import {
  type LanguageModel,
  type LanguageModelOptions,
  loadLanguageModel,
  trainableLanguageModel,
} from "./language_model.ts";
import { adaptFor } from "./freeze.ts";
import { type Recipe, studyRecipe } from "./recipe.ts";
import { rowLayout, RowPacker, textIdsOf } from "./text_rows.ts";
import { train } from "./trainer.ts";
import type { Trainable, TrainingOptions, TrainingRun } from "./types.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { disposeModel } from "../models/mod.ts";

/** Texts packed into rows of at most `maxLength` tokens, in memory; see {@link RowPacker}. */
export function packTexts(language: LanguageModel, texts: readonly string[], maxLength: number): Examples {
  const rows: Example[] = [];
  const packer = new RowPacker(rowLayout(language, maxLength), (ids) =>
    rows.push({
      songId: `row ${rows.length + 1}`,
      inputIds: Int32Array.from(ids),
      label: -100,
      weight: 1,
    }));
  for (const text of texts) packer.add(language.tokenizer.encode(text, { addSpecialTokens: false }).ids);
  packer.finish();
  return examplesOfList(rows);
}

/** What a causal model is asked of a row: every token but the first, and but those that begin a text. */
function askedOfCausal({ inputIds, ...rest }: Example, starts: readonly number[]): Example {
  const tokenLabels = inputIds.map((id, i) => i === 0 || starts.includes(id) ? -100 : id);
  return { ...rest, inputIds, tokenLabels };
}

/** The masks of a recipe, for a tokenizer's vocabulary. */
export function maskingOf({ tokenizer }: LanguageModel, recipe: Recipe): Masking {
  const { maskId, specialIds, vocabSize } = tokenizer;
  return {
    maskId,
    specialIds,
    vocabSize,
    rate: recipe.maskingRate,
    ...(recipe.wholeWordMasking && { continues: continuingTokens(tokenizer) }),
  };
}

/**
 * Trains a language model on rows of texts, in place: a masked one (BERT's family) with other masks in every epoch, drawn from
 * seed and epoch, each token seeing its own text alone; a causal one (Llama) on every next token. Validation tells loss, perplexity and the share of tokens that are right.
 *
 * Its best folder is what `loadClassifier`, `fineTune` and `--model` take: the classifier's head is freshly drawn.
 *
 * @param rows of {@link packTexts}, or of `cacheTexts` where they are too many for the memory
 * @throws Error where there is nothing to train on
 * @example
 * ```ts
 * const language = await loadLanguageModel("kobert-small-scratch", { seed: 7 });
 * const rows = (texts: string[]) => packTexts(language, texts, quickRecipe.maxLength);
 * await pretrain(language, { train: rows(lyrics), validation: rows(["한 편", "또 한 편"]) }, quickRecipe, { output: "outputs/pretrain" });
 * ```
 */
export async function pretrain(
  language: LanguageModel,
  rows: { train: Examples; validation: Examples },
  recipe: Partial<Recipe> = {},
  options: TrainingOptions = {},
): Promise<TrainingRun> {
  const full: Recipe = { ...studyRecipe, bestMetric: "loss", ...recipe };
  adaptFor(language.model, full, language.origin);
  const trainable: Trainable = trainableLanguageModel(language, full.dropout);
  if (language.kind === "masked") {
    const masking = maskingOf(language, full), { clsId } = language.tokenizer;
    trainable.draw = (example, epoch, index) => ({
      ...maskTokens(example, masking, generator(randomKey(full.seed, epoch ?? 0, index, 12))),
      textIds: textIdsOf(example.inputIds, clsId),
    });
  } else {
    const { start } = rowLayout(language, full.maxLength);
    trainable.draw = (example) => askedOfCausal(example, start);
  }
  return await train(trainable, rows, full, options);
}

/** Which tokens there are to mask with, and how they are chosen. */
export interface Masking {
  maskId: number;
  vocabSize: number;
  /** Never asked for. */
  specialIds: readonly number[];
  /** The share of tokens, or words, that are asked for. */
  rate: number;
  /** For whole words: whether a token, by its id, goes on with the word of the one before. */
  continues?: Uint8Array;
}

/** Of the tokens asked for, the share that is masked, and the share that becomes any other token; the rest stays. */
const shares = { masked: 0.8, other: 0.1 };

/**
 * BERT's masking (Devlin et al. 2019, 3.1; as transformers' `DataCollatorForLanguageModeling` draws it, each token for itself,
 * or with `continues` each word, whose pieces are then all asked for): at least one is asked for.
 *
 * @param random numbers in [0, 1)
 */
export function maskTokens(example: Example, masking: Masking, random: () => number): Example {
  const { maskId, vocabSize, specialIds, rate, continues } = masking;
  const special = new Set(specialIds), inputIds = example.inputIds.slice();
  const tokenLabels = new Int32Array(inputIds.length).fill(-100);
  const words: [from: number, to: number][] = [];
  inputIds.forEach((id, i) => {
    if (special.has(id)) return;
    const last = words.at(-1);
    if (last !== undefined && last[1] === i && continues?.[id] === 1) last[1] = i + 1;
    else words.push([i, i + 1]);
  });
  let asked = words.filter(() => random() < rate);
  if (asked.length === 0) asked = words.slice(Math.floor(random() * words.length)).slice(0, 1);
  for (const [from, to] of asked) {
    for (let i = from; i < to; i++) {
      tokenLabels[i] = inputIds[i]!;
      const draw = random();
      if (draw < shares.masked) inputIds[i] = maskId;
      else if (draw < shares.masked + shares.other) inputIds[i] = Math.floor(random() * vocabSize);
    }
  }
  return { ...example, inputIds, tokenLabels };
}

/**
 * Which tokens go on with the word of the one before, by id: pieces that do not begin with SentencePiece's `▁` or byte-level
 * BPE's `Ġ`, or that begin with WordPiece's `##`.
 *
 * @throws Error where the vocabulary has no such marks
 */
export function continuingTokens(tokenizer: Tokenizer): Uint8Array {
  const tokens = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id) ?? "");
  const special = new Set(tokenizer.specialIds);
  const start = ["▁", "Ġ"].find((mark) => tokens.some((token) => token.length > 1 && token.startsWith(mark)));
  const pieces = start === undefined && tokens.some((token) => token.startsWith("##"));
  if (start === undefined && !pieces) {
    throw new UserError(
      `${tokenizer.source}: its tokens do not tell where a word begins (by ▁, Ġ or ##); leave whole-word masking out.`,
    );
  }
  return Uint8Array.from(tokens, (token, id) => {
    if (special.has(id)) return 0;
    return (start === undefined ? token.startsWith("##") : !token.startsWith(start)) ? 1 : 0;
  });
}

/**
 * Goes on with a checkpoint's language modelling on the training songs' lyrics, for `recipe.adapt` epochs, as Howard & Ruder (2018,
 * ULMFiT) and Gururangan et al. (2020, "Don't stop pretraining") do: masked words for BERT's family, the next word for Llama. The run's
 * best folder is what `loadClassifier` then takes in place of `source`. Learning rate, schedule (with `warmupRatio`),
 * batches, masking and precision are the recipe's. Starts the engine.
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
    learningRate: recipe.adaptLearningRate ?? recipe.learningRate,
    bestMetric: "loss",
    // what is meant for the classifier, or has been taken
    warmupSteps: null,
    adaptLearningRate: null,
    cropLength: 0,
    averageEpochs: 1,
    evaluateEveryEpochs: 1,
    labelSmoothing: 0,
    distillation: 0,
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

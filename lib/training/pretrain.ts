/** Language models on texts: lyrics or any other, before anything is asked of them. */
import { generator, randomKey } from "../ground/mod.ts";
import type { Example } from "./batches.ts";
import { type Examples, examplesOfList } from "./examples.ts";
import { type LanguageModel, trainableLanguageModel } from "./language_model.ts";
import { adaptFor } from "./lora.ts";
import { continuingTokens, type Masking, maskTokens } from "./masking.ts";
import { type Recipe, studyRecipe } from "./recipe.ts";
import { rowLayout, RowPacker, textIdsOf } from "./text_rows.ts";
import { train } from "./trainer.ts";
import type { Trainable, TrainingOptions, TrainingRun } from "./types.ts";

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

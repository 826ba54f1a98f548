/** Language models on texts: lyrics or any other, before anything is asked of them. */
import { generator, randomKey } from "../engine/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Example } from "./batches.ts";
import { type LanguageModel, trainableLanguageModel } from "./language_model.ts";
import { adaptFor } from "./lora.ts";
import { type Recipe, studyRecipe } from "./recipe.ts";
import { train } from "./trainer.ts";
import type { Trainable, TrainingOptions, TrainingRun } from "./types.ts";

/** A text to learn from. */
export interface Text {
  /** Names it where something goes wrong: a song's id, a line's number. */
  id: string;
  text: string;
}

/**
 * Texts as rows of tokens: longer ones in several rows, the last as short as it comes; empty ones in none. Every token of a
 * causal model's rows has a label; a masked model's get theirs when they are drawn ({@link maskTokens}).
 *
 * @param maxLength tokens of a row, special tokens included
 */
export function textExamples(
  { tokenizer, kind, model }: LanguageModel,
  texts: readonly Text[],
  maxLength: number,
): Example[] {
  const endId = kind === "causal" ? model.config.endIds?.[0] ?? tokenizer.sepId : null;
  const start = startIds(tokenizer);
  const around = (ids: number[]) =>
    endId === null ? [tokenizer.clsId, ...ids, tokenizer.sepId] : [...start, ...ids, endId];
  const room = Math.min(maxLength, model.config.maxLength) - around([]).length;
  if (room < 1) throw new Error(`maxLength ${maxLength} leaves no room for text beside the special tokens.`);
  return texts.flatMap(({ id, text }) => {
    const ids = tokenizer.encode(text, { addSpecialTokens: false }).ids;
    return Array.from({ length: Math.ceil(ids.length / room) }, (_, i) => {
      const inputIds = Int32Array.from(around(ids.slice(i * room, (i + 1) * room)));
      const example = { songId: id, inputIds, label: -100, weight: 1 };
      return kind === "masked" ? example : { ...example, tokenLabels: inputIds.with(0, -100) };
    });
  });
}

/** What a tokenizer puts before a text: `[CLS]`, Llama's `<s>`, or nothing. */
export function startIds(tokenizer: Tokenizer): number[] {
  const { ids } = tokenizer.encode("가"), text = ids.findIndex((id) => !tokenizer.specialIds.includes(id));
  return ids.slice(0, text);
}

/** Which tokens there are to mask with. */
export interface MaskingVocabulary {
  maskId: number;
  vocabSize: number;
  /** Never asked for. */
  specialIds: readonly number[];
}

/** The share of tokens that are asked for; the model sees of them 80 % masked, 10 % as any other token, 10 % as they are. */
const masking = { asked: 0.15, masked: 0.8, other: 0.1 };

/**
 * BERT's masking (Devlin et al. 2019, 3.1; as transformers' `DataCollatorForLanguageModeling` draws it, each token for itself):
 * 15 % of the tokens are asked for, at least one.
 *
 * @param random numbers in [0, 1)
 */
export function maskTokens(
  example: Example,
  { maskId, vocabSize, specialIds }: MaskingVocabulary,
  random: () => number,
): Example {
  const special = new Set(specialIds), inputIds = example.inputIds.slice();
  const places = [...inputIds.keys()].filter((i) => !special.has(inputIds[i]!));
  let asked = places.filter(() => random() < masking.asked);
  if (asked.length === 0) asked = places.slice(Math.floor(random() * places.length)).slice(0, 1);
  const tokenLabels = new Int32Array(inputIds.length).fill(-100);
  for (const i of asked) {
    tokenLabels[i] = inputIds[i]!;
    const draw = random();
    if (draw < masking.masked) inputIds[i] = maskId;
    else if (draw < masking.masked + masking.other) inputIds[i] = Math.floor(random() * vocabSize);
  }
  return { ...example, inputIds, tokenLabels };
}

/**
 * Trains a language model on texts, in place: a masked one (BERT's family) with masks drawn anew in every epoch from seed and
 * epoch, a causal one (Llama) on every next token. Validation tells loss, perplexity and the share of tokens that are right.
 *
 * Its best folder is what `loadClassifier`, `fineTune` and `--model` take: the classifier's head starts anew.
 *
 * @throws Error where there is nothing to train on
 * @example
 * const language = await loadLanguageModel("kobert-small", { seed: 7 });
 * await pretrain(language, { train, validation }, quickRecipe, { output: "outputs/pretrain" });
 */
export async function pretrain(
  language: LanguageModel,
  texts: { train: readonly Text[]; validation: readonly Text[] },
  recipe: Partial<Recipe> = {},
  options: TrainingOptions = {},
): Promise<TrainingRun> {
  const full: Recipe = { ...studyRecipe, bestMetric: "loss", ...recipe };
  adaptFor(language.model, full, language.origin);
  const trainable: Trainable = trainableLanguageModel(language);
  if (language.kind === "masked") {
    const { maskId, specialIds } = language.tokenizer;
    const vocabulary = { maskId, specialIds, vocabSize: language.tokenizer.vocabSize };
    trainable.draw = (example, epoch, index) =>
      maskTokens(example, vocabulary, generator(randomKey(full.seed, epoch, index, 12)));
    trainable.identity = { ...trainable.identity, masking };
  }
  const rows = (texts: readonly Text[]) => textExamples(language, texts, full.maxLength);
  return await train(
    trainable,
    { train: rows(texts.train), validation: rows(texts.validation) },
    full,
    options,
  );
}

/** The texts of a file: paragraphs with empty lines between; where there are none, every line is one. */
export function textsOfFile(content: string): Text[] {
  const text = content.replace(/^\ufeff/, "").replaceAll("\r\n", "\n").trim();
  const parts = /\n[ \t]*\n/.test(text) ? text.split(/\n[ \t]*\n\s*/) : text.split("\n");
  return parts.filter((part) => part.trim() !== "").map((part, i) => ({ id: `text ${i + 1}`, text: part }));
}

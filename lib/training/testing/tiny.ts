/** What this folder's tests share: a tiny model and examples that it can learn. */
import { fileURLToPath } from "node:url";
import { generator, randomKey } from "../../ground/mod.ts";
import { createModel, disposeModel, type JsonObject, lossOf, saveCheckpoint } from "../../models/mod.ts";
import { loadTokenizer, type Tokenizer } from "../../tokenizer/mod.ts";
import type { Example } from "../batches.ts";
import type { Classifier } from "../classifier.ts";
import { type Recipe, studyRecipe } from "../recipe.ts";
import type { HistoryRecord, Trainable } from "../types.ts";

const tinyConfig: JsonObject = {
  model_type: "bert",
  vocab_size: 40,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 32,
  type_vocab_size: 2,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  layer_norm_eps: 1e-12,
  initializer_range: 0.1,
  pad_token_id: 0,
};

/** The config of a BERT of one layer, 16 wide, that reads a tokenizer's tokens. */
export const tinyTextConfig = (
  { vocabSize, padId }: Pick<Tokenizer, "vocabSize" | "padId">,
  change: JsonObject = {},
): JsonObject => ({
  model_type: "bert",
  vocab_size: vocabSize,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 64,
  pad_token_id: padId,
  initializer_range: 0.1,
  ...change,
});

/** A classifier of that config with the tokenizer of the tests, its dropout off: what it learns depends on the songs alone. */
export async function tinyClassifier(
  labels: readonly string[],
  { multiLabel = false, ...config }: JsonObject & { multiLabel?: boolean } = {},
): Promise<Classifier> {
  const tokenizer = await loadTokenizer(
    fileURLToPath(new URL("../../tokenizer/testdata/songs.model", import.meta.url)),
  );
  const still = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0, initializer_range: 0.2 };
  const json = tinyTextConfig(tokenizer, { ...still, ...config });
  return { model: createModel(json, { labels, multiLabel, seed: 1 }), tokenizer, labels, notes: [] };
}

export type TinyModel = Trainable & { dispose(): void };

/**
 * A BERT of 2 layers, 16 wide, for three genres. The engine must have been started.
 *
 * @param options.masked a masked language model in place of the classifier
 */
export function tinyModel(
  options: { seed?: number; config?: JsonObject; labels?: string[]; masked?: boolean } = {},
): TinyModel {
  const labels = options.labels ?? ["발라드", "댄스", "랩/힙합"];
  const model = createModel({ ...tinyConfig, ...options.config }, {
    ...(options.masked ? { task: "masked-lm" } : { labels }),
    seed: options.seed ?? 1,
  });
  return {
    parameters: model.parameters,
    padId: 0,
    labels,
    ...(options.masked && { languageModel: "masked" }),
    loss: (pass, batch, change) =>
      lossOf(model, pass, batch.tokens, options.masked ? batch.tokenLabels! : batch.labels, change),
    save: (folder) => saveCheckpoint(model, folder),
    identity: { config: model.json },
    dispose: () => disposeModel(model),
  };
}

/** Rows of random tokens whose class is told by a token that each class has of its own. */
export function tinyExamples(count: number, seed = 3, most = 14): Example[] {
  const random = generator(randomKey(seed));
  const draw = (size: number) => Math.floor(random() * size);
  return Array.from({ length: count }, (_, i) => {
    const label = draw(3), length = 4 + draw(most - 3);
    const inputIds = Int32Array.from({ length }, () => 10 + draw(30));
    inputIds[0] = 2;
    inputIds[1 + draw(length - 1)] = 5 + label;
    return { songId: `song-${seed}-${i}`, inputIds, label, weight: 1 };
  });
}

/** A short recipe in float32: {@link tinyExamples} are learnt in some epochs. */
export const tinyRecipe: Readonly<Recipe> = {
  ...studyRecipe,
  epochs: 2,
  batchSize: 8,
  maxLength: 16,
  learningRate: 3e-3,
  precision: "float32",
  logEverySteps: 4,
  saveEverySteps: 5,
};

/** A history without its times, which differ from run to run. */
export function withoutTimes(history: readonly HistoryRecord[]): unknown[] {
  return history.map(({ elapsedMs: _, ...record }) => record);
}

/** All parameters' values by name. */
export function weightsOf(model: Pick<Trainable, "parameters">): Record<string, Float32Array> {
  return Object.fromEntries([...model.parameters].map(([name, parameter]) => [name, parameter.data()]));
}

/** Checkpoints of the Hub whose shape is known: how long they take can be told before they are downloaded. */
import { join } from "node:path";
import {
  createModel,
  disposeModel,
  type JsonObject,
  resolveModel,
  saveCheckpoint,
} from "../../lib/models/mod.ts";
import { inProject } from "../setup/paths.ts";

const bert = (layers: number, width: number, heads: number, vocabulary: number): JsonObject => ({
  model_type: "bert",
  hidden_size: width,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  intermediate_size: 4 * width,
  max_position_embeddings: 512,
  vocab_size: vocabulary,
});

/** Their config.json, as far as it decides what they take. A vocabulary is at least the bundled tokenizer's, whose ids stand in for theirs. */
const shapes: Readonly<Record<string, JsonObject>> = {
  // 8,002 pieces
  "skt/kobert-base-v1": bert(12, 768, 12, 12_000),
  "monologg/kobert": bert(12, 768, 12, 12_000),
  "monologg/distilkobert": {
    model_type: "distilbert",
    dim: 768,
    n_layers: 3,
    n_heads: 12,
    hidden_dim: 3072,
    max_position_embeddings: 512,
    vocab_size: 12_000,
  },
  "klue/bert-base": bert(12, 768, 12, 32_000),
  "klue/roberta-base": { ...bert(12, 768, 12, 32_000), model_type: "roberta", max_position_embeddings: 514 },
  "klue/roberta-small": { ...bert(6, 768, 12, 32_000), model_type: "roberta", max_position_embeddings: 514 },
  "monologg/koelectra-small-v3-discriminator": {
    ...bert(12, 256, 4, 35_000),
    model_type: "electra",
    embedding_size: 128,
  },
  "monologg/koelectra-base-v3-discriminator": {
    ...bert(12, 768, 12, 35_000),
    model_type: "electra",
    embedding_size: 768,
  },
  "intfloat/multilingual-e5-small": bert(12, 384, 12, 250_037),
};

/** Their ids on the Hub. */
export const knownShapes: readonly string[] = Object.keys(shapes);

/**
 * A model's source, or where it would have to be downloaded and its shape is known, a folder with a checkpoint of that shape that has learnt
 * nothing, and the bundled tokenizer. The engine must have been started.
 *
 * @param folder where such a checkpoint goes
 * @param isThere whether a source need not be downloaded
 */
export async function sourceOrShape(
  source: string,
  folder: string,
  isThere: (source: string) => Promise<boolean> = isHere,
): Promise<string> {
  const shape = shapes[source.split("@")[0]!];
  if (shape === undefined || await isThere(source)) return source;
  const place = join(folder, ...source.split("@")[0]!.split("/"));
  const model = createModel({ ...shape, pad_token_id: 1 }, { seed: 7 });
  await saveCheckpoint(model, place, { dtype: "bfloat16" });
  disposeModel(model);
  const tokenizer = inProject("data", "kobert-small");
  for (const { name } of Deno.readDirSync(tokenizer)) {
    if (/token|vocab/.test(name)) await Deno.copyFile(join(tokenizer, name), join(place, name));
  }
  return place;
}

const isHere = (source: string): Promise<boolean> =>
  resolveModel(source, { offline: true }).then(() => true, () => false);

/** What a row's products alone would take: the limit that a training or an answer can reach. */
import { configs, type ModelConfig, type Row } from "./rows.ts";

/**
 * Multiplications and additions of the products that a model's layers make of one row of tokens, forward: those of all tokens in all
 * layers, though a classifier reads one token of the last. Embeddings and heads, some thousandths, are left out.
 */
export function operationsOf(config: ModelConfig, length: number): number {
  const number = (field: string) => Number(config[field]);
  if (config.model_type === "xlnet") {
    const width = number("d_model");
    // q, k, v, o; and twice as many positions as tokens; scores by content and by position, and values
    const weights = 4 * width ** 2 + 2 * width ** 2 + 2 * width * number("d_inner");
    return number("n_layer") * length * 2 * (weights + 4 * length * width);
  }
  const width = number("hidden_size"), inner = number("intermediate_size");
  const keys = config.model_type === "llama"
    ? width * number("num_key_value_heads") / number("num_attention_heads")
    : width;
  const weights = 2 * width ** 2 + 2 * width * keys + (config.model_type === "llama" ? 3 : 2) * width * inner;
  return number("num_hidden_layers") * length * 2 * (weights + 2 * length * width);
}

/**
 * Rows a second that products alone allow.
 *
 * @param perSecond multiplications and additions a second of a plain large product
 */
export function limitOf(row: Pick<Row, "kind" | "model" | "length">, perSecond: number): number {
  // a training's backward pass has two products for each of the forward pass
  return perSecond / (operationsOf(configs[row.model], row.length) * (row.kind === "train" ? 3 : 1));
}

/** Models of two layers, 16 wide, one of each architecture, for the tests of this room. */
import * as tf from "@tensorflow/tfjs";
import { Tape, trainingPass } from "../../engine/mod.ts";
import type { TokenBatch } from "../batch.ts";
import type { JsonObject } from "../config.ts";
import { disposeModel, logitsOf, type Model } from "../model.ts";

/** The configs by architecture, of 40 tokens, the padding being 1. @param dropout the rate of all dropouts */
export function smallConfigs(dropout: number, positions = 12): Record<string, JsonObject> {
  const small = { vocab_size: 40, pad_token_id: 1 };
  const bertLike = {
    ...small,
    max_position_embeddings: positions,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 24,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
  };
  return {
    bert: { model_type: "bert", ...bertLike },
    roberta: { model_type: "roberta", ...bertLike },
    electra: { model_type: "electra", ...bertLike, embedding_size: 8 },
    distilbert: {
      model_type: "distilbert",
      ...small,
      max_position_embeddings: positions,
      dim: 16,
      n_layers: 2,
      n_heads: 2,
      hidden_dim: 24,
      dropout,
      attention_dropout: dropout,
      seq_classif_dropout: dropout,
    },
    xlnet: {
      model_type: "xlnet",
      ...small,
      d_model: 16,
      n_layer: 2,
      n_head: 2,
      d_inner: 24,
      dropout,
      summary_last_dropout: dropout,
    },
    llama: {
      model_type: "llama",
      ...small,
      max_position_embeddings: positions,
      hidden_size: 16,
      intermediate_size: 24,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      attention_dropout: dropout,
    },
  };
}

/** Runs a part with a model, which is freed after it. */
export function using<T>(model: Model, part: (model: Model) => T): T {
  try {
    return part(model);
  } finally {
    disposeModel(model);
  }
}

/** A batch's logits with dropout by a seed. */
export function droppedLogits(model: Model, batch: TokenBatch, seed: number): number[] {
  const tape = new Tape();
  const logits = tf.tidy(() => logitsOf(model, trainingPass(tape, "float32", seed, 0), batch));
  const values = [...logits.dataSync()];
  logits.dispose();
  tape.clear();
  for (const parameter of model.parameters.values()) parameter.release();
  return values;
}

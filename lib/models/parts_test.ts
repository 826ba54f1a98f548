/** A batch that is computed in parts, by one process or several, drops what it would drop at once: the same logits with dropout. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import {
  type BatchPart,
  hasKernels,
  type Precision,
  resolvePrecision,
  startEngine,
  Tape,
  trainingPass,
} from "../engine/mod.ts";
import { type TokenBatch, tokenBatch } from "./batch.ts";
import type { JsonObject } from "./config.ts";
import { createModel, disposeModel, logitsOf, type Model } from "./model.ts";

await startEngine();

const small = { vocab_size: 40, max_position_embeddings: 24, pad_token_id: 1 };
const bertLike = {
  ...small,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 24,
  hidden_dropout_prob: 0.3,
  attention_probs_dropout_prob: 0.3,
};
const configs: Record<string, JsonObject> = {
  bert: { model_type: "bert", ...bertLike },
  roberta: { model_type: "roberta", ...bertLike },
  electra: { model_type: "electra", ...bertLike, embedding_size: 8 },
  distilbert: {
    model_type: "distilbert",
    ...small,
    dim: 16,
    n_layers: 2,
    n_heads: 2,
    hidden_dim: 24,
    dropout: 0.3,
    attention_dropout: 0.3,
    seq_classif_dropout: 0.3,
  },
  xlnet: {
    model_type: "xlnet",
    vocab_size: 40,
    d_model: 16,
    n_layer: 2,
    n_head: 2,
    d_inner: 24,
    dropout: 0.3,
    summary_last_dropout: 0.3,
  },
  llama: {
    model_type: "llama",
    ...small,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    intermediate_size: 24,
    attention_dropout: 0.3,
  },
};
const labels = ["가", "나", "다"];

/** Rows of tokens, of which some of a masked language model's are asked for. */
const rows = [[2, 9, 17, 21, 3], [2, 30, 3], [2, 8, 9, 10, 3], [2, 31, 32, 3], [2, 33, 14, 15, 3]];
const asked = [[1], [1], [2, 3], [1], [1, 3]];

/** Logits with dropout of the rows from one to another: of the whole batch, or as a part of it. */
function logits(model: Model, precision: Precision, from: number, to: number): number[] {
  const length = Math.max(...rows.map((row) => row.length));
  const side = model.architecture.paddingSide;
  const batch: TokenBatch = tokenBatch(rows.slice(from, to), 1, side, length);
  const wanted = model.task === "masked-lm"
    ? Int32Array.from(
      asked.slice(from, to).flatMap((places, row) => places.map((place) => row * length + place)),
    )
    : undefined;
  const part: BatchPart = {
    batch: to - from,
    length,
    before: from,
    ...(wanted && { asked: { here: wanted.length, before: asked.slice(0, from).flat().length } }),
  };
  const tape = new Tape();
  try {
    const isWhole = from === 0 && to === rows.length;
    const pass = trainingPass(tape, precision, 7, 3, isWhole ? null : part);
    const result = tf.tidy(() => logitsOf(model, pass, batch, wanted));
    const values = [...result.dataSync()];
    result.dispose();
    return values;
  } finally {
    tape.clear();
  }
}

const cases = [
  ...Object.keys(configs).map((name) => [name, "sequence-classification"] as const),
  ...["bert", "electra"].map((name) => [name, "masked-lm"] as const),
];
for (const [name, task] of cases) {
  const precisions: Precision[] = resolvePrecision("auto") === "bf16" && name !== "xlnet"
    ? ["float32", "bf16"]
    : ["float32"];
  for (const precision of precisions) {
    Deno.test(`${name}, ${task}, ${precision}: parts of a batch drop what the whole drops`, {
      ignore: !hasKernels(),
    }, () => {
      const model = createModel(configs[name]!, { labels, seed: 7, task });
      try {
        const whole = logits(model, precision, 0, rows.length);
        const tolerance = precision === "bf16" ? 2e-2 : 1e-5;
        for (const cuts of [[0, 2, 5], [0, 1, 4, 5]]) {
          const parts = cuts.slice(1).flatMap((to, i) => logits(model, precision, cuts[i]!, to));
          assert.equal(parts.length, whole.length);
          parts.forEach((value, i) =>
            assert.ok(Math.abs(value - whole[i]!) < tolerance, `${cuts}: ${value}, ${whole[i]}`)
          );
        }
      } finally {
        disposeModel(model);
      }
    });
  }
}

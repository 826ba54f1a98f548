/** What a model says of a row does not depend on the rows that are computed with it, nor on how far they make it padded. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { hasKernels, inferencePass, type Precision, resolvePrecision, startEngine } from "../engine/mod.ts";
import { generator, randomKey } from "../ground/mod.ts";
import { tokenBatch } from "./batch.ts";
import { createModel, disposeModel, logitsOf, type Model } from "./model.ts";
import { smallConfigs } from "./testing/small.ts";

await startEngine();

const small = smallConfigs(0, 300);
const configs: typeof small = {
  ...small,
  "wide bert": {
    ...small.bert!,
    hidden_size: 256,
    num_hidden_layers: 3,
    num_attention_heads: 4,
    intermediate_size: 512,
  },
};
const random = generator(randomKey(5)), draw = (size: number) => Math.floor(random() * size);
/** Lengths about those of vectors, tiles and blocks. */
const rows = [1, 7, 16, 17, 31, 33, 47, 64, 65, 100, 129, 200].map((length) =>
  Array.from({ length }, () => 5 + draw(30))
);

function logits(model: Model, precision: Precision, some: number[][], length: number): number[][] {
  const result = tf.tidy(() => {
    const batch = tokenBatch(some, 1, model.architecture.paddingSide, length);
    return logitsOf(model, inferencePass(precision), batch);
  });
  const values = result.arraySync() as number[][];
  result.dispose();
  return values;
}

for (const name of Object.keys(configs)) {
  for (const precision of ["float32", "bf16"] as const) {
    const ignore = !hasKernels() || (precision === "bf16" && resolvePrecision("auto") !== "bf16");
    Deno.test(
      `${name}, ${precision}: a row's logits are the same whatever it is computed with`,
      { ignore },
      () => {
        const model = createModel({
          ...configs[name]!,
          initializer_range: name.startsWith("wide") ? 0.08 : 0.4,
        }, { labels: ["가", "나", "다"], seed: 7 });
        try {
          const alone = rows.map((row) => logits(model, precision, [row], row.length)[0]!);
          for (const length of [200, 201, 255]) {
            logits(model, precision, rows, length).forEach((together, i) =>
              assert.deepEqual(together, alone[i], `${rows[i]!.length} tokens, padded to ${length}`)
            );
          }
        } finally {
          disposeModel(model);
        }
      },
    );
  }
}

/** What a classifier reads of a row: its first token, or the mean of its tokens. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { inferencePass, startEngine } from "../engine/mod.ts";
import { checkBackward } from "../engine/testing/gradients.ts";
import { tokenBatch } from "./batch.ts";
import { meanOfTokens } from "./layers.ts";
import { createModel, disposeModel, namedConfig, predictLogits, setPooling } from "./model.ts";

await startEngine();

Deno.test("the mean of each row's tokens: padding is left out, a row that is nothing else counts whole", () => {
  const values = [[1, 2], [3, 6], [90, 90], [90, 90], [4, 4], [8, 0], [1, 1], [3, 5], [5, 0]];
  const batch = {
    ...tokenBatch([[5, 6, 7], [5, 6, 7], [5, 6, 7]], 0),
    attentionMask: Int32Array.of(1, 1, 0, 0, 1, 1, 0, 0, 0),
  };
  const x = tf.tensor2d(values), mean = meanOfTokens(inferencePass("float32"), x, batch);
  assert.deepEqual([...mean.dataSync()], [2, 4, 6, 2, 3, 2]);
  tf.dispose([x, mean]);
  checkBackward((pass, { x }) => meanOfTokens(pass, x!, batch), {
    tensors: { x: { values: Float32Array.from(values.flat()), shape: [9, 2] } },
  });
});

for (const name of ["kobert-small-scratch", "roberta-small", "electra-small", "xlnet-small", "llama-small"]) {
  Deno.test(`${name}: the mean does not see padding, and all of its tokens count`, () => {
    const json = {
      ...namedConfig(name, { vocabSize: 40, padId: 1 }),
      num_hidden_layers: 1,
      n_layer: 1,
      hidden_size: 32,
      d_model: 32,
      embedding_size: 16,
      intermediate_size: 16,
      d_inner: 16,
      initializer_range: 0.3,
    };
    const model = createModel(json, { labels: ["가", "나"], seed: 2 });
    const { paddingSide } = model.architecture;
    const logitsOf = (rows: number[][]) => [...predictLogits(model, tokenBatch(rows, 1, paddingSide))];
    const text = [2, 9, 17, 21, 3];
    const byToken = logitsOf([text]);
    setPooling(model, "mean");
    const byMean = logitsOf([text]);
    assert.ok(byMean.some((value, i) => Math.abs(value - byToken[i]!) > 1e-3), `${byMean} ${byToken}`);
    const [first, second] = logitsOf([text, [2, 9, 17, 21, 3, 30, 31, 32]]);
    [first, second].forEach((value, i) =>
      assert.ok(Math.abs(value! - byMean[i]!) < 1e-4, `${value} ${byMean[i]}`)
    );
    setPooling(model, "cls");
    assert.deepEqual(logitsOf([text]), byToken);
    disposeModel(model);
  });
}

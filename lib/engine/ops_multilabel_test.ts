/** Binary cross-entropy against finite differences and torch's BCEWithLogitsLoss (tools/reference/multilabel_fixtures.py). */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { binaryCrossEntropy } from "./ops_multilabel.ts";
import { checkBackward, closeTo, gradientsOf, inference, randomValues, take } from "./testing/gradients.ts";

await startEngine();
const fixture = JSON.parse(Deno.readTextFileSync(new URL("testdata/multilabel.json", import.meta.url)));
const floats = (values: number[] | null) => values === null ? undefined : Float32Array.from(values);

Deno.test("binaryCrossEntropy: loss and gradient as torch's, with and without weights of examples and classes", () => {
  assert.equal(fixture.length, 8);
  for (
    const { examples, classes, logits, targets, exampleWeights, positiveWeights, loss, gradient } of fixture
  ) {
    const options = {
      ...(exampleWeights && { exampleWeights: floats(exampleWeights)! }),
      ...(positiveWeights && { positiveWeights: floats(positiveWeights)! }),
    };
    const what = JSON.stringify({ exampleWeights, positiveWeights });
    const { output, gradients } = gradientsOf(
      (pass, { logits }) => binaryCrossEntropy(pass, logits!, floats(targets)!, options),
      { tensors: { logits: { values: floats(logits)!, shape: [examples, classes] } } },
      () => Float32Array.of(1),
    );
    closeTo(output, [loss], 2e-6, `loss, ${what}`);
    closeTo(gradients.logits!, gradient, 1e-6, `gradient, ${what}`);
  }
});

Deno.test("binaryCrossEntropy: backward as finite differences", () => {
  const targets = Float32Array.of(1, 0, 1, 0, 0, 1);
  const options = { exampleWeights: Float32Array.of(0.5, 2), positiveWeights: Float32Array.of(3, 1, 0.5) };
  checkBackward(
    (pass, { x }) => binaryCrossEntropy(pass, x!, targets, options),
    { tensors: { x: { values: randomValues([2, 3], 4), shape: [2, 3] } } },
  );
});

Deno.test("binaryCrossEntropy: logits far out give finite losses and gradients", () => {
  const far = { values: Float32Array.of(200, -200, -200, 200), shape: [2, 2] };
  const { output, gradients } = gradientsOf(
    (pass, { x }) => binaryCrossEntropy(pass, x!, Float32Array.of(1, 0, 1, 0)),
    { tensors: { x: far } },
    () => Float32Array.of(1),
  );
  closeTo(output, [100], 1e-6, "loss"); // two terms of 200, two of 0
  closeTo(gradients.x!, [0, 0, -0.25, 0.25], 1e-6, "gradient");
});

Deno.test("binaryCrossEntropy: parts divided by the whole batch's weight add up to it", () => {
  const values = randomValues([4, 3], 9), targets = Float32Array.from(values, (_, i) => i % 3 === 0 ? 1 : 0);
  const weights = Float32Array.of(1, 0.5, 2, 0.25);
  const lossOf = (from: number, to: number, normaliser?: number) => {
    const logits = tf.tensor(values.slice(3 * from, 3 * to), [to - from, 3]);
    const [loss] = take(binaryCrossEntropy(inference, logits, targets.slice(3 * from, 3 * to), {
      exampleWeights: weights.slice(from, to),
      ...(normaliser !== undefined && { normaliser }),
    }));
    logits.dispose();
    return loss!;
  };
  const before = tf.memory().numTensors;
  closeTo([lossOf(0, 1, 3.75) + lossOf(1, 4, 3.75)], [lossOf(0, 4)], 1e-6, "loss");
  assert.equal(tf.memory().numTensors, before, "nothing is left behind");
});

Deno.test("binaryCrossEntropy: what does not fit is an error that names it", () => {
  const logits = tf.zeros([2, 3]);
  const loss = (targets: number[], options = {}) =>
    binaryCrossEntropy(inference, logits, Float32Array.from(targets), options);
  assert.throws(() => loss([0, 1]), /2 targets are given for logits \[2, 3\]; there must be 6/);
  assert.throws(() => loss([0, 1, 0, 0, 2, 0]), /target of example 1, class 1 is 2/);
  assert.throws(() => loss([0, 1, NaN, 0, 0, 0]), /target of example 0, class 2 is NaN/);
  const zeros = [0, 0, 0, 0, 0, 0];
  assert.throws(() => loss(zeros, { exampleWeights: new Float32Array(3) }), /3 weights of examples/);
  assert.throws(() => loss(zeros, { positiveWeights: new Float32Array(2) }), /2 positive weights/);
  logits.dispose();
});

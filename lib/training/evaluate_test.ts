/** What is said of examples, each by itself. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "../engine/mod.ts";
import { randomValues } from "../engine/testing/gradients.ts";
import { evaluateExamples } from "./evaluate.ts";
import type { Scorer } from "./types.ts";

await startEngine();

Deno.test("evaluateExamples: an example's probabilities are the same whatever it is evaluated with", async () => {
  const classes = 3, count = 21, logits = randomValues([count, classes], 3, 4);
  const examples = Array.from({ length: count }, (_, i) => ({
    songId: String(i),
    inputIds: Int32Array.of(i),
    label: 0,
    weight: 1,
  }));
  for (const multiLabel of [false, true]) {
    const scorer: Scorer = {
      padId: 0,
      labels: ["가", "나", "다"],
      multiLabel,
      loss: (_, { tokens: { inputIds } }) => ({
        loss: tf.scalar(1),
        logits: tf.gather(tf.tensor2d(logits, [count, classes]), [...inputIds]),
      }),
    };
    const of = async (from: number, to: number) =>
      (await evaluateExamples(scorer, examples.slice(from, to), { batchSize: 32, precision: "float32" }))
        .probabilities;
    const together = await of(0, count);
    for (let i = 0; i < count; i++) assert.deepEqual((await of(i, i + 1))[0], together[i], `example ${i}`);
    together.forEach((row, i) => {
      const powers = Array.from(logits.subarray(i * classes, (i + 1) * classes), Math.exp);
      const sum = powers.reduce((a, b) => a + b);
      row.forEach((p, k) => assert.ok(Math.abs(p - powers[k]! / (multiLabel ? 1 + powers[k]! : sum)) < 1e-6));
    });
  }
});

/** A parameter's memory is its own. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { AdamW } from "./optimizer.ts";
import { Parameter } from "./parameters.ts";

await startEngine();

Deno.test("smoke: steps in place leave alone the arrays that values came from and were read into", () => {
  // the engine shares an array's memory where it happens to be aligned: many sizes meet that case
  for (let i = 0; i < 30; i++) {
    const size = 500 + 37 * i;
    const given = new Float32Array(size).fill(1), assigned = new Float32Array(size).fill(2);
    const m = new Float32Array(size).fill(3), v = new Float32Array(size).fill(4);
    const parameter = new Parameter("weight", tf.tensor(given));
    const optimizer = new AdamW();
    const step = () => optimizer.step(new Map([[parameter, tf.ones([size])]]), 0.1);
    step();
    parameter.assign(assigned);
    optimizer.restoreMoments(parameter, { m, v, steps: 3 });
    const read = parameter.data(), moment = optimizer.momentData(parameter, "m");
    step();
    assert.deepEqual([given, assigned, m, v, read, moment].map((array) => array[size - 1]), [
      1,
      2,
      3,
      4,
      2,
      3,
    ]);
    assert.ok(parameter.data()[0]! < 2);
    parameter.dispose();
    optimizer.dispose();
  }
});

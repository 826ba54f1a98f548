/** A parameter's memory is its own. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { AdamW } from "./optimizer.ts";
import { Parameter } from "./parameters.ts";
import { hasNative, toBfloat16 } from "./raw.ts";

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

Deno.test({
  name: "a parameter of bfloat16 values holds them so, and can be widened and trained",
  ignore: !hasNative(),
  fn() {
    const values = tf.tensor([1, -2.5, 0.0078125]), low = toBfloat16(values);
    const parameter = new Parameter("weight", low);
    assert.deepEqual([parameter.isNarrow, parameter.trainable, parameter.size], [true, false, 3]);
    assert.deepEqual(Array.from(parameter.data()), [1, -2.5, 0.0078125]);
    parameter.widen();
    assert.equal(parameter.isNarrow, false);
    const optimizer = new AdamW();
    optimizer.step(new Map([[parameter, tf.ones([3])]]), 0.5);
    assert.ok(parameter.data()[0]! < 1);
    parameter.dispose();
    optimizer.dispose();
    values.dispose();
  },
});

Deno.test("a parameter that takes a tensor's memory is trained as one that copies it", () => {
  const trained = [false, true].map((owned) => {
    const initial = tf.tensor([1, 2, 3]);
    const parameter = new Parameter("weight", tf.add(initial, 1), { owned });
    const optimizer = new AdamW();
    optimizer.step(new Map([[parameter, tf.tensor([1, -1, 2])]]), 0.1);
    const values = Array.from(parameter.data());
    assert.deepEqual(Array.from(initial.dataSync()), [1, 2, 3]);
    parameter.dispose();
    optimizer.dispose();
    initial.dispose();
    return values;
  });
  assert.deepEqual(trained[0], trained[1]);
  assert.ok(trained[0]![0]! < 2 && trained[0]![1]! > 3);
});

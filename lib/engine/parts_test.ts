/** Parameters stepped part by part: the whole step's numbers. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { AdamW } from "./optimizer.ts";
import { narrowRest, numbersInPlace, PartGradient, sumOfParts, unwritten } from "./parts.ts";
import { hasKernels, toBfloat16, toFloat32 } from "./raw.ts";
import { randomParameter, randomValues, take } from "./testing/gradients.ts";

await startEngine();
const ignore = !hasKernels();
const shape = [70, 300], size = 70 * 300;
const floats = (values: tf.Tensor) => take(tf.tidy(() => toFloat32(values).clone()));

Deno.test("numbers in place: what is written there the tensor has, in both types", { ignore }, () => {
  const x = tf.add(tf.tensor1d([1, 2, 3]), 0), low = toBfloat16(x), empty = tf.add(tf.zeros([0]), 0);
  const [values, none] = numbersInPlace([x, empty]), [bits] = numbersInPlace([low]);
  assert.deepEqual([...values!], [1, 2, 3]);
  assert.deepEqual([...bits!], [0x3f80, 0x4000, 0x4040]);
  assert.equal(none!.length, 0);
  values![1] = 7;
  bits![0] = 0x40a0;
  assert.deepEqual([...take(x)], [1, 7, 3]);
  assert.deepEqual([...floats(low)], [5, 2, 3]);
  low.dispose();
  assert.deepEqual(numbersInPlace([]), []);
});

Deno.test("the sum of parts: one after the other, of bfloat16 in float32", { ignore }, () => {
  const rows = [[1, 256, 3], [0.5, 1, 4], [2 ** -24, 1, 5]];
  const x = tf.tensor2d(rows), low = toBfloat16(x), none = unwritten([2, 0], x);
  assert.deepEqual([...take(sumOfParts(low))], [1.5, 258, 12]);
  assert.deepEqual([...take(sumOfParts(x))], [1.5, 258, 12]);
  assert.deepEqual([...take(sumOfParts(none))], []);
  const many = tf.tensor2d(randomValues([3, 20_001], 8), [3, 20_001]);
  assert.deepEqual(take(sumOfParts(many)), take(tf.tidy(() => tf.addN(tf.unstack(many)))));
  tf.dispose([x, low, none, many]);
});

Deno.test("AdamW: a parameter stepped in parts is the one stepped whole, to the bit, its bfloat16 copy too", {
  ignore,
}, () => {
  const gradients = [1, 2, 3].map((seed) => randomValues(shape, seed));
  const step = (ranges: [from: number, to: number][]) => {
    const parameter = randomParameter("weight", shape, 4), other = randomParameter("bias", [5], 5);
    parameter.lowValue();
    // each part by an optimizer of its own, as in several processes
    const optimizers = ranges.map(() => new AdamW());
    for (const values of gradients) {
      optimizers.forEach((optimizer, i) => {
        const [from, to] = ranges[i]!;
        const gradient = tf.tensor1d(values.subarray(from, to));
        const whole = to - from === size;
        optimizer.step(
          new Map([
            [other, tf.ones([5])],
            [parameter, whole ? tf.reshape(gradient, shape) : new PartGradient(from, gradient)],
          ]),
          0.1,
          0.5,
        );
      });
    }
    return { weight: parameter.data(), low: floats(parameter.lowValue()), optimizers, parameter };
  };
  const whole = step([[0, size]]), parts = step([[0, 7], [7, 12_345], [12_345, size]]);
  assert.deepEqual(parts.weight, whole.weight);
  assert.deepEqual(parts.low, whole.low);
  assert.deepEqual(parts.low, floats(toBfloat16(tf.tensor1d(whole.weight))));

  const [, second] = parts.optimizers;
  assert.throws(() => second!.momentData(parts.parameter, "m"), /part of weight/);
  const [m] = numbersInPlace(second!.takeParts());
  assert.deepEqual(
    m!.slice(7, 12_345),
    whole.optimizers[0]!.momentData(whole.parameter, "m").slice(7, 12_345),
  );
  assert.ok(m!.slice(12_345).every((x) => x === 0), "the rest stands elsewhere");
  assert.equal(second!.momentData(parts.parameter, "m").length, size);
  assert.deepEqual(second!.takeParts(), []);
});

Deno.test("the rest of bfloat16 copies is made anew, and a part left as it is", { ignore }, () => {
  const parameters = [1, 2, 3].map((seed) => randomParameter("weight", shape, seed));
  parameters.slice(0, 2).forEach((parameter) => parameter.lowValue());
  for (const numbers of numbersInPlace(parameters.map((parameter) => parameter.value()))) numbers.fill(300);
  narrowRest(new Map(parameters.map((parameter, i) => [parameter, { from: 10 * i, to: 20_000 }])));
  parameters.slice(0, 2).forEach((parameter, i) => {
    const low = floats(parameter.heldLowValue()!);
    assert.deepEqual([...low.keys()].filter((k) => low[k] === 300).length, size - 20_000 + 10 * i);
    assert.ok(
      low.subarray(0, 10 * i).every((x) => x === 300) && low.subarray(20_000).every((x) => x === 300),
    );
  });
  assert.equal(parameters[2]!.heldLowValue(), null);
});

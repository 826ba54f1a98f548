/** Parameters stepped part by part: the whole step's numbers. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { AdamW } from "./optimizer.ts";
import {
  joinShares,
  narrowRest,
  numbersInPlace,
  PartGradient,
  spreadShares,
  sumShares,
  unwritten,
} from "./parts.ts";
import { hasKernels, toBfloat16, toFloat32 } from "./raw.ts";
import { numbersAt, randomParameter, randomValues, take } from "./testing/gradients.ts";

await startEngine();
const ignore = !hasKernels();
const shape = [70, 300], size = 70 * 300;
const floats = (values: tf.Tensor) => take(tf.tidy(() => toFloat32(values).clone()));

Deno.test("numbers in place: what is written there the tensor has, in both types", { ignore }, () => {
  const x = tf.add(tf.tensor1d([1, 2, 3]), 0), low = toBfloat16(x), empty = tf.add(tf.zeros([0]), 0);
  const [values, none] = numbersInPlace([x, empty]).map(numbersAt),
    [bits] = numbersInPlace([low]).map(numbersAt);
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

Deno.test("the sums of shares: one member after the other, of bfloat16 in float32", { ignore }, () => {
  // [1, 256, 3] has the second member, whose shares of five numbers and of one are these three
  const five = tf.tensor1d([0, 1, 256, 0, 0]), one = tf.tensor1d([3]), team = { rank: 1, size: 3 };
  const others = tf.tensor2d([[0.5, 1, 4], [2 ** -24, 1, 5]]);
  const nine = tf.tensor1d([0, 0, 0, 1, 256, 3, 0, 0, 0]);
  const sums = (own: tf.Tensor[], received: tf.Tensor) => [...take(sumShares(own, received, team))];
  assert.deepEqual(sums([nine], others), [1.5, 258, 12]);
  assert.deepEqual(sums([toBfloat16(nine)], toBfloat16(others)), [1.5, 258, 12]);
  assert.deepEqual(sums([five, one, one], tf.tensor2d([[0.5, 1], [1, 1]])), [2.5, 258]);
  assert.deepEqual(sums([one], unwritten([2, 0], one)), []);
  // 2^24 + 1 + 1 in another order is another sum
  const order = (rank: number, own: number, ...those: number[]) =>
    take(sumShares([tf.fill([3], own)], tf.tensor2d(those, [2, 1]), { rank, size: 3 }))[0];
  assert.deepEqual([order(0, 1, 1, 2 ** 24), order(2, 2 ** 24, 1, 1)], [2 ** 24 + 2, 2 ** 24 + 2]);
  assert.deepEqual([order(0, 2 ** 24, 1, 1), order(1, 1, 2 ** 24, 1)], [2 ** 24, 2 ** 24]);
  const many = randomValues([3, 20_000], 8), size = 20_000, whole = tf.tensor2d(many, [3, size]);
  const gradient = tf.concat([
    tf.zeros([size]),
    tf.tensor1d(many.subarray(size, 2 * size)),
    tf.zeros([size]),
  ]);
  const rest = tf.tensor2d([...many.subarray(0, size), ...many.subarray(2 * size)], [2, size]);
  assert.deepEqual(sums([gradient], rest), [...take(tf.tidy(() => tf.addN(tf.unstack(whole))))]);
});

Deno.test("joined shares: what goes to a member stands together, and what others have comes to its place", {
  ignore,
}, () => {
  const a = [0, 1, 2, 3, 4], b = [10, 11], c = Array.from({ length: 30_000 }, (_, i) => 100 + i);
  const tensors = [a, b, c].map((values) => tf.add(tf.tensor1d(values), 0)), size = 3;
  const shares = [
    [0, ...c.slice(0, 10_000)],
    [1, 2, 10, ...c.slice(10_000, 20_000)],
    [3, 4, 11, ...c.slice(20_000)],
  ];
  const join = (
    tensors: tf.Tensor[],
    whose: "own" | "others",
    rank: number,
  ) => [...take(tf.tidy(() => toFloat32(joinShares(tensors, whose, { rank, size }))))];
  assert.deepEqual(join(tensors, "others", 0).slice(10_001), shares.slice(1).flat());
  assert.deepEqual(join(tensors, "others", 2).slice(0, 20_004), shares.slice(0, 2).flat());
  const low = tensors.map(toBfloat16),
    rounded = tf.tidy(() => toFloat32(toBfloat16(tf.tensor1d(shares[2]!))));
  assert.deepEqual(join(low, "own", 2).slice(20_004), [...take(rounded)]);
  const own = joinShares(tensors, "own", { rank: 1, size }), [numbers] = numbersInPlace([own]).map(numbersAt);
  assert.deepEqual([...numbers!.subarray(10_001, 20_004)], shares[1]);
  numbers!.fill(-1, 0, 10_001);
  numbers!.fill(-3, 10_001, 20_004);
  numbers!.fill(-2, 20_004);
  spreadShares(own, tensors, { rank: 1, size });
  const [first, second, third] = tensors.map((tensor) => [...take(tensor)]);
  assert.deepEqual([first, second], [[-1, 1, 2, -2, -2], [10, -2]]);
  assert.deepEqual(third, [
    ...Array(10_000).fill(-1),
    ...c.slice(10_000, 20_000),
    ...Array(10_000).fill(-2),
  ]);
  tf.dispose([...low, own]);
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
            [parameter, whole ? tf.reshape(gradient, shape) : new PartGradient(from, to - from, gradient)],
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
  const [m] = numbersInPlace(second!.takeParts([parts.parameter])).map(numbersAt);
  assert.deepEqual(
    m!.slice(7, 12_345),
    whole.optimizers[0]!.momentData(whole.parameter, "m").slice(7, 12_345),
  );
  assert.ok(m!.slice(12_345).every((x) => x === 0), "the rest stands elsewhere");
  assert.equal(second!.momentData(parts.parameter, "m").length, size);
  assert.deepEqual(second!.takeParts([parts.parameter]), []);
});

Deno.test("the rest of bfloat16 copies is made anew, and a part left as it is", { ignore }, () => {
  const parameters = [1, 2, 3].map((seed) => randomParameter("weight", shape, seed));
  parameters.slice(0, 2).forEach((parameter) => parameter.lowValue());
  for (const numbers of numbersInPlace(parameters.map((parameter) => parameter.value()))) {
    numbersAt(numbers).fill(300);
  }
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

/**
 * Every operation's backward pass against finite differences, and its numbers against torch's where torch has the same.
 * tools/reference/training_fixtures.py makes the fixture. Everything runs on both engines; bf16 where it exists.
 */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import {
  activate,
  activationNames,
  addBias,
  addNorm,
  attend,
  type BatchPart,
  crossEntropy,
  dropout,
  embed,
  fromTensorFlowJs,
  layerNorm,
  linear,
  type Pass,
  selectRows,
  tanh,
  trainingPass,
} from "./ops.ts";
import { Parameter } from "./parameters.ts";
import { type RandomKey, randomKey } from "../ground/pure.ts";
import { hasKernels, hasNative } from "./raw.ts";
import { Tape } from "./tape.ts";
import {
  checkBackward,
  closeTo,
  fixedKeys,
  given,
  gradientsOf,
  inference,
  type Operands,
  randomParameter,
  randomValues,
  take,
} from "./testing/gradients.ts";

const fixture = JSON.parse(Deno.readTextFileSync(new URL("testdata/torch.json", import.meta.url)));
await startEngine();

const fromNumbers = (name: string, numbers: number[], shape = [numbers.length]) =>
  new Parameter(name, tf.tensor(numbers, shape));

function dispose({ parameters = {} }: Operands): void {
  Object.values(parameters).forEach((parameter) => parameter.dispose());
}

Deno.test("linear: one weight, backward as finite differences", () => {
  const operands = { parameters: { w: randomParameter("w", [3, 4], 1) }, tensors: { x: given([5, 4], 2) } };
  checkBackward((pass, { x }) => linear(pass, x!, operands.parameters.w), operands);
  dispose(operands);
});

Deno.test("linear: several weights run side by side, each with its own gradient", () => {
  const a = randomParameter("a", [3, 4], 1), b = randomParameter("b", [2, 4], 2);
  const operands = { parameters: { a, b }, tensors: { x: given([5, 4], 3) } };
  checkBackward((pass, { x }) => linear(pass, x!, a, b), operands);
  const x = tf.tensor(operands.tensors.x.values, [5, 4]);
  const together = take(linear(inference, x, a, b));
  const left = take(linear(inference, x, a)), right = take(linear(inference, x, b));
  const rows = Array.from({ length: 5 }, (_, i) => [
    ...left.slice(i * 3, i * 3 + 3),
    ...right.slice(i * 2, i * 2 + 2),
  ]);
  closeTo(together, rows.flat(), 1e-6, "side by side");
  x.dispose();
  dispose(operands);
});

Deno.test("linear: a frozen weight gets no gradient, its input does", () => {
  const w = randomParameter("w", [3, 4], 1);
  w.trainable = false;
  const { gradients } = gradientsOf(
    (pass, { x }) => linear(pass, x!, w),
    { parameters: { w }, tensors: { x: given([5, 4], 2) } },
    (size) => new Float32Array(size).fill(1),
  );
  assert.deepEqual(Object.keys(gradients), ["x"]);
  w.dispose();
});

Deno.test("addBias and tanh: backward as finite differences", () => {
  const operands = { parameters: { b: randomParameter("b", [4], 1) }, tensors: { x: given([3, 4], 2) } };
  checkBackward((pass, { x }) => tanh(pass, addBias(pass, x!, operands.parameters.b)), operands);
  dispose(operands);
});

for (const kind of activationNames) {
  Deno.test(`activate ${kind}: backward as finite differences, values as torch's`, () => {
    // relu has no derivative at 0: keep the differences away from it
    const x = given([4, 3], 6, 1.5);
    if (kind === "relu") x.values = x.values.map((value) => value + Math.sign(value) * 0.1);
    const operands = { parameters: { b: fromNumbers("b", [0.02, -0.03, 0.01]) }, tensors: { x } };
    checkBackward((pass, { x }) => activate(pass, x!, operands.parameters.b, kind), operands);

    const { x: points, functions } = fixture.activations;
    const zero = fromNumbers("zero", points.map(() => 0));
    const { output, gradients } = gradientsOf(
      (pass, { x }) => activate(pass, x!, zero, kind),
      { tensors: { x: { values: Float32Array.from(points), shape: [1, points.length] } } },
      (size) => new Float32Array(size).fill(1),
    );
    closeTo(output, functions[kind].value, 2e-6, "value");
    closeTo(gradients.x!, functions[kind].derivative, 2e-6, "derivative");
    zero.dispose();
    dispose(operands);
  });
}

Deno.test("layerNorm: as torch's, backward as finite differences", () => {
  const { x, weight, bias, dy, output, gradients } = fixture.layerNorm;
  const parameters = { weight: fromNumbers("weight", weight), bias: fromNumbers("bias", bias) };
  const norm = { ...parameters, epsilon: 1e-12 };
  const operands = { parameters, tensors: { x: { values: Float32Array.from(x), shape: [5, 6] } } };
  const result = gradientsOf(
    (pass, { x }) => layerNorm(pass, x!, norm),
    operands,
    () => Float32Array.from(dy),
  );
  closeTo(result.output, output, 5e-6, "output");
  for (const name of ["x", "weight", "bias"]) closeTo(result.gradients[name]!, gradients[name], 5e-6, name);
  checkBackward((pass, { x }) => layerNorm(pass, x!, norm), operands);
  dispose(operands);
});

Deno.test("addNorm: is dropout, sum and layerNorm; backward as finite differences with dropout on", () => {
  const parameters = {
    bias: randomParameter("bias", [6], 1),
    weight: randomParameter("weight", [6], 2),
    shift: randomParameter("shift", [6], 3),
  };
  const norm = { weight: parameters.weight, bias: parameters.shift, epsilon: 1e-5 };
  const operands = { parameters, tensors: { x: given([4, 6], 4), residual: given([4, 6], 5) } };
  checkBackward(
    (pass, { x, residual }) => addNorm(pass, x!, parameters.bias, residual!, norm, 0.3),
    operands,
    fixedKeys,
  );
  const passOf = () => ({ ...inference, nextKey: fixedKeys() });
  const x = tf.tensor(operands.tensors.x.values, [4, 6]);
  const residual = tf.tensor(operands.tensors.residual.values, [4, 6]);
  const together = take(addNorm(passOf(), x, parameters.bias, residual, norm, 0.3));
  const apart = tf.tidy(() =>
    layerNorm(
      inference,
      tf.add(residual, dropout(passOf(), addBias(inference, x, parameters.bias), 0.3)),
      norm,
    )
  );
  closeTo(together, take(apart), 1e-6, "fused");
  tf.dispose([x, residual]);
  dispose(operands);
});

Deno.test("attend: as torch's scaled_dot_product_attention with a padding mask", () => {
  const { batch, length, heads, kept, qkv, bias, dy, output, gradients } = fixture.attention;
  const width = bias.length / 3;
  const biases = [0, 1, 2].map((i) => fromNumbers(`b${i}`, bias.slice(i * width, (i + 1) * width)));
  const parameters = { b0: biases[0]!, b1: biases[1]!, b2: biases[2]! };
  const mask = tf.tensor(kept.map((k: number) => k ? 0 : -3.4e38), [batch, 1, 1, length]);
  const operands = {
    parameters,
    tensors: { qkv: { values: Float32Array.from(qkv), shape: [batch * length, 3 * width] } },
  };
  const scale = 1 / Math.sqrt(width / heads);
  const compute = (rate: number) => (pass: Pass, { qkv }: Record<string, tf.Tensor>) =>
    attend(pass, qkv!, biases, { batch, length, heads, scale, mask, dropout: rate });
  const result = gradientsOf(compute(0), operands, () => Float32Array.from(dy));
  closeTo(result.output, output, 5e-6, "output");
  closeTo(result.gradients.qkv!, gradients.qkv, 5e-6, "gradient of qkv");
  biases.forEach((_, i) =>
    closeTo(result.gradients[`b${i}`]!, gradients.bias.slice(i * width, (i + 1) * width), 5e-6, `bias ${i}`)
  );
  checkBackward(compute(0.3), operands, fixedKeys);
  mask.dispose();
  dispose(operands);
});

Deno.test("embed: rows add up, repeated rows gather their gradients, the padding row gets none", () => {
  const words = randomParameter("words", [6, 3], 1), places = randomParameter("places", [4, 3], 2);
  const operands = { parameters: { words, places } };
  const lookups = [
    { table: words, rows: Int32Array.of(5, 1, 1, 2) },
    { table: places, rows: Int32Array.of(0, 1, 2, 0) },
  ];
  checkBackward((pass) => embed(pass, lookups), operands);
  const padded = [{ ...lookups[0]!, paddingRow: 1 }, lookups[1]!];
  const { gradients } = gradientsOf(
    (pass) => embed(pass, padded),
    operands,
    (size) => new Float32Array(size).fill(1),
  );
  const row = (i: number) => [...gradients.words!.slice(i * 3, i * 3 + 3)];
  assert.deepEqual([row(1), row(5), row(0)], [[0, 0, 0], [1, 1, 1], [0, 0, 0]]);
  assert.deepEqual([...gradients.places!.slice(0, 3)], [2, 2, 2]);
  dispose(operands);
});

Deno.test("selectRows: backward as finite differences, a row picked twice included", () => {
  const operands = { tensors: { x: given([5, 3], 1) } };
  checkBackward((pass, { x }) => selectRows(pass, x!, Int32Array.of(0, 3, 3)), operands);
});

Deno.test("fromTensorFlowJs: any function of TensorFlow.js, with gradients of tensors and parameters", () => {
  const w = randomParameter("w", [3], 1);
  const operands = { parameters: { w }, tensors: { x: given([4, 3], 2, 0.5) } };
  checkBackward(
    (pass, { x }) => fromTensorFlowJs(pass, [x!, w], (x, w) => tf.mul(tf.exp(x!), tf.square(w!))),
    operands,
  );
  dispose(operands);
});

Deno.test("dropout: keeps the expectation, repeats by key, and its backward uses the forward's mask", () => {
  const x = tf.ones([200, 100]);
  const at = (...key: number[]) => ({ ...inference, nextKey: (): RandomKey => randomKey(...key) });
  const first = take(dropout(at(1, 2), x, 0.1));
  assert.deepEqual(take(dropout(at(1, 2), x, 0.1)), first, "the same key");
  assert.notDeepEqual(take(dropout(at(1, 3), x, 0.1)), first, "another key");
  const dropped = first.filter((value) => value === 0).length / first.length;
  // 20,000 draws: three standard deviations are 0.0064
  assert.ok(Math.abs(dropped - 0.1) < 0.0064, `a share of ${dropped} is dropped`);
  const kept = [...new Set(first.filter((value) => value !== 0))];
  assert.equal(kept.length, 1);
  closeTo(kept, [1 / 0.9], 1e-6, "the scale of what is kept");
  assert.equal(dropout({ ...inference, nextKey: null }, x, 0.1), x, "off in inference");
  x.dispose();

  const ones = { values: new Float32Array(500).fill(1), shape: [50, 10] };
  const { output, gradients } = gradientsOf(
    (pass, { x }) => dropout(pass, x!, 0.4),
    { tensors: { x: ones } },
    (size) => new Float32Array(size).fill(1),
    { precision: "float32", nextKey: () => randomKey(3) },
  );
  assert.deepEqual(gradients.x, output, "of ones, output and gradient are the mask itself");
});

Deno.test("dropout: every place and step of a training draws its own mask", () => {
  const keys = new Set<string>();
  for (const [seed, step] of [[7, 0], [7, 1], [8, 0]] as const) {
    const pass = trainingPass(new Tape(), "float32", seed, step);
    for (let place = 0; place < 5; place++) keys.add(pass.nextKey!().join());
  }
  assert.equal(keys.size, 15);
});

Deno.test(
  "dropout: the rows of a part of the batch lose what they lose in the whole, by the fused operations",
  {
    ignore: !hasKernels(),
  },
  () => {
    const batch = 5, length = 3, width = 8, tokens = batch * length;
    const maskOf = (rows: number, part: BatchPart | null) =>
      dropout(trainingPass(new Tape(), "float32", 7, 2, part), tf.ones([rows, width]), 0.5)
        .arraySync() as number[][];
    const part = { batch: 2, length, before: 3, asked: { here: 4, before: 5 } };
    const ends = (mask: number[][], rows: number) => mask.slice(mask.length - rows);
    assert.deepEqual(maskOf(2 * length, part), ends(maskOf(tokens, null), 2 * length), "tokens");
    assert.deepEqual(maskOf(2, part), ends(maskOf(batch, null), 2), "a token of each row");
    assert.deepEqual(
      maskOf(2 * 4 * length, part),
      ends(maskOf(4 * tokens, null), 2 * 4 * length),
      "of four heads",
    );
    assert.deepEqual(maskOf(4, part), ends(maskOf(9, null), 4), "tokens that are asked for");
    assert.notDeepEqual(maskOf(2, part), maskOf(2, null));
  },
);

Deno.test("crossEntropy: class weights, smoothing, ignored labels, weights of examples as torch's", () => {
  for (
    const { logits, labels, classWeights, exampleWeights, labelSmoothing, loss, gradient } of fixture
      .crossEntropy
  ) {
    const options = {
      labelSmoothing,
      ...(classWeights && { classWeights: Float32Array.from(classWeights) }),
      ...(exampleWeights && { exampleWeights: Float32Array.from(exampleWeights) }),
    };
    const what = JSON.stringify({ labels, classWeights, exampleWeights, labelSmoothing });
    const { output, gradients } = gradientsOf(
      (pass, { logits }) => crossEntropy(pass, logits!, Int32Array.from(labels), options),
      { tensors: { logits: { values: Float32Array.from(logits), shape: [6, 5] } } },
      () => Float32Array.of(1),
    );
    closeTo(output, [loss], 2e-6, `loss, ${what}`);
    closeTo(gradients.logits!, gradient, 1e-6, `gradient, ${what}`);
  }
});

Deno.test("crossEntropy: with a teacher as torch's by probabilities, smoothing and weights of examples beside it", () => {
  for (const { logits, labels, exampleWeights, loss, gradient, teacher, ...rest } of fixture.distillation) {
    const options = {
      ...rest,
      teacher: Float32Array.from(teacher),
      ...(exampleWeights && { exampleWeights: Float32Array.from(exampleWeights) }),
    };
    const what = JSON.stringify({ exampleWeights, ...rest });
    const { output, gradients } = gradientsOf(
      (pass, { logits }) => crossEntropy(pass, logits!, Int32Array.from(labels), options),
      { tensors: { logits: { values: Float32Array.from(logits), shape: [4, 5] } } },
      () => Float32Array.of(1),
    );
    closeTo(output, [loss], 2e-6, `loss, ${what}`);
    closeTo(gradients.logits!, gradient, 1e-6, `gradient, ${what}`);
  }
});

Deno.test("crossEntropy: a label outside the classes is an error that names it", () => {
  const logits = tf.zeros([2, 3]);
  assert.throws(
    () => crossEntropy(inference, logits, Int32Array.of(0, 3)),
    /Label 3 of example 1 .* 3 classes/,
  );
  logits.dispose();
});

Deno.test({
  name: "bf16: a whole layer's outputs and gradients are close to float32's",
  ignore: !hasNative(),
  fn() {
    const width = 32, inner = 64, batch = 3, length = 8;
    const p = (name: string, shape: number[], seed: number) => randomParameter(name, shape, seed, 0.2);
    const parameters = {
      q: p("q", [width, width], 1),
      k: p("k", [width, width], 2),
      v: p("v", [width, width], 3),
      bq: p("bq", [width], 4),
      bk: p("bk", [width], 5),
      bv: p("bv", [width], 6),
      o: p("o", [width, width], 7),
      bo: p("bo", [width], 8),
      n: p("n", [width], 9),
      bn: p("bn", [width], 10),
      up: p("up", [inner, width], 11),
      bup: p("bup", [inner], 12),
      down: p("down", [width, inner], 13),
      bdown: p("bdown", [width], 14),
    };
    const { q, k, v, bq, bk, bv, o, bo, n, bn, up, bup, down, bdown } = parameters;
    const norm = { weight: n, bias: bn, epsilon: 1e-12 };
    const operands = { parameters, tensors: { x: given([batch * length, width], 20) } };
    const compute = (pass: Pass, { x }: Record<string, tf.Tensor>) => {
      const options = { batch, length, heads: 4, scale: 1 / Math.sqrt(8), mask: null, dropout: 0.1 };
      const context = attend(pass, linear(pass, x!, q, k, v), [bq, bk, bv], options);
      const middle = addNorm(pass, linear(pass, context, o), bo, x!, norm, 0.1);
      const hidden = activate(pass, linear(pass, middle, up), bup, "gelu");
      return addNorm(pass, linear(pass, hidden, down), bdown, middle, norm, 0.1);
    };
    const direction = (size: number) => randomValues([size], 5);
    const run = (precision: Pass["precision"]) =>
      gradientsOf(compute, operands, direction, { precision, nextKey: fixedKeys() });
    const exact = run("float32"), low = run("bf16");
    // bfloat16 keeps 8 bits: a product's rounding is 2⁻⁹ relative, and a handful of them add up
    const differs = (a: Float32Array, b: Float32Array) =>
      Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0) / b.reduce((sum, x) => sum + x * x, 0));
    assert.ok(differs(low.output, exact.output) < 0.01, `output: ${differs(low.output, exact.output)}`);
    assert.ok(differs(low.output, exact.output) > 1e-5, "bf16 really runs");
    for (const name of Object.keys(exact.gradients)) {
      if (name === "bk") continue; // zero but for rounding: softmax does not see a shift of all keys
      const difference = differs(low.gradients[name]!, exact.gradients[name]!);
      assert.ok(difference < 0.03, `gradient of ${name}: ${difference}`);
    }
    dispose(operands);
  },
});

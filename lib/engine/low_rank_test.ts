/** Adapters beside weights: what linear computes with them, its way back, and weights held in bfloat16. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { embed, linear, type Pass, trainingPass } from "./ops.ts";
import type { Parameter } from "./parameters.ts";
import { hasNative, isBfloat16 } from "./raw.ts";
import { Tape } from "./tape.ts";
import {
  checkBackward,
  closeTo,
  fixedKeys,
  gradientsOf,
  inference,
  randomParameter,
  randomValues,
  take,
} from "./testing/gradients.ts";

await startEngine();

/** Three weights over one input, 4 wide: the first and the last with adapters of rank 2 and 1, the weights frozen. */
function adapted(dropout = 0) {
  const [a, b, c] = [3, 2, 5].map((out, i) => randomParameter("abc"[i]!, [out, 4], i + 1)) as [
    Parameter,
    Parameter,
    Parameter,
  ];
  for (const weight of [a, b, c]) weight.trainable = false;
  a.adapter = {
    down: randomParameter("aDown", [2, 4], 11),
    up: randomParameter("aUp", [3, 2], 12),
    scale: 1.5,
    dropout,
  };
  c.adapter = {
    down: randomParameter("cDown", [1, 4], 13),
    up: randomParameter("cUp", [5, 1], 14),
    scale: 0.5,
    dropout,
  };
  const trained = {
    aDown: a.adapter.down,
    aUp: a.adapter.up,
    cDown: c.adapter.down,
    cUp: c.adapter.up,
  };
  return { a, b, c, trained, all: [a, b, c, ...Object.values(trained)] };
}

const x = { values: randomValues([6, 4], 5), shape: [6, 4] };

/** x (W + scale · B A)ᵀ in plain numbers, [6, out]. */
function expected({ adapter, ...weight }: Parameter, w: Float32Array): number[] {
  const [out, width] = weight.shape as [number, number];
  const down = adapter?.down.data(), up = adapter?.up.data(), rank = adapter?.down.shape[0] ?? 0;
  const merged = Array.from({ length: out * width }, (_, at) => {
    const row = Math.floor(at / width), column = at % width;
    let value = w[at]!;
    for (let k = 0; k < rank; k++) {
      value += adapter!.scale * up![row * rank + k]! * down![k * width + column]!;
    }
    return value;
  });
  return Array.from({ length: 6 * out }, (_, at) => {
    const token = Math.floor(at / out), row = at % out;
    return Array.from({ length: width }, (_, j) => x.values[token * width + j]! * merged[row * width + j]!)
      .reduce((sum, value) => sum + value, 0);
  });
}

Deno.test("smoke: an adapter adds scale · B A to its weight, beside weights without one", () => {
  const { a, b, c, all } = adapted();
  const input = tf.tensor(x.values, x.shape), before = tf.memory().numTensors;
  const together = take(tf.tidy(() => linear(inference, input, a, b, c)));
  const parts = [a, b, c].map((weight) => expected(weight, weight.data()));
  const rows = Array.from(
    { length: 6 },
    (_, i) => parts.flatMap((part) => part.slice(i * part.length / 6, (i + 1) * part.length / 6)),
  );
  closeTo(together, rows.flat(), 1e-5, "side by side");
  for (const parameter of all) parameter.release();
  assert.ok(tf.memory().numTensors <= before, "inference keeps nothing");
  input.dispose();
  all.forEach((parameter) => parameter.dispose());
});

Deno.test("smoke: the way back of adapters agrees with finite differences; frozen weights get no gradient", () => {
  const { a, b, c, trained, all } = adapted();
  const operands = { parameters: trained, tensors: { x } };
  checkBackward((pass, { x }) => linear(pass, x!, a, b, c), operands);
  checkBackward((pass, { x }) => linear(pass, x!, c), { ...operands, parameters: { down: trained.cDown } });
  const { gradients } = gradientsOf(
    (pass, { x }) => linear(pass, x!, a, b, c),
    { ...operands, parameters: { ...trained, a, b, c } },
    (size) => randomValues([size], 3),
  );
  assert.deepEqual(Object.keys(gradients).sort(), ["aDown", "aUp", "cDown", "cUp", "x"]);
  all.forEach((parameter) => parameter.dispose());
});

Deno.test("weights beside their adapters can be trained, too", () => {
  const { a, b, c, trained, all } = adapted();
  a.trainable = b.trainable = c.trainable = true;
  checkBackward((pass, { x }) => linear(pass, x!, a, b, c), {
    parameters: { ...trained, a, b, c },
    tensors: { x },
  });
  all.forEach((parameter) => parameter.dispose());
});

Deno.test("smoke: dropout is drawn for each adapter, and only for what goes into it", () => {
  const { a, b, c, trained, all } = adapted(0.4);
  const compute = (pass: Pass, { x }: Record<string, tf.Tensor>) => linear(pass, x!, a, b, c);
  checkBackward(compute, { parameters: trained, tensors: { x } }, fixedKeys);
  const input = tf.tensor(x.values, x.shape);
  const dropped = take(tf.tidy(() => linear({ ...inference, nextKey: fixedKeys() }, input, a, b, c)));
  const plain = take(tf.tidy(() => linear(inference, input, a, b, c)));
  const off = [...dropped].map((value, i) => Math.abs(value - plain[i]!) > 1e-6);
  const share = (from: number, to: number) => {
    const inside = off.filter((_, i) => i % 10 >= from && i % 10 < to);
    return inside.filter(Boolean).length / inside.length;
  };
  assert.equal(share(3, 5), 0, "a weight without an adapter sees all of x");
  assert.ok(share(0, 3) > 0.5 && share(5, 10) > 0.5, "the others do not");
  input.dispose();
  all.forEach((parameter) => parameter.dispose());
});

Deno.test({
  name: "in bf16 an adapter's part is rounded as other products are",
  ignore: !hasNative(),
  fn: () => {
    const { a, b, c, trained, all } = adapted();
    const operands = { parameters: trained, tensors: { x } };
    const run = (precision: Pass["precision"]) =>
      gradientsOf(
        (pass, { x }) => linear(pass, x!, a, b, c),
        operands,
        (size) => randomValues([size], 3),
        { precision, nextKey: null },
      );
    const low = run("bf16"), full = run("float32");
    const scaled = (values: Float32Array, by: Float32Array) => {
      const most = by.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      return values.map((value) => value / most);
    };
    closeTo(scaled(low.output, full.output), scaled(full.output, full.output), 0.02, "output");
    for (const name of ["aDown", "aUp", "cDown", "cUp", "x"]) {
      const wanted = full.gradients[name]!;
      closeTo(scaled(low.gradients[name]!, wanted), scaled(wanted, wanted), 0.03, name);
    }
    assert.notDeepEqual([...low.output], [...full.output]);
    all.forEach((parameter) => parameter.dispose());
  },
});

Deno.test("a narrow parameter computes with its rounded values, frozen, in half the memory", () => {
  const weight = randomParameter("w", [3, 4], 1), table = randomParameter("table", [7, 4], 2);
  const rows = Int32Array.of(6, 0, 3, 3);
  const compute = (precision: Pass["precision"]) => {
    const pass: Pass = { ...inference, precision };
    const input = tf.tensor(x.values, x.shape);
    const result = [take(tf.tidy(() => linear(pass, input, weight))), take(embed(pass, [{ table, rows }]))];
    input.dispose();
    return result;
  };
  const round = (values: Float32Array) =>
    values.map((value) => {
      const bits = new Uint32Array(Float32Array.of(value).buffer);
      bits[0] = ((bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) & 0xffff0000) >>> 0;
      return new Float32Array(bits.buffer)[0]!;
    });
  const full = weight.data(), precision = hasNative() ? "bf16" : "float32";
  const [products] = compute(precision);
  for (const parameter of [weight, table]) {
    parameter.narrow();
    parameter.narrow();
    assert.equal(parameter.trainable, false);
    assert.equal(parameter.isNarrow, hasNative());
  }
  const kept = hasNative() ? round(full) : full;
  assert.deepEqual([...weight.data()], [...kept]);
  const [again, embedded] = compute(precision);
  assert.deepEqual(again, products, "a bf16 product sees no difference");
  const kept32 = tf.memory().numTensors;
  compute("float32");
  assert.equal(tf.memory().numTensors, kept32, "float32 values are for the moment");
  const values = table.data();
  assert.deepEqual([...embedded!], [...rows].flatMap((row) => [...values.slice(row * 4, row * 4 + 4)]));
  const tape = new Tape(), input = tf.tensor(x.values, x.shape);
  tape.watch(input);
  const output = tf.tidy(() => linear(trainingPass(tape, precision, 0, 0), input, weight));
  assert.equal(tape.backward(output, new Map(), tf.ones([6, 3])).size, 0, "no gradient");
  assert.equal(tape.inputGradients.get(input)!.shape[1], 4, "but the way back goes through it");
  tape.inputGradients.get(input)!.dispose();
  tf.dispose([output, input]);
  weight.assign(new Float32Array(12).fill(0.3));
  assert.equal(weight.data()[5], hasNative() ? round(Float32Array.of(0.3))[0] : Math.fround(0.3));
  if (hasNative()) {
    assert.ok(isBfloat16(weight.lowValue()));
    assert.throws(() => weight.storage, /Parameter w is held in bfloat16.*leave it frozen/);
  }
  const narrow = weight.data();
  weight.widen();
  assert.deepEqual([...weight.data()], [...narrow]);
  assert.equal(weight.isNarrow, false);
  assert.ok(weight.storage);
  const before = tf.memory().numTensors;
  weight.dispose();
  table.dispose();
  if (hasNative()) assert.equal(tf.memory().numTensors, before - 1);
});

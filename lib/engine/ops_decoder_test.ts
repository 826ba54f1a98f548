/** The decoder's operations: values against their formulas in plain loops, backward passes against finite differences. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { activationNames, linear, type Pass } from "./ops.ts";
import { add, gate, groupedAttend, type GroupedAttentionOptions, rmsNorm, widen } from "./ops_decoder.ts";
import type { Parameter } from "./parameters.ts";
import { rotate } from "./rotary.ts";
import { hasNative, isBfloat16 } from "./raw.ts";
import {
  checkBackward,
  closeTo,
  fixedKeys,
  given,
  gradientsOf,
  inference,
  randomParameter,
  randomValues,
  take,
} from "./testing/gradients.ts";

await startEngine();

const dispose = (parameters: Record<string, Parameter>) =>
  Object.values(parameters).forEach((parameter) => parameter.dispose());

Deno.test("add: both sides get the gradient, also where they are one tensor", () => {
  const operands = { tensors: { x: given([3, 4], 1), y: given([3, 4], 2) } };
  checkBackward((pass, { x, y }) => add(pass, x!, y!), operands);
  checkBackward((pass, { x }) => add(pass, x!, x!), { tensors: { x: given([3, 4], 1) } });
});

Deno.test("rmsNorm: x over its root mean square, backward as finite differences", () => {
  const weight = randomParameter("weight", [6], 1);
  const x = given([4, 6], 2);
  const tensor = tf.tensor(x.values, x.shape);
  const actual = take(rmsNorm(inference, tensor, weight, 0.01));
  const scale = weight.data();
  const expected = Array.from(x.values, (value, i) => {
    const row = x.values.slice(Math.floor(i / 6) * 6, Math.floor(i / 6) * 6 + 6);
    return value / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / 6 + 0.01) * scale[i % 6]!;
  });
  closeTo(actual, expected, 1e-6, "values");
  tensor.dispose();
  checkBackward((pass, { x }) => rmsNorm(pass, x!, weight, 0.01), {
    parameters: { weight },
    tensors: { x },
  });
  dispose({ weight });
});

for (const kind of activationNames.filter((kind) => kind !== "relu")) {
  Deno.test(`gate ${kind}: backward as finite differences, with biases and without`, () => {
    const parameters = { a: randomParameter("a", [3], 1), b: randomParameter("b", [3], 2) };
    const tensors = { x: given([4, 6], 3) };
    checkBackward((pass, { x }) => gate(pass, x!, [parameters.a, parameters.b], kind), {
      parameters,
      tensors,
    });
    checkBackward((pass, { x }) => gate(pass, x!, null, kind), { tensors });
    dispose(parameters);
  });
}

Deno.test("gate: silu(g) · u", () => {
  const x = tf.tensor2d([[1, -2, 3, 4]]);
  const silu = (v: number) => v / (1 + Math.exp(-v));
  closeTo(take(gate(inference, x, null, "silu")), [silu(1) * 3, silu(-2) * 4], 1e-6, "values");
  x.dispose();
});

/** Tables for positions from `start`, as numbers and as what the operation takes. */
function rotaryTables(length: number, headWidth: number, start = 0) {
  const angle = (t: number, i: number) => (start + t) * 0.7 ** (i % (headWidth / 2));
  const table = (of: (x: number) => number) =>
    tf.tensor(
      Array.from(
        { length: length * headWidth },
        (_, i) => of(angle(Math.floor(i / headWidth), i % headWidth)),
      ),
      [1, 1, length, headWidth],
    );
  return { angle, rotary: { cos: table(Math.cos), sin: table(Math.sin) } };
}

Deno.test("rotate: scores of rotated heads depend on the distance alone", () => {
  const width = 6;
  const x = tf.tensor(randomValues([2 * width], 1), [2, 1, 1, width]);
  const score = (first: number, second: number) => {
    const q = rotate(x.slice([0], [1]), rotaryTables(1, width, first).rotary);
    const k = rotate(x.slice([1], [1]), rotaryTables(1, width, second).rotary);
    return tf.sum(tf.mul(q, k)).dataSync()[0]!;
  };
  closeTo([score(3, 1), score(9, 7)], [score(2, 0), score(2, 0)], 1e-5, "distance 2");
  assert.ok(Math.abs(score(3, 1) - score(1, 3)) > 0.1, "but on its direction");
  x.dispose();
});

Deno.test("groupedAttend: as its formula in loops, causal, several queries to one key, with padding", () => {
  const batch = 2, length = 4, heads = 4, keyHeads = 2, headWidth = 6;
  const wide = (heads + 2 * keyHeads) * headWidth;
  const parameters = {
    bq: randomParameter("bq", [heads * headWidth], 1),
    bk: randomParameter("bk", [keyHeads * headWidth], 2),
    bv: randomParameter("bv", [keyHeads * headWidth], 3),
  };
  const biases = [parameters.bq, parameters.bk, parameters.bv];
  const seen = (b: number, i: number, j: number) => j <= i && !(b === 1 && j === 0 && i > 0);
  const mask = tf.tensor(
    Array.from({ length: batch * length * length }, (_, n) => {
      const b = Math.floor(n / length / length);
      return seen(b, Math.floor(n / length) % length, n % length) ? 0 : -3.4e38;
    }),
    [batch, 1, length, length],
  );
  const { angle, rotary } = rotaryTables(length, headWidth);
  const options: GroupedAttentionOptions = {
    batch,
    length,
    heads,
    keyHeads,
    headWidth,
    scale: 0.4,
    mask,
    rotary,
    dropout: 0,
  };
  const qkv = given([batch * length, wide], 4);
  const tensor = tf.tensor(qkv.values, qkv.shape);
  const actual = take(groupedAttend(inference, tensor, biases, options));
  tensor.dispose();

  const bias = biases.flatMap((parameter) => [...parameter.data()]);
  const vector = (b: number, t: number, place: number, turned: boolean) => {
    const plain = Array.from({ length: headWidth }, (_, i) => {
      const column = place * headWidth + i;
      return qkv.values[(b * length + t) * wide + column]! + bias[column]!;
    });
    if (!turned) return plain;
    return plain.map((value, i) => {
      const half = headWidth / 2, partner = i < half ? -plain[i + half]! : plain[i - half]!;
      return value * Math.cos(angle(t, i)) + partner * Math.sin(angle(t, i));
    });
  };
  const expected: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < length; i++) {
      for (let h = 0; h < heads; h++) {
        const group = Math.floor(h / (heads / keyHeads));
        const q = vector(b, i, h, true);
        const scores = Array.from({ length }, (_, j) => {
          if (!seen(b, i, j)) return 0;
          const k = vector(b, j, heads + group, true);
          return Math.exp(0.4 * q.reduce((sum, x, d) => sum + x * k[d]!, 0));
        });
        const total = scores.reduce((sum, x) => sum + x, 0);
        for (let d = 0; d < headWidth; d++) {
          expected.push(
            scores.reduce(
              (sum, score, j) => sum + score / total * vector(b, j, heads + keyHeads + group, false)[d]!,
              0,
            ),
          );
        }
      }
    }
  }
  closeTo(actual, expected, 5e-6, "values");

  checkBackward((pass, { qkv }) => groupedAttend(pass, qkv!, biases, { ...options, dropout: 0.3 }), {
    parameters,
    tensors: { qkv: given([batch * length, wide], 4, 0.5) },
  }, fixedKeys);
  checkBackward((pass, { qkv }) => groupedAttend(pass, qkv!, null, { ...options, mask: null }), {
    tensors: { qkv: given([batch * length, wide], 5, 0.5) },
  });
  tf.dispose([mask, rotary.cos, rotary.sin]);
  dispose(parameters);
});

Deno.test({
  name: "a decoder's layer in bf16 stays near float32",
  ignore: !hasNative(),
  fn() {
    const batch = 2, length = 8, heads = 4, keyHeads = 2, headWidth = 8, width = 32, inner = 48;
    const p = (name: string, shape: number[], seed: number) => randomParameter(name, shape, seed, 0.2);
    const parameters = {
      norm: p("norm", [width], 1),
      q: p("q", [heads * headWidth, width], 2),
      k: p("k", [keyHeads * headWidth, width], 3),
      v: p("v", [keyHeads * headWidth, width], 4),
      o: p("o", [width, heads * headWidth], 5),
      norm2: p("norm2", [width], 6),
      gate: p("gate", [inner, width], 7),
      up: p("up", [inner, width], 8),
      down: p("down", [width, inner], 9),
    };
    const { rotary } = rotaryTables(length, headWidth);
    const options = { batch, length, heads, keyHeads, headWidth, scale: 0.35, mask: null, dropout: 0.1 };
    const compute = (pass: Pass, { x }: Record<string, tf.Tensor>) => {
      const normal = rmsNorm(pass, x!, parameters.norm, 1e-6);
      const qkv = linear(pass, normal, parameters.q, parameters.k, parameters.v);
      const context = groupedAttend(pass, qkv, null, { ...options, rotary });
      const middle = add(pass, x!, linear(pass, context, parameters.o));
      const second = rmsNorm(pass, middle, parameters.norm2, 1e-6);
      const active = gate(pass, linear(pass, second, parameters.gate, parameters.up), null, "silu");
      const product = linear(pass, active, parameters.down);
      assert.equal(isBfloat16(product), pass.precision === "bf16");
      return add(pass, middle, widen(pass, product));
    };
    const operands = { parameters, tensors: { x: given([batch * length, width], 20) } };
    const run = (precision: Pass["precision"]) =>
      gradientsOf(compute, operands, (size) => randomValues([size], 5), { precision, nextKey: fixedKeys() });
    const exact = run("float32"), low = run("bf16");
    const differs = (a: Float32Array, b: Float32Array) =>
      Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0) / b.reduce((sum, x) => sum + x * x, 0));
    assert.ok(differs(low.output, exact.output) < 0.01, `output: ${differs(low.output, exact.output)}`);
    for (const name of Object.keys(exact.gradients)) {
      const difference = differs(low.gradients[name]!, exact.gradients[name]!);
      assert.ok(difference < 0.04, `gradient of ${name}: ${difference}`);
    }
    tf.dispose([rotary.cos, rotary.sin]);
    dispose(parameters);
  },
});

/** Relative attention: values against its formula in plain loops, backward passes against finite differences. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import type { Pass } from "./ops.ts";
import { project, relativeAttend } from "./ops_relative.ts";
import type { Parameter } from "./parameters.ts";
import { hasNative } from "./raw.ts";
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

for (const direction of ["to heads", "from heads"] as const) {
  Deno.test(`project ${direction}: backward as finite differences`, () => {
    const w = randomParameter("w", [4, 2, 3], 1);
    const x = given([5, direction === "to heads" ? 4 : 6], 2);
    checkBackward((pass, { x }) => project(pass, x!, w, direction), { parameters: { w }, tensors: { x } });
    w.dispose();
  });
}

const batch = 2, length = 3, heads = 2, headWidth = 4, width = heads * headWidth;
const makeBiases = () => ({
  content: randomParameter("content", [heads, headWidth], 1),
  position: randomParameter("position", [heads, headWidth], 2),
  segment: randomParameter("segment", [heads, headWidth], 3),
  segments: randomParameter("segments", [2, heads, headWidth], 4),
});
const operandsOf = (groups: number, scale = 1) => ({
  q: given([batch * length, width], 5, scale),
  k: given([batch * length, width], 6, scale),
  v: given([batch * length, width], 7, scale),
  r: given([groups * 2 * length, width], 8, scale),
});
// row 0 is of two segments, row 1 of one
const isDifferent = (b: number, i: number, j: number) => b === 0 && (i < 2) !== (j < 2);
const seen = (b: number, i: number, j: number) => i === j || !(b === 1 && j === 0);
const table = (of: (b: number, i: number, j: number) => number) =>
  tf.tensor(
    Array.from(
      { length: batch * length * length },
      (_, n) => of(Math.floor(n / length / length), Math.floor(n / length) % length, n % length),
    ),
    [batch, 1, length, length],
  );

for (const groups of [1, 2]) {
  for (const segmented of [true, false]) {
    const name = `${groups} group(s), ${segmented ? "with" : "without"} segments`;
    Deno.test(`relativeAttend: as its formula in loops, ${name}`, () => {
      const biases = makeBiases();
      const mask = table((b, i, j) => seen(b, i, j) ? 0 : -3.4e38);
      const different = segmented ? table((b, i, j) => isDifferent(b, i, j) ? 1 : 0) : null;
      const options = { batch, length, heads, scale: 0.4, mask, different, groups, dropout: 0 };
      const operands = operandsOf(groups);
      const tensors = Object.fromEntries(
        Object.entries(operands).map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]),
      ) as Record<"q" | "k" | "v" | "r", tf.Tensor>;
      const actual = take(relativeAttend(inference, tensors, biases, options));
      tf.dispose(tensors);

      const vector = (values: Float32Array, row: number, h: number) =>
        values.slice(row * width + h * headWidth, row * width + (h + 1) * headWidth);
      const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, d) => sum + x * b[d]!, 0);
      const shifted = (a: Float32Array, bias: Parameter, h: number) =>
        a.map((x, d) => x + bias.data()[h * headWidth + d]!);
      const expected: number[] = [];
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < length; i++) {
          for (let h = 0; h < heads; h++) {
            const q = vector(operands.q.values, b * length + i, h);
            const scores = Array.from({ length }, (_, j) => {
              if (!seen(b, i, j)) return 0;
              // the table of positions goes from `length` down: distance i - j stands at length - (i - j)
              const place = Math.floor(b * groups / batch) * 2 * length + length - (i - j);
              const segment = biases.segments.data().slice(
                ((isDifferent(b, i, j) ? 1 : 0) * heads + h) * headWidth,
              );
              const score = dot(shifted(q, biases.content, h), vector(operands.k.values, b * length + j, h)) +
                dot(shifted(q, biases.position, h), vector(operands.r.values, place, h)) +
                (segmented ? dot(shifted(q, biases.segment, h), segment) : 0);
              return Math.exp(0.4 * score);
            });
            const total = scores.reduce((sum, x) => sum + x, 0);
            for (let d = 0; d < headWidth; d++) {
              expected.push(
                scores.reduce(
                  (sum, score, j) => sum + score / total * vector(operands.v.values, b * length + j, h)[d]!,
                  0,
                ),
              );
            }
          }
        }
      }
      closeTo(actual, expected, 1e-5, "values");
      tf.dispose([mask, different ?? []]);
      dispose(biases);
    });

    Deno.test(`relativeAttend: backward as finite differences with dropout, ${name}`, () => {
      const biases = makeBiases();
      const mask = table((b, i, j) => seen(b, i, j) ? 0 : -3.4e38);
      const different = segmented ? table((b, i, j) => isDifferent(b, i, j) ? 1 : 0) : null;
      const options = { batch, length, heads, scale: 0.4, mask, different, groups, dropout: 0.3 };
      const { content, position } = biases;
      checkBackward(
        (pass, { q, k, v, r }) => relativeAttend(pass, { q: q!, k: k!, v: v!, r: r! }, biases, options),
        { parameters: segmented ? biases : { content, position }, tensors: operandsOf(groups, 0.6) },
        fixedKeys,
      );
      tf.dispose([mask, different ?? []]);
      dispose(biases);
    });
  }
}

Deno.test({
  name: "relativeAttend in bf16 stays near float32",
  ignore: !hasNative(),
  fn() {
    const biases = makeBiases();
    const different = table((b, i, j) => isDifferent(b, i, j) ? 1 : 0);
    const options = { batch, length, heads, scale: 0.4, mask: null, different, groups: 1, dropout: 0.1 };
    const run = (precision: Pass["precision"]) => {
      const w = randomParameter("w", [width, heads, headWidth], 9, 0.3);
      const result = gradientsOf(
        (pass, { q, k, v, r }) => {
          const heads = [q!, k!, v!, r!].map((x) => project(pass, x, w, "to heads"));
          const [queries, keys, values, places] = heads as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
          return relativeAttend(pass, { q: queries, k: keys, v: values, r: places }, biases, options);
        },
        { parameters: { ...biases, w }, tensors: operandsOf(1) },
        (size) => randomValues([size], 5),
        { precision, nextKey: fixedKeys() },
      );
      w.dispose();
      return result;
    };
    const exact = run("float32"), low = run("bf16");
    const differs = (a: Float32Array, b: Float32Array) =>
      Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0) / b.reduce((sum, x) => sum + x * x, 0));
    assert.ok(differs(low.output, exact.output) < 0.01, `output: ${differs(low.output, exact.output)}`);
    for (const name of Object.keys(exact.gradients)) {
      const difference = differs(low.gradients[name]!, exact.gradients[name]!);
      assert.ok(difference < 0.04, `gradient of ${name}: ${difference}`);
    }
    different.dispose();
    dispose(biases);
  },
});

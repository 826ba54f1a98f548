/**
 * The fused kernels against the composed ones, which ops_test.ts holds against torch and finite differences: odd sizes, masks of every form,
 * numbers that are none; the randomness of dropout; determinism. Ignored where the fused ones are not loaded (WebAssembly, GPU).
 */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startEngine } from "./backend.ts";
import { composed } from "./composed.ts";
import { fused } from "./fused.ts";
import type { Dropping } from "./kernel_types.ts";
import { AdamW } from "./optimizer.ts";
import { Parameter } from "./parameters.ts";
import { gatherRows, joinHeads, lookUp, product, separateHeads, sumIntoRows } from "./low.ts";
import { hasKernels, hasProducts, toBfloat16 } from "./raw.ts";
import { randomValues, take } from "./testing/gradients.ts";

await startEngine();

function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name: `fused kernels: ${name}`, ignore: !hasKernels(), fn });
}

const precisions = ["float32", "bf16"] as const;
type Precision = typeof precisions[number];

/** Rows and width: single ones, odd ones, more rows than the 32 parts they are cut into, a real model's width. */
const sizes = [[1, 1], [1, 7], [5, 1], [3, 33], [31, 7], [67, 33], [130, 768]] as const;

/** Every form of mask that attention takes for 3 rows, 2 heads and 9 tokens; 7 keys. */
const maskShapes = [null, [3, 1, 1, 7], [1, 1, 9, 7], [3, 2, 9, 7], [1, 2, 1, 7], [3, 1, 9, 7]];
const scoreShape = [3, 2, 9, 7];

function make(
  shape: readonly number[],
  seed: number,
  precision: Precision = "float32",
  scale = 1,
): tf.Tensor {
  return inPrecision(tf.tensor(randomValues([...shape], seed, scale), [...shape]), precision);
}

function inPrecision(tensor: tf.Tensor, precision: Precision): tf.Tensor {
  return precision === "bf16" ? tf.tidy(() => toBfloat16(tensor)) : tensor;
}

const dropping = (rate: number, ...key: [number, number]): Dropping => ({ rate, key });

/** What dropout multiplies by, in the shape given. */
function factors(shape: number[], dropped: Dropping): tf.Tensor {
  return tf.tidy(() => fused.dropout(tf.ones(shape), dropped));
}

/**
 * Asserts that tensors agree: NaN where NaN, infinite where infinite, else within 4e-6 of the entry or of `unit`, which is the largest
 * entry up to 1 where it is not given; bf16 within one of its roundings beside.
 *
 * @param unit the size of the terms that were added: where they cancel, the sum is only as exact as those
 */
function agree(
  actual: tf.Tensor,
  expected: tf.Tensor,
  precision: Precision,
  what: string,
  unit?: number,
): void {
  assert.deepEqual(actual.shape, expected.shape, `${what}: shape`);
  const a = take(actual.clone()), e = take(expected.clone());
  const finite = e.filter(Number.isFinite);
  const largest = finite.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i], e[i]) || a[i] === e[i]) continue;
    const rounding = precision === "bf16" ? Math.abs(e[i]!) / 128 + 1e-38 : 0;
    const allowed = 4e-6 * Math.max(Math.abs(e[i]!), unit ?? Math.min(largest, 1)) + rounding;
    const difference = Math.abs(a[i]! - e[i]!);
    assert.ok(difference <= allowed, `${what}[${i}]: ${a[i]} instead of ${e[i]} (allowed ${allowed})`);
  }
}

/** {@link agree} for results by name; which of them are in the pass's precision is told by their names. */
function allAgree<T extends { [K in keyof T]: tf.Tensor }>(
  actual: T,
  expected: T,
  low: readonly (keyof T)[],
  precision: Precision,
  what: string,
  unit?: number,
): void {
  for (const name of Object.keys(expected) as (keyof T)[]) {
    const own = low.includes(name) ? precision : "float32";
    agree(actual[name], expected[name], own, `${what}, ${String(name)}`, unit);
  }
}

for (const precision of precisions) {
  test(`GELU and its gradient, ${precision}`, () =>
    tf.tidy(() => {
      for (const [rows, width] of sizes) {
        const what = `${rows} x ${width}`;
        const x = withFarOnes(make([rows, width], 1, "float32", 2), precision),
          bias = make([width], 2),
          dy = make([rows, width], 3, precision);
        agree(fused.activate(x, bias, "gelu"), composed.activate(x, bias, "gelu"), precision, what);
        const actual = fused.activateGradient(dy, x, bias, "gelu");
        const expected = composed.activateGradient(dy, x, bias, "gelu");
        // before a rounding to bfloat16, the derivative is exact to 1e-6, which the bias adds up
        const unit = precision === "bf16" ? Math.sqrt(rows) : undefined;
        allAgree(actual, expected, ["dx"], precision, what, unit);
      }
    }));

  test(`residual and LayerNorm, ${precision}, without dropout and with`, () =>
    tf.tidy(() => {
      for (const [rows, width] of sizes) {
        for (const dropped of [null, dropping(0.3, 5, 6)]) {
          const what = `${rows} x ${width}, dropout ${dropped?.rate ?? 0}`;
          const x = make([rows, width], 1, precision),
            bias = make([width], 2),
            residual = make([rows, width], 3);
          const norm = { weight: make([width], 4), bias: make([width], 5), epsilon: 1e-5 };
          const actual = fused.addNorm(x, bias, residual, norm, dropped);
          // the composed one draws other numbers: it is given what the fused dropout leaves
          const mask = dropped === null ? null : factors([rows, width], dropped);
          const expected = mask === null ? composed.addNorm(x, bias, residual, norm, null) : composed.addNorm(
            tf.mul(tf.add(tf.cast(floatOf(x), "float32"), bias), mask),
            tf.zeros([width]),
            residual,
            norm,
            null,
          );
          allAgree(actual, expected, [], precision, what);

          const dy = make([rows, width], 6), { normal, inverse } = expected;
          const low = precision === "bf16";
          const gradient = fused.addNormGradient(dy, normal, inverse, norm.weight, dropped, low);
          const plain = composed.addNormGradient(dy, normal, inverse, norm.weight, null, false);
          const dx = mask === null ? plain.dSum : tf.mul(plain.dSum, mask);
          // the terms of the sums are products of dy, the normalised rows and 1 / σ
          const unit = 4 * Math.max(1, ...take(inverse.clone()));
          allAgree(gradient, { ...plain, dx, dBias: tf.sum(dx, 0) }, ["dx"], precision, what, unit);
        }
      }
    }));

  test(`LayerNorm alone, ${precision}`, () =>
    tf.tidy(() => {
      for (const [rows, width] of sizes) {
        const x = make([rows, width], 1, precision, 3);
        const norm = { weight: make([width], 2), bias: make([width], 3), epsilon: 1e-12 };
        if (width === 1) norm.epsilon = 1e-5;
        allAgree(fused.norm(x, norm), composed.norm(x, norm), [], precision, `${rows} x ${width}`);
      }
    }));

  test(`heads apart and together, ${precision}`, () =>
    tf.tidy(() => {
      for (
        const [batch, length, heads, size] of [[1, 1, 1, 1], [2, 3, 5, 7], [3, 23, 2, 33], [
          1,
          67,
          1,
          64,
        ]] as const
      ) {
        const what = `${[batch, length, heads, size]}`;
        const qkv = make([batch * length, 3 * heads * size], 1, precision),
          bias = make([3 * heads * size], 2);
        const parts = fused.splitHeads(qkv, bias, { batch, length, heads });
        composed.splitHeads(qkv, bias, { batch, length, heads })
          .forEach((part, i) => agree(parts[i]!, part, precision, `${what}, part ${i}`));
        const gradients = [4, 5, 6].map((seed) => make([batch, heads, length, size], seed, precision));
        const [dq, dk, dv] = gradients as [tf.Tensor, tf.Tensor, tf.Tensor];
        allAgree(fused.mergeHeads(dq, dk, dv), composed.mergeHeads(dq, dk, dv), ["dqkv"], precision, what);
      }
    }));

  test(`gated units and their gradient, ${precision}, with a bias and without`, () =>
    tf.tidy(() => {
      for (const [rows, width] of sizes) {
        for (const bias of [null, make([2 * width], 2)]) {
          const what = `${rows} x ${width}, ${bias === null ? "no bias" : "bias"}`;
          const far = withFarOnes(make([rows, 2 * width], 1, "float32", 2), precision);
          agree(fused.gate(far, bias, "silu"), composed.gate(far, bias, "silu"), precision, what);
          const x = make([rows, 2 * width], 1, precision, 3), dy = make([rows, width], 3, precision);
          const actual = fused.gateGradient(dy, x, bias, "silu");
          allAgree(actual, composed.gateGradient(dy, x, bias, "silu"), ["dx"], precision, what, 4);
        }
      }
    }));

  test(`root mean square normalisation and its gradient, ${precision}`, () =>
    tf.tidy(() => {
      for (const [rows, width] of sizes) {
        const what = `${rows} x ${width}`;
        const x = make([rows, width], 1, "float32", 3),
          weight = make([width], 2),
          dy = make([rows, width], 3, precision);
        const actual = fused.rmsNorm(x, weight, 1e-5, precision === "bf16");
        const expected = composed.rmsNorm(x, weight, 1e-5, precision === "bf16");
        allAgree(actual, expected, ["output"], precision, what);
        const { normal, inverse } = expected;
        const gradient = fused.rmsNormGradient(dy, normal, inverse, weight);
        const slopes = composed.rmsNormGradient(dy, normal, inverse, weight);
        const unit = 4 * Math.max(1, ...take(inverse.clone()));
        allAgree(gradient, slopes, [], precision, what, unit);
      }
    }));

  test(`heads with rotary positions apart and together, ${precision}`, () =>
    tf.tidy(() => {
      for (
        const [batch, length, heads, keyHeads, headWidth, tables] of [
          [1, 1, 1, 1, 2, 1],
          [2, 3, 4, 2, 6, 1],
          [3, 23, 2, 2, 34, 3],
          [1, 67, 6, 1, 64, 1],
        ] as const
      ) {
        const sizes = { batch, length, heads, keyHeads, headWidth },
          wide = (heads + 2 * keyHeads) * headWidth;
        const rotary = {
          cos: make([tables, 1, length, headWidth], 7),
          sin: make([tables, 1, length, headWidth], 8),
        };
        const qkv = make([batch * length, wide], 1, precision);
        for (const bias of [null, make([wide], 2)]) {
          const what = `${Object.values(sizes)}, ${bias === null ? "no bias" : "bias"}`;
          const parts = fused.rotaryHeads(qkv, bias, sizes, rotary);
          composed.rotaryHeads(qkv, bias, sizes, rotary)
            .forEach((part, i) => agree(parts[i]!, part, precision, `${what}, part ${i}`));
        }
        const [dq, dk, dv] = [heads, keyHeads, keyHeads]
          .map((n, i) => make([batch, n, length, headWidth], 4 + i, precision)) as [
            tf.Tensor,
            tf.Tensor,
            tf.Tensor,
          ];
        const actual = fused.rotaryHeadsGradient(dq, dk, dv, sizes, rotary);
        const expected = composed.rotaryHeadsGradient(dq, dk, dv, sizes, rotary);
        allAgree(actual, expected, ["dqkv"], precision, `${Object.values(sizes)}`, 1);
      }
    }));

  test(`attention's softmax, ${precision}: every form of mask, rows with all keys masked, dropout`, () =>
    tf.tidy(() => {
      for (const maskShape of maskShapes) {
        const scores = make(scoreShape, 1, precision, 4), dDropped = make(scoreShape, 2, precision);
        const mask = maskShape && maskOf(maskShape);
        const expected = composed.attentionWeights(scores, mask, 0.3, null);
        const what = `mask [${maskShape}]`;
        agree(fused.attentionWeights(scores, mask, 0.3, null), expected, precision, what);
        const gradient = fused.attentionWeightsGradient(dDropped, scores, mask, 0.3, null);
        const slopes = composed.attentionWeightsGradient(dDropped, scores, mask, 0.3, null);
        agree(gradient.dropped, expected, precision, `${what}, weights again`);
        agree(gradient.dScores, slopes.dScores, precision, `${what}, gradient`);

        const dropped = dropping(0.4, 7, 8), factor = factors(scoreShape, dropped);
        const left = inPrecision(tf.mul(floatOf(expected), factor), precision);
        agree(fused.attentionWeights(scores, mask, 0.3, dropped), left, precision, `${what}, dropped`);
        const back = fused.attentionWeightsGradient(dDropped, scores, mask, 0.3, dropped);
        agree(back.dropped, left, precision, `${what}, dropped again`);
        // in float32: composed would round what dropout leaves of the gradient before using it
        const dWeights = tf.mul(floatOf(dDropped), factor);
        const { dScores } = composed.attentionWeightsGradient(dWeights, floatOf(scores), mask, 0.3, null);
        agree(back.dScores, dScores, precision, `${what}, gradient with dropout`);
      }
    }));

  test(`cross-entropy and its gradient, ${precision}: rows without weight, all classes asked for`, () =>
    tf.tidy(() => {
      // TensorFlow.js has no one-hot row of one class
      for (const [rows, classes] of sizes.filter(([, width]) => width > 1)) {
        const logits = make([rows, classes], 1, "float32", 3);
        const labels = Int32Array.from({ length: rows }, (_, i) => i * 7 % classes);
        const weights = Float32Array.from({ length: rows }, (_, i) => i % 3 === 1 ? 0 : 0.5 + i % 2);
        const spread = {
          rows: Float32Array.from({ length: rows }, (_, i) => i % 4 === 1 ? 0 : 1),
          classes: Float32Array.from({ length: classes }, (_, i) => (1 + i % 2) / 10 / classes),
        };
        const scale = tf.scalar(0.7);
        for (const targets of [{ labels, weights, spread: null }, { labels, weights, spread }]) {
          const what = `${rows} x ${classes}, ${targets.spread === null ? "labels alone" : "all classes"}`;
          const actual = fused.crossEntropy(logits, targets),
            expected = composed.crossEntropy(logits, targets);
          agree(actual.loss, expected.loss, "float32", what, 4 * rows);
          const gradient = (kernels: typeof fused) =>
            kernels.crossEntropyGradient(
              logits,
              kernels.crossEntropy(logits, targets).norms,
              targets,
              scale,
              precision === "bf16",
            );
          agree(gradient(fused), gradient(composed), precision, `${what}, gradient`);
        }
      }
    }));

  test(`a bias added, rows summed, each row's largest, ${precision}`, () =>
    tf.tidy(() => {
      for (const [rows, width] of sizes) {
        const x = make([rows, width], 1, precision), bias = make([width], 2), what = `${rows} x ${width}`;
        agree(fused.addBias(x, bias), composed.addBias(x, bias), "float32", `${what} + bias`);
        agree(fused.sumRows(x), composed.sumRows(x), "float32", `${what} summed`, rows);
        agree(fused.argMax(x), composed.argMax(x), "float32", `${what}, largest`);
      }
      const twice = inPrecision(tf.tensor2d([[1, 3, 2, 3], [-Infinity, -2, -2, -5]]), precision);
      assert.deepEqual([...fused.argMax(twice).dataSync()], [1, 1], "the first of several");
    }));

  test(`sums of both precisions, ${precision}`, () =>
    tf.tidy(() => {
      for (const shape of [[1], [7, 33], [2, 3, 5]]) {
        const a = make(shape, 1), b = make(shape, 2, precision);
        agree(fused.add(a, b), composed.add(a, b), "float32", "a + b");
        agree(fused.add(b, a), composed.add(b, a), "float32", "b + a");
        agree(fused.add(b, b), composed.add(b, b), "float32", "b + b");
      }
    }));

  test(`sum of squares of 1 to 10,000,000 numbers, ${precision}`, () =>
    tf.tidy(() => {
      for (const size of [1, 7, 4095, 4096, 4097, 131073, 1e7]) {
        const x = inPrecision(
          tf.tensor1d(Float32Array.from({ length: size }, (_, i) => i % 1009 / 512 - 1)),
          precision,
        );
        const exact = take(x.clone()).reduce((sum, value) => sum + value * value, 0);
        const sum = fused.sumOfSquares([x]);
        assert.ok(Math.abs(sum / exact - 1) < 1e-6, `${size}: ${sum} instead of ${exact}`);
      }
      const several = [make([3, 5], 1), make([7], 2, precision), make([40000], 3, precision), make([], 4)];
      const expected = composed.sumOfSquares(several);
      assert.ok(Math.abs(fused.sumOfSquares(several) / expected - 1) < 1e-6, "several, of both precisions");
      assert.equal(fused.sumOfSquares([]), 0);
    }));

  test(`numbers that are none come through, ${precision}`, () =>
    tf.tidy(() => {
      for (const wrong of [NaN, Infinity, -Infinity]) {
        const spoilt = (shape: number[], seed: number) => {
          const values = randomValues(shape, seed);
          values[values.length - 2] = wrong;
          return tf.tensor(values, shape);
        };
        const low = (shape: number[], seed: number) => inPrecision(spoilt(shape, seed), precision);
        const what = `${wrong}`;
        const good = make([5, 33], 1, precision), vector = make([33], 2), float = make([5, 33], 3);
        const norm = { weight: vector, bias: vector, epsilon: 1e-5 };
        const bad = low([5, 33], 4), badFloat = spoilt([5, 33], 4);
        agree(
          fused.activate(bad, vector, "gelu"),
          composed.activate(bad, vector, "gelu"),
          precision,
          what,
        );
        for (const [dy, x] of [[bad, good], [good, bad]] as const) {
          const actual = fused.activateGradient(dy, x, vector, "gelu");
          allAgree(actual, composed.activateGradient(dy, x, vector, "gelu"), ["dx"], precision, what);
        }
        for (const [x, residual] of [[bad, float], [good, badFloat]] as const) {
          const expected = composed.addNorm(x, vector, residual, norm, null);
          const { output, normal } = fused.addNorm(x, vector, residual, norm, null);
          agree(output, expected.output, "float32", `${what} in addNorm`);
          agree(normal, expected.normal, "float32", `${what} in addNorm`);
        }
        const inverse = tf.ones([5, 1]);
        const gradient = fused.addNormGradient(
          badFloat,
          float,
          inverse,
          vector,
          null,
          precision === "bf16",
        );
        const expected = composed.addNormGradient(
          badFloat,
          float,
          inverse,
          vector,
          null,
          precision === "bf16",
        );
        allAgree(gradient, expected, ["dx"], precision, `${what} in addNormGradient`);

        const scores = low(scoreShape, 5), mask = maskOf([3, 1, 1, 7]);
        const weights = fused.attentionWeights(scores, mask, 1, null);
        agree(weights, composed.attentionWeights(scores, mask, 1, null), precision, `${what} in scores`);
        const one = make(scoreShape, 6, precision);
        for (const [d, s] of [[scores, one], [one, scores]] as const) {
          const { dScores } = fused.attentionWeightsGradient(d, s, mask, 1, null);
          const exact = composed.attentionWeightsGradient(d, s, mask, 1, null).dScores;
          agree(dScores, exact, precision, `${what} in gradients`);
        }
        agree(fused.add(badFloat, good), composed.add(badFloat, good), "float32", what);
        agree(fused.add(float, bad), composed.add(float, bad), "float32", what);
        assert.equal(fused.sumOfSquares([good, bad]), wrong * wrong, `${what} in the sum of squares`);
        const dropped = take(fused.dropout(bad, dropping(0.5, 1, 2)));
        assert.ok(dropped.some((x) => Number.isNaN(x) || !Number.isFinite(x)), `${what} in dropout`);
      }
    }));

  test(`attention's softmax of huge scores, ${precision}`, () =>
    tf.tidy(() => {
      const scores = inPrecision(
        tf.tensor([1e30, -1e30, 1e30, 3e4, 3e4, -3e4, 100, 12, -90, 0, 0, 0, -1e-30, -87.5, -200], [
          1,
          1,
          5,
          3,
        ]),
        precision,
      );
      for (
        const mask of [
          null,
          tf.fill([1, 1, 1, 3], -3.4028234663852886e38),
          tf.tensor([0, 0, -1e9], [1, 1, 1, 3]),
        ]
      ) {
        const weights = fused.attentionWeights(scores, mask, 1, null);
        agree(weights, composed.attentionWeights(scores, mask, 1, null), precision, "huge");
      }
    }));
}

/** Some entries replaced by what lies far out on both sides. */
function withFarOnes(x: tf.Tensor, precision: Precision): tf.Tensor {
  const far = [6, -6, 20, -20, 1e6, -1e6, 1e30, -1e30];
  const values = take(x.clone()).map((value, i) => i % 5 === 4 ? far[i % far.length]! : value);
  return inPrecision(tf.tensor(values, x.shape), precision);
}

function floatOf(x: tf.Tensor): tf.Tensor {
  return composed.add(x, tf.zeros(x.shape));
}

/** 0 and the most negative number by turns; the first row of keys is masked as a whole. */
function maskOf(shape: number[]): tf.Tensor {
  const keys = shape.at(-1)!;
  const values = Float32Array.from(
    { length: tf.util.sizeFromShape(shape) },
    (_, i) => i < keys || i % 5 === 3 ? -3.4028234663852886e38 : 0,
  );
  return tf.tensor(values, shape);
}

/** A test of the project's own products, in each precision that this processor has them in. */
function testProducts(name: string, fn: (precision: Precision) => void): void {
  for (const precision of precisions) {
    const ignore = !hasProducts(precision);
    Deno.test({ name: `${name} (${precision})`, ignore, fn: () => tf.tidy(() => fn(precision)) });
  }
}

testProducts(
  "products: sizes that fit no tile, every transposition, long sums; rounded once",
  (precision) => {
    const shapes = [
      [1, 1, 2],
      [13, 45, 66],
      [12, 32, 512],
      [97, 300, 1100],
      [200, 17, 2050],
      [3, 700, 34],
      [30, 70, 1],
      [50, 40, 617],
      [20, 40, 1101],
      [110, 600, 1101],
    ];
    for (const [rows, columns, inner] of shapes as [number, number, number][]) {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const a = make(transposeA ? [inner, rows] : [rows, inner], 1, precision);
          const b = make(transposeB ? [columns, inner] : [inner, columns], 2, precision);
          const exact = tf.matMul(floatOf(a), floatOf(b), transposeA, transposeB);
          const what = `${rows} x ${columns} x ${inner}, ${transposeA}, ${transposeB}`;
          agree(product(a, b, transposeA, transposeB), exact, precision, what, 4 * Math.sqrt(inner));
        }
      }
    }
  },
);

testProducts("a product with GELU: as product and GELU, sizes that fit no tile; kept or not", (precision) => {
  const near = nearIn(precision);
  for (
    const [rows, columns, inner] of [[1, 1, 2], [13, 45, 66], [130, 300, 96], [97, 33, 1100]] as const
  ) {
    const x = make([rows, inner], 1, precision),
      w = make([columns, inner], 2, precision, 1 / Math.sqrt(inner));
    const bias = make([columns], 3), what = `${rows} x ${columns} x ${inner}`;
    const exact = tf.matMul(floatOf(x), floatOf(w), false, true);
    const { output, inner: kept } = fused.linearActivate(x, w, bias, "gelu", true);
    agree(output, composed.activate(exact, bias, "gelu"), precision, what, 4);
    agree(kept!, exact, precision, `${what}, kept`, 4);
    const alone = fused.linearActivate(x, w, bias, "gelu", false);
    assert.equal(alone.inner, null);
    assert.deepEqual(take(alone.output), take(output), `${what}, not kept`);
    near(
      fused.linearActivate(x, w, bias, "relu", false).output,
      composed.activate(exact, bias, "relu"),
      what,
    );
  }
});

/** Attentions that fit no tile: rows, tokens, heads, a head's width, the form of the mask. */
const attentions = [
  [1, 1, 1, 2, null],
  [2, 5, 3, 6, "batch"],
  [3, 13, 2, 64, "batch"],
  [2, 37, 2, 34, "rows"],
  [1, 70, 3, 32, null],
  [2, 128, 2, 64, "batch"],
] as const;

testProducts(
  "attention as one operation: as its pieces, forward and backward, masks and dropout",
  (precision) => {
    const near = nearIn(precision);
    for (const [batch, length, heads, size, masked] of attentions) {
      for (const dropped of [null, dropping(0.3, 5, 6)]) {
        const width = heads * size,
          what = `${batch} x ${length} x ${heads} x ${size}, ${dropped?.rate ?? 0}`;
        const qkv = make([batch * length, 3 * width], 1, precision),
          dy = make([batch * length, width], 2, precision);
        const maskShape = [batch, 1, masked === "rows" ? length : 1, length];
        const mask = masked === null ? null : maskOf(maskShape);
        const parts = {
          bias: make([3 * width], 3),
          mask,
          sizes: { batch, length, heads },
          scale: 1 / Math.sqrt(size),
          dropping: dropped,
          queries: null,
        };
        // the pieces with the fused softmax, which drops the same entries, in float32 from what is rounded
        const bias = tf.zeros([3 * width]);
        const sum = inPrecision(tf.add(floatOf(qkv), parts.bias), precision);
        const [q, k, v] = composed.splitHeads(floatOf(sum), bias, parts.sizes);
        const scores = tf.matMul(q, k, false, true), dContext = separateHeads(floatOf(dy), parts.sizes);
        const weights = fused.attentionWeights(scores, mask, parts.scale, dropped);
        const expected = joinHeads(tf.matMul(weights, v));
        near(fused.attention(qkv, parts), expected, `${what}, context`);
        const dDropped = tf.matMul(dContext, v, false, true);
        const { dScores, dropped: left } = fused.attentionWeightsGradient(
          dDropped,
          scores,
          mask,
          parts.scale,
          dropped,
        );
        const merged = composed.mergeHeads(
          tf.matMul(dScores, k),
          tf.matMul(dScores, q, true, false),
          tf.matMul(left, dContext, true, false),
        );
        const actual = fused.attentionGradient(dy, qkv, parts);
        const thirds = (x: tf.Tensor) => tf.split(floatOf(x), 3, -1);
        thirds(actual.dqkv).forEach((part, i) =>
          near(part, thirds(merged.dqkv)[i]!, `${what}, ${"qkv"[i]} of dqkv`)
        );
        near(actual.dBias, tf.sum(floatOf(actual.dqkv), 0), `${what}, dBias`);
        // some tokens ask alone: in the first row of the batch none, unless it is the only one
        const queries = Int32Array.from({ length: batch * length }, (_, i) => i)
          .filter((i) => (i >= length || batch === 1) && i % 3 !== 1);
        const asked = { ...parts, queries };
        const ofAll = gatherRows(fused.attention(qkv, parts), queries);
        assert.deepEqual(take(fused.attention(qkv, asked)), take(ofAll), `${what}, some queries`);
        const dySome = gatherRows(dy, queries);
        const whole = inPrecision(sumIntoRows(floatOf(dySome), queries, batch * length, null), precision);
        const some = fused.attentionGradient(dySome, qkv, asked);
        near(
          some.dqkv,
          floatOf(fused.attentionGradient(whole, qkv, parts).dqkv),
          `${what}, some queries' gradient`,
        );
        near(some.dBias, tf.sum(floatOf(some.dqkv), 0), `${what}, some queries' dBias`);
        if (dropped !== null) continue;
        near(fused.attention(qkv, parts), floatOf(composed.attention(qkv, parts)), `${what}, composed`);
        near(
          fused.attention(qkv, asked),
          floatOf(composed.attention(qkv, asked)),
          `${what}, composed, some`,
        );
        const piecesOfSome = composed.attentionGradient(dySome, qkv, asked);
        near(some.dqkv, floatOf(piecesOfSome.dqkv), `${what}, composed gradient, some`);
        const pieces = composed.attentionGradient(dy, qkv, parts);
        near(actual.dqkv, floatOf(pieces.dqkv), `${what}, composed gradient`);
      }
    }
  },
);

/**
 * Asserts that tensors agree within the roundings of what was added: in bfloat16 1.5 % of the root mean square and 3 % of the largest, in
 * float32 a thousandth of that.
 */
function nearIn(precision: Precision) {
  const share = precision === "bf16" ? 1 : 1e-3;
  return (actual: tf.Tensor, expected: tf.Tensor, what: string): void => {
    const a = take(floatOf(actual).clone()), e = take(expected.clone());
    assert.equal(a.length, e.length, what);
    const largest = e.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
    const squares = e.reduce((sum, x) => sum + x * x, 0),
      off = e.reduce((sum, x, i) => sum + (x - a[i]!) ** 2, 0);
    assert.ok(
      off <= (0.015 * share) ** 2 * squares + 1e-9,
      `${what}: off by ${Math.sqrt(off / (squares || 1))} of its size`,
    );
    e.forEach((x, i) =>
      assert.ok(Math.abs(x - a[i]!) <= 0.03 * share * largest, `${what}[${i}]: ${a[i]} instead of ${x}`)
    );
  };
}

testProducts(
  "attention as one operation: queries that do not ascend, or lie outside, are an error",
  (precision) => {
    const parts = {
      bias: tf.zeros([12]),
      mask: null,
      sizes: { batch: 2, length: 3, heads: 2 },
      scale: 1,
      dropping: null,
    };
    for (const queries of [[1, 1], [2, 1], [-1], [6]]) {
      const asked = { ...parts, queries: Int32Array.from(queries) };
      assert.throws(() => fused.attention(make([6, 12], 1, precision), asked), /SongAttention: .*queries/);
    }
  },
);

testProducts("products: a number that is none stays in its row, or column", (precision) => {
  const values = randomValues([20, 40], 1);
  values[3 * 40 + 7] = NaN;
  const spoilt = inPrecision(tf.tensor2d(values, [20, 40]), precision);
  const other = make([40, 35], 2, precision);
  const rows = take(product(spoilt, other));
  assert.ok(rows.every((x, i) => Number.isNaN(x) === (Math.floor(i / 35) === 3)), "its row alone");
  const columns = take(product(make([20, 35], 3, precision), spoilt, true, false));
  assert.ok(columns.every((x, i) => Number.isNaN(x) === (i % 40 === 7)), "its column alone");
});

test("attention in bfloat16: the gradient of the scores is rounded once, from a softmax that is not", () =>
  tf.tidy(() => {
    const shape = [4, 3, 32, 32], mask = maskOf([4, 1, 1, 32]);
    const scores = make(shape, 1, "bf16", 4), dDropped = make(shape, 2, "bf16");
    const exact = take(
      composed.attentionWeightsGradient(floatOf(dDropped), floatOf(scores), mask, 0.3, null).dScores,
    );
    const norm = (values: Float32Array) => Math.hypot(...values);
    for (const kernels of [fused, composed]) {
      const { dScores } = kernels.attentionWeightsGradient(dDropped, scores, mask, 0.3, null);
      const off = take(dScores).map((value, i) => value - exact[i]!);
      // the mean of a bfloat16's rounding is 0.0017 of it; weights that were rounded would bring it to 0.0024
      const relative = norm(off) / norm(exact);
      assert.ok(relative > 0.0013 && relative < 0.002, `${relative}`);
    }
  }));

test("attention to one key alone: what is left of its gradient is exact to seven digits", () =>
  tf.tidy(() => {
    const keys = 20, rows = 50, shape = [1, 1, rows, keys];
    const scores = randomValues(shape, 1).map((x, i) => i % keys === 3 ? 10 + x : x);
    const d = randomValues(shape, 2, 30);
    for (const kernels of [fused, composed]) {
      const { dScores } = kernels.attentionWeightsGradient(
        tf.tensor(d, shape),
        tf.tensor(scores, shape),
        null,
        1,
        null,
      );
      const actual = take(dScores);
      for (let row = 0; row < rows; row++) {
        const of = (values: Float32Array) => [...values.slice(row * keys, (row + 1) * keys)];
        const exponentials = of(scores).map(Math.exp);
        const sum = exponentials.reduce((a, b) => a + b);
        const p = exponentials.map((x) => x / sum), given = of(d);
        // p (d - Σ p d), with nothing subtracted from itself
        const expected = p[3]! * p.reduce((total, weight, j) => total + weight * (given[3]! - given[j]!), 0);
        const allowed = 2e-6 * p[3]! *
          p.reduce((total, w, j) => total + w * Math.abs(given[3]! - given[j]!), 0);
        assert.ok(Math.abs(of(actual)[3]! - expected) < allowed, `row ${row}: ${of(actual)[3]}, ${expected}`);
      }
    }
  }));

test("a mask that does not fit the scores is an error, not memory of others", () =>
  tf.tidy(() => {
    const scores = make(scoreShape, 1);
    for (const shape of [[3, 1, 1, 6], [2, 1, 1, 7], [3, 1, 8, 7], [9, 7]]) {
      assert.throws(
        () => fused.attentionWeights(scores, tf.zeros(shape), 1, null),
        /mask does not fit/,
        `${shape}`,
      );
      assert.throws(
        () => fused.attentionWeightsGradient(scores, scores, tf.zeros(shape), 1, null),
        /Gradient: the mask does not fit/,
        `${shape}`,
      );
    }
  }));

test("dropout keeps its share, at every rate, and scales it to the same mean", () =>
  tf.tidy(() => {
    const size = 1e6;
    for (const rate of [0.01, 0.1, 0.5, 0.9]) {
      const values = take(factors([1000, 1000], dropping(rate, 11, 12)));
      const kept = values.filter((value) => value !== 0);
      const deviation = Math.sqrt(rate * (1 - rate) * size);
      const off = (size - kept.length - rate * size) / deviation;
      assert.ok(Math.abs(off) < 4, `rate ${rate}: ${off} standard deviations off`);
      assert.ok(
        kept.every((value) => value === Math.fround(1 / (1 - Math.fround(rate)))),
        `rate ${rate}: scale`,
      );
    }
  }));

test("dropout: forward, backward and dropout by itself drop the same entries, in both precisions", () =>
  tf.tidy(() => {
    const [rows, width] = [67, 33], dropped = dropping(0.5, 3, 4);
    const mask = take(factors([rows, width], dropped)).map((value) => value === 0 ? 0 : 1);
    const zero = tf.zeros([rows, width]), ones = tf.ones([width]);
    // without a residual's own values, an entry of the sum is dropped where it is 0
    const { normal } = fused.addNorm(zero, ones, zero, {
      weight: ones,
      bias: tf.zeros([width]),
      epsilon: 1e-5,
    }, dropped);
    const dropAll = take(normal).map((value) => value < 0 ? 0 : 1);
    assert.deepEqual(dropAll, mask, "addNorm");
    for (const low of [false, true]) {
      const dy = make([rows, width], 1), inverse = tf.ones([rows, 1]);
      const { dx } = fused.addNormGradient(dy, make([rows, width], 2), inverse, ones, dropped, low);
      assert.deepEqual(take(dx).map((value) => value === 0 ? 0 : 1), mask, `addNormGradient, low ${low}`);
    }
    for (const precision of precisions) {
      const scores = inPrecision(tf.zeros([1, 1, rows, width]), precision);
      const left = () => fused.attentionWeights(scores, null, 1, dropped);
      assert.deepEqual(take(left()).map((value) => value === 0 ? 0 : 1), mask, `attention, ${precision}`);
      const again = fused.attentionWeightsGradient(scores, scores, null, 1, dropped).dropped;
      assert.deepEqual(take(again).map((value) => value === 0 ? 0 : 1), mask, `its gradient, ${precision}`);
      const weights = fused.attentionWeights(scores, null, 1, null);
      agree(left(), fused.dropout(weights, dropped), precision, `dropout alone, ${precision}`);
    }
  }));

test("dropout: neighbouring columns, rows and keys have nothing to do with each other", () =>
  tf.tidy(() => {
    const [rows, width] = [1000, 1000], size = rows * width;
    const maskOfKey = (a: number, b: number) =>
      take(factors([rows, width], dropping(0.5, a, b))).map((value) => value === 0 ? -1 : 1);
    const mask = maskOfKey(20, 30);
    // signs of a fair coin: the mean product of independent ones has standard deviation 1 / √n = 0.001
    const correlation = (other: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += mask[i]! * other(i);
      return Math.abs(sum / size);
    };
    const shifted = (by: number) => correlation((i) => mask[(i + by) % size]!);
    for (const lag of [1, 2, 3, 4, 7, 8, 16, 32, 64, 128, 256, 512]) {
      assert.ok(shifted(lag) < 0.0045, `columns ${lag} apart: ${shifted(lag)}`);
      assert.ok(shifted(lag * width) < 0.0045, `rows ${lag} apart: ${shifted(lag * width)}`);
      assert.ok(shifted(lag * width - lag) < 0.0045, `diagonals ${lag} apart`);
    }
    for (
      const [a, b] of [[21, 30], [20, 31], [30, 20], [-20, 30], [20 + 2 ** 16, 30], [
        20,
        30 + 2 ** 16,
      ]] as const
    ) {
      const other = maskOfKey(a, b);
      const same = correlation((i) => other[i]!), next = correlation((i) => other[(i + 1) % size]!);
      assert.ok(same < 0.0045 && next < 0.0045, `key ${a}, ${b}: ${same}, ${next}`);
    }
    // patterns of eight neighbours: χ² of 255 degrees of freedom is 255 ± 22.6
    for (const step of [1, width]) {
      const counts = new Float64Array(256);
      const starts = step === 1 ? size / 8 : Math.floor(rows / 8) * width;
      for (let i = 0; i < starts; i++) {
        const from = step === 1 ? i * 8 : Math.floor(i / width) * 8 * width + i % width;
        let pattern = 0;
        for (let bit = 0; bit < 8; bit++) pattern = pattern * 2 + (mask[from + bit * step]! > 0 ? 1 : 0);
        counts[pattern]!++;
      }
      const chi = counts.reduce((sum, count) => sum + (count - starts / 256) ** 2 / (starts / 256), 0);
      assert.ok(chi > 165 && chi < 345, `χ² of ${step === 1 ? "columns" : "rows"}: ${chi}`);
    }
  }));

test("AdamW: a bfloat16 copy that is held follows its parameter to the bit", () => {
  for (const size of [1, 33, 4099]) {
    const parameter = new Parameter("weight", tf.tensor(randomValues([size], 1)));
    const optimizer = new AdamW({ weightDecay: 0.1 });
    const before = take(parameter.lowValue().clone());
    for (let step = 0; step < 3; step++) {
      optimizer.step(new Map([[parameter, make([size], step + 2, step === 1 ? "bf16" : "float32")]]), 0.1);
    }
    const held = take(parameter.lowValue().clone());
    assert.deepEqual(take(tf.tidy(() => toBfloat16(parameter.value()).clone())), held);
    assert.notDeepEqual(held, before);
    optimizer.dispose();
    parameter.dispose();
  }
});

test("AdamW: parameters stepped together are as each by itself, whatever their sizes and precisions", () => {
  const sizes = [1, 33, 70001, 32768];
  const step = (together: boolean) => {
    const parameters = sizes.map((size, i) => {
      const parameter = new Parameter(i % 2 === 0 ? "weight" : "bias", tf.tensor(randomValues([size], i)));
      if (i > 0) parameter.lowValue();
      return parameter;
    });
    const optimizer = new AdamW({ weightDecay: 0.1 });
    for (let repeat = 0; repeat < 2; repeat++) {
      const gradients = parameters.map((parameter, i) =>
        [parameter, make([parameter.size], 10 * repeat + i, precisions[(i + repeat) % 2])] as const
      );
      if (together) optimizer.step(new Map(gradients), 0.1, 0.5);
      else gradients.forEach((one) => optimizer.step(new Map([one]), 0.1, 0.5));
    }
    const values = parameters.map((parameter) => [parameter.data(), take(parameter.lowValue().clone())]);
    optimizer.dispose();
    parameters.forEach((parameter) => parameter.dispose());
    return values;
  };
  assert.deepEqual(step(true), step(false));
});

test("AdamW: a gradient that is no number makes the parameter none, and leaves its neighbours", () => {
  const parameter = new Parameter("weight", tf.ones([3]));
  const optimizer = new AdamW();
  optimizer.step(new Map([[parameter, tf.tensor1d([1, NaN, -1])]]), 0.1);
  assert.deepEqual([...parameter.data()].map(Number.isNaN), [false, true, false]);
  optimizer.dispose();
  parameter.dispose();
});

test("rows of several tables add up, and their gradients go back into rows, over all columns", () => {
  for (const precision of precisions) {
    for (const width of [1, 63, 64, 150]) {
      tf.tidy(() => {
        const tables = [make([7, width], 1, precision), make([3, width], 2, precision)];
        const rows = [Int32Array.of(6, 0, 6, 3, 1), Int32Array.of(2, 2, 0, 1, 2)];
        const values = tables.map((table) => take(tf.clone(table))), sums = take(lookUp(tables, rows));
        const expected = Float32Array.from({ length: 5 * width }, (_, at) => {
          const token = Math.floor(at / width), column = at % width;
          return values[0]![rows[0]![token]! * width + column]! +
            values[1]![rows[1]![token]! * width + column]!;
        });
        assert.deepEqual(sums, expected, `${precision}, ${width} wide`);
      });
    }
  }
  for (const width of [1, 63, 64, 150]) {
    tf.tidy(() => {
      const x = make([5, width], 3), values = take(tf.clone(x));
      const sums = take(sumIntoRows(x, Int32Array.of(2, 0, 2, 3, 2), 4, 3));
      const expected = new Float32Array(4 * width);
      for (let k = 0; k < width; k++) {
        const row = (i: number) => values[i * width + k]!;
        expected[k] = row(1);
        expected[2 * width + k] = Math.fround(Math.fround(row(0) + row(2)) + row(4));
      }
      assert.deepEqual(sums, expected, `${width} wide`);
    });
  }
});

test("a row that a table does not have is refused", () => {
  const table = make([3, 4], 1), x = make([2, 4], 2);
  for (const row of [-1, 3]) {
    assert.throws(() => lookUp([table], [Int32Array.of(0, row)]), /a row that its table does not have/);
  }
  assert.throws(() => sumIntoRows(x, Int32Array.of(0, 3), 3, null), /a row that the result does not have/);
  tf.dispose([table, x]);
});

const digestScript = fileURLToPath(new URL("testing/kernels_digest.ts", import.meta.url));
const hasTaskset = await succeeds("taskset", ["--version"]);

async function succeeds(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "fused kernels: the same to the bit on one core and on several, ten times over",
  ignore: !hasKernels() || !hasTaskset || navigator.hardwareConcurrency < 2,
  async fn() {
    const digests = await Promise.all(["0", `0-${navigator.hardwareConcurrency - 1}`].map(async (cores) => {
      const args = ["-c", cores, Deno.execPath(), "run", "-A", digestScript, "10"];
      const { stdout, success } = await new Deno.Command("taskset", { args, stderr: "inherit" }).output();
      assert.ok(success, `the digest on cores ${cores} failed`);
      return new TextDecoder().decode(stdout).trim().split("\n");
    }));
    for (const lines of digests) assert.equal(new Set(lines).size, 1, "repeats differ");
    assert.equal(digests[0]!.length, 10);
    assert.equal(digests[0]![0], digests[1]![0], "one core and several differ");
  },
});

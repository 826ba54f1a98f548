/** {@link Kernels} composed of TensorFlow.js operations: for every engine, and what the fused ones are checked against. */
import * as tf from "@tensorflow/tfjs";
import type { Activation, ClassTargets, Dropping, Kernels, NormValues } from "./kernel_types.ts";
import { uniform } from "./uniform.ts";
import { isBfloat16, toBfloat16, toFloat32 } from "./raw.ts";
import { rotatedHeads, rotateGradient } from "./rotary.ts";
import {
  gatherRows,
  joinHeads,
  product,
  reshape,
  separateHeads,
  stack,
  sumIntoRows,
  transpose,
  unstack,
} from "./low.ts";

const gaussianScale = 1 / Math.sqrt(2 * Math.PI);
const tanhScale = Math.sqrt(2 / Math.PI);

/** Value and derivative of each activation, float32. */
const activations: Record<Activation, {
  value: (x: tf.Tensor) => tf.Tensor;
  derivative: (x: tf.Tensor) => tf.Tensor;
}> = {
  // x Φ(x), and Φ(x) + x φ(x) (Hendrycks & Gimpel 2016)
  gelu: {
    value: (x) => tf.mul(x, gaussianCdf(x)),
    derivative: (x) =>
      tf.add(gaussianCdf(x), tf.mul(tf.mul(x, gaussianScale), tf.exp(tf.mul(tf.square(x), -0.5)))),
  },
  gelu_new: {
    value: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tanhArgument(x)), 1)),
    derivative: (x) => {
      const t = tf.tanh(tanhArgument(x));
      const inner = tf.mul(tf.add(tf.mul(tf.square(x), 3 * 0.044715), 1), tanhScale);
      return tf.mul(tf.add(tf.add(t, 1), tf.mul(tf.mul(x, tf.sub(1, tf.square(t))), inner)), 0.5);
    },
  },
  relu: { value: (x) => tf.relu(x), derivative: (x) => tf.step(x) },
  silu: {
    value: (x) => tf.mul(x, tf.sigmoid(x)),
    derivative: (x) => {
      const s = tf.sigmoid(x);
      return tf.mul(s, tf.add(tf.mul(x, tf.sub(1, s)), 1));
    },
  },
  tanh: { value: (x) => tf.tanh(x), derivative: (x) => tf.sub(1, tf.square(tf.tanh(x))) },
};

function gaussianCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

function tanhArgument(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), tanhScale);
}

/** Names that {@link Kernels.activate} knows. */
export const activationNames = Object.keys(activations) as Activation[];

function like(tensor: tf.Tensor, model: tf.Tensor): tf.Tensor {
  return isBfloat16(model) ? toBfloat16(tensor) : tensor;
}

/** Drops and scales a float32 tensor. */
function drop(x: tf.Tensor, dropping: Dropping): tf.Tensor {
  if (dropping === null) return x;
  const { rate, key } = dropping;
  const kept = tf.cast(tf.greaterEqual(uniform(x.shape, key), rate), "float32");
  return tf.mul(tf.mul(x, 1 / (1 - rate)), kept);
}

function normalise(x: tf.Tensor, { weight, bias, epsilon }: NormValues) {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  const normal = tf.mul(centred, inverse);
  return { normal, inverse, output: tf.add(tf.mul(normal, weight), bias) };
}

/** From the gradient of normalised rows to that of the rows. */
function normaliseGradient(dNormal: tf.Tensor, normal: tf.Tensor, inverse: tf.Tensor): tf.Tensor {
  const mean = tf.mean(dNormal, -1, true);
  const projection = tf.mul(normal, tf.mean(tf.mul(dNormal, normal), -1, true));
  return tf.mul(tf.sub(tf.sub(dNormal, mean), projection), inverse);
}

/** The two halves of x + bias, side by side in it, float32. */
function halves(x: tf.Tensor, bias: tf.Tensor | null): [tf.Tensor, tf.Tensor] {
  const sum = bias === null ? toFloat32(x) : tf.add(toFloat32(x), bias);
  return tf.split(sum, 2, 1) as [tf.Tensor, tf.Tensor];
}

/** softmax(scores · scale + mask), float32. */
function softmaxOf(scores: tf.Tensor, mask: tf.Tensor | null, scale: number): tf.Tensor {
  const scaled = tf.mul(toFloat32(scores), scale);
  return tf.softmax(mask === null ? scaled : tf.add(scaled, mask));
}

/** What is asked of each row and class, [rows, classes]. */
function targetsOf({ labels, weights, spread }: ClassTargets, classes: number): tf.Tensor {
  const hard = tf.mul(
    tf.oneHot(tf.tensor1d(labels, "int32"), classes),
    tf.expandDims(tf.tensor1d(weights), 1),
  );
  if (spread === null) return hard;
  return tf.add(hard, tf.outerProduct(tf.tensor1d(spread.rows), tf.tensor1d(spread.classes)));
}

export const composed: Kernels = {
  activate: (x, bias, kind) => tf.tidy(() => like(activations[kind].value(tf.add(toFloat32(x), bias)), x)),

  linearActivate(x, weight, bias, kind, keep) {
    const inner = tf.tidy(() => product(x, weight, false, true));
    const output = composed.activate(inner, bias, kind);
    if (!keep) inner.dispose();
    return { output, inner: keep ? inner : null };
  },

  activateGradient: (dy, x, bias, kind) =>
    tf.tidy(() => {
      const dx = tf.mul(toFloat32(dy), activations[kind].derivative(tf.add(toFloat32(x), bias)));
      return { dx: like(dx, x), dBias: tf.sum(dx, 0) };
    }),

  gate: (x, bias, kind) =>
    tf.tidy(() => {
      const [g, u] = halves(x, bias);
      return like(tf.mul(activations[kind].value(g), u), x);
    }),

  gateGradient: (dy, x, bias, kind) =>
    tf.tidy(() => {
      const [g, u] = halves(x, bias), d = toFloat32(dy), { value, derivative } = activations[kind];
      const dx = tf.concat([tf.mul(tf.mul(d, u), derivative(g)), tf.mul(d, value(g))], 1);
      return { dx: like(dx, x), dBias: tf.sum(dx, 0) };
    }),

  rmsNorm: (x, weight, epsilon, low) =>
    tf.tidy(() => {
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
      const normal = tf.mul(x, inverse), output = tf.mul(normal, weight);
      return { output: low ? toBfloat16(output) : output, normal, inverse };
    }),

  rmsNormGradient: (dy, normal, inverse, weight) =>
    tf.tidy(() => {
      const d = toFloat32(dy), dNormal = tf.mul(d, weight);
      const projection = tf.mul(normal, tf.mean(tf.mul(dNormal, normal), -1, true));
      return { dx: tf.mul(tf.sub(dNormal, projection), inverse), dWeight: tf.sum(tf.mul(d, normal), 0) };
    }),

  addNorm: (x, bias, residual, norm, dropping) =>
    tf.tidy(() => {
      const sum = tf.add(residual, drop(tf.add(toFloat32(x), bias), dropping));
      return normalise(sum, norm);
    }),

  norm: (x, norm) => tf.tidy(() => normalise(toFloat32(x), norm)),

  addNormGradient: (dy, normal, inverse, weight, dropping, low) =>
    tf.tidy(() => {
      const dSum = normaliseGradient(tf.mul(dy, weight), normal, inverse);
      const dx = drop(dSum, dropping);
      return {
        dSum,
        dx: low ? toBfloat16(dx) : dx,
        dBias: tf.sum(dx, 0),
        dWeight: tf.sum(tf.mul(dy, normal), 0),
        dOffset: tf.sum(dy, 0),
      };
    }),

  splitHeads: (qkv, bias, { batch, length, heads }) =>
    tf.tidy(() => {
      const sum = like(tf.add(toFloat32(qkv), bias), qkv);
      const size = qkv.shape[1]! / 3 / heads;
      const parts = transpose(reshape(sum, [batch, length, 3, heads, size]), [2, 0, 3, 1, 4]);
      return unstack(parts) as [tf.Tensor, tf.Tensor, tf.Tensor];
    }),

  mergeHeads: (dq, dk, dv) =>
    tf.tidy(() => {
      const [batch, heads, length, size] = dq.shape as [number, number, number, number];
      const dqkv = reshape(transpose(stack([dq, dk, dv]), [1, 3, 0, 2, 4]), [
        batch * length,
        3 * heads * size,
      ]);
      return { dqkv, dBias: tf.sum(toFloat32(dqkv), 0) };
    }),

  rotaryHeads: (qkv, bias, sizes, rotary) =>
    tf.tidy(() => {
      const [q, k, v] = rotatedHeads(qkv, bias, sizes, rotary);
      return [like(q, qkv), like(k, qkv), like(v, qkv)];
    }),

  rotaryHeadsGradient: (dq, dk, dv, { batch, length }, rotary) =>
    tf.tidy(() => {
      const back = (dy: tf.Tensor) => rotateGradient(toFloat32(dy), rotary);
      const byHead = tf.concat([back(dq), back(dk), toFloat32(dv)], 1);
      const dqkv = tf.reshape(tf.transpose(byHead, [0, 2, 1, 3]), [batch * length, -1]);
      return { dqkv: like(dqkv, dq), dBias: tf.sum(dqkv, 0) };
    }),

  attentionWeights: (scores, mask, scale, dropping) =>
    tf.tidy(() => like(drop(softmaxOf(scores, mask, scale), dropping), scores)),

  attentionWeightsGradient: (dDropped, scores, mask, scale, dropping) =>
    tf.tidy(() => {
      const p = softmaxOf(scores, mask, scale), dp = drop(toFloat32(dDropped), dropping);
      const mean = tf.sum(tf.mul(dp, p), -1, true);
      // where one p is nearly 1, its dp less the mean is small: what rounding the mean left out counts
      const centred = tf.sub(dp, mean);
      const missing = tf.sum(tf.mul(centred, p), -1, true);
      const dScores = like(tf.mul(tf.mul(p, tf.sub(centred, missing)), scale), scores);
      return { dScores, dropped: like(drop(p, dropping), scores) };
    }),

  attention: (qkv, { bias, mask, sizes, scale, dropping, queries }) =>
    tf.tidy(() => {
      const [q, k, v] = composed.splitHeads(qkv, bias, sizes);
      const dropped = composed.attentionWeights(product(q, k, false, true), mask, scale, dropping);
      const context = joinHeads(product(dropped, v));
      return queries === null ? context : gatherRows(context, queries);
    }),

  attentionGradient: (asked, qkv, { bias, mask, sizes, scale, dropping, queries }) =>
    tf.tidy(() => {
      const [q, k, v] = composed.splitHeads(qkv, bias, sizes), scores = product(q, k, false, true);
      const dy = queries === null
        ? asked
        : like(sumIntoRows(toFloat32(asked), queries, qkv.shape[0]!, null), qkv);
      const dContext = separateHeads(dy, sizes), dDropped = product(dContext, v, false, true);
      const { dScores, dropped } = composed.attentionWeightsGradient(dDropped, scores, mask, scale, dropping);
      const dv = product(dropped, dContext, true, false);
      return composed.mergeHeads(product(dScores, k), product(dScores, q, true, false), dv);
    }),

  crossEntropy: (logits, targets) =>
    tf.tidy(() => {
      const most = tf.max(logits, 1, true), below = tf.sub(logits, most);
      const logSum = tf.log(tf.sum(tf.exp(below), 1, true));
      const loss = tf.neg(tf.sum(tf.mul(targetsOf(targets, logits.shape[1]!), tf.sub(below, logSum))));
      return { loss, norms: tf.concat([most, logSum], 1) };
    }),

  crossEntropyGradient: (logits, norms, targets, scale, low) =>
    tf.tidy(() => {
      const [most, logSum] = tf.split(norms, 2, 1) as [tf.Tensor, tf.Tensor];
      const wanted = targetsOf(targets, logits.shape[1]!), total = tf.sum(wanted, 1, true);
      const softmax = tf.exp(tf.sub(tf.sub(logits, most), logSum));
      const gradient = tf.mul(tf.sub(tf.mul(softmax, total), wanted), scale);
      return low ? toBfloat16(gradient) : gradient;
    }),

  argMax: (x) => tf.tidy(() => tf.argMax(toFloat32(x), 1)),

  addBias: (x, bias) => tf.tidy(() => tf.add(toFloat32(x), bias)),

  sumRows: (x) => tf.tidy(() => tf.sum(toFloat32(x), 0)),

  add: (a, b) => tf.tidy(() => tf.add(toFloat32(a), toFloat32(b))),

  dropout: (x, dropping) => tf.tidy(() => like(drop(toFloat32(x), dropping), x)),

  // engines add up long rows one number after the other: short ones, and their sums in float64
  sumOfSquares: (tensors) =>
    tf.tidy(() =>
      tensors.reduce((total, x) => {
        const row = 256, missing = (row - x.size % row) % row;
        const squares = tf.pad(tf.reshape(tf.square(toFloat32(x)), [-1]), [[0, missing]]);
        const sums = tf.sum(tf.reshape(squares, [-1, row]), 1).dataSync() as Float32Array;
        return sums.reduce((sum, part) => sum + part, total);
      }, 0)
    ),
};

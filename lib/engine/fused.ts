/** {@link Kernels} as one pass each: the operations of native, on the CPU under TensorFlow. */
import * as tf from "@tensorflow/tfjs";
import { composed } from "./composed.ts";
import type { AttentionParts, ClassTargets, Dropping, Kernels, NormValues } from "./kernel_types.ts";
import { hasWholeAttention, product } from "./low.ts";
import type { GroupedSizes } from "./rotary.ts";
import { attribute, DataType, dataTypeOf, hasProductsOf, isBfloat16, run, runOne, toFloat32 } from "./raw.ts";

function typeOf(tensor: tf.Tensor) {
  return attribute.type("T", dataTypeOf(tensor));
}

function typeFor(low: boolean) {
  return attribute.type("T", low ? DataType.bfloat16 : DataType.float32);
}

function sizesOf({ batch, length, heads, keyHeads, headWidth }: GroupedSizes): tf.Tensor {
  return tf.tensor1d([batch, length, heads, keyHeads, headWidth], "int32");
}

function rateOf(dropping: Dropping) {
  return attribute.float("rate", dropping?.rate ?? 0);
}

function keyOf(dropping: Dropping): tf.Tensor {
  return tf.tensor1d([...dropping?.key ?? [0, 0]], "int32");
}

function addNorm(
  x: tf.Tensor,
  bias: tf.Tensor | null,
  residual: tf.Tensor | null,
  norm: NormValues,
  dropping: Dropping,
) {
  return tf.tidy(() => {
    const attributes = [typeOf(x), attribute.float("epsilon", norm.epsilon), rateOf(dropping)];
    const none = tf.zeros([0]);
    const inputs = [x, bias ?? none, residual ?? none, norm.weight, norm.bias, keyOf(dropping)];
    const [output, normal, inverse] = run("SongAddNorm", attributes, inputs, 3);
    return { output: output!, normal: normal!, inverse: inverse! };
  });
}

function tensorsOf({ labels, weights, spread }: ClassTargets): tf.Tensor[] {
  const vector = (values: Float32Array | null) => values === null ? tf.zeros([0]) : tf.tensor1d(values);
  return [
    tf.tensor1d(labels, "int32"),
    vector(weights),
    vector(spread && spread.rows),
    vector(spread && spread.classes),
  ];
}

function runAttention(
  name: string,
  tensors: tf.Tensor[],
  { bias, mask, sizes, scale, dropping, queries }: AttentionParts,
  outputs: number,
): tf.Tensor[] {
  const { batch, length, heads } = sizes;
  const attributes = [
    typeOf(tensors[0]!),
    attribute.float("scale", scale),
    rateOf(dropping),
  ];
  const all = tf.tensor1d([batch, length, heads], "int32");
  const asked = tf.tensor1d(queries ?? [], "int32");
  return run(
    name,
    attributes,
    [...tensors, bias, mask ?? tf.zeros([0]), keyOf(dropping), all, asked],
    outputs,
  );
}

export const fused: Kernels = {
  activate(x, bias, kind) {
    if (kind !== "gelu") return composed.activate(x, bias, kind);
    return runOne("SongGelu", [typeOf(x)], [x, bias]);
  },

  linearActivate(x, weight, bias, kind, keep) {
    if (kind !== "gelu" || !hasProductsOf(x) || (isBfloat16(x) && x.shape[1]! % 2 !== 0)) {
      const inner = tf.tidy(() => product(x, weight, false, true));
      const output = fused.activate(inner, bias, kind);
      if (!keep) inner.dispose();
      return { output, inner: keep ? inner : null };
    }
    const attributes = [typeOf(x), attribute.bool("keep", keep)];
    const [output, inner] = run("SongProductGelu", attributes, [x, weight, bias], 2);
    if (!keep) inner!.dispose();
    return { output: output!, inner: keep ? inner! : null };
  },

  activateGradient(dy, x, bias, kind) {
    if (kind !== "gelu") return composed.activateGradient(dy, x, bias, kind);
    const [dx, dBias] = run("SongGeluGradient", [typeOf(x)], [dy, x, bias], 2);
    return { dx: dx!, dBias: dBias! };
  },

  gate(x, bias, kind) {
    if (kind !== "silu") return composed.gate(x, bias, kind);
    return tf.tidy(() => runOne("SongGate", [typeOf(x)], [x, bias ?? tf.zeros([0])]));
  },

  gateGradient(dy, x, bias, kind) {
    if (kind !== "silu") return composed.gateGradient(dy, x, bias, kind);
    return tf.tidy(() => {
      const [dx, dBias] = run("SongGateGradient", [typeOf(x)], [dy, x, bias ?? tf.zeros([0])], 2);
      return { dx: dx!, dBias: dBias! };
    });
  },

  rmsNorm(x, weight, epsilon, low) {
    const attributes = [typeFor(low), attribute.float("epsilon", epsilon)];
    const [output, normal, inverse] = run("SongRmsNorm", attributes, [x, weight], 3);
    return { output: output!, normal: normal!, inverse: inverse! };
  },

  rmsNormGradient(dy, normal, inverse, weight) {
    const [dx, dWeight] = run("SongRmsNormGradient", [typeOf(dy)], [dy, normal, inverse, weight], 2);
    return { dx: dx!, dWeight: dWeight! };
  },

  addNorm: (x, bias, residual, norm, dropping) => addNorm(x, bias, residual, norm, dropping),

  norm: (x, norm) => addNorm(x, null, null, norm, null),

  addNormGradient: (dy, normal, inverse, weight, dropping, low) =>
    tf.tidy(() => {
      const inputs = [dy, normal, inverse, weight, keyOf(dropping)];
      const [dSum, dx, dBias, dWeight, dOffset] = run(
        "SongAddNormGradient",
        [typeFor(low), rateOf(dropping)],
        inputs,
        5,
      );
      return { dSum: dSum!, dx: dx!, dBias: dBias!, dWeight: dWeight!, dOffset: dOffset! };
    }),

  splitHeads: (qkv, bias, { batch, length, heads }) =>
    tf.tidy(() => {
      const sizes = tf.tensor1d([batch, length, heads], "int32");
      return run("SongSplitHeads", [typeOf(qkv)], [qkv, bias, sizes], 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    }),

  mergeHeads(dq, dk, dv) {
    const [dqkv, dBias] = run("SongMergeHeads", [typeOf(dq)], [dq, dk, dv], 2);
    return { dqkv: dqkv!, dBias: dBias! };
  },

  rotaryHeads: (qkv, bias, sizes, { cos, sin }) =>
    tf.tidy(() => {
      const inputs = [qkv, bias ?? tf.zeros([0]), cos, sin, sizesOf(sizes)];
      return run("SongRotaryHeads", [typeOf(qkv)], inputs, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    }),

  rotaryHeadsGradient: (dq, dk, dv, sizes, { cos, sin }) =>
    tf.tidy(() => {
      const inputs = [dq, dk, dv, cos, sin, sizesOf(sizes)];
      const [dqkv, dBias] = run("SongRotaryHeadsGradient", [typeOf(dq)], inputs, 2);
      return { dqkv: dqkv!, dBias: dBias! };
    }),

  attentionWeights: (scores, mask, scale, dropping) =>
    tf.tidy(() => {
      const attributes = [typeOf(scores), attribute.float("scale", scale), rateOf(dropping)];
      return runOne("SongAttentionSoftmax", attributes, [scores, mask ?? tf.zeros([0]), keyOf(dropping)]);
    }),

  attentionWeightsGradient: (dDropped, scores, mask, scale, dropping) =>
    tf.tidy(() => {
      const attributes = [typeOf(scores), attribute.float("scale", scale), rateOf(dropping)];
      const inputs = [dDropped, scores, mask ?? tf.zeros([0]), keyOf(dropping)];
      const [dScores, dropped] = run("SongAttentionSoftmaxGradient", attributes, inputs, 2);
      return { dScores: dScores!, dropped: dropped! };
    }),

  attention: (qkv, parts) =>
    tf.tidy(() =>
      hasWholeAttention(qkv, parts.sizes.heads)
        ? runAttention("SongAttention", [qkv], parts, 1)[0]!
        : composed.attention(qkv, parts)
    ),

  attentionGradient: (dy, qkv, parts) =>
    tf.tidy(() => {
      if (!hasWholeAttention(qkv, parts.sizes.heads)) return composed.attentionGradient(dy, qkv, parts);
      const [dqkv, dBias] = runAttention("SongAttentionGradient", [dy, qkv], parts, 2);
      return { dqkv: dqkv!, dBias: dBias! };
    }),

  crossEntropy: (logits, targets) =>
    tf.tidy(() => {
      const [loss, norms] = run("SongCrossEntropy", [typeFor(false)], [logits, ...tensorsOf(targets)], 2);
      return { loss: loss!, norms: norms! };
    }),

  crossEntropyGradient: (logits, norms, targets, scale, low) =>
    tf.tidy(() => {
      const inputs = [logits, norms, ...tensorsOf(targets), scale];
      return runOne("SongCrossEntropyGradient", [typeFor(low)], inputs);
    }),

  argMax: (x) => runOne("SongArgMax", [typeOf(x)], [x]),

  addBias: (x, bias) => runOne("SongAddBias", [typeOf(x)], [x, bias]),

  sumRows: (x) => runOne("SongSumRows", [typeOf(x)], [x]),

  add: (a, b) =>
    tf.tidy(() => {
      const [float, other] = isBfloat16(a) ? [b, a] : [a, b];
      return runOne("SongAdd", [typeOf(other)], [toFloat32(float), other]);
    }),

  dropout: (x, dropping) =>
    dropping === null
      ? x
      : tf.tidy(() => runOne("SongDropout", [typeOf(x), rateOf(dropping)], [x, keyOf(dropping)])),

  sumOfSquares(tensors) {
    const [low, float] = [tensors.filter(isBfloat16), tensors.filter((x) => !isBfloat16(x))];
    return [low, float].filter((same) => same.length > 0).reduce((total, same) => {
      const sum = runOne("SongSumOfSquares", [typeOf(same[0]!), attribute.int("N", same.length)], same);
      total += sum.dataSync()[0]!;
      sum.dispose();
      return total;
    }, 0);
  },
};

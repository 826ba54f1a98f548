/**
 * The heavy parts of the operations, which exist in two ways with the same result: composed of TensorFlow.js operations (any
 * engine, composed.ts), or as one fused pass each (native, the CPU under TensorFlow, fused.ts).
 */
import type * as tf from "@tensorflow/tfjs";
import type { RandomKey } from "../ground/pure.ts";
import type { GroupedSizes, Rotary } from "./rotary.ts";

/** The activations of the field, by Hugging Face's names. */
export type Activation = "gelu" | "gelu_new" | "relu" | "silu" | "tanh";

/** A dropout: its rate, and the key that decides which entries it drops. `null` drops nothing. */
export type Dropping = { rate: number; key: RandomKey } | null;

/** The size of an attention: rows, tokens a row, heads. */
export interface HeadSizes {
  batch: number;
  length: number;
  heads: number;
}

/** What a multi-head attention takes beside queries, keys and values. */
export interface AttentionParts {
  /** Of queries, keys and values side by side, [3 · width]. */
  bias: tf.Tensor;
  /** Added to the scores, [batch or 1, heads or 1, length or 1, length]; `null` for none. */
  mask: tf.Tensor | null;
  sizes: HeadSizes;
  scale: number;
  dropping: Dropping;
  /** The tokens that ask, ascending rows of qkv; the others are asked alone. `null`: all ask. */
  queries: Int32Array | null;
}

/** Scale and shift of a layer normalisation, [width] each, and the ε under its root. */
export interface NormValues {
  weight: tf.Tensor;
  bias: tf.Tensor;
  epsilon: number;
}

/** What a cross-entropy asks of each row of logits. */
export interface ClassTargets {
  /** [rows]; a class even where the row has no weight. */
  labels: Int32Array;
  /** Of each row's own label, [rows]. */
  weights: Float32Array;
  /** Asked of all classes beside: of each row, [rows], shared out by class, [classes]. `null` for nothing. */
  spread: { rows: Float32Array; classes: Float32Array } | null;
}

/** Tensors marked "low" are in the pass's precision: bfloat16 or float32; the others are float32. */
export interface Kernels {
  /** activation(x + bias): `x` [tokens, width] low to low. */
  activate(x: tf.Tensor, bias: tf.Tensor, kind: Activation): tf.Tensor;
  /**
   * activation(x Wᵀ + bias) and, where `keep`, x Wᵀ, which the gradient needs: `x` [tokens, in], `weight` [out, in] low to
   * [tokens, out] low.
   */
  linearActivate(
    x: tf.Tensor,
    weight: tf.Tensor,
    bias: tf.Tensor,
    kind: Activation,
    keep: boolean,
  ): { output: tf.Tensor; inner: tf.Tensor | null };
  activateGradient(
    dy: tf.Tensor,
    x: tf.Tensor,
    bias: tf.Tensor,
    kind: Activation,
  ): { dx: tf.Tensor; dBias: tf.Tensor };
  /**
   * activation(g + bias) · (u + bias): `x` [tokens, 2 · width] low, g and u side by side, `bias` as wide or `null`, to
   * [tokens, width] low.
   */
  gate(x: tf.Tensor, bias: tf.Tensor | null, kind: Activation): tf.Tensor;
  gateGradient(
    dy: tf.Tensor,
    x: tf.Tensor,
    bias: tf.Tensor | null,
    kind: Activation,
  ): { dx: tf.Tensor; dBias: tf.Tensor };
  /** x / √(mean(x²) + ε) · weight, in bfloat16 where `low`: `x` [tokens, width] float32; also the normalised rows and 1 / √(…). */
  rmsNorm(
    x: tf.Tensor,
    weight: tf.Tensor,
    epsilon: number,
    low: boolean,
  ): { output: tf.Tensor; normal: tf.Tensor; inverse: tf.Tensor };
  /** Gradients of x and weight, float32; `dy` low. */
  rmsNormGradient(
    dy: tf.Tensor,
    normal: tf.Tensor,
    inverse: tf.Tensor,
    weight: tf.Tensor,
  ): { dx: tf.Tensor; dWeight: tf.Tensor };
  /** LayerNorm(residual + dropout(x + bias)): `x` [tokens, width] low; also the normalised rows and 1 / σ. */
  addNorm(
    x: tf.Tensor,
    bias: tf.Tensor,
    residual: tf.Tensor,
    norm: NormValues,
    dropping: Dropping,
  ): { output: tf.Tensor; normal: tf.Tensor; inverse: tf.Tensor };
  /** {@link Kernels.addNorm} of x alone, in any precision. */
  norm(x: tf.Tensor, norm: NormValues): { output: tf.Tensor; normal: tf.Tensor; inverse: tf.Tensor };
  /** Gradients of the sum before normalisation, of x (low), and of the parameters. */
  addNormGradient(
    dy: tf.Tensor,
    normal: tf.Tensor,
    inverse: tf.Tensor,
    weight: tf.Tensor,
    dropping: Dropping,
    low: boolean,
  ): { dSum: tf.Tensor; dx: tf.Tensor; dBias: tf.Tensor; dWeight: tf.Tensor; dOffset: tf.Tensor };
  /** qkv [batch · length, 3 · width] plus bias [3 · width] to three of [batch, heads, length, width / heads], low. */
  splitHeads(qkv: tf.Tensor, bias: tf.Tensor, sizes: HeadSizes): [tf.Tensor, tf.Tensor, tf.Tensor];
  /** The way back for gradients, and their sum over rows. */
  mergeHeads(dq: tf.Tensor, dk: tf.Tensor, dv: tf.Tensor): { dqkv: tf.Tensor; dBias: tf.Tensor };
  /**
   * qkv [batch · length, (heads + 2 · keyHeads) · headWidth] plus bias (as wide, or `null`) to three of [batch, heads or
   * keyHeads, length, headWidth], queries and keys rotated, low.
   */
  rotaryHeads(
    qkv: tf.Tensor,
    bias: tf.Tensor | null,
    sizes: GroupedSizes,
    rotary: Rotary,
  ): [tf.Tensor, tf.Tensor, tf.Tensor];
  /** The way back for gradients, and their sum over rows. */
  rotaryHeadsGradient(
    dq: tf.Tensor,
    dk: tf.Tensor,
    dv: tf.Tensor,
    sizes: GroupedSizes,
    rotary: Rotary,
  ): { dqkv: tf.Tensor; dBias: tf.Tensor };
  /** What dropout leaves of softmax(scores · scale + mask), [batch, heads, length, keys], low. */
  attentionWeights(scores: tf.Tensor, mask: tf.Tensor | null, scale: number, dropping: Dropping): tf.Tensor;
  /**
   * From the gradient of the dropped weights to that of the scores, low; and the dropped weights again. The softmax is
   * computed once more from the scores, which costs little: read from weights in bfloat16, the gradients of queries and keys
   * would be a third less exact.
   */
  attentionWeightsGradient(
    dDropped: tf.Tensor,
    scores: tf.Tensor,
    mask: tf.Tensor | null,
    scale: number,
    dropping: Dropping,
  ): { dScores: tf.Tensor; dropped: tf.Tensor };
  /**
   * Dropout(softmax(q kᵀ · scale + mask)) v of every head, side by side, [queries, width] low: `qkv` [batch · length, 3 · width]
   * low, before the bias.
   */
  attention(qkv: tf.Tensor, parts: AttentionParts): tf.Tensor;
  /** The gradients of qkv (low) and of the bias; `dy` low. Scores and softmax are computed once more: nothing of them is kept. */
  attentionGradient(
    dy: tf.Tensor,
    qkv: tf.Tensor,
    parts: AttentionParts,
  ): { dqkv: tf.Tensor; dBias: tf.Tensor };
  /**
   * The sum over rows and classes of -target · log softmax(logits), a scalar, and what the gradient needs of each row:
   * `logits` [rows, classes] float32.
   */
  crossEntropy(logits: tf.Tensor, targets: ClassTargets): { loss: tf.Tensor; norms: tf.Tensor };
  /** The gradient of logits for `scale` (a scalar tensor) times that sum, in bfloat16 where `low`. */
  crossEntropyGradient(
    logits: tf.Tensor,
    norms: tf.Tensor,
    targets: ClassTargets,
    scale: tf.Tensor,
    low: boolean,
  ): tf.Tensor;
  /** The first place of each row's largest number, [rows] int32: `x` [rows, width] low. */
  argMax(x: tf.Tensor): tf.Tensor;
  /** x + bias in float32: `x` [rows, width] low. */
  addBias(x: tf.Tensor, bias: tf.Tensor): tf.Tensor;
  /** The sum of all rows, [width] float32: `x` [rows, width] low. */
  sumRows(x: tf.Tensor): tf.Tensor;
  /** a + b in float32, each of any precision. */
  add(a: tf.Tensor, b: tf.Tensor): tf.Tensor;
  /** Zeroes entries and scales the others by 1 / (1 - rate), in x's type. */
  dropout(x: tf.Tensor, dropping: Dropping): tf.Tensor;
  /** Σ x² over all the tensors. */
  sumOfSquares(tensors: tf.Tensor[]): number;
}

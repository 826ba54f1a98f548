/**
 * The heavy parts of the operations, in two ways with the same result: composed of TensorFlow.js operations (any engine), or
 * as one fused pass each (native/kernels.cc, the CPU under TensorFlow). {@link kernels} gives the best that runs.
 */
import { composed } from "./composed.ts";
import { fused } from "./fused.ts";
import type * as tf from "@tensorflow/tfjs";
import type { RandomKey } from "./random.ts";
import { hasKernels } from "./raw.ts";
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

/** Scale and shift of a layer normalisation, [width] each, and the ε under its root. */
export interface NormValues {
  weight: tf.Tensor;
  bias: tf.Tensor;
  epsilon: number;
}

/** Tensors marked "low" are in the pass's precision: bfloat16 or float32; the others are float32. */
export interface Kernels {
  /** activation(x + bias): `x` [tokens, width] low to low. */
  activate(x: tf.Tensor, bias: tf.Tensor, kind: Activation): tf.Tensor;
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
  /** a + b in float32, each of any precision. */
  add(a: tf.Tensor, b: tf.Tensor): tf.Tensor;
  /** Zeroes entries and scales the others by 1 / (1 - rate), in x's type. */
  dropout(x: tf.Tensor, dropping: Dropping): tf.Tensor;
  /** Σ x² over all the tensors. */
  sumOfSquares(tensors: tf.Tensor[]): number;
}

/** The fused kernels where they are loaded, else the composed ones. */
export function kernels(): Kernels {
  return hasKernels() ? fused : composed;
}

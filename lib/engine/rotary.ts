/** Rotary positions (Su et al. 2021) and heads that share keys and values (Ainslie et al. 2023), composed of TensorFlow.js operations. */
import * as tf from "@tensorflow/tfjs";
import { toFloat32 } from "./raw.ts";

/** Cosines and sines of rotary positions, [1 or batch, 1, length, width of a head] each. */
export interface Rotary {
  cos: tf.Tensor;
  sin: tf.Tensor;
}

/** The sizes of an attention whose heads of queries share keys and values. */
export interface GroupedSizes {
  batch: number;
  length: number;
  /** Of the queries. */
  heads: number;
  /** Of keys and values; each serves `heads / keyHeads` queries' heads that stand together. */
  keyHeads: number;
  /** Width of a head. */
  headWidth: number;
}

/** Rotates the pairs (i, i + width / 2) of each head by the position's angles. `x` [batch, heads, length, width]. */
export function rotate(x: tf.Tensor, { cos, sin }: Rotary): tf.Tensor {
  const [a, b] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(b), a], -1), sin));
}

/** From the gradient of {@link rotate}'s output to that of its input. */
export function rotateGradient(dy: tf.Tensor, { cos, sin }: Rotary): tf.Tensor {
  const [a, b] = tf.split(tf.mul(dy, sin), 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.add(tf.mul(dy, cos), tf.concat([b, tf.neg(a)], -1));
}

/**
 * Queries, keys and values by head, rotated, in float32.
 *
 * @param qkv [batch · length, (heads + 2 · keyHeads) · headWidth], side by side
 * @param bias as wide as that, or `null`
 * @returns [batch, heads or keyHeads, length, headWidth]
 */
export function rotatedHeads(
  qkv: tf.Tensor,
  bias: tf.Tensor | null,
  { batch, length, heads, keyHeads, headWidth }: GroupedSizes,
  rotary: Rotary,
): [q: tf.Tensor, k: tf.Tensor, v: tf.Tensor] {
  const sum = bias === null ? toFloat32(qkv) : tf.add(toFloat32(qkv), bias);
  const byHead = tf.transpose(tf.reshape(sum, [batch, length, heads + 2 * keyHeads, headWidth]), [
    0,
    2,
    1,
    3,
  ]);
  const [q, k, v] = tf.split(byHead, [heads, keyHeads, keyHeads], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  return [rotate(q, rotary), rotate(k, rotary), v];
}

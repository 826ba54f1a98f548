/**
 * What decoders of Llama's kind have beside the operations of {@link ./ops.ts}: residuals without a norm after them, RMS
 * normalisation, gated units, rotary positions, and attention whose heads share keys and values.
 *
 * Activations are matrices [tokens, width]: row `b * length + t` is token t of row b of the batch.
 */
import * as tf from "@tensorflow/tfjs";
import type { Activation } from "./kernel_types.ts";
import { kernels } from "./kernels.ts";
import { product, reshape, transpose } from "./low.ts";
import { low, nextDropping, type Pass } from "./ops.ts";
import type { Parameter } from "./parameters.ts";
import { isBfloat16, toFloat32 } from "./raw.ts";
import { type GroupedSizes, type Rotary, rotatedHeads } from "./rotary.ts";

/** x + y in float32, both [tokens, width]: a residual. */
export function add(pass: Pass, x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const output = kernels().add(x, y);
  pass.tape?.record(output, [x, y], [], (dy) => [dy, dy]);
  return output;
}

/** x in float32: the result of a product without bias. */
export function widen(pass: Pass, x: tf.Tensor): tf.Tensor {
  if (!isBfloat16(x)) return x;
  const output = toFloat32(x);
  pass.tape?.record(output, [x], [], (dy) => [dy]);
  return output;
}

/**
 * Root mean square normalisation over the last axis (Zhang & Sennrich 2019): x / √(mean(x²) + ε) · weight.
 *
 * @param x [tokens, width], float32
 * @returns [tokens, width], in the pass's precision
 */
export function rmsNorm(pass: Pass, x: tf.Tensor, weight: Parameter, epsilon: number): tf.Tensor {
  const { output, normal, inverse } = kernels().rmsNorm(
    x,
    weight.value(),
    epsilon,
    pass.precision === "bf16",
  );
  pass.tape?.record(output, [x, weight], [normal, inverse], (dy) => {
    const { dx, dWeight } = kernels().rmsNormGradient(
      low(dy, pass.precision),
      normal,
      inverse,
      weight.value(),
    );
    return [dx, dWeight];
  });
  if (pass.tape === null) tf.dispose([normal, inverse]);
  return output;
}

/**
 * A gated linear unit (Shazeer 2020; SwiGLU where the activation is `silu`): activation(g + b₁) · (u + b₂).
 *
 * @param x [tokens, 2 · width]: g and u side by side
 * @param biases of g and u, each [width], or `null`
 * @returns [tokens, width], in the pass's precision
 */
export function gate(
  pass: Pass,
  x: tf.Tensor,
  biases: [Parameter, Parameter] | null,
  kind: Activation,
): tf.Tensor {
  const bias = () => joined(biases);
  const output = tf.tidy(() => kernels().gate(x, bias(), kind));
  pass.tape?.record(output, [x, ...biases ?? []], [x], (dy) => {
    const { dx, dBias } = kernels().gateGradient(low(dy, pass.precision), x, bias(), kind);
    return biases === null ? [dx] : [dx, ...tf.split(dBias, 2)];
  });
  return output;
}

/** The values of parameters, one after the other; `null` for none. */
function joined(parameters: Parameter[] | null): tf.Tensor | null {
  return parameters === null ? null : tf.concat(parameters.map((parameter) => parameter.value()), 0);
}

/** How {@link groupedAttend} mixes tokens. */
export interface GroupedAttentionOptions extends GroupedSizes {
  /** Multiplies the scores; 1 / √(width of a head) as a rule. */
  scale: number;
  /** Added to the scores, [batch or 1, 1, length, length]: 0 where attention may look, very negative elsewhere. */
  mask: tf.Tensor | null;
  dropout: number;
  rotary: Rotary;
}

/**
 * Grouped-query attention (Ainslie et al. 2023) with rotary positions: Dropout(softmax(q kᵀ · scale + mask)) v for every
 * head, where several heads of queries read the same keys and values.
 *
 * @param qkv [batch · length, (heads + 2 · keyHeads) · headWidth]: queries, keys and values side by side, before their biases
 * @param biases of queries, keys and values, or `null`
 * @returns [batch · length, heads · headWidth], in the pass's precision
 */
export function groupedAttend(
  pass: Pass,
  qkv: tf.Tensor,
  biases: Parameter[] | null,
  options: GroupedAttentionOptions,
): tf.Tensor {
  const { batch, length, heads, keyHeads, headWidth, scale, mask } = options;
  const { tape, precision } = pass;
  const dropping = nextDropping(pass, options.dropout, batch * heads * length);
  // the heads that share keys stand together, so that a group's queries make one matrix
  const grouped = (x: tf.Tensor, columns: number) =>
    reshape(x, [batch, keyHeads, heads / keyHeads * length, columns]);
  const apart = (x: tf.Tensor, columns: number) => reshape(x, [batch, heads, length, columns]);
  const split = (rotary: Rotary) => {
    const [q, k, v] = kernels().rotaryHeads(qkv, joined(biases), options, rotary);
    return [grouped(q, headWidth), k, v] as const;
  };
  const { output, scores } = tf.tidy(() => {
    const [q, k, v] = split(options.rotary);
    const scores = apart(product(q, k, false, true), length);
    const dropped = kernels().attentionWeights(scores, mask, scale, dropping);
    const context = apart(product(grouped(dropped, length), v), headWidth);
    return {
      output: reshape(transpose(context, [0, 2, 1, 3]), [batch * length, heads * headWidth]),
      scores,
    };
  });
  // the tables and the mask stay the caller's: the tape gets copies, which share the memory
  const rotary = { cos: tf.clone(options.rotary.cos), sin: tf.clone(options.rotary.sin) };
  const masked = tape && mask && tf.clone(mask);
  const saved = [qkv, scores, rotary.cos, rotary.sin, ...(masked ? [masked] : [])];
  tape?.record(output, [qkv, ...biases ?? []], saved, (dy) => {
    const [q, k, v] = split(rotary);
    const byToken = reshape(low(dy, precision), [batch, length, heads, headWidth]);
    const dContext = grouped(transpose(byToken, [0, 2, 1, 3]), headWidth);
    const dDropped = apart(product(dContext, v, false, true), length);
    const gradient = kernels().attentionWeightsGradient(dDropped, scores, masked, scale, dropping);
    const dScores = grouped(gradient.dScores, length);
    const dv = product(grouped(gradient.dropped, length), dContext, true, false);
    const dq = apart(product(dScores, k), headWidth);
    const dk = product(dScores, q, true, false);
    const { dqkv, dBias } = kernels().rotaryHeadsGradient(dq, dk, dv, options, rotary);
    return biases === null ? [dqkv] : [dqkv, ...tf.split(dBias, biases.map((b) => b.size))];
  });
  if (tape === null) tf.dispose([scores, rotary.cos, rotary.sin]);
  return output;
}

/** Keys and values of tokens that were read before, [rows, keyHeads, length, headWidth] each, float32. */
export type KeyValues = { keys: tf.Tensor; values: tf.Tensor };

/** Tokens that {@link cachedAttend} looks back at: of as many rows as it computes, or of one row that all share. */
export type Remembered = KeyValues & {
  /** Added to the scores, [rows, 1, 1, length]. */
  mask: tf.Tensor;
};

/**
 * {@link groupedAttend} without gradients over new tokens that also look at remembered ones.
 *
 * @param qkv of the new tokens, [batch · length, (heads + 2 · keyHeads) · headWidth]
 * @param options the mask is among the new tokens
 * @returns what attention gives, [batch · length, heads · headWidth], and the new tokens' keys and values
 */
export function cachedAttend(
  pass: Pass,
  qkv: tf.Tensor,
  biases: Parameter[] | null,
  options: Omit<GroupedAttentionOptions, "dropout">,
  past: readonly Remembered[],
): { context: tf.Tensor } & KeyValues {
  const { batch, length, heads, keyHeads, headWidth, scale, rotary } = options;
  const { precision } = pass;
  const group = heads / keyHeads * length;
  // [batch, keyHeads, group, n] to one matrix a head for all rows, where they share the keys, and back
  const forKeys = (x: tf.Tensor, rows: number) => {
    const columns = x.shape[3]!, grouped = reshape(x, [batch, keyHeads, group, columns]);
    if (rows === batch) return grouped;
    return reshape(transpose(grouped, [1, 0, 2, 3]), [1, keyHeads, batch * group, columns]);
  };
  const byRow = (x: tf.Tensor, rows: number) => {
    const columns = x.shape[3]!;
    const grouped = rows === batch
      ? x
      : transpose(reshape(x, [keyHeads, batch, group, columns]), [1, 0, 2, 3]);
    return toFloat32(reshape(grouped, [batch, heads, length, columns]));
  };
  return tf.tidy(() => {
    const [q, keys, values] = rotatedHeads(qkv, joined(biases), options, rotary);
    const queries = low(q, precision);
    const parts = [...past, { keys, values, mask: options.mask }];
    const scores = parts.map(({ keys, mask }) => {
      const rows = keys.shape[0]!;
      const scores = byRow(product(forKeys(queries, rows), low(keys, precision), false, true), rows);
      const scaled = tf.mul(scores, scale);
      return mask === null ? scaled : tf.add(scaled, mask);
    });
    const weights = tf.split(tf.softmax(tf.concat(scores, -1)), parts.map(({ keys }) => keys.shape[2]!), -1);
    const context = parts.map(({ values }, i) => {
      const rows = values.shape[0]!;
      return byRow(product(forKeys(low(weights[i]!, precision), rows), low(values, precision)), rows);
    }).reduce((sum, part) => tf.add(sum, part));
    const byToken = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch * length, heads * headWidth]);
    return { context: low(byToken, precision), keys, values };
  });
}

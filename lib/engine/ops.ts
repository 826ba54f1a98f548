/**
 * The differentiable operations that models are composed of, each with its backward pass written by hand, and each saving
 * only what that pass needs. Matrix products run in the pass's precision (bf16 with float32 accumulation, rounded once,
 * as PyTorch's autocast does); normalisation, softmax, losses and every gradient of a parameter are float32.
 *
 * Activations are matrices [tokens, width]: row `b * length + t` is token t of row b of the batch.
 */
import * as tf from "@tensorflow/tfjs";
import type { Precision } from "./backend.ts";
import type { Parameter } from "./parameters.ts";
import { type RandomKey, randomKey } from "../ground/pure.ts";
import { activationNames } from "./composed.ts";
import type { Activation, ClassTargets, Dropping, NormValues } from "./kernel_types.ts";
import { kernels } from "./kernels.ts";
import {
  concatRows,
  gatherRows,
  hasWholeAttention,
  joinHeads,
  lookUp,
  product,
  separateHeads,
  splitRows,
  sum,
  sumIntoRows,
} from "./low.ts";
import { lowRank } from "./low_rank.ts";
import { toBfloat16, toFloat32 } from "./raw.ts";
import { tableGradient } from "./row_gradient.ts";
import type { Tape } from "./tape.ts";

export { type Activation, activationNames };

/** One forward pass: whether it is recorded, in which precision, and where its dropout comes from. */
export interface Pass {
  /** `null` for inference: nothing is kept. */
  tape: Tape | null;
  precision: Precision;
  /** Draws the key of the next dropout; `null` switches dropout off. */
  nextKey: (() => RandomKey) | null;
  /** Whether {@link checkpointed} parts are computed again in the backward pass, which keeps less. Default false. */
  checkpointing?: boolean;
  /** Which rows of the step's batch it computes; `null` or absent for all. */
  part?: BatchPart | null;
}

/**
 * Some rows in a row of a step's batch, padded as the whole batch. Dropout then drops of them what it would drop if all were computed at once:
 * so it is on engines with fused operations; on others the draws depend on where the part begins.
 */
export interface BatchPart extends BatchShape {
  /** Rows of the batch before these. */
  before: number;
  /** Of a language model that is asked for some tokens alone: how many of them are in these rows, and in those before. */
  asked?: { here: number; before: number };
}

/** A pass without gradients or dropout. */
export function inferencePass(precision: Precision): Pass {
  return { tape: null, precision, nextKey: null };
}

/** A recorded pass whose dropout is keyed by seed, step, the rows' places in the step's batch, and the place in the model. */
export function trainingPass(
  tape: Tape,
  precision: Precision,
  seed: number,
  step: number,
  part: BatchPart | null = null,
  checkpointing = false,
): Pass {
  let place = 0;
  return { tape, precision, checkpointing, part, nextKey: () => randomKey(seed, step, 0, place++) };
}

/** Runs part of a forward pass and frees its intermediate results, but for what the tape saved and what it returns. */
export function scope<T extends tf.TensorContainer>(part: () => T): T {
  return tf.tidy(part);
}

/** The tensor in a pass's precision; the same tensor where it already is. */
export function low(tensor: tf.Tensor, precision: Precision): tf.Tensor {
  return precision === "bf16" ? toBfloat16(tensor) : toFloat32(tensor);
}

/** A parameter's values in a pass's precision. */
export function lowParameter(parameter: Parameter, precision: Precision): tf.Tensor {
  return precision === "bf16" ? parameter.lowValue() : parameter.value();
}

/**
 * The next dropout of a pass, or `null` where nothing is dropped.
 *
 * @param rows of what it drops from: tokens, a few of them, rows of the batch, or as many of each (an attention's scores)
 */
export function nextDropping(pass: Pass, rate: number, rows: number): Dropping {
  if (pass.nextKey === null || rate === 0) return null;
  const [first, second] = pass.nextKey();
  return { rate, key: [first, (second + Math.imul(rowsBefore(pass.part, rows), rowFactor)) | 0] };
}

/** What a row's number is multiplied by in the hash of the fused operations (native/dropout.h), before the key's second word is added. */
const rowFactor = 0xc2b2ae35 | 0;

/** The number, in the whole batch, of the first of some rows that are computed for a part of it. */
function rowsBefore(part: BatchPart | null | undefined, rows: number): number {
  if (part === null || part === undefined) return 0;
  const { batch, length, before, asked } = part;
  if (rows === asked?.here && rows !== batch * length) return asked.before;
  return Math.round(before * rows / batch);
}

/**
 * Dropout: zeroes entries at `rate` and scales the others by 1 / (1 - rate) (Srivastava et al. 2014).
 *
 * @param x any shape, float32
 */
export function dropout(pass: Pass, x: tf.Tensor, rate: number): tf.Tensor {
  const dropping = nextDropping(pass, rate, x.size / x.shape.at(-1)!);
  if (dropping === null) return x;
  const output = kernels().dropout(x, dropping);
  pass.tape?.record(output, [x], [], (dy) => [kernels().dropout(dy, dropping)]);
  return output;
}

/**
 * x Wᵀ without its bias, which {@link addBias}, {@link activate}, {@link addNorm} and {@link attend} add. Several weights
 * over the same input run as one product, their outputs side by side. Where a weight has an adapter, its low-rank product is
 * added.
 *
 * @param x [tokens, in]
 * @param weights each [out, in]
 * @returns [tokens, sum of out], in the pass's precision
 */
export function linear(pass: Pass, x: tf.Tensor, ...weights: Parameter[]): tf.Tensor {
  const { tape, precision } = pass;
  const input = low(x, precision);
  const joined = () => concatRows(weights.map((weight) => lowParameter(weight, precision)));
  const adapters = lowRank(weights, precision, (rate) => nextDropping(pass, rate, x.shape[0]!));
  const [output, inner] = tf.tidy((): [tf.Tensor, tf.Tensor?] => {
    const output = product(input, joined(), false, true);
    if (adapters === null) return [output];
    const inner = adapters.down(input);
    return [sum(output, adapters.up(inner)), inner];
  });
  const inputs = [x, ...weights, ...(adapters?.parameters ?? [])];
  tape?.record(output, inputs, inner === undefined ? [input] : [input, inner], (dy) => {
    const dyLow = low(dy, precision), wantsX = tape.needsGradient(x);
    const ofAdapters = adapters?.backward(dyLow, input, inner!, wantsX);
    let dx = wantsX ? product(dyLow, joined()) : null;
    if (dx !== null && ofAdapters !== undefined) dx = sum(dx, ofAdapters.dx!);
    const dWeights = weights.some((weight) => tape.needsGradient(weight))
      ? splitRows(product(dyLow, input, true, false), weights.map((weight) => weight.shape[0]!))
      : weights.map(() => null);
    return [dx, ...dWeights, ...(ofAdapters?.gradients ?? [])];
  });
  if (tape === null) inner?.dispose();
  return output;
}

/** x + bias in float32. `x` [tokens, width], `bias` [width]. */
export function addBias(pass: Pass, x: tf.Tensor, bias: Parameter): tf.Tensor {
  const output = kernels().addBias(x, bias.value());
  pass.tape?.record(output, [x, bias], [], (dy) => [dy, kernels().sumRows(dy)], { takesLow: true });
  return output;
}

/**
 * activation(x + bias).
 *
 * @param x [tokens, width]
 * @returns [tokens, width], in the pass's precision
 */
export function activate(pass: Pass, x: tf.Tensor, bias: Parameter, kind: Activation): tf.Tensor {
  const output = kernels().activate(x, bias.value(), kind);
  pass.tape?.record(output, [x, bias], [x], (dy) => {
    const { dx, dBias } = kernels().activateGradient(low(dy, pass.precision), x, bias.value(), kind);
    return [dx, dBias];
  });
  return output;
}

/**
 * activation(x Wᵀ + bias): {@link linear} and {@link activate} as one operation.
 *
 * @param x [tokens, in]
 * @param weight [out, in]
 * @returns [tokens, out], in the pass's precision
 */
export function linearActivate(
  pass: Pass,
  x: tf.Tensor,
  weight: Parameter,
  bias: Parameter,
  kind: Activation,
): tf.Tensor {
  if (weight.adapter !== null) return activate(pass, linear(pass, x, weight), bias, kind);
  const { tape, precision } = pass;
  const input = low(x, precision);
  const { output, inner } = kernels().linearActivate(
    input,
    lowParameter(weight, precision),
    bias.value(),
    kind,
    tape !== null,
  );
  tape?.record(output, [x, weight, bias], [input, inner!], (dy) => {
    const { dx, dBias } = kernels().activateGradient(low(dy, precision), inner!, bias.value(), kind);
    return [
      tape.needsGradient(x) ? product(dx, lowParameter(weight, precision)) : null,
      tape.needsGradient(weight) ? product(dx, input, true, false) : null,
      dBias,
    ];
  });
  return output;
}

/** Scale and shift of a layer normalisation, and the ε under its root. */
export interface Norm {
  weight: Parameter;
  bias: Parameter;
  epsilon: number;
}

function valuesOf({ weight, bias, epsilon }: Norm): NormValues {
  return { weight: weight.value(), bias: bias.value(), epsilon };
}

/** Layer normalisation over the last axis (Ba et al. 2016): (x - μ) / √(σ² + ε) · weight + bias. `x` [tokens, width]. */
export function layerNorm(pass: Pass, x: tf.Tensor, norm: Norm): tf.Tensor {
  const { output, normal, inverse } = kernels().norm(x, valuesOf(norm));
  pass.tape?.record(output, [x, norm.weight, norm.bias], [normal, inverse], (dy) => {
    const weight = norm.weight.value();
    const { dSum, dWeight, dOffset } = kernels().addNormGradient(dy, normal, inverse, weight, null, false);
    return [dSum, dWeight, dOffset];
  });
  return output;
}

/**
 * The end of a sub-layer: LayerNorm(residual + Dropout(x + bias)).
 *
 * @param x [tokens, width], what the sub-layer's last product gave
 * @param bias [width], of that product
 * @param residual [tokens, width], the sub-layer's input
 * @returns [tokens, width], float32
 */
export function addNorm(
  pass: Pass,
  x: tf.Tensor,
  bias: Parameter,
  residual: tf.Tensor,
  norm: Norm,
  rate: number,
): tf.Tensor {
  const dropping = nextDropping(pass, rate, x.shape[0]!);
  const { output, normal, inverse } = kernels().addNorm(
    x,
    bias.value(),
    residual,
    valuesOf(norm),
    dropping,
  );
  pass.tape?.record(output, [x, bias, residual, norm.weight, norm.bias], [normal, inverse], (dy) => {
    const weight = norm.weight.value(), isLow = pass.precision === "bf16";
    const { dSum, dx, dBias, dWeight, dOffset } = kernels().addNormGradient(
      dy,
      normal,
      inverse,
      weight,
      dropping,
      isLow,
    );
    return [dx, dBias, dSum, dWeight, dOffset];
  });
  return output;
}

/** The shape of a batch of token rows. */
export interface BatchShape {
  batch: number;
  length: number;
}

/** How {@link attend} mixes tokens. */
export interface AttentionOptions extends BatchShape {
  heads: number;
  /** Multiplies the scores; 1 / √(width of a head) as a rule. */
  scale: number;
  /** Added to the scores, [batch or 1, 1 or heads, 1 or length, length]: 0 where attention may look, very negative elsewhere. */
  mask: tf.Tensor | null;
  dropout: number;
  /** The tokens that ask (`row · length + position`, ascending), which alone get a result; `null`: all. Default `null`. */
  queries?: Int32Array | null;
}

/**
 * Multi-head attention (Vaswani et al. 2017): Dropout(softmax(q kᵀ · scale + mask)) v for every head.
 *
 * @param qkv [batch · length, 3 · width]: queries, keys and values side by side, before their biases
 * @param biases of queries, keys and values, each [width]
 * @returns [batch · length or queries, width], in the pass's precision
 */
export function attend(
  pass: Pass,
  qkv: tf.Tensor,
  biases: Parameter[],
  options: AttentionOptions,
): tf.Tensor {
  const { batch, length, heads, scale, queries = null } = options;
  const { tape, precision } = pass;
  const sizes = { batch, length, heads };
  const dropping = nextDropping(pass, options.dropout, batch * heads * length);
  // the mask stays the caller's: the tape gets a copy, which shares the memory
  const mask = tape === null ? options.mask : options.mask && tf.clone(options.mask);
  const bias = () => tf.concat(biases.map((b) => b.value()), 0);
  const byBias = (dBias: tf.Tensor) => {
    const [dQueries, dKeys, dValues] = tf.split(dBias, biases.map((b) => b.size));
    // a bias of keys adds the same to all scores of a query, which softmax does not see: what was summed is rounding, and
    // Adam would make steps of it
    return [dQueries!, tf.zerosLike(dKeys!), dValues!];
  };
  if (hasWholeAttention(qkv, heads)) {
    const own = queries !== null && ascend(queries) ? queries : null;
    const parts = () => ({ bias: bias(), mask, sizes, scale, dropping, queries: own });
    const output = tf.tidy(() => kernels().attention(qkv, parts()));
    tape?.record(output, [qkv, ...biases], mask === null ? [qkv] : [qkv, mask], (dy) => {
      const { dqkv, dBias } = kernels().attentionGradient(low(dy, precision), qkv, parts());
      return [dqkv, ...byBias(dBias)];
    });
    return own === null && queries !== null ? selectRows(pass, output, queries) : output;
  }
  const { output, scores, q, k, v } = tf.tidy(() => {
    const [q, k, v] = kernels().splitHeads(qkv, bias(), sizes);
    const scores = product(q, k, false, true);
    const dropped = kernels().attentionWeights(scores, mask, scale, dropping);
    return { output: joinHeads(product(dropped, v)), scores, q, k, v };
  });
  tape?.record(output, [qkv, ...biases], [q, k, v, scores, ...(mask ? [mask] : [])], (dy) => {
    const dContext = separateHeads(low(dy, precision), sizes);
    const dDropped = product(dContext, v, false, true);
    const { dScores, dropped } = kernels().attentionWeightsGradient(dDropped, scores, mask, scale, dropping);
    const dv = product(dropped, dContext, true, false);
    const { dqkv, dBias } = kernels().mergeHeads(product(dScores, k), product(dScores, q, true, false), dv);
    return [dqkv, ...byBias(dBias)];
  });
  if (tape === null) tf.dispose([q, k, v, scores]);
  return queries === null ? output : selectRows(pass, output, queries);
}

function ascend(rows: Int32Array): boolean {
  return rows.length > 0 && rows.every((row, i) => i === 0 || row > rows[i - 1]!);
}

/** One table of an embedding and the row each token takes from it. */
export interface Lookup {
  /** [rows, width] */
  table: Parameter;
  /** Rows, [tokens]. */
  rows: Int32Array;
  /** A row that gets no gradient (PyTorch's `padding_idx`). */
  paddingRow?: number | null;
}

/** The sum of embeddings, [tokens, width] in float32. */
export function embed(pass: Pass, lookups: Lookup[]): tf.Tensor {
  const output = lookUp(
    lookups.map(({ table }) => table.isNarrow ? table.lowValue() : table.value()),
    lookups.map(({ rows }) => rows),
  );
  pass.tape?.record(
    output,
    lookups.map(({ table }) => table),
    [],
    (dy) =>
      lookups.map(({ table, rows, paddingRow }) => {
        if (!table.trainable) return null;
        return tableGradient(dy, rows, table.shape as [number, number], paddingRow ?? null);
      }),
    { looksUp: true },
  );
  return output;
}

/** Picks rows of x [tokens, width], for example each text's first token; in x's precision. */
export function selectRows(pass: Pass, x: tf.Tensor, rows: Int32Array): tf.Tensor {
  const output = tf.tidy(() => gatherRows(x, rows));
  pass.tape?.record(output, [x], [], (dy) => [sumIntoRows(toFloat32(dy), rows, x.shape[0]!, null)]);
  return output;
}

/**
 * The mean of the rows of each group of x [rows, width], float32, [groups, width].
 *
 * @param groups the group of each row, from 0; -1 for rows of none. Every group has a row.
 */
export function averageRows(pass: Pass, x: tf.Tensor, groups: Int32Array, size: number): tf.Tensor {
  const counts = new Float32Array(size);
  for (const group of groups) if (group >= 0) counts[group]!++;
  const shares = () => tf.tensor2d(counts.map((count) => 1 / count), [size, 1]);
  const output = tf.tidy(() => {
    // rows of no group go into one more, which is cut off
    const all = groups.map((group) => group < 0 ? size : group);
    const sums = sumIntoRows(toFloat32(x), all, size + 1, null);
    return tf.mul(tf.slice(sums, [0, 0], [size, x.shape[1]!]), shares());
  });
  pass.tape?.record(output, [x], [], (dy) => [
    tf.tidy(() => {
      const weighted = tf.concat([tf.mul(dy, shares()), tf.zeros([1, x.shape[1]!])]);
      return tf.gather(weighted, tf.tensor1d(groups.map((group) => group < 0 ? size : group), "int32"));
    }),
  ]);
  return output;
}

/** tanh(x), float32. */
export function tanh(pass: Pass, x: tf.Tensor): tf.Tensor {
  const output = tf.tanh(x);
  pass.tape?.record(output, [x], [output], (dy) => [tf.tidy(() => tf.mul(dy, tf.sub(1, tf.square(output))))]);
  return output;
}

/** What {@link crossEntropy} can be told beside logits and labels. */
export interface CrossEntropyOptions {
  /** The weight of each example, [n]; the loss is the weighted mean. */
  exampleWeights?: Float32Array;
  /** The weight of each class, [classes]. */
  classWeights?: Float32Array;
  /** Moves this much of the target evenly to all classes. */
  labelSmoothing?: number;
  /** What a teacher gives each class of each example, [n · classes], a row summing to 1. */
  teacher?: Float32Array;
  /** Moves this much of a label's share of the target to what the teacher says (Hinton et al. 2015); nothing where there is none. */
  distillation?: number;
  /** Labels that do not count. Default -100, as PyTorch's. */
  ignoreIndex?: number;
  /** Divides the sum of losses in place of the sum of weights: for a batch computed in parts. */
  normaliser?: number;
}

/**
 * What a teacher adds to the gradient of each logit before division, [n · classes]: as much of it as moves a label's share of the target to
 * the teacher's. The loss is linear in the target, and so in this.
 */
function taughtBy(
  labels: Int32Array,
  weights: Float32Array,
  { teacher, distillation = 0 }: CrossEntropyOptions,
): Float32Array | null {
  if (teacher === undefined || distillation === 0) return null;
  const classes = teacher.length / labels.length;
  return teacher.map((share, at) => {
    const row = Math.floor(at / classes);
    return weights[row]! * distillation * ((at % classes === labels[row] ? 1 : 0) - share);
  });
}

/** The weight of each example's loss before division: example weight times class weight, 0 for ignored labels. */
export function lossWeights(labels: Int32Array, options: CrossEntropyOptions = {}): Float32Array {
  const ignore = options.ignoreIndex ?? -100;
  return Float32Array.from(labels, (label, i) => {
    if (label === ignore) return 0;
    return (options.exampleWeights?.[i] ?? 1) * (options.classWeights?.[label] ?? 1);
  });
}

/**
 * Softmax cross-entropy, the weighted mean over examples (as PyTorch's `cross_entropy`, class weights, label smoothing and
 * `ignore_index` included), by a label each, and with a teacher partly by its shares.
 *
 * @param logits [n, classes]
 * @param labels class indices, [n]
 * @returns a scalar, float32
 */
export function crossEntropy(
  pass: Pass,
  logits: tf.Tensor,
  labels: Int32Array,
  options: CrossEntropyOptions = {},
): tf.Tensor {
  const classes = logits.shape[1]!;
  const smoothing = options.labelSmoothing ?? 0;
  const weights = lossWeights(labels, options);
  const normaliser = options.normaliser ?? weights.reduce((sum, weight) => sum + weight, 0);
  labels.forEach((label, i) => {
    if (weights[i] !== 0 && (label < 0 || label >= classes)) {
      throw new Error(
        `Label ${label} of example ${i} is outside the model's ${classes} classes (0 to ${classes - 1}).`,
      );
    }
  });
  // the label's share of the target, and the smoothed share of every class with that class's own weight
  const ignore = options.ignoreIndex ?? -100;
  const targets: ClassTargets = {
    labels: labels.map((label, i) => weights[i] === 0 ? 0 : label),
    weights: weights.map((weight) => weight * (1 - smoothing)),
    spread: smoothing === 0 ? null : {
      rows: Float32Array.from(
        labels,
        (label, i) => label === ignore ? 0 : options.exampleWeights?.[i] ?? 1,
      ),
      classes: Float32Array.from(
        { length: classes },
        (_, i) => (options.classWeights?.[i] ?? 1) * smoothing / classes,
      ),
    },
  };
  const taught = taughtBy(labels, weights, options);
  const [loss, values, norms, ...towards] = tf.tidy(() => {
    // a copy, which shares the memory: the logits stay the caller's
    const values = tf.clone(toFloat32(logits));
    const { loss, norms } = kernels().crossEntropy(values, targets);
    if (taught === null) return [tf.div(loss, normaliser), values, norms];
    const towards = tf.tensor(taught, [labels.length, classes]);
    return [tf.div(tf.add(loss, tf.sum(tf.mul(values, towards))), normaliser), values, norms, towards];
  });
  // over a vocabulary the gradient is rounded at once, as the product that it goes into would; a few classes' stays exact
  const isLow = pass.precision === "bf16" && classes >= 1024;
  pass.tape?.record(loss, [logits], [values, norms, ...towards], (dy) => [
    tf.tidy(() => {
      const scale = tf.div(dy, normaliser);
      const gradient = kernels().crossEntropyGradient(values, norms, targets, scale, isLow);
      return towards.length === 0 ? gradient : tf.add(gradient, tf.mul(towards[0]!, scale));
    }),
  ]);
  if (pass.tape === null) tf.dispose([values, norms, ...towards]);
  return loss;
}

/** The class of each row's largest logit, the first of several: [rows] int32. `logits` [rows, classes]. */
export function argMax(logits: tf.Tensor): tf.Tensor {
  return kernels().argMax(logits);
}

/**
 * Any function of TensorFlow.js as an operation of the tape: its gradient comes from TensorFlow.js's own tape, by running
 * it once more. For small parts that do not carry the cost.
 *
 * @param compute a pure function of float32 tensors, in the order of `inputs`
 */
export function fromTensorFlowJs(
  pass: Pass,
  inputs: (tf.Tensor | Parameter)[],
  compute: (...inputs: tf.Tensor[]) => tf.Tensor,
): tf.Tensor {
  const values = () => inputs.map((input) => input instanceof tf.Tensor ? toFloat32(input) : input.value());
  const output = tf.tidy(() => compute(...values()));
  const saved = inputs.filter((input) => input instanceof tf.Tensor);
  pass.tape?.record(output, inputs, saved, (dy) => tf.grads(compute)(values(), dy));
  return output;
}

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
import { type RandomKey, randomKey, uniform } from "./random.ts";
import {
  attribute,
  DataType,
  dataTypeOf,
  hasNative,
  isBfloat16,
  run,
  runOne,
  toBfloat16,
  toFloat32,
} from "./raw.ts";
import type { Tape } from "./tape.ts";

/** One forward pass: whether it is recorded, in which precision, and where its dropout comes from. */
export interface Pass {
  /** `null` for inference: nothing is kept. */
  tape: Tape | null;
  precision: Precision;
  /** Draws the key of the next dropout; `null` switches dropout off. */
  nextKey: (() => RandomKey) | null;
  /** Whether {@link checkpointed} parts are computed again in the backward pass, which keeps less. Default false. */
  checkpointing?: boolean;
}

/** A pass without gradients or dropout. */
export function inferencePass(precision: Precision): Pass {
  return { tape: null, precision, nextKey: null };
}

/** A recorded pass whose dropout is keyed by seed, step, part of the step's batch, and the place in the model. */
export function trainingPass(
  tape: Tape,
  precision: Precision,
  seed: number,
  step: number,
  part = 0,
  checkpointing = false,
): Pass {
  let place = 0;
  return { tape, precision, checkpointing, nextKey: () => randomKey(seed, step, part, place++) };
}

/** Runs part of a forward pass and frees its intermediate results, but for what the tape saved and what it returns. */
export function scope<T extends tf.TensorContainer>(part: () => T): T {
  return tf.tidy(part);
}

function low(tensor: tf.Tensor, precision: Precision): tf.Tensor {
  return precision === "bf16" ? toBfloat16(tensor) : toFloat32(tensor);
}

function lowParameter(parameter: Parameter, precision: Precision): tf.Tensor {
  return precision === "bf16" ? parameter.lowValue() : parameter.value();
}

/** The matrix product of two tensors of one type (rank 2, or batches of matrices of equal leading shape). */
export function product(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  if (!hasNative()) return tf.matMul(a, b, transposeA, transposeB);
  const type = attribute.type("T", dataTypeOf(a));
  return a.rank === 2
    ? runOne("MatMul", [
      attribute.bool("transpose_a", transposeA),
      attribute.bool("transpose_b", transposeB),
      type,
    ], [a, b])
    : runOne("BatchMatMulV2", [
      attribute.bool("adj_x", transposeA),
      attribute.bool("adj_y", transposeB),
      type,
    ], [a, b]);
}

function reshape(tensor: tf.Tensor, shape: number[]): tf.Tensor {
  if (!isBfloat16(tensor)) return tf.reshape(tensor, shape);
  const types = [attribute.type("T", DataType.bfloat16), attribute.type("Tshape", DataType.int32)];
  return runOne("Reshape", types, [tensor, tf.tensor1d(shape, "int32")]);
}

function transpose(tensor: tf.Tensor, order: number[]): tf.Tensor {
  if (!isBfloat16(tensor)) return tf.transpose(tensor, order);
  const types = [attribute.type("T", DataType.bfloat16), attribute.type("Tperm", DataType.int32)];
  return runOne("Transpose", types, [tensor, tf.tensor1d(order, "int32")]);
}

function concatRows(tensors: tf.Tensor[]): tf.Tensor {
  if (tensors.length === 1) return tensors[0]!;
  if (!isBfloat16(tensors[0]!)) return tf.concat(tensors, 0);
  const attributes = [
    attribute.type("T", DataType.bfloat16),
    attribute.type("Tidx", DataType.int32),
    attribute.int("N", tensors.length),
  ];
  return runOne("ConcatV2", attributes, [...tensors, tf.scalar(0, "int32")]);
}

/** Splits the first axis into single entries, [n, ...] to n tensors [...]. */
function unstack(tensor: tf.Tensor): tf.Tensor[] {
  if (!isBfloat16(tensor)) return tf.unstack(tensor, 0);
  const attributes = [
    attribute.type("T", DataType.bfloat16),
    attribute.int("num", tensor.shape[0]!),
    attribute.int("axis", 0),
  ];
  return run("Unpack", attributes, [tensor], tensor.shape[0]!);
}

/** Stacks equal tensors along a new first axis. */
function stack(tensors: tf.Tensor[]): tf.Tensor {
  if (!isBfloat16(tensors[0]!)) return tf.stack(tensors, 0);
  const attributes = [
    attribute.type("T", DataType.bfloat16),
    attribute.int("N", tensors.length),
    attribute.int("axis", 0),
  ];
  return runOne("Pack", attributes, tensors);
}

/** Which entries survive a dropout of rate `rate`: a boolean tensor, or `null` where nothing is dropped. */
function dropoutMask(pass: Pass, rate: number, shape: number[]): tf.Tensor | null {
  if (pass.nextKey === null || rate === 0) return null;
  const key = pass.nextKey();
  return tf.tidy(() => tf.greaterEqual(uniform(shape, key), rate));
}

/** Zeroes what the mask drops and scales the rest by 1 / (1 - rate), so that the expectation stays. */
function applyMask(x: tf.Tensor, mask: tf.Tensor | null, rate: number): tf.Tensor {
  if (mask === null) return x;
  return tf.tidy(() => tf.mul(tf.mul(x, 1 / (1 - rate)), tf.cast(mask, "float32")));
}

/**
 * Dropout: zeroes entries at `rate` and scales the others by 1 / (1 - rate) (Srivastava et al. 2014).
 *
 * @param x any shape, float32
 */
export function dropout(pass: Pass, x: tf.Tensor, rate: number): tf.Tensor {
  const mask = dropoutMask(pass, rate, x.shape);
  if (mask === null) return x;
  const output = applyMask(x, mask, rate);
  pass.tape?.record(output, [x], [mask], (dy) => [applyMask(dy, mask, rate)]);
  return output;
}

/**
 * x Wᵀ without its bias, which {@link addBias}, {@link activate}, {@link addNorm} and {@link attend} add. Several weights
 * over the same input run as one product, their outputs side by side.
 *
 * @param x [tokens, in]
 * @param weights each [out, in]
 * @returns [tokens, sum of out], in the pass's precision
 */
export function linear(pass: Pass, x: tf.Tensor, ...weights: Parameter[]): tf.Tensor {
  const { tape, precision } = pass;
  const input = low(x, precision);
  const joined = () => concatRows(weights.map((weight) => lowParameter(weight, precision)));
  const output = tf.tidy(() => product(input, joined(), false, true));
  tape?.record(output, [x, ...weights], [input], (dy) => {
    const dyLow = low(dy, precision);
    const dx = tape.needsGradient(x) ? product(dyLow, joined()) : null;
    if (!weights.some((weight) => tape.needsGradient(weight))) return [dx];
    const dw = toFloat32(product(dyLow, input, true, false));
    if (weights.length === 1) return [dx, dw];
    return [dx, ...tf.split(dw, weights.map((weight) => weight.shape[0]!), 0)];
  });
  return output;
}

function sumRows(dy: tf.Tensor): tf.Tensor {
  return tf.sum(dy, 0);
}

/** x + bias in float32. `x` [tokens, width], `bias` [width]. */
export function addBias(pass: Pass, x: tf.Tensor, bias: Parameter): tf.Tensor {
  const output = tf.tidy(() => tf.add(toFloat32(x), bias.value()));
  pass.tape?.record(output, [x, bias], [], (dy) => [dy, sumRows(dy)]);
  return output;
}

/** The activations of the field, by Hugging Face's names. */
export type Activation = "gelu" | "gelu_new" | "relu" | "silu" | "tanh";

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

/** Names that {@link activate} knows. */
export const activationNames = Object.keys(activations) as Activation[];

/**
 * activation(x + bias).
 *
 * @param x [tokens, width]
 * @returns [tokens, width], in the pass's precision
 */
export function activate(pass: Pass, x: tf.Tensor, bias: Parameter, kind: Activation): tf.Tensor {
  const { value, derivative } = activations[kind];
  const before = () => tf.add(toFloat32(x), bias.value());
  const output = tf.tidy(() => low(value(before()), pass.precision));
  pass.tape?.record(output, [x, bias], [x], (dy) => {
    const dx = tf.tidy(() => tf.mul(toFloat32(dy), derivative(before())));
    return [low(dx, pass.precision), sumRows(dx)];
  });
  return output;
}

/** Scale and shift of a layer normalisation, and the ε under its root. */
export interface Norm {
  weight: Parameter;
  bias: Parameter;
  epsilon: number;
}

/** The normalised rows and 1 / σ of each row. */
function normalise(x: tf.Tensor, epsilon: number): { normal: tf.Tensor; inverse: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { normal: tf.mul(centred, inverse), inverse };
}

function normaliseBackward(dNormal: tf.Tensor, normal: tf.Tensor, inverse: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const mean = tf.mean(dNormal, -1, true);
    const projection = tf.mul(normal, tf.mean(tf.mul(dNormal, normal), -1, true));
    return tf.mul(tf.sub(tf.sub(dNormal, mean), projection), inverse);
  });
}

/** Layer normalisation over the last axis (Ba et al. 2016): (x - μ) / √(σ² + ε) · weight + bias. `x` [tokens, width]. */
export function layerNorm(pass: Pass, x: tf.Tensor, norm: Norm): tf.Tensor {
  const { output, normal, inverse } = tf.tidy(() => {
    const { normal, inverse } = normalise(toFloat32(x), norm.epsilon);
    return { normal, inverse, output: tf.add(tf.mul(normal, norm.weight.value()), norm.bias.value()) };
  });
  pass.tape?.record(output, [x, norm.weight, norm.bias], [normal, inverse], (dy) => [
    normaliseBackward(tf.mul(dy, norm.weight.value()), normal, inverse),
    sumRows(tf.mul(dy, normal)),
    sumRows(dy),
  ]);
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
  const mask = dropoutMask(pass, rate, x.shape);
  const { output, normal, inverse } = tf.tidy(() => {
    const sum = tf.add(residual, applyMask(tf.add(toFloat32(x), bias.value()), mask, rate));
    const { normal, inverse } = normalise(sum, norm.epsilon);
    return { normal, inverse, output: tf.add(tf.mul(normal, norm.weight.value()), norm.bias.value()) };
  });
  const saved = mask === null ? [normal, inverse] : [normal, inverse, mask];
  pass.tape?.record(output, [x, bias, residual, norm.weight, norm.bias], saved, (dy) => {
    const dSum = normaliseBackward(tf.mul(dy, norm.weight.value()), normal, inverse);
    const dx = applyMask(dSum, mask, rate);
    return [low(dx, pass.precision), sumRows(dx), dSum, sumRows(tf.mul(dy, normal)), sumRows(dy)];
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
}

/**
 * Multi-head attention (Vaswani et al. 2017): Dropout(softmax(q kᵀ · scale + mask)) v for every head.
 *
 * @param qkv [batch · length, 3 · width]: queries, keys and values side by side, before their biases
 * @param biases of queries, keys and values, each [width]
 * @returns [batch · length, width], in the pass's precision
 */
export function attend(
  pass: Pass,
  qkv: tf.Tensor,
  biases: Parameter[],
  options: AttentionOptions,
): tf.Tensor {
  const { batch, length, heads, scale, mask: bias, dropout: rate } = options;
  const { tape, precision } = pass;
  const width = qkv.shape[1]! / 3, size = width / heads;
  const split = () => {
    const sum = low(tf.add(toFloat32(qkv), tf.concat(biases.map((b) => b.value()), 0)), precision);
    return unstack(transpose(reshape(sum, [batch, length, 3, heads, size]), [2, 0, 3, 1, 4])) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
  };
  const join = (x: tf.Tensor) => reshape(transpose(x, [0, 2, 1, 3]), [batch * length, width]);
  const dropped = dropoutMask(pass, rate, [batch, heads, length, length]);

  const { output, weights } = tf.tidy(() => {
    const [q, k, v] = split();
    const scores = tf.mul(toFloat32(product(q, k, false, true)), scale);
    const weights = tf.softmax(bias === null ? scores : tf.add(scores, bias));
    const output = join(product(low(applyMask(weights, dropped, rate), precision), v));
    return { output, weights: low(weights, precision) };
  });
  const saved = dropped === null ? [qkv, weights] : [qkv, weights, dropped];
  tape?.record(output, [qkv, ...biases], saved, (dy) => {
    const [q, k, v] = split();
    const p = toFloat32(weights);
    const dContext = transpose(reshape(low(dy, precision), [batch, length, heads, size]), [0, 2, 1, 3]);
    const dv = product(low(applyMask(p, dropped, rate), precision), dContext, true, false);
    const dp = applyMask(toFloat32(product(dContext, v, false, true)), dropped, rate);
    const dScores = tf.tidy(() => {
      const inner = tf.sum(tf.mul(dp, p), -1, true);
      return low(tf.mul(tf.mul(p, tf.sub(dp, inner)), scale), precision);
    });
    const dq = product(dScores, k), dk = product(dScores, q, true, false);
    const dqkv = reshape(transpose(stack([dq, dk, dv]), [1, 3, 0, 2, 4]), [batch * length, 3 * width]);
    const dBias = sumRows(toFloat32(dqkv));
    return [dqkv, ...tf.split(dBias, biases.map((b) => b.size))];
  });
  if (tape === null) weights.dispose();
  return output;
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
  const output = tf.tidy(() =>
    lookups.map(({ table, rows }) => tf.gather(table.value(), tf.tensor1d(rows, "int32")))
      .reduce((sum, part) => tf.add(sum, part))
  );
  pass.tape?.record(
    output,
    lookups.map(({ table }) => table),
    [],
    (dy) =>
      lookups.map(({ table, rows, paddingRow }) => {
        if (!table.trainable) return null;
        return sumIntoRows(dy, rows, table.shape[0]!, paddingRow ?? null);
      }),
  );
  return output;
}

/** Adds each row of x [n, width] to the row of the result [size, width] that `rows` names; `skipped` gets nothing. */
function sumIntoRows(x: tf.Tensor, rows: Int32Array, size: number, skipped: number | null): tf.Tensor {
  return tf.tidy(() => {
    if (hasNative()) {
      // TensorFlow drops negative segments
      const kept = skipped === null ? rows : rows.map((row) => row === skipped ? -1 : row);
      return tf.unsortedSegmentSum(x, tf.tensor1d(kept, "int32"), size);
    }
    // WebAssembly lacks UnsortedSegmentSum; scatterND adds repeated indices, and one more row takes what is dropped
    const target = skipped === null ? rows : rows.map((row) => row === skipped ? size : row);
    const indices = tf.tensor2d(target, [rows.length, 1], "int32");
    return tf.slice(tf.scatterND(indices, x, [size + 1, x.shape[1]!]), [0, 0], [size, x.shape[1]!]);
  });
}

/** Picks rows of x [tokens, width], for example each text's first token. */
export function selectRows(pass: Pass, x: tf.Tensor, rows: Int32Array): tf.Tensor {
  const output = tf.tidy(() => tf.gather(toFloat32(x), tf.tensor1d(rows, "int32")));
  pass.tape?.record(output, [x], [], (dy) => [sumIntoRows(dy, rows, x.shape[0]!, null)]);
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
  /** Labels that do not count. Default -100, as PyTorch's. */
  ignoreIndex?: number;
  /** Divides the sum of losses in place of the sum of weights: for a batch computed in parts. */
  normaliser?: number;
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
 * `ignore_index` included).
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
  // target[i, c] · weight: the label's share, and the smoothed share of every class with that class's own weight
  const target = () => {
    const rowWeight = tf.tensor1d(weights, "float32");
    const valid = tf.tensor1d(labels.map((label, i) => weights[i] === 0 ? 0 : label), "int32");
    const hard = tf.mul(tf.oneHot(valid, classes), tf.expandDims(tf.mul(rowWeight, 1 - smoothing), 1));
    if (smoothing === 0) return hard;
    const ignore = options.ignoreIndex ?? -100;
    const example = Float32Array.from(
      labels,
      (label, i) => label === ignore ? 0 : options.exampleWeights?.[i] ?? 1,
    );
    const spread = tf.fill([1, classes], smoothing / classes);
    const byClass = options.classWeights
      ? tf.mul(spread, tf.tensor2d(options.classWeights, [1, classes]))
      : spread;
    return tf.add(hard, tf.matMul(tf.tensor2d(example, [labels.length, 1]), byClass as tf.Tensor2D));
  };
  const { loss, logProbabilities } = tf.tidy(() => {
    const logProbabilities = tf.logSoftmax(toFloat32(logits));
    return { logProbabilities, loss: tf.div(tf.neg(tf.sum(tf.mul(target(), logProbabilities))), normaliser) };
  });
  pass.tape?.record(loss, [logits], [logProbabilities], (dy) => [
    tf.tidy(() => {
      const wanted = target();
      const total = tf.sum(wanted, 1, true);
      const gradient = tf.sub(tf.mul(tf.exp(logProbabilities), total), wanted);
      return tf.mul(gradient, tf.div(dy, normaliser));
    }),
  ]);
  if (pass.tape === null) logProbabilities.dispose();
  return loss;
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

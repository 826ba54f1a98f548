/** What the architectures share: finding parameters by name, attention masks, the encoder layer, the heads' pieces. */
import * as tf from "@tensorflow/tfjs";
import {
  type Activation,
  addBias,
  addNorm,
  attend,
  averageRows,
  type BatchShape,
  checkpointed,
  type EncoderLayerParameters,
  linear,
  linearActivate,
  type Norm,
  type Parameter,
  type Pass,
  scope,
  selectRows,
  wholeEncoderLayer,
} from "../engine/mod.ts";
import type { Forward, Lookup, ParameterSpec } from "./architecture.ts";
import type { TokenBatch } from "./batch.ts";

/** The weight [out, in] and bias [out] of a linear layer. */
export interface Linear {
  weight: Parameter;
  bias: Parameter;
}

/** The linear layer of that name. */
export function linearOf(p: Lookup, name: string): Linear {
  return { weight: p(`${name}.weight`), bias: p(`${name}.bias`) };
}

/** The layer normalisation of that name. */
export function normOf(p: Lookup, name: string, epsilon: number): Norm {
  return { weight: p(`${name}.weight`), bias: p(`${name}.bias`), epsilon };
}

/** A linear layer's weight [output, input] and bias [output]. */
export function linearSpec(name: string, output: number, input: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [output, input], initial: "normal" },
    { name: `${name}.bias`, shape: [output], initial: "zeros" },
  ];
}

/** The linear layer that gives the logits of the classes. */
export function classifierSpec(name: string, classes: number, width: number): ParameterSpec[] {
  return linearSpec(name, classes, width).map((spec) => ({ ...spec, byClass: true }));
}

/** A bias by itself, [size]. */
export function biasSpec(name: string, size: number): ParameterSpec {
  return { name, shape: [size], initial: "zeros" };
}

/** A layer normalisation's scale and shift, [width] each. */
export function normSpec(name: string, width: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [width], initial: "ones" },
    { name: `${name}.bias`, shape: [width], initial: "zeros" },
  ];
}

/** An embedding's table, [rows, width]; `zeroRow` starts at zero. */
export function embeddingSpec(
  name: string,
  rows: number,
  width: number,
  zeroRow: number | null = null,
): ParameterSpec[] {
  return [{ name: `${name}.weight`, shape: [rows, width], initial: "normal", zeroRow }];
}

/** x Wᵀ + b in the pass's precision, the sum in float32. */
export function dense(pass: Pass, x: tf.Tensor, layer: Linear): tf.Tensor {
  return addBias(pass, linear(pass, x, layer.weight), layer.bias);
}

/** The most negative float32: what Hugging Face adds to the scores of masked tokens. */
export const hidden = -3.4028234663852886e38;

/**
 * What {@link attend} adds to the scores, [batch, 1, 1, length]: 0 where the mask is 1, the most negative number where it is
 * 0. `null` where nothing is masked. Where rows hold several texts, [batch, 1, length, length]: 0 between tokens of one text.
 */
export function attentionBias({ attentionMask, textIds, batch, length }: TokenBatch): tf.Tensor | null {
  if (textIds !== undefined) return textsBias(textIds, attentionMask, batch, length);
  if (attentionMask.every((kept) => kept !== 0)) return null;
  const bias = new Float32Array(attentionMask.length);
  for (let i = 0; i < bias.length; i++) bias[i] = attentionMask[i] !== 0 ? 0 : hidden;
  return tf.tensor4d(bias, [batch, 1, 1, length]);
}

function textsBias(
  textIds: Int32Array,
  attentionMask: Int32Array,
  batch: number,
  length: number,
): tf.Tensor {
  const bias = new Float32Array(batch * length * length).fill(hidden);
  for (let row = 0; row < batch; row++) {
    const start = row * length;
    for (let i = 0; i < length; i++) {
      const line = (start + i) * length, text = textIds[start + i]!;
      for (let j = 0; j < length; j++) {
        if (textIds[start + j] === text && attentionMask[start + j] !== 0) bias[line + j] = 0;
      }
    }
  }
  return tf.tensor4d(bias, [batch, 1, length, length]);
}

/** The numbers of a BERT-like encoder that its layers need. */
export interface EncoderShape {
  heads: number;
  width: number;
  activation: Activation;
  dropout: number;
  attentionDropout: number;
}

const scaleOf = ({ width, heads }: EncoderShape) => 1 / Math.sqrt(width / heads);

/** Multi-head self-attention with its residual: LayerNorm(x + Dropout(Attention(x) W + b)), of the tokens asked for. */
function selfAttention(
  pass: Pass,
  x: tf.Tensor,
  layer: EncoderLayerParameters,
  shape: EncoderShape,
  rows: BatchShape,
  mask: tf.Tensor | null,
  wanted: Int32Array | null,
): tf.Tensor {
  const { query, key, value } = layer;
  const qkv = linear(pass, x, query.weight, key.weight, value.weight);
  const context = attend(pass, qkv, [query.bias, key.bias, value.bias], {
    ...rows,
    heads: shape.heads,
    scale: scaleOf(shape),
    mask,
    dropout: shape.attentionDropout,
    queries: wanted,
  });
  const { weight, bias } = layer.attentionOutput,
    residual = wanted === null ? x : selectRows(pass, x, wanted);
  return addNorm(pass, linear(pass, context, weight), bias, residual, layer.attentionNorm, shape.dropout);
}

/** The position-wise network with its residual: LayerNorm(x + Dropout(activation(x W₁ + b₁) W₂ + b₂)). */
function feedForward(
  pass: Pass,
  x: tf.Tensor,
  layer: EncoderLayerParameters,
  shape: EncoderShape,
): tf.Tensor {
  const { intermediate, output } = layer;
  const inner = linearActivate(pass, x, intermediate.weight, intermediate.bias, shape.activation);
  return addNorm(pass, linear(pass, inner, output.weight), output.bias, x, layer.outputNorm, shape.dropout);
}

/**
 * One layer of a Transformer encoder, normalised after each residual (Vaswani et al. 2017).
 *
 * @param x [tokens, width]
 * @param wanted the tokens (`row · length + position`) whose results are asked for; `null` for all
 * @returns [wanted or tokens, width]
 */
export function encoderLayer(
  pass: Pass,
  x: tf.Tensor,
  layer: EncoderLayerParameters,
  shape: EncoderShape,
  rows: BatchShape,
  mask: tf.Tensor | null,
  wanted: Int32Array | null = null,
): tf.Tensor {
  return scope(() => {
    const whole = wholeEncoderLayer(pass, x, layer, {
      ...rows,
      heads: shape.heads,
      scale: scaleOf(shape),
      mask,
      activation: shape.activation,
      dropout: shape.dropout,
      attentionDropout: shape.attentionDropout,
      queries: wanted,
    });
    return whole ?? feedForward(pass, selfAttention(pass, x, layer, shape, rows, mask, wanted), layer, shape);
  });
}

/**
 * Runs layers one after the other, freeing each result that no backward pass needs.
 *
 * @param inputs what every layer takes beside the last one's result: masks and tables
 */
export function runLayers<Inputs extends (tf.Tensor | null)[]>(
  pass: Pass,
  x: tf.Tensor,
  inputs: [...Inputs],
  layers: ((pass: Pass, x: tf.Tensor, ...inputs: Inputs) => tf.Tensor)[],
): tf.Tensor {
  for (const layer of layers) {
    const next = checkpointed<[tf.Tensor, ...Inputs]>(pass, [x, ...inputs], layer);
    if (pass.tape === null) x.dispose();
    else pass.tape.release(x);
    x = next;
  }
  return x;
}

/**
 * The layers of a BERT-like encoder over embedded tokens. Where a head reads some tokens alone, the last layer computes no
 * others beyond their keys and values: of a classifier's it is all but a sixth of that layer that is spared.
 *
 * @param wanted the tokens (`row · length + position`) that are read; `null` for all
 * @returns [wanted or tokens, width]
 */
export function encoder(
  { config, pass, batch }: Forward<EncoderShape>,
  x: tf.Tensor,
  layers: EncoderLayerParameters[],
  wanted: Int32Array | null,
): tf.Tensor {
  return runLayers(
    pass,
    x,
    [attentionBias(batch)],
    layers.map((layer, i) => (pass, x, mask) =>
      encoderLayer(pass, x, layer, config, batch, mask, i === layers.length - 1 ? wanted : null)
    ),
  );
}

/** What an architecture calls the parts of an encoder's layer. */
export type LayerNames = Record<keyof EncoderLayerParameters, string>;

/** The layer whose parts have those names. */
export function layerOf(p: Lookup, names: LayerNames, epsilon: number): EncoderLayerParameters {
  return {
    query: linearOf(p, names.query),
    key: linearOf(p, names.key),
    value: linearOf(p, names.value),
    attentionOutput: linearOf(p, names.attentionOutput),
    attentionNorm: normOf(p, names.attentionNorm, epsilon),
    intermediate: linearOf(p, names.intermediate),
    output: linearOf(p, names.output),
    outputNorm: normOf(p, names.outputNorm, epsilon),
  };
}

/** The parameters of such a layer. */
export function layerSpecs(names: LayerNames, width: number, inner: number): ParameterSpec[] {
  const { query, key, value, attentionOutput } = names;
  return [
    ...[query, key, value, attentionOutput].flatMap((name) => linearSpec(name, width, width)),
    ...normSpec(names.attentionNorm, width),
    ...linearSpec(names.intermediate, inner, width),
    ...linearSpec(names.output, width, inner),
    ...normSpec(names.outputNorm, width),
  ];
}

/**
 * The mean of each row's tokens, float32, [batch, width]; padding is left out, but of rows that are nothing else.
 *
 * @param x [batch · length, width]
 */
export function meanOfTokens(
  pass: Pass,
  x: tf.Tensor,
  { attentionMask, batch, length }: TokenBatch,
): tf.Tensor {
  const isBlank = Array.from(
    { length: batch },
    (_, row) => attentionMask.subarray(row * length, (row + 1) * length).every((kept) => kept === 0),
  );
  const rowOf = (i: number) => Math.floor(i / length);
  const groups = Int32Array.from(attentionMask, (kept, i) => kept !== 0 || isBlank[rowOf(i)] ? rowOf(i) : -1);
  return averageRows(pass, x, groups, batch);
}

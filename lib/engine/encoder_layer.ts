/** A whole layer of a Transformer encoder as one operation forward and one backward, where the engine has it. */
import * as tf from "@tensorflow/tfjs";
import type { Activation } from "./kernel_types.ts";
import { type AttentionOptions, lowParameter, nextDropping, type Norm, type Pass } from "./ops.ts";
import type { Parameter } from "./parameters.ts";
import type { RandomKey } from "../ground/pure.ts";
import { attribute, DataType, hasProducts, run, toFloat32 } from "./raw.ts";

/** A linear layer's weight [out, in] and bias [out]. */
export interface LinearParameters {
  weight: Parameter;
  bias: Parameter;
}

/** The parameters of one layer of a BERT-like encoder. */
export interface EncoderLayerParameters {
  query: LinearParameters;
  key: LinearParameters;
  value: LinearParameters;
  attentionOutput: LinearParameters;
  attentionNorm: Norm;
  intermediate: LinearParameters;
  output: LinearParameters;
  outputNorm: Norm;
}

/** The numbers of a layer beside its parameters. */
export interface EncoderLayerOptions extends Omit<AttentionOptions, "dropout" | "queries"> {
  activation: Activation;
  dropout: number;
  attentionDropout: number;
  /** The tokens whose results are asked for (`row · length + position`, ascending); `null`: all. */
  queries: Int32Array | null;
}

/**
 * One layer, normalised after each residual (Vaswani et al. 2017), as one operation: the same numbers as of its pieces, but that the
 * backward pass rounds less often.
 *
 * @param x [tokens, width], float32
 * @returns [queries or tokens, width], float32; `null` where the layer has to be computed in pieces: without products of the
 * project's own, with adapters, and where some of its parameters are frozen
 */
export function wholeEncoderLayer(
  pass: Pass,
  x: tf.Tensor,
  layer: EncoderLayerParameters,
  options: EncoderLayerOptions,
): tf.Tensor | null {
  const { tape, precision } = pass;
  const linears = [
    layer.query,
    layer.key,
    layer.value,
    layer.attentionOutput,
    layer.intermediate,
    layer.output,
  ];
  const weights = linears.map(({ weight }) => weight);
  const vectors = [
    ...[layer.query.bias, layer.key.bias, layer.value.bias, layer.attentionOutput.bias],
    ...[layer.attentionNorm.weight, layer.attentionNorm.bias, layer.intermediate.bias, layer.output.bias],
    ...[layer.outputNorm.weight, layer.outputNorm.bias],
  ];
  const parameters = [...weights, ...vectors];
  if (!hasProducts(precision) || !fits(layer, weights, options)) return null;
  if (tape !== null && !parameters.every(({ trainable }) => trainable)) return null;

  const { batch, length, heads, scale, queries } = options, isLow = precision === "bf16";
  const draw = (rate: number, rows: number): RandomKey => nextDropping(pass, rate, rows)?.key ?? [0, 0];
  const rateOf = (rate: number) => pass.nextKey === null ? 0 : rate;
  const asked = queries?.length ?? batch * length;
  const keys = [
    draw(options.attentionDropout, batch * heads * length),
    draw(options.dropout, asked),
    draw(options.dropout, asked),
  ];
  const numbers = tf.tensor1d([batch, length, heads, ...keys.flat(), ...queries ?? []], "int32");
  const attributes = [
    attribute.type("T", DataType[isLow ? "bfloat16" : "float32"]),
    attribute.int("N", weights.length),
    attribute.int("M", vectors.length),
    attribute.float("scale", scale),
    attribute.float("epsilon", layer.attentionNorm.epsilon),
    attribute.float("rate", rateOf(options.dropout)),
    attribute.float("attention_rate", rateOf(options.attentionDropout)),
  ];
  // the mask stays the caller's: the tape gets a copy, which shares the memory
  const mask = options.mask === null ? tf.zeros([0]) : tape === null ? options.mask : tf.clone(options.mask);
  const shared = () => [
    ...weights.map((weight) => lowParameter(weight, precision)),
    ...vectors.map((vector) => vector.value()),
    mask,
    numbers,
  ];
  const keep = attribute.bool("keep", tape !== null);
  const input = toFloat32(x);
  const [output, kept] = run("SongEncoderLayer", [...attributes, keep], [input, ...shared()], 2) as [
    tf.Tensor,
    tf.Tensor,
  ];
  // in bfloat16 its rounded values are kept with the rest
  const exact = isLow ? tf.zeros([0]) : input;
  tape?.record(
    output,
    [x, ...parameters],
    [kept, exact, mask, numbers],
    (dy) =>
      run("SongEncoderLayerGradient", attributes, [dy, kept, exact, ...shared()], 1 + parameters.length),
  );
  return output;
}

function fits(
  { attentionNorm, outputNorm }: EncoderLayerParameters,
  weights: readonly Parameter[],
  { activation, heads, queries }: EncoderLayerOptions,
): boolean {
  const [inner, width] = weights[4]!.shape as [number, number];
  return activation === "gelu" && attentionNorm.epsilon === outputNorm.epsilon &&
    weights.every(({ adapter }) => adapter === null) && inner % 2 === 0 && width % (2 * heads) === 0 &&
    (queries === null || (queries.length > 0 && queries.every((row, i) => i === 0 || row > queries[i - 1]!)));
}

/**
 * BERT and its kin: an encoder over tokens, and on it a head that tells classes or masked tokens. What is an architecture's own (its config,
 * embeddings, layers, heads' names and activations) its own file says.
 */
import type * as tf from "@tensorflow/tfjs";
import { type Activation, addBias, layerNorm, linear, linearActivate, scope } from "../engine/mod.ts";
import type { Architecture, CommonConfig, Forward, ParameterSpec } from "./architecture.ts";
import type { ConfigReader } from "./config.ts";
import { biasSpec, classifierSpec, linearOf, linearSpec, meanOfTokens, normOf, normSpec } from "./layers.ts";

/** A config of such an architecture. */
export interface EncoderConfig extends CommonConfig {
  /** Whether the language model's decoder is the word embeddings. */
  tieEmbeddings: boolean;
  activation: Activation;
  normEpsilon: number;
}

/** A masked language model's head: LayerNorm(activation(x W + b)) times the decoder. */
export interface LanguageHead {
  dense: string;
  norm: string;
  /** The linear layer whose rows are the vocabulary; its weight is the word embeddings where these are tied. */
  decoder: string;
  /** What the decoder's bias is called beside the decoder's own name: its name where the embeddings are tied, else in some checkpoints. */
  bias?: string;
  /** The encoder's own where it is not given. */
  activation?: Activation;
}

/** What is an architecture's own. */
export interface EncoderParts<C extends EncoderConfig> {
  modelType: string;
  /** As Hugging Face's classes begin: `Bert`. */
  className: string;
  prefix: string;
  parse(config: ConfigReader): C;
  /** The parameters of embeddings and layers, in order. */
  body(config: C): ParameterSpec[];
  /** The tokens' vectors, [wanted or tokens, width]. @param wanted the tokens (`row · length + position`) that are read; `null` for all */
  encode(at: Forward<C>, wanted: Int32Array | null): tf.Tensor;
  language: LanguageHead;
  /** The width of the decoder's rows; the encoder's where it is not given. */
  decoderWidth?(config: C): number;
  /** The parameters of the classification head, in order. */
  classifier(config: C): ParameterSpec[];
  /** The classes' logits, [batch, labels]. @param read [batch, width], what is read of each row */
  classify(at: Forward<C>, read: tf.Tensor): tf.Tensor;
}

/** An architecture out of its own parts. */
export function encoderArchitecture<C extends EncoderConfig>(parts: EncoderParts<C>): Architecture<C> {
  const { modelType, className, prefix, parse } = parts;
  const wordTable = `${prefix}.embeddings.word_embeddings.weight`;
  return {
    modelType,
    prefix,
    paddingSide: "right",
    classes: {
      "sequence-classification": `${className}ForSequenceClassification`,
      "masked-lm": `${className}ForMaskedLM`,
    },
    parse,

    parameters(config, task) {
      const body = parts.body(config);
      if (task === "sequence-classification") return [...body, ...parts.classifier(config)];
      const { dense, norm, decoder, bias } = parts.language, own = `${decoder}.bias`;
      const rows = config.vocabularySize, width = parts.decoderWidth?.(config) ?? config.width;
      return [
        ...body,
        ...linearSpec(dense, width, config.width),
        ...normSpec(norm, width),
        ...(config.tieEmbeddings ? [biasSpec(bias ?? own, rows)] : [
          { name: `${decoder}.weight`, shape: [rows, width], initial: "normal" as const },
          { ...biasSpec(own, rows), ...(bias && { otherName: bias }) },
        ]),
      ];
    },

    tied(config, task) {
      if (task !== "masked-lm" || !config.tieEmbeddings) return {};
      const { decoder, bias } = parts.language;
      return { [`${decoder}.weight`]: wordTable, ...(bias && { [`${decoder}.bias`]: bias }) };
    },

    logits(at, task, rows) {
      return scope(() => {
        if (task === "masked-lm") return languageLogits(at, parts.encode(at, rows ?? null));
        // a classifier reads each row's first token, or the mean of all
        const { pass, batch, config: { pooling } } = at, { length } = batch;
        if (pooling === "mean") return parts.classify(at, meanOfTokens(pass, parts.encode(at, null), batch));
        return parts.classify(
          at,
          parts.encode(at, Int32Array.from({ length: batch.batch }, (_, i) => i * length)),
        );
      });
    },
  };

  /** [rows, vocabulary] */
  function languageLogits({ config, p, pass }: Forward<C>, x: tf.Tensor): tf.Tensor {
    const { dense, norm, decoder, bias, activation = config.activation } = parts.language;
    const own = linearOf(p, dense);
    const inner = linearActivate(pass, x, own.weight, own.bias, activation);
    const normal = layerNorm(pass, inner, normOf(p, norm, config.normEpsilon));
    const tied = config.tieEmbeddings;
    return addBias(
      pass,
      linear(pass, normal, p(tied ? wordTable : `${decoder}.weight`)),
      p(tied && bias !== undefined ? bias : `${decoder}.bias`),
    );
  }
}

/** The parameters of a head of two linear layers, as RoBERTa and ELECTRA name them. */
export const deepClassifier = ({ width, labels }: CommonConfig): ParameterSpec[] => [
  ...linearSpec("classifier.dense", width, width),
  ...classifierSpec("classifier.out_proj", labels.length, width),
];

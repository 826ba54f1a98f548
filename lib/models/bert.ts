/**
 * BERT (Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers"), as Hugging Face computes it: KoBERT
 * and KLUE-BERT are this with their own vocabularies.
 *
 * Letters in comments: B rows, L tokens a row, H width, V vocabulary, C classes.
 */
import type * as tf from "@tensorflow/tfjs";
import { UserError } from "../ground/pure.ts";
import { type Activation, dropout, embed, layerNorm, tanh } from "../engine/mod.ts";
import type { Forward, ParameterSpec } from "./architecture.ts";
import { checkRows, plainPositions, type TokenBatch } from "./batch.ts";
import { type ConfigReader, poolingOf, refuseUnsupported } from "./config.ts";
import { encoderArchitecture, type EncoderConfig } from "./encoder.ts";
import {
  bertLayer,
  bertLayerSpecs,
  classifierSpec,
  dense,
  embeddingSpec,
  encoder,
  linearOf,
  linearSpec,
  normOf,
  normSpec,
} from "./layers.ts";

/** The config of BERT and of the architectures that differ from it in their embeddings and heads only. */
export interface BertConfig extends EncoderConfig {
  heads: number;
  innerWidth: number;
  /** Rows of the table of positions. */
  positions: number;
  tokenTypes: number;
  activation: Activation;
  dropout: number;
  attentionDropout: number;
  classifierDropout: number;
  normEpsilon: number;
}

/** What Hugging Face takes where a config.json leaves a field out. */
export interface BertDefaults {
  width: number;
  heads: number;
  innerWidth: number;
  vocabularySize: number;
  padId: number;
}

/** Reads the fields that BERT, RoBERTa and ELECTRA share. */
export function parseBertConfig(config: ConfigReader, defaults: BertDefaults): BertConfig {
  refuseUnsupported(config);
  config.only("position_embedding_type", "absolute");
  config.only("is_decoder", false);
  config.only("add_cross_attention", false);
  const width = config.integer("hidden_size", defaults.width),
    heads = config.integer("num_attention_heads", defaults.heads);
  if (width % heads !== 0) {
    throw new UserError(
      `${config.source}: "hidden_size" ${width} is not a multiple of "num_attention_heads" ${heads}.`,
    );
  }
  const dropout = config.rate("hidden_dropout_prob", 0.1);
  const positions = config.integer("max_position_embeddings", 512);
  const vocabularySize = config.integer("vocab_size", defaults.vocabularySize);
  return {
    vocabularySize,
    maxLength: positions,
    width,
    layers: config.integer("num_hidden_layers", 12),
    heads,
    innerWidth: config.integer("intermediate_size", defaults.innerWidth),
    positions,
    tokenTypes: config.integer("type_vocab_size", 2),
    activation: config.activation("hidden_act", "gelu"),
    dropout,
    attentionDropout: config.rate("attention_probs_dropout_prob", 0.1),
    classifierDropout: config.rate("classifier_dropout", dropout),
    normEpsilon: config.number("layer_norm_eps", 1e-12),
    padId: config.row("pad_token_id", defaults.padId, vocabularySize),
    labels: config.labels(),
    pooling: poolingOf(config),
    initializerRange: config.number("initializer_range", 0.02),
    tieEmbeddings: config.boolean("tie_word_embeddings", true),
  };
}

/** The embedding tables under `prefix`, `width` wide. */
export function bertEmbeddingSpecs(
  prefix: string,
  config: BertConfig,
  width = config.width,
): ParameterSpec[] {
  return [
    ...embeddingSpec(`${prefix}.embeddings.word_embeddings`, config.vocabularySize, width, config.padId),
    ...embeddingSpec(`${prefix}.embeddings.position_embeddings`, config.positions, width),
    ...embeddingSpec(`${prefix}.embeddings.token_type_embeddings`, config.tokenTypes, width),
    ...normSpec(`${prefix}.embeddings.LayerNorm`, width),
  ];
}

/** The encoder's layers under `prefix`. */
export function bertEncoderSpecs(
  prefix: string,
  { layers, width, innerWidth }: BertConfig,
): ParameterSpec[] {
  return Array.from({ length: layers }, (_, i) => bertLayerSpecs(prefix, i, width, innerWidth)).flat();
}

/**
 * The segment of each token, [B·L]. A model with one segment (RoBERTa) has no use for what a tokenizer made for BERT, as
 * KLUE-RoBERTa's is, says of pairs.
 */
function segments({ tokenTypes }: BertConfig, { inputIds, tokenTypeIds, length }: TokenBatch): Int32Array {
  if (tokenTypeIds === undefined || tokenTypes === 1) return new Int32Array(inputIds.length);
  checkRows("Token type", tokenTypeIds, tokenTypes, length, "it has that many segments");
  return tokenTypeIds;
}

/** Dropout(LayerNorm(word + position + segment)), [B·L, H]. `paddingPosition` is a position without gradient. */
export function bertEmbed(
  { config, p, pass, batch }: Forward<BertConfig>,
  prefix: string,
  positions: Int32Array,
  paddingPosition: number | null = null,
): tf.Tensor {
  const table = (name: string) => p(`${prefix}.embeddings.${name}.weight`);
  const sum = embed(pass, [
    { table: table("word_embeddings"), rows: batch.inputIds, paddingRow: config.padId },
    { table: table("position_embeddings"), rows: positions, paddingRow: paddingPosition },
    { table: table("token_type_embeddings"), rows: segments(config, batch) },
  ]);
  const norm = normOf(p, `${prefix}.embeddings.LayerNorm`, config.normEpsilon);
  return dropout(pass, layerNorm(pass, sum, norm), config.dropout);
}

/** The encoder's layers over embedded tokens, [B·L, H]; of the `wanted` tokens alone where they are given. */
export function bertEncode(
  at: Forward<BertConfig>,
  prefix: string,
  embedded: tf.Tensor,
  wanted: Int32Array | null,
): tf.Tensor {
  const { layers, normEpsilon } = at.config;
  const of = Array.from({ length: layers }, (_, i) => bertLayer(at.p, prefix, i, normEpsilon));
  return encoder(at, embedded, of, wanted);
}

const prefix = "bert";

export const bert = encoderArchitecture<BertConfig>({
  modelType: "bert",
  className: "Bert",
  prefix,
  parse: (config) =>
    parseBertConfig(config, { width: 768, heads: 12, innerWidth: 3072, vocabularySize: 30522, padId: 0 }),
  body: (config) => [...bertEmbeddingSpecs(prefix, config), ...bertEncoderSpecs(prefix, config)],

  encode(at, wanted) {
    const embedded = bertEmbed(at, prefix, plainPositions(at.batch, at.config.positions));
    return bertEncode(at, prefix, embedded, wanted);
  },

  language: ({ activation, normEpsilon, width }) => ({
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.LayerNorm",
    decoder: "cls.predictions.decoder",
    bias: "cls.predictions.bias",
    activation,
    epsilon: normEpsilon,
    width,
  }),

  classifier: ({ width, labels }) => [
    ...linearSpec(`${prefix}.pooler.dense`, width, width),
    ...classifierSpec("classifier", labels.length, width),
  ],

  classify({ config, p, pass }, read) {
    // the pooler: tanh of a linear map of [CLS], or of what stands in its place
    const summary = tanh(pass, dense(pass, read, linearOf(p, `${prefix}.pooler.dense`)));
    return dense(pass, dropout(pass, summary, config.classifierDropout), linearOf(p, "classifier"));
  },
});

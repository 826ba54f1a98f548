/**
 * BERT (Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers"), as Hugging Face computes it: KoBERT
 * and KLUE-BERT are this with their own vocabularies.
 *
 * Letters in comments: B rows, L tokens a row, H width, V vocabulary, C classes.
 */
import type * as tf from "@tensorflow/tfjs";
import { dropout, embed, layerNorm, tanh } from "../engine/mod.ts";
import type { Forward, ParameterSpec } from "./architecture.ts";
import { checkRows, plainPositions, type TokenBatch } from "./batch.ts";
import { commonFields, type ConfigReader } from "./config.ts";
import { encoderArchitecture, type EncoderConfig } from "./encoder.ts";
import {
  classifierSpec,
  dense,
  embeddingSpec,
  encoder,
  type LayerNames,
  layerOf,
  layerSpecs,
  linearOf,
  linearSpec,
  normOf,
  normSpec,
} from "./layers.ts";

/** The config of BERT and of the architectures that differ from it in their embeddings, heads and names only. */
export interface BertConfig extends EncoderConfig {
  heads: number;
  innerWidth: number;
  /** Rows of the table of positions. */
  positions: number;
  /** Rows of the table of segments; 0 where there is none. */
  tokenTypes: number;
  dropout: number;
  attentionDropout: number;
  classifierDropout: number;
}

/**
 * Reads the fields that BERT, RoBERTa and ELECTRA share.
 *
 * @param defaults what Hugging Face takes where a config.json leaves a field out
 */
export function parseBertConfig(
  config: ConfigReader,
  defaults: Pick<BertConfig, "width" | "heads" | "innerWidth" | "vocabularySize" | "padId">,
): BertConfig {
  const common = commonFields(config, defaults);
  config.only("position_embedding_type", "absolute");
  config.only("is_decoder", false);
  config.only("add_cross_attention", false);
  const [width, heads] = config.multiple(
    "hidden_size",
    defaults.width,
    "num_attention_heads",
    defaults.heads,
  );
  const dropout = config.rate("hidden_dropout_prob", 0.1);
  const positions = config.integer("max_position_embeddings", 512);
  return {
    ...common,
    maxLength: positions,
    width,
    layers: config.count("num_hidden_layers", 12),
    heads,
    innerWidth: config.integer("intermediate_size", defaults.innerWidth),
    positions,
    tokenTypes: config.integer("type_vocab_size", 2),
    activation: config.activation("hidden_act", "gelu"),
    dropout,
    attentionDropout: config.rate("attention_probs_dropout_prob", 0.1),
    classifierDropout: config.rate("classifier_dropout", dropout),
    normEpsilon: config.number("layer_norm_eps", 1e-12),
    tieEmbeddings: config.boolean("tie_word_embeddings", true),
  };
}

/**
 * The embedding tables under `prefix`.
 *
 * @param options.width of the tables, the encoder's by default
 * @param options.positions what is special of the table of positions
 */
export function bertEmbeddingSpecs(
  prefix: string,
  config: BertConfig,
  { width = config.width, positions = {} }: { width?: number; positions?: Partial<ParameterSpec> } = {},
): ParameterSpec[] {
  const { vocabularySize, padId, tokenTypes } = config, at = `${prefix}.embeddings`;
  return [
    ...embeddingSpec(`${at}.word_embeddings`, vocabularySize, width, padId),
    ...embeddingSpec(`${at}.position_embeddings`, config.positions, width)
      .map((spec) => ({ ...spec, ...positions })),
    ...(tokenTypes > 0 ? embeddingSpec(`${at}.token_type_embeddings`, tokenTypes, width) : []),
    ...normSpec(`${at}.LayerNorm`, width),
  ];
}

/** What BERT, RoBERTa and ELECTRA call the parts of layer `i` under `prefix`. */
function bertNames(prefix: string, i: number): LayerNames {
  const at = `${prefix}.encoder.layer.${i}`, attention = `${at}.attention`;
  return {
    query: `${attention}.self.query`,
    key: `${attention}.self.key`,
    value: `${attention}.self.value`,
    attentionOutput: `${attention}.output.dense`,
    attentionNorm: `${attention}.output.LayerNorm`,
    intermediate: `${at}.intermediate.dense`,
    output: `${at}.output.dense`,
    outputNorm: `${at}.output.LayerNorm`,
  };
}

/** The encoder's layers under `prefix`. */
export function bertEncoderSpecs(
  prefix: string,
  { layers, width, innerWidth }: BertConfig,
  names = bertNames,
): ParameterSpec[] {
  return Array.from({ length: layers }, (_, i) => layerSpecs(names(prefix, i), width, innerWidth)).flat();
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
    ...(config.tokenTypes > 0
      ? [{ table: table("token_type_embeddings"), rows: segments(config, batch) }]
      : []),
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
  names = bertNames,
): tf.Tensor {
  const { layers, normEpsilon } = at.config;
  const of = Array.from({ length: layers }, (_, i) => layerOf(at.p, names(prefix, i), normEpsilon));
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

  language: {
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.LayerNorm",
    decoder: "cls.predictions.decoder",
    bias: "cls.predictions.bias",
  },

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

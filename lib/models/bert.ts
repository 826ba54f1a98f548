/**
 * BERT (Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers"), as Hugging Face computes it: KoBERT
 * and KLUE-BERT are this with their own vocabularies.
 *
 * Letters in comments: B rows, L tokens a row, H width, V vocabulary, C classes.
 */
import type * as tf from "@tensorflow/tfjs";
import {
  activate,
  type Activation,
  addBias,
  dropout,
  embed,
  layerNorm,
  linear,
  type Pass,
  scope,
  selectRows,
  tanh,
} from "../engine/mod.ts";
import type { Architecture, CommonConfig, TokenBatch } from "./architecture.ts";
import type { ConfigReader, Task } from "./config.ts";
import {
  attentionBias,
  bertLayer,
  bertLayerSpecs,
  biasSpec,
  dense,
  embeddingSpec,
  encoder,
  linearOf,
  linearSpec,
  type Lookup,
  normOf,
  normSpec,
  type ParameterSpec,
} from "./layers.ts";

/** The config of BERT and of the architectures that differ from it in their embeddings and heads only. */
export interface BertConfig extends CommonConfig {
  heads: number;
  innerWidth: number;
  positions: number;
  tokenTypes: number;
  activation: Activation;
  dropout: number;
  attentionDropout: number;
  classifierDropout: number;
  normEpsilon: number;
  tieEmbeddings: boolean;
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
  config.only("position_embedding_type", "absolute");
  config.only("is_decoder", false);
  config.only("add_cross_attention", false);
  config.only("problem_type", "single_label_classification");
  config.only("pruned_heads", {});
  const width = config.integer("hidden_size", defaults.width),
    heads = config.integer("num_attention_heads", defaults.heads);
  if (width % heads !== 0) {
    throw new Error(
      `${config.source}: "hidden_size" ${width} is not a multiple of "num_attention_heads" ${heads}.`,
    );
  }
  const dropout = config.rate("hidden_dropout_prob", 0.1);
  const positions = config.integer("max_position_embeddings", 512);
  return {
    vocabularySize: config.integer("vocab_size", defaults.vocabularySize),
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
    padId: config.optionalInteger("pad_token_id", defaults.padId),
    labels: config.labels(),
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

/** The embeddings and the encoder's layers. */
export function bertSpecs(prefix: string, config: BertConfig): ParameterSpec[] {
  return [
    ...bertEmbeddingSpecs(prefix, config),
    ...Array.from(
      { length: config.layers },
      (_, i) => bertLayerSpecs(prefix, i, config.width, config.innerWidth),
    ).flat(),
  ];
}

/** Dropout(LayerNorm(word + position + token type)), [B·L, H]. */
export function bertEmbed(
  config: BertConfig,
  p: Lookup,
  pass: Pass,
  batch: TokenBatch,
  prefix: string,
  positions: Int32Array,
  wordPaddingRow: number | null,
  positionPaddingRow: number | null = null,
): tf.Tensor {
  const { inputIds } = batch;
  const sum = embed(pass, [
    { table: p(`${prefix}.embeddings.word_embeddings.weight`), rows: inputIds, paddingRow: wordPaddingRow },
    {
      table: p(`${prefix}.embeddings.position_embeddings.weight`),
      rows: positions,
      paddingRow: positionPaddingRow,
    },
    {
      table: p(`${prefix}.embeddings.token_type_embeddings.weight`),
      rows: batch.tokenTypeIds ?? new Int32Array(inputIds.length),
    },
  ]);
  const norm = normOf(p, `${prefix}.embeddings.LayerNorm`, config.normEpsilon);
  return dropout(pass, layerNorm(pass, sum, norm), config.dropout);
}

/** Positions 0, 1, 2 … in every row. */
export function plainPositions({ batch, length }: TokenBatch): Int32Array {
  return Int32Array.from({ length: batch * length }, (_, i) => i % length);
}

/** The encoder's layers over embedded tokens, [B·L, H]. */
export function bertEncode(
  config: BertConfig,
  p: Lookup,
  pass: Pass,
  embedded: tf.Tensor,
  batch: TokenBatch,
  prefix: string,
): tf.Tensor {
  const layers = Array.from({ length: config.layers }, (_, i) => bertLayer(p, prefix, i, config.normEpsilon));
  return encoder(pass, embedded, layers, config, batch, attentionBias(batch.attentionMask, batch));
}

/** The first token of every row, [B, H]. */
export function firstTokens(pass: Pass, x: tf.Tensor, { batch, length }: TokenBatch): tf.Tensor {
  return selectRows(pass, x, Int32Array.from({ length: batch }, (_, i) => i * length));
}

/** A language model's head: activation and LayerNorm, then the word embeddings as classes, [rows, V]. */
export function tiedLanguageHead(
  pass: Pass,
  x: tf.Tensor,
  p: Lookup,
  names: { dense: string; norm: string; decoder: string; bias: string },
  activation: Activation,
  normEpsilon: number,
): tf.Tensor {
  const { weight, bias } = linearOf(p, names.dense);
  const inner = layerNorm(
    pass,
    activate(pass, linear(pass, x, weight), bias, activation),
    normOf(p, names.norm, normEpsilon),
  );
  return addBias(pass, linear(pass, inner, p(names.decoder)), p(names.bias));
}

const prefix = "bert";
const wordTable = `${prefix}.embeddings.word_embeddings.weight`;

export const bert: Architecture<BertConfig> = {
  modelType: "bert",
  prefix,
  classes: { "sequence-classification": "BertForSequenceClassification", "masked-lm": "BertForMaskedLM" },

  parse: (config) =>
    parseBertConfig(config, { width: 768, heads: 12, innerWidth: 3072, vocabularySize: 30522, padId: 0 }),

  parameters(config: BertConfig, task: Task): ParameterSpec[] {
    const { width, vocabularySize, labels, tieEmbeddings } = config;
    const head = task === "sequence-classification"
      ? [
        ...linearSpec(`${prefix}.pooler.dense`, width, width),
        ...linearSpec("classifier", labels.length, width),
      ]
      : [
        ...linearSpec("cls.predictions.transform.dense", width, width),
        ...normSpec("cls.predictions.transform.LayerNorm", width),
        biasSpec("cls.predictions.bias", vocabularySize),
        ...(tieEmbeddings ? [] : embeddingSpec("cls.predictions.decoder", vocabularySize, width)),
      ];
    return [...bertSpecs(prefix, config), ...head];
  },

  tied(config: BertConfig, task: Task): Record<string, string> {
    if (task !== "masked-lm") return {};
    const bias = { "cls.predictions.decoder.bias": "cls.predictions.bias" };
    return config.tieEmbeddings ? { ...bias, "cls.predictions.decoder.weight": wordTable } : bias;
  },

  logits(config, p, pass, batch, task, rows) {
    return scope(() => {
      const embedded = bertEmbed(config, p, pass, batch, prefix, plainPositions(batch), config.padId);
      const tokens = bertEncode(config, p, pass, embedded, batch, prefix);
      if (task === "masked-lm") {
        const x = rows === undefined ? tokens : selectRows(pass, tokens, rows);
        return tiedLanguageHead(
          pass,
          x,
          p,
          {
            dense: "cls.predictions.transform.dense",
            norm: "cls.predictions.transform.LayerNorm",
            decoder: config.tieEmbeddings ? wordTable : "cls.predictions.decoder.weight",
            bias: "cls.predictions.bias",
          },
          config.activation,
          config.normEpsilon,
        );
      }
      // the pooler: tanh of a linear map of [CLS]
      const pooled = tanh(
        pass,
        dense(pass, firstTokens(pass, tokens, batch), linearOf(p, `${prefix}.pooler.dense`)),
      );
      return dense(pass, dropout(pass, pooled, config.classifierDropout), linearOf(p, "classifier"));
    });
  },
};

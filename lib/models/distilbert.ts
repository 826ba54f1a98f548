/**
 * DistilBERT (Sanh et al. 2019, "DistilBERT, a distilled version of BERT"): BERT's layers under other names, without token
 * types and pooler; its heads use ReLU and GELU.
 */
import { UserError } from "../ground/pure.ts";
import {
  activate,
  type Activation,
  dropout,
  embed,
  type EncoderLayerParameters,
  layerNorm,
  linear,
  scope,
} from "../engine/mod.ts";
import type { Architecture, CommonConfig } from "./architecture.ts";
import { plainPositions } from "./batch.ts";
import { type ConfigReader, poolingOf, refuseUnsupported, type Task } from "./config.ts";
import {
  attentionBias,
  classifierSpec,
  dense,
  embeddingSpec,
  encoder,
  type LanguageHead,
  languageLogits,
  languageSpecs,
  linearOf,
  linearSpec,
  type Lookup,
  normOf,
  normSpec,
  type ParameterSpec,
  pooled,
  wantedTokens,
} from "./layers.ts";

interface DistilBertConfig extends CommonConfig {
  heads: number;
  innerWidth: number;
  positions: number;
  /** Whether positions start as sines and cosines instead of random numbers. */
  sinusoidal: boolean;
  activation: Activation;
  dropout: number;
  attentionDropout: number;
  classifierDropout: number;
  tieEmbeddings: boolean;
}

const prefix = "distilbert";
const wordTable = `${prefix}.embeddings.word_embeddings.weight`;
/** Fixed in the architecture, not in its config. */
const normEpsilon = 1e-12;

function layerOf(p: Lookup, i: number): EncoderLayerParameters {
  const at = `${prefix}.transformer.layer.${i}`;
  return {
    query: linearOf(p, `${at}.attention.q_lin`),
    key: linearOf(p, `${at}.attention.k_lin`),
    value: linearOf(p, `${at}.attention.v_lin`),
    attentionOutput: linearOf(p, `${at}.attention.out_lin`),
    attentionNorm: normOf(p, `${at}.sa_layer_norm`, normEpsilon),
    intermediate: linearOf(p, `${at}.ffn.lin1`),
    output: linearOf(p, `${at}.ffn.lin2`),
    outputNorm: normOf(p, `${at}.output_layer_norm`, normEpsilon),
  };
}

function layerSpecs(i: number, width: number, inner: number): ParameterSpec[] {
  const at = `${prefix}.transformer.layer.${i}`;
  return [
    ...["q_lin", "k_lin", "v_lin", "out_lin"].flatMap((name) =>
      linearSpec(`${at}.attention.${name}`, width, width)
    ),
    ...normSpec(`${at}.sa_layer_norm`, width),
    ...linearSpec(`${at}.ffn.lin1`, inner, width),
    ...linearSpec(`${at}.ffn.lin2`, width, inner),
    ...normSpec(`${at}.output_layer_norm`, width),
  ];
}

function languageHead({ tieEmbeddings }: DistilBertConfig): LanguageHead {
  return {
    dense: "vocab_transform",
    norm: "vocab_layer_norm",
    tied: tieEmbeddings,
    decoder: tieEmbeddings ? wordTable : "vocab_projector.weight",
    bias: "vocab_projector.bias",
  };
}

export const distilbert: Architecture<DistilBertConfig> = {
  modelType: "distilbert",
  prefix,
  paddingSide: "right",
  classes: {
    "sequence-classification": "DistilBertForSequenceClassification",
    "masked-lm": "DistilBertForMaskedLM",
  },

  parse(config: ConfigReader): DistilBertConfig {
    refuseUnsupported(config);
    const width = config.integer("dim", 768), heads = config.integer("n_heads", 12);
    if (width % heads !== 0) {
      throw new UserError(`${config.source}: "dim" ${width} is not a multiple of "n_heads" ${heads}.`);
    }
    const layers = config.integer("n_layers", 6);
    // transformers takes these names for the same fields
    config.only("hidden_size", width);
    config.only("num_attention_heads", heads);
    config.only("num_hidden_layers", layers);
    const positions = config.integer("max_position_embeddings", 512);
    const vocabularySize = config.integer("vocab_size", 30522);
    return {
      vocabularySize,
      maxLength: positions,
      width,
      layers,
      heads,
      innerWidth: config.integer("hidden_dim", 4 * 768),
      positions,
      sinusoidal: config.boolean("sinusoidal_pos_embds", false),
      activation: config.activation("activation", "gelu"),
      dropout: config.rate("dropout", 0.1),
      attentionDropout: config.rate("attention_dropout", 0.1),
      classifierDropout: config.rate("seq_classif_dropout", 0.2),
      padId: config.row("pad_token_id", 0, vocabularySize),
      labels: config.labels(),
      pooling: poolingOf(config),
      initializerRange: config.number("initializer_range", 0.02),
      tieEmbeddings: config.boolean("tie_word_embeddings", true),
    };
  },

  parameters(config: DistilBertConfig, task: Task): ParameterSpec[] {
    const { width, vocabularySize, labels, sinusoidal } = config;
    const positions = embeddingSpec(`${prefix}.embeddings.position_embeddings`, config.positions, width)
      .map((spec) => sinusoidal ? { ...spec, initial: "sinusoidal" as const } : spec);
    const body = [
      ...embeddingSpec(`${prefix}.embeddings.word_embeddings`, vocabularySize, width, config.padId),
      ...positions,
      ...normSpec(`${prefix}.embeddings.LayerNorm`, width),
      ...Array.from({ length: config.layers }, (_, i) => layerSpecs(i, width, config.innerWidth)).flat(),
    ];
    if (task === "sequence-classification") {
      return [
        ...body,
        ...linearSpec("pre_classifier", width, width),
        ...classifierSpec("classifier", labels.length, width),
      ];
    }
    return [...body, ...languageSpecs(languageHead(config), width, width, vocabularySize)];
  },

  tied(config: DistilBertConfig, task: Task): Record<string, string> {
    return task === "masked-lm" && config.tieEmbeddings ? { "vocab_projector.weight": wordTable } : {};
  },

  logits(config, p, pass, batch, task, rows) {
    return scope(() => {
      const positions = plainPositions(batch, config.positions);
      const sum = embed(pass, [
        { table: p(wordTable), rows: batch.inputIds, paddingRow: config.padId },
        { table: p(`${prefix}.embeddings.position_embeddings.weight`), rows: positions },
      ]);
      const norm = normOf(p, `${prefix}.embeddings.LayerNorm`, normEpsilon);
      const embedded = dropout(pass, layerNorm(pass, sum, norm), config.dropout);
      const layers = Array.from({ length: config.layers }, (_, i) => layerOf(p, i));
      const mask = attentionBias(batch);
      const wanted = wantedTokens(config, batch, task, rows);
      const tokens = encoder(pass, embedded, layers, config, batch, mask, wanted);
      if (task === "masked-lm") {
        return languageLogits(pass, tokens, p, languageHead(config), config.activation, normEpsilon);
      }
      const { weight, bias } = linearOf(p, "pre_classifier");
      const read = pooled(pass, tokens, config, batch);
      const inner = activate(pass, linear(pass, read, weight), bias, "relu");
      return dense(pass, dropout(pass, inner, config.classifierDropout), linearOf(p, "classifier"));
    });
  },
};

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
} from "../engine/mod.ts";
import type { Lookup, ParameterSpec } from "./architecture.ts";
import { plainPositions } from "./batch.ts";
import { type ConfigReader, poolingOf, refuseUnsupported } from "./config.ts";
import { encoderArchitecture, type EncoderConfig } from "./encoder.ts";
import {
  classifierSpec,
  dense,
  embeddingSpec,
  encoder,
  linearOf,
  linearSpec,
  normOf,
  normSpec,
} from "./layers.ts";

interface DistilBertConfig extends EncoderConfig {
  heads: number;
  innerWidth: number;
  positions: number;
  /** Whether positions start as sines and cosines instead of random numbers. */
  sinusoidal: boolean;
  activation: Activation;
  dropout: number;
  attentionDropout: number;
  classifierDropout: number;
}

const prefix = "distilbert";
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

export const distilbert = encoderArchitecture<DistilBertConfig>({
  modelType: "distilbert",
  className: "DistilBert",
  prefix,

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

  body(config) {
    const { width, vocabularySize, sinusoidal, padId, positions, layers, innerWidth } = config;
    return [
      ...embeddingSpec(`${prefix}.embeddings.word_embeddings`, vocabularySize, width, padId),
      ...embeddingSpec(`${prefix}.embeddings.position_embeddings`, positions, width)
        .map((spec) => sinusoidal ? { ...spec, initial: "sinusoidal" as const } : spec),
      ...normSpec(`${prefix}.embeddings.LayerNorm`, width),
      ...Array.from({ length: layers }, (_, i) => layerSpecs(i, width, innerWidth)).flat(),
    ];
  },

  encode(at, wanted) {
    const { config, p, pass, batch } = at, table = (name: string) => p(`${prefix}.embeddings.${name}.weight`);
    const sum = embed(pass, [
      { table: table("word_embeddings"), rows: batch.inputIds, paddingRow: config.padId },
      { table: table("position_embeddings"), rows: plainPositions(batch, config.positions) },
    ]);
    const norm = normOf(p, `${prefix}.embeddings.LayerNorm`, normEpsilon);
    const embedded = dropout(pass, layerNorm(pass, sum, norm), config.dropout);
    return encoder(at, embedded, Array.from({ length: config.layers }, (_, i) => layerOf(p, i)), wanted);
  },

  language: ({ activation, width }) => ({
    dense: "vocab_transform",
    norm: "vocab_layer_norm",
    decoder: "vocab_projector",
    activation,
    epsilon: normEpsilon,
    width,
  }),

  classifier: ({ width, labels }) => [
    ...linearSpec("pre_classifier", width, width),
    ...classifierSpec("classifier", labels.length, width),
  ],

  classify({ config, p, pass }, read) {
    const { weight, bias } = linearOf(p, "pre_classifier");
    const inner = activate(pass, linear(pass, read, weight), bias, "relu");
    return dense(pass, dropout(pass, inner, config.classifierDropout), linearOf(p, "classifier"));
  },
});

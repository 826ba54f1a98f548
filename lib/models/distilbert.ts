/**
 * DistilBERT (Sanh et al. 2019, "DistilBERT, a distilled version of BERT"): BERT's layers under other names, without token
 * types and pooler; its heads use ReLU and GELU.
 */
import {
  activate,
  type Activation,
  addBias,
  dropout,
  embed,
  layerNorm,
  linear,
  scope,
  selectRows,
} from "../engine/mod.ts";
import type { Architecture, CommonConfig } from "./architecture.ts";
import { firstTokens, plainPositions } from "./bert.ts";
import type { ConfigReader, Task } from "./config.ts";
import {
  attentionBias,
  biasSpec,
  dense,
  embeddingSpec,
  encoder,
  type EncoderLayer,
  linearOf,
  linearSpec,
  type Lookup,
  normOf,
  normSpec,
  type ParameterSpec,
} from "./layers.ts";

interface DistilBertConfig extends CommonConfig {
  heads: number;
  innerWidth: number;
  positions: number;
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

function layerOf(p: Lookup, i: number): EncoderLayer {
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

export const distilbert: Architecture<DistilBertConfig> = {
  modelType: "distilbert",
  prefix,
  classes: {
    "sequence-classification": "DistilBertForSequenceClassification",
    "masked-lm": "DistilBertForMaskedLM",
  },

  parse(config: ConfigReader): DistilBertConfig {
    config.only("sinusoidal_pos_embds", false, true); // either way the table is in the checkpoint
    config.only("problem_type", "single_label_classification");
    config.only("pruned_heads", {});
    const width = config.integer("dim", 768), heads = config.integer("n_heads", 12);
    if (width % heads !== 0) {
      throw new Error(`${config.source}: "dim" ${width} is not a multiple of "n_heads" ${heads}.`);
    }
    const positions = config.integer("max_position_embeddings", 512);
    return {
      vocabularySize: config.integer("vocab_size", 30522),
      maxLength: positions,
      width,
      layers: config.integer("n_layers", 6),
      heads,
      innerWidth: config.integer("hidden_dim", 4 * 768),
      positions,
      activation: config.oneOf("activation", ["gelu", "relu"], "gelu"),
      dropout: config.rate("dropout", 0.1),
      attentionDropout: config.rate("attention_dropout", 0.1),
      classifierDropout: config.rate("seq_classif_dropout", 0.2),
      padId: config.optionalInteger("pad_token_id", 0),
      labels: config.labels(),
      initializerRange: config.number("initializer_range", 0.02),
      tieEmbeddings: config.boolean("tie_word_embeddings", true),
    };
  },

  parameters(config: DistilBertConfig, task: Task): ParameterSpec[] {
    const { width, vocabularySize, labels, tieEmbeddings } = config;
    const head = task === "sequence-classification"
      ? [...linearSpec("pre_classifier", width, width), ...linearSpec("classifier", labels.length, width)]
      : [
        ...linearSpec("vocab_transform", width, width),
        ...normSpec("vocab_layer_norm", width),
        biasSpec("vocab_projector.bias", vocabularySize),
        ...(tieEmbeddings ? [] : embeddingSpec("vocab_projector", vocabularySize, width)),
      ];
    return [
      ...embeddingSpec(`${prefix}.embeddings.word_embeddings`, vocabularySize, width, config.padId),
      ...embeddingSpec(`${prefix}.embeddings.position_embeddings`, config.positions, width),
      ...normSpec(`${prefix}.embeddings.LayerNorm`, width),
      ...Array.from({ length: config.layers }, (_, i) => layerSpecs(i, width, config.innerWidth)).flat(),
      ...head,
    ];
  },

  tied(config: DistilBertConfig, task: Task): Record<string, string> {
    return task === "masked-lm" && config.tieEmbeddings ? { "vocab_projector.weight": wordTable } : {};
  },

  logits(config, p, pass, batch, task, rows) {
    return scope(() => {
      const sum = embed(pass, [
        { table: p(wordTable), rows: batch.inputIds, paddingRow: config.padId },
        { table: p(`${prefix}.embeddings.position_embeddings.weight`), rows: plainPositions(batch) },
      ]);
      const norm = normOf(p, `${prefix}.embeddings.LayerNorm`, normEpsilon);
      const embedded = dropout(pass, layerNorm(pass, sum, norm), config.dropout);
      const layers = Array.from({ length: config.layers }, (_, i) => layerOf(p, i));
      const tokens = encoder(
        pass,
        embedded,
        layers,
        config,
        batch,
        attentionBias(batch.attentionMask, batch),
      );
      if (task === "masked-lm") {
        const x = rows === undefined ? tokens : selectRows(pass, tokens, rows);
        const { weight, bias } = linearOf(p, "vocab_transform");
        const inner = activate(pass, linear(pass, x, weight), bias, config.activation);
        const normal = layerNorm(pass, inner, normOf(p, "vocab_layer_norm", normEpsilon));
        const decoder = p(config.tieEmbeddings ? wordTable : "vocab_projector.weight");
        return addBias(pass, linear(pass, normal, decoder), p("vocab_projector.bias"));
      }
      const { weight, bias } = linearOf(p, "pre_classifier");
      const inner = activate(pass, linear(pass, firstTokens(pass, tokens, batch), weight), bias, "relu");
      return dense(pass, dropout(pass, inner, config.classifierDropout), linearOf(p, "classifier"));
    });
  },
};

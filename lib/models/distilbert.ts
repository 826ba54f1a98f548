/**
 * DistilBERT (Sanh et al. 2019, "DistilBERT, a distilled version of BERT"): BERT's layers under other names, without token
 * types and pooler; its heads use ReLU and GELU.
 */
import { activate, dropout, linear } from "../engine/mod.ts";
import { plainPositions } from "./batch.ts";
import { type BertConfig, bertEmbed, bertEmbeddingSpecs, bertEncode, bertEncoderSpecs } from "./bert.ts";
import { commonFields, type ConfigReader } from "./config.ts";
import { encoderArchitecture } from "./encoder.ts";
import { classifierSpec, dense, type LayerNames, linearOf, linearSpec } from "./layers.ts";

interface DistilBertConfig extends BertConfig {
  /** Whether positions start as sines and cosines instead of random numbers. */
  sinusoidal: boolean;
}

const prefix = "distilbert";

function layerNames(prefix: string, i: number): LayerNames {
  const at = `${prefix}.transformer.layer.${i}`;
  return {
    query: `${at}.attention.q_lin`,
    key: `${at}.attention.k_lin`,
    value: `${at}.attention.v_lin`,
    attentionOutput: `${at}.attention.out_lin`,
    attentionNorm: `${at}.sa_layer_norm`,
    intermediate: `${at}.ffn.lin1`,
    output: `${at}.ffn.lin2`,
    outputNorm: `${at}.output_layer_norm`,
  };
}

export const distilbert = encoderArchitecture<DistilBertConfig>({
  modelType: "distilbert",
  className: "DistilBert",
  prefix,

  parse(config: ConfigReader): DistilBertConfig {
    const common = commonFields(config, { vocabularySize: 30522, padId: 0 });
    const [width, heads] = config.multiple("dim", 768, "n_heads", 12);
    const layers = config.count("n_layers", 6);
    // transformers takes these names for the same fields
    config.only("hidden_size", width);
    config.only("num_attention_heads", heads);
    config.only("num_hidden_layers", layers);
    const positions = config.integer("max_position_embeddings", 512);
    return {
      ...common,
      maxLength: positions,
      width,
      layers,
      heads,
      innerWidth: config.integer("hidden_dim", 4 * 768),
      positions,
      tokenTypes: 0,
      sinusoidal: config.boolean("sinusoidal_pos_embds", false),
      activation: config.activation("activation", "gelu"),
      dropout: config.rate("dropout", 0.1),
      attentionDropout: config.rate("attention_dropout", 0.1),
      classifierDropout: config.rate("seq_classif_dropout", 0.2),
      // fixed in the architecture, not in its config
      normEpsilon: 1e-12,
      tieEmbeddings: config.boolean("tie_word_embeddings", true),
    };
  },

  body: (config) => [
    ...bertEmbeddingSpecs(prefix, config, {
      positions: config.sinusoidal ? { initial: "sinusoidal" } : {},
    }),
    ...bertEncoderSpecs(prefix, config, layerNames),
  ],

  encode(at, wanted) {
    const embedded = bertEmbed(at, prefix, plainPositions(at.batch, at.config.positions));
    return bertEncode(at, prefix, embedded, wanted, layerNames);
  },

  language: { dense: "vocab_transform", norm: "vocab_layer_norm", decoder: "vocab_projector" },

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

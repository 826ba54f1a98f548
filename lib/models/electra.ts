/**
 * ELECTRA (Clark et al. 2020, "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators"): BERT's
 * encoder over embeddings that may be narrower and are then projected; KoELECTRA is this. Its classification head uses GELU.
 */
import { activate, addBias, dropout, layerNorm, linear, scope, selectRows } from "../engine/mod.ts";
import type { Architecture } from "./architecture.ts";
import {
  type BertConfig,
  bertEmbed,
  bertEmbeddingSpecs,
  bertEncode,
  bertSpecs,
  firstTokens,
  parseBertConfig,
  plainPositions,
} from "./bert.ts";
import type { ConfigReader, Task } from "./config.ts";
import {
  biasSpec,
  dense,
  embeddingSpec,
  linearOf,
  linearSpec,
  normOf,
  normSpec,
  type ParameterSpec,
} from "./layers.ts";

interface ElectraConfig extends BertConfig {
  embeddingWidth: number;
}

const prefix = "electra";
const wordTable = `${prefix}.embeddings.word_embeddings.weight`;

export const electra: Architecture<ElectraConfig> = {
  modelType: "electra",
  prefix,
  classes: {
    "sequence-classification": "ElectraForSequenceClassification",
    "masked-lm": "ElectraForMaskedLM",
  },

  parse(config: ConfigReader): ElectraConfig {
    const defaults = { width: 256, heads: 4, innerWidth: 1024, vocabularySize: 30522, padId: 0 };
    return { ...parseBertConfig(config, defaults), embeddingWidth: config.integer("embedding_size", 128) };
  },

  parameters(config: ElectraConfig, task: Task): ParameterSpec[] {
    const { width, embeddingWidth, vocabularySize, labels, tieEmbeddings } = config;
    const layers = bertSpecs(prefix, config).filter(({ name }) => !name.startsWith(`${prefix}.embeddings.`));
    const projection = embeddingWidth === width
      ? []
      : linearSpec(`${prefix}.embeddings_project`, width, embeddingWidth);
    const head = task === "sequence-classification"
      ? [
        ...linearSpec("classifier.dense", width, width),
        ...linearSpec("classifier.out_proj", labels.length, width),
      ]
      : [
        ...linearSpec("generator_predictions.dense", embeddingWidth, width),
        ...normSpec("generator_predictions.LayerNorm", embeddingWidth),
        biasSpec("generator_lm_head.bias", vocabularySize),
        ...(tieEmbeddings ? [] : embeddingSpec("generator_lm_head", vocabularySize, embeddingWidth)),
      ];
    return [...bertEmbeddingSpecs(prefix, config, embeddingWidth), ...projection, ...layers, ...head];
  },

  tied(config: ElectraConfig, task: Task): Record<string, string> {
    return task === "masked-lm" && config.tieEmbeddings ? { "generator_lm_head.weight": wordTable } : {};
  },

  logits(config, p, pass, batch, task, rows) {
    return scope(() => {
      let embedded = bertEmbed(config, p, pass, batch, prefix, plainPositions(batch), config.padId);
      if (config.embeddingWidth !== config.width) {
        embedded = dense(pass, embedded, linearOf(p, `${prefix}.embeddings_project`));
      }
      const tokens = bertEncode(config, p, pass, embedded, batch, prefix);
      if (task === "masked-lm") {
        const x = rows === undefined ? tokens : selectRows(pass, tokens, rows);
        const { weight, bias } = linearOf(p, "generator_predictions.dense");
        const inner = activate(pass, linear(pass, x, weight), bias, "gelu");
        const normal = layerNorm(
          pass,
          inner,
          normOf(p, "generator_predictions.LayerNorm", config.normEpsilon),
        );
        const decoder = p(config.tieEmbeddings ? wordTable : "generator_lm_head.weight");
        return addBias(pass, linear(pass, normal, decoder), p("generator_lm_head.bias"));
      }
      const first = dropout(pass, firstTokens(pass, tokens, batch), config.classifierDropout);
      const { weight, bias } = linearOf(p, "classifier.dense");
      const inner = dropout(
        pass,
        activate(pass, linear(pass, first, weight), bias, "gelu"),
        config.classifierDropout,
      );
      return dense(pass, inner, linearOf(p, "classifier.out_proj"));
    });
  },
};

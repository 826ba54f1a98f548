/**
 * ELECTRA (Clark et al. 2020, "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators"): BERT's
 * encoder over embeddings that may be narrower and are then projected; KoELECTRA is this. Its heads use GELU, whatever the
 * encoder's activation.
 */
import type * as tf from "@tensorflow/tfjs";
import { activate, dropout, linear, type Pass, scope } from "../engine/mod.ts";
import type { Architecture } from "./architecture.ts";
import { plainPositions } from "./batch.ts";
import {
  type BertConfig,
  bertEmbed,
  bertEmbeddingSpecs,
  bertEncode,
  bertEncoderSpecs,
  parseBertConfig,
} from "./bert.ts";
import type { ConfigReader, Task } from "./config.ts";
import {
  classifierSpec,
  dense,
  type LanguageHead,
  languageLogits,
  languageSpecs,
  linearOf,
  linearSpec,
  type Lookup,
  type ParameterSpec,
  pooled,
  wantedTokens,
} from "./layers.ts";

interface ElectraConfig extends BertConfig {
  embeddingWidth: number;
}

const prefix = "electra";
const wordTable = `${prefix}.embeddings.word_embeddings.weight`;

function languageHead({ tieEmbeddings }: ElectraConfig): LanguageHead {
  return {
    dense: "generator_predictions.dense",
    norm: "generator_predictions.LayerNorm",
    tied: tieEmbeddings,
    decoder: tieEmbeddings ? wordTable : "generator_lm_head.weight",
    bias: "generator_lm_head.bias",
  };
}

export const electra: Architecture<ElectraConfig> = {
  modelType: "electra",
  prefix,
  paddingSide: "right",
  classes: {
    "sequence-classification": "ElectraForSequenceClassification",
    "masked-lm": "ElectraForMaskedLM",
  },

  parse(config: ConfigReader): ElectraConfig {
    const defaults = { width: 256, heads: 4, innerWidth: 1024, vocabularySize: 30522, padId: 0 };
    return { ...parseBertConfig(config, defaults), embeddingWidth: config.integer("embedding_size", 128) };
  },

  parameters(config: ElectraConfig, task: Task): ParameterSpec[] {
    const { width, embeddingWidth, vocabularySize, labels } = config;
    const body = [
      ...bertEmbeddingSpecs(prefix, config, embeddingWidth),
      ...(embeddingWidth === width ? [] : linearSpec(`${prefix}.embeddings_project`, width, embeddingWidth)),
      ...bertEncoderSpecs(prefix, config),
    ];
    if (task === "sequence-classification") {
      return [
        ...body,
        ...linearSpec("classifier.dense", width, width),
        ...classifierSpec("classifier.out_proj", labels.length, width),
      ];
    }
    return [...body, ...languageSpecs(languageHead(config), width, embeddingWidth, vocabularySize)];
  },

  tied(config: ElectraConfig, task: Task): Record<string, string> {
    return task === "masked-lm" && config.tieEmbeddings ? { "generator_lm_head.weight": wordTable } : {};
  },

  logits(config, p, pass, batch, task, rows) {
    return scope(() => {
      const positions = plainPositions(batch, config.positions);
      let embedded = bertEmbed(config, p, pass, batch, prefix, positions);
      if (config.embeddingWidth !== config.width) {
        embedded = dense(pass, embedded, linearOf(p, `${prefix}.embeddings_project`));
      }
      const wanted = wantedTokens(config, batch, task, rows);
      const tokens = bertEncode(config, p, pass, embedded, batch, prefix, wanted);
      if (task === "masked-lm") {
        return languageLogits(pass, tokens, p, languageHead(config), "gelu", config.normEpsilon);
      }
      return classificationHead(config, p, pass, pooled(pass, tokens, config, batch));
    });
  },
};

/** Dropout, a linear map, GELU, dropout, the classes. `x` [B, H], what it reads of each row. */
function classificationHead(config: ElectraConfig, p: Lookup, pass: Pass, x: tf.Tensor): tf.Tensor {
  const { weight, bias } = linearOf(p, "classifier.dense");
  const inner = linear(pass, dropout(pass, x, config.classifierDropout), weight);
  const kept = dropout(pass, activate(pass, inner, bias, "gelu"), config.classifierDropout);
  return dense(pass, kept, linearOf(p, "classifier.out_proj"));
}

/**
 * RoBERTa (Liu et al. 2019, "RoBERTa: A Robustly Optimized BERT Pretraining Approach"): BERT's encoder with positions that
 * count from the padding id, and a classification head of its own. klue/roberta is this with BERT's special tokens.
 */
import type * as tf from "@tensorflow/tfjs";
import { dropout, type Pass, scope, selectRows, tanh } from "../engine/mod.ts";
import type { Architecture, TokenBatch } from "./architecture.ts";
import {
  type BertConfig,
  bertEmbed,
  bertEncode,
  bertSpecs,
  firstTokens,
  parseBertConfig,
  tiedLanguageHead,
} from "./bert.ts";
import type { ConfigReader, Task } from "./config.ts";
import {
  biasSpec,
  dense,
  embeddingSpec,
  linearOf,
  linearSpec,
  type Lookup,
  normSpec,
  type ParameterSpec,
} from "./layers.ts";

interface RobertaConfig extends BertConfig {
  padId: number;
}

const prefix = "roberta";
const wordTable = `${prefix}.embeddings.word_embeddings.weight`;

/** Positions padId + 1, padId + 2 … over the tokens that are not padding, and padId at padding. */
function positionsFromPadding({ inputIds, batch, length }: TokenBatch, padId: number): Int32Array {
  const positions = new Int32Array(inputIds.length);
  for (let row = 0; row < batch; row++) {
    let position = padId;
    for (let i = row * length; i < (row + 1) * length; i++) {
      positions[i] = inputIds[i] === padId ? padId : ++position;
    }
  }
  return positions;
}

export const roberta: Architecture<RobertaConfig> = {
  modelType: "roberta",
  prefix,
  classes: {
    "sequence-classification": "RobertaForSequenceClassification",
    "masked-lm": "RobertaForMaskedLM",
  },

  parse(config: ConfigReader): RobertaConfig {
    const parsed = parseBertConfig(config, {
      width: 768,
      heads: 12,
      innerWidth: 3072,
      vocabularySize: 50265,
      padId: 1,
    });
    const { padId } = parsed;
    if (padId === null) {
      throw new Error(`${config.source}: "pad_token_id" is null; RoBERTa counts its positions from it.`);
    }
    return { ...parsed, padId, maxLength: parsed.positions - padId - 1 };
  },

  parameters(config: RobertaConfig, task: Task): ParameterSpec[] {
    const { width, vocabularySize, labels, tieEmbeddings, padId } = config;
    const body = bertSpecs(prefix, config).map((spec) =>
      spec.name.endsWith("position_embeddings.weight") ? { ...spec, zeroRow: padId } : spec
    );
    const head = task === "sequence-classification"
      ? [
        ...linearSpec("classifier.dense", width, width),
        ...linearSpec("classifier.out_proj", labels.length, width),
      ]
      : [
        ...linearSpec("lm_head.dense", width, width),
        ...normSpec("lm_head.layer_norm", width),
        biasSpec("lm_head.bias", vocabularySize),
        ...(tieEmbeddings ? [] : embeddingSpec("lm_head.decoder", vocabularySize, width)),
      ];
    return [...body, ...head];
  },

  tied(config: RobertaConfig, task: Task): Record<string, string> {
    if (task !== "masked-lm") return {};
    const bias = { "lm_head.decoder.bias": "lm_head.bias" };
    return config.tieEmbeddings ? { ...bias, "lm_head.decoder.weight": wordTable } : bias;
  },

  logits(config, p, pass, batch, task, rows) {
    return scope(() => {
      const positions = positionsFromPadding(batch, config.padId);
      const embedded = bertEmbed(config, p, pass, batch, prefix, positions, config.padId, config.padId);
      const tokens = bertEncode(config, p, pass, embedded, batch, prefix);
      if (task === "masked-lm") {
        const x = rows === undefined ? tokens : selectRows(pass, tokens, rows);
        return tiedLanguageHead(
          pass,
          x,
          p,
          {
            dense: "lm_head.dense",
            norm: "lm_head.layer_norm",
            decoder: config.tieEmbeddings ? wordTable : "lm_head.decoder.weight",
            bias: "lm_head.bias",
          },
          "gelu",
          config.normEpsilon,
        );
      }
      return classificationHead(config, p, pass, firstTokens(pass, tokens, batch));
    });
  },
};

/** Dropout, a linear map, tanh, dropout, the classes. `x` [B, H], the first token of each row. */
function classificationHead(config: RobertaConfig, p: Lookup, pass: Pass, x: tf.Tensor): tf.Tensor {
  const inner = dense(pass, dropout(pass, x, config.classifierDropout), linearOf(p, "classifier.dense"));
  const kept = dropout(pass, tanh(pass, inner), config.classifierDropout);
  return dense(pass, kept, linearOf(p, "classifier.out_proj"));
}

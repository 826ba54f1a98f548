/**
 * RoBERTa (Liu et al. 2019, "RoBERTa: A Robustly Optimized BERT Pretraining Approach"): BERT's encoder with positions that
 * count from the padding id, and a classification head of its own. klue/roberta is this with BERT's special tokens.
 */
import type * as tf from "@tensorflow/tfjs";
import { UserError } from "../ground/pure.ts";
import { dropout, type Pass, scope, tanh } from "../engine/mod.ts";
import type { Architecture } from "./architecture.ts";
import { checkLength, type TokenBatch } from "./batch.ts";
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

interface RobertaConfig extends BertConfig {
  padId: number;
}

const prefix = "roberta";
const wordTable = `${prefix}.embeddings.word_embeddings.weight`;

/** Positions padId + 1, padId + 2 … over the tokens that are not padding, and padId at padding, [B·L]. */
function positionsFromPadding({ inputIds, batch, length }: TokenBatch, config: RobertaConfig): Int32Array {
  const { padId, maxLength } = config;
  const positions = new Int32Array(inputIds.length);
  for (let row = 0; row < batch; row++) {
    let position = padId;
    for (let i = row * length; i < (row + 1) * length; i++) {
      positions[i] = inputIds[i] === padId ? padId : ++position;
    }
    checkLength(position - padId, maxLength);
  }
  return positions;
}

function languageHead({ tieEmbeddings }: RobertaConfig): LanguageHead {
  return {
    dense: "lm_head.dense",
    norm: "lm_head.layer_norm",
    tied: tieEmbeddings,
    decoder: tieEmbeddings ? wordTable : "lm_head.decoder.weight",
    ...(tieEmbeddings
      ? { bias: "lm_head.bias" }
      : { bias: "lm_head.decoder.bias", otherBias: "lm_head.bias" }),
  };
}

export const roberta: Architecture<RobertaConfig> = {
  modelType: "roberta",
  prefix,
  paddingSide: "right",
  classes: {
    "sequence-classification": "RobertaForSequenceClassification",
    "masked-lm": "RobertaForMaskedLM",
  },

  parse(config: ConfigReader): RobertaConfig {
    const defaults = { width: 768, heads: 12, innerWidth: 3072, vocabularySize: 50265, padId: 1 };
    const parsed = parseBertConfig(config, defaults);
    const { padId, positions } = parsed;
    if (padId === null) {
      throw new UserError(`${config.source}: "pad_token_id" is null; RoBERTa counts its positions from it.`);
    }
    if (padId + 1 >= positions) {
      throw new UserError(
        `${config.source}: "pad_token_id" is ${padId}, and RoBERTa counts its positions from the next one: ` +
          `"max_position_embeddings" ${positions} leaves none.`,
      );
    }
    return { ...parsed, padId, maxLength: positions - padId - 1 };
  },

  parameters(config: RobertaConfig, task: Task): ParameterSpec[] {
    const { width, vocabularySize, labels, padId } = config;
    const embeddings = bertEmbeddingSpecs(prefix, config).map((spec) =>
      spec.name.endsWith("position_embeddings.weight") ? { ...spec, zeroRow: padId } : spec
    );
    const body = [...embeddings, ...bertEncoderSpecs(prefix, config)];
    if (task === "sequence-classification") {
      return [
        ...body,
        ...linearSpec("classifier.dense", width, width),
        ...classifierSpec("classifier.out_proj", labels.length, width),
      ];
    }
    return [...body, ...languageSpecs(languageHead(config), width, width, vocabularySize)];
  },

  tied(config: RobertaConfig, task: Task): Record<string, string> {
    if (task !== "masked-lm" || !config.tieEmbeddings) return {};
    return { "lm_head.decoder.weight": wordTable, "lm_head.decoder.bias": "lm_head.bias" };
  },

  logits(config, p, pass, batch, task, rows) {
    return scope(() => {
      const positions = positionsFromPadding(batch, config);
      const embedded = bertEmbed(config, p, pass, batch, prefix, positions, config.padId);
      const wanted = wantedTokens(config, batch, task, rows);
      const tokens = bertEncode(config, p, pass, embedded, batch, prefix, wanted);
      if (task === "masked-lm") {
        return languageLogits(pass, tokens, p, languageHead(config), "gelu", config.normEpsilon);
      }
      return classificationHead(config, p, pass, pooled(pass, tokens, config, batch));
    });
  },
};

/** Dropout, a linear map, tanh, dropout, the classes. `x` [B, H], what it reads of each row. */
function classificationHead(config: RobertaConfig, p: Lookup, pass: Pass, x: tf.Tensor): tf.Tensor {
  const inner = dense(pass, dropout(pass, x, config.classifierDropout), linearOf(p, "classifier.dense"));
  const kept = dropout(pass, tanh(pass, inner), config.classifierDropout);
  return dense(pass, kept, linearOf(p, "classifier.out_proj"));
}

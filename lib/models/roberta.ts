/**
 * RoBERTa (Liu et al. 2019, "RoBERTa: A Robustly Optimized BERT Pretraining Approach"): BERT's encoder with positions that
 * count from the padding id, and a classification head of its own. klue/roberta is this with BERT's special tokens.
 */
import { UserError } from "../ground/pure.ts";
import { dropout, tanh } from "../engine/mod.ts";
import { checkLength, type TokenBatch } from "./batch.ts";
import {
  type BertConfig,
  bertEmbed,
  bertEmbeddingSpecs,
  bertEncode,
  bertEncoderSpecs,
  parseBertConfig,
} from "./bert.ts";
import type { ConfigReader } from "./config.ts";
import { deepClassifier, encoderArchitecture } from "./encoder.ts";
import { dense, linearOf } from "./layers.ts";

interface RobertaConfig extends BertConfig {
  padId: number;
}

const prefix = "roberta";

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

export const roberta = encoderArchitecture<RobertaConfig>({
  modelType: "roberta",
  className: "Roberta",
  prefix,

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

  body(config) {
    const positions = { zeroRow: config.padId };
    return [...bertEmbeddingSpecs(prefix, config, { positions }), ...bertEncoderSpecs(prefix, config)];
  },

  encode(at, wanted) {
    const positions = positionsFromPadding(at.batch, at.config);
    return bertEncode(at, prefix, bertEmbed(at, prefix, positions, at.config.padId), wanted);
  },

  language: {
    dense: "lm_head.dense",
    norm: "lm_head.layer_norm",
    decoder: "lm_head.decoder",
    bias: "lm_head.bias",
    activation: "gelu",
  },

  classifier: deepClassifier,

  /** Dropout, a linear map, tanh, dropout, the classes. */
  classify({ config: { classifierDropout }, p, pass }, read) {
    const inner = dense(pass, dropout(pass, read, classifierDropout), linearOf(p, "classifier.dense"));
    const kept = dropout(pass, tanh(pass, inner), classifierDropout);
    return dense(pass, kept, linearOf(p, "classifier.out_proj"));
  },
});

/**
 * XLNet (Yang et al. 2019, "XLNet: Generalized Autoregressive Pretraining for Language Understanding"), as Hugging Face
 * computes it where it is fine-tuned: every token sees every other (the second stream of pre-training is not needed, and
 * `mask_emb` takes no part), positions are relative, segments are the same or different, padding stands on the left, and
 * the last token sums the text up.
 *
 * Letters in comments: B rows, L tokens a row, H width, N heads, D = H / N, C classes.
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../ground/pure.ts";
import {
  activate,
  type Activation,
  add,
  addNorm,
  dropout,
  embed,
  fromTensorFlowJs,
  layerNorm,
  linear,
  type Pass,
  project,
  relativeAttend,
  scope,
  selectRows,
  tanh,
} from "../engine/mod.ts";
import type { Architecture, CommonConfig, Forward, ParameterSpec } from "./architecture.ts";
import type { TokenBatch } from "./batch.ts";
import { commonFields, type ConfigReader } from "./config.ts";
import {
  classifierSpec,
  dense,
  embeddingSpec,
  hidden,
  linearOf,
  linearSpec,
  meanOfTokens,
  normOf,
  normSpec,
  runLayers,
} from "./layers.ts";

interface XlnetConfig extends CommonConfig {
  heads: number;
  innerWidth: number;
  activation: Activation;
  /** Of activations, attention weights and positions alike. */
  dropout: number;
  normEpsilon: number;
  /** The furthest distance that is told apart; `null` for no limit. */
  furthest: number | null;
  /** Whether the second half of a batch's rows reads backwards. */
  bothWays: boolean;
  summary: {
    token: "last" | "first" | "mean";
    projected: boolean;
    tanh: boolean;
    firstDropout: number;
    lastDropout: number;
  };
}

const prefix = "transformer";
const wordTable = `${prefix}.word_embedding`;

function parse(config: ConfigReader): XlnetConfig {
  const common = commonFields(config, { vocabularySize: 32000, padId: 5 });
  config.only("attn_type", "bi");
  config.only("summary_proj_to_labels", false);
  config.only("summary_activation", "tanh");
  const [width, heads] = config.multiple("d_model", 1024, "n_head", 16);
  if (width % 2 !== 0) {
    throw new UserError(
      `${config.source}: "d_model" ${width} is odd; positions are pairs of sine and cosine.`,
    );
  }
  config.only("d_head", width / heads);
  const furthest = config.number("clamp_len", -1, -Infinity);
  const token = config.oneOf("summary_type", ["last", "first", "mean", "cls_index"], "last");
  return {
    ...common,
    maxLength: Infinity,
    width,
    layers: config.count("n_layer", 24),
    heads,
    innerWidth: config.integer("d_inner", 4096),
    activation: config.activation("ff_activation", "gelu"),
    dropout: config.rate("dropout", 0.1),
    normEpsilon: config.number("layer_norm_eps", 1e-12),
    furthest: furthest > 0 ? furthest : null,
    bothWays: config.boolean("bi_data", false),
    summary: {
      // without positions of one's own, cls_index is the last token
      token: token === "cls_index" ? "last" : token,
      projected: config.boolean("summary_use_proj", true),
      tanh: !config.isNull("summary_activation"),
      firstDropout: config.rate("summary_first_dropout", 0),
      lastDropout: config.rate("summary_last_dropout", 0.1),
    },
  };
}

function layerSpecs(i: number, { width, heads, innerWidth }: XlnetConfig): ParameterSpec[] {
  const at = `${prefix}.layer.${i}`, headWidth = width / heads;
  const normal = (name: string, shape: number[]) => ({
    name: `${at}.rel_attn.${name}`,
    shape,
    initial: "normal" as const,
  });
  return [
    ...["q", "k", "v", "o", "r"].map((name) => normal(name, [width, heads, headWidth])),
    ...["r_r_bias", "r_s_bias", "r_w_bias"].map((name) => normal(name, [heads, headWidth])),
    normal("seg_embed", [2, heads, headWidth]),
    ...normSpec(`${at}.rel_attn.layer_norm`, width),
    ...normSpec(`${at}.ff.layer_norm`, width),
    ...linearSpec(`${at}.ff.layer_1`, innerWidth, width),
    ...linearSpec(`${at}.ff.layer_2`, width, innerWidth),
  ];
}

/** Sines, then cosines, of the distances L … 1 - L (or their negatives), [2 L, H], in float32 step by step as torch's. */
function distances({ width, furthest }: XlnetConfig, length: number, sign: 1 | -1): Float32Array {
  const half = width / 2, table = new Float32Array(2 * length * width), limit = furthest ?? Infinity;
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(1 / Math.fround(10000 ** Math.fround(2 * i / width)));
    for (let place = 0; place < 2 * length; place++) {
      const distance = Math.max(-limit, Math.min(limit, sign * (length - place)));
      const angle = Math.fround(distance * frequency);
      table[place * width + i] = Math.sin(angle);
      table[place * width + half + i] = Math.cos(angle);
    }
  }
  return table;
}

/**
 * The table of positions, [G · 2 L, H], for G groups of rows: one for all; two where the second half of the rows reads
 * backwards; one a row where dropout makes them differ.
 */
function positionTable(
  { config, pass, batch: { batch, length } }: Forward<XlnetConfig>,
): { table: tf.Tensor; groups: number } {
  if (config.bothWays && batch % 2 !== 0) {
    throw new UserError(
      `The config has "bi_data": half of a batch's rows reads backwards, and ${batch} is an odd number of rows. ` +
        `Set it to false for fine-tuning.`,
    );
  }
  const ways = config.bothWays ? [1, -1] as const : [1] as const;
  const shape = [2 * length, config.width];
  const tables = tf.stack(ways.map((sign) => tf.tensor(distances(config, length, sign), shape)));
  const dropping = pass.nextKey !== null && config.dropout > 0;
  const groups = dropping ? batch : ways.length;
  const each = groups / ways.length;
  const tiled = tf.tile(tf.expandDims(tables, 1), [1, each, 1, 1]);
  return {
    table: dropout(pass, tf.reshape(tiled, [groups * 2 * length, config.width]), config.dropout),
    groups,
  };
}

/** What attention adds to the scores, [B, 1, L, L]: padding is hidden from all but itself. `null` without padding. */
function paddingBias({ attentionMask, batch, length }: TokenBatch): tf.Tensor | null {
  if (attentionMask.every((kept) => kept !== 0)) return null;
  const bias = new Float32Array(batch * length * length);
  for (let row = 0; row < batch; row++) {
    for (let j = 0; j < length; j++) {
      if (attentionMask[row * length + j] !== 0) continue;
      for (let i = 0; i < length; i++) if (i !== j) bias[(row * length + i) * length + j] = hidden;
    }
  }
  return tf.tensor4d(bias, [batch, 1, length, length]);
}

/** 1 where two tokens are of different segments, [B, 1, L, L]; `null` where the batch has no segments. */
function differentSegments({ tokenTypeIds, batch, length }: TokenBatch): tf.Tensor | null {
  if (tokenTypeIds === undefined) return null;
  const different = new Float32Array(batch * length * length);
  for (let row = 0; row < batch; row++) {
    const segments = tokenTypeIds.subarray(row * length, (row + 1) * length);
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < length; j++) {
        if (segments[i] !== segments[j]) different[(row * length + i) * length + j] = 1;
      }
    }
  }
  return tf.tensor4d(different, [batch, 1, length, length]);
}

/**
 * LayerNorm(x + Dropout(RelativeAttention(x) Oᵀ)), then the position-wise network with its own. `x` [B·L, H].
 *
 * @param wanted the tokens whose results are asked for; `null` for all
 */
function layer(
  { config, p, pass, batch: { batch, length } }: Forward<XlnetConfig>,
  i: number,
  x: tf.Tensor,
  positions: tf.Tensor,
  groups: number,
  mask: tf.Tensor | null,
  different: tf.Tensor | null,
  wanted: Int32Array | null,
): tf.Tensor {
  const at = `${prefix}.layer.${i}`, { heads, width, dropout: rate, normEpsilon } = config;
  const part = (name: string) => p(`${at}.rel_attn.${name}`);
  const toHeads = (of: tf.Tensor, name: string) => project(pass, of, part(name), "to heads");
  const context = relativeAttend(
    pass,
    { q: toHeads(x, "q"), k: toHeads(x, "k"), v: toHeads(x, "v"), r: toHeads(positions, "r") },
    {
      content: part("r_w_bias"),
      position: part("r_r_bias"),
      segment: part("r_s_bias"),
      segments: part("seg_embed"),
    },
    {
      batch,
      length,
      heads,
      scale: 1 / Math.sqrt(width / heads),
      mask,
      different,
      groups,
      dropout: rate,
    },
  );
  const read = (of: tf.Tensor) => wanted === null ? of : selectRows(pass, of, wanted);
  const attended = dropout(pass, project(pass, read(context), part("o"), "from heads"), rate);
  const middle = layerNorm(
    pass,
    add(pass, attended, read(x)),
    normOf(p, `${at}.rel_attn.layer_norm`, normEpsilon),
  );

  const first = linearOf(p, `${at}.ff.layer_1`), second = linearOf(p, `${at}.ff.layer_2`);
  const inner = activate(pass, linear(pass, middle, first.weight), first.bias, config.activation);
  const outer = linear(pass, dropout(pass, inner, rate), second.weight);
  return addNorm(pass, outer, second.bias, middle, normOf(p, `${at}.ff.layer_norm`, normEpsilon), rate);
}

/** The tokens that stand for their texts, where they are not averaged. */
function tokensRead({ config, batch: { batch, length } }: Forward<XlnetConfig>): Int32Array | null {
  const { pooling, summary } = config;
  if (pooling === "mean" || summary.token === "mean") return null;
  const place = summary.token === "last" ? length - 1 : 0;
  return Int32Array.from({ length: batch }, (_, row) => row * length + place);
}

/** What stands for the texts, [B, H], of {@link tokensRead} or as a mean; transformers' own mean takes the padding in. */
function summaryOf({ config, pass, batch }: Forward<XlnetConfig>, x: tf.Tensor): tf.Tensor {
  if (config.pooling === "mean") return meanOfTokens(pass, x, batch);
  if (config.summary.token !== "mean") return x;
  const shape: [number, number, number] = [batch.batch, batch.length, config.width];
  return fromTensorFlowJs(pass, [x], (x) => tf.mean(tf.reshape(x!, shape), 1));
}

export const xlnet: Architecture<XlnetConfig> = {
  modelType: "xlnet",
  prefix,
  paddingSide: "left",
  classes: { "sequence-classification": "XLNetForSequenceClassification" },
  parse,

  parameters(config: XlnetConfig): ParameterSpec[] {
    const { width, vocabularySize, labels, summary } = config;
    return [
      { name: `${prefix}.mask_emb`, shape: [1, 1, width], initial: "normal" },
      ...embeddingSpec(wordTable, vocabularySize, width),
      ...Array.from({ length: config.layers }, (_, i) => layerSpecs(i, config)).flat(),
      ...(summary.projected ? linearSpec("sequence_summary.summary", width, width) : []),
      ...classifierSpec("logits_proj", labels.length, width),
    ];
  },

  tied: () => ({}),

  logits(at) {
    return scope(() => {
      const { config, p, pass, batch } = at;
      const words = embed(pass, [{ table: p(`${wordTable}.weight`), rows: batch.inputIds }]);
      const embedded = dropout(pass, words, config.dropout);
      const { table, groups } = positionTable(at);
      const wanted = tokensRead(at), last = config.layers - 1;
      const encoded = runLayers(
        pass,
        embedded,
        [table, paddingBias(batch), differentSegments(batch)],
        Array.from(
          { length: config.layers },
          (_, i) =>
          (pass: Pass, x: tf.Tensor, table: tf.Tensor, mask: tf.Tensor | null, different: tf.Tensor | null) =>
            scope(() =>
              layer({ ...at, pass }, i, x, table, groups, mask, different, i === last ? wanted : null)
            ),
        ),
      );
      const tokens = dropout(pass, encoded, config.dropout);

      const { projected, tanh: bounded, firstDropout, lastDropout } = config.summary;
      let summary = dropout(pass, summaryOf(at, tokens), firstDropout);
      if (projected) summary = dense(pass, summary, linearOf(p, "sequence_summary.summary"));
      if (bounded) summary = tanh(pass, summary);
      return dense(pass, dropout(pass, summary, lastDropout), linearOf(p, "logits_proj"));
    });
  },
};

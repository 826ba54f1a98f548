/**
 * Llama (Touvron et al. 2023, "LLaMA" and "Llama 2"; Dubey et al. 2024, "The Llama 3 Herd of Models"), as Hugging Face
 * computes it: a decoder with RMS norms before its parts, rotary positions, grouped-query attention and SwiGLU.
 *
 * Letters in comments: B rows, L tokens a row, H width, V vocabulary, C classes.
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../ground/pure.ts";
import {
  type Activation,
  add,
  addBias,
  cachedAttend,
  embed,
  gate,
  groupedAttend,
  type KeyValues,
  linear,
  type Parameter,
  type Pass,
  rmsNorm,
  type Rotary,
  scope,
  selectRows,
  widen,
} from "../engine/mod.ts";
import type { Architecture, CommonConfig, Forward, ParameterSpec } from "./architecture.ts";
import type { TokenBatch } from "./batch.ts";
import { commonFields, type ConfigReader, type Task } from "./config.ts";
import { biasSpec, embeddingSpec, hidden, meanOfTokens, runLayers } from "./layers.ts";

interface LlamaConfig extends CommonConfig {
  heads: number;
  /** Heads of keys and values. */
  keyHeads: number;
  headWidth: number;
  innerWidth: number;
  activation: Activation;
  attentionDropout: number;
  attentionBias: boolean;
  innerBias: boolean;
  normEpsilon: number;
  /** The angle by which each pair of a head turns from one position to the next, float32, [headWidth / 2]. */
  frequencies: Float32Array;
  tieEmbeddings: boolean;
}

const prefix = "model";
const wordTable = `${prefix}.embed_tokens`;

/**
 * The angles a position, of rotary embeddings: `default`, `linear` (all slower by a factor) or `llama3` (the slow ones
 * slower by a factor, the fast ones as they are, those between in between), in float32 step by step as torch's.
 *
 * transformers 5 has all in `rope_parameters`; 4 had `rope_theta` beside `rope_scaling`, with `type` for `rope_type`.
 */
function rotaryFrequencies(config: ConfigReader, headWidth: number, maxPositions: number): Float32Array {
  const rope = config.inside("rope_scaling") ?? config.inside("rope_parameters");
  config.only("partial_rotary_factor", 1);
  rope?.only("partial_rotary_factor", 1);
  const beside = config.number("rope_theta", 10000), theta = rope?.number("rope_theta", beside) ?? beside;
  const plain = Float32Array.from(
    { length: headWidth / 2 },
    (_, i) => 1 / Math.fround(theta ** Math.fround(2 * i / headWidth)),
  );
  if (rope === null) return plain;
  const names = ["default", "linear", "llama3"] as const;
  const type = rope.oneOf("rope_type", names, rope.oneOf("type", names, "default"));
  if (type === "default") return plain;
  const factor = rope.number("factor", undefined, 1);
  if (type === "linear") return plain.map((frequency) => frequency / factor);
  const low = rope.number("low_freq_factor"), high = rope.number("high_freq_factor");
  if (!(high > low)) {
    throw new UserError(`${rope.source}: "high_freq_factor" ${high} must be above "low_freq_factor" ${low}.`);
  }
  const original = config.integer(
    "original_max_position_embeddings",
    rope.integer("original_max_position_embeddings", maxPositions),
  );
  return plain.map((frequency) => {
    const wave = Math.fround(Math.fround(2 * Math.PI) / frequency);
    if (wave > original / low) return frequency / factor;
    if (wave < original / high) return frequency;
    const smooth = Math.fround((Math.fround(original / wave) - low) / (high - low));
    const slow = Math.fround(Math.fround(Math.fround(1 - smooth) * frequency) / factor);
    return slow + Math.fround(smooth * frequency);
  });
}

function parse(config: ConfigReader): LlamaConfig {
  const common = commonFields(config, { vocabularySize: 32000, padId: null });
  config.only("is_causal", true);
  const [width, heads] = config.multiple("hidden_size", 4096, "num_attention_heads", 32);
  const [, keyHeads] = config.multiple("num_attention_heads", 32, "num_key_value_heads", heads);
  const headWidth = config.integer("head_dim", width / heads);
  if (headWidth % 2 !== 0) {
    throw new UserError(`${config.source}: "head_dim" ${headWidth} is odd; rotary positions turn pairs.`);
  }
  const positions = config.integer("max_position_embeddings", 2048);
  return {
    ...common,
    maxLength: positions,
    width,
    layers: config.count("num_hidden_layers", 32),
    heads,
    keyHeads,
    headWidth,
    innerWidth: config.integer("intermediate_size", 11008),
    activation: config.activation("hidden_act", "silu"),
    attentionDropout: config.rate("attention_dropout", 0),
    attentionBias: config.boolean("attention_bias", false),
    innerBias: config.boolean("mlp_bias", false),
    normEpsilon: config.number("rms_norm_eps", 1e-6),
    frequencies: rotaryFrequencies(config, headWidth, positions),
    tieEmbeddings: config.boolean("tie_word_embeddings", false),
    endIds: config.tokenIds("eos_token_id", [2]),
  };
}

/** The names of layer `i`'s linear parts. */
function namesOf(i: number) {
  const at = `${prefix}.layers.${i}`, attention = `${at}.self_attn`, inner = `${at}.mlp`;
  return {
    inputNorm: `${at}.input_layernorm.weight`,
    query: `${attention}.q_proj`,
    key: `${attention}.k_proj`,
    value: `${attention}.v_proj`,
    attentionOutput: `${attention}.o_proj`,
    innerNorm: `${at}.post_attention_layernorm.weight`,
    gate: `${inner}.gate_proj`,
    up: `${inner}.up_proj`,
    down: `${inner}.down_proj`,
  };
}

function layerSpecs(i: number, config: LlamaConfig): ParameterSpec[] {
  const { width, heads, keyHeads, headWidth, innerWidth, attentionBias, innerBias } = config;
  const names = namesOf(i);
  const part = (name: string, output: number, input: number, bias: boolean): ParameterSpec[] => [
    { name: `${name}.weight`, shape: [output, input], initial: "normal" },
    ...(bias ? [biasSpec(`${name}.bias`, output)] : []),
  ];
  return [
    ...part(names.query, heads * headWidth, width, attentionBias),
    ...part(names.key, keyHeads * headWidth, width, attentionBias),
    ...part(names.value, keyHeads * headWidth, width, attentionBias),
    ...part(names.attentionOutput, width, heads * headWidth, attentionBias),
    ...part(names.gate, innerWidth, width, innerBias),
    ...part(names.up, innerWidth, width, innerBias),
    ...part(names.down, width, innerWidth, innerBias),
    { name: names.inputNorm, shape: [width], initial: "ones" },
    { name: names.innerNorm, shape: [width], initial: "ones" },
  ];
}

/** Cosines and sines of each token's position, [rows, 1, length, headWidth], float32. */
function rotaryTables({ frequencies }: LlamaConfig, positions: Int32Array, rows: number): Rotary {
  const half = frequencies.length, size = positions.length;
  const cos = new Float32Array(size * 2 * half), sin = new Float32Array(size * 2 * half);
  positions.forEach((position, t) => {
    frequencies.forEach((frequency, i) => {
      const angle = Math.fround(position * frequency);
      for (const place of [t * 2 * half + i, t * 2 * half + half + i]) {
        cos[place] = Math.cos(angle);
        sin[place] = Math.sin(angle);
      }
    });
  });
  const shape = [rows, 1, size / rows, 2 * half];
  return { cos: tf.tensor(cos, shape), sin: tf.tensor(sin, shape) };
}

/** What attention adds to the scores, [1 or B, 1, L, L]: a token sees itself and what stands before it, but for padding. */
function causalBias({ attentionMask, batch, length }: TokenBatch): tf.Tensor {
  const rows = attentionMask.every((kept) => kept !== 0) ? 1 : batch;
  const bias = new Float32Array(rows * length * length).fill(hidden);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < length; i++) {
      for (let j = 0; j <= i; j++) {
        if (attentionMask[row * length + j] !== 0) bias[(row * length + i) * length + j] = 0;
      }
    }
  }
  return tf.tensor4d(bias, [rows, 1, length, length]);
}

/** x Wᵀ, with the bias where the config has one; in the pass's precision where it has none. */
function part({ p, pass }: Forward<LlamaConfig>, x: tf.Tensor, name: string, bias: boolean): tf.Tensor {
  const product = linear(pass, x, p(`${name}.weight`));
  return bias ? addBias(pass, product, p(`${name}.bias`)) : product;
}

/** What attention is told beside its mask and positions. */
function attentionOptions({ config, batch: { batch, length } }: Forward<LlamaConfig>) {
  const { heads, keyHeads, headWidth, attentionDropout } = config;
  return {
    batch,
    length,
    heads,
    keyHeads,
    headWidth,
    scale: 1 / Math.sqrt(headWidth),
    dropout: attentionDropout,
  };
}

/** Attention over RMSNorm(x) before its last product: queries, keys and values side by side, and their biases. */
function queriesKeysValues({ config, p, pass }: Forward<LlamaConfig>, i: number, x: tf.Tensor) {
  const { inputNorm, query, key, value } = namesOf(i);
  const weights = [query, key, value].map((name) => p(`${name}.weight`));
  const biases: Parameter[] | null = config.attentionBias
    ? [query, key, value].map((name) => p(`${name}.bias`))
    : null;
  return { qkv: linear(pass, rmsNorm(pass, x, p(inputNorm), config.normEpsilon), ...weights), biases };
}

/** What follows a layer's attention: x + context O, then x + SwiGLU(RMSNorm(x)). */
function afterAttention(at: Forward<LlamaConfig>, i: number, x: tf.Tensor, context: tf.Tensor): tf.Tensor {
  const { config, p, pass } = at, names = namesOf(i), { innerBias } = config;
  const middle = add(pass, x, part(at, context, names.attentionOutput, config.attentionBias));
  const normal = rmsNorm(pass, middle, p(names.innerNorm), config.normEpsilon);
  const both = linear(pass, normal, p(`${names.gate}.weight`), p(`${names.up}.weight`));
  const biases: [Parameter, Parameter] | null = innerBias
    ? [p(`${names.gate}.bias`), p(`${names.up}.bias`)]
    : null;
  const inner = gate(pass, both, biases, config.activation);
  return add(pass, middle, part(at, inner, names.down, innerBias));
}

function words({ config, p, pass, batch }: Forward<LlamaConfig>): tf.Tensor {
  return embed(pass, [{ table: p(`${wordTable}.weight`), rows: batch.inputIds, paddingRow: config.padId }]);
}

/** The head over tokens, float32. */
function headLogits({ config, p, pass }: Forward<LlamaConfig>, x: tf.Tensor, head: string): tf.Tensor {
  const normal = rmsNorm(pass, x, p(`${prefix}.norm.weight`), config.normEpsilon);
  return widen(pass, linear(pass, normal, p(head)));
}

function languageHead({ tieEmbeddings }: LlamaConfig): string {
  return tieEmbeddings ? `${wordTable}.weight` : "lm_head.weight";
}

/**
 * The token that each row is classified by: the rightmost that is not the padding token, or where the config has none, the
 * rightmost that the mask keeps (Hugging Face refuses batches there); the first where all are padding.
 */
function lastTokens({ config: { padId }, batch: tokens }: Forward<LlamaConfig>): Int32Array {
  const { inputIds, attentionMask, batch, length } = tokens;
  return Int32Array.from({ length: batch }, (_, row) => {
    for (let t = length - 1; t > 0; t--) {
      const i = row * length + t;
      if (padId === null ? attentionMask[i] !== 0 : inputIds[i] !== padId) return i;
    }
    return row * length;
  });
}

export const llama: Architecture<LlamaConfig> = {
  modelType: "llama",
  prefix,
  paddingSide: "right",
  classes: {
    "sequence-classification": "LlamaForSequenceClassification",
    "causal-lm": "LlamaForCausalLM",
  },
  parse,

  parameters(config: LlamaConfig, task: Task): ParameterSpec[] {
    const { width, vocabularySize, labels, padId } = config;
    const body: ParameterSpec[] = [
      ...embeddingSpec(wordTable, vocabularySize, width, padId),
      ...Array.from({ length: config.layers }, (_, i) => layerSpecs(i, config)).flat(),
      { name: `${prefix}.norm.weight`, shape: [width], initial: "ones" },
    ];
    if (task === "sequence-classification") {
      return [...body, {
        name: "score.weight",
        shape: [labels.length, width],
        initial: "normal",
        byClass: true,
      }];
    }
    if (config.tieEmbeddings) return body;
    return [...body, { name: "lm_head.weight", shape: [vocabularySize, width], initial: "normal" }];
  },

  tied(config: LlamaConfig, task: Task): Record<string, string> {
    return task === "causal-lm" && config.tieEmbeddings ? { "lm_head.weight": `${wordTable}.weight` } : {};
  },

  logits(at, task, rows) {
    return scope(() => {
      const { config, p, pass, batch } = at;
      const places = Int32Array.from({ length: batch.length }, (_, t) => t);
      const { cos, sin } = rotaryTables(config, places, 1);
      const options = attentionOptions(at);
      const classifies = task === "sequence-classification";
      const averages = classifies && config.pooling === "mean";
      // after its attention, the last layer computes those tokens alone that are read
      const wanted = averages ? null : classifies ? lastTokens(at) : rows ?? null;
      const tokens = runLayers(
        pass,
        words(at),
        [causalBias(batch), cos, sin],
        Array.from(
          { length: config.layers },
          (_, i) => (pass: Pass, x: tf.Tensor, mask: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor) =>
            scope(() => {
              const here = { ...at, pass }, { qkv, biases } = queriesKeysValues(here, i, x);
              const context = groupedAttend(pass, qkv, biases, { ...options, mask, rotary: { cos, sin } });
              const read = (of: tf.Tensor) =>
                wanted === null || i < config.layers - 1 ? of : selectRows(pass, of, wanted);
              return afterAttention(here, i, read(x), read(context));
            }),
        ),
      );
      if (averages) {
        const normal = rmsNorm(pass, tokens, p(`${prefix}.norm.weight`), config.normEpsilon);
        return widen(pass, linear(pass, meanOfTokens(pass, normal, batch), p("score.weight")));
      }
      return headLogits(at, tokens, classifies ? "score.weight" : languageHead(config));
    });
  },

  extend(at, positions, past, rows) {
    return scope(() => {
      const { config, pass, batch } = at;
      const options = {
        ...attentionOptions(at),
        mask: causalBias(batch),
        rotary: rotaryTables(config, positions, batch.batch),
      };
      const layers: KeyValues[] = [];
      let x = words(at);
      for (let i = 0; i < config.layers; i++) {
        const { next, keys, values } = scope(() => {
          const { qkv, biases } = queriesKeysValues(at, i, x);
          const { context, ...read } = cachedAttend(pass, qkv, biases, options, past[i]!);
          return { next: afterAttention(at, i, x, context), ...read };
        });
        layers.push({ keys, values });
        x.dispose();
        x = next;
      }
      return { logits: headLogits(at, selectRows(pass, x, rows), languageHead(config)), layers };
    });
  },
};

/** What `deno task bench` measures. */
import { normalValues, randomKey } from "../../lib/ground/mod.ts";

export type Precision = "float32" | "bf16";
export type ModelName = "base" | "small" | "llama" | "xlnet" | "masked";
/** Whom ours is measured beside. */
export type PeerName = "eager" | "compile" | "openvino" | "onnxruntime";

/** A config.json's fields. */
export type ModelConfig = Record<string, number | string>;

/** KoBERT's shape and `kobert-small`; and as large as that, architectures whose layers are others. */
export const configs: Record<ModelName, ModelConfig> = {
  base: shape(12, 768, 12),
  small: shape(4, 256, 4),
  masked: shape(4, 256, 4),
  llama: {
    model_type: "llama",
    vocab_size: 8002,
    pad_token_id: 1,
    hidden_size: 256,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 688,
    max_position_embeddings: 512,
  },
  xlnet: {
    model_type: "xlnet",
    vocab_size: 8002,
    pad_token_id: 1,
    d_model: 256,
    n_layer: 4,
    n_head: 4,
    d_inner: 1024,
    ff_activation: "gelu",
  },
};

/** The fields of a config.json that say how much is dropped. */
export const dropoutFields: Record<ModelName, readonly string[]> = {
  base: ["hidden_dropout_prob", "attention_probs_dropout_prob"],
  small: ["hidden_dropout_prob", "attention_probs_dropout_prob"],
  masked: ["hidden_dropout_prob", "attention_probs_dropout_prob"],
  llama: ["attention_dropout"],
  xlnet: ["dropout", "summary_last_dropout"],
};

function shape(layers: number, width: number, heads: number): ModelConfig {
  return {
    model_type: "bert",
    vocab_size: 8002,
    pad_token_id: 1,
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: 4 * width,
    max_position_embeddings: 512,
  };
}

/** One measurement: what each side is asked for, in turn. */
export interface Row {
  name: string;
  /**
   * `trainer`: the peer is Hugging Face's Trainer. `allocator`: PyTorch on both sides. `growth`: ours on both sides, an epoch
   * over `times` the texts beside one over the texts.
   */
  kind: "train" | "infer" | "optimize" | "epoch" | "pretrain" | "trainer" | "load" | "allocator" | "growth";
  model: ModelName;
  precision: Precision;
  dropout: number;
  batch: number;
  /** Tokens a row; for epochs the longest. */
  length: number;
  texts?: "songs" | "reviews";
  weights?: "safetensors" | "bin";
  times?: number;
  /**
   * Whom ours is measured beside, in groups: those of one group take turns with ours. Several groups where all processes at
   * once would need too much memory.
   */
  peers: PeerName[][];
  /** Part of `--quick`. */
  quick?: true;
  /** Measured only with `--long`: hours in all, and up to 24 GB. The others are docs/benchmark.md's. */
  long: boolean;
}

const precisions = ["bf16", "float32"] as const;
const eager: PeerName[][] = [["eager"]];

/** All rows, in the table's order. */
export function allRows(): Row[] {
  const rows: Omit<Row, "long">[] = [];
  const models = ["base", "small"] as const;
  for (const model of [...models, "llama", "xlnet"] as const) {
    const main = isMain(model);
    for (const precision of precisions) {
      for (const length of main ? [64, 256, 512] : [64, 256]) {
        for (const dropout of [0.1, 0]) {
          rows.push({
            name: `train ${model} 32x${length} ${precision} dropout ${dropout}`,
            kind: "train",
            ...{ model, precision, dropout, length, batch: 32 },
            peers: trainPeers(model, length, dropout),
            ...(main && length === 64 && dropout > 0 && precision === "bf16" && { quick: true }),
          });
        }
      }
    }
  }
  for (const model of models) {
    for (const precision of precisions) {
      for (const length of [64, 256]) {
        rows.push({
          name: `infer ${model} 32x${length} ${precision}`,
          kind: "infer",
          ...{ model, precision, dropout: 0.1, length, batch: 32 },
          // ONNX Runtime has no bfloat16 on a CPU
          peers: [[
            "eager",
            "compile",
            "openvino",
            ...(precision === "float32" ? ["onnxruntime" as const] : []),
          ]],
          ...(model === "small" && length === 64 && precision === "bf16" && { quick: true }),
        });
      }
    }
  }
  for (const model of models) {
    const shape = { model, dropout: 0.1, length: 16, batch: 2, peers: eager };
    rows.push({ name: `clip and step ${model} bf16`, kind: "optimize", precision: "bf16", ...shape });
    rows.push({ name: `clip and step ${model} float32`, kind: "optimize", precision: "float32", ...shape });
  }
  for (const texts of ["songs", "reviews"] as const) {
    const shape = {
      model: "small",
      dropout: 0.1,
      batch: 32,
      length: texts === "songs" ? 256 : 64,
      texts,
      peers: eager,
    } satisfies Partial<Row>;
    for (const precision of precisions) {
      rows.push({ name: `epoch small 1,000 ${texts} ${precision}`, kind: "epoch", precision, ...shape });
      rows.push({
        name: `epoch small 1,000 ${texts} ${precision}, beside HF Trainer`,
        kind: "trainer",
        precision,
        ...shape,
      });
    }
  }
  for (const precision of precisions) {
    rows.push({
      name: `pretrain small 512 rows of 128 tokens ${precision}`,
      kind: "pretrain",
      ...{ model: "masked", precision, dropout: 0.1, batch: 512, length: 128, peers: eager },
    });
  }
  for (const weights of ["safetensors", "bin"] as const) {
    rows.push({
      name: `load base ${weights}`,
      kind: "load",
      ...{ model: "base", precision: "float32", dropout: 0.1, batch: 1, length: 1, weights, peers: eager },
    });
  }
  for (const times of [10, 100]) {
    rows.push({
      name: `${times} times 1,000 reviews beside them once, both ours, small bf16`,
      kind: "growth",
      ...{
        model: "small",
        precision: "bf16",
        dropout: 0.1,
        batch: 32,
        length: 64,
        texts: "reviews",
        times,
        peers: [],
      },
    });
  }
  rows.push({
    name: "PyTorch with our allocator settings beside its default, base 32x64 bf16",
    kind: "allocator",
    ...{ model: "base", precision: "bf16", dropout: 0.1, batch: 32, length: 64, peers: [] },
  });
  return rows.map((row) => ({ ...row, long: isLong(row) }));
}

/** Whether a row is measured only with `--long`. */
function isLong({ kind, model, precision, length, dropout }: Omit<Row, "long">): boolean {
  const bf16 = precision === "bf16";
  switch (kind) {
    case "train":
      if (dropout === 0) return !(model === "small" && length === 64 && bf16);
      return length > 64 && !(length === 256 && isMain(model) && bf16) || !isMain(model) && !bf16;
    case "infer":
      return length > 64;
    case "pretrain":
      return !bf16;
    default:
      return kind !== "load";
  }
}

/** Whether a model is one of the two that are measured most. */
const isMain = (model: ModelName): boolean => model === "base" || model === "small";

/** Without dropout, and at 512 tokens, torch.compile is left out: a minute of compiling for each. */
function trainPeers(model: ModelName, length: number, dropout: number): PeerName[][] {
  if (dropout === 0 || length === 512) return eager;
  return model === "base" && length > 64 ? [["eager"], ["compile"]] : [["eager", "compile"]];
}

/**
 * Lengths in tokens as texts have them (log-normal), the same at every call: songs of 330 tokens in the median, reviews of 20.
 *
 * @param most what they are cut to
 */
export function textLengths(texts: "songs" | "reviews", count: number, most: number): number[] {
  const { median, sigma } = texts === "songs" ? { median: 330, sigma: 0.45 } : { median: 20, sigma: 0.5 };
  const spread = normalValues(count, sigma, randomKey(7));
  return Array.from(spread, (z) => Math.max(4, Math.min(most, Math.round(median * Math.exp(z)))));
}

/** What `deno task bench` asks of a side's process, and what comes back: a line of JSON each. */

import type { Task } from "../../lib/models/mod.ts";

export type Request =
  | { do: "make"; config: Record<string, unknown>; task: Task; folder: string }
  | { do: "load"; folder: string; precision: "float32" | "bf16" }
  | { do: "train"; batch: number; length: number; steps: number }
  | { do: "infer"; batch: number; length: number; steps: number }
  | { do: "optimize"; steps: number }
  | { do: "reload"; folder: string; weights: "safetensors" | "bin" }
  | { do: "epoch"; lengths: number[] }
  | { do: "pretrain"; rows: number; length: number }
  | { do: "products"; precision: "float32" | "bf16"; size: number }
  | { do: "peak" }
  | { do: "versions" };

/** Requests that PyTorch's side alone knows. */
export type PeerRequest =
  | Request
  | { do: "save_bin"; folder: string }
  | { do: "trainer"; folder: string; lengths: number[]; precision: "float32" | "bf16" };

/** What Python's tokenizers are asked: to take texts and files, then each round for seconds and tokens by way. */
export type TokenizersRequest =
  | { do: "texts"; texts: readonly string[]; model: string | null; json: string | null }
  | { do: "round" };

export interface Answer {
  /** Why the request failed. */
  error?: string;
  /** What the work took, without its preparation. */
  seconds?: number;
  losses?: number[];
  bytes?: number;
  [version: string]: unknown;
}

/** What an architecture file provides, and what a model takes and gives. */
import type * as tf from "@tensorflow/tfjs";
import type { BatchShape, Pass } from "../engine/mod.ts";
import type { ConfigReader, Task } from "./config.ts";
import type { Lookup, ParameterSpec } from "./layers.ts";

/** A batch of token rows, padded to one length. */
export interface TokenBatch extends BatchShape {
  /** Token ids, [batch · length]. */
  inputIds: Int32Array;
  /** 1 for tokens, 0 for padding, [batch · length]. */
  attentionMask: Int32Array;
  /** The segment of each token, [batch · length]; zeros where absent. */
  tokenTypeIds?: Int32Array;
}

/** What every parsed config tells beside its architecture's own fields. */
export interface CommonConfig {
  vocabularySize: number;
  /** The longest row of tokens, [CLS] and [SEP] included. */
  maxLength: number;
  width: number;
  layers: number;
  padId: number | null;
  /** The classes' names, in order. */
  labels: string[];
  /** Standard deviation of freshly drawn weights. */
  initializerRange: number;
}

/** One architecture: how its config is read, which parameters it has, and its forward pass. */
export interface Architecture<C extends CommonConfig = CommonConfig> {
  /** `model_type` in config.json. */
  modelType: string;
  /** Hugging Face's class for each task. */
  classes: Record<Task, string>;
  /** The name all of the encoder's parameters start with. */
  prefix: string;
  parse(config: ConfigReader): C;
  parameters(config: C, task: Task): ParameterSpec[];
  /** Parameters that a file need not hold, because they are another one: `{ alias: name }`. */
  tied(config: C, task: Task): Record<string, string>;
  /**
   * Logits: [batch, labels] for classification; for a language model [rows, vocabulary] at the token rows asked for, or all.
   */
  logits(config: C, p: Lookup, pass: Pass, batch: TokenBatch, task: Task, rows?: Int32Array): tf.Tensor;
}

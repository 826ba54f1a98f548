/** What an architecture file provides. */
import type * as tf from "@tensorflow/tfjs";
import type { KeyValues, Parameter, Pass, Remembered } from "../engine/mod.ts";
import type { PaddingSide, TokenBatch } from "./batch.ts";
import type { ConfigReader, Pooling, Task } from "./config.ts";

/** What every parsed config tells beside its architecture's own fields. */
export interface CommonConfig {
  vocabularySize: number;
  /** The longest row of tokens, special tokens included; infinite where the architecture sets no limit. */
  maxLength: number;
  /** Of a token's hidden state. */
  width: number;
  layers: number;
  /** The padding token, whose embedding gets no gradient (but XLNet's); `null` where there is none. */
  padId: number | null;
  /** The classes' names, in order. */
  labels: string[];
  /** What a classifier reads of a row. */
  pooling: Pooling;
  /** Tokens that end a text, where the model generates. */
  endIds?: number[];
  /** Standard deviation of freshly drawn weights. */
  initializerRange: number;
}

/** A parameter of a model, and how it starts when no checkpoint has it. */
export interface ParameterSpec {
  name: string;
  shape: number[];
  /** `normal`: by the config's `initializer_range`. `sinusoidal`: the fixed positions of Vaswani et al. 2017. */
  initial: "normal" | "zeros" | "ones" | "sinusoidal";
  /** Of an embedding: the row that starts at zero, `null` for none. Absent of all else. */
  zeroRow?: number | null;
  /** Its first axis is the classes. */
  byClass?: true;
  /** The name some checkpoints have it under. */
  otherName?: string;
}

/** Finds a parameter by its Hugging Face name. */
export type Lookup = (name: string) => Parameter;

/** One forward pass: what all of its parts read. */
export interface Forward<C> {
  config: C;
  /** Finds the parameters. */
  p: Lookup;
  pass: Pass;
  batch: TokenBatch;
}

/** One architecture: how its config is read, which parameters it has, and its forward pass. */
export interface Architecture<C extends CommonConfig = CommonConfig> {
  /** `model_type` in config.json. */
  modelType: string;
  /** Hugging Face's class for each task it is made for. */
  classes: Partial<Record<Task, string>>;
  /** The name all of the encoder's parameters start with. */
  prefix: string;
  /** Where its rows are padded; the other side gives other results. */
  paddingSide: PaddingSide;
  /** Reads a config. @throws Error naming a field that is wrong, or that asks for something not implemented. */
  parse(config: ConfigReader): C;
  /** All parameters of a model, in order. */
  parameters(config: C, task: Task): ParameterSpec[];
  /** Parameters that are another one under a second name, which a file may hold or not: `{ second name: name }`. */
  tied(config: C, task: Task): Record<string, string>;
  /**
   * Logits: [batch, labels] for classification; for a language model [rows, vocabulary] at the token rows asked for, or at all.
   *
   * @throws Error when a row is too long or a segment is outside the model
   */
  logits(at: Forward<C>, task: Task, rows?: Int32Array): tf.Tensor;
  /**
   * For architectures that generate: a causal language model's logits over tokens that follow remembered ones, and their
   * keys and values, layer by layer.
   *
   * @param positions of the tokens in their texts, [batch · length]
   * @param past for each layer, what stands before them
   * @param rows at which tokens logits are wanted
   */
  extend?(
    at: Forward<C>,
    positions: Int32Array,
    past: readonly (readonly Remembered[])[],
    rows: Int32Array,
  ): { logits: tf.Tensor; layers: KeyValues[] };
}

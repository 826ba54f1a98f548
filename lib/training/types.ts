/** What the trainer needs, tells and gives. */
import type * as tf from "@tensorflow/tfjs";
import type { CrossEntropyOptions, Parameter, Pass, Precision } from "../engine/mod.ts";
import type { PaddingSide } from "../models/mod.ts";
import type { Team } from "../team/mod.ts";
import type { Batch, Example } from "./batches.ts";

/** What a loss is told; `positiveWeights` where each class gets its own yes or no. */
export type LossOptions = CrossEntropyOptions & { positiveWeights?: Float32Array };

/** What a model is, for its model card. */
export interface AboutModel {
  title: string;
  /** What it does, in a sentence or two. */
  does: string;
  /** What its accuracy counts. */
  accuracyPer: string;
}

/** A model that answers: what is measured or asked. */
export interface Scorer {
  /** Fills rows to equal length. */
  padId: number;
  /** Where the fill stands; default `right`. */
  paddingSide?: PaddingSide;
  /** The classes' names, in the order of labels and logits; none for a language model. */
  labels: readonly string[];
  /** Whether each class gets its own yes or no: its examples have `targets`. */
  multiLabel?: boolean;
  /** For a language model, which: its examples have `tokenLabels`. */
  languageModel?: "masked" | "causal";
  /**
   * The mean loss (a scalar) and the logits of a batch: [rows, classes], or of a language model [labelled tokens, vocabulary].
   *
   * @param options weights are one for each row of the logits
   */
  loss(pass: Pass, batch: Batch, options: LossOptions): { loss: tf.Tensor; logits: tf.Tensor };
}

/** What the trainer needs of a model. */
export interface Trainable extends Scorer {
  parameters: Map<string, Parameter>;
  /** What its model card says of it, where that is not what it says of any classifier or language model. */
  about?: AboutModel;
  /**
   * What the training sees of an example in an epoch, where that changes from one to the next; a function of its arguments
   * alone, so that a resumed run sees the same.
   *
   * @param epoch `null` for what validation sees, each time
   * @param index of the example
   */
  draw?(example: Example, epoch: number | null, index: number): Example;
  /** How well it does on validation; by default the loss and the accuracy of classes, or of labelled tokens. */
  validate?(
    examples: readonly Example[],
    options: { batchSize: number; precision: Precision },
  ): Promise<ValidationMetrics>;
  /** Writes the model's files into a folder, with every parameter that is trained: all in `model.safetensors` or its shards, but for `restore`. */
  save(folder: string): Promise<void>;
  /** Puts back the parameters that `save` wrote; by default all, from `model.safetensors` or its shards. */
  restore?(folder: string): void;
  /** What makes this model another one, for telling checkpoints apart. */
  identity: Record<string, unknown>;
}

/** One optimizer step. */
export interface StepRecord {
  kind: "step";
  step: number;
  epoch: number;
  loss: number;
  learningRate: number;
  /** Of all gradients, before clipping. */
  gradientNorm: number;
  examples: number;
  /** Tokens computed, padding included. */
  tokens: number;
  elapsedMs: number;
}

/** One evaluation: at an epoch's end, or between. */
export interface EvaluationRecord {
  kind: "evaluation";
  step: number;
  /** Epochs done; a fraction between them. */
  epoch: number;
  /** Over the training examples (a language model's labelled tokens) since the epoch began, with dropout, as they were met. */
  train: { loss: number; accuracy: number };
  /** Over validation, without dropout; `null` where there is none. */
  validation: ValidationMetrics | null;
  best: boolean;
  /** Of how many epochs' ends the model is the mean, where it is one (`averageEpochs` of the recipe): it is kept then, whatever others reached. */
  averagedEpochs?: number;
  elapsedMs: number;
}

/** Numbers by name: `loss` and `accuracy` (per instance, or labelled token) always, and what else is measured. */
export type ValidationMetrics = { loss: number; accuracy: number } & Record<string, number>;

export type HistoryRecord = StepRecord | EvaluationRecord;

/** What is told while a training runs. All may be left out; what they throw ends the training. */
export interface TrainingCallback {
  onStart?(plan: TrainingPlan): void | Promise<void>;
  onStep?(record: StepRecord): void | Promise<void>;
  /** Every `logEverySteps` and at an epoch's end: a line for a person. */
  onLog?(line: string): void | Promise<void>;
  onEvaluation?(record: EvaluationRecord): void | Promise<void>;
  onSave?(folder: string): void | Promise<void>;
  onEnd?(run: TrainingRun): void | Promise<void>;
}

/** What a training is going to do. */
export interface TrainingPlan {
  epochs: number;
  steps: number;
  stepsPerEpoch: number;
  examples: number;
  /** Steps done before: more than 0 where a run is resumed. */
  resumedAt: number;
  precision: Precision;
}

/** Where a training stands, beside its parameters and moments. */
export interface TrainingState {
  /** Optimizer steps taken. */
  step: number;
  epoch: number;
  /** Batches of this epoch that are done. */
  batchOfEpoch: number;
  /** What the running epoch's averages are made of. */
  sums: { loss: number; weight: number; correct: number; answers: number };
  best: { value: number; step: number; epoch: number } | null;
  evaluationsWithoutImprovement: number;
  /** Over how many epochs' ends the parameters' mean is taken so far (`averageEpochs` of the recipe). */
  averagedEpochs: number;
  elapsedMs: number;
  /** What the run was started with: a resumed one must agree. */
  identity: Record<string, unknown>;
}

/** How a training ended. */
export interface TrainingRun {
  history: HistoryRecord[];
  steps: number;
  ended: "finished" | "stopped early" | "interrupted";
  /** The best evaluation: its value is larger for better ones, so a loss is negated. */
  best: { value: number; step: number; epoch: number } | null;
  /** Where the best model stands, in Hugging Face's layout; `null` without an output folder. */
  bestFolder: string | null;
  elapsedMs: number;
}

export interface TrainingOptions {
  /** Where `history.jsonl`, `metrics.json`, `checkpoints/` and `best/` go; nothing is written without. */
  output?: string;
  /**
   * Goes on from the newest checkpoint in `output` where there is one: the default. `false` starts over and removes what an
   * earlier training left in `output`.
   */
  resume?: boolean;
  callbacks?: readonly TrainingCallback[];
  /** Asks the run to end after the step it is in: it saves a checkpoint first. */
  signal?: AbortSignal;
  /** More numbers over validation, from the predicted class of each example. */
  validationMetrics?: (predicted: Int32Array, examples: readonly Example[]) => Record<string, number>;
  /** What may be used, in bytes; by default what the machine has free. `null` checks nothing. */
  memoryLimit?: number | null;
  /** Said in the model card: where the songs come from. */
  dataDescription?: string;
  /**
   * Processes that train together, each a share of every batch: all of them call with the same model, data and recipe. The first one logs and
   * writes. Default this process alone.
   */
  team?: Team;
}

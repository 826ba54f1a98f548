/** How a training runs, as one flat table of numbers. */
import type { Precision } from "../engine/mod.ts";

/** Everything that decides a training's result beside the model and the data. */
export interface Recipe {
  /** Passes over the training examples. */
  epochs: number;
  /** Ends the training after this many steps, wherever its epoch stands; `null` for none. */
  maxSteps: number | null;
  /** Examples a step. */
  batchSize: number;
  /** A step's batch is computed in parts of at most this many tokens, padding included; `null` for one part. Same gradients. */
  microBatchTokens: number | null;
  /** Texts are cut to this many tokens, [CLS] and [SEP] included. */
  maxLength: number;
  /** The highest learning rate, reached after the warmup. */
  learningRate: number;
  schedule: "linear" | "cosine" | "constant";
  /** The share of all steps in which the learning rate rises from 0. */
  warmupRatio: number;
  /** Steps of warmup; `null` to take `warmupRatio`. */
  warmupSteps: number | null;
  weightDecay: number;
  adamBeta1: number;
  adamBeta2: number;
  adamEpsilon: number;
  /** Gradients are scaled down to this global norm; `null` for no clipping. */
  gradClip: number | null;
  labelSmoothing: number;
  /** Weighs each class by the inverse of its frequency in training. */
  balanceClasses: boolean;
  /**
   * The study's 오버샘플링: a song becomes one instance for each pair of its genres and artists, each of weight 1. When false, a
   * song becomes one instance for each of its genres and their weights sum to 1.
   */
  oversample: boolean;
  /** Batches are sorted by length within shuffled windows of this many batches: less padding. 0 sorts nothing. */
  sortWindow: number;
  precision: Precision | "auto";
  seed: number;
  logEverySteps: number;
  saveEverySteps: number;
  /** Evaluates on validation every so many steps beside each epoch's end; `null` for epochs only. */
  evaluateEverySteps: number | null;
  /** Checkpoints kept beside the best. */
  keepCheckpoints: number;
  /** What decides the best checkpoint: `accuracy`, `loss`, or another number that validation gives. */
  bestMetric: string;
  /** Ends the training when `bestMetric` did not improve for this many evaluations; `null` for never. */
  earlyStoppingPatience: number | null;
  /** What counts as an improvement of `bestMetric`. */
  earlyStoppingDelta: number;
}

/** The study's recipe, for a pretrained checkpoint. */
export const studyRecipe: Readonly<Recipe> = {
  epochs: 10,
  maxSteps: null,
  batchSize: 32,
  microBatchTokens: null,
  maxLength: 256,
  learningRate: 2e-5,
  schedule: "linear",
  warmupRatio: 0.1,
  warmupSteps: null,
  weightDecay: 0.01,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  gradClip: 1.0,
  labelSmoothing: 0,
  balanceClasses: false,
  oversample: true,
  sortWindow: 50,
  precision: "auto",
  seed: 7,
  logEverySteps: 500,
  saveEverySteps: 1000,
  evaluateEverySteps: null,
  keepCheckpoints: 2,
  bestMetric: "accuracy",
  earlyStoppingPatience: null,
  earlyStoppingDelta: 0,
};

/** For `kobert-small` from scratch on the bundled songs in a few minutes: fewer epochs, a larger learning rate, shorter texts. */
export const quickRecipe: Readonly<Recipe> = {
  ...studyRecipe,
  epochs: 6,
  maxLength: 128,
  learningRate: 5e-4,
  logEverySteps: 20,
  saveEverySteps: 200,
};

/** For tests of the whole way: a minute at most, the result means nothing. */
export const testRecipe: Readonly<Recipe> = {
  ...quickRecipe,
  epochs: 1,
  maxSteps: 4,
  maxLength: 48,
  logEverySteps: 1,
};

/** The recipes by name. */
export const recipes: Readonly<Record<string, Readonly<Recipe>>> = {
  study: studyRecipe,
  quick: quickRecipe,
  test: testRecipe,
};

/** @throws Error naming the first field outside its range. */
export function checkRecipe(recipe: Recipe): void {
  const unknown = Object.keys(recipe).find((name) => !(name in studyRecipe));
  if (unknown !== undefined) {
    throw new Error(`The recipe has no field "${unknown}"; it has ${Object.keys(studyRecipe).join(", ")}.`);
  }
  const whole: (keyof Recipe)[] = [
    "epochs",
    "maxSteps",
    "batchSize",
    "microBatchTokens",
    "maxLength",
    "logEverySteps",
    "saveEverySteps",
    "evaluateEverySteps",
    "keepCheckpoints",
    "earlyStoppingPatience",
  ];
  for (const name of whole) {
    const value = recipe[name];
    if (value !== null && !(Number.isInteger(value) && (value as number) >= 1)) {
      throw new Error(`Recipe: ${name} is ${value}; it must be a whole number of at least 1.`);
    }
  }
  const ranges: [keyof Recipe, number, number][] = [
    ["learningRate", 0, Infinity],
    ["warmupRatio", 0, 1],
    ["warmupSteps", 0, Infinity],
    ["weightDecay", 0, Infinity],
    ["adamBeta1", 0, 1],
    ["adamBeta2", 0, 1],
    ["adamEpsilon", 0, Infinity],
    ["gradClip", 0, Infinity],
    ["labelSmoothing", 0, 1],
    ["sortWindow", 0, Infinity],
    ["earlyStoppingDelta", 0, Infinity],
  ];
  for (const [name, least, most] of ranges) {
    const value = recipe[name];
    if (value !== null && !(typeof value === "number" && value >= least && value <= most)) {
      throw new Error(`Recipe: ${name} is ${value}; it must be from ${least} to ${most}.`);
    }
  }
}

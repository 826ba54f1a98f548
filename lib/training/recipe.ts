/** How a training runs, as one flat table of numbers. */
import { UserError } from "../ground/errors.ts";
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
  /** Computes each layer once more in the backward pass and keeps less in memory meanwhile. Same gradients, about a third slower. */
  gradientCheckpointing: boolean;
  /** Texts are cut to this many tokens, [CLS] and [SEP] included. */
  maxLength: number;
  /** The highest learning rate, reached after the warmup. */
  learningRate: number;
  schedule: "linear" | "cosine" | "constant" | "warmup-stable-decay";
  /** For `warmup-stable-decay`: the share of all steps, at the end, in which the learning rate falls to 0. */
  decayRatio: number;
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
  /** The rate of every dropout of the model, in place of its own; `null` for its own. */
  dropout: number | null;
  /** For a masked language model: the share of tokens that are asked for. */
  maskingRate: number;
  /** For a masked language model: all pieces of a word are asked for, or none. */
  wholeWordMasking: boolean;
  /** Weighs each class by the inverse of its frequency in training. */
  balanceClasses: boolean;
  /**
   * The study's 오버샘플링: a song becomes one instance for each pair of its genres and artists, each of weight 1. When false, a
   * song becomes one instance for each of its genres and their weights sum to 1.
   */
  oversample: boolean;
  /**
   * A song is one example with all of its genres, and each genre gets its own yes or no (a sigmoid) in place of a choice of one
   * among them. `oversample` means nothing then, and `balanceClasses` weighs each genre's songs as much as all others.
   */
  multiLabel: boolean;
  /** Batches are sorted by length within shuffled windows of this many batches: less padding. 0 sorts nothing. */
  sortWindow: number;
  /** Parameters with these names stay as they are; `*` stands for anything: `["*.embeddings.*"]`. */
  freeze: readonly string[];
  /** The embeddings and this many of the lowest layers stay as they are; 0 freezes none. */
  freezeLayers: number;
  /** Thaws the highest of `freezeLayers` at each new epoch, the embeddings last (Howard & Ruder 2018). */
  unfreezeGradually: boolean;
  /**
   * LoRA: beside each linear layer of a pretrained checkpoint two matrices of this rank are learnt, and the head; all else
   * stays as it is. `null` trains the model itself, or the adapters it was loaded with.
   */
  loraRank: number | null;
  /** The product of the two matrices is multiplied by this over the rank. */
  loraAlpha: number;
  /** The layers by the ends of their names (`["query", "value"]`), a regular expression for whole names, or `all-linear`. */
  loraTargets: readonly string[] | string;
  /** Dropout of what goes into an adapter. */
  loraDropout: number;
  /** Trains on this many examples, drawn by the seed; `null` for all. */
  maxTrainSamples: number | null;
  /** Validates on this many examples, drawn by the seed; `null` for all. */
  maxValidationSamples: number | null;
  precision: Precision | "auto";
  seed: number;
  /** A log line every so many steps beside each epoch's end; `null` for epochs only. */
  logEverySteps: number | null;
  /** A checkpoint every so many steps beside each epoch's end; `null` for epochs only. */
  saveEverySteps: number | null;
  /** Evaluates on validation every so many steps beside each epoch's end; `null` for epochs only. */
  evaluateEverySteps: number | null;
  /** Checkpoints kept beside the best. */
  keepCheckpoints: number;
  /** What decides the best checkpoint: `accuracy`, `loss`, `microF1` with `multiLabel`, or another number that validation gives. */
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
  gradientCheckpointing: false,
  maxLength: 256,
  learningRate: 2e-5,
  schedule: "linear",
  decayRatio: 0.2,
  warmupRatio: 0.1,
  warmupSteps: null,
  weightDecay: 0.01,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  gradClip: 1.0,
  labelSmoothing: 0,
  dropout: null,
  maskingRate: 0.15,
  wholeWordMasking: false,
  balanceClasses: false,
  oversample: true,
  multiLabel: false,
  sortWindow: 50,
  freeze: [],
  freezeLayers: 0,
  unfreezeGradually: false,
  loraRank: null,
  loraAlpha: 16,
  loraTargets: "all-linear",
  loraDropout: 0,
  maxTrainSamples: null,
  maxValidationSamples: null,
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

/**
 * For `kobert-small` from scratch on the bundled songs in a few minutes: smaller batches and a larger learning rate, for a
 * model that has everything to learn from few songs; shorter texts.
 */
export const quickRecipe: Readonly<Recipe> = {
  ...studyRecipe,
  epochs: 10,
  batchSize: 16,
  maxLength: 128,
  learningRate: 3e-4,
  logEverySteps: 50,
  saveEverySteps: 500,
};

/** As {@link quickRecipe} with more epochs, over texts twice as long: what to leave running for a better figure. */
export const thoroughRecipe: Readonly<Recipe> = { ...quickRecipe, epochs: 15, maxLength: 256 };

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
  thorough: thoroughRecipe,
  test: testRecipe,
};

/** What a field's value must be. */
interface Rule {
  holds: (value: unknown) => boolean;
  /** Ends the sentence "it must be". */
  wanted: string;
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function number(least: number, most = Infinity): Rule {
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  return {
    holds: (value) => isNumber(value) && value >= least && value <= most,
    wanted: `a number, ${range}`,
  };
}

function whole(least: number, most = Infinity): Rule {
  const { holds, wanted } = number(least, most);
  return {
    holds: (value) => holds(value) && Number.isInteger(value),
    wanted: wanted.replace("a number", "a whole number"),
  };
}

function orNull({ holds, wanted }: Rule): Rule {
  return { holds: (value) => value === null || holds(value), wanted: `${wanted}, or null` };
}

function oneOf(...values: string[]): Rule {
  return { holds: (value) => values.includes(value as string), wanted: values.join(" or ") };
}

const share = number(0, 1);
const below1: Rule = { holds: (value) => share.holds(value) && value !== 1, wanted: "from 0 to below 1" };
const above0: Rule = { holds: (value) => isNumber(value) && value > 0, wanted: "a number above 0" };
const flag: Rule = { holds: (value) => typeof value === "boolean", wanted: "true or false" };

const rules: Record<keyof Recipe, Rule> = {
  epochs: whole(1),
  maxSteps: orNull(whole(1)),
  batchSize: whole(1),
  microBatchTokens: orNull(whole(1)),
  gradientCheckpointing: flag,
  maxLength: whole(1),
  learningRate: above0,
  schedule: oneOf("linear", "cosine", "constant", "warmup-stable-decay"),
  decayRatio: share,
  warmupRatio: share,
  warmupSteps: orNull(whole(0)),
  weightDecay: number(0),
  adamBeta1: below1,
  adamBeta2: below1,
  adamEpsilon: above0,
  gradClip: orNull(above0),
  labelSmoothing: below1,
  dropout: orNull(below1),
  maskingRate: { holds: (value) => share.holds(value) && value !== 0, wanted: "above 0, at most 1" },
  wholeWordMasking: flag,
  balanceClasses: flag,
  oversample: flag,
  multiLabel: flag,
  sortWindow: whole(0),
  freeze: {
    holds: (value) => Array.isArray(value) && value.every((pattern) => typeof pattern === "string"),
    wanted: "a list of names",
  },
  freezeLayers: whole(0),
  unfreezeGradually: flag,
  loraRank: orNull(whole(1)),
  loraAlpha: above0,
  loraTargets: {
    holds: (value) =>
      value !== "" && (typeof value === "string" ||
        (Array.isArray(value) && value.length > 0 &&
          value.every((name) => typeof name === "string" && name !== ""))),
    wanted: "all-linear, a list of layers' names or a regular expression",
  },
  loraDropout: below1,
  maxTrainSamples: orNull(whole(1)),
  maxValidationSamples: orNull(whole(1)),
  precision: oneOf("auto", "float32", "bf16"),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  logEverySteps: orNull(whole(1)),
  saveEverySteps: orNull(whole(1)),
  evaluateEverySteps: orNull(whole(1)),
  keepCheckpoints: whole(1),
  bestMetric: { holds: (value) => typeof value === "string" && value !== "", wanted: "a metric's name" },
  earlyStoppingPatience: orNull(whole(1)),
  earlyStoppingDelta: number(0),
};

/** @throws Error naming the first field that is unknown, missing or outside its range. */
export function checkRecipe(recipe: Recipe): void {
  const unknown = Object.keys(recipe).find((name) => !(name in rules));
  if (unknown !== undefined) {
    throw new UserError(`The recipe has no field "${unknown}"; it has ${Object.keys(rules).join(", ")}.`);
  }
  for (const [name, { holds, wanted }] of Object.entries(rules)) {
    const value = recipe[name as keyof Recipe];
    if (!holds(value)) {
      throw new UserError(`Recipe: ${name} is ${JSON.stringify(value)}; it must be ${wanted}.`);
    }
  }
  if (recipe.multiLabel && recipe.labelSmoothing > 0) {
    throw new UserError(
      "Recipe: labelSmoothing spreads the one genre of a song; with multiLabel it must be 0.",
    );
  }
}

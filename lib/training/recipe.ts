/** How a training runs, as one flat table of numbers. */
import type { Precision } from "../engine/mod.ts";
import { holds, type Rule, UserError, wanted } from "../ground/mod.ts";

/** What there is to know of a recipe's field; type, check, the commands' help and the identity of a run all come from it. */
export type RecipeField = Rule & {
  /** What it is, in a few words, as the commands' help has it. */
  about: string;
  /** The study's own value, for a pretrained checkpoint. */
  value: unknown;
  /** `false` where neither the curve nor the best model depend on it: a run that is resumed may have another value. */
  decisive?: false;
  /** `false` where the commands have no option of this name. */
  option?: false;
  /** `false` for what says how a classifier reads songs and weighs genres: a language model's training knows nothing of it. */
  language?: false;
};

const precisions = ["auto", "float32", "bf16"] as const satisfies readonly (Precision | "auto")[];

/** Everything that decides a training's result beside the model and the data. */
export const recipeFields = {
  /** Passes over the training examples. */
  epochs: { type: "integer", min: 1, value: 10, about: "times through the training songs" },
  /** Passes over the training songs' lyrics as a language model, before the classifier's training; 0 for none. */
  adapt: {
    type: "integer",
    min: 0,
    value: 0,
    language: false,
    about: "times through the training songs' lyrics as a language model, before the genres",
  },
  /** The highest learning rate of that reading, which bears a higher one than the classifier; `null` for `learningRate`. */
  adaptLearningRate: {
    type: "number",
    above: 0,
    orNull: true,
    value: null,
    language: false,
    about: "the highest learning rate of that reading (default --learning-rate)",
  },
  /** Ends the training after this many steps, wherever its epoch stands; `null` for none. */
  maxSteps: {
    type: "integer",
    min: 1,
    orNull: true,
    value: null,
    about: "ends the training after so many steps",
  },
  /** Examples a step. */
  batchSize: { type: "integer", min: 1, value: 32, about: "songs in a step" },
  /** A step's batch is computed in parts of at most this many tokens, padding included; `null` for one part. Same gradients. */
  microBatchTokens: {
    type: "integer",
    min: 1,
    orNull: true,
    value: null,
    about: "computes a step in parts of so many tokens: less memory",
  },
  /** Computes each layer once more in the backward pass and keeps less in memory meanwhile. Same gradients, about a third slower. */
  gradientCheckpointing: {
    type: "flag",
    value: false,
    decisive: false,
    about: "computes each layer once more in the backward pass: less memory, a third slower",
  },
  /** Tokens of a row, [CLS] and [SEP] included: longer texts are read in several, or cut. */
  maxLength: {
    type: "integer",
    min: 3,
    value: 256,
    about: "tokens of a row; a longer song is read in several, or cut",
  },
  /** The rows that a song is read in at most, whose answers are averaged; 1 cuts it to `maxLength`. */
  maxWindows: {
    type: "integer",
    min: 1,
    value: 1,
    language: false,
    about: "rows that a song is read in at most, their answers averaged; 1 cuts it",
  },
  /** Tokens that a song's neighbouring rows share, at least. */
  windowOverlap: {
    type: "integer",
    min: 0,
    value: 32,
    language: false,
    about: "tokens that a song's neighbouring rows share",
  },
  /**
   * Tokens, special ones included, of the piece of a song that a classifier's training reads in place of the whole: another, at random, in each
   * epoch. Validation and prediction read the whole. Few songs last longer so, and a step costs less. 0 trains on the whole, too.
   */
  cropLength: {
    type: "integer",
    min: 0,
    value: 0,
    language: false,
    about: "trains on a random piece of so many tokens of each song, another in each epoch; 0: on the whole",
  },
  /**
   * What a classifier reads of a row: the token that its architecture sums texts up in ([CLS]; of XLNet and Llama the last), or the mean
   * of all its tokens. `null` for what the checkpoint says; a model that says nothing reads that token.
   */
  pooling: {
    type: "choice",
    choices: ["cls", "mean"],
    orNull: true,
    value: null,
    language: false,
    about:
      "what a classifier reads of a row: its [CLS] (the last token of XLNet and Llama), or the mean of its tokens",
  },
  /** The highest learning rate, reached after the warmup. */
  learningRate: { type: "number", above: 0, value: 2e-5, about: "the highest one, at the end of the warmup" },
  /**
   * What a layer's learning rate is of the one above it (Howard & Ruder 2018, 3.2; ELECTRA's authors take 0.8): the head has the
   * whole, the embeddings the smallest. 1 for one rate.
   */
  layerDecay: {
    type: "number",
    above: 0,
    max: 1,
    value: 1,
    about: "what a layer's learning rate is of the one above it; the head has the whole",
  },
  /** How the learning rate falls after the warmup. */
  schedule: {
    type: "choice",
    choices: ["linear", "cosine", "constant", "warmup-stable-decay"],
    value: "linear",
    about: "how the learning rate falls",
  },
  /** For `warmup-stable-decay`: the share of all steps, at the end, in which the learning rate falls to 0. */
  decayRatio: {
    type: "number",
    min: 0,
    max: 1,
    value: 0.2,
    about: "for warmup-stable-decay: share of the steps, at the end, in which the learning rate falls",
  },
  /** The share of all steps in which the learning rate rises from 0. */
  warmupRatio: {
    type: "number",
    min: 0,
    max: 1,
    value: 0.1,
    about: "share of the steps in which the learning rate rises",
  },
  /** Steps of warmup; `null` to take `warmupRatio`. */
  warmupSteps: { type: "integer", min: 0, orNull: true, value: null, about: "the same as a number of steps" },
  /** AdamW's, on all weights but biases and layer norms. */
  weightDecay: {
    type: "number",
    min: 0,
    value: 0.01,
    about: "AdamW's, on all weights but biases and layer norms",
  },
  /** AdamW's β₁, the decay of the gradients' mean. */
  adamBeta1: { type: "number", min: 0, below: 1, value: 0.9, option: false, about: "AdamW's first decay" },
  /** AdamW's β₂, the decay of the gradients' square. */
  adamBeta2: { type: "number", min: 0, below: 1, value: 0.999, option: false, about: "AdamW's second decay" },
  /** AdamW's ε. */
  adamEpsilon: { type: "number", above: 0, value: 1e-8, option: false, about: "AdamW's epsilon" },
  /** Gradients are scaled down to this global norm; `null` for no clipping. */
  gradClip: {
    type: "number",
    above: 0,
    orNull: true,
    value: 1.0,
    about: "the largest norm of all gradients together",
  },
  /** The share of the target that is spread over all classes. */
  labelSmoothing: {
    type: "number",
    min: 0,
    below: 1,
    value: 0,
    about: "the share of the target spread over all genres",
  },
  /**
   * The share of a song's target that n-grams give which have learnt from other training songs (knowledge distillation, Hinton et al. 2015):
   * few songs are learnt by heart less, and the probabilities are better. 0 for none.
   */
  distillation: {
    type: "number",
    min: 0,
    max: 1,
    value: 0,
    language: false,
    about: "the share of a target that n-grams give which have learnt from other songs",
  },
  /** The rate of every dropout of the model, in place of its own; `null` for its own. */
  dropout: {
    type: "number",
    min: 0,
    below: 1,
    orNull: true,
    value: null,
    about: "the rate of every dropout of the model, in place of its own",
  },
  /** For a masked language model: the share of tokens that are asked for. */
  maskingRate: {
    type: "number",
    above: 0,
    max: 1,
    value: 0.15,
    about: "the share of tokens that a masked language model is asked for",
  },
  /** For a masked language model: all pieces of a word are asked for, or none. */
  wholeWordMasking: { type: "flag", value: false, about: "masks all pieces of a word, or none" },
  /** Weighs each class by the inverse of its frequency in training. */
  balanceClasses: {
    type: "flag",
    value: false,
    language: false,
    about: "weighs each genre by the inverse of its frequency in training",
  },
  /**
   * The study's 오버샘플링: a song becomes one instance for each pair of its genres and artists, each of weight 1. When false, a
   * song becomes one instance for each of its genres and their weights sum to 1.
   */
  oversample: {
    type: "flag",
    value: true,
    option: false, // --weights turns it off
    about: "a song counts once for each pair of its genres and artists",
  },
  /**
   * A song is one example with all of its genres, and each genre gets its own yes or no (a sigmoid) in place of a choice of one
   * among them. `oversample` means nothing then, and `balanceClasses` weighs each genre's songs as much as all others.
   */
  multiLabel: { type: "flag", value: false, option: false, about: "each genre its own yes or no" },
  /** Batches are sorted by length within shuffled windows of this many batches: less padding. 0 sorts nothing. */
  sortWindow: {
    type: "integer",
    min: 0,
    value: 50,
    option: false,
    about: "batches that are sorted by length together",
  },
  /** Parameters with these names stay as they are; `*` stands for anything: `["*.embeddings.*"]`. */
  freeze: { type: "list", value: [], option: false, about: "parameters that stay as they are" },
  /** The embeddings and this many of the lowest layers stay as they are; 0 freezes none. */
  freezeLayers: {
    type: "integer",
    min: 0,
    value: 0,
    about: "the embeddings and so many of the lowest layers stay as they are",
  },
  /** So many of a checkpoint's highest layers start from random numbers (Zhang et al. 2021, "Revisiting few-sample BERT fine-tuning"). */
  reinitialiseLayers: {
    type: "integer",
    min: 0,
    value: 0,
    about: "so many of a checkpoint's highest layers start from random numbers",
  },
  /** Thaws the highest of `freezeLayers` every `unfreezeEvery` epochs, the embeddings last (Howard & Ruder 2018). */
  unfreezeGradually: {
    type: "flag",
    value: false,
    about: "thaws the highest frozen layer at each new epoch",
  },
  /** For `unfreezeGradually`: epochs from one layer to the next; below 1 several thaw within an epoch. */
  unfreezeEvery: {
    type: "number",
    above: 0,
    value: 1,
    about: "for unfreezeGradually: epochs from one layer to the next, 0.5 for two an epoch",
  },
  /** Trains on this many examples, drawn by the seed; `null` for all. */
  maxTrainSamples: {
    type: "integer",
    min: 1,
    orNull: true,
    value: null,
    about: "trains on so many instances, drawn by the seed",
  },
  /** Validates on this many examples, drawn by the seed; `null` for all. */
  maxValidationSamples: {
    type: "integer",
    min: 1,
    orNull: true,
    value: null,
    about: "validates on so many instances, drawn by the seed",
  },
  /**
   * LoRA: beside each linear layer of a pretrained checkpoint two matrices of this rank are learnt, and the head; all else
   * stays as it is. `null` trains the model itself, or the adapters it was loaded with.
   */
  loraRank: {
    type: "integer",
    min: 1,
    orNull: true,
    value: null,
    about: "trains adapters of this rank and the head alone (LoRA), beside a checkpoint that stays as it is",
  },
  /** The product of the two matrices is multiplied by this over the rank. */
  loraAlpha: {
    type: "number",
    above: 0,
    value: 16,
    about: "adapters are multiplied by this over their rank",
  },
  /** The layers by the ends of their names (`["query", "value"]`), a regular expression for whole names, or `all-linear`. */
  loraTargets: {
    type: "list",
    orText: true,
    value: "all-linear",
    about: "the layers with adapters, by the ends of their names, with commas: query,value; or all-linear",
  },
  /** Dropout of what goes into an adapter. */
  loraDropout: { type: "number", min: 0, below: 1, value: 0, about: "dropout of what goes into an adapter" },
  /** Of matrix products; `auto` is bf16 where the processor multiplies it natively. */
  precision: {
    type: "choice",
    choices: precisions,
    value: "auto",
    about: "of matrix products; auto is bf16 where the processor multiplies it natively",
  },
  /** Every random choice comes from it. */
  seed: { type: "integer", min: 0, max: 2 ** 31 - 1, value: 7, about: "every random choice comes from it" },
  /** A log line every so many steps beside each epoch's end; `null` for epochs only. */
  logEverySteps: {
    type: "integer",
    min: 1,
    orNull: true,
    value: 500,
    decisive: false,
    about: "steps from one log line to the next",
  },
  /** A checkpoint every so many steps beside each epoch's end; `null` for epochs only. */
  saveEverySteps: {
    type: "integer",
    min: 1,
    orNull: true,
    value: 1000,
    decisive: false,
    about: "steps from one checkpoint to the next",
  },
  /** Evaluates on validation at the end of every so manyth epoch, and of the last. */
  evaluateEveryEpochs: {
    type: "integer",
    min: 1,
    value: 1,
    about: "epochs from one validation to the next; the last has one",
  },
  /** Evaluates on validation every so many steps beside that; `null` for epochs only. */
  evaluateEverySteps: {
    type: "integer",
    min: 1,
    orNull: true,
    value: null,
    about: "steps from one validation to the next, beside epochs",
  },
  /** Checkpoints kept beside the best. */
  keepCheckpoints: {
    type: "integer",
    min: 1,
    value: 2,
    decisive: false,
    about: "checkpoints kept beside the best",
  },
  /**
   * The model of the last evaluation, which is the one that is kept, is the mean of the parameters at the ends of this many last epochs
   * (stochastic weight averaging, Izmailov et al. 2018). 1 keeps the epoch that validation tells. A training that ends early averages nothing.
   */
  averageEpochs: {
    type: "integer",
    min: 1,
    value: 1,
    about: "keeps the mean of the parameters at the ends of so many last epochs; 1: the best epoch's",
  },
  /** What decides the best checkpoint: `accuracy`, `loss`, `microF1` with `multiLabel`, or another number that validation gives. */
  bestMetric: {
    type: "text",
    value: "accuracy",
    about: "what tells the best model: accuracy, loss, or another number that validation gives",
  },
  /** Ends the training when `bestMetric` did not improve for this many evaluations; `null` for never. */
  earlyStoppingPatience: {
    type: "integer",
    min: 1,
    orNull: true,
    value: null,
    about: "ends after so many validations without a better one",
  },
  /** What counts as an improvement of `bestMetric`. */
  earlyStoppingDelta: { type: "number", min: 0, value: 0, about: "what counts as better" },
} as const satisfies Record<string, RecipeField>;

type Fields = typeof recipeFields;

/** What a value by a rule is in TypeScript. */
export type RuleValue<R> =
  | (R extends { type: "integer" | "number" } ? number
    : R extends { choices: readonly (infer C)[] } ? C
    : R extends { type: "flag" } ? boolean
    : R extends { type: "list"; orText: true } ? readonly string[] | string
    : R extends { type: "list" } ? readonly string[]
    : string)
  | (R extends { orNull: true } ? null : never);

/** Everything that decides a training's result beside the model and the data: {@link recipeFields} says what each field is. */
export type Recipe = { -readonly [Name in keyof Fields]: RuleValue<Fields[Name]> };

/** The study's recipe, for a pretrained checkpoint. */
export const studyRecipe: Readonly<Recipe> = Object.fromEntries(
  Object.entries(recipeFields).map(([name, { value }]) => [name, value]),
) as unknown as Recipe;

/**
 * For small models on the bundled songs in a few minutes: smaller batches and a larger learning rate, for a model that has
 * much to learn from few songs; shorter texts.
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

/**
 * For small pretrained models on few songs: their lyrics are read three times first, then genres are learnt from a random piece of each song in
 * each epoch, at a learning rate for a model of four layers; answers are of whole songs, in rows of 256 tokens.
 */
export const fineTuneRecipe: Readonly<Recipe> = {
  ...quickRecipe,
  adapt: 3,
  epochs: 16,
  cropLength: 128,
  maxLength: 256,
  maxWindows: 4,
  averageEpochs: 3,
  evaluateEveryEpochs: 2,
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
  "fine-tune": fineTuneRecipe,
  quick: quickRecipe,
  thorough: thoroughRecipe,
  test: testRecipe,
};

/**
 * The fields that decide a training's curve and its best model: what a run that is resumed must agree in.
 *
 * @param recipe may be one of a time when recipes had fewer fields: what it lacks was as the study's recipe has it
 */
export function decisiveFields(recipe: Partial<Recipe>): Partial<Recipe> {
  const decisive = (name: string) => (recipeFields as Record<string, RecipeField>)[name]?.decisive !== false;
  return Object.fromEntries(Object.entries({ ...studyRecipe, ...recipe }).filter(([name]) => decisive(name)));
}

/** @throws UserError naming the first field that is unknown, missing or outside its range. */
export function checkRecipe(recipe: Recipe): void {
  const unknown = Object.keys(recipe).find((name) => !(name in recipeFields));
  if (unknown !== undefined) {
    throw new UserError(
      `The recipe has no field "${unknown}"; it has ${Object.keys(recipeFields).join(", ")}.`,
    );
  }
  for (const [name, rule] of Object.entries(recipeFields) as [keyof Recipe, RecipeField][]) {
    const value = recipe[name];
    if (!holds(rule, value)) {
      throw new UserError(`Recipe: ${name} is ${JSON.stringify(value)}; it must be ${wanted(rule)}.`);
    }
  }
  if (recipe.multiLabel && recipe.labelSmoothing > 0) {
    throw new UserError(
      "Recipe: labelSmoothing spreads the one genre of a song; with multiLabel it must be 0.",
    );
  }
  if (recipe.multiLabel && recipe.distillation > 0) {
    throw new UserError(
      "Recipe: distillation shares out the one genre of a song; with multiLabel it must be 0.",
    );
  }
  if (recipe.labelSmoothing + recipe.distillation > 1) {
    throw new UserError(
      "Recipe: labelSmoothing and distillation are parts of one target; together they are more than 1.",
    );
  }
}

type Companion = readonly [companion: keyof Recipe, isThere: (recipe: Recipe) => boolean];

const whereRead: Companion = ["adapt", ({ adapt }) => adapt > 0];
const whereLora: Companion = ["loraRank", ({ loraRank }) => loraRank !== null];

/** Fields that mean nothing without another. */
const companions: Readonly<Partial<Record<keyof Recipe, Companion>>> = {
  adaptLearningRate: whereRead,
  maskingRate: whereRead,
  wholeWordMasking: whereRead,
  windowOverlap: ["maxWindows", ({ maxWindows }) => maxWindows > 1],
  decayRatio: ["schedule", ({ schedule }) => schedule === "warmup-stable-decay"],
  unfreezeGradually: ["freezeLayers", ({ freezeLayers }) => freezeLayers > 0],
  unfreezeEvery: ["unfreezeGradually", ({ unfreezeGradually }) => unfreezeGradually],
  loraAlpha: whereLora,
  loraTargets: whereLora,
  loraDropout: whereLora,
};

/**
 * The fields of a recipe that change nothing in it, each with the one that they go with: `maskingRate` where no lyrics are read.
 *
 * @param language whether a language model is trained, which masks words whatever `adapt` says
 */
export function idleFields(
  recipe: Recipe,
  language: boolean,
): [field: keyof Recipe, companion: keyof Recipe][] {
  return (Object.entries(companions) as [keyof Recipe, Companion][]).flatMap((
    [field, [companion, isThere]],
  ) => isThere(recipe) || (language && companion === "adapt") ? [] : [[field, companion]]);
}

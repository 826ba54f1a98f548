/**
 * A trial is a method, a split and a seed; what comes of it is predictions. All three are plain data, so that a trial can be handed to
 * another process or machine, and every comparison is a function of predictions.
 */
import type { FitProgress, NgramLearner, Rows } from "../evaluation/mod.ts";
import { UserError } from "../ground/mod.ts";
import { type Song, songRows, type Split } from "../songs/mod.ts";
import type { EvaluationRecord, Recipe, SongPrediction, TrainingCallback } from "../training/mod.ts";

/** What a linear model of all columns looks at, part by part. */
export const columnParts = ["lyrics", "artist", "year", "album", "length", "latin"] as const;
export type ColumnPart = (typeof columnParts)[number];

/**
 * How songs of several genres are learnt: an instance for each pair of genre and artist (the study's 오버샘플링), an instance for each genre
 * that weigh 1 together, or a yes or no for each genre.
 */
export type SongWay = "oversampling" | "weights" | "sigmoid";

/** N-grams of the lyrics: logistic regression on TF-IDF, or naive Bayes on counts. */
export interface WordsMethod {
  kind: "words";
  learner: NgramLearner;
  way: SongWay;
  /** Whole lyrics, or only as many tokens as a network sees, by that tokenizer (`null`: the bundled one). */
  read: "whole" | { tokens: number; tokenizer: string | null };
  /** The gradient at which a regression's fit ends. */
  tolerance: number;
}

/** A transformer, trained for the trial alone. */
export interface NetworkMethod {
  kind: "network";
  /** A configuration, a checkpoint's folder or a Hub id. */
  source: string;
  /** In place of the source's own. */
  tokenizer?: string;
  /** Its seed is the trial's; `multiLabel` says which kind of classifier it is. */
  recipe: Recipe;
  /**
   * How many classifiers are trained, by the trial's seed and those that follow it; their probabilities are averaged. Absent for one.
   * The average is of predictions: no single model has it.
   */
  trainings?: number;
}

/** A way to tell genres. */
export type Method =
  /** Always the most frequent genre of the training songs' instances. */
  | { kind: "majority"; way: SongWay }
  /** The genre that the song's artists had most often in training. */
  | { kind: "artist" }
  | WordsMethod
  /** A linear model on parts of the table. */
  | { kind: "columns"; parts: readonly ColumnPart[]; tolerance: number }
  | NetworkMethod;

/** The songs to learn from, to choose and tune by, and to answer for. Without validation songs nothing is chosen. */
export interface Sides {
  train: readonly Song[];
  validation: readonly Song[];
  test: readonly Song[];
}

export interface Trial {
  method: Method;
  /** The genres told apart, in the order of the predictions' columns. */
  labels: readonly string[];
  sides: Sides;
  /** Of weights, order and dropout; a method that draws nothing does not look at it. */
  seed: number;
  /** What the trial is for, in a word, while it runs. Decides nothing. */
  about?: string;
}

/** What a method says of songs, rows [song][genre] in the songs' order. */
export interface Answers {
  /** Each row sums to 1, or with {@link Predictions.each} each genre has its own from 0 to 1. */
  shares: Rows;
  /** The scores before softmax or sigmoid; `null` of a method that has none. */
  logits: Rows | null;
}

/** What a trial took. */
export interface Cost {
  /** From texts to the trained method, without loading it. */
  seconds: number;
  /** From texts to answers. */
  answerSeconds: number;
  /** Optimizer steps; 0 without a network. */
  steps: number;
  /** Trained on, each as often as it was met, padding included; n-grams count those they read, once, where they read tokens. */
  tokens: number;
  /** How many numbers are learnt. */
  parameters: number;
}

/** What comes of a trial. */
export interface Predictions {
  /** Whether each genre got its own yes or no. */
  each: boolean;
  validation: Answers;
  test: Answers;
  /** `null` where it was not measured: a model that was trained as something else and noted as a trial afterwards. */
  cost: Cost | null;
  /** A network's evaluations, epoch by epoch. */
  epochs?: readonly EvaluationRecord[];
  /** Fingerprint of the model that answered, where it was trained as something else: another model's answers are no match. */
  answeredBy?: string;
}

/** TF-IDF with logistic regression on whole lyrics, as every comparison has it, so that it has one number. */
export const words = (changed: Partial<WordsMethod> = {}): WordsMethod => ({
  kind: "words",
  learner: "logistic",
  way: "oversampling",
  read: "whole",
  tolerance: 1e-5,
  ...changed,
});

/** The songs of a split's sides. */
export const sidesOf = ({ train, validation, test }: Split): Sides => ({
  train: songRows(train),
  validation: songRows(validation),
  test: songRows(test),
});

/** The sizes of the sides. */
export const sizesOf = ({ train, validation, test }: Sides) => ({
  train: train.length,
  validation: validation.length,
  test: test.length,
});

/** What a running trial is given beside itself. */
export interface RunContext {
  /** Where a training keeps its checkpoints and goes on from them; `null` for nowhere. */
  folder: string | null;
  /** Of trainings. */
  callbacks: readonly TrainingCallback[];
  /** Told what there is to know of how a model was loaded. */
  onNote: (note: string) => void;
  /** Told how far a fit without a network is. What it throws ends the trial. */
  onFit: (progress: FitProgress) => void | Promise<void>;
  /** Asks the trial to end. */
  signal?: AbortSignal;
}

/** Where trials run: in this process, or elsewhere. */
export interface Runner {
  /** How many it runs at a time; 1 by default. */
  atOnce?: number;
  /** Throws where one of the trials cannot be run, before hours go into the others. */
  check?(trials: readonly Trial[]): Promise<void>;
  /** @throws DOMException (`AbortError`) where it was asked to end */
  run(trial: Trial, context: RunContext): Promise<Predictions>;
}

/** A network's answers on both sides. @param predictions of the validation and then the test songs */
export function answersOf(
  { sides: { validation, test } }: Trial,
  predictions: readonly SongPrediction[],
): { validation: Answers; test: Answers } {
  if (predictions.length !== validation.length + test.length) {
    throw new UserError(
      `${predictions.length} predictions for ${validation.length} validation and ${test.length} test songs: ` +
        "give one for each, validation first.",
    );
  }
  const of = (rows: readonly SongPrediction[]): Answers => ({
    shares: rows.map(({ probabilities }) => probabilities),
    logits: rows.map(({ logits }) => logits),
  });
  return {
    validation: of(predictions.slice(0, validation.length)),
    test: of(predictions.slice(validation.length)),
  };
}

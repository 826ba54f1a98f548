/** One optimizer step on a batch. */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../ground/mod.ts";
import {
  type AdamW,
  argMax,
  clippingScale,
  globalNorm,
  type Gradients,
  lossWeights,
  type Precision,
  Tape,
  trainingPass,
} from "../engine/mod.ts";
import { answersOf, collate, type Example, isRight, microBatches } from "./batches.ts";
import type { Recipe } from "./recipe.ts";
import type { Trainable } from "./types.ts";

export interface StepOptions {
  recipe: Recipe;
  precision: Precision;
  /** The step's number, from 0: with the seed it keys the dropout. */
  step: number;
  learningRate: number;
  classWeights: Float32Array | undefined;
}

/** What a step did. */
export interface StepResult {
  loss: number;
  /** The sum of the answers' weights, which the loss was divided by. */
  weight: number;
  /** How many answers there were: one of each example, or of each labelled token. */
  answers: number;
  correct: number;
  /** The gradients' global norm before clipping. */
  norm: number;
  /** Tokens computed, padding included. */
  tokens: number;
}

/**
 * Loss and gradients in parts that fit the token budget, clipping, update.
 *
 * @throws Error when loss or gradients are no numbers, with the step, the songs and what to try; nothing is updated then
 */
export function trainStep(
  model: Trainable,
  optimizer: AdamW,
  examples: readonly Example[],
  options: StepOptions,
): StepResult {
  const { recipe, step, learningRate } = options;
  const gradients: Gradients = new Map();
  try {
    const result = accumulateGradients(model, examples, options, gradients);
    const norm = Number.isFinite(result.loss) ? globalNorm(gradients) : NaN;
    if (!Number.isFinite(norm)) throw notANumber(step, result.loss, gradients, examples);
    optimizer.step(gradients, learningRate, clippingScale(norm, recipe.gradClip));
    return { ...result, norm };
  } finally {
    gradients.forEach((gradient) => gradient.dispose());
  }
}

function accumulateGradients(
  model: Trainable,
  examples: readonly Example[],
  { recipe, precision, step, classWeights }: StepOptions,
  into: Gradients,
): Omit<StepResult, "norm"> {
  const weighted = {
    ...(classWeights && (model.multiLabel ? { positiveWeights: classWeights } : { classWeights })),
    labelSmoothing: recipe.labelSmoothing,
  };
  const answers = answersOf(examples);
  const weight = lossWeights(answers.labels, { ...weighted, exampleWeights: answers.weights })
    .reduce((sum, w) => sum + w, 0);
  let loss = 0, correct = 0, tokens = 0;
  microBatches(examples, recipe.microBatchTokens).forEach((part, i) => {
    const batch = collate(part, model), { labels, weights } = answersOf(part);
    const tape = new Tape();
    try {
      const pass = trainingPass(tape, precision, recipe.seed, step, i, recipe.gradientCheckpointing);
      const result = tf.tidy(() => {
        const options = { ...weighted, exampleWeights: weights, normaliser: weight };
        const { loss, logits } = model.loss(pass, batch, options);
        return { loss, predicted: argMax(logits) };
      });
      tape.backward(result.loss, into);
      loss += result.loss.dataSync()[0]!;
      const predicted = result.predicted.dataSync();
      correct += model.multiLabel
        ? part.filter((example, row) => isRight(example, predicted[row]!)).length
        : labels.filter((label, row) => label === predicted[row]).length;
      tf.dispose(result);
    } finally {
      tape.clear();
    }
    tokens += batch.tokens.batch * batch.tokens.length;
  });
  return { loss, weight, answers: answers.labels.length, correct, tokens };
}

function notANumber(step: number, loss: number, gradients: Gradients, examples: readonly Example[]): Error {
  const broken = [...gradients].find((entry) => !Number.isFinite(globalNorm(new Map([entry]))));
  const what = Number.isFinite(loss)
    ? `the gradient of ${broken?.[0].name ?? "all parameters together"} is not finite`
    : `the loss is ${loss}`;
  return new UserError(
    `Step ${step + 1}: ${what}. Songs of the batch: ${examples.map(({ songId }) => songId).join(", ")}. ` +
      "Try a smaller learning rate, more warmup, gradient clipping, or float32 precision; the last checkpoint is as it was.",
  );
}

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
  type StepGradients,
  Tape,
  trainingPass,
} from "../engine/mod.ts";
import { alone, type Team } from "../team/mod.ts";
import { answersOf, collate, type Example, inOrder, isRight, microBatches, shareOfBatch } from "./batches.ts";
import { normOfSum, sumGradients, takeStep } from "./gradients.ts";
import type { Recipe } from "./recipe.ts";
import type { Trainable } from "./types.ts";

export interface StepOptions {
  recipe: Recipe;
  precision: Precision;
  /** The step's number, from 0: with the seed it keys the dropout. */
  step: number;
  learningRate: number;
  classWeights: Float32Array | undefined;
  /** Who computes the step together. Default this process alone. */
  team?: Team;
  /** Whether this one wants the training to end after the step. */
  stop?: boolean;
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
  /** Whether someone of the team wants the training to end. */
  stop: boolean;
}

/**
 * Loss and gradients in parts that fit the token budget, clipping, update. With a team, each computes its share of the batch, and all make the
 * same update.
 *
 * @throws Error when loss or gradients are no numbers, with the step, the songs and what to try; nothing is updated then
 */
export function trainStep(
  model: Trainable,
  optimizer: AdamW,
  examples: readonly Example[],
  options: StepOptions,
): StepResult {
  const { recipe, step, learningRate, team = alone, stop = false } = options;
  const gradients: Gradients = new Map();
  let sum: StepGradients = new Map();
  try {
    const own = accumulateGradients(model, examples, options, gradients);
    const { stops, ...result } = addUp(team, { ...own, stops: stop ? 1 : 0 });
    const trained = [...model.parameters.values()].filter(({ trainable }) => trainable);
    sum = team.size === 1 ? gradients : sumGradients(team, trained, gradients);
    const norm = Number.isFinite(result.loss) ? normOfSum(team, sum) : NaN;
    if (!Number.isFinite(norm)) throw notANumber(team, step, result.loss, sum, examples);
    takeStep(team, optimizer, sum, learningRate, clippingScale(norm, recipe.gradClip));
    return { ...result, norm, stop: stops > 0 };
  } finally {
    for (const one of [gradients, sum]) one.forEach((gradient) => gradient.dispose());
  }
}

/** What one has computed of a step's batch, and whether it wants to stop. */
interface Share {
  loss: number;
  weight: number;
  answers: number;
  correct: number;
  tokens: number;
  stops: number;
}

function accumulateGradients(
  model: Trainable,
  examples: readonly Example[],
  { recipe, precision, step, classWeights, team = alone }: StepOptions,
  into: Gradients,
): Omit<Share, "stops"> {
  const weighted = {
    ...(classWeights && (model.multiLabel ? { positiveWeights: classWeights } : { classWeights })),
    labelSmoothing: recipe.labelSmoothing,
    distillation: recipe.distillation,
  };
  const answers = answersOf(examples);
  const weight = lossWeights(answers.labels, { ...weighted, exampleWeights: answers.weights })
    .reduce((sum, w) => sum + w, 0);
  const ordered = inOrder(examples), { length } = ordered;
  let loss = 0, correct = 0, tokens = 0;
  for (const part of microBatches(ordered, recipe.microBatchTokens, shareOfBatch(ordered, team))) {
    const batch = collate(part.examples, model, length), { labels, weights } = answersOf(part.examples);
    const asked = batch.tokenLabels && {
      here: labels.length,
      before: answersOf(ordered.examples.slice(0, ordered.examples.indexOf(part.examples[0]!))).labels.length,
    };
    const place = { batch: batch.tokens.batch, length, before: part.rowsBefore, ...(asked && { asked }) };
    const tape = new Tape();
    try {
      const pass = trainingPass(tape, precision, recipe.seed, step, place, recipe.gradientCheckpointing);
      const result = tf.tidy(() => {
        const options = { ...weighted, exampleWeights: weights, normaliser: weight };
        const { loss, logits } = model.loss(pass, batch, options);
        return { loss, predicted: argMax(logits) };
      });
      tape.backward(result.loss, into);
      loss += result.loss.dataSync()[0]!;
      const predicted = result.predicted.dataSync();
      correct += model.multiLabel
        ? part.examples.filter((example, row) => isRight(example, predicted[row]!)).length
        : labels.filter((label, row) => label === predicted[row]).length;
      tf.dispose(result);
    } finally {
      tape.clear();
    }
    tokens += batch.tokens.batch * length;
  }
  return { loss, weight, answers: answers.labels.length, correct, tokens };
}

/** Adds up the numbers of all members: afterwards each has the whole batch's. */
function addUp(team: Team, own: Share): Share {
  const sums = Float64Array.of(own.loss, own.correct, own.tokens, own.stops);
  team.sum(sums);
  const [loss, correct, tokens, stops] = sums as unknown as [number, number, number, number];
  return { ...own, loss, correct, tokens, stops };
}

function notANumber(
  team: Team,
  step: number,
  loss: number,
  gradients: StepGradients,
  examples: readonly Example[],
): Error {
  const broken = [...gradients].find((entry) => !Number.isFinite(globalNorm(new Map([entry]))));
  const name = team.gather(broken?.[0].name ?? "").find((name) => name !== "") ?? "all parameters together";
  const what = Number.isFinite(loss) ? `the gradient of ${name} is not finite` : `the loss is ${loss}`;
  return new UserError(
    `Step ${step + 1}: ${what}. Songs of the batch: ${examples.map(({ songId }) => songId).join(", ")}. ` +
      "Try a smaller learning rate, more warmup, gradient clipping, or float32 precision; the last checkpoint is as it was.",
  );
}

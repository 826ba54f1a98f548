/** How good a model is on examples: loss, probabilities, and the number by which one model is better than another. */
import * as tf from "@tensorflow/tfjs";
import { argmax, softmaxOf, UserError } from "../ground/mod.ts";
import { argMax, inferencePass, lossWeights, type Precision } from "../engine/mod.ts";
import { answersOf, type Batch, batchesByLength, collate, type Example, isRight } from "./batches.ts";
import { agreedNumber, alone, type Team } from "../team/mod.ts";
import type { Plan } from "./plan.ts";
import type { Scorer, Trainable, TrainingOptions, ValidationMetrics } from "./types.ts";

/** Class probabilities and the mean loss of examples, without gradients and dropout. */
export interface Evaluation {
  /** The weighted mean over the examples that have a label; 0 where none has. */
  loss: number;
  /** [examples][classes], in the order given: a row sums to 1, but for a classifier of several classes at once. */
  probabilities: Float32Array[];
  /** The scores before the softmax or sigmoid, [examples][classes]. */
  logits: Float32Array[];
  /** The likeliest class of each example. */
  predicted: Int32Array;
}

/**
 * A model's probabilities for examples, longest first in batches of their own length. Examples with the label -100 are
 * predicted, but have no part in the loss.
 *
 * @param options.team who evaluates together: each some of the batches. All have the result.
 * @param options.onBatch is told how many examples are done
 * @throws Error naming the songs for which the model gives NaN
 */
export async function evaluateExamples(
  model: Scorer,
  examples: readonly Example[],
  options: EvaluationOptions,
): Promise<Evaluation> {
  const { team = alone } = options, classes = model.labels.length;
  const all = {
    probabilities: new Float32Array(examples.length * classes),
    logits: new Float32Array(examples.length * classes),
  };
  let loss = 0, weight = 0, done = 0;
  for (const indices of dealtBatches(examples, options)) {
    const batch = collate(indices.map((i) => examples[i]!), model);
    const lossOptions = { exampleWeights: batch.weights, normaliser: 1 };
    const result = tf.tidy(() => {
      const { loss, logits } = model.loss(inferencePass(options.precision), batch, lossOptions);
      return { loss, logits };
    });
    const scores = result.logits.dataSync() as Float32Array;
    const probabilitiesOf = model.multiLabel ? sigmoid : softmaxOf;
    const batchLoss = result.loss.dataSync()[0]!;
    loss += batchLoss;
    weight += lossWeights(batch.labels, lossOptions).reduce((sum, w) => sum + w, 0);
    tf.dispose(result);
    if (!Number.isFinite(batchLoss) || !scores.every(Number.isFinite)) throw notANumber(batchLoss, batch);
    indices.forEach((index, row) => {
      const own = scores.subarray(row * classes, (row + 1) * classes);
      all.probabilities.set(probabilitiesOf(own), index * classes);
      all.logits.set(own, index * classes);
    });
    done += indices.length;
    await options.onBatch?.(done);
    await breathe();
  }
  [loss, weight] = summed(team, [loss, weight]);
  team.sum(all.probabilities);
  team.sum(all.logits);
  const rowsOf = (values: Float32Array) =>
    Array.from(examples, (_, i) => values.slice(i * classes, (i + 1) * classes));
  const probabilities = rowsOf(all.probabilities);
  return {
    loss: weight === 0 ? 0 : loss / weight,
    probabilities,
    logits: rowsOf(all.logits),
    predicted: Int32Array.from(probabilities, argmax),
  };
}

// Of a row by itself, in float64: TensorFlow's own compute what is left of a batch after its last vector in another way than the rest, so that a
// probability's last digit would depend on the songs beside.
const sigmoid = (logits: Float32Array): Float32Array => logits.map((x) => 1 / (1 + Math.exp(-x)));

/** How examples are evaluated. */
export interface EvaluationOptions {
  batchSize: number;
  precision: Precision;
  team?: Team;
  onBatch?: (done: number) => void | Promise<void>;
}

/** The batches that this member of a team evaluates: every so manyth, so that each has long ones and short ones. */
function dealtBatches(
  examples: readonly Example[],
  { batchSize, team = alone }: EvaluationOptions,
): number[][] {
  return batchesByLength(examples.map(({ inputIds }) => inputIds.length), batchSize)
    .filter((_, i) => i % team.size === team.rank);
}

/** Numbers added up over a team. */
function summed<const T extends number[]>(team: Team, numbers: T): { [K in keyof T]: number } {
  const sums = Float64Array.from(numbers);
  team.sum(sums);
  return [...sums] as { [K in keyof T]: number };
}

/**
 * F1 over all decisions on examples and classes together, of a classifier that gives each class its own yes or no: yes from a
 * probability of 0.5 on, and to the likeliest class where none reaches that.
 *
 * @param probabilities [examples][classes]
 */
export function microF1(probabilities: readonly Float32Array[], examples: readonly Example[]): number {
  let right = 0, given = 0, due = 0;
  examples.forEach(({ targets }, i) => {
    const row = probabilities[i]!;
    const bar = Math.min(0.5, row.reduce((most, probability) => Math.max(most, probability), 0));
    row.forEach((probability, k) => {
      const yes = probability >= bar ? 1 : 0;
      right += yes * targets![k]!;
      given += yes;
      due += targets![k]!;
    });
  });
  return given + due === 0 ? 0 : 2 * right / (given + due);
}

function notANumber(loss: number, { examples }: Batch): Error {
  const songs = examples.map(({ songId }) => songId).join(", ");
  return new UserError(
    `The model gives no number (loss ${loss}) for the songs ${songs}: its weights are damaged, or a training ` +
      "diverged. Load another checkpoint, or train with a smaller learning rate.",
  );
}

/** How well a language model tells the labelled tokens of examples. */
export type TokenEvaluation = {
  /** The weighted mean of −ln P(token). */
  loss: number;
  /** e to the loss: as unsure as a choice among so many tokens. */
  perplexity: number;
  /** The share of labelled tokens that the model takes for the likeliest. */
  accuracy: number;
  /** Labelled tokens. */
  tokens: number;
};

/**
 * A language model's loss and accuracy over the labelled tokens of examples, without gradients and dropout. The logits of
 * one batch are held at a time.
 *
 * @param options.team who evaluates together: each some of the batches. All have the result.
 * @param options.onBatch is told how many examples are done
 * @throws Error when there is no example, or naming the songs for which the model gives NaN
 */
export async function evaluateTokens(
  model: Scorer,
  examples: readonly Example[],
  options: EvaluationOptions,
): Promise<TokenEvaluation> {
  if (examples.length === 0) throw new UserError("There is nothing to evaluate: no example is given.");
  let loss = 0, weight = 0, tokens = 0, correct = 0, done = 0;
  for (const indices of dealtBatches(examples, options)) {
    const batch = collate(indices.map((i) => examples[i]!), model);
    const { labels, weights } = answersOf(batch.examples);
    const result = tf.tidy(() => {
      const lossOptions = { exampleWeights: weights, normaliser: 1 };
      const { loss, logits } = model.loss(inferencePass(options.precision), batch, lossOptions);
      return { loss, predicted: argMax(logits) };
    });
    const batchLoss = result.loss.dataSync()[0]!, predicted = result.predicted.dataSync();
    tf.dispose(result);
    if (!Number.isFinite(batchLoss)) throw notANumber(batchLoss, batch);
    loss += batchLoss;
    weight += weights.reduce((sum, w) => sum + w, 0);
    tokens += labels.length;
    correct += labels.filter((label, row) => label === predicted[row]).length;
    done += indices.length;
    await options.onBatch?.(done);
    await breathe();
  }
  [loss, weight, tokens, correct] = summed(options.team ?? alone, [loss, weight, tokens, correct]);
  const mean = loss / weight;
  return { loss: mean, perplexity: Math.exp(mean), accuracy: correct / tokens, tokens };
}

/**
 * What the model's own `validate` measures, else a language model's tokens, else a classifier's classes.
 *
 * @param examples as the model sees them
 * @param team who measures together; all have the same numbers then
 */
export async function validate(
  model: Trainable,
  examples: readonly Example[],
  { recipe: { batchSize }, precision }: Plan,
  { validationMetrics }: Pick<TrainingOptions, "validationMetrics">,
  team: Team = alone,
): Promise<ValidationMetrics> {
  const options = { batchSize, precision, team };
  if (model.validate !== undefined) {
    // a way of its own to measure knows of no team: each measures all, and the first one's numbers count
    const metrics = await model.validate(examples, options);
    for (const name of Object.keys(metrics)) metrics[name] = agreedNumber(team, metrics[name]!);
    return metrics;
  }
  if (model.languageModel !== undefined) return await evaluateTokens(model, examples, options);
  const { loss, predicted, probabilities } = await evaluateExamples(model, examples, options);
  const correct = examples.filter((example, i) => isRight(example, predicted[i]!)).length;
  const more = validationMetrics?.(predicted, examples);
  const ofSeveral = model.multiLabel && { microF1: microF1(probabilities, examples) };
  return { ...more, ...ofSeveral, loss, accuracy: correct / examples.length };
}

/** Lets timers, signals and the notebook's kernel have their turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

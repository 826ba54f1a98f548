import { argmax, checkLengths, checkProbabilities, checkWeights, columnsOf } from "./labels.ts";
import type { Label, Labels, Rows } from "./labels.ts";

/** Options of the measures of probabilities. */
export interface ProbabilityOptions {
  /** The columns' labels, in order; by default a label is itself its column's index. */
  classes?: readonly Label[];
  /** One weight per example. */
  sampleWeight?: ArrayLike<number>;
}

/** Probabilities are kept this far from 0 and 1 (float64's machine epsilon), as scikit-learn does. */
const SMALLEST = Number.EPSILON;

/**
 * Mean of −ln P(true class): scikit-learn's `log_loss`, a classifier's cross-entropy in nats. ln(classes) is chance;
 * a confident mistake costs at most 36.04.
 *
 * @param truth the true label of each example
 * @param probabilities rows [example][class]
 * @throws RangeError on empty or unequally long input, NaN, rows that do not sum to 1, a label without a column
 * @example
 * ```ts
 * logLoss([0, 1], [[0.5, 0.5], [0.5, 0.5]]); // 0.693…
 * ```
 */
export function logLoss(truth: Labels, probabilities: Rows, options: ProbabilityOptions = {}): number {
  return weightedMean(exampleLosses("logLoss", truth, probabilities, options), options.sampleWeight);
}

/**
 * Mean over examples of the squared distance between the probabilities and the truth (1 for the true class, 0 for the
 * others): 0 is perfect, 2 the worst. scikit-learn's `brier_score_loss`, which halves it for two classes
 * (`scale_by_half`); so does this.
 *
 * @throws as {@link logLoss}
 */
export function brierScore(truth: Labels, probabilities: Rows, options: ProbabilityOptions = {}): number {
  const { columns, classes } = checked("brierScore", truth, probabilities, options);
  const distances = Array.from(columns, (column, i) => {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += ((k === column ? 1 : 0) - probabilities[i]![k]!) ** 2;
    return sum;
  });
  return weightedMean(distances, options.sampleWeight) * (classes < 3 ? 0.5 : 1);
}

/** One line of {@link topLosses}. */
export interface Loss {
  /** Position of the example in the arrays given. */
  index: number;
  /** −ln P(true class). */
  loss: number;
  actual: Label;
  predicted: Label;
  /** P(true class), 0 to 1. */
  probabilityOfActual: number;
  /** P(predicted class), 0 to 1. */
  probabilityOfPredicted: number;
}

/**
 * The examples that cost most, worst first (fastai's `top_losses`): what to read to learn what a model misunderstands,
 * or where the data is wrong. Equal losses stay in the data's order.
 *
 * @param top how many
 * @throws as {@link logLoss}
 * @example
 * ```ts
 * for (const { index, actual, predicted } of topLosses(truth, probabilities, 5)) console.log(songs[index], actual, predicted);
 * ```
 */
export function topLosses(
  truth: Labels,
  probabilities: Rows,
  top: number,
  options: { classes?: readonly Label[] } = {},
): Loss[] {
  const losses = exampleLosses("topLosses", truth, probabilities, options);
  return losses
    .map((loss, index) => ({ loss, index }))
    .sort((a, b) => b.loss - a.loss || a.index - b.index)
    .slice(0, top)
    .map(({ loss, index }) => {
      const row = probabilities[index]!;
      const predicted = argmax(row);
      const actual = truth[index]!;
      const column = options.classes ? options.classes.indexOf(actual) : actual as number;
      return {
        index,
        loss,
        actual,
        predicted: options.classes?.[predicted] ?? predicted,
        probabilityOfActual: row[column]!,
        probabilityOfPredicted: row[predicted]!,
      };
    });
}

/**
 * Probability columns in the order of `labels`, with 0 for a label that has no column: for comparing models that were
 * trained on different sets of classes (a rare genre may be absent from a small training set).
 *
 * @param probabilities rows [example][class], columns labelled by `classes`
 * @throws RangeError where a class is not among the labels, for its probability would be lost
 */
export function alignProbabilities(
  probabilities: Rows,
  classes: readonly Label[],
  labels: readonly Label[],
): Float64Array[] {
  const target = classes.map((label) => {
    const column = labels.indexOf(label);
    if (column < 0) {
      throw new RangeError(
        `alignProbabilities: the class ${JSON.stringify(label)} is not among the labels (${
          labels.join(", ")
        }).`,
      );
    }
    return column;
  });
  return Array.from(probabilities, (row) => {
    const aligned = new Float64Array(labels.length);
    target.forEach((column, k) => aligned[column] = row[k]!);
    return aligned;
  });
}

function checked(where: string, truth: Labels, probabilities: Rows, options: ProbabilityOptions) {
  checkLengths(where, { truth, probabilities, sampleWeight: options.sampleWeight });
  checkWeights(where, options.sampleWeight);
  const classes = checkProbabilities(where, probabilities);
  return { classes, columns: columnsOf(where, truth, classes, options.classes) };
}

function exampleLosses(
  where: string,
  truth: Labels,
  probabilities: Rows,
  options: ProbabilityOptions,
): number[] {
  const { columns } = checked(where, truth, probabilities, options);
  return Array.from(
    columns,
    (column, i) => -Math.log(Math.min(Math.max(probabilities[i]![column]!, SMALLEST), 1 - SMALLEST)),
  );
}

function weightedMean(values: readonly number[], weights: ArrayLike<number> | undefined): number {
  let sum = 0;
  let total = 0;
  values.forEach((value, i) => {
    const weight = weights?.[i] ?? 1;
    sum += weight * value;
    total += weight;
  });
  return sum / total;
}

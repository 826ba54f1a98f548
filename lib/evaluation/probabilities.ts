/** The log loss of probabilities, and their columns in the order of the labels. */
import {
  checkLengths,
  checkProbabilities,
  checkWeights,
  columnsOf,
  type Label,
  type Labels,
  type Rows,
} from "./labels.ts";

/** Options of {@link logLoss}. */
export interface ProbabilityOptions {
  /** The columns' labels, in order; by default a label is itself its column's index. */
  classes?: readonly Label[];
  /** One weight per example. */
  sampleWeight?: ArrayLike<number>;
}

/** Probabilities are kept this far from 0 and 1 (float64's machine epsilon), as scikit-learn does. */
const smallestProbability = Number.EPSILON;

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
  const { sampleWeight } = options;
  checkLengths("logLoss", { truth, probabilities, sampleWeight });
  checkWeights("logLoss", sampleWeight);
  const columns = columnsOf("logLoss", truth, checkProbabilities("logLoss", probabilities), options.classes);
  let sum = 0, total = 0;
  columns.forEach((column, i) => {
    const weight = sampleWeight?.[i] ?? 1;
    sum -= weight *
      Math.log(Math.min(Math.max(probabilities[i]![column]!, smallestProbability), 1 - smallestProbability));
    total += weight;
  });
  return sum / total;
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

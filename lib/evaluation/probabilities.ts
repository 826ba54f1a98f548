/** Columns of probabilities in the order of the labels, and those of the baseline that looks at nothing. */
import {
  checkLabels,
  checkLengths,
  checkWeights,
  type Label,
  type Labels,
  labelsOf,
  type Rows,
} from "./labels.ts";

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
        `alignProbabilities: the class ${JSON.stringify(label)} is not among the labels ` +
          `(${labels.join(", ")}).`,
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

/**
 * The least a classifier must beat: always the most frequent training label. Its probabilities are the labels'
 * shares in training.
 *
 * @param trainLabels one per training example
 * @param classes what each share is of; a class that training lacks has none
 * @param weights one per training example
 * @returns the shares [class], the same for every test example
 * @throws RangeError on no training labels, bad weights, or a label that is no class
 * @example
 * ```ts
 * majorityShares(["발라드", "발라드", "댄스"], ["댄스", "발라드"]); // [1/3, 2/3]
 * ```
 */
export function majorityShares(
  trainLabels: Labels,
  classes: readonly Label[],
  weights?: ArrayLike<number>,
): Float64Array {
  checkLengths("majorityShares", { trainLabels, weights });
  checkLabels("majorityShares", { trainLabels });
  checkWeights("majorityShares", weights);
  const found = labelsOf(trainLabels);
  const shares = new Float64Array(found.length);
  const columnOf = new Map(found.map((label, k) => [label, k]));
  let total = 0;
  for (let i = 0; i < trainLabels.length; i++) {
    const weight = weights?.[i] ?? 1;
    shares[columnOf.get(trainLabels[i]!)!]! += weight;
    total += weight;
  }
  return alignProbabilities([shares.map((weight) => weight / total)], found, classes)[0]!;
}

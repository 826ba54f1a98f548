/** The baseline that looks at nothing: the most frequent class. */
import { alignProbabilities } from "./probabilities.ts";
import { argmax, checkLabels, checkLengths, checkWeights, type Label, labelsOf } from "./labels.ts";

/** What a baseline says about the test examples. */
export interface BaselinePredictions<L extends Label = Label> {
  /** Label of each probability column. */
  classes: L[];
  /** The most probable label of each test example. */
  predictions: L[];
  /** Rows [example][class]. */
  probabilities: Float64Array[];
}

/**
 * The least a classifier must beat: always the most frequent training label (of equals the first in label order). Its
 * probabilities are the labels' shares in training.
 *
 * @param trainLabels one per training example
 * @param count number of test examples
 * @param options.weights one per training example
 * @param options.classes columns of the probabilities; by default the training labels, sorted
 * @throws RangeError on no training labels or bad weights
 * @example
 * ```ts
 * const { predictions } = majorityClass(["발라드", "발라드", "댄스"], 2); // ["발라드", "발라드"]
 * ```
 */
export function majorityClass<L extends Label>(
  trainLabels: ArrayLike<L>,
  count: number,
  options: { weights?: ArrayLike<number>; classes?: readonly L[] } = {},
): BaselinePredictions<L> & { label: L } {
  checkLengths("majorityClass", { trainLabels, weights: options.weights });
  checkLabels("majorityClass", { trainLabels });
  checkWeights("majorityClass", options.weights);
  const found = labelsOf(trainLabels) as L[];
  const shares = new Float64Array(found.length);
  const columnOf = new Map<Label, number>(found.map((label, k) => [label, k]));
  let total = 0;
  for (let i = 0; i < trainLabels.length; i++) {
    const weight = options.weights?.[i] ?? 1;
    shares[columnOf.get(trainLabels[i]!)!]! += weight;
    total += weight;
  }
  const row = shares.map((weight) => weight / total);
  const label = found[argmax(row)]!;
  const classes = options.classes ? [...options.classes] : found;
  const aligned = alignProbabilities([row], found, classes)[0]!;
  return {
    label,
    classes,
    predictions: Array.from({ length: count }, () => label),
    probabilities: Array.from({ length: count }, () => aligned.slice()),
  };
}

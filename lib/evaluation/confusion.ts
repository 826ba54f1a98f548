/** Which class is taken for which. */
import { checkLabels, checkLengths, checkWeights, type Label, type Labels, labelsOf } from "./labels.ts";

/** {@link confusionMatrix}'s result. */
export interface ConfusionMatrix {
  /** Label of each row and of each column. */
  labels: Label[];
  /** `counts[true][predicted]`: number (weight) of examples, or a share when normalised. */
  counts: number[][];
}

/**
 * How often each true label (row) was answered by each label (column); scikit-learn's `confusion_matrix`.
 *
 * @param options.labels the labels to list, in order; by default all that occur, sorted. Examples of which the true or
 *   the predicted label is not listed are left out, as scikit-learn does
 * @param options.normalize `"true"`: each row sums to 1 (recall on the diagonal); `"predicted"`: each column does
 *   (precision); `"all"`: the whole matrix does. A row or column without examples stays 0
 * @param options.sampleWeight one weight per example
 * @throws RangeError on empty or unequally long input, a label listed twice; TypeError when names meet indices
 * @example
 * ```ts
 * confusionMatrix([0, 0, 1], [0, 1, 1]).counts; // [[1, 1], [0, 1]]
 * ```
 */
export function confusionMatrix(
  truth: Labels,
  predictions: Labels,
  options: {
    labels?: readonly Label[];
    normalize?: "true" | "predicted" | "all";
    sampleWeight?: ArrayLike<number>;
  } = {},
): ConfusionMatrix {
  const { normalize, sampleWeight } = options;
  checkLengths("confusionMatrix", { truth, predictions, sampleWeight });
  checkWeights("confusionMatrix", sampleWeight);
  checkLabels("confusionMatrix", { truth, predictions, labels: options.labels });
  const labels = options.labels ? [...options.labels] : labelsOf(truth, predictions);
  const indexOf = new Map(labels.map((label, index) => [label, index]));
  if (indexOf.size !== labels.length) {
    throw new RangeError(`confusionMatrix: a label is listed twice in ${labels.join(", ")}; list each once.`);
  }
  const counts = labels.map(() => labels.map(() => 0));
  for (let i = 0; i < truth.length; i++) {
    const row = counts[indexOf.get(truth[i]!) ?? -1];
    const column = indexOf.get(predictions[i]!);
    if (row && column !== undefined) row[column]! += sampleWeight?.[i] ?? 1;
  }
  if (normalize) divideBySums(counts, normalize);
  return { labels, counts };
}

function divideBySums(counts: number[][], normalize: "true" | "predicted" | "all"): void {
  const sum = (numbers: number[]) => numbers.reduce((total, value) => total + value, 0);
  const rowSums = counts.map(sum);
  const columnSums = counts.map((_, column) => sum(counts.map((row) => row[column]!)));
  const total = sum(rowSums);
  counts.forEach((row, r) =>
    row.forEach((count, c) => {
      const divisor = normalize === "true" ? rowSums[r]! : normalize === "predicted" ? columnSums[c]! : total;
      row[c] = divisor === 0 ? 0 : count / divisor;
    })
  );
}

/** One line of {@link mostConfused}. */
export interface ConfusedPair {
  actual: Label;
  predicted: Label;
  /** How often `actual` was taken for `predicted`. */
  count: number;
  /** That as a share of all examples of `actual`, 0 to 1. */
  share: number;
}

/**
 * The mistakes that occur most often, largest count first (fastai's `most_confused`); equal counts by share, then in
 * the matrix's order.
 *
 * @param matrix of counts, not normalised
 * @param options.top at most so many pairs (all by default)
 * @param options.minimum leave out pairs that occur less often (1 by default)
 * @example
 * ```ts
 * mostConfused(confusionMatrix(truth, answers), { top: 5 });
 * ```
 */
export function mostConfused(
  matrix: ConfusionMatrix,
  options: { top?: number; minimum?: number } = {},
): ConfusedPair[] {
  const { top = Infinity, minimum = 1 } = options;
  const pairs: ConfusedPair[] = [];
  matrix.counts.forEach((row, r) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    row.forEach((count, c) => {
      if (r === c || count === 0 || count < minimum) return;
      pairs.push({ actual: matrix.labels[r]!, predicted: matrix.labels[c]!, count, share: count / support });
    });
  });
  return pairs.sort((a, b) => b.count - a.count || b.share - a.share).slice(0, top);
}

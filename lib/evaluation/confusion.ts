/** Which class is taken for which. */
import { type Label, type Labels, placesOf } from "./labels.ts";

/** {@link confusionMatrix}'s result. */
export interface ConfusionMatrix {
  /** Label of each row and of each column. */
  labels: Label[];
  /** `counts[true][predicted]`: number of examples. */
  counts: number[][];
}

/**
 * How often each true label (row) was answered by each label (column); scikit-learn's `confusion_matrix`.
 *
 * @param options.labels the labels to list, in order; by default all that occur, sorted. Examples of which the true or
 *   the predicted label is not listed are left out, as scikit-learn does
 * @throws RangeError on empty or unequally long input, a label listed twice; TypeError when names meet indices
 * @example
 * ```ts
 * confusionMatrix([0, 0, 1], [0, 1, 1]).counts; // [[1, 1], [0, 1]]
 * ```
 */
export function confusionMatrix(
  truth: Labels,
  predictions: Labels,
  options: { labels?: readonly Label[] } = {},
): ConfusionMatrix {
  const { labels, places } = placesOf("confusionMatrix", truth, predictions, options.labels);
  const counts = labels.map(() => labels.map(() => 0));
  for (let i = 0; i < truth.length; i++) {
    const row = counts[places.get(truth[i]!) ?? -1];
    const column = places.get(predictions[i]!);
    if (row && column !== undefined) row[column]!++;
  }
  return { labels, counts };
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
 * @param options.top at most so many pairs (all by default)
 * @example
 * ```ts
 * mostConfused(confusionMatrix(truth, answers), { top: 5 });
 * ```
 */
export function mostConfused(
  matrix: ConfusionMatrix,
  { top = Infinity }: { top?: number } = {},
): ConfusedPair[] {
  const pairs: ConfusedPair[] = [];
  matrix.counts.forEach((row, r) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    row.forEach((count, c) => {
      if (r === c || count === 0) return;
      pairs.push({ actual: matrix.labels[r]!, predicted: matrix.labels[c]!, count, share: count / support });
    });
  });
  return pairs.sort((a, b) => b.count - a.count || b.share - a.share).slice(0, top);
}

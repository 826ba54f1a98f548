/** Columns of probabilities in the order of the labels. */
import type { Label, Rows } from "./labels.ts";

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

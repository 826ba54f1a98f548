/** Multinomial naive Bayes, as scikit-learn fits it. */
import {
  checkLabels,
  checkLengths,
  checkWeights,
  type Label,
  type Labels,
  labelsOf,
  softmax,
} from "./labels.ts";
import type { SparseMatrix } from "./tfidf.ts";

/** A fitted naive Bayes classifier: plain data, to be given to {@link naiveBayesProbabilities}. */
export interface MultinomialNaiveBayes {
  /** Label of each column of the probabilities, sorted. */
  classes: Label[];
  /** ln P(class) [class] */
  classLogPriors: Float64Array;
  /** ln P(feature | class) [feature][class], flat */
  featureLogProbabilities: Float64Array;
  features: number;
}

/**
 * Multinomial naive Bayes on counts (or TF-IDF weights, as is often done): scikit-learn's `MultinomialNB`, with 1 added to every count.
 *
 * @param matrix [examples, features], nothing negative
 * @param labels one per example
 * @param options.sampleWeight one weight per example
 * @throws RangeError on empty or unequally long input, a negative number
 * @example
 * ```ts
 * const { vectorizer, matrix } = fitNgrams(lyrics, { sublinearTf: false, useIdf: false, norm: "none" });
 * const model = fitNaiveBayes(matrix, truth);
 * const probabilities = naiveBayesProbabilities(model, transformTexts(vectorizer, ["밤하늘의 별을 세다가"]));
 * ```
 */
export function fitNaiveBayes(
  matrix: SparseMatrix,
  labels: Labels,
  options: { sampleWeight?: ArrayLike<number> } = {},
): MultinomialNaiveBayes {
  const where = "fitNaiveBayes";
  const { sampleWeight } = options;
  checkLengths(where, { labels, "the matrix's rows": { length: matrix.rows }, sampleWeight });
  checkLabels(where, { labels });
  checkWeights(where, sampleWeight);
  const classes = labelsOf(labels);
  const classOf = new Map(classes.map((label, k) => [label, k]));
  const classWeights = new Float64Array(classes.length);
  const counts = new Float64Array(matrix.columns * classes.length);
  for (let row = 0; row < matrix.rows; row++) {
    const k = classOf.get(labels[row]!)!;
    const weight = sampleWeight?.[row] ?? 1;
    classWeights[k]! += weight;
    for (let i = matrix.rowStarts[row]!; i < matrix.rowStarts[row + 1]!; i++) {
      const value = matrix.values[i]!;
      if (!(value >= 0)) {
        throw new RangeError(
          `${where}: row ${row} holds ${value}; naive Bayes counts, so nothing may be below 0.`,
        );
      }
      counts[matrix.columnIndices[i]! * classes.length + k]! += weight * value;
    }
  }
  const totals = new Float64Array(classes.length).fill(matrix.columns);
  counts.forEach((count, i) => totals[i % classes.length]! += count);
  const logTotals = totals.map(Math.log);
  const total = classWeights.reduce((sum, weight) => sum + weight, 0);
  return {
    classes,
    classLogPriors: classWeights.map((weight) => Math.log(weight / total)),
    featureLogProbabilities: counts.map((count, i) => Math.log(count + 1) - logTotals[i % classes.length]!),
    features: matrix.columns,
  };
}

/**
 * P(class | example), rows [example][class] in the order of `model.classes`; scikit-learn's `predict_proba`.
 *
 * @throws RangeError when the matrix has other columns than the model was fitted on
 */
export function naiveBayesProbabilities(model: MultinomialNaiveBayes, matrix: SparseMatrix): Float64Array[] {
  if (matrix.columns !== model.features) {
    throw new RangeError(
      `naiveBayesProbabilities: the matrix has ${matrix.columns} columns but the model was fitted on ` +
        `${model.features}; make it with the vectorizer that made the training matrix.`,
    );
  }
  const classes = model.classes.length;
  return softmax(Array.from({ length: matrix.rows }, (_, row) => {
    const scores = model.classLogPriors.slice();
    for (let i = matrix.rowStarts[row]!; i < matrix.rowStarts[row + 1]!; i++) {
      const value = matrix.values[i]!;
      const at = matrix.columnIndices[i]! * classes;
      for (let k = 0; k < classes; k++) scores[k]! += value * model.featureLogProbabilities[at + k]!;
    }
    return scores;
  }));
}

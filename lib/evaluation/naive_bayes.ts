/** Multinomial naive Bayes, as scikit-learn fits it. */
import { sumOf } from "../ground/pure.ts";
import { classesOf, type Labels } from "./labels.ts";
import { type LinearModel, linearProbabilities } from "./logistic_regression.ts";
import type { SparseMatrix } from "./tfidf.ts";

/** A fitted naive Bayes classifier, which is linear: its coefficients are ln P(feature | class), its intercepts ln P(class). */
export type MultinomialNaiveBayes = LinearModel;

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
  const { classes, target } = classesOf(where, matrix.rows, labels, sampleWeight);
  const classWeights = new Float64Array(classes.length);
  const counts = new Float64Array(matrix.columns * classes.length);
  for (let row = 0; row < matrix.rows; row++) {
    const k = target[row]!;
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
  const total = sumOf(classWeights);
  return {
    classes,
    intercepts: classWeights.map((weight) => Math.log(weight / total)),
    coefficients: counts.map((count, i) => Math.log(count + 1) - logTotals[i % classes.length]!),
    features: matrix.columns,
  };
}

/** P(class | example), rows [example][class] in the order of `model.classes`; scikit-learn's `predict_proba`. */
export const naiveBayesProbabilities = linearProbabilities;

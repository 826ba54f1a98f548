/** How n-grams tell genres, by either learner. */
import type { Label, Labels } from "./labels.ts";
import {
  fitLogisticRegression,
  type LinearModel,
  linearProbabilities,
  type LogisticRegressionOptions,
} from "./logistic_regression.ts";
import { fitNaiveBayes } from "./naive_bayes.ts";
import { alignProbabilities } from "./probabilities.ts";
import type { SparseMatrix, TfidfOptions } from "./tfidf.ts";

/** What learns from n-grams: logistic regression on TF-IDF, or naive Bayes on counts. */
export type NgramLearner = "logistic" | "bayes";

/** How `fitNgrams` weighs terms for a learner: naive Bayes counts them as they are. */
export const termWeights: Readonly<Record<NgramLearner, TfidfOptions>> = {
  logistic: {},
  bayes: { sublinearTf: false, useIdf: false, norm: "none" },
};

/** Inverse strength of the regression's penalty: the best of 1, 3 and 10 on held-out training songs of real charts (0.659, 0.678, 0.677). */
const C = 3;

/** Fits a learner to terms that were weighed for it, [texts, terms], and a label a text. */
export async function fitTerms(
  learner: NgramLearner,
  matrix: SparseMatrix,
  labels: Labels,
  options: Omit<LogisticRegressionOptions, "C"> = {},
): Promise<LinearModel> {
  return learner === "bayes"
    ? fitNaiveBayes(matrix, labels, options)
    : await fitLogisticRegression(matrix, labels, { ...options, C });
}

/** The probabilities that a learner gives texts, [text][label]; a label that it has not learnt has 0. */
export const termProbabilities = (
  model: LinearModel,
  texts: SparseMatrix,
  labels: readonly Label[],
): Float64Array[] => alignProbabilities(linearProbabilities(model, texts), model.classes, labels);

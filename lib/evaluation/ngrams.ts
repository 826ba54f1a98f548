/** Genres by the n-grams of a text: the honest bar for whatever else reads it, and a teacher for it. */
import { alignProbabilities } from "./probabilities.ts";
import {
  fitLogisticRegression,
  linearProbabilities,
  type LogisticRegressionOptions,
} from "./logistic_regression.ts";
import { fitNaiveBayes } from "./naive_bayes.ts";
import { fitNgrams, transformTexts } from "./tfidf.ts";

/** Inverse strength of the penalty: the best of 1, 3 and 10 on held-out training songs of real charts (0.659, 0.678, 0.677). */
export const ngramC = 3;

/** What naive Bayes counts: the terms as they are. */
const counted = { sublinearTf: false, useIdf: false, norm: "none" } as const;

/** A text with what it teaches, and how much that counts. */
export interface LabelledText {
  text: string;
  genre: string;
  weight: number;
}

/** What n-grams have learnt of genres. */
export interface NgramLearner {
  /** Probabilities, [text][label]; a label that was not learnt has 0. */
  answer(texts: readonly string[], labels: readonly string[]): Float64Array[];
  /** How many terms it knows. */
  terms: number;
}

/**
 * Learns genres by n-grams: logistic regression on TF-IDF, or naive Bayes on counts.
 *
 * @throws RangeError on no texts, or texts without any word
 */
export async function learnNgrams(
  rows: readonly LabelledText[],
  { learner = "logistic", ...options }:
    & { learner?: "logistic" | "bayes" }
    & Pick<LogisticRegressionOptions, "tolerance" | "onIteration"> = {},
): Promise<NgramLearner> {
  const isBayes = learner === "bayes";
  const { vectorizer, matrix } = fitNgrams(rows.map(({ text }) => text), isBayes ? counted : {});
  const genres = rows.map(({ genre }) => genre), sampleWeight = rows.map(({ weight }) => weight);
  const model = isBayes
    ? fitNaiveBayes(matrix, genres, { sampleWeight })
    : await fitLogisticRegression(matrix, genres, { C: ngramC, sampleWeight, ...options });
  return {
    answer: (texts, labels) =>
      alignProbabilities(
        linearProbabilities(model, transformTexts(vectorizer, texts)),
        model.classes,
        labels,
      ),
    terms: matrix.columns,
  };
}

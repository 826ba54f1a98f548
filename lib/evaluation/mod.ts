/**
 * How good is a classifier, and better than what? Metrics that agree with scikit-learn, intervals, tests of a difference, calibration.
 * The baselines of words (TF-IDF with logistic regression, naive Bayes) are fitted here too, as scikit-learn fits them.
 * Everything takes plain arrays: labels (names or class indices) and rows of probabilities.
 *
 * @module
 */
export { argmax, type Estimate, percentile } from "../ground/pure.ts";
export { checkLengths, checkProbabilities, checkRows, labelsOf, softmax } from "./labels.ts";
export type { Label, Labels, Rows } from "./labels.ts";
export * from "./accuracy.ts";
export * from "./confusion.ts";
export { classificationReport, creditedGenres, macroF1, macroF1Name, reportText } from "./report.ts";
export type { ClassificationReport, LabelScores, ReportOptions, Scores } from "./report.ts";
export * from "./probabilities.ts";
export * from "./calibration.ts";
export * from "./proportion.ts";
export * from "./resampling.ts";
export * from "./significance.ts";
export * from "./paired.ts";
export * from "./multilabel.ts";
export * from "./tfidf.ts";
export * from "./sparse.ts";
export * from "./logistic_regression.ts";
export type { LbfgsProgress } from "./lbfgs.ts";
export * from "./naive_bayes.ts";
export * from "./ngrams.ts";

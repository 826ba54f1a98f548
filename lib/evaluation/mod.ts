/**
 * How good is a classifier, and better than what? Metrics that agree with scikit-learn, intervals, tests of a difference, calibration.
 * The baselines of words (TF-IDF with logistic regression, naive Bayes) are fitted here too, as scikit-learn fits them.
 * Everything takes plain arrays: labels (names or class indices) and rows of probabilities.
 *
 * @module
 */
export { argmax, checkLengths, checkProbabilities, checkRows, labelsOf, softmax } from "./labels.ts";
export type { Label, Labels, Rows } from "./labels.ts";
export {
  accuracy,
  accuracyByGroup,
  correctness,
  instanceAccuracy,
  instanceAccuracyLabel,
  songAccuracyLabel,
} from "./accuracy.ts";
export type { GroupAccuracy, LabelledAccuracy } from "./accuracy.ts";
export { confusionMatrix, mostConfused } from "./confusion.ts";
export type { ConfusedPair, ConfusionMatrix } from "./confusion.ts";
export { classificationReport, creditedGenres, macroF1, macroF1Name, reportText } from "./report.ts";
export type { ClassificationReport, LabelScores, ReportOptions, Scores } from "./report.ts";
export { alignProbabilities } from "./probabilities.ts";
export { applyTemperature, expectedCalibrationError, fitTemperature } from "./calibration.ts";
export type { ReliabilityBin, TemperatureFit } from "./calibration.ts";
export type { Estimate } from "./estimate.ts";
export { wilsonInterval } from "./proportion.ts";
export { bootstrapInterval, mcNemar, percentile } from "./resampling.ts";
export type { McNemar } from "./resampling.ts";
export { holmCorrection, pairedTest } from "./significance.ts";
export type { PairedTest, RightCounts } from "./significance.ts";
export { pairedInterval, studentTQuantile } from "./paired.ts";
export type { PairedInterval } from "./paired.ts";
export { applyThresholds, fitThresholds, multilabelScores } from "./multilabel.ts";
export type { MultilabelScores } from "./multilabel.ts";
export { fitNgrams, fitTfidf, termsOf, transformTexts } from "./tfidf.ts";
export type { SparseMatrix, TfidfOptions, TfidfVectorizer } from "./tfidf.ts";
export { selectRows, sideBySide, sparseMatrix } from "./sparse.ts";
export type { SparseRow } from "./sparse.ts";
export { decisionScores, fitLogisticRegression, linearProbabilities } from "./logistic_regression.ts";
export type { LogisticRegression, LogisticRegressionOptions } from "./logistic_regression.ts";
export type { LbfgsProgress } from "./lbfgs.ts";
export { fitNaiveBayes, naiveBayesProbabilities } from "./naive_bayes.ts";
export type { MultinomialNaiveBayes } from "./naive_bayes.ts";
export { majorityShares } from "./baselines.ts";

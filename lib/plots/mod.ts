/**
 * One function a figure: plain data in, a Plotly figure (`{ data, layout }`) out; where there is nothing to draw, a figure that says so.
 * Titles and axes are in Korean and English, colours and type face the same in all.
 * Nothing is drawn here: `show` of lib/notebook shows figures.
 *
 * @module
 */
export { both, gatheredName, grouped, percent, shownAndGathered } from "./figure.ts";
export type { Estimate, Figure } from "./figure.ts";
export { genreByArtist, genreDistribution, lyricLengths, songsByYear, tokenLengths } from "./songs.ts";
export type { WithGenres } from "./songs.ts";
export { lossCurve } from "./training.ts";
export type { EvaluationPoint, StepPoint } from "./training.ts";
export { alphaCurve, confusionMatrix, modelComparison, perGenreScores } from "./evaluation.ts";
export type { AlphaSeries, ComparedModel } from "./evaluation.ts";
export { groupAccuracy, learningCurve, methodsByGroup, reliability } from "./analysis.ts";
export type { AccuracyGroup, LearningSeries, ReliabilitySeries } from "./analysis.ts";
export { accuracyByCost } from "./search.ts";
export type { CostedModel } from "./search.ts";
export { contributions } from "./columns.ts";
export type { Contribution } from "./columns.ts";

/**
 * Ideas beyond the lyrics: the artist as a prior on the genre.
 *
 * @module
 */
export {
  ARTIST_BUCKETS,
  artistBonus,
  artistBuckets,
  artistMajority,
  artistProbabilities,
  fitAlpha,
  fitArtistPrior,
  knownGenreBonus,
  mendedRule,
  naiveRule,
  withBonus,
} from "./artist_prior.ts";
export type { AlphaFit, AlphaPoint, ArtistPrior, ArtistSongs, Bonus, SongGenres } from "./artist_prior.ts";
export { compareArtistIdeas, comparisonText } from "./artist_comparison.ts";
export type { ArtistComparison, ArtistIdeaResult, ScoredSongs } from "./artist_comparison.ts";
export {
  artistBucketSeries,
  type ArtistFile,
  artistFile,
  artistGroups,
  artistIdea,
  artistIdeaOnSplit,
  artistIdeaOnSplits,
  type ArtistMethod,
  artistResult,
  artistRuns,
  type ArtistSplitFile,
  type ArtistSplitResult,
  type ArtistSplits,
  artistSplitSeries,
  artistSplitTable,
  type LyricsModel,
  regressionLyricsModel,
  transformerLyricsModel,
} from "./artist_splits.ts";
export { accuracyOfGroups, type GroupOfSongs, rightSongs, type SongGroups } from "./song_groups.ts";
export {
  calibrateSongs,
  type CalibrationFigures,
  calibrationTable,
  type JudgedSongs,
  type SongCalibration,
} from "./song_calibration.ts";
export { hardestSongs, hardestTable, type HardSong } from "./hardest_songs.ts";
export { predictionsAfterTraining, type SideTrainingOptions, type SongSides } from "./side_training.ts";
export { type EvaluationBudget, evaluationBudget } from "./evaluation_budget.ts";
export { type EvaluationFile, writeResults } from "./evaluation_file.ts";
export {
  compareSeveralGenres,
  compareSeveralGenresOf,
  genreSets,
  type GenreSetScores,
  measureSets,
  modelsOfGenres,
  regressionOfGenres,
  SEVERAL_GENRES_NAMES,
  SEVERAL_GENRES_WAYS,
  type SeveralGenresComparison,
  type SeveralGenresFile,
  type SeveralGenresModel,
  type SeveralGenresResult,
  severalGenresSeries,
  severalGenresTable,
  severalGenresText,
  type SeveralGenresWay,
  transformerOfGenres,
} from "./several_genres.ts";
export {
  type Learner,
  type LearningCurve,
  learningCurves,
  type LearningPoint,
  regressionLearner,
  transformerLearner,
} from "./learning_curve.ts";
export {
  COLUMN_NAMES,
  COLUMN_PARTS,
  type ColumnBlocks,
  columnBlocks,
  type ColumnPart,
  type ColumnsModel,
  type ColumnsModelOptions,
  columnsProbabilities,
  type ColumnVectorizer,
  fitColumns,
  fitColumnsModel,
  latinShare,
} from "./columns.ts";
export {
  type ColumnsComparison,
  type ColumnsProgress,
  type ColumnsResult,
  columnsTable,
  compareColumns,
  whatPartsAdd,
  writeColumns,
} from "./columns_comparison.ts";
export { scoreSongs, type SongScores } from "./song_scores.ts";
export { fitStacking, type Members, stackedProbabilities, type Stacking } from "./stacking.ts";
export {
  type Combination,
  type CombinationKey,
  type Combinations,
  combine,
  type CombinedSongs,
} from "./combination.ts";
export { compareFolds, type FoldComparison, type FoldMethod, type FoldScores, foldsText } from "./folds.ts";
export {
  artistSongsOf,
  judge,
  judgeBaselines,
  type Verdict,
  verdictTable,
  writeVerdicts,
} from "./verdict.ts";
export {
  type Answer,
  type Answerer,
  type AnswererOptions,
  answererRecipe,
  answerFreely,
  type AnswerOptions,
  answerSongs,
  loadAnswerer,
  type QaTraining,
  trainAnswerer,
} from "./qa.ts";
export { judgeAnswers, judgeContexts, promptText, qaContexts } from "./qa_comparison.ts";
export { type QaField, qaFields, type QaFormat, type QaPrompt, qaPrompt } from "./qa_prompt.ts";
export {
  SEARCH_BASELINES,
  SEARCH_MODELS,
  type SearchCallback,
  searchModels,
  type SearchOptions,
} from "./model_search.ts";
export { type SearchBudget, searchBudget, searchedModels } from "./search_budget.ts";
export { SEARCH_FILE } from "./search_file.ts";
export {
  comparisonTable,
  type ModelSearch,
  type SearchComparison,
  type SearchedModel,
  type SearchIdentity,
  type SearchRun,
  type SearchStart,
  searchTable,
} from "./search_results.ts";

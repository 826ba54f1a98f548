/**
 * Trials: a method, a split and a seed give predictions, kept in a file named after everything that decides them. Every comparison (the
 * model search, learning curves, the artist idea, songs of several genres, all columns, folds) is a plan of trials and a pure function
 * of their predictions.
 *
 * @module
 */
export {
  type Answers,
  type Cost,
  type Method,
  type NetworkMethod,
  type Predictions,
  type RunContext,
  type Sides,
  type SongWay,
  type Trial,
  words,
  type WordsMethod,
} from "./trial.ts";
export { bilingual, type Name, nameOf } from "./names.ts";
export { fingerprint, memoryStore, type TrialStore, trialStore } from "./store.ts";
export {
  here,
  noteTrial,
  type Runner,
  type RunOptions,
  runTrial,
  runTrials,
  type TrialListener,
  type TrialPlan,
} from "./run.ts";
export {
  genreSets,
  genreShares,
  rightSongs,
  scoreSongs,
  type SongGenres,
  type SongScores,
} from "./scores.ts";
export { judge, judgeBaselines, type Verdict, verdictTable, writeVerdicts } from "./verdict.ts";
export { type ArtistFile, type EvaluationFile, type SeveralGenresFile, writeResults } from "./files.ts";
export {
  type EvaluationBudget,
  evaluationBudget,
  type SearchBudget,
  searchBudget,
  searchedModels,
} from "./budget.ts";
export {
  type AlphaFit,
  type AlphaPoint,
  ARTIST_BUCKETS,
  artistBonus,
  artistBuckets,
  artistMajority,
  type ArtistPrior,
  artistPriorOf,
  artistProbabilities,
  type ArtistSongs,
  artistSongsOf,
  type Bonus,
  fitAlpha,
  fitArtistPrior,
  knownGenreBonus,
  mendedRule,
  naiveRule,
  withBonus,
} from "./joined/artist_prior.ts";
export {
  type ArtistComparison,
  type ArtistIdea,
  type ArtistIdeaResult,
  artistResult,
  compareArtistIdeas,
} from "./joined/artist_ideas.ts";
export { type Combination, type CombinationKey, type Combinations, combine } from "./joined/combination.ts";
export { fitStacking, type Members, stackedProbabilities, type Stacking } from "./joined/stacking.ts";
export {
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
} from "./methods/columns.ts";
export {
  calibrateSongs,
  type CalibrationFigures,
  calibrationTable,
  type JudgedSongs,
  type SongCalibration,
} from "./closer_look/calibration.ts";
export { hardestSongs, hardestTable, type HardSong } from "./closer_look/hardest_songs.ts";
export { accuracyOfGroups, type GroupOfSongs, type SongGroups } from "./closer_look/song_groups.ts";
export {
  alphaSeries,
  artistBucketSeries,
  artistIdeaOnSplits,
  artistRuns,
  artistSplitSeries,
  artistSplitTable,
  artistTable,
  type GroupSeries,
} from "./plans/artists.ts";
export {
  type Learner,
  type LearningCurve,
  learningCurves,
  type LearningPoint,
} from "./plans/learning_curve.ts";
export {
  compareSeveralGenres,
  type GenreSetScores,
  measureSets,
  type SeveralGenresComparison,
  type SeveralGenresResult,
  severalGenresSeries,
  severalGenresTable,
  severalGenresText,
} from "./plans/several_genres.ts";
export {
  type ColumnsComparison,
  columnsMethods,
  type ColumnsResult,
  columnsTable,
  compareColumns,
  whatPartsAdd,
} from "./plans/columns.ts";
export {
  type ChosenWeights,
  compareFolds,
  FOLD_BASELINE,
  foldBaselines,
  type FoldComparison,
  type FoldMethod,
  foldMethods,
  type FoldScores,
  foldsText,
} from "./plans/folds.ts";
export { SEARCH_FILE, searchModels, type SearchOptions } from "./plans/search.ts";
export {
  comparisonTable,
  type ModelSearch,
  type SearchComparison,
  type SearchedModel,
  type SearchIdentity,
  type SearchStart,
  searchTable,
} from "./plans/search_results.ts";

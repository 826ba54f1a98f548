/**
 * A trial: a method, a split and a seed give predictions, kept in a file named after everything that decides them.
 * Every comparison (model search, learning curves, the artist idea, several genres, all columns, folds) is a plan of trials and a pure function
 * of their predictions, with one meaning of "right", one interval and one name for each method.
 *
 * @module
 */
export * from "./trial.ts";
export type { FitProgress } from "../evaluation/mod.ts";
export { artistIdeaNames, bilingual, type Name, nameOf, sourceName, wayNames } from "./names.ts";
export {
  fileNameOf,
  filesFingerprint,
  fingerprint,
  memoryStore,
  type TrialStore,
  trialStore,
} from "./store.ts";
export * from "./run.ts";
export * from "./cluster/ray.ts";
export * from "./scores.ts";
export * from "./tables.ts";
export * from "./verdict.ts";
export * from "./files.ts";
export { writeResults } from "./store.ts";
export * from "./budget.ts";
export * from "./methods/columns.ts";
export * from "./joined/artist_prior.ts";
export * from "./joined/artist_ideas.ts";
export * from "./joined/combination.ts";
export * from "./joined/mean.ts";
export * from "./joined/stacking.ts";
export * from "./closer_look/calibration.ts";
export * from "./closer_look/hardest_songs.ts";
export * from "./closer_look/song_groups.ts";
export * from "./plans/artists.ts";
export * from "./plans/learning_curve.ts";
export * from "./plans/several_genres.ts";
export * from "./plans/columns.ts";
export * from "./plans/folds.ts";
export * from "./plans/search.ts";
export * from "./plans/search_results.ts";

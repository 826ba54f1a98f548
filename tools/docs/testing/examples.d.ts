/**
 * What the examples of doc comments and pages speak of without making it: songs, a model, what it says; and the functions of other rooms that
 * they are passed through, all of which the rooms' `mod.ts` export.
 */
import type pl from "nodejs-polars";
import type * as Engine from "../../../lib/engine/mod.ts";
import type * as Evaluation from "../../../lib/evaluation/mod.ts";
import type * as Ground from "../../../lib/ground/mod.ts";
import type * as Models from "../../../lib/models/mod.ts";
import type * as Notebook from "../../../lib/notebook/mod.ts";
import type * as Plots from "../../../lib/plots/mod.ts";
import type * as Qa from "../../../lib/qa/mod.ts";
import type * as Songs from "../../../lib/songs/mod.ts";
import type * as Tokenizer from "../../../lib/tokenizer/mod.ts";
import type * as Training from "../../../lib/training/mod.ts";
import type * as Trials from "../../../lib/trials/mod.ts";

declare global {
  // tables of songs, and songs
  const songs: pl.DataFrame, train: pl.DataFrame, validation: pl.DataFrame, test: pl.DataFrame;
  const song: Songs.Song, sides: Trials.Sides, lyrics: string[];
  const genres: string[], labels: string[];

  // a model, and what it learns by
  const model: Models.Model, tokenizer: Tokenizer.Tokenizer, classifier: Training.Classifier;
  const answerer: Qa.Answerer, recipe: Training.Recipe, options: Notebook.Settings, run: Training.TrainingRun;

  // what models say of songs: a row of probabilities or logits each
  const probabilities: number[][], logits: number[][], truth: string[], answers: string[];

  const startEngine: typeof Engine.startEngine;
  const UserError: typeof Ground.UserError;
  const createModel: typeof Models.createModel, loadCheckpoint: typeof Models.loadCheckpoint;
  const tokenBatch: typeof Models.tokenBatch;
  const cleanSongs: typeof Songs.cleanSongs, genresOf: typeof Songs.genresOf;
  const readSongs: typeof Songs.readSongs, songRows: typeof Songs.songRows;
  const correctness: typeof Evaluation.correctness, fitNgrams: typeof Evaluation.fitNgrams;
  const transformTexts: typeof Evaluation.transformTexts;
  const songExamplesOf: typeof Training.songExamplesOf, trainableOf: typeof Training.trainableOf;
  const fineTune: typeof Training.fineTune, loadClassifier: typeof Training.loadClassifier;
  const loadLanguageModel: typeof Training.loadLanguageModel;
  const quickRecipe: typeof Training.quickRecipe, studyRecipe: typeof Training.studyRecipe;
  const genreDistribution: typeof Plots.genreDistribution, lossCurve: typeof Plots.lossCurve;
  const columnParts: typeof Trials.columnParts,
    nameOf: typeof Trials.nameOf,
    runTrials: typeof Trials.runTrials,
    searchModels: typeof Trials.searchModels,
    words: typeof Trials.words;
  const trialStore: typeof Trials.trialStore, verdictTable: typeof Trials.verdictTable;
  const settings: typeof Notebook.settings, show: typeof Notebook.show;
}

/**
 * From songs or texts to a trained model: examples and batches, the recipe, the loop, checkpoints that a cut-off run goes on from.
 * Classifiers of genres and language models are loaded, fine-tuned or pretrained, saved in Hugging Face's layout, and asked.
 * The loop (`trainer.ts`) knows a model only as a `Trainable`: parameters, a loss, a way to save.
 *
 * @module
 */
export * from "./batches.ts";
export * from "./default_recipe.ts";
export * from "./classify.ts";
export { makePlan, type Plan, seenIn, stepsOf, weightsFingerprint } from "./plan.ts";
export {
  breathe,
  evaluateExamples,
  evaluateTokens,
  type Evaluation,
  type TokenEvaluation,
} from "./evaluate.ts";
export {
  checkTrainable,
  checkTrained,
  type Classifier,
  type ClassifierOptions,
  loadClassifier,
  paddingOf,
  readingOf,
  saveClassifier,
  setThresholds,
  thresholdsOf,
  trainableOf,
} from "./classifier.ts";
export * from "./fine_tune.ts";
export { examplesOf, songExamplesOf } from "./song_examples.ts";
export { bundledTokenizer, type SourceOptions, tokenizerOf } from "./sources.ts";
export * from "./language_model.ts";
export { setAside } from "./folders.ts";
export { adaptFor, type Origin } from "./freeze.ts";
export * from "./examples.ts";
export { foreseeMemory, type MemoryForecast } from "./memory.ts";
export * from "./model_card.ts";
export * from "./pretrain.ts";
export * from "./recipe.ts";
export { learningRateFactor } from "./learner.ts";
export * from "./text_cache.ts";
export * from "./text_files.ts";
export * from "./text_rows.ts";
export * from "./trainer.ts";
export * from "./types.ts";
export * from "./word_vectors.ts";
export { type Reading, textReader, type TextRows, tokensHeld, windowsOf } from "./windows.ts";
export { checkUnknownTokens, sayUnknown, type TokenCounts } from "./unknown_tokens.ts";

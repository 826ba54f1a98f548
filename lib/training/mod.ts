/**
 * Training: recipes, batches, the loop, checkpoints; and `fineTune`, which joins songs, tokenizer and model.
 *
 * @module
 */
export * from "./batches.ts";
export { evaluateExamples, type Evaluation } from "./evaluate.ts";
export * from "./fine_tune.ts";
export * from "./recipe.ts";
export * from "./schedule.ts";
export * from "./trainer.ts";
export * from "./types.ts";

/** Training: batches, recipe, schedule, the loop, checkpoints; songs, tokenizer and model joined. */
export * from "./batches.ts";
export { type TrainingState } from "./checkpoint.ts";
export { evaluateExamples, type Evaluation } from "./evaluate.ts";
export * from "./fine_tune.ts";
export { foreseeMemory, type MemoryForecast } from "./memory.ts";
export { type CardData, modelCard } from "./model_card.ts";
export * from "./recipe.ts";
export * from "./schedule.ts";
export { train } from "./trainer.ts";
export * from "./types.ts";

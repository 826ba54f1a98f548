/**
 * Songs as questions: a causal language model reads a song's columns and is held to the genres as answers.
 *
 * @module
 */
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
} from "./answerer.ts";
export { judgeAnswers, judgeContexts, promptText, qaContexts } from "./contexts.ts";
export { type QaField, qaFields, type QaFormat, type QaPrompt, qaPrompt } from "./prompt.ts";

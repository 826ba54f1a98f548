/**
 * Songs as questions: a causal language model reads a song's columns, some or all, and is taught to say its genres.
 * Genres are ranked by the likelihood of their answer, so that every song gets one; what a model says freely can be read too.
 * It trains once for many contexts, so it stands beside the trials and gives its answers to their scores.
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

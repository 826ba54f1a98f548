/**
 * Songs as questions: a causal language model reads a song's columns, some or all, and is taught to say its genres.
 * Genres are ranked by the likelihood of their answer, so that every song gets one; what a model says freely can be read too.
 * It trains once for many contexts, so it stands beside the trials and gives its answers to their scores.
 *
 * @module
 */
export * from "./answerer.ts";
export * from "./contexts.ts";
export { type QaField, qaFields, type QaFormat, type QaPrompt, qaPrompt } from "./prompt.ts";

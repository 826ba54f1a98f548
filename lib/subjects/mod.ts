/**
 * What each notebook is about, one file a subject: a call that runs it with its progress, keeps its results and can be stopped; its
 * tables and figures; and a sentence, computed from the run, that says what came out.
 * The report says and draws the same.
 *
 * @module
 */
export * from "./korean.ts";
export * from "./work.ts";
export * from "./reading.ts";
export * from "./table_of_songs.ts";
export * from "./search.ts";
export * from "./training.ts";
export * from "./evaluation.ts";
export * from "./artist.ts";
export * from "./columns.ts";
export * from "./several_genres.ts";
export * from "./questions.ts";

/**
 * What every room may use, and nothing of songs or models: errors that a person can mend, files that are whole or not there, a folder that one
 * process writes to, fingerprints, the nearest of known names, what is said in Korean, too, rules for values, differences, sums, seeded random numbers. It imports no other room.
 * `pure.ts` is its other door: what of it touches nothing of Deno or Node, for the rooms that run in a browser too.
 *
 * @module
 */
export * from "./pure.ts";
export * from "./files.ts";
export * from "./fingerprint.ts";
export * from "./growing_file.ts";
export * from "./lines.ts";
export * from "./lock.ts";
export * from "./near_path.ts";
export { phrases } from "./phrase_book.ts";
export { inBoth, tell } from "./phrases.ts";

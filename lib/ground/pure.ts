/**
 * What of this room needs neither Deno nor Node: the door for what runs in a browser.
 *
 * @module
 */
export { differences } from "./differences.ts";
export { UserError } from "./errors.ts";
export { didYouMean, nearestOf, nearOf } from "./nearest.ts";
export {
  generator,
  normalValues,
  permutation,
  type Random,
  type RandomKey,
  randomKey,
  seededRandom,
  shuffled,
} from "./random.ts";
export { textTable } from "./text_table.ts";
export { holds, orList, type Rule, wanted } from "./values.ts";

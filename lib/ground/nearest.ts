/** The nearest of known names to one that is not known. */
import { distance } from "fastest-levenshtein";

/**
 * A hint for an error's end: ` (did you mean "kobert-small"?)`, or nothing where no known word is near: more than half of the letters would
 * have to change.
 *
 * @example
 * ```ts
 * const genre = "발라두";
 * throw new UserError(`There is no genre ${genre}${didYouMean(genre, ["발라드", "댄스"])}.`);
 * ```
 */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearOf(word, known);
  return near === undefined ? "" : ` (did you mean "${near}"?)`;
}

/** The known word that takes the fewest changed letters from the given one, case aside, where at most half of the letters would have to change. */
export function nearOf(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined, least = Infinity;
  for (const candidate of known) {
    const changes = distance(word.toLowerCase().normalize(), candidate.toLowerCase().normalize());
    if (changes < least && changes <= Math.max(word.length, candidate.length) / 2) {
      [best, least] = [candidate, changes];
    }
  }
  return best;
}

/** Two methods on the same songs: how much better, and could it be chance? */
import { bootstrapInterval, type Estimate, mcNemar } from "../evaluation/mod.ts";

/** A method beside another one. */
export interface Beside {
  /** Songs that it got right and the other wrong, and the other way round. */
  mended: number;
  spoilt: number;
  /** McNemar's exact p of the two. */
  p: number;
}

/** @param correct whether each song was right, as {@link scoreSongs} says */
export function beside(correct: readonly boolean[], other: readonly boolean[]): Beside {
  const { onlyFirst, onlySecond, exactP } = mcNemar(correct, other);
  return { mended: onlyFirst, spoilt: onlySecond, p: exactP };
}

/**
 * Accuracy of the first minus the second's, with its paired bootstrap interval.
 *
 * @param seed of the bootstrap
 */
export function difference(first: readonly boolean[], second: readonly boolean[], seed: number): Estimate {
  const gain = first.map((right, i) => Number(right) - Number(second[i]));
  return bootstrapInterval(
    gain.length,
    (songs) => songs.reduce((sum, song) => sum + gain[song]!, 0) / songs.length,
    { seed },
  );
}

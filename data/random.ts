/** What the composer draws: the same seed gives the same songs on any machine. */
import { seededRandom, shuffled } from "../lib/ground/pure.ts";

/** Choices by chance. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the items, each as likely. */
  pick<T>(items: readonly T[]): T;
  /** One of the items by their weights. */
  weighted<T>(items: readonly (readonly [T, number])[]): T;
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * Choices that follow from a seed.
 *
 * @example
 * ```ts
 * const random = seeded(7);
 * random.pick(["봄", "여름"]);
 * ```
 */
export function seeded(seed: number): Random {
  const next = seededRandom(seed);
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(items: readonly T[]): T => {
    const item = items[integer(0, items.length - 1)];
    if (item === undefined) throw new Error("pick: there is nothing to pick from");
    return item;
  };
  return {
    next,
    integer,
    pick,
    chance: (probability) => next() < probability,
    weighted: <T>(items: readonly (readonly [T, number])[]): T => {
      const total = items.reduce((sum, [, weight]) => sum + weight, 0);
      let rest = next() * total;
      for (const [item, weight] of items) {
        rest -= weight;
        if (rest < 0) return item;
      }
      const last = items.at(-1);
      if (last === undefined) throw new Error("weighted: there is nothing to pick from");
      return last[0];
    },
    shuffle: (items) => shuffled(items, next),
  };
}

/** Whether one model is really better than another, on the same examples. */
import { checkLengths } from "./labels.ts";

/** {@link pairedTest}'s result. */
export interface PairedTest {
  /** Examples that the first was right on more often, and the second; the others say nothing about a difference. */
  firstBetter: number;
  secondBetter: number;
  /** Share of right answers, the first's less the second's, -1 to 1. */
  difference: number;
  /** Two-sided exact p-value. */
  p: number;
}

/** How often a model was right on each example. */
export interface RightCounts {
  /** [examples], each from 0 to `runs`. */
  right: ArrayLike<number>;
  /** How often it was trained, by different seeds. */
  runs: number;
}

/**
 * Is one of two models really better on the same examples, where each was trained once or several times? The sign-flip
 * test (Fisher's randomization test for pairs): if both were equally good, each example's difference might as well have
 * the other sign, and `p` is the share of all 2ⁿ choices of signs whose sum is at least as far from 0 as the one seen.
 * It is exact, by adding up the distribution example by example. For models trained once it is McNemar's exact test.
 *
 * What it says is about examples drawn anew, for the trainings at hand. Examples must be independent: songs, not
 * instances of songs.
 *
 * @throws RangeError on empty or unequally long input, or counts outside 0 to the trainings
 * @example
 * ```ts
 * pairedTest({ right: [3, 2, 0], runs: 3 }, { right: [1, 0, 0], runs: 1 }).difference; // 5/9 - 1/3
 * ```
 */
export function pairedTest(first: RightCounts, second: RightCounts): PairedTest {
  const where = "pairedTest";
  const count = checkLengths(where, { "first.right": first.right, "second.right": second.right });
  for (const [name, { right, runs }] of Object.entries({ first, second })) {
    if (!(Number.isInteger(runs) && runs > 0)) {
      throw new RangeError(`${where}: ${name}.runs is ${runs}; give the number of trainings, at least 1.`);
    }
    for (let i = 0; i < count; i++) {
      const times = right[i]!;
      if (Number.isInteger(times) && times >= 0 && times <= runs) continue;
      throw new RangeError(
        `${where}: ${name}.right[${i}] is ${times}; it must be a whole number from 0 to ${runs}.`,
      );
    }
  }
  // in units of 1 / (first.runs · second.runs), where all differences are whole
  const differences = Array.from(
    { length: count },
    (_, i) => first.right[i]! * second.runs - second.right[i]! * first.runs,
  );
  const sum = differences.reduce((total, difference) => total + difference, 0);
  return {
    firstBetter: differences.filter((difference) => difference > 0).length,
    secondBetter: differences.filter((difference) => difference < 0).length,
    difference: sum / (first.runs * second.runs * count),
    p: shareAtLeast(differences.map(Math.abs).filter((size) => size > 0), Math.abs(sum)),
  };
}

/** The share of all choices of signs by which the sizes add up to at least `distance`, or to at most its negative. */
function shareAtLeast(sizes: readonly number[], distance: number): number {
  const most = sizes.reduce((total, size) => total + size, 0);
  // [sum + most] is the share of choices with that sum
  let shares = new Float64Array(2 * most + 1);
  shares[most] = 1;
  for (const size of sizes) {
    const next = new Float64Array(shares.length);
    shares.forEach((share, place) => {
      if (share === 0) return;
      next[place - size]! += share / 2;
      next[place + size]! += share / 2;
    });
    shares = next;
  }
  let total = 0;
  shares.forEach((share, place) => {
    if (Math.abs(place - most) >= distance) total += share;
  });
  return Math.min(1, total);
}

/**
 * Holm's correction (Holm 1979): p-values of several tests, raised so that the chance of even one wrong "it is different"
 * stays below the level they are read at. The smallest is multiplied by the number of tests, the next by one less, and so
 * on; none falls below one before it or rises above 1.
 *
 * @returns corrected p-values, in the order given
 * @throws RangeError for a p-value that is no share
 * @example
 * ```ts
 * holmCorrection([0.01, 0.04, 0.03]); // [0.03, 0.06, 0.06]
 * ```
 */
export function holmCorrection(pValues: readonly number[]): number[] {
  pValues.forEach((p, i) => {
    if (!(p >= 0 && p <= 1)) {
      throw new RangeError(`holmCorrection: p-value ${i} is ${p}; p-values go from 0 to 1.`);
    }
  });
  const corrected = new Array<number>(pValues.length);
  let least = 0;
  pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!).forEach((test, rank) => {
    least = Math.max(least, Math.min(1, pValues[test]! * (pValues.length - rank)));
    corrected[test] = least;
  });
  return corrected;
}

/** Intervals by resampling, and McNemar's test. */
import { type Estimate, percentile, seededRandom } from "../ground/pure.ts";
import { checkLengths, type Labels } from "./labels.ts";

/** How sure an interval is. */
const level = 0.95;

/**
 * A percentile bootstrap interval for any statistic of examples: resample the examples with replacement, take the
 * statistic of each resample, and keep the middle 95 % (Efron and Tibshirani, An Introduction to the Bootstrap, 13.3;
 * percentiles interpolated linearly, as numpy's).
 *
 * For the difference of two models let the statistic take both on the same indices: that pairs them, and is far sharper
 * than comparing two intervals.
 *
 * @param count number of examples
 * @param statistic takes indices into the examples (with repeats), gives a number
 * @param options.samples number of resamples, 1,000 by default
 * @param options.seed the same seed gives the same interval; 0 by default
 * @param options.groups the group of each example (a song of several instances): whole groups are resampled, since
 *   examples of one group are not independent
 * @throws RangeError on no examples, bad options, or a statistic that is not a number
 * @example
 * ```ts
 * const right = correctness(truth, answers);
 * bootstrapInterval(right.length, (rows) => rows.filter((i) => right[i]).length / rows.length, { seed: 7 });
 * ```
 */
export function bootstrapInterval(
  count: number,
  statistic: (indices: Int32Array) => number,
  options: { samples?: number; seed?: number; groups?: Labels } = {},
): Estimate {
  const { samples = 1000, seed = 0, groups } = options;
  const where = "bootstrapInterval";
  if (!(Number.isInteger(count) && count > 0)) {
    throw new RangeError(`${where}: count is ${count}; there must be at least one example to resample.`);
  }
  if (!(Number.isInteger(samples) && samples > 0)) {
    throw new RangeError(`${where}: samples is ${samples}; give at least 1.`);
  }
  const members = groups ? groupMembers(where, count, groups) : undefined;
  const measure = (indices: Int32Array) => {
    const value = statistic(indices);
    if (Number.isNaN(value)) {
      throw new RangeError(`${where}: the statistic gave NaN on a resample of ${indices.length}.`);
    }
    return value;
  };
  const random = seededRandom(seed);
  const units = members?.length ?? count;
  const drawn = new Int32Array(units);
  const values = Float64Array.from({ length: samples }, () => {
    for (let i = 0; i < units; i++) drawn[i] = Math.floor(random() * units);
    return measure(
      members ? Int32Array.from(Array.from(drawn, (group) => members[group]!).flat()) : drawn.slice(),
    );
  }).sort();
  return {
    value: measure(Int32Array.from({ length: count }, (_, i) => i)),
    low: percentile(values, (1 - level) / 2),
    high: percentile(values, (1 + level) / 2),
  };
}

function groupMembers(where: string, count: number, groups: Labels): number[][] {
  if (groups.length !== count) {
    throw new RangeError(
      `${where}: count is ${count} but groups has ${groups.length} entries; give one per example.`,
    );
  }
  return [...Map.groupBy(Array(count).keys(), (i) => groups[i]).values()];
}

/** {@link mcNemar}'s result. */
export interface McNemar {
  /** Examples that only the first model got right, and only the second. The others say nothing about a difference. */
  onlyFirst: number;
  onlySecond: number;
  /** Two-sided exact p-value: a fair coin's chance of a split at least this uneven. */
  exactP: number;
}

/**
 * McNemar's test: is one of two models really better, on the same examples? (McNemar 1947.) The examples must be independent: songs, not instances of songs.
 *
 * @param firstCorrect whether the first model got each example right ({@link correctness})
 * @param secondCorrect the same for the second model
 * @throws RangeError on empty or unequally long input
 * @example
 * ```ts
 * const kobert = ["댄스", "발라드"], baseline = ["댄스", "댄스"];
 * mcNemar(correctness(truth, kobert), correctness(truth, baseline)).exactP < 0.05;
 * ```
 */
export function mcNemar(firstCorrect: ArrayLike<boolean>, secondCorrect: ArrayLike<boolean>): McNemar {
  checkLengths("mcNemar", { firstCorrect, secondCorrect });
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let i = 0; i < firstCorrect.length; i++) {
    if (firstCorrect[i] && !secondCorrect[i]) onlyFirst++;
    if (!firstCorrect[i] && secondCorrect[i]) onlySecond++;
  }
  return {
    onlyFirst,
    onlySecond,
    exactP: binomialTwoSided(Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond),
  };
}

/** Twice the chance of `successes` (at most half of `trials`) or fewer out of `trials` fair coin tosses, at most 1. */
function binomialTwoSided(successes: number, trials: number): number {
  let logChoose = 0, tail = 0;
  for (let k = 0; k <= successes; k++) {
    tail += Math.exp(logChoose - trials * Math.LN2);
    logChoose += Math.log((trials - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

/** Intervals by resampling, and McNemar's test. */
import { seededRandom } from "../ground/pure.ts";
import type { Estimate } from "./estimate.ts";
import { checkLengths, type Labels } from "./labels.ts";
import { binomialTwoSided, chiSquareTail } from "./distributions.ts";

/** {@link bootstrapInterval}'s result; its value is the statistic of the data itself. */
export interface BootstrapInterval extends Estimate {
  /** Standard deviation of the resampled statistics. */
  standardError: number;
  /** Share of the resamples the interval holds: 0.95. */
  level: number;
  samples: number;
}

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
 * @param options.level 0.95 by default
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
  options: { samples?: number; level?: number; seed?: number; groups?: Labels } = {},
): BootstrapInterval {
  const { samples = 1000, level = 0.95, seed = 0, groups } = options;
  const where = "bootstrapInterval";
  if (!(Number.isInteger(count) && count > 0)) {
    throw new RangeError(`${where}: count is ${count}; there must be at least one example to resample.`);
  }
  if (!(Number.isInteger(samples) && samples > 0) || !(level > 0 && level < 1)) {
    throw new RangeError(
      `${where}: samples is ${samples} and level ${level}; give at least 1 sample and 0 < level < 1.`,
    );
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
  const mean = values.reduce((sum, value) => sum + value, 0) / samples;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    value: measure(Int32Array.from({ length: count }, (_, i) => i)),
    low: percentile(values, (1 - level) / 2),
    high: percentile(values, (1 + level) / 2),
    standardError: samples > 1 ? Math.sqrt(squares / (samples - 1)) : 0,
    level,
    samples,
  };
}

function groupMembers(where: string, count: number, groups: Labels): number[][] {
  if (groups.length !== count) {
    throw new RangeError(
      `${where}: count is ${count} but groups has ${groups.length} entries; give one per example.`,
    );
  }
  const members = new Map<unknown, number[]>();
  for (let i = 0; i < count; i++) {
    const group = members.get(groups[i]);
    if (group) group.push(i);
    else members.set(groups[i], [i]);
  }
  return [...members.values()];
}

/**
 * The value below which a share of the sorted values lies, interpolated linearly between neighbours (numpy's default).
 *
 * @param sorted ascending
 * @param share 0 to 1
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/** {@link mcNemar}'s result. */
export interface McNemar {
  /** Examples that only the first model got right, and only the second. The others say nothing about a difference. */
  onlyFirst: number;
  onlySecond: number;
  /** Two-sided exact p-value: a fair coin's chance of a split at least this uneven. */
  exactP: number;
  /** (|onlyFirst − onlySecond| − 1)² / (onlyFirst + onlySecond), continuity-corrected; 0 when both are equal. */
  chiSquare: number;
  /** p-value of `chiSquare` with one degree of freedom. Good from about 25 differing examples; below, read `exactP`. */
  chiSquareP: number;
}

/**
 * McNemar's test: is one of two models really better, on the same examples? (McNemar 1947; continuity correction by
 * Edwards 1948.) The examples must be independent: songs, not instances of songs.
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
  const differing = onlyFirst + onlySecond;
  const gap = Math.abs(onlyFirst - onlySecond);
  const chiSquare = gap === 0 ? 0 : (gap - 1) ** 2 / differing;
  return {
    onlyFirst,
    onlySecond,
    exactP: binomialTwoSided(Math.min(onlyFirst, onlySecond), differing),
    chiSquare,
    chiSquareP: chiSquareTail(chiSquare),
  };
}

/** A share's interval. */
import type { Estimate } from "../ground/pure.ts";

/** The 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/**
 * A share and its 95 % interval by Wilson's score (1927): right answers out of so many. It stays within 0 and 1 and means
 * something for few examples and for shares of 0 or 1, where the textbook's ±1.96 standard errors does not.
 *
 * @param correct a whole number from 0 to `count`
 * @param count at least 1
 * @throws RangeError where the numbers are no such count
 * @example
 * ```ts
 * wilsonInterval(9, 10); // { value: 0.9, low: 0.596, high: 0.982 }
 * ```
 */
export function wilsonInterval(correct: number, count: number): Estimate {
  if (
    !(Number.isInteger(count) && count > 0 && Number.isInteger(correct) && correct >= 0 && correct <= count)
  ) {
    throw new RangeError(
      `wilsonInterval: ${correct} of ${count}; give whole numbers, 0 ≤ correct ≤ count, count > 0.`,
    );
  }
  const share = correct / count, square = Z * Z / count;
  const middle = (share + square / 2) / (1 + square);
  const half = Z / (1 + square) * Math.sqrt(share * (1 - share) / count + square / (4 * count));
  return {
    value: share,
    low: correct === 0 ? 0 : middle - half,
    high: correct === count ? 1 : middle + half,
  };
}

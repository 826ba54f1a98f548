/** The mean of paired differences with an interval by Student's t. */
import { type Estimate, meanOf } from "../ground/pure.ts";

/** {@link pairedInterval}'s result; its value is the mean of the values. */
export interface PairedInterval extends Estimate {
  /** Number of values: folds. */
  count: number;
}

/**
 * Mean of one number a fold with its 95 % interval by Student's t: mean ± t(0.975, folds − 1) · s / √folds. Given the
 * differences of two methods on the same folds, it is the paired interval of their difference.
 *
 * Folds of a cross-validation share training songs, so that the interval is a little too narrow (Nadeau and Bengio,
 * Inference for the Generalization Error, 2003): read a difference near its edge with care.
 *
 * @param values one a fold
 * @returns with a single value both bounds are infinite: one fold says nothing about the spread
 * @throws RangeError on no values, or a value that is not finite
 * @example
 * ```ts
 * pairedInterval([0.02, 0.03, 0.01, 0.02, 0.02]); // { value: 0.02, low: 0.0112…, high: 0.0287…, count: 5 }
 * ```
 */
export function pairedInterval(values: readonly number[]): PairedInterval {
  const count = values.length;
  if (count === 0 || values.some((value) => !Number.isFinite(value))) {
    throw new RangeError(
      `pairedInterval: the values are [${values.join(", ")}]; give a finite number a fold.`,
    );
  }
  const mean = meanOf(values);
  if (count === 1) return { value: mean, low: -Infinity, high: Infinity, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = studentTQuantile(0.975, count - 1) * Math.sqrt(variance / count);
  return { value: mean, low: mean - half, high: mean + half, count };
}

/**
 * The value that a Student's t variable stays below with the given probability.
 *
 * @param probability above 0 and below 1
 * @param degrees of freedom, a whole number of at least 1
 */
export function studentTQuantile(probability: number, degrees: number): number {
  if (probability < 0.5) return -studentTQuantile(1 - probability, degrees);
  let low = 0, high = 1;
  while (studentTCdf(high, degrees) < probability) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (studentTCdf(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T ≤ t) for t ≥ 0: the finite series for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4). */
function studentTCdf(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(theta), sine = Math.sin(theta);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < degrees; k += 2) {
    term *= cosine * cosine * (k - 1) / k;
    sum += term;
  }
  const central = isOdd ? 2 / Math.PI * (theta + sine * sum) : sine * sum;
  return (1 + central) / 2;
}

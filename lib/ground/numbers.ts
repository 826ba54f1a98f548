/** Rows of numbers: their sum, mean, largest place, scores as probabilities; a number with its interval; a count as people read it. */

/** A number with the interval that it may lie in: what every comparison gives and every figure takes. */
export interface Estimate {
  value: number;
  /** The bounds of the 95 % interval, unless another level is said. */
  low: number;
  high: number;
}

/** The numbers added up in their order; 0 of none. */
export function sumOf(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]!;
  return sum;
}

/** Their mean; NaN of none. */
export const meanOf = (numbers: ArrayLike<number>): number => sumOf(numbers) / numbers.length;

/** Index of the largest number; the first one of equals. */
export function argmax(row: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < row.length; k++) if (row[k]! > row[best]!) best = k;
  return best;
}

/** Scores as probabilities that sum to 1: the softmax, safe for large numbers. */
export function softmaxOf(row: ArrayLike<number>): Float64Array {
  const largest = row[argmax(row)] ?? 0;
  const powers = Float64Array.from(row, (score) => Math.exp(score - largest)), sum = sumOf(powers);
  return powers.map((power) => power / sum);
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

/** A count as people read it, in sentences, tables and figures alike: `1234` as `1,234`. */
export const grouped = (count: number): string => count.toLocaleString("en-US");

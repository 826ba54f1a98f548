/** A number with the interval that it may lie in: what every comparison gives and every figure takes. */
export interface Estimate {
  value: number;
  /** The bounds of the 95 % interval, unless another level is said. */
  low: number;
  high: number;
}

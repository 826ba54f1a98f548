/** Numbers as tables of this room write them. */
import type { Estimate } from "../evaluation/mod.ts";

/** A number and its interval: `0.565 [0.487, 0.643]`. */
export const estimateText = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

/** A p-value. */
export const pText = (p: number): string => p < 0.001 ? "< 0.001" : p.toFixed(3);

/** A difference of shares in points: `0.0123` as `+1.2`. */
export const pointsText = (difference: number): string =>
  `${difference < 0 ? "−" : "+"}${Math.abs(100 * difference).toFixed(1)}`;

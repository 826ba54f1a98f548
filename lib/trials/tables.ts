/** Numbers as tables of this room write them. */
import type { Estimate } from "../evaluation/mod.ts";

/** A number and its interval: `0.565 [0.487, 0.643]`. */
export const estimateText = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

/** A p-value. */
export const pText = (p: number): string => p < 0.001 ? "< 0.001" : p.toFixed(3);

/** A difference of shares in points: `0.0123` as `+1.2`, what rounds to nothing without a sign. */
export function pointsText(difference: number): string {
  const points = Math.abs(100 * difference).toFixed(1);
  return points === "0.0" ? points : `${difference < 0 ? "−" : "+"}${points}`;
}

/** A difference of shares and its interval, in points: `+1.2 [−0.5, +2.9]`; in words where nothing changed at all. */
export function differenceText(
  { value, low, high }: Readonly<Pick<Estimate, "value" | "low" | "high">>,
): string {
  if (value === 0 && low === 0 && high === 0) return "0.0 (차이 없음 · no difference)";
  // of one split there is no interval
  if (!Number.isFinite(low)) return pointsText(value);
  return `${pointsText(value)} [${pointsText(low)}, ${pointsText(high)}]`;
}

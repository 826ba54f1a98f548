/** Numbers as the report writes them. */
import { wilsonInterval } from "../../lib/evaluation/mod.ts";
import { percent } from "../../lib/plots/mod.ts";
import { estimateText } from "../../lib/trials/mod.ts";

/** A number from 0 to 1 with three decimals; a dash for none. */
export const score = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : value.toFixed(3);

/** A share of songs that were right, and Wilson's 95 % interval. */
export const shareWithInterval = ({ correct, count }: { correct: number; count: number }): string =>
  estimateText(wilsonInterval(correct, count));

/** `12345` as `12,345`. */
export { grouped } from "../../lib/ground/mod.ts";
export { percent };

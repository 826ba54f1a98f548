/** Figures of interleaved measurements. */

/** The middle value; the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("A median needs values.");
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** How two series compare that were measured in turn. */
export interface Comparison {
  ours: number;
  peer: number;
  /** Of the medians; above 1 where ours is better. */
  ratio: number;
  /** The smallest and the largest ratio of one round. */
  spread: [number, number];
  rounds: number;
}

/**
 * Compares what was measured in the same rounds.
 *
 * @param better `less` for times and memory, `more` for rates
 */
export function compare(
  ours: readonly number[],
  peer: readonly number[],
  better: "less" | "more",
): Comparison {
  if (ours.length !== peer.length) {
    throw new Error(`${ours.length} rounds of ours, ${peer.length} of the peer's.`);
  }
  const ratioOf = (a: number, b: number) => better === "less" ? b / a : a / b;
  const ratios = ours.map((value, i) => ratioOf(value, peer[i]!));
  return {
    ours: median(ours),
    peer: median(peer),
    ratio: ratioOf(median(ours), median(peer)),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    rounds: ours.length,
  };
}

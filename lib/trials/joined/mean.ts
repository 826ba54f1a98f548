/** Several trainings of one method as one answer: the mean of their probabilities (Lakshminarayanan et al. 2017, "deep ensembles"). */
import type { Rows } from "../../evaluation/mod.ts";
import type { Answers, Cost, Predictions } from "../trial.ts";

/**
 * The mean of predictions for the same songs. It has no logits (scores of different models have no common scale); costs are added up.
 *
 * @throws RangeError where there is none, or they are of different songs, genres or kinds
 */
export function meanPredictions(all: readonly Predictions[]): Predictions {
  const [first] = all;
  if (first === undefined) throw new RangeError("meanPredictions: there is nothing to average.");
  if (all.some(({ each }) => each !== first.each)) {
    throw new RangeError("meanPredictions: some choose one genre, some say yes or no to each.");
  }
  const answers = (side: "validation" | "test"): Answers => ({
    shares: meanRows(all.map((predictions) => predictions[side].shares)),
    logits: null,
  });
  return { each: first.each, validation: answers("validation"), test: answers("test"), cost: sumOf(all) };
}

function meanRows(all: readonly Rows[]): Rows {
  const [first] = all;
  return Array.from(first!, (row, song) => {
    const sums = new Float64Array(row.length);
    for (const rows of all) {
      const other = rows[song];
      if (rows.length !== first!.length || other!.length !== row.length) {
        throw new RangeError(
          `meanPredictions: ${rows.length} songs of ${other?.length ?? 0} genres beside ` +
            `${first!.length} of ${row.length}.`,
        );
      }
      for (let k = 0; k < sums.length; k++) sums[k]! += other![k]! / all.length;
    }
    return sums;
  });
}

function sumOf(all: readonly Predictions[]): Cost | null {
  const costs = all.map(({ cost }) => cost);
  if (!costs.every((cost) => cost !== null)) return null;
  const sum = (field: keyof Cost) => costs.reduce((total, cost) => total + cost[field], 0);
  return {
    seconds: sum("seconds"),
    answerSeconds: sum("answerSeconds"),
    steps: sum("steps"),
    tokens: sum("tokens"),
    parameters: sum("parameters"),
  };
}

/** The baseline that looks at nothing: the most frequent class. */
import { alignProbabilities } from "./probabilities.ts";
import { checkLabels, checkLengths, checkWeights, type Label, type Labels, labelsOf } from "./labels.ts";

/**
 * The least a classifier must beat: always the most frequent training label. Its probabilities are the labels'
 * shares in training.
 *
 * @param trainLabels one per training example
 * @param classes what each share is of; a class that training lacks has none
 * @param weights one per training example
 * @returns the shares [class], the same for every test example
 * @throws RangeError on no training labels, bad weights, or a label that is no class
 * @example
 * ```ts
 * majorityShares(["발라드", "발라드", "댄스"], ["댄스", "발라드"]); // [1/3, 2/3]
 * ```
 */
export function majorityShares(
  trainLabels: Labels,
  classes: readonly Label[],
  weights?: ArrayLike<number>,
): Float64Array {
  checkLengths("majorityShares", { trainLabels, weights });
  checkLabels("majorityShares", { trainLabels });
  checkWeights("majorityShares", weights);
  const found = labelsOf(trainLabels);
  const shares = new Float64Array(found.length);
  const columnOf = new Map(found.map((label, k) => [label, k]));
  let total = 0;
  for (let i = 0; i < trainLabels.length; i++) {
    const weight = weights?.[i] ?? 1;
    shares[columnOf.get(trainLabels[i]!)!]! += weight;
    total += weight;
  }
  return alignProbabilities([shares.map((weight) => weight / total)], found, classes)[0]!;
}

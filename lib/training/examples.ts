/** Examples to train on, however they are kept: in memory, or on a disk and read when their turn comes. */
import { fingerprint, permutation, randomKey } from "../ground/mod.ts";
import type { Example } from "./batches.ts";

/** A list of examples. */
export interface Examples {
  readonly length: number;
  /** Tokens of each. */
  readonly lengths: ArrayLike<number>;
  /** Changes with any example's tokens, labels or weight. */
  readonly fingerprint: string;
  /** Whether they come out of files that this project wrote, so that nobody need look through them. */
  readonly checked?: true;
  at(index: number): Example;
}

/** Examples in memory as the list that a training takes; what is one already stays as it is. */
export function examplesOfList(examples: readonly Example[] | Examples): Examples {
  if (!Array.isArray(examples)) return examples as Examples;
  const list = examples as readonly Example[];
  return {
    length: list.length,
    lengths: Int32Array.from(list, ({ inputIds }) => inputIds.length),
    get fingerprint() {
      return listFingerprint(list);
    },
    at: (index) => list[index]!,
  };
}

/** `count` of the examples, drawn by a seed, in their order; all of them where there are no more, or for `null`. */
export function sampleExamples(
  given: readonly Example[] | Examples,
  count: number | null,
  seed: number,
): Examples {
  const examples = examplesOfList(given);
  if (count === null || count >= examples.length) return examples;
  const chosen = permutation(examples.length, randomKey(seed, 3)).slice(0, count).sort();
  return {
    length: count,
    lengths: Int32Array.from(chosen, (i) => examples.lengths[i]!),
    get fingerprint() {
      return `${count} of ${examples.fingerprint}`;
    },
    at: (index) => examples.at(chosen[index]!),
  };
}

/** A number that changes with any example's tokens, labels or weight. */
function listFingerprint(examples: readonly Example[]): string {
  const lines = examples.values().map((example) => {
    const { songId, inputIds, tokenTypeIds = "", label, targets = label, tokenLabels = targets, weight } =
      example;
    const windows = example.windows === undefined ? "" : `|${example.windows.join(" ")}`;
    return `${songId}|${inputIds}|${tokenTypeIds}|${tokenLabels}|${weight}${windows}\n`;
  });
  return `${examples.length} examples, ${fingerprint(lines).slice(0, 16)}`;
}

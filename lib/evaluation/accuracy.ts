/** How often predictions are right: per instance, per song, by group. */
import { checkLabels, checkLengths, compareLabels, type Label, type Labels } from "./labels.ts";

/**
 * Accuracy as Hugging Face's `evaluate` and scikit-learn's `accuracy_score` define it: the mean of
 * `prediction === truth`.
 *
 * @param truth the true label of each example
 * @param predictions the predicted label of each example, in the same order
 * @returns 0 to 1
 * @throws RangeError on empty input or unequal lengths (both named); TypeError when names meet indices
 * @example
 * ```ts
 * accuracy(["발라드", "댄스"], ["발라드", "트로트"]); // 0.5
 * ```
 */
export function accuracy(truth: Labels, predictions: Labels): number {
  const right = correctness(truth, predictions);
  return right.filter(Boolean).length / right.length;
}

/** Whether each prediction equals its truth: what {@link mcNemar} and {@link bootstrapInterval} work on. */
export function correctness(truth: Labels, predictions: Labels): boolean[] {
  checkLengths("correctness", { truth, predictions });
  checkLabels("correctness", { truth, predictions });
  return Array.from({ length: truth.length }, (_, i) => truth[i] === predictions[i]);
}

/** An accuracy together with what it counts, so that a display always says which of the two it is. */
export interface LabelledAccuracy {
  /** Right answers divided by `count`, 0 to 1. */
  value: number;
  /** Number of right answers. */
  correct: number;
  /** Number of answers. */
  count: number;
  /** What was counted, in Korean and English, to be shown beside the value. */
  label: string;
}

/** Accuracy as the study counted it: once per instance, so a song with three genres counts three times. */
export const instanceAccuracyLabel = "인스턴스별 정확도 · accuracy per instance (as the study counts)";
/** Accuracy counted once a song: right if the predicted genre is any of the song's. */
export const songAccuracyLabel = "곡별 정확도 · accuracy per song (right if any of its genres)";

/**
 * The study's accuracy: every training-style instance (one for each pair of a song's genres and artists) counts once.
 * A song with several genres cannot get all of its instances right, since its text is the same in each.
 *
 * @param truth the genre of each instance
 * @param predictions the predicted genre of each instance
 * @throws as {@link accuracy}
 * @example
 * ```ts
 * const study = instanceAccuracy([0, 1, 2], [0, 0, 2]);
 * console.log(`${study.label}: ${study.value.toFixed(3)}`);
 * ```
 */
export function instanceAccuracy(truth: Labels, predictions: Labels): LabelledAccuracy {
  const correct = correctness(truth, predictions).filter(Boolean).length, count = truth.length;
  return { value: correct / count, correct, count, label: instanceAccuracyLabel };
}

/** One line of {@link accuracyByGroup}. */
export interface GroupAccuracy {
  group: Label;
  count: number;
  correct: number;
  /** correct / count, 0 to 1. */
  accuracy: number;
}

/**
 * Accuracy within each group (decade, length, artist known or not), groups in ascending order.
 *
 * @param groups the group of each example
 * @param correct whether each example was answered rightly ({@link correctness})
 * @throws RangeError on empty or unequally long input
 * @example
 * ```ts
 * accuracyByGroup([1990, 2000, 1990], [true, true, false]);
 * // [{ group: 1990, count: 2, correct: 1, accuracy: 0.5 }, { group: 2000, count: 1, correct: 1, accuracy: 1 }]
 * ```
 */
export function accuracyByGroup(groups: Labels, correct: ArrayLike<boolean>): GroupAccuracy[] {
  checkLengths("accuracyByGroup", { groups, correct });
  checkLabels("accuracyByGroup", { groups });
  const lines = new Map<Label, { count: number; correct: number }>();
  for (let i = 0; i < groups.length; i++) {
    const line = lines.get(groups[i]!) ?? { count: 0, correct: 0 };
    line.count++;
    if (correct[i]) line.correct++;
    lines.set(groups[i]!, line);
  }
  return [...lines]
    .sort(([a], [b]) => compareLabels(a, b))
    .map(([group, line]) => ({ group, ...line, accuracy: line.correct / line.count }));
}

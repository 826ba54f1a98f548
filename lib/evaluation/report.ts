/** Precision, recall and F1 by class and over all, as scikit-learn's classification report. */
import { grouped, textTable } from "../ground/pure.ts";
import { checkLengths, type Label, type Labels, placesOf } from "./labels.ts";

/** Precision, recall and F1, each 0 to 1; 0 where there is nothing to divide by (scikit-learn's `zero_division=0`). */
export interface Scores {
  /** Right answers among those given: tp / (tp + fp). */
  precision: number;
  /** Right answers among those due: tp / (tp + fn). */
  recall: number;
  /** Harmonic mean of both: 2 tp / (2 tp + fp + fn). */
  f1: number;
}

/** Scores of one label, with its number of true examples. */
export interface LabelScores extends Scores {
  label: Label;
  support: number;
}

/** {@link classificationReport}'s result. */
export interface ClassificationReport {
  /** Per label, in the order of `labels`. */
  perLabel: LabelScores[];
  /** Accuracy; null where `labels` leaves out a label that occurs (then `micro` says what is meant). */
  accuracy: number | null;
  /** Over all decisions together. Equal to the accuracy when every label that occurs is listed. */
  micro: Scores;
  /**
   * Mean over the labels that some example has, every genre alike, however rare. A label without a true example has no recall, and
   * an answer of it is counted already where the true label's recall falls: it is left out, and `absent` says how many are.
   */
  macro: Scores;
  /** Mean over labels, weighted by support. */
  weighted: Scores;
  /** Number of examples whose true label is listed. */
  support: number;
  /** How many of `perLabel` no example has: they are not in `macro`. */
  absent: number;
}

/** Which labels a report lists. */
export interface ReportOptions {
  /** Labels in order; by default all that occur in truth or predictions, sorted. */
  labels?: readonly Label[];
}

/**
 * Precision, recall, F1 and support of each label, and their averages: scikit-learn's `classification_report`, but for
 * `macro`, which is scikit-learn's with `labels` those that occur in the truth.
 *
 * @param truth the true label of each example
 * @param predictions the predicted label of each example
 * @throws RangeError on empty or unequally long input; TypeError when names meet indices
 * @example
 * ```ts
 * const report = classificationReport(["a", "a", "b"], ["a", "b", "b"]);
 * report.macro.f1; // 0.666…
 * console.log(reportText(report));
 * ```
 */
export function classificationReport(
  truth: Labels,
  predictions: Labels,
  options: ReportOptions = {},
): ClassificationReport {
  const { labels, places } = placesOf("classificationReport", truth, predictions, options.labels);
  const tallies = labels.map((): Tally => ({ right: 0, predicted: 0, actual: 0 }));
  let everyLabelListed = true;
  for (let i = 0; i < truth.length; i++) {
    const actual = tallies[places.get(truth[i]!) ?? -1];
    const predicted = tallies[places.get(predictions[i]!) ?? -1];
    if (actual) actual.actual++;
    if (predicted) predicted.predicted++;
    if (actual && actual === predicted) actual.right++;
    everyLabelListed &&= actual !== undefined && predicted !== undefined;
  }
  const perLabel = tallies.map((tally, k) => ({
    label: labels[k]!,
    ...scoresOf(tally),
    support: tally.actual,
  }));
  const averages = averageScores(tallies);
  return {
    perLabel,
    accuracy: everyLabelListed ? averages.micro.precision : null,
    ...averages,
    support: perLabel.reduce((sum, line) => sum + line.support, 0),
    absent: perLabel.filter((line) => line.support === 0).length,
  };
}

/** What the scores of a label are made of: right answers, answers given, and of answers due. */
export interface Tally {
  right: number;
  predicted: number;
  actual: number;
}

/** Precision, recall and F1 of a tally; 0 where the divisor is. */
export function scoresOf(tally: Tally): Scores {
  const divide = (numerator: number, divisor: number) => divisor === 0 ? 0 : numerator / divisor;
  return {
    precision: divide(tally.right, tally.predicted),
    recall: divide(tally.right, tally.actual),
    f1: divide(2 * tally.right, tally.predicted + tally.actual),
  };
}

/** Micro, macro and weighted averages of tallies; the macro average is over those with something due. */
export function averageScores(tallies: readonly Tally[]): Record<"micro" | "macro" | "weighted", Scores> {
  const sum = (field: keyof Tally) => tallies.reduce((total, tally) => total + tally[field], 0);
  return {
    micro: scoresOf({ right: sum("right"), predicted: sum("predicted"), actual: sum("actual") }),
    macro: meanScores(tallies, (tally) => tally.actual > 0 ? 1 : 0),
    weighted: meanScores(tallies, (tally) => tally.actual),
  };
}

/** Weighted mean of the tallies' scores; 0 where all weights are. */
export function meanScores(tallies: readonly Tally[], weightOf: (tally: Tally) => number): Scores {
  const sum = { precision: 0, recall: 0, f1: 0 };
  let total = 0;
  for (const tally of tallies) {
    const scores = scoresOf(tally), weight = weightOf(tally);
    sum.precision += scores.precision * weight;
    sum.recall += scores.recall * weight;
    sum.f1 += scores.f1 * weight;
    total += weight;
  }
  // divided once: a mean of ones is 1, however many they are
  const mean = (value: number) => total === 0 ? 0 : value / total;
  return { precision: mean(sum.precision), recall: mean(sum.recall), f1: mean(sum.f1) };
}

/**
 * Mean F1 over the labels that some example has, each alike: the number to watch when genres are unbalanced. It is
 * scikit-learn's `f1_score(truth, predictions, labels=unique(truth), average="macro")`; without `labels` scikit-learn also
 * takes labels that are only predicted into the mean, each as 0.
 *
 * For songs of several genres pass {@link creditedGenres} as the truth.
 *
 * @throws as {@link classificationReport}
 * @example
 * ```ts
 * macroF1(["a", "a", "b"], ["a", "b", "b"]); // 0.666…
 * ```
 */
export function macroF1(truth: Labels, predictions: Labels, options: ReportOptions = {}): number {
  return classificationReport(truth, predictions, options).macro.f1;
}

/**
 * Macro-F1's name for a table or figure, which says how many genres it leaves out.
 *
 * @param absent genres that no measured song has: a report's `absent`
 */
export const macroF1Name = (absent: number): string =>
  absent === 0
    ? "macro-F1"
    : `macro-F1 (곡이 없는 장르 ${absent}개 제외 · without ${absent} genre${
      absent === 1 ? "" : "s"
    } of no song here)`;

/**
 * The genre that each song is credited with, so that what takes one genre a song (macro-F1, a confusion matrix, calibration) goes
 * with "right if any of its genres": the predicted one where the song has it, else the song's main one, which stands first.
 *
 * @param genres the genres of each song, the main one first
 * @param predictions the predicted genre of each song
 * @throws RangeError on empty or unequally long input, or a song without a genre
 * @example
 * ```ts
 * const truth = creditedGenres([["발라드", "댄스"], ["댄스"]], ["댄스", "발라드"]); // ["댄스", "댄스"]
 * macroF1(truth, ["댄스", "발라드"]);
 * ```
 */
export function creditedGenres<L extends Label>(
  genres: ArrayLike<readonly L[]>,
  predictions: ArrayLike<L>,
): L[] {
  checkLengths("creditedGenres", { genres, predictions });
  return Array.from(predictions, (predicted, song) => {
    const own = genres[song]!;
    if (own.length === 0) {
      throw new RangeError(
        `creditedGenres: song ${song} has no genre; leave such songs out before measuring.`,
      );
    }
    return own.includes(predicted) ? predicted : own[0]!;
  });
}

/**
 * A report as a text table in both languages, whose columns line up with Korean names. A label without examples has a precision alone; of very many labels
 * those with the most examples have a line, and the rest one with their means.
 *
 * @param options.most labels with a line of their own, 30 by default
 */
export function reportText(report: ClassificationReport, { most = 30 }: { most?: number } = {}): string {
  const row = (name: string, scores: Scores, support: number) => [
    name,
    scores.precision.toFixed(3),
    // without examples there is nothing to find
    ...[scores.recall, scores.f1].map((score) => support === 0 ? "–" : score.toFixed(3)),
    grouped(support),
  ];
  const { perLabel, absent } = report;
  const bySupport = perLabel.map((_, k) => k).sort((a, b) => perLabel[b]!.support - perLabel[a]!.support);
  const shown = new Set(bySupport.slice(0, perLabel.length <= most + 1 ? perLabel.length : most));
  const rest = perLabel.filter((line, k) => !shown.has(k) && line.support > 0);
  const mean = (field: keyof Scores) => rest.reduce((sum, line) => sum + line[field], 0) / rest.length;
  const ofRest = { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") };
  const table = textTable([
    ["", "정밀도 · precision", "재현율 · recall", "F1", "개수 · support"],
    ...perLabel.flatMap((line, k) => shown.has(k) ? [row(String(line.label), line, line.support)] : []),
    ...(rest.length === 0 ? [] : [row(
      `그 밖 ${rest.length}개 평균 · mean of ${rest.length} others`,
      ofRest,
      rest.reduce((sum, line) => sum + line.support, 0),
    )]),
    [],
    report.accuracy === null
      ? row("micro 평균 · micro avg", report.micro, report.support)
      : ["정확도 · accuracy", "", "", report.accuracy.toFixed(3), grouped(report.support)],
    row("macro 평균 · macro avg", report.macro, report.support),
    row("가중 평균 · weighted avg", report.weighted, report.support),
  ]);
  return absent === 0
    ? table
    : `${table}\n\nmacro 평균은 ${perLabel.length}개 가운데 예가 없는 ${absent}개를 뺀 것입니다.\n` +
      `macro avg leaves out ${absent} of ${perLabel.length}, which no example has.`;
}

import {
  argmax,
  checkLabels,
  checkLengths,
  checkProbabilities,
  checkWeights,
  compareLabels,
} from "./labels.ts";
import type { Label, Labels, Rows } from "./labels.ts";

/** Options of {@link accuracy}. */
export interface AccuracyOptions {
  /** true (default): the share of right answers; false: their number (their weights' sum). */
  normalize?: boolean;
  /** One weight per example, at least 0; all 1 by default. */
  sampleWeight?: ArrayLike<number>;
}

/**
 * Accuracy as Hugging Face's `evaluate` and scikit-learn's `accuracy_score` define it: the mean of
 * `prediction === truth`.
 *
 * @param truth the true label of each example
 * @param predictions the predicted label of each example, in the same order
 * @returns 0 to 1, or with `normalize: false` the (weighted) number of right answers
 * @throws RangeError on empty input, unequal lengths (both named) or bad weights; TypeError when names meet indices
 * @example
 * ```ts
 * accuracy(["발라드", "댄스"], ["발라드", "트로트"]); // 0.5
 * ```
 */
export function accuracy(truth: Labels, predictions: Labels, options: AccuracyOptions = {}): number {
  const { normalize = true, sampleWeight } = options;
  checkLengths("accuracy", { truth, predictions, sampleWeight });
  checkWeights("accuracy", sampleWeight);
  const right = correctness(truth, predictions);
  let sum = 0;
  let total = 0;
  for (let i = 0; i < right.length; i++) {
    const weight = sampleWeight?.[i] ?? 1;
    total += weight;
    if (right[i]) sum += weight;
  }
  return normalize ? sum / total : sum;
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
  /** Number (or weight) of right answers. */
  correct: number;
  /** Number (or weight) of answers. */
  count: number;
  /** What was counted, in Korean and English, to be shown beside the value. */
  label: string;
}

/** Accuracy as the study counted it: once per instance, so a song with three genres counts three times. */
export const INSTANCE_ACCURACY_LABEL = "인스턴스별 정확도 · accuracy per instance (as the study counts)";
/** Accuracy counted once a song: right if the predicted genre is any of the song's. */
export const SONG_ACCURACY_LABEL = "곡별 정확도 · accuracy per song (right if any of its genres)";

/**
 * The study's accuracy: every training-style instance (one for each pair of a song's genres and artists) counts once.
 * A song with several genres cannot get all of its instances right, since its text is the same in each.
 *
 * @param truth the genre of each instance
 * @param predictions the predicted genre of each instance
 * @param sampleWeight one weight per instance (1 / instances of the song makes songs count alike)
 * @throws as {@link accuracy}
 * @example
 * ```ts
 * const study = instanceAccuracy([0, 1, 2], [0, 0, 2]);
 * console.log(`${study.label}: ${study.value.toFixed(3)}`);
 * ```
 */
export function instanceAccuracy(
  truth: Labels,
  predictions: Labels,
  sampleWeight?: ArrayLike<number>,
): LabelledAccuracy {
  const value = accuracy(truth, predictions, { sampleWeight });
  const correct = accuracy(truth, predictions, { sampleWeight, normalize: false });
  const count = sampleWeight
    ? Array.from(sampleWeight).reduce((sum, weight) => sum + weight, 0)
    : truth.length;
  return { value, correct, count, label: INSTANCE_ACCURACY_LABEL };
}

/** One song's verdict in {@link SongAccuracy}. */
export interface SongVerdict {
  songId: string;
  /** Class indices of all genres of the song, ascending. */
  genres: number[];
  /** Class index of the predicted genre. */
  predicted: number;
  correct: boolean;
  /** Mean of the instances' probabilities [class]. */
  probabilities: Float64Array;
}

/** {@link songAccuracy}'s result: the accuracy, and each song's verdict in order of first appearance. */
export interface SongAccuracy extends LabelledAccuracy {
  songs: SongVerdict[];
}

/**
 * Accuracy once per song: right if the predicted genre is any of the song's genres.
 *
 * The song's one prediction comes from the **mean of its instances' probabilities**, whose largest class is taken (the
 * first of equals). For a model of the text alone the instances agree anyway; where an instance also knows its artist,
 * the mean lets all artists speak. The song's genres are the union of its instances' genres.
 *
 * @param input.songIds the song of each row
 * @param input.genres class index of each row, or all of the row's class indices (tables with one row per song)
 * @param input.probabilities rows [row][class]
 * @throws RangeError on empty or unequally long input, NaN or unnormalised probabilities, an index outside the classes
 * @example
 * ```ts
 * const { value, label, songs } = songAccuracy({
 *   songIds: ["a", "a", "b"],
 *   genres: [0, 1, 1],
 *   probabilities: [[0.2, 0.8], [0.2, 0.8], [0.9, 0.1]],
 * }); // value 0.5: song a's 1 is one of its genres, song b's 0 is not
 * ```
 */
export function songAccuracy(input: {
  songIds: ArrayLike<string>;
  genres: ArrayLike<number | readonly number[]>;
  probabilities: Rows;
}): SongAccuracy {
  const { songIds, genres, probabilities } = input;
  checkLengths("songAccuracy", { songIds, genres, probabilities });
  const classes = checkProbabilities("songAccuracy", probabilities);
  const songs = new Map<string, { genres: Set<number>; rows: number; probabilities: Float64Array }>();
  for (let i = 0; i < songIds.length; i++) {
    const songId = songIds[i]!;
    let song = songs.get(songId);
    if (!song) {
      songs.set(songId, song = { genres: new Set(), rows: 0, probabilities: new Float64Array(classes) });
    }
    for (const genre of [genres[i]!].flat()) {
      if (!(Number.isInteger(genre) && genre >= 0 && genre < classes)) {
        throw new RangeError(
          `songAccuracy: genres[${i}] (song ${songId}) is ${genre}; class indices go from 0 to ${
            classes - 1
          }.`,
        );
      }
      song.genres.add(genre);
    }
    song.rows++;
    for (let k = 0; k < classes; k++) song.probabilities[k]! += probabilities[i]![k]!;
  }
  const verdicts = [...songs].map(([songId, song]): SongVerdict => {
    const predicted = argmax(song.probabilities);
    return {
      songId,
      genres: [...song.genres].sort((a, b) => a - b),
      predicted,
      correct: song.genres.has(predicted),
      probabilities: song.probabilities.map((sum) => sum / song.rows),
    };
  });
  const correct = verdicts.filter((song) => song.correct).length;
  return {
    value: correct / verdicts.length,
    correct,
    count: verdicts.length,
    label: SONG_ACCURACY_LABEL,
    songs: verdicts,
  };
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
 * @param correct whether each example was answered rightly ({@link correctness}, or the songs of {@link songAccuracy})
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

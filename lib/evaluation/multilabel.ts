/** Scores and thresholds where each class gets its own yes or no. */
import { argmax } from "../ground/pure.ts";
import { checkLengths, checkRows, type Rows } from "./labels.ts";
import { averageScores, meanScores, type Scores, scoresOf, type Tally } from "./report.ts";

/** {@link multilabelScores}'s result. */
export interface MultilabelScores {
  /** Share of songs whose set of genres is exactly right. */
  subsetAccuracy: number;
  /** Share of all (song, genre) decisions that are wrong. */
  hammingLoss: number;
  /** Over all decisions together. */
  micro: Scores;
  /** Mean over the genres that some song has. */
  macro: Scores;
  /** Mean over genres, weighted by support. */
  weighted: Scores;
  /** Mean over songs of the scores of the song's set. */
  samples: Scores;
  /** Per genre, in column order. */
  perLabel: (Scores & { support: number })[];
}

/**
 * Measures of songs with several genres each: scikit-learn's averages for indicator matrices, `zero_division=0`, but for `macro`,
 * which leaves out genres that no song has, as {@link classificationReport} does.
 *
 * @param truth rows [song][genre] of 0 and 1
 * @param predictions rows [song][genre] of 0 and 1 ({@link applyThresholds})
 * @throws RangeError on empty, unequally long or differently wide input, or a number that is neither 0 nor 1
 * @example
 * ```ts
 * multilabelScores([[1, 0, 1], [0, 1, 0]], [[1, 0, 0], [0, 1, 0]]).subsetAccuracy; // 0.5
 * ```
 */
export function multilabelScores(truth: Rows, predictions: Rows): MultilabelScores {
  const count = checkLengths("multilabelScores", { truth, predictions });
  const genres = checkIndicators("multilabelScores", { truth, predictions });
  const tally = (): Tally => ({ right: 0, predicted: 0, actual: 0 });
  const perGenre = Array.from({ length: genres }, tally);
  const perSong = Array.from({ length: count }, tally);
  let exact = 0;
  let wrong = 0;
  for (let i = 0; i < count; i++) {
    let wrongHere = 0;
    for (let k = 0; k < genres; k++) {
      const actual = truth[i]![k]!;
      const predicted = predictions[i]![k]!;
      for (const sums of [perGenre[k]!, perSong[i]!]) {
        sums.right += actual * predicted;
        sums.predicted += predicted;
        sums.actual += actual;
      }
      if (actual !== predicted) wrongHere++;
    }
    wrong += wrongHere;
    if (wrongHere === 0) exact++;
  }
  return {
    subsetAccuracy: exact / count,
    hammingLoss: wrong / (count * genres),
    ...averageScores(perGenre),
    samples: meanScores(perSong, () => 1),
    perLabel: perGenre.map((sums) => ({ ...scoresOf(sums), support: sums.actual })),
  };
}

/**
 * For each genre the threshold with the best F1 on these songs: midway between the probabilities around the best cut
 * (of equal cuts the one nearest to 0.5). A genre that no song has keeps 0.5. Tune on **validation** only.
 *
 * @param truth rows [song][genre] of 0 and 1
 * @param probabilities rows [song][genre], each 0 to 1, each genre's own (sigmoid)
 * @returns a genre is given where its probability is **at least** the threshold
 * @throws RangeError on empty, unequally long or differently wide input, or NaN
 */
export function fitThresholds(truth: Rows, probabilities: Rows): Float64Array {
  const count = checkLengths("fitThresholds", { truth, probabilities });
  const genres = checkIndicators("fitThresholds", { truth });
  if (checkRows("fitThresholds", "probabilities", probabilities) !== genres) {
    throw new RangeError(
      `fitThresholds: truth has ${genres} genres but probabilities have ${probabilities[0]!.length}.`,
    );
  }
  return Float64Array.from({ length: genres }, (_, k) => {
    const songs = Array.from({ length: count }, (_, i) => ({
      probability: probabilities[i]![k]!,
      actual: truth[i]![k]!,
    })).sort((a, b) => b.probability - a.probability);
    const actual = songs.reduce((sum, song) => sum + song.actual, 0);
    let best = { f1: 0, threshold: 0.5 };
    let right = 0;
    songs.forEach((song, i) => {
      right += song.actual;
      const next = songs[i + 1]?.probability ?? 0;
      if (next === song.probability && i + 1 < count) return;
      const { f1 } = scoresOf({ right, predicted: i + 1, actual });
      const threshold = (song.probability + next) / 2;
      const nearer = Math.abs(threshold - 0.5) < Math.abs(best.threshold - 0.5);
      if (f1 > best.f1 || (f1 === best.f1 && f1 > 0 && nearer)) best = { f1, threshold };
    });
    return best.threshold;
  });
}

/**
 * 1 where a genre's probability is at least its threshold, else 0.
 *
 * @param thresholds one per genre, from {@link fitThresholds}
 * @param options.atLeastOne gives a song of which no genre reaches its threshold the likeliest one
 */
export function applyThresholds(
  probabilities: Rows,
  thresholds: ArrayLike<number>,
  { atLeastOne = false }: { atLeastOne?: boolean } = {},
): Uint8Array[] {
  return Array.from(probabilities, (row) => {
    if (row.length !== thresholds.length) {
      throw new RangeError(
        `applyThresholds: ${thresholds.length} thresholds for rows of ${row.length} genres.`,
      );
    }
    const given = Uint8Array.from(row, (probability, k) => probability >= thresholds[k]! ? 1 : 0);
    if (atLeastOne && !given.includes(1)) given[argmax(row)] = 1;
    return given;
  });
}

function checkIndicators(where: string, matrices: Record<string, Rows>): number {
  const widths = Object.entries(matrices).map(([name, rows]) => {
    const width = checkRows(where, name, rows);
    for (let i = 0; i < rows.length; i++) {
      for (let k = 0; k < width; k++) {
        if (rows[i]![k] !== 0 && rows[i]![k] !== 1) {
          throw new RangeError(
            `${where}: ${name} row ${i}, genre ${k} is ${rows[i]![k]}; give 1 (has it) or 0; ` +
              `for probabilities call applyThresholds first.`,
          );
        }
      }
    }
    return { name, width };
  });
  const [first, second] = widths;
  if (second && first!.width !== second.width) {
    throw new RangeError(
      `${where}: ${first!.name} has ${first!.width} genres but ${second.name} has ${second.width}.`,
    );
  }
  return first!.width;
}

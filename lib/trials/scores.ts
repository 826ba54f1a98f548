/** What genre probabilities are worth, one answer a song: the one place that says what is right; and two methods' beside each other. */
import {
  argmax,
  bootstrapInterval,
  checkLengths,
  creditedGenres,
  type Estimate,
  expectedCalibrationError,
  macroF1,
  mcNemar,
  type Rows,
  wilsonInterval,
} from "../evaluation/mod.ts";
import type { Song } from "../songs/mod.ts";

/** The genre of each song: a class index, or a row of shares over the classes (a song of two genres: 0.5 each). */
export type SongGenres = ArrayLike<number | ArrayLike<number>>;

/** The genres of songs as rows of shares [song][label]; a genre outside the labels is left out. */
export function genreShares(songs: readonly Song[], labels: readonly string[]): Float64Array[] {
  return songs.map(({ genres }) => {
    const known = genres.filter((genre) => labels.includes(genre));
    return Float64Array.from(labels, (label) => known.includes(label) ? 1 / known.length : 0);
  });
}

/** The genres of songs as rows [song][genre] of 0 and 1; a genre outside the labels is left out. */
export function genreSets(songs: readonly Song[], labels: readonly string[]): Uint8Array[] {
  return songs.map(({ genres }) => Uint8Array.from(labels, (label) => genres.includes(label) ? 1 : 0));
}

/**
 * Whether each song is answered rightly: whether its likeliest genre (the first of equals) is any of its own.
 *
 * @param truth rows of shares [song][class]; a row of zeros, of a song without any of the classes, is never right
 * @param rows scores or probabilities [song][class]
 */
export function rightRows(truth: readonly ArrayLike<number>[], rows: Rows): boolean[] {
  return truth.map((row, i) => row[argmax(rows[i]!)]! > 0);
}

/** {@link rightRows} of songs. */
export const rightSongs = (songs: readonly Song[], labels: readonly string[], rows: Rows): boolean[] =>
  rightRows(genreShares(songs, labels), rows);

/** How many are true, as a share with Wilson's interval. */
export const shareOf = (right: readonly boolean[]): Estimate =>
  wilsonInterval(right.filter(Boolean).length, right.length);

/** Answers and the genres that songs are credited with, by names. */
export interface Credited {
  right: boolean[];
  /** The likeliest genre of each song. */
  answers: string[];
  /** The answer where it is right, else the song's first genre in the order of `labels`. */
  credited: string[];
  /** The labels, and after them the songs' genres that are none of them. */
  labels: string[];
}

/** Credits songs with one genre each, for what takes one: macro-F1, a confusion matrix, calibration. */
export function credit(songs: readonly Song[], labels: readonly string[], rows: Rows): Credited {
  checkLengths("credit", { songs, probabilities: rows });
  const unknown = songs.flatMap(({ genres }) => genres.filter((genre) => !labels.includes(genre)));
  const all = [...labels, ...new Set(unknown)];
  const answers = songs.map((_, i) => labels[argmax(rows[i]!)]!);
  const own = songs.map(({ genres }) => all.filter((label) => genres.includes(label)));
  return {
    right: rightSongs(songs, labels, rows),
    answers,
    credited: creditedGenres(own, answers),
    labels: all,
  };
}

/** How good probabilities are, song by song. */
export interface SongScores {
  /** Right if any of the song's genres. */
  accuracy: Estimate;
  /** Of the credited genres ({@link credit}). */
  macroF1: number;
  /** Mean −Σ share · ln P(genre) in nats, of the songs that have one of the labels. */
  logLoss: number;
  /** Expected calibration error, 15 bins. */
  calibrationError: number;
  /** Whether each song was right, for tests and intervals of a difference. */
  correct: boolean[];
}

/**
 * Accuracy, macro-F1, log loss and calibration of probabilities, once a song.
 *
 * @param labels the genres, in the order of the probabilities' columns
 * @param shares rows [song][label], each summing to 1
 * @throws RangeError on empty or unequally long input, NaN, rows that are no probabilities
 */
export function scoreSongs(songs: readonly Song[], labels: readonly string[], shares: Rows): SongScores {
  const { right, answers, credited, labels: all } = credit(songs, labels, shares);
  return {
    accuracy: shareOf(right),
    macroF1: macroF1(credited, answers, { labels: all }),
    logLoss: meanLogLoss(genreShares(songs, labels), shares),
    calibrationError: calibrationOf(labels, { answers, credited }, shares).error,
    correct: right,
  };
}

/** Expected calibration error and its bins. A song of none of the labels is wrong whatever is answered. */
export function calibrationOf(
  labels: readonly string[],
  { answers, credited }: Pick<Credited, "answers" | "credited">,
  shares: Rows,
) {
  const truth = credited.map((genre, i) =>
    labels.includes(genre) ? genre : labels.find((label) => label !== answers[i]) ?? answers[i]!
  );
  return expectedCalibrationError(truth, shares, { classes: labels });
}

/** Mean over songs that have any share of −Σ share · ln P(genre), probabilities kept above float64's epsilon. */
export function meanLogLoss(truth: readonly ArrayLike<number>[], probabilities: Rows): number {
  let loss = 0, songs = 0;
  truth.forEach((row, i) => {
    let known = false;
    for (let k = 0; k < row.length; k++) {
      if (!(row[k]! > 0)) continue;
      known = true;
      loss -= row[k]! * Math.log(Math.max(probabilities[i]![k]!, Number.EPSILON));
    }
    if (known) songs++;
  });
  return songs === 0 ? 0 : loss / songs;
}

/**
 * Genres as rows of shares that sum to 1, rows [song][class]; a row of zeros, a song of none of the classes, stays one.
 *
 * @throws RangeError on a class index outside the classes, or a row that is not one share per class
 */
export function genreRows(where: string, genres: SongGenres, classes: number): Float64Array[] {
  return Array.from(genres, (genre, i) => {
    const row = new Float64Array(classes);
    if (typeof genre === "number") {
      if (!(Number.isInteger(genre) && genre >= 0 && genre < classes)) {
        throw new RangeError(
          `${where}: the genre of song ${i} is ${genre}; class indices go from 0 to ${classes - 1}.`,
        );
      }
      row[genre] = 1;
      return row;
    }
    let sum = 0;
    for (let k = 0; k < genre.length; k++) sum += genre[k]! >= 0 ? genre[k]! : NaN;
    if (genre.length !== classes || !(sum < Infinity)) {
      const given = Array.from(genre).join(", ");
      throw new RangeError(
        `${where}: the genres of song ${i} are [${given}]; give ${classes} shares of at least 0.`,
      );
    }
    return sum === 0 ? row : row.map((_, k) => genre[k]! / sum);
  });
}

/** A method beside another one. */
export interface Beside {
  /** Songs that it got right and the other wrong, and the other way round. */
  mended: number;
  spoilt: number;
  /** McNemar's exact p of the two. */
  p: number;
}

/** @param correct whether each song was right, as {@link scoreSongs} says */
export function beside(correct: readonly boolean[], other: readonly boolean[]): Beside {
  const { onlyFirst, onlySecond, exactP } = mcNemar(correct, other);
  return { mended: onlyFirst, spoilt: onlySecond, p: exactP };
}

/**
 * Accuracy of the first minus the second's, with its paired bootstrap interval.
 *
 * @param seed of the bootstrap
 */
export function difference(first: readonly boolean[], second: readonly boolean[], seed: number): Estimate {
  const gain = first.map((right, i) => Number(right) - Number(second[i]));
  return bootstrapInterval(
    gain.length,
    (songs) => songs.reduce((sum, song) => sum + gain[song]!, 0) / songs.length,
    { seed },
  );
}

/** Figures of genre probabilities, one answer a song. */
import { argmax, checkLengths, expectedCalibrationError, macroF1, type Rows } from "../evaluation/mod.ts";
import { genreRows, meanLogLoss, type SongGenres } from "./artist_prior.ts";

/** How good probabilities are, song by song. */
export interface SongScores {
  /** Right if any of the song's genres. */
  accuracy: number;
  /** Macro-F1 of the credited genre: the predicted one where right, else the song's main (largest, first) genre. */
  macroF1: number;
  /** Mean −ln P(genre) in nats, probabilities kept above 1e-15 or so. */
  logLoss: number;
  /** Expected calibration error, 15 bins. */
  calibrationError: number;
  /** Whether each song was right, for {@link bootstrapInterval} and {@link mcNemar}. */
  correct: boolean[];
}

/**
 * Accuracy, macro-F1, log loss and calibration of probabilities, once a song.
 *
 * @param genres class index or shares of each song, as the artist idea takes them
 * @param probabilities rows [song][class], each summing to 1
 * @throws RangeError on empty or unequally long input, NaN, rows that are no probabilities
 */
export function scoreSongs(genres: SongGenres, probabilities: Rows): SongScores {
  checkLengths("scoreSongs", { genres, probabilities });
  const classes = probabilities[0]!.length;
  const truth = genreRows("scoreSongs", genres, classes);
  const predicted = truth.map((_, i) => argmax(probabilities[i]!));
  const correct = truth.map((row, i) => row[predicted[i]!]! > 0);
  const credited = truth.map((row, i) => correct[i] ? predicted[i]! : argmax(row));
  return {
    accuracy: correct.filter(Boolean).length / correct.length,
    macroF1: macroF1(credited, predicted),
    logLoss: meanLogLoss(truth, probabilities),
    calibrationError: expectedCalibrationError(credited, probabilities).error,
    correct,
  };
}

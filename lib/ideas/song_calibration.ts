/** Is a model as sure as it is right? Calibration of genre probabilities, once a song. */
import {
  applyTemperature,
  argmax,
  checkLengths,
  expectedCalibrationError,
  fitTemperature,
  type ReliabilityBin,
  type Rows,
  softmax,
} from "../evaluation/mod.ts";
import { genreRows, meanLogLoss, type SongGenres } from "./artist_prior.ts";

/** Songs with a model's scores. */
export interface JudgedSongs {
  /** Class index or shares of each song, as the artist idea takes them. */
  genres: SongGenres;
  /** Rows [song][class]. */
  logits: Rows;
}

/** How well probabilities and right answers agree. */
export interface CalibrationFigures {
  /** Expected calibration error: the mean over songs of |accuracy − confidence| of their bin. */
  error: number;
  /** The largest bin's |accuracy − confidence|. */
  largestGap: number;
  /** Mean −Σ share · ln P(genre), in nats. */
  logLoss: number;
  /** Mean over songs of the largest probability. */
  confidence: number;
  /** Share of songs whose predicted genre is any of theirs. */
  accuracy: number;
  bins: ReliabilityBin[];
}

/** {@link calibrateSongs}'s result. */
export interface SongCalibration {
  /** What the logits are divided by: above 1 the model was too sure, below 1 not sure enough. */
  temperature: number;
  /** True where validation songs could not tell, and a bound was taken. */
  atBound: boolean;
  /** Test songs with the probabilities as they come, and with the temperature. */
  before: CalibrationFigures;
  after: CalibrationFigures;
}

/**
 * Calibration on test songs, before and after temperature scaling. The temperature is fitted on validation songs, each of
 * weight 1 (shared by its genres). A song counts as right where the predicted genre is any of its own.
 *
 * @throws RangeError on empty or unequally long input, NaN, or genres that do not fit the classes
 */
export function calibrateSongs(
  validation: JudgedSongs,
  test: JudgedSongs,
): SongCalibration {
  checkLengths("calibrateSongs, validation songs", { genres: validation.genres, logits: validation.logits });
  checkLengths("calibrateSongs, test songs", { genres: test.genres, logits: test.logits });
  const shares = genreRows("calibrateSongs", validation.genres, validation.logits[0]!.length);
  const parts = shares.flatMap((row, i) =>
    Array.from(row, (share, genre) => ({ song: i, genre, share })).filter(({ share }) => share > 0)
  );
  const { temperature, atBound } = fitTemperature(
    parts.map(({ genre }) => genre),
    parts.map(({ song }) => validation.logits[song]!),
    { sampleWeight: parts.map(({ share }) => share) },
  );
  const truth = genreRows("calibrateSongs", test.genres, test.logits[0]!.length);
  const figures = (probabilities: Float64Array[]): CalibrationFigures => {
    const predicted = probabilities.map(argmax);
    const right = truth.map((row, i) => row[predicted[i]!]! > 0);
    const credited = truth.map((row, i) => right[i] ? predicted[i]! : argmax(row));
    const confidences = probabilities.map((row, i) => row[predicted[i]!]!);
    return {
      ...expectedCalibrationError(credited, probabilities),
      logLoss: meanLogLoss(truth, probabilities),
      confidence: confidences.reduce((sum, confidence) => sum + confidence, 0) / confidences.length,
      accuracy: right.filter(Boolean).length / right.length,
    };
  };
  return {
    temperature,
    atBound,
    before: figures(softmax(test.logits)),
    after: figures(applyTemperature(test.logits, temperature)),
  };
}

/** The figures before and after as rows of a table. */
export function calibrationTable({ temperature, before, after }: SongCalibration): Record<string, string>[] {
  return [
    { name: "그대로 · as it is", figures: before, temperature: 1 },
    { name: "온도 조절 · with the temperature", figures: after, temperature },
  ].map(({ name, figures, temperature }) => ({
    "확률 · probabilities": name,
    "온도 · temperature": temperature.toFixed(2),
    "정확도 · accuracy": figures.accuracy.toFixed(3),
    "평균 확신 · mean confidence": figures.confidence.toFixed(3),
    "ECE": figures.error.toFixed(3),
    "로그 손실 · log loss": figures.logLoss.toFixed(3),
  }));
}

/** Is a model as sure as it is right? Calibration of genre probabilities, once a song. */
import { meanOf } from "../../ground/mod.ts";
import {
  applyTemperature,
  argmax,
  checkLengths,
  fitTemperature,
  type ReliabilityBin,
  type Rows,
  softmax,
} from "../../evaluation/mod.ts";
import type { Song } from "../../songs/mod.ts";
import { calibrationOf, credit, genreShares, meanLogLoss } from "../scores.ts";

/** Songs with a model's scores. */
export interface JudgedSongs {
  songs: readonly Song[];
  /** Rows [song][label]. */
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
 * @param labels the genres, in the order of the logits' columns
 * @throws RangeError on empty or unequally long input, or NaN
 */
export function calibrateSongs(
  labels: readonly string[],
  validation: JudgedSongs,
  test: JudgedSongs,
): SongCalibration {
  checkLengths("calibrateSongs, validation songs", { songs: validation.songs, logits: validation.logits });
  checkLengths("calibrateSongs, test songs", { songs: test.songs, logits: test.logits });
  const parts = genreShares(validation.songs, labels).flatMap((row, song) =>
    Array.from(row, (share, genre) => ({ song, genre, share })).filter(({ share }) => share > 0)
  );
  const { temperature, atBound } = fitTemperature(
    parts.map(({ genre }) => genre),
    parts.map(({ song }) => validation.logits[song]!),
    { sampleWeight: parts.map(({ share }) => share) },
  );
  const figures = (probabilities: Float64Array[]): CalibrationFigures => {
    const credited = credit(test.songs, labels, probabilities);
    const confidences = probabilities.map((row) => row[argmax(row)]!);
    return {
      ...calibrationOf(labels, credited, probabilities),
      logLoss: meanLogLoss(genreShares(test.songs, labels), probabilities),
      confidence: meanOf(confidences),
      accuracy: credited.right.filter(Boolean).length / credited.right.length,
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
    "보정 오차 (ECE) · calibration error": figures.error.toFixed(3),
    "로그 손실 · log loss": figures.logLoss.toFixed(3),
  }));
}

/** The machine-readable results beside `test_metrics.json` in a run's folder. */
import { dirname } from "node:path";
import type { ConfusedPair } from "../evaluation/mod.ts";
import type { ArtistFile } from "./artist_splits.ts";
import type { HardSong } from "./hardest_songs.ts";
import type { LearningCurve } from "./learning_curve.ts";
import type { SeveralGenresFile } from "./several_genres.ts";
import type { SongCalibration } from "./song_calibration.ts";
import type { SongGroups } from "./song_groups.ts";

/** The file `evaluation.json`: the closer look at the model, on test songs. */
export interface EvaluationFile {
  model: string;
  /** Numbers of songs. */
  songs: { train: number; validation: number; test: number };
  /** Accuracy per song. */
  accuracy: number;
  calibration: SongCalibration;
  /** The worst first. */
  hardest: HardSong[];
  /** Per instance, the most frequent first. */
  confused: ConfusedPair[];
  groups: SongGroups;
  learningCurves: LearningCurve[];
}

/**
 * Writes results as JSON, and their folder where there is none: `evaluation.json`, `artist.json`, `multilabel.json`.
 *
 * @example
 * ```ts ignore
 * await writeResults(`${output}/artist.json`, artistFile(results));
 * ```
 */
export async function writeResults(
  path: string,
  results: EvaluationFile | ArtistFile | SeveralGenresFile,
): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, JSON.stringify(results, null, 2) + "\n");
}

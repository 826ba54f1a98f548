/** The machine-readable results in a run's folder: views of predictions, for the report and whoever reads JSON. */
import type { ConfusedPair } from "../evaluation/mod.ts";
import type { SongCalibration } from "./closer_look/calibration.ts";
import type { HardSong } from "./closer_look/hardest_songs.ts";
import type { SongGroups } from "./closer_look/song_groups.ts";
import type { Beside } from "./scores.ts";
import type { ArtistComparison } from "./joined/artist_ideas.ts";
import type { LearningCurve } from "./plans/learning_curve.ts";
import type { SeveralGenresComparison } from "./plans/several_genres.ts";

/** The file `evaluation.json`: the closer look at the model, on test songs. */
export interface EvaluationFile {
  model: string;
  /** Numbers of songs. */
  songs: { train: number; validation: number; test: number };
  /** Accuracy per song. */
  accuracy: number;
  /** How much of the test songs each method reads, by its name: a share of their tokens, 0 without lyrics. */
  read?: Record<string, number>;
  /** The model against each baseline, song by song: `mended` by it, `spoilt` by it. */
  beside?: (Beside & { method: string })[];
  calibration: SongCalibration;
  /** The worst first. */
  hardest: HardSong[];
  /** Once a song, the most frequent first. */
  confused: ConfusedPair[];
  groups: SongGroups;
  learningCurves: LearningCurve[];
}

/** The file `artist.json`: one entry for each split and lyrics model. */
export interface ArtistFile {
  splits: ArtistComparison[];
}

/** The file `multilabel.json`: one entry for each method. */
export interface SeveralGenresFile {
  comparisons: SeveralGenresComparison[];
}

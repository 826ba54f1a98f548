/** What the commands share: songs to a split, recipe options to a recipe, results to files. */
import { stringify } from "@std/csv";
import type pl from "nodejs-polars";
import { join } from "node:path";
import { fitThresholds, type MultilabelScores, multilabelScores } from "../lib/evaluation/mod.ts";
import { genreSets } from "../lib/ideas/mod.ts";
import { configNames } from "../lib/models/mod.ts";
import { progressBar } from "../lib/notebook/mod.ts";
import { cleanSongs, readSongs, type Song, type Split, splitSongs } from "../lib/songs/mod.ts";
import {
  type Classifier,
  classifySongs,
  readIfThere,
  type Recipe,
  recipes,
  setThresholds,
  type SongPrediction,
} from "../lib/training/mod.ts";

/** The sides of a split, as ids: beside a trained model, so that its test songs are known later. */
interface SplitFile {
  seed: number;
  train: string[];
  validation: string[];
  test: string[];
}

const idsOf = (frame: pl.DataFrame): string[] => frame.getColumn("id").toArray() as string[];

/** How a table is read, as the options say it. */
export interface TableOptions {
  /** The genres to keep; default all. */
  genres?: string[];
  /** What parts the columns: a character, or `tab`. */
  separator?: string;
  /** A file with the names of genre codes. */
  genreNames?: string;
}

/** The same as `readSongs` takes it. */
export function readingOf(
  { separator, genreNames }: TableOptions,
): { separator?: string; genreNames?: string } {
  return {
    ...(separator !== undefined && { separator: /^(tab|\\t)$/i.test(separator) ? "\t" : separator }),
    ...(genreNames !== undefined && { genreNames }),
  };
}

/** Reads a table, cleans it and tells what was dropped. */
export async function readCleanSongs(path: string, options: TableOptions = {}): Promise<pl.DataFrame> {
  const { genres } = options;
  const { songs, report } = cleanSongs(
    await readSongs(path, readingOf(options)),
    genres === undefined ? {} : { genres },
  );
  const dropped = report.byReason.map(({ reason, songs }) => `${songs} with ${reason}`).join(", ");
  console.log(
    `${path}: ${report.read} songs, ${report.kept} kept${dropped === "" ? "" : ` (dropped ${dropped})`}`,
  );
  return songs;
}

/** A tenth of the songs for validation, a tenth for the test. */
export function defaultSplit(songs: pl.DataFrame, seed: number): Split {
  return splitSongs(songs, { validation: 0.1, test: 0.1, seed });
}

/** Writes the sides of a split beside a model. */
export async function writeSplit(folder: string, split: Split, seed: number): Promise<void> {
  const file: SplitFile = {
    seed,
    train: idsOf(split.train),
    validation: idsOf(split.validation),
    test: idsOf(split.test),
  };
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "split.json"), JSON.stringify(file));
}

/** The test songs of the split that a saved model was trained with; `null` where it is not known. */
export async function testIdsOf(modelFolder: string): Promise<Set<string> | null> {
  const text = await readIfThere(join(modelFolder, "..", "split.json"));
  if (text === null) return null;
  const file: SplitFile = JSON.parse(text);
  return new Set(file.test);
}

const allLinear = "all-linear";

/** The recipe a command line asks for: a named one with single fields changed. */
export function recipeOf(
  options: { recipe?: string; model: string } & Partial<Recipe>,
): { name: string; recipe: Recipe } {
  const { recipe: named, model, ...given } = options;
  const name = named ?? (configNames.includes(model) ? "quick" : "study");
  const base = recipes[name]!;
  const changes = Object.fromEntries(
    // a flag that is not given leaves the recipe's own value
    Object.entries(given).filter(([key, value]) => key in base && value !== undefined && value !== false)
      // of names one that stands for all is none
      .map(([key, value]) => [key, key === "loraTargets" && String(value) === allLinear ? allLinear : value]),
  );
  return { name, recipe: { ...base, ...changes } };
}

/** The genres of songs, with a progress bar. */
export async function classifyShowing(
  classifier: Classifier,
  songs: readonly Song[],
  options: { maxLength?: number; precision: Recipe["precision"] },
): Promise<SongPrediction[]> {
  const bar = progressBar({ total: songs.length, label: "분류 · classifying", unit: "songs" });
  const predictions = await classifySongs(classifier, songs, {
    precision: options.precision,
    ...(options.maxLength !== undefined && { maxLength: options.maxLength }),
    onProgress: (done) => bar.update(done),
  });
  await bar.finish();
  return predictions;
}

/** Each song's probabilities as shares of 1: those of a multi-label model are each genre's own, and are scaled. */
export function sharesOf(predictions: readonly SongPrediction[]): Float64Array[] {
  return predictions.map(({ probabilities }) => {
    const sum = probabilities.reduce((total, probability) => total + probability, 0);
    return Float64Array.from(probabilities, (probability) => probability / sum);
  });
}

/** Tunes each genre's threshold of a multi-label classifier on validation songs. */
export async function tuneThresholds(
  classifier: Classifier,
  validation: readonly Song[],
  precision: Recipe["precision"],
): Promise<void> {
  const predictions = await classifySongs(classifier, validation, { precision });
  const truth = genreSets(validation, classifier.labels);
  setThresholds(classifier, fitThresholds(truth, predictions.map(({ probabilities }) => probabilities)));
}

/** How well the sets of genres that a multi-label classifier gives agree with the songs' own. */
export function measureGivenSets(
  { labels }: Classifier,
  songs: readonly Song[],
  predictions: readonly SongPrediction[],
): MultilabelScores {
  const given = predictions.map(({ genres }) =>
    Uint8Array.from(labels, (label) => genres.includes(label) ? 1 : 0)
  );
  return multilabelScores(genreSets(songs, labels), given);
}

/** Scores of sets of genres as a row of a table. */
export function genreSetsTable({ micro, macro, subsetAccuracy, hammingLoss }: MultilabelScores) {
  return [{
    "장르 집합 · sets of genres": "각 장르의 문턱으로 · by each genre's threshold",
    "micro-F1": micro.f1.toFixed(3),
    "macro-F1": macro.f1.toFixed(3),
    "집합 일치 · exact sets": subsetAccuracy.toFixed(3),
    "Hamming loss": hammingLoss.toFixed(3),
  }];
}

/**
 * Writes `predictions.csv`: id, name, artists, the song's genres where known, the predicted one (of a multi-label model all it
 * gives), every genre's probability.
 */
export async function writePredictions(
  path: string,
  { labels }: Classifier,
  songs: readonly Song[],
  predictions: readonly SongPrediction[],
): Promise<void> {
  const rows = songs.map((song, i) => ({
    id: song.id,
    song_name: song.songName,
    artist: song.artists.join(", "),
    genre: song.genres.join(", "),
    predicted: predictions[i]!.genres.join(", "),
    ...Object.fromEntries(
      labels.map((label, k) => [`P(${label})`, predictions[i]!.probabilities[k]!.toFixed(6)]),
    ),
  }));
  const columns = [
    "id",
    "song_name",
    "artist",
    "genre",
    "predicted",
    ...labels.map((label) => `P(${label})`),
  ];
  await Deno.writeTextFile(path, stringify(rows, { columns }));
}

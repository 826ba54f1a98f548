/** What the commands share: songs to a split, recipe options to a recipe, results to files. */
import type pl from "nodejs-polars";
import { join } from "node:path";
import { fitThresholds, type MultilabelScores, multilabelScores } from "../lib/evaluation/mod.ts";
import { genreSets } from "../lib/trials/mod.ts";
import { progressBar } from "../lib/notebook/mod.ts";
import { didYouMean, grouped, inBoth, tell, UserError, writeWhole } from "../lib/ground/mod.ts";
import {
  cleanSongs,
  genresOf,
  lyricsFingerprint,
  type Purpose,
  readSongs,
  type ReadSongsOptions,
  readSplitRecord,
  recordSplit,
  seenSongs,
  type Song,
  songRows,
  type Split,
  splitFileName,
  splitSongs,
  splitText,
} from "../lib/songs/mod.ts";
import {
  type Classifier,
  classifySongs,
  defaultRecipe,
  idleFields,
  type Recipe,
  recipes,
  setThresholds,
  type SongPrediction,
} from "../lib/training/mod.ts";
import { flagName, UsageError } from "./options.ts";
import { standardInputPath } from "./paths.ts";

/** How a table is read, and which of its songs are kept, as the options say it. */
export interface TableOptions {
  /** The genres to keep; default all. */
  genres?: readonly string[];
  /** What parts the columns: a character, or `tab`. */
  separator?: string;
  /** A file with the names of genre codes. */
  genreNames?: string;
}

/** What a table is called in what is told of it. */
const tableName = (path: string): string => path === standardInputPath ? "standard input" : path;

/** The columns that a classifier of lyrics is trained and measured by: of others it does not matter which is meant. */
export const trainedBy = ["id", "artist", "genre", "lyrics"] as const;

/**
 * Reads a table as the options say, for a purpose, as it is: not cleaned yet.
 *
 * @param path `-` is standard input
 * @param options.used the columns of which it must be clear which is meant; default all to learn, the lyrics else
 */
export async function readTable(
  path: string,
  purpose: Purpose,
  { separator, genreNames, used }: TableOptions & Pick<ReadSongsOptions, "used"> = {},
): Promise<pl.DataFrame> {
  return await hintingSeparator(
    separator,
    async () =>
      await readSongs(path === standardInputPath ? await standardInput() : path, {
        purpose,
        name: tableName(path),
        separator,
        genreNames,
        ...(used !== undefined && { used }),
      }),
  );
}

/** Reads tables, and says in errors where a separator was asked for, which may be what is wrong. */
export async function hintingSeparator<T>(separator: string | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UserError) || separator === undefined) throw error;
    const cause = { cause: error };
    throw new UserError(
      `${error.message}\nThis is how it reads with --separator "${separator}"; left out, the separator is found in the file.`,
      cause,
    );
  }
}

/** All that comes by standard input. */
async function standardInput(): Promise<Uint8Array> {
  if (Deno.stdin.isTerminal()) {
    console.error(inBoth("The table is read from standard input; Ctrl-D ends it."));
  }
  return await new Response(Deno.stdin.readable).bytes();
}

/** Cleans a table and tells what was dropped. @param theirs what to call the genres that are kept */
function cleanTold(
  path: string,
  table: pl.DataFrame,
  purpose: Purpose,
  genres: readonly string[] | undefined,
  theirs = "the chosen genres",
): pl.DataFrame {
  const { songs, report } = naming(
    path,
    () => cleanSongs(table, { purpose, genres }),
  );
  const dropped = report.byReason.map(({ reason, songs }) =>
    `${grouped(songs)} with ${reason.replace("the chosen genres", theirs)}`
  ).join(", ");
  tell(
    dropped === ""
      ? `${tableName(path)}: ${grouped(report.read)} songs, ${grouped(report.kept)} kept`
      : `${tableName(path)}: ${grouped(report.read)} songs, ${
        grouped(report.kept)
      } kept (dropped ${dropped})`,
  );
  return songs;
}

/**
 * Reads a table, cleans it and tells what was dropped.
 *
 * @param options.purpose what the songs are wanted for; default to learn from
 */
export async function readCleanSongs(
  path: string,
  { purpose = "learning", ...options }: TableOptions & Pick<ReadSongsOptions, "purpose" | "used"> = {},
): Promise<pl.DataFrame> {
  return cleanTold(path, await readTable(path, purpose, options), purpose, options.genres);
}

/** A tenth of the songs for validation, a tenth for the test. */
export function defaultSplit(songs: pl.DataFrame, seed: number): Split {
  return splitSongs(songs, { validation: 0.1, test: 0.1, seed });
}

/** Names the table in errors of what is done with it. */
function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof UserError
      ? new UserError(`${tableName(path)}: ${error.message}`, { cause: error })
      : error;
  }
}

/**
 * The songs of a table that a model is measured on: those of the genres that it tells (or of the genres asked for), and of these its own test
 * songs where the table has them, or else those that it was not trained on. Tells what it chose, and why.
 *
 * @param table as {@link readTable} gives it
 * @throws UserError where none is left to measure on
 */
export async function songsToMeasure(
  table: pl.DataFrame,
  labels: readonly string[],
  { songs: file, model, genres, all }: TableOptions & { songs: string; model: string; all: boolean },
): Promise<Song[]> {
  const path = tableName(file);
  const told = `It tells ${labels.join(", ")}.`;
  const unknown = (genres ?? []).filter((genre) => !labels.includes(genre));
  if (unknown.length > 0) {
    const names = unknown.map((genre) => `${genre}${didYouMean(genre, labels)}`).join(", ");
    throw new UserError(`--genres: the model ${model} does not tell ${names}. ${told}`);
  }
  const there = genresOf(table), known = labels.filter((label) => there.includes(label));
  if (known.length === 0) {
    throw new UserError(
      `${path}: no song has a genre that the model ${model} tells. ${told} The songs' genres: ` +
        `${there.slice(0, 40).join(", ") || "none"}. Give the table the model's names, or say in ` +
        "--genre-names FILE what its own stand for.",
    );
  }
  const untold = there.filter((genre) => !labels.includes(genre));
  if (genres === undefined && untold.length > 0) {
    const names = untold.slice(0, 20).map((genre) => `${genre}${didYouMean(genre, labels)}`).join(", ");
    tell(
      `${path}: the model does not tell ${names}${
        untold.length > 20 ? `, and ${untold.length - 20} more` : ""
      }; songs that have no other genre are left out.`,
    );
  }
  const songs = songRows(cleanTold(path, table, "learning", genres ?? known, "the genres that are measured"));
  if (songs.length === 0) {
    throw new UserError(`${path}: no song is left to measure on. Give a table with lyrics and genres.`);
  }
  const record = await readSplitRecord(model);
  if (all) {
    tell(`All ${grouped(songs.length)} songs of the table, those that the model was trained on included`);
    return songs;
  }
  if (record === null) {
    tell(
      `All ${
        grouped(songs.length)
      } songs of the table. Nothing beside the model says which songs it was trained on: ` +
        "where some of these are among them, the figures are too good.",
    );
    return songs;
  }
  const { seen, test, other } = seenSongs(songs, record);
  const chosen = test.length > 0 ? test : other;
  if (chosen.length === 0) {
    throw new UserError(
      `${path}: the model was trained on all ${
        grouped(songs.length)
      } songs. Give other songs, or measure on these with --all.`,
    );
  }
  const left = [
    ...(seen.length > 0 ? [`${grouped(seen.length)} that it was trained or chosen with`] : []),
    ...(chosen === test && other.length > 0 ? [`${grouped(other.length)} that its split does not know`] : []),
  ].join(" and ");
  const inTable = new Set(songRows(table).map(({ lyrics }) => lyricsFingerprint(lyrics)));
  const lacking = record.test.filter((key) => !inTable.has(key)).length;
  tell(
    (chosen === test
      ? `${
        test.length === 1 ? "The one test song" : `The ${grouped(test.length)} test songs`
      } of the model's own split` +
        (lacking > 0 ? ` (the table lacks ${grouped(lacking)} more)` : "")
      : `${
        other.length === 1 ? "One song" : `${grouped(other.length)} songs`
      } that the model has not seen in training`) +
      (left === "" ? "" : `; left out: ${left} (--all takes every song)`),
  );
  return chosen;
}

/** Says where a model has seen songs in an earlier training that are to test it now. */
export async function tellSeen(model: string, split: Split): Promise<void> {
  const record = await readSplitRecord(model);
  if (record === null) return;
  const test = songRows(split.test), { seen } = seenSongs(test, record);
  if (seen.length === 0) return;
  tell(
    `${model} has seen ${grouped(seen.length)} of the ${
      grouped(test.length)
    } test songs in an earlier training: the figures may be too good.`,
  );
}

/** Writes the sides of a split into a folder: a model's, or a run's. */
export async function writeSplit(folder: string, split: Split): Promise<void> {
  await writeWhole(join(folder, splitFileName), splitText(recordSplit(split)));
}

const allLinear = "all-linear";

/** The recipe a command line asks for: a named one with single fields changed. */
export function recipeOf(
  options: { recipe?: string; model: string } & Partial<Recipe>,
): { name: string; recipe: Recipe } {
  const { recipe: named, model, ...given } = options;
  const name = named ?? defaultRecipe(model);
  const base = recipes[name]!;
  const changes = Object.fromEntries(
    // a flag that is not given leaves the recipe's own value
    Object.entries(given).filter(([key, value]) => key in base && value !== undefined && value !== false)
      // of names one that stands for all is none
      .map(([key, value]) => [key, key === "loraTargets" && String(value) === allLinear ? allLinear : value]),
  );
  return { name, recipe: { ...base, ...changes } };
}

/**
 * @param given the fields that the command line names
 * @throws UsageError where one of them would change nothing, with the option that it goes with
 */
export function checkUsed(given: Partial<Recipe>, recipe: Recipe, language = false): void {
  for (const [field, companion] of idleFields(recipe, language)) {
    if (given[field] === undefined || given[field] === false) continue;
    throw new UsageError(`--${flagName(field)} does nothing here: it goes with --${flagName(companion)}.`);
  }
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
    maxLength: options.maxLength,
    onProgress: (done) => bar.update(done),
    onNote: tell,
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

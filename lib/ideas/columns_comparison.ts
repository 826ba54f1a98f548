/** All columns together, with and without each part, and the best combination with a lyrics model: one table. */
import { dirname } from "node:path";
import { bootstrapInterval, type Estimate, type Rows } from "../evaluation/mod.ts";
import type { Song } from "../songs/mod.ts";
import { artistSongsOf } from "./verdict.ts";
import { fitArtistPrior } from "./artist_prior.ts";
import {
  COLUMN_NAMES,
  COLUMN_PARTS,
  columnBlocks,
  type ColumnPart,
  columnsProbabilities,
  fitColumns,
  fitColumnsModel,
} from "./columns.ts";
import { type CombinationKey, type Combinations, combine } from "./combination.ts";
import { scoreSongs, type SongScores } from "./song_scores.ts";

/** One method of {@link compareColumns}; all figures are per test song. */
export interface ColumnsResult extends Omit<SongScores, "correct"> {
  method: string;
  /** Stays the same from run to run: `lyrics`, `columns`, `columns-without-artist`, a combination's key. */
  key: "lyrics" | "columns" | `columns-without-${ColumnPart}` | CombinationKey;
  /** The part or member that this method lacks, for a reader; null where it lacks none. */
  leftOut: string | null;
  /**
   * Where something is left out: the accuracy of the method that has it minus this one's, what it adds, with its bootstrap
   * interval. Else null.
   */
  adds: Estimate | null;
}

/** What a run writes into `columns.json`. */
export interface ColumnsComparison {
  songs: { train: number; validation: number; test: number };
  labels: readonly string[];
  /** The lyrics model of the combinations. */
  lyricsModel: string;
  results: ColumnsResult[];
  /** Chosen on validation songs. */
  alphas: Combinations["alphas"];
  stackingC: number;
}

/** How far {@link compareColumns} has come: linear models done of all, and iterations of the one under way. */
export interface ColumnsProgress {
  done: number;
  total: number;
  iteration: number;
}

/**
 * The honest bar with every column of the table, what each part adds to it (by leaving it out), and the best
 * combination with a lyrics model (stacking on validation songs), what each member adds to that.
 *
 * @param songs.train what the linear models learn from, and the lyrics model did
 * @param lyricsModel its name, and its scores of validation and test songs, rows [song][label]
 * @param options.seed of the bootstrap
 * @throws RangeError on no songs, or rows that do not fit them
 * @example
 * ```ts
 * const comparison = await compareColumns({ train, validation, test }, labels, {
 *   name: "kobert-small",
 *   validation: logitsOfValidation,
 *   test: logitsOfTest,
 * });
 * ```
 */
export async function compareColumns(
  songs: { train: readonly Song[]; validation: readonly Song[]; test: readonly Song[] },
  labels: readonly string[],
  lyricsModel: { name: string; validation: Rows; test: Rows },
  options: { seed?: number; onProgress?: (progress: ColumnsProgress) => void | Promise<void> } = {},
): Promise<ColumnsComparison> {
  const { train, validation, test } = songs;
  const { seed = 0, onProgress } = options;
  const { vectorizer, blocks } = fitColumns(train);
  const blocksOf = {
    validation: columnBlocks(vectorizer, validation),
    test: columnBlocks(vectorizer, test),
  };
  const linear = [
    { key: "lyrics", method: "가사만, 선형 · lyrics alone, linear", parts: ["lyrics"], leftOut: null },
    { key: "columns", method: "모든 열, 선형 · all columns, linear", parts: COLUMN_PARTS, leftOut: null },
    ...COLUMN_PARTS.map((part) => ({
      key: `columns-without-${part}` as const,
      method: `모든 열 − ${COLUMN_NAMES[part]}`,
      parts: COLUMN_PARTS.filter((other) => other !== part),
      leftOut: COLUMN_NAMES[part],
    })),
  ] satisfies (Pick<ColumnsResult, "key" | "method" | "leftOut"> & { parts: readonly ColumnPart[] })[];

  const truth = artistSongsOf(test, labels).genres;
  const judged: (Pick<ColumnsResult, "key" | "method" | "leftOut"> & { scores: SongScores })[] = [];
  let columns: { validation: Float64Array[]; test: Float64Array[] } | undefined;
  for (const [done, { key, method, parts, leftOut }] of linear.entries()) {
    const model = await fitColumnsModel(blocks, train, labels, {
      parts,
      ...(onProgress && {
        onIteration: (iteration) => onProgress({ done, total: linear.length, iteration }),
      }),
    });
    const ofTest = columnsProbabilities(model, blocksOf.test);
    if (key === "columns") {
      columns = { validation: columnsProbabilities(model, blocksOf.validation), test: ofTest };
    }
    judged.push({ key, method, leftOut, scores: scoreSongs(truth, ofTest) });
  }
  await onProgress?.({ done: linear.length, total: linear.length, iteration: 0 });

  const combinations = await combine(lyricsModel.name, {
    validation: {
      ...artistSongsOf(validation, labels),
      logits: lyricsModel.validation,
      columns: columns!.validation,
    },
    test: { ...artistSongsOf(test, labels), logits: lyricsModel.test, columns: columns!.test },
  }, fitArtistPrior(artistSongsOf(train, labels), { classes: labels.length }));
  const members: Partial<Record<CombinationKey, string>> = {
    "stacking-without-columns": "모든 열 · all columns",
    "stacking-without-lyrics-model": lyricsModel.name,
    "stacking-without-artist": COLUMN_NAMES.artist,
  };
  for (const { key, method, probabilities } of combinations.results) {
    judged.push({ key, method, leftOut: members[key] ?? null, scores: scoreSongs(truth, probabilities) });
  }

  const correctOf = (key: ColumnsResult["key"]) => judged.find((other) => other.key === key)!.scores.correct;
  return {
    songs: { train: train.length, validation: validation.length, test: test.length },
    labels,
    lyricsModel: lyricsModel.name,
    results: judged.map(({ key, method, leftOut, scores: { correct, ...figures } }) => ({
      key,
      method,
      leftOut,
      ...figures,
      adds: leftOut === null
        ? null
        : difference(correctOf(key.startsWith("columns-") ? "columns" : "stacking"), correct, seed),
    })),
    alphas: combinations.alphas,
    stackingC: combinations.stacking.C,
  };
}

/** Accuracy of the first minus the second's on the same songs. */
function difference(first: readonly boolean[], second: readonly boolean[], seed: number): Estimate {
  const gain = first.map((right, i) => Number(right) - Number(second[i]));
  const { value, low, high } = bootstrapInterval(
    gain.length,
    (songs) => songs.reduce((sum, song) => sum + gain[song]!, 0) / songs.length,
    { seed },
  );
  return { value, low, high };
}

/** The comparison as rows of a table. */
export function columnsTable({ results }: ColumnsComparison): Record<string, string>[] {
  const points = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)}`;
  return results.map(({ method, accuracy, macroF1, calibrationError, adds }) => ({
    "방법 · method": method,
    "곡별 정확도 · accuracy per song": accuracy.toFixed(3),
    "macro-F1": macroF1.toFixed(3),
    "보정 오차 · calibration error": calibrationError.toFixed(3),
    "뺀 것의 몫, 점 · what it adds, points": adds
      ? `${points(adds.value)} [${points(adds.low)}, ${points(adds.high)}]`
      : "",
  }));
}

/** What each part adds to the linear model and each member to the stacking, for the figure: by model, with intervals. */
export function whatPartsAdd(
  { results }: ColumnsComparison,
): Record<string, { name: string; adds: Estimate }[]> {
  const partsOf = (prefix: string) =>
    results.flatMap(({ key, leftOut, adds }) =>
      leftOut !== null && adds !== null && key.startsWith(prefix) ? [{ name: leftOut, adds }] : []
    );
  return {
    "모든 열, 선형 · all columns, linear": partsOf("columns-"),
    "쌓기 · stacking": partsOf("stacking-"),
  };
}

/** Writes the comparison as JSON. */
export async function writeColumns(path: string, comparison: ColumnsComparison): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, JSON.stringify(comparison, null, 2) + "\n");
}

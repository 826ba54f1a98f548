/** All columns together, with and without each part, and the best combination with a lyrics model: one table. */
import type { Estimate } from "../../evaluation/mod.ts";
import { difference, scoreSongs, type SongScores } from "../scores.ts";
import { type CombinationKey, type Combinations, combine } from "../joined/combination.ts";
import {
  type ColumnPart,
  columnParts,
  type Method,
  type Predictions,
  type Sides,
  sizesOf,
} from "../trial.ts";
import { bilingual, columnNames, type Name, nameOf } from "../names.ts";
import { type RunOptions, runTrials } from "../run.ts";
import { differenceText } from "../tables.ts";

type ColumnsKey = "lyrics" | "columns" | `columns-without-${ColumnPart}`;

/** One method of {@link compareColumns}; all figures are per test song. */
export interface ColumnsResult extends Omit<SongScores, "correct"> {
  method: string;
  /** Stays the same from run to run: `lyrics`, `columns`, `columns-without-artist`, a combination's key. */
  key: ColumnsKey | CombinationKey;
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

/** A linear model on parts of the table: lyrics alone, all columns, and all but one. */
export const columnsMethods = (tolerance = 1e-4): Map<ColumnsKey, Method> => {
  const of = (parts: readonly ColumnPart[]): Method => ({ kind: "columns", parts, tolerance });
  return new Map([
    ["lyrics", of(["lyrics"])],
    ["columns", of(columnParts)],
    ...columnParts.map((left) =>
      [`columns-without-${left}` as const, of(columnParts.filter((part) => part !== left))] as const
    ),
  ]);
};

/**
 * The honest bar with every column of the table, what each part adds to it (by leaving it out), and the best
 * combination with a lyrics model (stacking on validation songs), what each member adds to that.
 *
 * @param model the lyrics model's name, and its predictions on these sides
 * @param options.seed of the bootstrap
 * @throws RangeError on no songs, or rows that do not fit them
 * @example
 * ```ts
 * const method = options.methods.network, store = trialStore("outputs/run");
 * const predictions = (await store.read({ method, labels, sides, seed: 7 }))!;
 * const comparison = await compareColumns(sides, labels, { name: nameOf(method), predictions }, { seed: 7 });
 * ```
 */
export async function compareColumns(
  sides: Sides,
  labels: readonly string[],
  model: { name: Name; predictions: Predictions },
  { seed = 0, ...options }: RunOptions & { seed?: number } = {},
): Promise<ColumnsComparison> {
  const linear = columnsMethods();
  const ran = await runTrials(
    [...linear.values()].map((method) => ({ method, labels, sides, seed })),
    options,
  );
  const predictionsOf = new Map([...linear.keys()].map((key, i) => [key, ran[i]!]));
  const combinations = await combine(model.name, sides, labels, {
    lyrics: model.predictions,
    columns: predictionsOf.get("columns")!,
  });
  const members: Partial<Record<CombinationKey, string>> = {
    "stacking-without-columns": "모든 열 · all columns",
    "stacking-without-lyrics-model": bilingual(model.name),
    "stacking-without-artist": bilingual(columnNames.artist),
  };
  const judged = [
    ...[...linear].map(([key, method]) => {
      const left = columnParts.find((part) => key === `columns-without-${part}`);
      return {
        key,
        method: bilingual(nameOf(method)),
        leftOut: left === undefined ? null : bilingual(columnNames[left]),
        scores: scoreSongs(sides.test, labels, predictionsOf.get(key)!.test.shares),
      };
    }),
    ...combinations.results.map(({ key, method, probabilities }) => ({
      key,
      method,
      leftOut: members[key] ?? null,
      scores: scoreSongs(sides.test, labels, probabilities),
    })),
  ];
  const correctOf = (key: ColumnsResult["key"]) => judged.find((other) => other.key === key)!.scores.correct;
  return {
    songs: sizesOf(sides),
    labels,
    lyricsModel: bilingual(model.name),
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

/** The comparison as rows of a table. */
export function columnsTable({ results }: ColumnsComparison): Record<string, string>[] {
  return results.map(({ method, accuracy, macroF1, calibrationError, adds }) => ({
    "방법 · method": method,
    "곡별 정확도 · accuracy per song": accuracy.value.toFixed(3),
    "macro-F1": macroF1.toFixed(3),
    "보정 오차 (ECE) · calibration error": calibrationError.toFixed(3),
    "뺀 것의 몫, 점 · what it adds, points": adds === null ? "" : differenceText(adds),
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

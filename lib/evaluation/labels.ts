/** Labels, rows of numbers, and the checks of both that every metric begins with. */
import { softmaxOf } from "../ground/pure.ts";

/** A class: its name (`"발라드"`) or its index (`3`). One array holds one kind. */
export type Label = string | number;

/** Labels in any plain array: `string[]`, `number[]`, `Int32Array`. */
export type Labels = ArrayLike<Label>;

/** One row per example; a row holds one number per class. */
export type Rows = ArrayLike<ArrayLike<number>>;

/** The labels that occur in the given arrays, each once: numbers ascending, strings by code point (Python's order). */
export function labelsOf(...arrays: Labels[]): Label[] {
  const seen = new Set<Label>();
  for (const array of arrays) for (let i = 0; i < array.length; i++) seen.add(array[i]!);
  return [...seen].sort(compareLabels);
}

/** Orders numbers by value and strings by code point, where JavaScript's own order goes by UTF-16 unit. */
export function compareLabels(a: Label, b: Label): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return compareCodePoints(String(a), String(b));
}

/** Python's order of strings. It differs from JavaScript's where a surrogate pair (an emoji) meets U+E000 to U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xIsSurrogate = x >= 0xd800 && x < 0xe000;
    const yIsSurrogate = y >= 0xd800 && y < 0xe000;
    return xIsSurrogate === yIsSurrogate ? x - y : xIsSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}

/**
 * Each row's logits (any scores) as probabilities: the softmax, safe for large numbers.
 *
 * @param logits rows [example][class]
 * @returns rows [example][class] that sum to 1
 */
export const softmax = (logits: Rows): Float64Array[] => Array.from(logits, softmaxOf);

/**
 * Throws unless the named arrays are equally long and not empty; the message names the lengths.
 *
 * @param where the caller, first word of the message
 * @param arrays by the name a reader knows them by; undefined ones are skipped
 * @returns the common length
 */
export function checkLengths(where: string, arrays: Record<string, ArrayLike<unknown> | undefined>): number {
  const given = Object.entries(arrays).filter((entry): entry is [string, ArrayLike<unknown>] =>
    entry[1] !== undefined
  );
  const [firstName, first] = given[0]!;
  for (const [name, array] of given) {
    if (array.length !== first.length) {
      throw new RangeError(
        `${where}: ${firstName} has ${first.length} entries but ${name} has ${array.length}; ` +
          `give one of each for every example, in the same order.`,
      );
    }
  }
  if (first.length === 0) {
    throw new RangeError(
      `${where}: ${firstName} is empty, so there is nothing to measure; check the split or filter it came from.`,
    );
  }
  return first.length;
}

/** Throws where a label is missing or NaN, or where names are compared with indices (which are never equal). */
export function checkLabels(where: string, arrays: Record<string, Labels | undefined>): void {
  let firstKind: { name: string; label: Label } | undefined;
  for (const [name, array] of Object.entries(arrays)) {
    if (array === undefined) continue;
    for (let i = 0; i < array.length; i++) {
      const label = array[i];
      if ((typeof label !== "string" && typeof label !== "number") || Number.isNaN(label)) {
        throw new TypeError(
          `${where}: ${name}[${i}] is ${label}; a label is a genre name or a class index. Drop or mend that example.`,
        );
      }
      firstKind ??= { name, label };
      if (typeof label !== typeof firstKind.label) {
        throw new TypeError(
          `${where}: ${name}[${i}] is the ${typeof label} ${JSON.stringify(label)} but ` +
            `${firstKind.name} holds ${typeof firstKind.label}s (${JSON.stringify(firstKind.label)}); ` +
            "turn both into names or both into indices.",
        );
      }
    }
  }
}

/**
 * Labels as the rows of a report: those that are listed, or all that occur, and the place of each.
 *
 * @throws RangeError on empty or unequally long input, a label listed twice; TypeError when names meet indices
 */
export function placesOf(where: string, truth: Labels, predictions: Labels, listed?: readonly Label[]) {
  checkLengths(where, { truth, predictions });
  checkLabels(where, { truth, predictions, labels: listed });
  const labels = listed ? [...listed] : labelsOf(truth, predictions);
  const places = new Map(labels.map((label, place) => [label, place]));
  if (places.size === labels.length) return { labels, places };
  throw new RangeError(`${where}: a label is listed twice in ${labels.join(", ")}; list each once.`);
}

/** What a classifier is fitted on: its classes, and the class of each example. @throws as {@link checkLengths}, {@link checkLabels}, {@link checkWeights} */
export function classesOf(where: string, rows: number, labels: Labels, sampleWeight?: ArrayLike<number>) {
  checkLengths(where, { labels, "the matrix's rows": { length: rows }, sampleWeight });
  checkLabels(where, { labels });
  checkWeights(where, sampleWeight);
  const classes = labelsOf(labels), placeOf = new Map(classes.map((label, k) => [label, k]));
  return { classes, target: Int32Array.from(labels as ArrayLike<Label>, (label) => placeOf.get(label)!) };
}

/** Throws unless every weight is a finite number of at least 0 and their sum is above 0. */
export function checkWeights(where: string, weights: ArrayLike<number> | undefined): void {
  if (weights === undefined) return;
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(`${where}: weight ${i} is ${weight}; weights are finite numbers of at least 0.`);
    }
    sum += weight;
  }
  if (sum === 0) throw new RangeError(`${where}: all weights are 0; at least one example must count.`);
}

/**
 * Throws unless all rows are equally long and finite.
 *
 * @returns the number of columns
 */
export function checkRows(where: string, name: string, rows: Rows): number {
  const columns = rows[0]?.length ?? 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row.length !== columns) {
      throw new RangeError(
        `${where}: ${name} row ${i} has ${row.length} numbers but row 0 has ${columns}; give one per class.`,
      );
    }
    for (let k = 0; k < columns; k++) {
      if (!Number.isFinite(row[k])) {
        throw new RangeError(
          `${where}: ${name} row ${i}, class ${k} is ${row[k]}, not a finite number; ` +
            `did the model diverge (look at its loss) before these were taken?`,
        );
      }
    }
  }
  return columns;
}

/** Throws unless the rows are finite, between 0 and 1, and each sums to 1 (within 1e-4: float32 softmax passes). */
export function checkProbabilities(where: string, probabilities: Rows): number {
  const columns = checkRows(where, "probabilities", probabilities);
  for (let i = 0; i < probabilities.length; i++) {
    const row = probabilities[i]!;
    let sum = 0;
    for (let k = 0; k < columns; k++) {
      if (row[k]! < 0 || row[k]! > 1 + 1e-6) {
        throw new RangeError(
          `${where}: probabilities row ${i}, class ${k} is ${row[k]}, outside 0 to 1; for logits ` +
            "call softmax first.",
        );
      }
      sum += row[k]!;
    }
    if (Math.abs(sum - 1) > 1e-4) {
      throw new RangeError(
        `${where}: probabilities row ${i} sums to ${sum}, not 1; for logits call softmax first.`,
      );
    }
  }
  return columns;
}

/**
 * Column of each label: `classes[column] === label`.
 *
 * @param classes the columns' labels, in order; by default the label is itself the column index
 */
export function columnsOf(
  where: string,
  truth: Labels,
  columns: number,
  classes?: readonly Label[],
): Int32Array {
  if (classes !== undefined && classes.length !== columns) {
    throw new RangeError(
      `${where}: ${classes.length} classes are named but the rows have ${columns} columns; name each column once.`,
    );
  }
  const columnOf = classes && new Map(classes.map((label, column) => [label, column]));
  return Int32Array.from({ length: truth.length }, (_, i) => {
    const label = truth[i]!;
    const column = columnOf ? columnOf.get(label) : label;
    if (typeof column !== "number" || !Number.isInteger(column) || column < 0 || column >= columns) {
      throw new RangeError(
        `${where}: truth[${i}] is ${JSON.stringify(label)}, which is none of the ${columns} classes` +
          (classes ? ` (${classes.join(", ")}).` : `' indices; pass the columns' names as classes.`),
      );
    }
    return column;
  });
}

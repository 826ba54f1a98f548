/** Examples to batches: order, length, padding. */
import { permutation, randomKey } from "../ground/mod.ts";
import { type PaddingSide, type TokenBatch, tokenBatch } from "../models/mod.ts";
import { shareOf, type Team } from "../team/mod.ts";
import type { Recipe } from "./recipe.ts";

/** A text as a row of tokens, or several, and the class it should get or, for a language model, the tokens. */
export interface Example {
  /** The song's id: named when something goes wrong, and what results are joined by. */
  songId: string;
  inputIds: Int32Array;
  /** For a classifier: the rows that the model reads in place of `inputIds`, whose answers are averaged. */
  windows?: readonly Int32Array[];
  /** Segments; zeros where absent. */
  tokenTypeIds?: Int32Array;
  /** Where the row holds several texts, the text of each token, from 0 or more up: tokens see their own text alone. */
  textIds?: Int32Array;
  /** The class's number; of no account where tokens have labels. With `targets` the first of its classes. */
  label: number;
  /** For a classifier that gives each class its own yes or no: 1 for each class it has, else 0, [classes]. */
  targets?: Float32Array;
  /** For a classifier of one class: what a teacher gives each class, [classes], summing to 1; the recipe's `distillation` of the target. */
  teacher?: Float32Array;
  /**
   * For a language model: the token that should stand at each place, as long as `inputIds`; -100 where none is asked. As in
   * Hugging Face, also for a causal one, which predicts each from the tokens before it: it is never asked for the first.
   */
  tokenLabels?: Int32Array;
  /** Its weight in the loss, or that of each of its labelled tokens. */
  weight: number;
}

/** Examples padded to one length. */
export interface Batch {
  tokens: TokenBatch;
  labels: Int32Array;
  /** [rows · classes]; where the examples have them. */
  targets?: Float32Array;
  /** [rows · classes]; where the examples have one. */
  teacher?: Float32Array;
  /** [rows · length], -100 at padding; where the examples have them. */
  tokenLabels?: Int32Array;
  weights: Float32Array;
  examples: readonly Example[];
}

/** The rows that the model reads of an example. */
export const rowsOf = ({ inputIds, windows }: Example): readonly Int32Array[] => windows ?? [inputIds];

/** Tokens of the longest of an example's rows. */
export const longestRow = (example: Example): number =>
  rowsOf(example).reduce((most, { length }) => Math.max(most, length), 0);

/** Whether a class is right for an example: its own, or any of them. */
export function isRight({ label, targets }: Example, predicted: number): boolean {
  return targets === undefined ? label === predicted : targets[predicted] === 1;
}

/** The right answers to what a loss asks, in the order of its logits' rows, and what each counts. */
export interface Answers {
  labels: Int32Array;
  weights: Float32Array;
}

/** The right answers of examples: one of each, or one of each token with a label. */
export function answersOf(examples: readonly Example[]): Answers {
  const ofTokens = examples.map(({ tokenLabels, label }) =>
    tokenLabels === undefined ? [label] : tokenLabels.filter((token) => token !== -100)
  );
  return {
    labels: Int32Array.from(ofTokens.flatMap((labels) => [...labels])),
    weights: Float32Array.from(
      ofTokens.flatMap((labels, i) => Array.from(labels, () => examples[i]!.weight)),
    ),
  };
}

/** The batches of an epoch. */
export interface EpochBatches {
  readonly length: number;
  /** The examples of a batch, by their indices. */
  at(batch: number): Uint32Array;
}

/**
 * The batches of an epoch, as indices: shuffled by seed and epoch, then sorted by length within windows of `sortWindow`
 * batches, and the batches shuffled again, so that rows of a batch are of similar length while batches stay mixed. Four bytes an
 * example: there may be millions.
 *
 * @param lengths of the examples, in tokens
 */
export function epochBatches(
  lengths: ArrayLike<number>,
  options: Pick<Recipe, "batchSize" | "sortWindow" | "cropLength" | "seed"> & { epoch: number },
): EpochBatches {
  const { batchSize, sortWindow, cropLength, seed, epoch } = options;
  const order = permutation(lengths.length, randomKey(seed, epoch, 1)),
    count = Math.ceil(order.length / batchSize);
  const batch = (i: number) => order.subarray(i * batchSize, (i + 1) * batchSize);
  if (sortWindow === 0) return { length: count, at: batch };
  const size = batchSize * sortWindow;
  for (let start = 0; start < order.length; start += size) {
    sortByLength(order.subarray(start, start + size), lengths, cropLength || Infinity);
  }
  const places = permutation(count, randomKey(seed, epoch, 2));
  return { length: count, at: (i) => batch(places[i]!) };
}

/** Sorts examples by length, in place; ties keep their order: the result depends on nothing but what is given. */
function sortByLength(examples: Uint32Array, lengths: ArrayLike<number>, most: number): void {
  const before = examples.slice(), count = before.length;
  const lengthOf = (example: number) => Math.min(lengths[example]!, most);
  const keys = Float64Array.from(before, (example, place) => lengthOf(example) * count + place).sort();
  keys.forEach((key, i) => examples[i] = before[key % count]!);
}

/** Batches in order of length, longest first: for evaluation, where order does not matter, padding least. */
export function batchesByLength(lengths: readonly number[], batchSize: number): number[][] {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  return chunks(order, batchSize);
}

function chunks<T>(items: T[], size: number): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, i) => items.slice(i * size, (i + 1) * size),
  );
}

/** How rows are filled to equal length. */
export interface Padding {
  /** Fills the rest of each row. */
  padId: number;
  /** Where the fill stands: XLNet's before the text. Default `right`. */
  paddingSide?: PaddingSide;
}

/** Pads examples to the longest of them, or to a length that is given. */
export function collate(
  examples: readonly Example[],
  { padId, paddingSide = "right" }: Padding,
  length?: number,
): Batch {
  const tokens = tokenBatch(examples.flatMap(rowsOf), padId, paddingSide, length);
  const tokenTypeIds = new Int32Array(tokens.inputIds.length);
  const tokenLabels = new Int32Array(tokens.inputIds.length).fill(-100);
  const textIds = new Int32Array(tokens.inputIds.length).fill(-1);
  let row = 0;
  examples.forEach((example) => {
    const { inputIds, tokenTypeIds: types, tokenLabels: labels, textIds: texts } = example;
    const start = paddingSide === "right" ? row * tokens.length : (row + 1) * tokens.length - inputIds.length;
    if (types !== undefined) tokenTypeIds.set(types, start);
    if (labels !== undefined) tokenLabels.set(labels, start);
    if (texts !== undefined) textIds.set(texts, start);
    row += rowsOf(example).length;
  });
  const ofEachClass = (field: "targets" | "teacher") =>
    examples.every((example) => example[field] !== undefined) &&
    { [field]: Float32Array.from(examples.flatMap((example) => [...example[field]!])) };
  const inWindows = examples.some(({ windows }) => windows !== undefined);
  return {
    tokens: {
      ...tokens,
      tokenTypeIds,
      ...(examples.every(({ textIds }) => textIds !== undefined) && { textIds }),
      ...(inWindows && { rowsOfText: Int32Array.from(examples, (example) => rowsOf(example).length) }),
    },
    ...(examples.some(({ tokenLabels }) => tokenLabels !== undefined) && { tokenLabels }),
    ...ofEachClass("targets"),
    ...ofEachClass("teacher"),
    labels: Int32Array.from(examples, ({ label }) => label),
    weights: Float32Array.from(examples, ({ weight }) => weight),
    examples,
  };
}

/** Examples of a step's batch that are computed at once, and their place in it. */
export interface MicroBatch {
  examples: Example[];
  /** Rows of the batch before the first of theirs. */
  rowsBefore: number;
}

/** A batch in the order in which it is computed, whoever computes which part of it: by length, short rows first. */
export interface OrderedBatch {
  examples: readonly Example[];
  /** Of its longest row: all are padded to it. */
  length: number;
  /** Rows before each example, and in the end how many there are. */
  rowsBefore: Uint32Array;
}

/** Puts a batch in order; examples of the same length stay as they are. */
export function inOrder(batch: readonly Example[]): OrderedBatch {
  const examples = [...batch].sort((a, b) => longestRow(a) - longestRow(b));
  const rowsBefore = new Uint32Array(examples.length + 1);
  examples.forEach((example, i) => rowsBefore[i + 1] = rowsBefore[i]! + rowsOf(example).length);
  return { examples, length: longestRow(examples.at(-1)!), rowsBefore };
}

/**
 * Cuts some of a batch's examples, which follow one another, into parts of at most `tokens` tokens, padding to the batch's longest row included.
 * One example is never cut.
 *
 * @param range of the ordered batch's examples; default all
 */
export function microBatches(
  { examples, length, rowsBefore }: OrderedBatch,
  tokens: number | null,
  { from, to }: { from: number; to: number } = { from: 0, to: examples.length },
): MicroBatch[] {
  const parts: MicroBatch[] = [];
  for (let start = from; start < to;) {
    let end = start + 1;
    while (end < to && (tokens === null || (rowsBefore[end + 1]! - rowsBefore[start]!) * length <= tokens)) {
      end++;
    }
    parts.push({ examples: examples.slice(start, end), rowsBefore: rowsBefore[start]! });
    start = end;
  }
  return parts;
}

/** A member's share of a batch: examples that follow one another, as many rows as each other's, or nearly. */
export function shareOfBatch({ examples, rowsBefore }: OrderedBatch, team: Pick<Team, "rank" | "size">) {
  const rows = shareOf(team, rowsBefore[examples.length]!);
  // an example belongs to whom its first row does
  const first = (row: number) => {
    const found = rowsBefore.findIndex((before) => before >= row);
    return Math.min(found, examples.length);
  };
  return { from: first(rows.from), to: first(rows.to) };
}

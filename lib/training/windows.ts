/** Long texts in several rows, so that all of a song is read. */
import type { Random } from "../ground/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** How a text that is longer than a row is read. */
export interface Reading {
  /** Tokens of a row, special tokens included. */
  maxLength: number;
  /** Rows of a text at most; with 1 a text is cut to `maxLength`. */
  maxWindows: number;
  /** Tokens that neighbouring rows share, at least. */
  windowOverlap: number;
}

/** What a classifier reads of a text. */
export interface TextRows {
  /** All tokens of the text that a row or several hold, special tokens included; of several rows those of the whole text. */
  inputIds: Int32Array;
  /** The rows where there are several. */
  windows?: Int32Array[];
}

/**
 * The tokens of a text that its rows hold together where neighbours share the overlap: what a method without rows reads, so that it reads
 * equally much.
 *
 * @example
 * ```ts
 * tokensHeld({ maxLength: 256, maxWindows: 1, windowOverlap: 32 }); // 256
 * ```
 */
export function tokensHeld({ maxLength, maxWindows, windowOverlap }: Reading): number {
  // without the special tokens of each row
  const room = maxLength - 2;
  return maxLength + (maxWindows - 1) * (room - windowOverlap);
}

/**
 * A text as the rows that a classifier reads: itself where it fits into one, else windows of equal length, spread evenly from its
 * first token to its last, each with the special tokens of a text of its own. Where `maxWindows` are too few to reach over all of it,
 * what lies between them is not read.
 *
 * @example
 * ```ts
 * const read = textReader(tokenizer, { maxLength: 256, maxWindows: 8, windowOverlap: 32 });
 * read(song.lyrics).windows; // [Int32Array(180), Int32Array(180)] of a song of 328 tokens
 * ```
 */
export function textReader(tokenizer: Tokenizer, reading: Reading): (text: string) => TextRows {
  const { maxLength, maxWindows, windowOverlap } = reading;
  if (maxWindows === 1) {
    return (text) => ({ inputIds: Int32Array.from(tokenizer.encode(text, { maxLength }).ids) });
  }
  const [before, after] = specialTokensAround(tokenizer);
  const room = maxLength - before.length - after.length;
  const row = (ids: readonly number[]) => Int32Array.from([...before, ...ids, ...after]);
  return (text) => {
    const { ids } = tokenizer.encode(text, { addSpecialTokens: false });
    const spans = windowsOf(ids.length, room, windowOverlap, maxWindows);
    if (spans.length === 1) return { inputIds: row(ids) };
    return { inputIds: row(ids), windows: spans.map(([from, to]) => row(ids.slice(from, to))) };
  };
}

/**
 * A random piece of what is read of a text, as a row of its own: as many of its tokens as fit into `length` beside the special ones, from anywhere
 * in it. A text that is no longer is read whole.
 *
 * @param around as {@link specialTokensAround} gives them
 */
export function pieceOf(
  { inputIds }: Pick<TextRows, "inputIds">,
  length: number,
  [before, after]: SpecialTokens,
  random: Random,
): Int32Array {
  const room = Math.max(1, length - before.length - after.length), end = inputIds.length - after.length;
  const most = end - before.length - room;
  if (most <= 0) return inputIds;
  const from = before.length + Math.floor(random() * (most + 1));
  return Int32Array.from([...before, ...inputIds.subarray(from, from + room), ...after]);
}

/** The special tokens of a row. */
export type SpecialTokens = readonly [before: readonly number[], after: readonly number[]];

/** What a tokenizer puts before and after a text. */
export function specialTokensAround(tokenizer: Tokenizer): SpecialTokens {
  const text = "가", whole = tokenizer.encode(text).ids;
  const bare = tokenizer.encode(text, { addSpecialTokens: false }).ids;
  const start = whole.findIndex((_, i) => bare.every((id, j) => whole[i + j] === id));
  return [whole.slice(0, start), whole.slice(start + bare.length)];
}

/**
 * The windows of a text, as `[from, to)` of its tokens.
 *
 * @param room tokens of a window at most
 * @param overlap tokens that neighbours share at least; a quarter of the room at most
 */
export function windowsOf(
  tokens: number,
  room: number,
  overlap: number,
  most: number,
): [from: number, to: number][] {
  if (tokens <= room) return [[0, tokens]];
  const shared = Math.min(overlap, room >> 2);
  const count = Math.min(most, Math.ceil((tokens - shared) / (room - shared)));
  const length = Math.min(room, Math.ceil((tokens + (count - 1) * shared) / count));
  return Array.from({ length: count }, (_, i) => {
    const from = count === 1 ? 0 : Math.round(i * (tokens - length) / (count - 1));
    return [from, from + length];
  });
}

/** How much of a text a model reads: tokens, rows, what is left. */
import type { Tokenizer } from "../tokenizer/mod.ts";
import { loadTokenizer, tokenLengths } from "../tokenizer/mod.ts";
import { type Reading, textReader, tokenizerOf, windowsOf } from "../training/mod.ts";
import type { Work } from "./work.ts";

/** Texts, and how much of each is read. */
export interface ReadTexts {
  /** Tokens of each text, special tokens included. */
  lengths: ArrayLike<number>;
  /** Tokens of each text that some window holds, special tokens included once. */
  read: ArrayLike<number>;
  /** Tokens of a window at most. */
  maxLength: number;
}

/** The tokenizer of the model that is to be trained. */
export const openTokenizer = async ({ options: { model, tokenizer } }: Work): Promise<Tokenizer> =>
  await loadTokenizer(await tokenizerOf(model, tokenizer));

/** How many tokens a tokenizer puts around a text. */
const specialTokens = (tokenizer: Tokenizer): number =>
  tokenizer.encode("가").ids.length - tokenizer.encode("가", { addSpecialTokens: false }).ids.length;

/** How much of the songs' lyrics a recipe reads. */
export function howMuchIsRead(
  tokenizer: Tokenizer,
  reading: Reading,
  songs: readonly { readonly lyrics: string }[],
): ReadTexts {
  const { maxLength, maxWindows, windowOverlap } = reading, around = specialTokens(tokenizer);
  const lengths = tokenLengths(tokenizer, songs.map(({ lyrics }) => lyrics));
  const read = Array.from(lengths, (length) => {
    if (maxWindows === 1) return Math.min(length, maxLength);
    let to = 0, covered = around;
    for (const [from, end] of windowsOf(length - around, maxLength - around, windowOverlap, maxWindows)) {
      covered += end - Math.max(from, to);
      to = end;
    }
    return covered;
  });
  return { lengths, read, maxLength };
}

/** The share of all tokens that is read: 1 where every text is read to its end. */
export function shareRead({ lengths, read }: Pick<ReadTexts, "lengths" | "read">): number {
  const sum = (numbers: ArrayLike<number>) => Array.from(numbers).reduce((sum, number) => sum + number, 0);
  return lengths.length === 0 ? 1 : sum(read) / sum(lengths);
}

/** Whether a share of all tokens is as good as whole lyrics: what is missing is the end of a few very long songs. */
export const isWhole = (share: number): boolean => share >= 0.995;

/** A line and the pieces that a tokenizer makes of it, as rows of a table. */
export const piecesTable = (tokenizer: Tokenizer, lines: readonly string[]) =>
  lines.map((line) => {
    const pieces = tokenizer.tokenize(line);
    return { "가사 · lyrics": line, "토큰 · tokens": pieces.join(" · "), "수 · count": pieces.length };
  });

/** A text as the windows that a model reads of it: where each begins and ends. */
export function windowsTable(tokenizer: Tokenizer, reading: Reading, text: string) {
  const { inputIds, windows = [inputIds] } = textReader(tokenizer, reading)(text);
  return windows.map((ids, row) => ({
    "창 · window": `${row + 1} / ${windows.length}`,
    "토큰 · tokens": ids.length,
    "처음 · begins": piecesOf(tokenizer, ids.subarray(0, 8)) + " …",
    "끝 · ends": "… " + piecesOf(tokenizer, ids.subarray(-7)),
  }));
}

/** Ids as the pieces that they stand for. */
export const piecesOf = (tokenizer: Tokenizer, ids: ArrayLike<number>): string =>
  Array.from(ids, (id) => tokenizer.idToToken(id)).join(" ");

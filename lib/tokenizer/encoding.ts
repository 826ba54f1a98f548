/**
 * What comes after the pieces, whatever made them: truncation, special tokens around, pairs, padding.
 * Source: utils/truncation.rs and processors/template.rs of huggingface/tokenizers; truncate_sequences of
 * transformers' Python tokenizers (both Apache-2.0).
 */

import { UserError } from "../ground/pure.ts";
import type { Encoding, Offset, Side, Truncation } from "./types.ts";

/** Special tokens around one text or two. A part is a special token's id, or 0 or 1 for the text of that number. */
export interface Template {
  single: readonly TemplatePart[];
  pair: readonly TemplatePart[];
}

export type TemplatePart = { special: number; type: number } | { text: 0 | 1; type: number };

/** `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`. */
export function bertTemplate(cls: number, sep: number): Template {
  const single: TemplatePart[] = [{ special: cls, type: 0 }, { text: 0, type: 0 }, { special: sep, type: 0 }];
  return { single, pair: [...single, { text: 1, type: 1 }, { special: sep, type: 1 }] };
}

/** `A <sep> <cls>` and `A <sep> B <sep> <cls>`, the last token in a segment of its own. */
export function xlnetTemplate(cls: number, sep: number): Template {
  const single: TemplatePart[] = [{ text: 0, type: 0 }, { special: sep, type: 0 }];
  const last = { special: cls, type: 2 };
  return {
    single: [...single, last],
    pair: [...single, { text: 1, type: 1 }, { special: sep, type: 1 }, last],
  };
}

/** A first and a last token around each text; null for none. */
export function startEndTemplate(bos: number | null, eos: number | null): Template {
  const around = (text: 0 | 1): TemplatePart[] => [
    ...(bos === null ? [] : [{ special: bos, type: text }]),
    { text, type: text },
    ...(eos === null ? [] : [{ special: eos, type: text }]),
  ];
  return { single: around(0), pair: [...around(0), ...around(1)] };
}

/** The texts alone. */
export const bareTemplate: Template = {
  single: [{ text: 0, type: 0 }],
  pair: [{ text: 0, type: 0 }, { text: 1, type: 1 }],
};

/** How many special tokens a template adds. */
export function specialCount(parts: readonly TemplatePart[]): number {
  return parts.filter((part) => "special" in part).length;
}

/**
 * Which of Python's two ways to cut a pair from its longer text: Hugging Face `tokenizers` halves what is left and
 * gives the odd token to the text that was longer (the second, of equals); transformers' own Python classes take one
 * token after the other, from the second of equals.
 */
export type LongestFirst = "tokenizers" | "python";

/**
 * How many tokens of each text stay.
 *
 * @param room for both texts together, without special tokens.
 * @throws Error where the text that must give tokens has too few.
 */
export function lengthsAfterTruncation(
  first: number,
  second: number | null,
  room: number,
  truncation: Truncation,
  longestFirst: LongestFirst,
): [number, number] {
  const other = second ?? 0;
  const excess = first + other - room;
  if (excess <= 0) return [first, other];
  const short = (which: string, has: number) =>
    new UserError(
      `The ${which} text has ${has} tokens, but ${excess} must go (truncation ${truncation}). Give a larger ` +
        `maxLength, or let both be cut (longest_first).`,
    );
  if (truncation === "only_second") {
    if (second === null) throw new UserError("Truncation only_second needs a second text (pair).");
    if (second <= excess) throw short("second", second);
    return [first, second - excess];
  }
  if (truncation === "only_first") {
    if (first <= excess) throw short("first", first);
    return [first - excess, other];
  }
  if (second === null) return [room, 0];
  const shorter = Math.min(first, second);
  if (2 * shorter <= room) return first > second ? [room - second, second] : [first, room - first];
  const half = Math.floor(room / 2);
  if (longestFirst === "python") return [room - half, half];
  return first > second ? [room - half, half] : [half, room - half];
}

/** The tokens of one text before special tokens and padding. */
export interface TextTokens {
  ids: number[];
  offsets: Offset[] | null;
}

/** `length` tokens of a text, the others cut off at one side. */
export function cut(tokens: TextTokens, length: number, side: Side): TextTokens {
  if (length >= tokens.ids.length) return tokens;
  const from = side === "left" ? tokens.ids.length - length : 0;
  return {
    ids: tokens.ids.slice(from, from + length),
    offsets: tokens.offsets?.slice(from, from + length) ?? null,
  };
}

/** Puts texts and special tokens together. */
export function assemble(
  parts: readonly TemplatePart[],
  texts: readonly [TextTokens, TextTokens?],
  withOffsets: boolean,
): Encoding {
  const ids: number[] = [];
  const tokenTypeIds: number[] = [];
  const offsets: Offset[] = [];
  for (const part of parts) {
    if ("special" in part) {
      ids.push(part.special);
      tokenTypeIds.push(part.type);
      offsets.push([0, 0]);
    } else {
      const text = texts[part.text]!;
      for (const id of text.ids) {
        ids.push(id);
        tokenTypeIds.push(part.type);
      }
      for (const offset of text.offsets ?? []) offsets.push(offset);
    }
  }
  const encoding: Encoding = { ids, tokenTypeIds, attentionMask: new Array(ids.length).fill(1) };
  if (withOffsets) encoding.offsets = offsets;
  return encoding;
}

/** Fills an encoding up to a length, in place. */
export function pad(encoding: Encoding, length: number, side: Side, padId: number, padType: number): void {
  const missing = length - encoding.ids.length;
  if (missing <= 0) return;
  const fill = <T>(list: T[], value: () => T): void => {
    const filling = Array.from({ length: missing }, value), given = side === "left" ? [...list] : [];
    if (side === "left") list.length = 0;
    for (const item of filling) list.push(item);
    for (const item of given) list.push(item);
  };
  fill(encoding.ids, () => padId);
  fill(encoding.tokenTypeIds, () => padType);
  fill(encoding.attentionMask, () => 0);
  if (encoding.offsets !== undefined) fill(encoding.offsets, (): Offset => [0, 0]);
}

/** For every UTF-16 index of a text (and its end), how many code points lie before it. `[length + 1]` */
export function codePointIndex(text: string): Int32Array {
  const index = new Int32Array(text.length + 1);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    index[i] = count;
    const unit = text.charCodeAt(i);
    const following = text.charCodeAt(i + 1);
    const half = unit >= 0xd800 && unit < 0xdc00 && following >= 0xdc00 && following < 0xe000;
    if (!half) count++;
  }
  index[text.length] = count;
  return index;
}

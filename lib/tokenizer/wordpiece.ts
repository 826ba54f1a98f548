/**
 * WordPiece as a text model: BERT's words, each split into the longest pieces the vocabulary has.
 * Source: models/wordpiece/mod.rs of huggingface/tokenizers (Apache-2.0).
 */

import { UserError } from "../ground/pure.ts";
import { type AddedToken, makeTokenFinder } from "./added_tokens.ts";
import { type BertSettings, makeBertNormalizer, unprepared } from "./bert_text.ts";
import { characterClasses, Is } from "./tokenizers_classes.ts";
import { buildTrie, rootState, step } from "./double_array.ts";
import { englishMarks, stringOf } from "./characters.ts";
import type { Piece, TextModel } from "./types.ts";

/** A WordPiece vocabulary and how it is applied. */
export interface WordPieceModel {
  /** Token to id. */
  vocab: ReadonlyMap<string, number>;
  unkToken: string;
  /** What pieces inside a word begin with, `##`. */
  continuingPrefix: string;
  /** A longer word is unknown as a whole, in code points. */
  maxWordLength: number;
  /** Null: the text is taken as it is. */
  normalizer: BertSettings | null;
  /** Whether the text is split at white space and punctuation; else it is one word. */
  splitWords: boolean;
}

/** What is found in a text: an id for the units `[from, to)`. */
type Found = (id: number, from: number, to: number) => void;

/** Splits one word, `units[from..to)`. */
export type WordSplitter = (units: Uint16Array, from: number, to: number, found: Found) => void;

/** How words are split, apart from how a text becomes words. */
export type WordPieces = Pick<WordPieceModel, "vocab" | "unkToken" | "continuingPrefix" | "maxWordLength">;

/**
 * Splits words into the longest pieces that the vocabulary has.
 *
 * @throws Error where the vocabulary lacks the unknown token.
 */
export function makeWordSplitter(model: WordPieces): WordSplitter {
  const unkId = model.vocab.get(model.unkToken);
  if (unkId === undefined) {
    throw new UserError(`The vocabulary has no ${model.unkToken}, which WordPiece needs for unknown words.`);
  }
  const trie = buildTrie(model.vocab);
  const { codes, base, check, value } = trie;
  let inside = rootState;
  for (let i = 0; i < model.continuingPrefix.length && inside >= 0; i++) {
    inside = step(trie, inside, model.continuingPrefix.charCodeAt(i));
  }
  // A word has at most as many pieces as characters.
  const ends = new Int32Array(2 * model.maxWordLength + 2);
  const ids = new Int32Array(2 * model.maxWordLength + 2);

  let longestId = -1;
  const longest = (units: Uint16Array, from: number, to: number, first: boolean): number => {
    let state = first ? rootState : inside;
    let end = -1;
    for (let at = from; at < to && state >= 0;) {
      const code = codes[units[at]!]!;
      if (code === 0) break;
      const next = base[state]! + code;
      if (check[next] !== state) break;
      state = next;
      at++;
      if (value[state]! >= 0) {
        end = at;
        longestId = value[state]!;
      }
    }
    return end;
  };

  return (units, from, to, found) => {
    let characters = to - from;
    if (characters > model.maxWordLength) {
      for (let i = from; i < to; i++) if ((units[i]! & 0xfc00) === 0xdc00) characters--;
      if (characters > model.maxWordLength) return found(unkId, from, to);
    }
    // Twice: a word that cannot be split to its end is unknown as a whole.
    let count = 0;
    for (let at = from; at < to; count++) {
      const end = longest(units, at, to, at === from);
      if (end < 0) return found(unkId, from, to);
      ends[count] = end;
      ids[count] = longestId;
      at = end;
    }
    for (let i = 0, start = from; i < count; start = ends[i++]!) found(ids[i]!, start, ends[i]!);
  };
}

/**
 * WordPiece as a text model.
 *
 * @param normalizedTokens added tokens that are looked for in the prepared text.
 * @throws Error where the vocabulary lacks the unknown token.
 */
export function wordPieceText(model: WordPieceModel, normalizedTokens: readonly AddedToken[]): TextModel {
  const splitWord = makeWordSplitter(model);
  const classes = characterClasses();
  const prepare = makeBertNormalizer(model.normalizer ?? unprepared);
  const tokenOf = new Map([...model.vocab].map(([token, id]) => [id, token]));
  const writtenAs = preparedTokens(model, normalizedTokens);
  const findTokens = makeTokenFinder(normalizedTokens, (token) => writtenAs.get(token.id)!);

  /** All words of `units[from..to)`. */
  const splitWords = (
    units: Uint16Array,
    from: number,
    to: number,
    found: Found,
  ): void => {
    if (!model.splitWords) {
      if (from < to) splitWord(units, from, to, found);
      return;
    }
    let start = from;
    for (let at = from; at < to;) {
      let codePoint = units[at]!;
      let width = 1;
      if ((codePoint & 0xfc00) === 0xd800) {
        codePoint = 0x10000 + ((codePoint & 0x3ff) << 10) + (units[at + 1]! & 0x3ff);
        width = 2;
      }
      const kind = classes[codePoint]! & (Is.whiteSpace | Is.punctuation);
      if (kind !== 0) {
        if (start < at) splitWord(units, start, at, found);
        if (kind & Is.punctuation) splitWord(units, at, at + width, found);
        start = at + width;
      }
      at += width;
    }
    if (start < to) splitWord(units, start, to, found);
  };

  /** All of a prepared text, added tokens included. */
  const splitText = (
    units: Uint16Array,
    length: number,
    found: Found,
  ): void => {
    if (normalizedTokens.length === 0) return splitWords(units, 0, length, found);
    for (const { from, to, id } of findTokens(stringOf(units, 0, length))) {
      if (id >= 0) found(id, from, to);
      else splitWords(units, from, to, found);
    }
  };

  return {
    hasOffsets: true,
    ids: (text, out) => {
      const { units, length } = prepare(text);
      splitText(units, length, (id) => out.push(id));
    },
    pieces: (text) => {
      const { units, origin, length } = prepare(text);
      const pieces: Piece[] = [];
      splitText(units, length, (id, from, to) => {
        const last = origin[to - 1]!;
        const end = last + (text.codePointAt(last)! > 0xffff ? 2 : 1);
        pieces.push({ id, token: writtenAs.get(id) ?? tokenOf.get(id)!, start: origin[from]!, end });
      });
      return pieces;
    },
  };
}

/** Added tokens that are looked for in the prepared text, by id, as they are written there. */
export function preparedTokens(
  { normalizer }: WordPieceModel,
  tokens: readonly AddedToken[],
): Map<number, string> {
  const prepare = makeBertNormalizer(normalizer ?? unprepared);
  return new Map(
    tokens.filter((token) => token.normalized).map(({ id, content }) => {
      const { units, length } = prepare(content);
      return [id, stringOf(units, 0, length)];
    }),
  );
}

// BERT's decoder puts English marks where they belong.
// Source: decoders/wordpiece.rs, cleanup.
const cleanups = [...englishMarks, [" do not", " don't"]] as const;

/** Tokens back to text: spaces between words, none before `##` pieces. */
export function decodeWordPieces(tokens: readonly string[], prefix: string, cleanup: boolean): string {
  return tokens.map((token, i) => {
    let text = token;
    if (i > 0) text = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
    if (cleanup) { for (const [written, meant] of cleanups) text = text.replaceAll(written, meant); }
    return text;
  }).join("");
}

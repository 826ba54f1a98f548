/**
 * Byte-pair encoding: pairs of neighbours are joined, the pair of the best rank first (Sennrich et al. 2016,
 * arXiv:1508.07909). The joining itself is @xenova/transformers'; what `tokenizers` and SentencePiece put around it is here.
 * Source: models/bpe/model.rs and word.rs of huggingface/tokenizers; src/bpe_model.cc of google/sentencepiece (both
 * Apache-2.0).
 */

import { isOfText, PieceType, type SentencePieceModel } from "./sentencepiece_model.ts";
import { stringOf } from "./characters.ts";
import type { Splitter } from "./unigram.ts";

/** Ranks of pairs by `pairKey`: the lowest is joined first, of equals the one that stands first. */
export type Ranks = Map<string, number>;

/** How a pair is written in `Ranks`. */
export function pairKey(left: string, right: string): string {
  return left + separator + right;
}

// No character of a token: texts come without it (SentencePiece) or as characters for bytes.
const separator = "\0";

/** Joins a word's characters. */
export type Merge = (word: string) => readonly string[];

/** What is used of @xenova/transformers' BPE, which has no types of its own for these. */
interface XenovaBpe {
  BPE_SPLIT_TOKEN: string;
  bpe_ranks: Ranks;
  cache: Map<string, string[]>;
  bpe(word: string): string[];
}

/** Makes the joining of one model; the package is read when it is first needed. */
export async function makeMerge(ranks: Ranks): Promise<Merge> {
  const { TokenizerModel } = await import("@xenova/transformers/src/tokenizers.js");
  const model = TokenizerModel.fromConfig({ type: "BPE", vocab: {}, merges: [] }) as unknown as XenovaBpe;
  model.BPE_SPLIT_TOKEN = separator;
  model.bpe_ranks = ranks;
  return (word) => {
    const tokens = model.bpe(word);
    // What is known of a word is kept by the caller, within bounds.
    model.cache.clear();
    return tokens;
  };
}

/** How many words are remembered; then all are forgotten. */
const mostRemembered = 1 << 16;

/** A function of words whose answers are remembered. */
export function remembering<T>(answer: (word: string) => T): (word: string) => T {
  const known = new Map<string, T>();
  return (word) => {
    let result = known.get(word);
    if (result === undefined) {
      result = answer(word);
      if (known.size >= mostRemembered) known.clear();
      // Long stretches hardly come again.
      if (word.length <= 64) known.set(word, result);
    }
    return result;
  };
}

/** A BPE model of a `tokenizer.json`. */
export interface BpeModel {
  vocab: ReadonlyMap<string, number>;
  unkId: number | null;
  /** Unknown neighbours are one unknown token. */
  fuseUnknown: boolean;
  /** An unknown character is written as its bytes, `<0xEA>`. */
  byteFallback: boolean;
  /** A word that is in the vocabulary is taken as it is. */
  ignoreMerges: boolean;
}

/** The ids of a word. */
export function makeBpe(model: BpeModel, merge: Merge): (word: string) => readonly number[] {
  const { vocab, unkId, fuseUnknown, byteFallback, ignoreMerges } = model;
  const bytesOf = new Map<string, readonly number[] | null>();
  const bytes = (character: string): readonly number[] | null => {
    if (!byteFallback) return null;
    let ids = bytesOf.get(character);
    if (ids === undefined) bytesOf.set(character, ids = byteIds(character, vocab));
    return ids;
  };

  const ofStretch = (stretch: string): readonly number[] => {
    if (ignoreMerges) {
      const id = vocab.get(stretch);
      if (id !== undefined) return [id];
    }
    const ids: number[] = [];
    let known = "";
    const join = () => {
      if (known !== "") { for (const token of merge(known)) ids.push(vocab.get(token)!); }
      known = "";
    };
    // Whether an unknown token is due; as in `tokenizers`, bytes overtake it.
    let unknown = false;
    const flush = () => {
      if (unknown) ids.push(unkId!);
      unknown = false;
    };
    for (const character of stretch) {
      if (vocab.has(character)) {
        flush();
        known += character;
        continue;
      }
      const fallback = bytes(character);
      if (fallback === null && unkId === null) continue;
      join();
      if (fallback !== null) ids.push(...fallback);
      else {
        if (!fuseUnknown) flush();
        unknown = true;
      }
    }
    join();
    flush();
    return ids;
  };

  const remembered = remembering(ofStretch);
  const apart = spacesBegin(vocab.keys()) && vocab.has("▁") && !ignoreMerges;
  return (word) => {
    if (!apart || word.length < 32) return remembered(word);
    const ids: number[] = [];
    for (const stretch of word.match(spacedWord)!) for (const id of remembered(stretch)) ids.push(id);
    return ids;
  };
}

/** The ids of a text's bytes, `<0xEA>`; null where the vocabulary lacks one. */
export function byteIds(text: string, vocab: ReadonlyMap<string, number>): number[] | null {
  const token = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
  const ids = Array.from(new TextEncoder().encode(text), (byte) => vocab.get(token(byte)));
  return ids.every((id) => id !== undefined) ? ids as number[] : null;
}

// Stretches that no token reaches out of, where spaces stand only at tokens' beginnings.
const spacedWord = /▁+[^▁]*|[^▁]+/g;

/** Whether no token has a visible space after something else. */
function spacesBegin(tokens: Iterable<string>): boolean {
  for (const token of tokens) if (/[^▁]▁/.test(token)) return false;
  return true;
}

/** The pairs of a SentencePiece BPE model: of the same rank are all that give the same piece, or one of its score. */
export function ranksOfPieces(model: SentencePieceModel): Ranks {
  const pieces = new Map(model.pieces.filter(isOfText).map((piece) => [piece.text, piece.score]));
  const characters = new Set([...pieces.keys()].flatMap((text) => Array.from(text)));
  const scores = [...new Set(pieces.values())].sort((a, b) => b - a);
  const rankOf = new Map(scores.map((score, rank) => [score, rank]));
  const ranks: Ranks = new Map();
  for (const [text, score] of pieces) {
    const parts = Array.from(text);
    for (let i = 1, left = ""; i < parts.length; i++) {
      left += parts[i - 1]!;
      const right = text.slice(left.length);
      const exist = [left, right].every((part) => pieces.has(part) || characters.has(part));
      if (exist) ranks.set(pairKey(left, right), rankOf.get(score)!);
    }
  }
  return ranks;
}

/** The split of a SentencePiece BPE model. User-defined pieces are never joined with what stands around them. */
export function makeBpeSplitter(model: SentencePieceModel, merge: Merge): Splitter {
  const numbers = new Map<string, number>();
  const kept: string[] = [];
  model.pieces.forEach((piece, number) => {
    if (!isOfText(piece)) return;
    numbers.set(piece.text, number);
    if (piece.type === PieceType.userDefined) kept.push(piece.text);
  });
  const tokensOf = remembering(merge);
  const apart = spacesBegin(numbers.keys());
  // Alternatives are tried in order: the longest first.
  kept.sort((a, b) => b.length - a.length);
  const keep = kept.length === 0
    ? null
    : new RegExp(kept.map((text) => text.replace(/[\\^$.*+?()[\]{}|\/]/g, "\\$&")).join("|"), "gu");

  const split = { count: 0, pieces: new Int32Array(256), ends: new Int32Array(256) };
  let end = 0;
  const add = (token: string): void => {
    end += token.length;
    split.pieces[split.count] = numbers.get(token) ?? -1;
    split.ends[split.count++] = end;
  };
  const addJoined = (text: string): void => {
    const stretches = apart && text.length >= 32 ? text.match(spacedWord)! : [text];
    for (const stretch of stretches) {
      if (stretch !== "") {
        for (const token of tokensOf(stretch)) add(token);
      }
    }
  };
  return (units, length) => {
    if (length > split.pieces.length) {
      split.pieces = new Int32Array(2 * length);
      split.ends = new Int32Array(2 * length);
    }
    split.count = end = 0;
    const text = stringOf(units, 0, length);
    let done = 0;
    for (const match of keep === null ? [] : text.matchAll(keep)) {
      addJoined(text.slice(done, match.index));
      add(match[0]);
      done = match.index + match[0].length;
    }
    addJoined(text.slice(done));
    return split;
  };
}

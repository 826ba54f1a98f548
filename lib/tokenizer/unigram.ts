/**
 * The most probable split of a prepared text into pieces (Viterbi), with the numbers of SentencePiece's C++.
 * Source: src/unigram_model.cc of google/sentencepiece, Model::EncodeOptimized; Kudo 2018 (arXiv:1804.10959).
 */

import { buildTrie, rootState, type Trie } from "./double_array.ts";

/** A piece's text and score, and how it takes part. */
export interface ScoredPiece {
  text: string;
  score: number;
}

/** Splits of one text; the lists are overwritten by the next call. Piece `i` covers units `[ends[i-1], ends[i])`. */
export interface Split {
  count: number;
  /** Index of each piece, or -1 for a character that no piece covers. */
  pieces: Int32Array;
  /** Where each piece ends, in code units of the prepared text. */
  ends: Int32Array;
}

/** Splits `units[0..length)`. */
export type Splitter = (units: Uint16Array, length: number) => Split;

/**
 * Makes the split of a unigram model.
 *
 * SentencePiece sums along a path in float32 (rounded at every step), Hugging Face `tokenizers` in float64: at near
 * ties they choose differently, so the caller says whose numbers are wanted. Of equal sums the first found stays, the
 * one whose last piece is longer.
 *
 * @param pieces what can be split off; an index into this list is what `Split.pieces` holds. Null entries take no part.
 * @param unknownScore the score of a character that no piece covers.
 */
export function makeUnigramSplitter(
  pieces: readonly (ScoredPiece | null)[],
  unknownScore: number,
  precision: "float32" | "float64",
): Splitter {
  const entries: [string, number][] = [];
  const scores = new Float64Array(pieces.length);
  pieces.forEach((piece, i) => {
    if (piece === null) return;
    entries.push([piece.text, i]);
    scores[i] = piece.score;
  });
  const float32 = precision === "float32";
  const trie: Trie = buildTrie(entries);
  const { codes, base, check, value } = trie;

  let best: Float32Array | Float64Array = new Float32Array(0);
  let startOf = new Int32Array(0);
  let pieceOf = new Int32Array(0);
  const split: Split = { count: 0, pieces: new Int32Array(0), ends: new Int32Array(0) };

  const reserve = (length: number): void => {
    const size = Math.max(256, 2 * length);
    best = float32 ? new Float32Array(size) : new Float64Array(size);
    startOf = new Int32Array(size);
    pieceOf = new Int32Array(size);
    split.pieces = new Int32Array(size);
    split.ends = new Int32Array(size);
  };

  return (units, length) => {
    if (length + 1 > startOf.length) reserve(length + 1);
    startOf.fill(-1, 0, length + 1);
    best[0] = 0;
    for (let start = 0; start < length;) {
      const sofar = best[start]!;
      const unit = units[start]!;
      const next = start + (unit >= 0xd800 && unit < 0xdc00 && start + 1 < length ? 2 : 1);
      let covered = false;
      let state = rootState;
      for (let at = start; at < length;) {
        const code = codes[units[at]!]!;
        if (code === 0) break;
        const child = base[state]! + code;
        if (check[child] !== state) break;
        state = child;
        at++;
        const piece = value[state]!;
        if (piece < 0) continue;
        const score = float32 ? Math.fround(scores[piece]! + sofar) : scores[piece]! + sofar;
        if (startOf[at] === -1 || score > best[at]!) {
          best[at] = score;
          startOf[at] = start;
          pieceOf[at] = piece;
        }
        if (at === next) covered = true;
      }
      if (!covered) {
        const score = float32 ? Math.fround(unknownScore + sofar) : unknownScore + sofar;
        if (startOf[next] === -1 || score > best[next]!) {
          best[next] = score;
          startOf[next] = start;
          pieceOf[next] = -1;
        }
      }
      start = next;
    }
    let count = 0;
    for (let end = length; end > 0; end = startOf[end]!) count++;
    split.count = count;
    for (let end = length; end > 0; end = startOf[end]!) {
      count--;
      split.pieces[count] = pieceOf[end]!;
      split.ends[count] = end;
    }
    return split;
  };
}

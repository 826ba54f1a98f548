/**
 * A SentencePiece model, unigram or BPE, as a text model: preparation, split, unknown runs, byte fallback, decoding.
 * Source: src/sentencepiece_processor.cc of google/sentencepiece, PopulateSentencePieceText and Decode.
 */

import { UserError } from "../ground/pure.ts";
import { makeBpeSplitter, makeMerge, ranksOfPieces } from "./bpe.ts";
import { stringOf } from "./characters.ts";
import { makeNormalizer, metaSpace, type Normalizer } from "./normalizer.ts";
import { isOfText, type NormalizerSpec, PieceType, type SentencePieceModel } from "./sentencepiece_model.ts";
import type { Piece, TextModel } from "./types.ts";
import { makeUnigramSplitter, type ScoredPiece, type Splitter } from "./unigram.ts";

/** How far below the lowest score an unknown character lies. */
const unknownPenalty = 10;

/** A model made ready, its pieces numbered by their place in the file. */
export interface SentencePiece {
  readonly model: SentencePieceModel;
  readonly normalizer: Normalizer;
  readonly split: Splitter;
  /** For byte fallback: the piece of each byte. `[256]`, empty without it. */
  readonly bytePieces: Int32Array;
  /** Piece by its string; special pieces before pieces of text, as `PieceToId` has it. */
  readonly pieceOf: ReadonlyMap<string, number>;
}

/** What a piece of text came out as; `from` and `to` are code units of the prepared text. */
export interface SplitPiece {
  piece: number;
  token: string;
  start: number;
  end: number;
  from: number;
  to: number;
}

/**
 * Makes a model of either algorithm ready to split text.
 *
 * @throws Error that names the file for another algorithm than unigram and BPE, or a broken character map.
 */
export async function openSentencePiece(model: SentencePieceModel, file: string): Promise<SentencePiece> {
  if (model.algorithm !== "bpe") return makeSentencePiece(model, file);
  if (model.pieces.some((piece) => piece.type === PieceType.unused)) {
    // SentencePiece would take them apart again.
    throw new UserError(`${file} is a SentencePiece BPE model with unused pieces, which is not supported.`);
  }
  return makeSentencePiece(model, file, makeBpeSplitter(model, await makeMerge(ranksOfPieces(model))));
}

/**
 * Makes a model ready to split text.
 *
 * @param bpe the split of a BPE model; a unigram model has its own.
 * @throws Error that names the file for another algorithm than unigram, or a broken character map.
 */
export function makeSentencePiece(model: SentencePieceModel, file: string, bpe?: Splitter): SentencePiece {
  if (model.algorithm !== "unigram" && bpe === undefined) {
    throw new UserError(
      `${file} is a SentencePiece ${model.algorithm} model; only unigram and BPE models are read.`,
    );
  }
  const bytePieces = new Int32Array(model.byteFallback ? 256 : 0);
  const pieceOf = new Map<string, number>();
  for (const ofText of [true, false]) {
    model.pieces.forEach((piece, i) => {
      if (isOfText(piece) === ofText) pieceOf.set(piece.text, i);
      if (piece.type === PieceType.byte) bytePieces[parseInt(piece.text.slice(3, 5), 16)] = i;
    });
  }
  let normalizer: Normalizer;
  try {
    normalizer = preparation(model, model.normalizer);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file} is not a readable SentencePiece model: ${why}.`);
  }
  return {
    model,
    normalizer,
    split: bpe ?? makeUnigramSplitter(scoredPieces(model), unknownScore(model), "float32"),
    bytePieces,
    pieceOf,
  };
}

/** The same model behind another preparation of text. */
export function withPreparation(sentencePiece: SentencePiece, spec: NormalizerSpec): SentencePiece {
  return { ...sentencePiece, normalizer: preparation(sentencePiece.model, spec) };
}

function preparation(model: SentencePieceModel, spec: NormalizerSpec): Normalizer {
  const kept = model.pieces.filter(({ type }) => type === PieceType.userDefined).map(({ text }) => text);
  return makeNormalizer(spec, kept, model.treatWhitespaceAsSuffix);
}

function unknownScore(model: SentencePieceModel): number {
  const lowest = model.pieces.reduce(
    (least, piece) => piece.type === PieceType.normal ? Math.min(least, piece.score) : least,
    Infinity,
  );
  return Math.fround(lowest - unknownPenalty);
}

/** What a model's pieces count in a split; null for those that take no part. */
export function scoredPieces(model: SentencePieceModel): (ScoredPiece | null)[] {
  // FLT_MIN is where SentencePiece starts looking for the highest score.
  const highest = model.pieces.reduce(
    (most, piece) => piece.type === PieceType.normal ? Math.max(most, piece.score) : most,
    1.1754943508222875e-38,
  );
  return model.pieces.map(({ text, score, type }) => {
    if (type === PieceType.normal) return { text, score };
    if (type !== PieceType.userDefined) return null;
    // Always chosen: longer is better, in bytes, whatever stands around it.
    const bytes = new TextEncoder().encode(text).length;
    return { text, score: Math.fround(bytes * highest) - 0.1 };
  });
}

/**
 * The pieces of a text by their numbers in the file, appended to `out` through `idOf`: the fast way.
 *
 * @param idOf id of each piece. `[pieces]`
 */
export function appendIds(
  { model, normalizer, split, bytePieces }: SentencePiece,
  text: string,
  idOf: Int32Array,
  out: number[],
): void {
  const normalized = normalizer.normalize(text);
  if (normalized.length === 0) return;
  const { count, pieces, ends } = split(normalized.units, normalized.length);
  let afterUnknown = false;
  for (let i = 0; i < count; i++) {
    const piece = pieces[i]!;
    if (piece >= 0) {
      out.push(idOf[piece]!);
      afterUnknown = false;
    } else if (bytePieces.length > 0) {
      for (const byte of bytesOf(normalized.units, i === 0 ? 0 : ends[i - 1]!, ends[i]!)) {
        out.push(idOf[bytePieces[byte]!]!);
      }
    } else {
      // A run of unknown characters is one piece.
      if (!afterUnknown) out.push(idOf[model.unkId]!);
      afterUnknown = true;
    }
  }
}

/** The pieces of a text with their strings and places. */
export function splitText(sentencePiece: SentencePiece, text: string): SplitPiece[] {
  const { model, normalizer, split, bytePieces } = sentencePiece;
  const { units, origin, length } = normalizer.normalize(text);
  if (length === 0) return [];
  const { count, pieces, ends } = split(units, length);
  const result: SplitPiece[] = [];
  for (let i = 0, from = 0; i < count; i++) {
    const piece = pieces[i]!;
    const to = ends[i]!;
    const start = origin[from]!;
    const end = origin[to]!;
    const last = result[result.length - 1];
    if (piece >= 0) {
      result.push({ piece, token: model.pieces[piece]!.text, start, end, from, to });
    } else if (bytePieces.length > 0) {
      // The last byte has the character's place, the others are empty at its start.
      const bytes = bytesOf(units, from, to);
      bytes.forEach((byte, b) => {
        const piece = bytePieces[byte]!;
        const token = model.pieces[piece]!.text;
        result.push({ piece, token, start, end: b === bytes.length - 1 ? end : start, from, to });
      });
    } else if (last !== undefined && last.piece === model.unkId) {
      last.token += stringOf(units, from, to);
      last.end = end;
      last.to = to;
    } else {
      result.push({ piece: model.unkId, token: stringOf(units, from, to), start, end, from, to });
    }
    from = to;
  }
  return result;
}

/**
 * A SentencePiece model as a text model.
 *
 * @param idOf id of each piece. `[pieces]`
 */
export function sentencePieceText(sentencePiece: SentencePiece, idOf: Int32Array): TextModel {
  return {
    hasOffsets: true,
    ids: (text, out) => appendIds(sentencePiece, text, idOf, out),
    pieces: (text): Piece[] =>
      splitText(sentencePiece, text).map(({ piece, token, start, end }) => ({
        id: idOf[piece]!,
        token,
        start,
        end,
      })),
  };
}

/**
 * Pieces back to text.
 *
 * @param pieces numbers in the file.
 */
export function decodePieces({ model, bytePieces }: SentencePiece, pieces: readonly number[]): string {
  const { addDummyPrefix, removeExtraWhitespaces } = model.normalizer;
  const space = String.fromCharCode(metaSpace);
  let text = "";
  let bytes: number[] = [];
  const flush = () => {
    text += decodeBytes(bytes);
    bytes = [];
  };
  // Whether a leading space still stands for nothing.
  let atStart = true;
  let spaceTaken = false;
  const byteOf = new Map(Array.from(bytePieces, (piece, byte) => [piece, byte]));
  for (const number of pieces) {
    const byte = byteOf.get(number);
    if (byte !== undefined) {
      bytes.push(byte);
      continue;
    }
    flush();
    if (spaceTaken || text !== "") atStart = false;
    const piece = model.pieces[number]!;
    spaceTaken = false;
    if (piece.type === PieceType.control) continue;
    if (piece.type === PieceType.unknown) {
      text += model.unkSurface;
      continue;
    }
    let surface = piece.text;
    if (atStart && (addDummyPrefix || removeExtraWhitespaces) && surface.startsWith(space)) {
      surface = surface.slice(1);
      spaceTaken = !removeExtraWhitespaces;
    }
    text += surface.replaceAll(space, " ");
  }
  flush();
  if (model.denormalizer === null) return text;
  const { units, length } = makeNormalizer(model.denormalizer, [], false).normalize(text);
  return stringOf(units, 0, length);
}

function decodeBytes(bytes: readonly number[]): string {
  if (bytes.length === 0) return "";
  // SentencePiece gives one U+FFFD for every byte that starts no character.
  let text = "";
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let i = 0; i < bytes.length;) {
    const lead = bytes[i]!;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    let character = "\ufffd";
    let taken = 1;
    if (length > 0 && i + length <= bytes.length) {
      try {
        character = strict.decode(Uint8Array.from(bytes.slice(i, i + length)));
        taken = length;
      } catch {
        // Not UTF-8: the byte alone is replaced.
      }
    }
    text += character;
    i += taken;
  }
  return text;
}

function bytesOf(units: Uint16Array, from: number, to: number): Uint8Array {
  return new TextEncoder().encode(stringOf(units, from, to));
}

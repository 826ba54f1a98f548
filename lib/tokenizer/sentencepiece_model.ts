/**
 * SentencePiece's `.model` (or `.spiece`) file as plain data.
 * Source: sentencepiece_model.proto of google/sentencepiece (Apache-2.0).
 */

import { UserError } from "../ground/pure.ts";

/** What a piece is for; the numbers are the file's. */
export const PieceType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface Piece {
  text: string;
  /** Log probability, float32. */
  score: number;
  type: number;
}

/** Whether a piece stands for text; the others have names of their own. */
export function isOfText(piece: Piece): boolean {
  return piece.type === PieceType.normal || piece.type === PieceType.userDefined ||
    piece.type === PieceType.unused;
}

/** How text is prepared before it is split. */
export interface NormalizerSpec {
  name: string;
  /** The precompiled character map, empty for none. */
  charsmap: Uint8Array;
  addDummyPrefix: boolean;
  removeExtraWhitespaces: boolean;
  escapeWhitespaces: boolean;
}

/** A SentencePiece model; a piece's place in `pieces` is its id in the file. */
export interface SentencePieceModel {
  pieces: Piece[];
  algorithm: "unigram" | "bpe" | "word" | "char";
  unkId: number;
  byteFallback: boolean;
  treatWhitespaceAsSuffix: boolean;
  /** What an unknown id decodes to. */
  unkSurface: string;
  normalizer: NormalizerSpec;
  /** Undoes normalisation when decoding; null for nearly every model. */
  denormalizer: NormalizerSpec | null;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads a SentencePiece model file.
 *
 * @param file for messages.
 * @throws Error that names the file and what is wrong with it: not such a file, cut short, no unknown piece, a piece
 * that is empty or defined twice.
 */
export function parseSentencePieceModel(bytes: Uint8Array, file: string): SentencePieceModel {
  try {
    return parse(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file} is not a readable SentencePiece model: ${why}.`);
  }
}

function parse(bytes: Uint8Array): SentencePieceModel {
  if (bytes.length === 0) throw new UserError("it is empty");
  const pieces: Piece[] = [];
  let trainer: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  let normalizer = parseNormalizer(new Uint8Array(0));
  let denormalizer: NormalizerSpec | null = null;
  for (const field of readFields(bytes)) {
    if (field.number === 1) pieces.push(parsePiece(bytesOf(field)));
    else if (field.number === 2) trainer = bytesOf(field);
    else if (field.number === 3) normalizer = parseNormalizer(bytesOf(field));
    else if (field.number === 5) denormalizer = parseNormalizer(bytesOf(field));
  }
  if (pieces.length === 0) throw new UserError("it has no pieces");

  let algorithm = 1, byteFallback = false, treatWhitespaceAsSuffix = false, unkSurface = " \u2047 ";
  for (const field of readFields(trainer)) {
    if (field.number === 3) algorithm = field.numeric;
    else if (field.number === 24) treatWhitespaceAsSuffix = field.numeric !== 0;
    else if (field.number === 35) byteFallback = field.numeric !== 0;
    else if (field.number === 44) unkSurface = utf8.decode(bytesOf(field));
  }
  const algorithms = ["unigram", "bpe", "word", "char"] as const;
  const name = algorithms[algorithm - 1];
  if (name === undefined) {
    throw new UserError(`its algorithm is number ${algorithm}, which is none of 1 to 4`);
  }

  checkPieces(pieces, byteFallback);
  return {
    pieces,
    algorithm: name,
    unkId: pieces.findIndex((piece) => piece.type === PieceType.unknown),
    byteFallback,
    treatWhitespaceAsSuffix,
    unkSurface,
    normalizer,
    denormalizer: denormalizer !== null && denormalizer.charsmap.length > 0 ? denormalizer : null,
  };
}

function parsePiece(bytes: Uint8Array): Piece {
  const piece: Piece = { text: "", score: 0, type: PieceType.normal };
  for (const field of readFields(bytes)) {
    if (field.number === 1) piece.text = utf8.decode(bytesOf(field));
    else if (field.number === 2) piece.score = field.numeric;
    else if (field.number === 3) piece.type = field.numeric;
  }
  return piece;
}

function parseNormalizer(bytes: Uint8Array): NormalizerSpec {
  const spec: NormalizerSpec = {
    name: "",
    charsmap: new Uint8Array(0),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
  };
  for (const field of readFields(bytes)) {
    if (field.number === 1) spec.name = utf8.decode(bytesOf(field));
    else if (field.number === 2) spec.charsmap = bytesOf(field);
    else if (field.number === 3) spec.addDummyPrefix = field.numeric !== 0;
    else if (field.number === 4) spec.removeExtraWhitespaces = field.numeric !== 0;
    else if (field.number === 5) spec.escapeWhitespaces = field.numeric !== 0;
  }
  return spec;
}

function bytesOf(field: Field): Uint8Array {
  if (field.wireType !== 2) throw new UserError(`field ${field.number} is a number where text is due`);
  return field.bytes;
}

function checkPieces(pieces: Piece[], byteFallback: boolean): void {
  const seen = new Set<string>();
  let unknown = 0;
  let bytes = 0;
  for (const [id, piece] of pieces.entries()) {
    if (piece.text === "") throw new UserError(`piece ${id} is empty`);
    // A name may stand once among the pieces of text and once among the special ones.
    const key = (isOfText(piece) ? "text " : "special ") + piece.text;
    if (seen.has(key)) throw new UserError(`piece ${id} (${JSON.stringify(piece.text)}) is defined twice`);
    seen.add(key);
    if (piece.type === PieceType.unknown) unknown++;
    else if (piece.type === PieceType.byte) {
      if (!/^<0x[0-9A-F]{2}>$/.test(piece.text)) {
        throw new UserError(`piece ${id} (${piece.text}) is no byte`);
      }
      bytes++;
    }
  }
  if (unknown !== 1) throw new UserError(`it has ${unknown} unknown pieces where one is due`);
  if (byteFallback && bytes !== 256) throw new UserError(`it has ${bytes} byte pieces where 256 are due`);
  if (!byteFallback && bytes > 0) throw new UserError("it has byte pieces, but its byte_fallback is off");
}

/** One field of a message: its number and either a number (varint, fixed) or bytes. */
interface Field {
  number: number;
  /** varint: the number; fixed32: the float32; else 0. */
  numeric: number;
  /** Length-delimited fields; empty for the others. */
  bytes: Uint8Array;
  wireType: number;
}

const nothing = new Uint8Array(0);

/**
 * Reads the fields of one message.
 *
 * @throws Error that says at which byte the message breaks.
 */
function* readFields(message: Uint8Array): Generator<Field> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const varint = (): number => {
    // Up to 64 bits; what lies above 2^53 (negative int32) is brought back to a signed number.
    let low = 0, high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= message.length) throw new UserError(`the file ends within a number at byte ${at}`);
      const byte = message[at++]!;
      if (shift < 28) low += (byte & 0x7f) * 2 ** shift;
      else high += (byte & 0x7f) * 2 ** (shift - 28);
      if (byte < 0x80) {
        const value = low + high * 2 ** 28;
        return value >= 2 ** 63 ? value - 2 ** 64 : value;
      }
    }
    throw new UserError(`a number of more than 10 bytes at byte ${at}`);
  };
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > message.length) {
      throw new UserError(`a field at byte ${at} says ${length} bytes where ${message.length - at} are left`);
    }
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const wireType = key & 7;
    if (number < 1 || number > 0x1fffffff) throw new UserError(`field number ${number} at byte ${at}`);
    switch (wireType) {
      case 0:
        yield { number, wireType, numeric: varint(), bytes: nothing };
        break;
      case 1:
        yield { number, wireType, numeric: 0, bytes: take(8) };
        break;
      case 2:
        yield { number, wireType, numeric: 0, bytes: take(varint()) };
        break;
      case 5: {
        const start = at;
        take(4);
        yield { number, wireType, numeric: view.getFloat32(start, true), bytes: nothing };
        break;
      }
      default:
        throw new UserError(`wire type ${wireType} at byte ${at}`);
    }
  }
}

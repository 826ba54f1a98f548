/**
 * A `tokenizer.json` with a Unigram model, as Hugging Face `tokenizers` applies it. That is not quite what SentencePiece
 * does with the model it was made from; where the model file is there, it is used instead.
 * Source: models/unigram/model.rs of huggingface/tokenizers (Apache-2.0).
 */

import { UserError } from "../ground/pure.ts";
import { byteToken } from "./bpe.ts";
import { asObject, type Json, type TokenizerConfig } from "./config.ts";
import { makeDecoder } from "./json_decoder.ts";
import { jsonParts, makeJsonText } from "./json_text.ts";
import { makeTokenizer } from "./tokenizer.ts";
import type { Tokenizer } from "./types.ts";
import { makeUnigramSplitter } from "./unigram.ts";

/** How far below the lowest score an unknown character lies. */
const unknownPenalty = 10;

/**
 * Reads a `tokenizer.json` with a Unigram model. Offsets are not known.
 *
 * @throws Error that names the file and the part that is not known.
 */
export function loadUnigramJson(
  json: Json,
  config: TokenizerConfig,
  file: string,
  source: string,
): Tokenizer {
  const model = asObject(json.model)!;
  const list = Array.isArray(model.vocab) ? model.vocab : [];
  const pieces = list.map((entry, id) => {
    const [text, score]: unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof text !== "string" || typeof score !== "number") {
      throw new UserError(
        `${file}: model.vocab[${id}] is not a token with a score: ${JSON.stringify(entry)}.`,
      );
    }
    return { text, score: asRustReads(score) };
  });
  if (pieces.length === 0) throw new UserError(`${file}: model.vocab has no tokens.`);
  const vocab = new Map(pieces.map((piece, id) => [piece.text, id]));
  const lowest = pieces.reduce((least, piece) => Math.min(least, piece.score), Infinity);
  const split = makeUnigramSplitter(pieces, lowest - unknownPenalty, "float64");
  const unkId = typeof model.unk_id === "number" ? model.unk_id : null;

  const decode = makeDecoder(json.decoder, file);
  const bytesOf = model.byte_fallback === true ? (text: string) => byteIds(text, vocab) : () => null;
  const parts = jsonParts(json, vocab, config, file);
  const { tokenOf } = parts;
  const special = new Map(parts.special);
  if (unkId !== null && !special.has("unk")) special.set("unk", unkId);

  let units = new Uint16Array(256);
  /** One word: known pieces, runs of unknown characters, their bytes. */
  const tokenize = (word: string, found: (id: number, text?: string) => void): void => {
    if (word.length > units.length) units = new Uint16Array(2 * word.length);
    for (let i = 0; i < word.length; i++) units[i] = word.charCodeAt(i);
    const { count, pieces: parts, ends } = split(units, word.length);
    let from = 0;
    for (let i = 0; i < count; i++) {
      const unknown = (piece: number) => piece < 0 || piece === unkId;
      if (unknown(parts[i]!) && i + 1 < count && unknown(parts[i + 1]!)) continue;
      const text = word.slice(from, ends[i]!);
      from = ends[i]!;
      const id = vocab.get(text);
      if (id !== undefined) found(id);
      else {
        const bytes = bytesOf(text);
        if (bytes === null && unkId === null) {
          throw new UserError(
            `${source}: ${JSON.stringify(text)} is unknown, and the model has no unknown token.`,
          );
        }
        if (bytes === null) found(unkId!, text);
        else for (const byte of bytes) found(byte);
      }
    }
  };
  return makeTokenizer({
    ...parts,
    kind: "unigram",
    source,
    model: makeJsonText(json, file, parts, tokenize),
    special,
    cleanUp: config.cleanUp,
    decode: (given) => decode(given.map(tokenOf)),
  });
}

/**
 * A number as Rust's serde_json reads its digits: as a whole number of 64 bits divided by a power of ten, which is off
 * by one in the last place for some numbers of 16 and 17 digits. It decides ties.
 */
export function asRustReads(value: number): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (match === null) return value;
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const power = Number(exponent) - fraction.length;
  const digits = Number(BigInt(whole + fraction));
  const size = power >= 0 ? digits * Number(`1e${power}`) : digits / Number(`1e${-power}`);
  return sign === "-" ? -size : size;
}

function byteIds(text: string, vocab: ReadonlyMap<string, number>): number[] | null {
  const ids = Array.from(new TextEncoder().encode(text), (byte) => vocab.get(byteToken(byte)));
  return ids.every((id) => id !== undefined) ? ids as number[] : null;
}

/**
 * A `tokenizer.json` with a Unigram model, as Hugging Face `tokenizers` applies it. That is not quite what SentencePiece
 * does with the model it was made from; where the model file is there, it is used instead.
 * Source: models/unigram/model.rs of huggingface/tokenizers (Apache-2.0).
 */

import { UserError } from "../ground/pure.ts";
import { byteIds } from "./bpe.ts";
import { unitsReader } from "./characters.ts";
import { asObject } from "./config.ts";
import { type JsonFiles, makeJsonTokenizer, type Tokenize } from "./json_text.ts";
import type { Tokenizer } from "./types.ts";
import { makeUnigramSplitter } from "./unigram.ts";

/** How far below the lowest score an unknown character lies. */
const unknownPenalty = 10;

/**
 * Reads a `tokenizer.json` with a Unigram model. Offsets are not known.
 *
 * @throws Error that names the file and the part that is not known.
 */
export function loadUnigramJson(files: JsonFiles): Tokenizer {
  const { json, file, source } = files;
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
  const bytesOf = model.byte_fallback === true ? (text: string) => byteIds(text, vocab) : () => null;

  const unitsOf = unitsReader();
  /** One word: known pieces, runs of unknown characters, their bytes. */
  const tokenize: Tokenize = (word, found) => {
    const { count, pieces: parts, ends } = split(unitsOf(word), word.length);
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
  return makeJsonTokenizer(files, { kind: "unigram", vocab, tokenize, unkId });
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

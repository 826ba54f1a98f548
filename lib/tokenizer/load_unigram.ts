// A `tokenizer.json` with a Unigram model, as Hugging Face `tokenizers` applies it. That is not quite what SentencePiece
// does with the model it was made from; where the model file is there, it is used instead.
// Source: models/unigram/model.rs of huggingface/tokenizers (Apache-2.0).

import { makeTokenFinder } from "./added_tokens.ts";
import { asObject, type Json, type TokenizerConfig } from "./config.ts";
import { findRoles } from "./roles.ts";
import { saveJson, specialTokensJson } from "./save_files.ts";
import type { Piece, TextModel } from "./text_model.ts";
import { makeTokenizer } from "./tokenizer.ts";
import { parseAddedTokens, parseTemplate } from "./tokenizer_json.ts";
import type { Tokenizer } from "./types.ts";
import { makeUnigramSplitter } from "./unigram.ts";
import { makeDecoder, makeNormalize, makeWords } from "./unigram_parts.ts";

/** How far below the lowest score an unknown character lies. */
const UNKNOWN_PENALTY = 10;

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
      throw new Error(`${file}: model.vocab[${id}] is not a token with a score: ${JSON.stringify(entry)}.`);
    }
    return { text, score: asRustReads(score) };
  });
  if (pieces.length === 0) throw new Error(`${file}: model.vocab has no tokens.`);
  const vocab = new Map(pieces.map((piece, id) => [piece.text, id]));
  const lowest = pieces.reduce((least, piece) => Math.min(least, piece.score), Infinity);
  const split = makeUnigramSplitter(pieces, lowest - UNKNOWN_PENALTY, "float64");
  const unkId = typeof model.unk_id === "number" ? model.unk_id : null;

  const normalize = makeNormalize(json.normalizer, file);
  const splitWords = makeWords(json.pre_tokenizer, file);
  const decode = makeDecoder(json.decoder, file);
  const bytesOf = model.byte_fallback === true ? (text: string) => byteTokens(text, vocab) : () => null;

  const roles = findRoles(vocab, parseAddedTokens(json, file), config, {}, false);
  const { ids, tokens, vocabSize, special, specialIds } = roles;
  if (unkId !== null && !special.has("unk")) special.set("unk", unkId);
  const added = config.splitSpecialTokens ? roles.added.filter((token) => !token.special) : roles.added;
  const normalized = added.filter((token) => token.normalized);
  const findNormalized = makeTokenFinder(
    normalized,
    (token) => normalize({ text: token.content, moved: false }).text,
  );

  let units = new Uint16Array(256);
  /** One word: known pieces, runs of unknown characters, their bytes. */
  const tokenize = (word: string, found: (id: number, token: string) => void): void => {
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
      if (id !== undefined) found(id, text);
      else {
        const bytes = bytesOf(text);
        if (bytes === null && unkId === null) {
          throw new Error(
            `${source}: ${JSON.stringify(text)} is unknown, and the model has no unknown token.`,
          );
        }
        if (bytes === null) found(unkId!, text);
        else for (const token of bytes) found(vocab.get(token)!, token);
      }
    }
  };
  const splitText = (text: string, first: boolean, found: (id: number, token: string) => void): void => {
    const prepared = normalize({ text: text.toWellFormed(), moved: !first });
    for (const { from, to, id } of findNormalized(prepared.text)) {
      if (id >= 0) {
        found(id, tokens.get(id)!);
        continue;
      }
      const words = splitWords(prepared.text.slice(from, to), !prepared.moved && from === 0);
      for (const word of words) tokenize(word, found);
    }
  };
  const textModel: TextModel = {
    hasOffsets: false,
    ids: (text, out, first) => splitText(text, first, (id) => out.push(id)),
    pieces: (text, first) => {
      const result: Piece[] = [];
      splitText(text, first, (id, token) => result.push({ id, token, start: 0, end: 0 }));
      return result;
    },
  };
  const tokenOf = (id: number) => tokens.get(id)!;
  return makeTokenizer({
    kind: "unigram",
    source,
    model: textModel,
    vocabSize,
    tokenToId: (token) => ids.get(token) ?? null,
    idToToken: (id) => tokens.get(id) ?? null,
    addedTokens: added.filter((token) => !token.normalized),
    special,
    specialIds,
    template: parseTemplate(json.post_processor, file),
    longestFirst: "tokenizers",
    paddingSide: config.paddingSide ?? "right",
    truncationSide: config.truncationSide ?? "right",
    padType: 0,
    modelMaxLength: config.modelMaxLength,
    decode: (given) => decode(given.map(tokenOf)),
    save: (folder) => saveJson(folder, json, config, specialTokensJson(special, tokenOf)),
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

function byteTokens(text: string, vocab: ReadonlyMap<string, number>): string[] | null {
  const tokens = Array.from(
    new TextEncoder().encode(text),
    (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  return tokens.every((token) => vocab.has(token)) ? tokens : null;
}

/**
 * A `tokenizer.json` by its model, as Hugging Face `tokenizers` applies it: Unigram (not quite what SentencePiece does with the model it
 * was made from: where the model file is there, it is used instead); BPE, byte-level (GPT-2, Llama 3 and their descendants) or with
 * SentencePiece's spaces and byte fallback (Llama 2); WordPiece. Offsets are not known but of the last.
 * Source: models/unigram/model.rs of huggingface/tokenizers (Apache-2.0).
 */

import { UserError } from "../ground/pure.ts";
import { byteIds, makeBpe, makeMerge, pairKey, type Ranks } from "./bpe.ts";
import { unitsReader } from "./characters.ts";
import { asObject } from "./config.ts";
import { type JsonFiles, jsonVocab, makeJsonTokenizer, type Tokenize } from "./json_text.ts";
import { loadWordPieceJson } from "./load_wordpiece.ts";
import type { Tokenizer } from "./types.ts";
import { makeUnigramSplitter } from "./unigram.ts";

/** How far below the lowest score an unknown character lies. */
const unknownPenalty = 10;

function loadUnigramJson(files: JsonFiles): Tokenizer {
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

async function loadBpeJson(files: JsonFiles): Promise<Tokenizer> {
  const { json, file } = files;
  const model = asObject(json.model)!;
  for (const key of ["dropout", "continuing_subword_prefix", "end_of_word_suffix"]) {
    if (model[key]) {
      throw new UserError(`${file}: model.${key} ${JSON.stringify(model[key])} is not supported.`);
    }
  }
  const vocab = jsonVocab(model, file);
  if (vocab.size === 0) throw new UserError(`${file}: model.vocab has no tokens.`);
  const unkToken = typeof model.unk_token === "string" ? model.unk_token : null;
  const unkId = unkToken === null ? null : vocab.get(unkToken);
  if (unkId === undefined) {
    throw new UserError(`${file}: model.unk_token ${JSON.stringify(unkToken)} is not in model.vocab.`);
  }
  const idsOf = makeBpe({
    vocab,
    unkId,
    fuseUnknown: model.fuse_unk === true,
    byteFallback: model.byte_fallback === true,
    ignoreMerges: model.ignore_merges === true,
  }, await makeMerge(ranksOf(model.merges, vocab, file)));
  return makeJsonTokenizer(files, {
    kind: "bpe",
    vocab,
    tokenize: (word, found) => {
      for (const id of idsOf(word)) found(id);
    },
    // Python leaves BPE's text as it is, whatever clean_up_tokenization_spaces says.
    cleanUp: false,
  });
}

/** The merges, pairs or "left right", by their order. */
function ranksOf(merges: unknown, vocab: ReadonlyMap<string, number>, file: string): Ranks {
  const ranks: Ranks = new Map();
  (Array.isArray(merges) ? merges : []).forEach((merge, rank) => {
    const [left, right, ...more]: unknown[] = Array.isArray(merge) ? merge : String(merge).split(" ");
    const pair = typeof left === "string" && typeof right === "string" && more.length === 0;
    if (!pair || !vocab.has(left) || !vocab.has(right) || !vocab.has(left + right)) {
      throw new UserError(
        `${file}: model.merges[${rank}] is not a pair of tokens that make a third: ${JSON.stringify(merge)}.`,
      );
    }
    // Of a pair given twice the last counts, as in `tokenizers`.
    ranks.set(pairKey(left, right), rank);
  });
  return ranks;
}

/** Reads a `tokenizer.json`; the oldest do not name their model. @throws Error that names the file and the part that is not known or contradicts another */
export function loadJson(files: JsonFiles): Tokenizer | Promise<Tokenizer> {
  const { json, file } = files;
  const model = asObject(json.model);
  const type = model?.type ??
    (model === null
      ? null
      : Array.isArray(model.vocab)
      ? "Unigram"
      : "merges" in model
      ? "BPE"
      : "WordPiece");
  switch (type) {
    case "WordPiece":
      return loadWordPieceJson(files);
    case "Unigram":
      return loadUnigramJson(files);
    case "BPE":
      return loadBpeJson(files);
  }
  throw new UserError(
    `${file}: the model ${JSON.stringify(type)} is not known; known are WordPiece, Unigram and BPE.`,
  );
}

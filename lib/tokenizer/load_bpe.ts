/**
 * A `tokenizer.json` with a BPE model, as Hugging Face `tokenizers` applies it: byte-level (GPT-2, Llama 3 and their
 * descendants) or with SentencePiece's spaces and byte fallback (Llama 2).
 */

import { UserError } from "../ground/pure.ts";
import { makeBpe, makeMerge, pairKey, type Ranks } from "./bpe.ts";
import { asObject } from "./config.ts";
import { type JsonFiles, jsonVocab, makeJsonTokenizer } from "./json_text.ts";
import type { Tokenizer } from "./types.ts";

/**
 * Reads a `tokenizer.json` with a BPE model. Offsets are not known.
 *
 * @throws Error that names the file and the part that is not known or contradicts another.
 */
export async function loadBpeJson(files: JsonFiles): Promise<Tokenizer> {
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

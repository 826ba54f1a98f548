// Byte-level BPE (`tokenizer.json` of GPT-2's and Llama 3's kind) through @xenova/transformers.

import { asObject, type Json, type TokenizerConfig } from "./config.ts";
import { findRoles } from "./roles.ts";
import { saveJson, specialTokensJson } from "./save_files.ts";
import type { Piece, TextModel } from "./text_model.ts";
import { makeTokenizer } from "./tokenizer.ts";
import { parseAddedTokens, parseTemplate } from "./tokenizer_json.ts";
import type { Tokenizer } from "./types.ts";

/** What is used of @xenova/transformers' PreTrainedTokenizer, which has no types of its own for these. */
interface XenovaTokenizer {
  normalizer: ((text: string) => string) | null;
  pre_tokenizer: ((text: string) => string[]) | null;
  model: (words: string[]) => string[];
}

// JavaScript's \s has U+FEFF and lacks U+0085; the Unicode property is what Rust and Oniguruma mean.
const GPT2_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+|" +
  "\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+";

/**
 * Reads a `tokenizer.json` with a byte-level BPE model.
 *
 * The words and merges are @xenova/transformers'; added tokens, special tokens, truncation and padding are our own, as
 * for every other kind. Offsets are not known.
 *
 * @throws Error that names the part that @xenova/transformers would not do as Python does.
 */
export async function loadBpeJson(
  json: Json,
  config: TokenizerConfig,
  file: string,
  source: string,
): Promise<Tokenizer> {
  const model = asObject(json.model)!;
  const vocab = new Map<string, number>();
  for (const [token, id] of Object.entries(asObject(model.vocab) ?? {})) vocab.set(token, Number(id));
  const refuse = (what: string, value: unknown) =>
    new Error(
      `${file}: ${what} ${
        JSON.stringify(value)
      } is not supported; byte-level BPE is, with the pre_tokenizer ByteLevel, ` +
        "alone or after Split, and the normalizer NFC, NFKC, NFKD or none.",
    );
  for (const key of ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"]) {
    if (model[key]) throw refuse(`model.${key}`, model[key]);
  }
  const missing = BYTE_CHARACTERS.find((character) => !vocab.has(character));
  if (missing !== undefined) throw refuse("a vocabulary without the byte", missing);
  for (const part of partsOf(json.normalizer, "normalizers")) {
    if (!["NFC", "NFKC", "NFKD"].includes(String(part.type))) throw refuse("the normalizer", part.type);
  }
  const words = partsOf(json.pre_tokenizer, "pretokenizers");
  if (words.at(-1)?.type !== "ByteLevel") throw refuse("the pre_tokenizer", words.at(-1)?.type ?? null);
  const splits = words.slice(0, -1);
  for (const part of splits) {
    const isolated = part.behavior === "Isolated" && part.invert !== true;
    const kept = part.behavior === "Removed" && part.invert === true;
    if (part.type !== "Split" || !(isolated || kept)) throw refuse("the pre_tokenizer", part);
  }
  const decoder = asObject(json.decoder);
  if (decoder !== null && decoder.type !== "ByteLevel") throw refuse("the decoder", decoder.type);

  const merges = Array.isArray(model.merges) ? model.merges : [];
  const { PreTrainedTokenizer } = await import("@xenova/transformers/src/tokenizers.js");
  const xenova = new PreTrainedTokenizer({
    normalizer: json.normalizer ?? null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [...splits.map((part) => withUnicodeSpace(part, refuse)), ...byteLevel(words.at(-1)!)],
    },
    // Merges are pairs in newer files; @xenova/transformers knows only "a b".
    model: {
      ...model,
      merges: merges.map((merge) => Array.isArray(merge) ? merge.join(" ") : String(merge)),
    },
    post_processor: null,
    decoder: null,
    added_tokens: [],
  }, {}) as unknown as XenovaTokenizer;

  const roles = findRoles(vocab, parseAddedTokens(json, file), config, {}, false);
  const { ids, tokens, vocabSize, added, special, specialIds } = roles;
  const normalized = added.find((token) => token.normalized && xenova.normalizer !== null);
  if (normalized !== undefined) {
    throw refuse("an added token that is looked for in prepared text,", normalized.content);
  }

  const split = (text: string): string[] => {
    const prepared = xenova.normalizer?.(text.toWellFormed()) ?? text.toWellFormed();
    return prepared === "" ? [] : xenova.model(xenova.pre_tokenizer!(prepared));
  };
  const textModel: TextModel = {
    hasOffsets: false,
    ids: (text, out) => {
      for (const token of split(text)) out.push(vocab.get(token)!);
    },
    pieces: (text) => split(text).map((token): Piece => ({ id: vocab.get(token)!, token, start: 0, end: 0 })),
  };
  const tokenOf = (id: number) => tokens.get(id)!;
  return makeTokenizer({
    kind: "bpe",
    source,
    model: textModel,
    vocabSize,
    tokenToId: (token) => ids.get(token) ?? null,
    idToToken: (id) => tokens.get(id) ?? null,
    addedTokens: config.splitSpecialTokens ? added.filter((token) => !token.special) : added,
    special,
    specialIds,
    template: parseTemplate(json.post_processor, file),
    longestFirst: "tokenizers",
    paddingSide: config.paddingSide ?? "right",
    truncationSide: config.truncationSide ?? "right",
    padType: 0,
    modelMaxLength: config.modelMaxLength,
    decode: (given) => decoder === null ? given.map(tokenOf).join(" ") : decodeBytes(given.map(tokenOf)),
    save: (folder) => saveJson(folder, json, config, specialTokensJson(special, tokenOf)),
  });
}

function partsOf(part: unknown, key: string): Json[] {
  const json = asObject(part);
  if (json === null) return [];
  const list = json.type === "Sequence" ? json[key] : [json];
  return Array.isArray(list) ? list.map((each) => asObject(each) ?? {}) : [];
}

/** GPT-2's words by the Unicode property instead of JavaScript's \s; add_prefix_space comes before them. */
function byteLevel(part: Json): Json[] {
  if (part.use_regex === false) return [{ ...part }];
  const words = { type: "Split", pattern: { Regex: GPT2_WORDS }, behavior: "Isolated", invert: false };
  const bytes = { ...part, use_regex: false, add_prefix_space: false };
  return part.add_prefix_space === true
    ? [{ type: "Replace", pattern: { Regex: "^(?! )" }, content: " " }, words, bytes]
    : [words, bytes];
}

function withUnicodeSpace(part: Json, refuse: (what: string, value: unknown) => Error): Json {
  const pattern = asObject(part.pattern);
  if (typeof pattern?.Regex !== "string") return part;
  // Outside of classes \S is written \P; within one it cannot be.
  const regex = pattern.Regex.replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}");
  if (/\\[wWdDbB]/.test(regex)) throw refuse("the pattern", pattern.Regex);
  return { ...part, pattern: { Regex: regex } };
}

// GPT-2's printable characters for bytes.
const BYTE_CHARACTERS: readonly string[] = (() => {
  const printable = (byte: number) => byte >= 0x21 && byte <= 0x7e || byte >= 0xa1 && byte !== 0xad;
  let other = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : other++));
})();

const BYTE_OF = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));

function decodeBytes(tokens: readonly string[]): string {
  const bytes: number[] = [];
  for (const token of tokens) {
    const own = Array.from(token, (character) => BYTE_OF.get(character));
    if (own.every((byte) => byte !== undefined)) bytes.push(...own as number[]);
    else bytes.push(...new TextEncoder().encode(token));
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

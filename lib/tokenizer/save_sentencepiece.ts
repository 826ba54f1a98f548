/** Writing a SentencePiece tokenizer: its own files, and a `tokenizer.json` for Python's AutoTokenizer. */

import type { AddedToken } from "./added_tokens.ts";
import { type Json, kindKey, specialToken, type TokenizerConfig } from "./config.ts";
import type { Template } from "./encoding.ts";
import { endsInDigitComma, type KobertSettings } from "./kobert.ts";
import { llamaDecoder, type LlamaSettings } from "./llama.ts";
import { addedTokensJson, limitsJson, specialTokensJson, templateJson, writeFiles } from "./save_files.ts";
import { scoredPieces } from "./sentencepiece.ts";
import { type NormalizerSpec, PieceType, type SentencePieceModel } from "./sentencepiece_model.ts";
import type { Side, SpecialRole } from "./types.ts";

/** A loaded tokenizer, as far as its files need it. */
export interface SavedSentencePiece extends SentencePieceFiles {
  model: SentencePieceModel;
  tokens: ReadonlyMap<number, string>;
  vocabSize: number;
  special: ReadonlyMap<SpecialRole, number>;
  added: readonly AddedToken[];
  settings: KobertSettings;
  llama: LlamaSettings;
  template: Template;
  paddingSide: Side;
}

/**
 * Writes the model file, the map of ids and the configuration as they were, and `tokenizer.json` with the same pieces
 * in the order of the ids, for Hugging Face `tokenizers`.
 *
 * `tokenizers` is not exactly SentencePiece: it sums in float64 (near ties, such as where "...." is cut, can fall the
 * other way), applies the character map to grapheme clusters instead of the longest sequence, and takes special
 * tokens written in a text for special tokens. KoBERT's and XLNet's second look at digits before a comma is said there by
 * a low score. A model with white space as suffix cannot be said at all, and gets no `tokenizer.json`.
 */
export function saveSentencePiece(folder: string, saved: SavedSentencePiece): Promise<string[]> {
  const { kind, config, special, tokens, settings, llama, map } = saved;
  const tokenOf = (id: number) => tokens.get(id)!;
  const names = specialTokensJson(special, tokenOf);
  const files: [string, Uint8Array | string | Record<string, unknown>][] = [[saved.modelName, saved.bytes]];
  if (map !== null) {
    const ordered = [...map.ids].sort((a, b) => a[1] - b[1]);
    files.push([
      map.name,
      map.name.endsWith(".txt") ? vocabText(ordered) : JSON.stringify(Object.fromEntries(ordered)) + "\n",
    ]);
  }
  if (!saved.model.treatWhitespaceAsSuffix) files.push(["tokenizer.json", tokenizerJson(saved)]);
  const own = kind === "sentencepiece"
    ? {
      ...(config.addBos !== null && { add_bos_token: config.addBos }),
      ...(config.addEos !== null && { add_eos_token: config.addEos }),
    }
    : kind === "llama"
    ? {
      legacy: llama.legacy,
      add_prefix_space: llama.prefixSpace,
      add_bos_token: config.addBos ?? true,
      add_eos_token: config.addEos ?? false,
    }
    : {
      do_lower_case: settings.lowercase,
      remove_space: settings.removeSpace,
      keep_accents: settings.keepAccents,
    };
  files.push(["tokenizer_config.json", {
    tokenizer_class: "PreTrainedTokenizerFast",
    [kindKey]: kind,
    ...names,
    // Without this, transformers 5 would leave out the segments of a pair.
    model_input_names: ["input_ids", "token_type_ids", "attention_mask"],
    padding_side: saved.paddingSide,
    ...limitsJson(config),
    ...own,
    clean_up_tokenization_spaces: config.cleanUp,
  }]);
  files.push(["special_tokens_map.json", names]);
  return writeFiles(folder, files);
}

function vocabText(ordered: readonly (readonly [string, number])[]): string {
  const lines: string[] = [];
  for (const [token, id] of ordered) lines[id] = token;
  return Array.from(lines, (line) => `${line ?? ""}\n`).join("");
}

function tokenizerJson(saved: SavedSentencePiece): Json {
  const { model, kind, special, tokens, vocabSize, map, template } = saved;
  const tokenOf = (id: number) => tokens.get(id)!;
  // User-defined pieces win by their score there too.
  const scores = new Map(
    scoredPieces(model).flatMap((piece) => piece === null ? [] : [[piece.text, piece.score]]),
  );
  const unkId = special.get("unk")!;
  const added = new Map(saved.added.map((token) => [token.id, token]));
  for (const id of special.values()) {
    if (!added.has(id)) added.set(id, { ...specialToken(tokenOf(id)), id });
  }
  model.pieces.forEach((piece, i) => {
    const id = map === null ? i : map.ids.get(piece.text);
    if (id === undefined || added.has(id)) return;
    const token = { ...specialToken(piece.text), id };
    if (piece.type === PieceType.control) added.set(id, token);
    // A BPE model can say of no piece that it always wins; Python cuts such pieces out of the text.
    if (piece.type === PieceType.userDefined && model.algorithm === "bpe") {
      added.set(id, { ...token, special: false });
    }
  });
  // A hole in the ids still needs a token; no text holds a private one of this form.
  const vocab = Array.from({ length: vocabSize }, (_, id): [string, number] => {
    const token = tokens.get(id);
    if (token === undefined) return [`<no token ${id}>`, 0];
    // KoBERT's and XLNet's classes split such pieces again, so that they hardly ever stay.
    const again = preparesText(kind) && endsInDigitComma(token);
    return [token, (scores.get(token) ?? 0) - (again ? 100 : 0)];
  });
  const unigram = model.algorithm === "unigram";
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokensJson(added.values()),
    ...(unigram ? unigramParts(saved) : bpeParts(saved)),
    post_processor: templateJson(template, tokenOf),
    model: unigram ? { type: "Unigram", unk_id: unkId, vocab, byte_fallback: model.byteFallback } : {
      type: "BPE",
      unk_token: tokenOf(unkId),
      fuse_unk: true,
      byte_fallback: model.byteFallback,
      vocab: Object.fromEntries(vocab.map(([token], id) => [token, id])),
      merges: mergesOf(model),
    },
  };
}

/** Whether a kind's class changes the text before SentencePiece does. */
function preparesText(kind: SentencePieceKind): boolean {
  return kind !== "sentencepiece" && kind !== "llama";
}

/** The text's preparation by the model's own rules. */
function ownNormalizers({ charsmap, removeExtraWhitespaces }: NormalizerSpec): Json[] {
  return [
    ...(charsmap.length > 0 ? [{ type: "Precompiled", precompiled_charsmap: charsmap.toBase64() }] : []),
    ...(removeExtraWhitespaces
      ? [replace({ Regex: " {2,}" }, " "), replace({ Regex: "\\A +| +\\z" }, "")]
      : []),
  ];
}

function sequence(normalizers: Json[]): Json | null {
  return normalizers.length > 0 ? { type: "Sequence", normalizers } : null;
}

function unigramParts({ model, kind, settings }: SavedSentencePiece): Json {
  const normalizers: Json[] = [];
  if (preparesText(kind)) {
    normalizers.push(replace({ String: "``" }, '"'), replace({ String: "''" }, '"'));
    // NFC puts Hangul together again, which `tokenizers` would not do through the character map.
    if (!settings.keepAccents) normalizers.push({ type: "NFKD" }, { type: "StripAccents" }, { type: "NFC" });
    if (settings.lowercase) normalizers.push({ type: "Lowercase" });
  }
  const metaspace = {
    type: "Metaspace",
    replacement: "▁",
    prepend_scheme: model.normalizer.addDummyPrefix ? "always" : "never",
    // Words are split apart unless a piece reaches over a space.
    split: !model.pieces.some((piece) => piece.type === PieceType.normal && piece.text.indexOf("▁", 1) > 0),
  };
  return {
    normalizer: sequence([...normalizers, ...ownNormalizers(model.normalizer)]),
    pre_tokenizer: metaspace,
    decoder: metaspace,
  };
}

function bpeParts({ model, kind, llama }: SavedSentencePiece): Json {
  const own = { legacy: true, prefixSpace: model.normalizer.addDummyPrefix };
  const { legacy, prefixSpace } = kind === "llama" ? llama : own;
  const decoder = llamaDecoder({ legacy, prefixSpace });
  // After a user-defined piece there is no space that the text has not.
  const kept = kind !== "llama" && model.pieces.some((piece) => piece.type === PieceType.userDefined);
  if (!legacy || kept) {
    const prepend_scheme = prefixSpace ? "first" : "never";
    return {
      normalizer: kept ? sequence(ownNormalizers(model.normalizer)) : null,
      pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme, split: false },
      decoder,
    };
  }
  return {
    normalizer: sequence([
      ...ownNormalizers(model.normalizer),
      ...(prefixSpace ? [{ type: "Prepend", prepend: "▁" }] : []),
      replace({ String: " " }, "▁"),
    ]),
    pre_tokenizer: null,
    decoder,
  };
}

/** A BPE model's merges: by the score of what they make, then as Python sorts them. */
function mergesOf(model: SentencePieceModel): [string, string][] {
  const pieces = new Map(model.pieces.map((piece, id) => [piece.text, { id, score: piece.score }]));
  const merges = model.pieces.flatMap(({ text, score, type }, id) => {
    if (type !== PieceType.normal) return [];
    const characters = Array.from(text);
    return characters.slice(1).flatMap((_, i) => {
      const left = characters.slice(0, i + 1).join("");
      const right = text.slice(left.length);
      return pieces.has(left) && pieces.has(right) ? [{ left, right, score, id, length: i }] : [];
    });
  });
  merges.sort((a, b) => b.score - a.score || a.id - b.id || a.length - b.length);
  return merges.map(({ left, right }) => [left, right]);
}

function replace(pattern: { String: string } | { Regex: string }, content: string): Json {
  return { type: "Replace", pattern, content };
}

/** The kinds of tokenizers around a SentencePiece model. */
export const sentencePieceKinds = [
  "sentencepiece",
  "kobert-skt",
  "kobert-monologg",
  "xlnet",
  "llama",
] as const;
export type SentencePieceKind = typeof sentencePieceKinds[number];

/** What the files held. */
export interface SentencePieceFiles {
  kind: SentencePieceKind;
  bytes: Uint8Array;
  /** Name of the model file, as it is written again. */
  modelName: string;
  /** Ids of tokens, null: the model's own. */
  map: { ids: Map<string, number>; name: string } | null;
  config: TokenizerConfig;
  source: string;
}

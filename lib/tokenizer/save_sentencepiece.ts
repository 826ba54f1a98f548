// Writing a SentencePiece tokenizer: its own files, and a `tokenizer.json` for Python's AutoTokenizer.

import type { AddedToken } from "./added_tokens.ts";
import { KIND_KEY } from "./config.ts";
import { BARE_TEMPLATE, bertTemplate } from "./encoding.ts";
import type { KobertSettings } from "./kobert.ts";
import type { SentencePieceFiles } from "./load_sentencepiece.ts";
import { addedTokenJson, specialTokensJson, templateJson, writeFiles } from "./save_files.ts";
import { scoredPieces } from "./sentencepiece.ts";
import { PieceType, type SentencePieceModel } from "./sentencepiece_model.ts";
import type { SpecialRole } from "./tokenizer.ts";

/** A loaded tokenizer, as far as its files need it. */
export interface SavedSentencePiece extends SentencePieceFiles {
  model: SentencePieceModel;
  tokens: ReadonlyMap<number, string>;
  vocabSize: number;
  special: ReadonlyMap<SpecialRole, number>;
  added: readonly AddedToken[];
  settings: KobertSettings;
}

/**
 * Writes the model file, the map of ids and the configuration as they were, and `tokenizer.json` with the same pieces
 * in the order of the ids, for Hugging Face `tokenizers`.
 *
 * `tokenizers` is not exactly SentencePiece: it sums in float64 (near ties, such as where "...." is cut, can fall the
 * other way), applies the character map to grapheme clusters instead of the longest sequence, and takes special
 * tokens written in a text for special tokens. KoBERT's second look at digits before a comma cannot be said there.
 * A model with white space as suffix cannot be said at all, and gets no `tokenizer.json`.
 */
export function saveSentencePiece(folder: string, saved: SavedSentencePiece): Promise<string[]> {
  const { kind, config, special, tokens, settings, map } = saved;
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
  const limits: Record<string, unknown> = {};
  if (config.modelMaxLength !== null) limits.model_max_length = config.modelMaxLength;
  if (config.truncationSide !== null) limits.truncation_side = config.truncationSide;
  const kobert = kind === "sentencepiece" ? {} : {
    do_lower_case: settings.lowercase,
    remove_space: settings.removeSpace,
    keep_accents: settings.keepAccents,
  };
  files.push(["tokenizer_config.json", {
    tokenizer_class: "PreTrainedTokenizerFast",
    [KIND_KEY]: kind,
    ...names,
    // Without this, transformers 5 would leave out the segments of a pair.
    model_input_names: ["input_ids", "token_type_ids", "attention_mask"],
    padding_side: config.paddingSide ?? "right",
    ...limits,
    ...kobert,
    clean_up_tokenization_spaces: false,
  }]);
  files.push(["special_tokens_map.json", names]);
  return writeFiles(folder, files);
}

function vocabText(ordered: readonly (readonly [string, number])[]): string {
  const lines: string[] = [];
  for (const [token, id] of ordered) lines[id] = token;
  return Array.from(lines, (line) => `${line ?? ""}\n`).join("");
}

function tokenizerJson(saved: SavedSentencePiece): Record<string, unknown> {
  const { model, kind, special, tokens, vocabSize, map, settings } = saved;
  const tokenOf = (id: number) => tokens.get(id)!;
  // User-defined pieces win by their score there too.
  const scores = new Map(
    scoredPieces(model).flatMap((piece) => piece === null ? [] : [[piece.text, piece.score]]),
  );
  const unkId = special.get("unk")!;
  const added = new Map(saved.added.map((token) => [token.id, token]));
  for (const id of special.values()) {
    const token = { id, content: tokenOf(id), singleWord: false, lstrip: false, rstrip: false };
    if (!added.has(id)) added.set(id, { ...token, normalized: false, special: true });
  }
  model.pieces.forEach((piece, i) => {
    const id = map === null ? i : map.ids.get(piece.text);
    if (id === undefined || added.has(id)) return;
    const token = {
      id,
      content: piece.text,
      singleWord: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    };
    if (piece.type === PieceType.control) added.set(id, { ...token, special: true });
  });
  // A hole in the ids still needs a token; no text holds a private one of this form.
  const vocab = Array.from({ length: vocabSize }, (_, id): [string, number] => {
    const token = tokens.get(id);
    if (token === undefined) return [`<no token ${id}>`, 0];
    return [token, scores.get(token) ?? 0];
  });

  const { addDummyPrefix, removeExtraWhitespaces, charsmap } = model.normalizer;
  const normalizers: Record<string, unknown>[] = [];
  if (kind !== "sentencepiece") {
    normalizers.push(replace({ String: "``" }, '"'), replace({ String: "''" }, '"'));
    // NFC puts Hangul together again, which `tokenizers` would not do through the character map.
    if (!settings.keepAccents) normalizers.push({ type: "NFKD" }, { type: "StripAccents" }, { type: "NFC" });
    if (settings.lowercase) normalizers.push({ type: "Lowercase" });
  }
  if (charsmap.length > 0) {
    normalizers.push({ type: "Precompiled", precompiled_charsmap: base64(charsmap) });
  }
  if (removeExtraWhitespaces) {
    normalizers.push(replace({ Regex: " {2,}" }, " "), replace({ Regex: "^ +| +$" }, ""));
  }
  const metaspace = {
    type: "Metaspace",
    replacement: "▁",
    prepend_scheme: addDummyPrefix ? "always" : "never",
    // Words are split apart unless a piece reaches over a space.
    split: !model.pieces.some((piece) => piece.type === PieceType.normal && piece.text.indexOf("▁", 1) > 0),
  };
  const cls = special.get("cls");
  const sep = special.get("sep");
  const template = cls !== undefined && sep !== undefined ? bertTemplate(cls, sep) : BARE_TEMPLATE;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...added.values()].sort((a, b) => a.id - b.id).map(addedTokenJson),
    normalizer: normalizers.length > 0 ? { type: "Sequence", normalizers } : null,
    pre_tokenizer: metaspace,
    post_processor: templateJson(template, tokenOf),
    decoder: metaspace,
    model: { type: "Unigram", unk_id: unkId, vocab, byte_fallback: model.byteFallback },
  };
}

function replace(pattern: { String: string } | { Regex: string }, content: string): Record<string, unknown> {
  return { type: "Replace", pattern, content };
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}

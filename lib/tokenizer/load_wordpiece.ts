/** WordPiece tokenizers from `vocab.txt` or `tokenizer.json`. */

import { UserError } from "../ground/pure.ts";
import type { AddedToken } from "./added_tokens.ts";
import type { BertSettings } from "./bert_text.ts";
import { asObject, type Json, type TokenizerConfig } from "./config.ts";
import { bertTemplate, type Template } from "./encoding.ts";
import { unitsReader } from "./characters.ts";
import { linesOf } from "./id_map.ts";
import { type JsonFiles, jsonVocab, makeJsonTokenizer, namesAmong } from "./json_text.ts";
import { addedTokensJson, limitsJson, specialTokensJson, templateJson, writeFiles } from "./save_files.ts";
import { bertNames, classOf, conventionsOf } from "./classes.ts";
import { findRoles } from "./roles.ts";
import { makeTokenizer } from "./tokenizer.ts";
import { parseAddedTokens, parseTemplate } from "./tokenizer_json.ts";
import type { SpecialRole, Tokenizer } from "./types.ts";
import {
  decodeWordPieces,
  makeWordSplitter,
  preparedTokens,
  type WordPieceModel,
  type WordPieces,
  wordPieceText,
} from "./wordpiece.ts";

/** A WordPiece tokenizer as its files describe it. */
interface WordPieceFiles {
  model: WordPieceModel;
  added: AddedToken[];
  /** Null: `[CLS] A [SEP]`, as BERT's classes build it. */
  template: Template | null;
  /** Null: tokens are joined by spaces. */
  decoder: { prefix: string; cleanup: boolean } | null;
}

const bertClasses = ["BertTokenizer", "ElectraTokenizer", "DistilBertTokenizer", "BertJapaneseTokenizer"];

/**
 * Reads a `vocab.txt`: a token a line, the line's number its id.
 *
 * Where neither `tokenizer_config.json` nor the caller says whether text is lower-cased, Python's classes do it (and
 * take Hangul apart with it). Here it is done unless the vocabulary shows that it cannot be meant: it has capitals or
 * Hangul syllables, which lower-cased text would never reach.
 *
 * @throws Error where the vocabulary has no unknown token, or is the list of a SentencePiece model's pieces (KoBERT's
 * `vocab.txt` without its model): WordPiece finds hardly any of them.
 */
export function loadWordPieceVocab(text: string, config: TokenizerConfig, source: string): Tokenizer {
  const vocab = new Map<string, number>();
  linesOf(text).forEach((line, id) => vocab.set(line, id));
  refusePieces(vocab, source);
  const settings: BertSettings = {
    cleanText: true,
    handleChinese: config.handleChinese ?? true,
    lowercase: config.lowercase ?? !hasCase(vocab, config),
    stripAccents: false,
  };
  settings.stripAccents = config.stripAccents ?? settings.lowercase;
  return build(
    {
      model: {
        vocab,
        unkToken: config.special.get("unk")?.content ?? bertNames.unk!,
        continuingPrefix: "##",
        maxWordLength: 100,
        normalizer: settings,
        splitWords: true,
      },
      added: [],
      template: null,
      decoder: { prefix: "##", cleanup: true },
    },
    config,
    source,
  );
}

/**
 * Reads a `tokenizer.json` with a WordPiece model.
 *
 * `do_lower_case`, `strip_accents` and `tokenize_chinese_chars` of a BERT class's `tokenizer_config.json` go before
 * what the file says, as in Python. Truncation and padding that the file may hold are left aside, as transformers does.
 *
 * @throws Error that names the part that is not known.
 */
export function loadWordPieceJson(files: JsonFiles): Tokenizer {
  const { json, config, file, source } = files;
  const model = asObject(json.model)!;
  const wordPieces: WordPieces = {
    vocab: jsonVocab(model, file),
    unkToken: typeof model.unk_token === "string" ? model.unk_token : bertNames.unk!,
    continuingPrefix: typeof model.continuing_subword_prefix === "string"
      ? model.continuing_subword_prefix
      : "##",
    maxWordLength: typeof model.max_input_chars_per_word === "number" ? model.max_input_chars_per_word : 100,
  };
  const normalizer = asObject(json.normalizer);
  const preTokenizer = asObject(json.pre_tokenizer);
  const decoder = asObject(json.decoder);
  const isBert = (part: Json | null, type: string) => part === null || part.type === type;
  if (
    !isBert(normalizer, "BertNormalizer") || !isBert(preTokenizer, "BertPreTokenizer") ||
    !isBert(decoder, "WordPiece")
  ) return loadOtherWordPieceJson(files, wordPieces);
  let settings: BertSettings | null = null;
  if (normalizer !== null) {
    const bert = bertClasses.includes(classOf(config) ?? "");
    const lowercase = (bert ? config.lowercase : null) ?? normalizer.lowercase !== false;
    const written = typeof normalizer.strip_accents === "boolean" ? normalizer.strip_accents : null;
    settings = {
      cleanText: normalizer.clean_text !== false,
      handleChinese: (bert ? config.handleChinese : null) ?? normalizer.handle_chinese_chars !== false,
      lowercase,
      stripAccents: (bert && config.stripAccents !== undefined ? config.stripAccents : written) ?? lowercase,
    };
  }
  return build(
    {
      model: {
        ...wordPieces,
        normalizer: settings,
        splitWords: preTokenizer !== null,
      },
      added: parseAddedTokens(json, file),
      template: parseTemplate(json.post_processor, file),
      decoder: decoder === null
        ? null
        : { prefix: String(decoder.prefix ?? "##"), cleanup: decoder.cleanup !== false },
    },
    config,
    source,
  );
}

/** WordPiece behind other parts than BERT's, in the general way of `tokenizer.json`: places are not known. */
function loadOtherWordPieceJson(files: JsonFiles, wordPieces: WordPieces): Tokenizer {
  const splitWord = makeWordSplitter(wordPieces), unitsOf = unitsReader();
  return makeJsonTokenizer(files, {
    kind: "wordpiece",
    vocab: wordPieces.vocab,
    tokenize: (word, found) => splitWord(unitsOf(word), 0, word.length, (id) => found(id)),
    usual: bertNames,
  });
}

/** @throws UserError where many tokens begin with SentencePiece's mark for a space, and hardly one as WordPiece's do. */
function refusePieces(vocab: ReadonlyMap<string, number>, source: string): void {
  let pieces = 0, inside = 0;
  for (const token of vocab.keys()) {
    if (token.length > 1 && token.startsWith("▁")) pieces++;
    else if (token.length > 2 && token.startsWith("##")) inside++;
  }
  if (pieces <= vocab.size / 20 || pieces <= inside) return;
  throw new UserError(
    `${source} lists the pieces of a SentencePiece model (${pieces} of ${vocab.size} begin with ▁, as KoBERT's do), and the model ` +
      "is not beside it. Copy its file there: spiece.model, tokenizer_78b3253a26.model or another *.model or *.spiece of the " +
      "place this vocabulary is from.",
  );
}

/** Whether a vocabulary has tokens that lower-cased, accent-stripped text never reaches. */
function hasCase(vocab: ReadonlyMap<string, number>, config: TokenizerConfig): boolean {
  const special = new Set([
    ...Object.values(bertNames),
    ...[...config.special.values()].map((spec) => spec.content),
  ]);
  for (const token of vocab.keys()) {
    if (!special.has(token) && !/^\[.*\]$/.test(token) && /[\p{Lu}\uac00-\ud7a3]/u.test(token)) return true;
  }
  return false;
}

function build(files: WordPieceFiles, config: TokenizerConfig, source: string): Tokenizer {
  const { model } = files;
  const { names } = conventionsOf(config);
  const own = namesAmong(model.vocab, files.added, names, bertNames);
  const roles = findRoles(
    model.vocab,
    files.added,
    config,
    files.template === null ? { ...bertNames, ...own } : own,
    files.template === null,
  );
  const { ids, tokens, vocabSize, added, special } = roles;
  // Such a token is shown, and becomes text again, in its prepared form.
  preparedTokens(model, added).forEach((text, id) => tokens.set(id, text));
  const tokenOf = (id: number) => tokens.get(id)!;
  const template = files.template ?? bertTemplate(special.get("cls")!, special.get("sep")!);
  const found = config.splitSpecialTokens ? added.filter((token) => !token.special) : added;
  return makeTokenizer({
    kind: "wordpiece",
    source,
    model: wordPieceText(model, found.filter((token) => token.normalized)),
    vocabSize,
    tokenToId: (token) => ids.get(token) ?? null,
    idToToken: (id) => tokens.get(id) ?? null,
    addedTokens: found.filter((token) => !token.normalized),
    special,
    specialIds: roles.specialIds,
    template,
    longestFirst: "tokenizers",
    paddingSide: config.paddingSide ?? "right",
    truncationSide: config.truncationSide ?? "right",
    padType: 0,
    modelMaxLength: config.modelMaxLength,
    cleanUp: config.cleanUp,
    decode: (given) => {
      const words = given.map(tokenOf);
      const { decoder } = files;
      return decoder === null ? words.join(" ") : decodeWordPieces(words, decoder.prefix, decoder.cleanup);
    },
    save: (folder) => save(folder, { ...files, template, added }, config, special, tokenOf),
  });
}

/** Writes `vocab.txt`, `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`. */
function save(
  folder: string,
  files: WordPieceFiles & { template: Template },
  config: TokenizerConfig,
  special: ReadonlyMap<SpecialRole, number>,
  tokenOf: (id: number) => string,
): Promise<string[]> {
  const { model, decoder, template } = files;
  const names = specialTokensJson(special, tokenOf);
  const { normalizer } = model;
  const json = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokensJson(files.added),
    normalizer: normalizer === null ? null : {
      type: "BertNormalizer",
      clean_text: normalizer.cleanText,
      handle_chinese_chars: normalizer.handleChinese,
      strip_accents: normalizer.stripAccents,
      lowercase: normalizer.lowercase,
    },
    pre_tokenizer: model.splitWords ? { type: "BertPreTokenizer" } : null,
    post_processor: templateJson(template, tokenOf),
    decoder: decoder === null ? null : { type: "WordPiece", ...decoder },
    model: {
      type: "WordPiece",
      unk_token: model.unkToken,
      continuing_subword_prefix: model.continuingPrefix,
      max_input_chars_per_word: model.maxWordLength,
      vocab: Object.fromEntries(model.vocab),
    },
  };
  const lines: string[] = [];
  for (const [token, id] of model.vocab) lines[id] = token;
  for (const { content, id } of files.added) if (id < lines.length) lines[id] ??= content;
  // BERT's own class rebuilds everything but the vocabulary from its settings; others are read from tokenizer.json.
  const plain = model.splitWords && normalizer?.cleanText === true && model.continuingPrefix === "##" &&
    model.maxWordLength === 100 && JSON.stringify(template) ===
      JSON.stringify(bertTemplate(special.get("cls") ?? -1, special.get("sep") ?? -1));
  const bert = plain
    ? {
      do_lower_case: normalizer.lowercase,
      strip_accents: normalizer.stripAccents,
      tokenize_chinese_chars: normalizer.handleChinese,
    }
    : {};
  return writeFiles(folder, [
    ["vocab.txt", Array.from(lines, (token, id) => `${token ?? `[unused${id}]`}\n`).join("")],
    ["tokenizer.json", json],
    ["tokenizer_config.json", {
      tokenizer_class: plain ? "BertTokenizer" : "PreTrainedTokenizerFast",
      ...names,
      padding_side: config.paddingSide ?? "right",
      ...limitsJson(config),
      ...bert,
      clean_up_tokenization_spaces: config.cleanUp,
    }],
    ["special_tokens_map.json", names],
  ]);
}

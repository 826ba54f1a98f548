/** Finding out what a folder or file is, and reading it. */

import { fileURLToPath } from "node:url";
import { didYouMean, nearPath, UserError } from "../ground/mod.ts";
import { readConfig, readObject, type TokenizerConfig } from "./config.ts";
import { classOf } from "./classes.ts";
import { loadJson } from "./load_json.ts";
import { parseIdMap, parseKobertVocab } from "./id_map.ts";
import { loadSentencePiece } from "./load_sentencepiece.ts";
import { type SentencePieceKind, sentencePieceKinds } from "./save_sentencepiece.ts";
import { loadWordPieceVocab } from "./load_wordpiece.ts";
import { parseSentencePieceModel } from "./sentencepiece_model.ts";
import type { Tokenizer } from "./types.ts";

/** What can be said where the files do not say it, or say it wrongly. */
export interface LoadOptions {
  /** How a SentencePiece model is applied. */
  kind?: SentencePieceKind;
  /** BERT and KoBERT: `do_lower_case`. */
  lowercase?: boolean;
}

/** Classes by how they apply a SentencePiece model. */
const kindOfClass: Record<string, SentencePieceKind> = {
  KoBERTTokenizer: "kobert-skt",
  KoBertTokenizer: "kobert-monologg",
  XLNetTokenizer: "xlnet",
  LlamaTokenizer: "llama",
};

/** Classes that say nothing about how a SentencePiece model is applied. */
const neutralClasses = ["PreTrainedTokenizer", "TokenizersBackend", "PythonBackend", "BertTokenizer"];

/**
 * Opens a tokenizer: a folder as Hugging Face models have it, or one of its files.
 *
 * Looked for, in this order:
 * 1. a SentencePiece model (`*.model`, `*.spiece`), with a map of ids beside it (`token2idx_vocab.json`,
 *    `*vocab*.json`, or `vocab.txt`) or with its own ids;
 * 2. `tokenizer.json` (WordPiece, Unigram, BPE);
 * 3. `vocab.txt` (WordPiece).
 *
 * `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json` are honoured. How a SentencePiece model is
 * applied follows from the class named there: `KoBERTTokenizer` (or an `XLNetTokenizer` whose first token is `[CLS]`,
 * as `skt/kobert-base-v1` has it) and `KoBertTokenizer` (also assumed where `vocab.txt` is the map, as in
 * `monologg/kobert`) prepare the text as those classes do; `XLNetTokenizer` and `LlamaTokenizer` are transformers' (where
 * `tokenizer.json` lies beside the model, it is read instead, as Python does); otherwise the model is applied as the
 * `sentencepiece` package does.
 *
 * @throws Error that names what was looked for and what is there; or the file that is broken, and why.
 *
 * @example
 * ```ts
 * const tokenizer = await loadTokenizer("../models/kobert");
 * tokenizer.encode("한국어 모델을 공유합니다.").ids; // [2, 4958, 6855, 2046, 7088, 1050, 7843, 54, 3]
 * ```
 */
export async function loadTokenizer(place: string | URL, options: LoadOptions = {}): Promise<Tokenizer> {
  const path = typeof place === "string" ? place : fileURLToPath(place);
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch {
    const near = nearPath(path), hint = near === undefined ? "" : didYouMean(path, [near]);
    throw new UserError(`There is no tokenizer at ${path}${hint}: no such file or folder.`);
  }
  const slash = path.lastIndexOf("/");
  const folder = info.isDirectory
    ? path.replace(/(.)\/+$/, "$1")
    : slash < 0
    ? "."
    : path.slice(0, slash) || "/";
  const given = info.isDirectory ? null : path.slice(slash + 1);
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) if (!entry.isDirectory) names.push(entry.name);
  names.sort();
  const readBytes = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await Deno.readFile(`${folder}/${name}`);
    refusePointer(bytes, `${folder}/${name}`);
    return bytes;
  };
  const read = async (name: string): Promise<string | null> => {
    if (!names.includes(name)) return null;
    // JSON allows no mark at the beginning, which Windows' editors write; in a vocabulary it is Python's affair
    const keepsMark = !name.endsWith(".json");
    return new TextDecoder("utf-8", { ignoreBOM: keepsMark }).decode(await readBytes(name));
  };
  const config: TokenizerConfig = { ...await readConfig(read) };
  if (options.lowercase !== undefined) {
    config.lowercase = options.lowercase;
    config.stripAccents ??= null;
  }

  const isModel = (name: string) => /\.(model|spiece)$/.test(name);
  const models = given === null ? names.filter(isModel) : isModel(given) ? [given] : [];
  const json = given === null ? "tokenizer.json" : given;
  if (models.length > 1) {
    throw new UserError(
      `${folder} has several SentencePiece models (${models.join(", ")}): name the one that is meant.`,
    );
  }
  const modelName = models[0];
  if (modelName !== undefined) {
    const bytes = await readBytes(modelName);
    const kind = options.kind ?? sentencePieceKind(config, names, modelName, bytes);
    if (kind !== null) {
      // XLNet's and Llama's classes know no map.
      const map = kind === "xlnet" || kind === "llama" ? null : await idMap(names, read);
      const source = `${folder}/${modelName}${map === null ? "" : ` + ${map.name}`}`;
      return loadSentencePiece({ kind, bytes, modelName, map, config, source });
    }
  }
  if (json.endsWith(".json") && names.includes(json)) {
    const object = (await readObject(read, json))!;
    return loadJson({ json: object, config, file: json, source: `${folder}/${json}` });
  }
  const vocab = given === null ? "vocab.txt" : given;
  if (vocab.endsWith(".txt") && names.includes(vocab)) {
    return loadWordPieceVocab((await read(vocab))!, config, `${folder}/${vocab}`);
  }
  if (given !== null) {
    throw new UserError(
      `${path} is no tokenizer file: known are *.model and *.spiece (SentencePiece), tokenizer.json and vocab.txt.`,
    );
  }
  throw new UserError(
    `${folder} has no tokenizer. Looked for *.model or *.spiece (SentencePiece), tokenizer.json, vocab.txt; ` +
      `there is ${names.length === 0 ? "nothing" : names.slice(0, 20).join(", ")}.`,
  );
}

/** @throws UserError where a file is what Git shows in place of a large one that was not fetched. */
function refusePointer(bytes: Uint8Array, path: string): void {
  if (!new TextDecoder().decode(bytes.subarray(0, 23)).startsWith("version https://git-lfs")) return;
  throw new UserError(
    `${path} is a Git LFS pointer, not the file itself: run "git lfs pull" in its folder, or download the file.`,
  );
}

/** How the model is to be applied; null: `tokenizer.json` beside it says it better. */
function sentencePieceKind(
  config: TokenizerConfig,
  names: readonly string[],
  modelName: string,
  bytes: Uint8Array,
): SentencePieceKind | null {
  const noted = sentencePieceKinds.find((kind) => kind === config.kind);
  if (noted !== undefined) return noted;
  const byModel = classOf(config);
  const tokenizerClass = config.tokenizerClass ??
    (byModel !== null && Object.hasOwn(kindOfClass, byModel) ? byModel : null);
  if (tokenizerClass !== null) {
    if (tokenizerClass === "XLNetTokenizer" && config.special.get("cls")?.content === "[CLS]") {
      return "kobert-skt";
    }
    const kind = kindOfClass[tokenizerClass];
    const python = kind === undefined || kind === "xlnet" || kind === "llama";
    // Python's own classes read tokenizer.json where there is one.
    if (python && !neutralClasses.includes(tokenizerClass) && names.includes("tokenizer.json")) return null;
    if (kind !== undefined) return kind;
    if (!neutralClasses.includes(tokenizerClass)) {
      throw new UserError(
        `${modelName} belongs to a ${tokenizerClass}, whose way with a SentencePiece model is not ` +
          `known here; known are ${Object.keys(kindOfClass).join(", ")}. A tokenizer.json beside it ` +
          "would be read instead: download it too, or save one in Python " +
          "(AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)).",
      );
    }
  }
  if (names.includes("tokenizer.json") && parseSentencePieceModel(bytes, modelName).algorithm !== "unigram") {
    return null;
  }
  return names.includes("vocab.txt") && !names.some(isIdMap) ? "kobert-monologg" : "sentencepiece";
}

function isIdMap(name: string): boolean {
  return /vocab.*\.json$/.test(name);
}

/** The map of ids beside a model, null where there is none. */
async function idMap(
  names: readonly string[],
  read: (name: string) => Promise<string | null>,
): Promise<{ ids: Map<string, number>; name: string } | null> {
  const maps = names.filter(isIdMap);
  if (maps.length > 1) {
    throw new UserError(
      `Several files could be the map of ids (${maps.join(", ")}): leave one beside the model.`,
    );
  }
  const name = maps[0] ?? (names.includes("vocab.txt") ? "vocab.txt" : undefined);
  if (name === undefined) return null;
  const text = (await read(name))!;
  return { ids: name.endsWith(".txt") ? parseKobertVocab(text, name) : parseIdMap(text, name), name };
}

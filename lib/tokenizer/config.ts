/** `tokenizer_config.json` and the files around it: special tokens, sides, lengths, BERT's and KoBERT's switches. */

import { UserError } from "../ground/pure.ts";
import type { AddedToken } from "./added_tokens.ts";
import { type Side, type SpecialRole, specialRoles, type TokenizerKind } from "./types.ts";

/** A JSON object. */
export type Json = { [key: string]: unknown };

/** A token as the files describe it; its id may still have to be found. */
export type TokenSpec = Omit<AddedToken, "id">;

/** What the files beside a vocabulary say. Null where they say nothing. */
export interface TokenizerConfig {
  /** `tokenizer_class` of `tokenizer_config.json`, else of the model's `config.json`, without a final `Fast`. */
  tokenizerClass: string | null;
  /** `model_type` of the model's `config.json`. */
  modelType: string | null;
  /** Our own note of how a SentencePiece model is to be applied, written by `save`. */
  kind: TokenizerKind | null;
  /** `bare`: given by its name alone, so that a class may have more to say about it. */
  special: ReadonlyMap<SpecialRole, TokenSpec & { bare: boolean }>;
  additional: readonly TokenSpec[];
  /** `added_tokens_decoder` and `added_tokens.json`. */
  added: readonly AddedToken[];
  paddingSide: Side | null;
  truncationSide: Side | null;
  modelMaxLength: number | null;
  splitSpecialTokens: boolean;
  lowercase: boolean | null;
  /** Undefined: the key is missing. */
  stripAccents: boolean | null | undefined;
  handleChinese: boolean | null;
  removeSpace: boolean | null;
  keepAccents: boolean | null;
  addBos: boolean | null;
  addEos: boolean | null;
  addPrefixSpace: boolean | null;
  /** Llama: whether text after a special token begins with a space, too. */
  legacy: boolean | null;
  /** Whether decoding takes out the spaces before English marks. */
  cleanUp: boolean;
}

/** The key under which `save` notes the kind of a SentencePiece tokenizer. */
export const kindKey = "sentencepiece_tokenizer";

/**
 * Reads the configuration beside a vocabulary.
 *
 * @param read text of a file of the folder, null where there is none.
 * @throws Error that names the file and the key that is not understood.
 */
export async function readConfig(read: (name: string) => Promise<string | null>): Promise<TokenizerConfig> {
  const config = await readObject(read, "tokenizer_config.json") ?? {};
  const map = await readObject(read, "special_tokens_map.json") ?? {};
  const model = await readObject(read, "config.json") ?? {};
  const addedTokens = await readObject(read, "added_tokens.json") ?? {};

  if (asObject(config.sp_model_kwargs)?.enable_sampling === true) {
    throw new UserError(
      "tokenizer_config.json asks for sampled splits (sp_model_kwargs.enable_sampling), which are not supported: " +
        "set it to false.",
    );
  }

  const special = new Map<SpecialRole, TokenSpec & { bare: boolean }>();
  for (const role of specialRoles) {
    const key = `${role}_token`;
    const value = config[key] ?? map[key];
    const spec = tokenSpec(value, key, true);
    if (spec !== null) special.set(role, { ...spec, bare: typeof value === "string" });
  }
  const additional = [
    config.additional_special_tokens,
    config.extra_special_tokens,
    map.additional_special_tokens,
  ]
    .flatMap((list) => Array.isArray(list) ? list : Object.values(asObject(list) ?? {}))
    .map((token) => tokenSpec(token, "additional_special_tokens", true)!);

  const added = Object.entries(asObject(config.added_tokens_decoder) ?? {}).map(([id, token]): AddedToken => {
    const number = Number(id);
    const spec = tokenSpec(token, `added_tokens_decoder.${id}`, false);
    if (!Number.isInteger(number) || number < 0 || spec === null) {
      throw new UserError(`tokenizer_config.json: added_tokens_decoder.${id} is not a token with an id.`);
    }
    return { ...spec, id: number };
  });
  for (const [content, id] of Object.entries(addedTokens)) {
    if (!Number.isInteger(id)) {
      throw new UserError(`added_tokens.json: the id of ${JSON.stringify(content)} is ${id}.`);
    }
    if (!added.some((token) => token.content === content)) {
      added.push({ ...tokenSpec(content, "added_tokens.json", false)!, id: id as number });
    }
  }

  const maxLength = config.model_max_length ?? config.max_len;
  const kind = config[kindKey];
  const tokenizerClass = config.tokenizer_class ?? model.tokenizer_class;
  return {
    tokenizerClass: typeof tokenizerClass === "string" ? tokenizerClass.replace(/Fast$/, "") : null,
    modelType: typeof model.model_type === "string" ? model.model_type : null,
    kind: typeof kind === "string" ? kind as TokenizerKind : null,
    special,
    additional,
    added,
    paddingSide: side(config.padding_side, "padding_side"),
    truncationSide: side(config.truncation_side, "truncation_side"),
    // Python writes 1e30 where there is no limit.
    modelMaxLength: typeof maxLength === "number" && maxLength < 1e9 ? maxLength : null,
    splitSpecialTokens: config.split_special_tokens === true,
    lowercase: flag(config.do_lower_case),
    stripAccents: "strip_accents" in config ? flag(config.strip_accents) : undefined,
    handleChinese: flag(config.tokenize_chinese_chars),
    removeSpace: flag(config.remove_space),
    keepAccents: flag(config.keep_accents),
    addBos: flag(config.add_bos_token),
    addEos: flag(config.add_eos_token),
    addPrefixSpace: flag(config.add_prefix_space),
    legacy: flag(config.legacy),
    cleanUp: config.clean_up_tokenization_spaces === true,
  };
}

/** A value as a JSON object, null for anything else. */
export function asObject(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : null;
}

/**
 * A token given as a string or as `{ content, lstrip, … }`; null for null and undefined.
 *
 * @param special whether a string means a special token (those are not looked for in prepared text).
 */
export function tokenSpec(value: unknown, key: string, special: boolean): TokenSpec | null {
  if (value === undefined || value === null) return null;
  const token = typeof value === "string" ? { content: value } : asObject(value);
  if (token === null || typeof token.content !== "string") {
    throw new UserError(`${key} is neither a token nor a description of one: ${JSON.stringify(value)}.`);
  }
  const isSpecial = "special" in token ? token.special === true : special;
  return {
    content: token.content,
    singleWord: "single_word" in token && token.single_word === true,
    lstrip: "lstrip" in token && token.lstrip === true,
    rstrip: "rstrip" in token && token.rstrip === true,
    normalized: "normalized" in token && typeof token.normalized === "boolean"
      ? token.normalized
      : !isSpecial,
    special: isSpecial,
  };
}

/**
 * Reads a JSON object.
 *
 * @throws Error that names the file where it is no JSON or no object.
 */
export async function readObject(
  read: (name: string) => Promise<string | null>,
  name: string,
): Promise<Json | null> {
  const text = await read(name);
  if (text === null) return null;
  const object = asObject(parseJson(text, name));
  if (object === null) throw new UserError(`${name} is not a JSON object.`);
  return object;
}

/** @throws UserError that names the file where it is no JSON */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${name} is not JSON: ${error instanceof Error ? error.message : error}.`);
  }
}

/** A special token that is known by its name alone. */
export function specialToken(content: string, lstrip = false): TokenSpec {
  return { content, singleWord: false, lstrip, rstrip: false, normalized: false, special: true };
}

function flag(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function side(value: unknown, key: string): Side | null {
  if (value === undefined || value === null) return null;
  if (value !== "left" && value !== "right") {
    throw new UserError(
      `tokenizer_config.json: ${key} is ${JSON.stringify(value)}, neither "left" nor "right".`,
    );
  }
  return value;
}

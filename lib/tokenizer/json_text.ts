/**
 * What every `tokenizer.json` does with a text: normalizer, added tokens in the prepared text, words, model.
 * Source: tokenizer/mod.rs of huggingface/tokenizers (Apache-2.0), do_tokenize.
 */

import { UserError } from "../ground/pure.ts";
import { type AddedToken, makeTokenFinder } from "./added_tokens.ts";
import { classOf, conventionsOf, type SpecialNames } from "./classes.ts";
import { asObject, type Json, type TokenizerConfig } from "./config.ts";
import type { Template } from "./encoding.ts";
import { type Change, makeNormalize } from "./json_normalizer.ts";
import { makeWords } from "./json_words.ts";
import { findRoles } from "./roles.ts";
import { saveJson } from "./save_files.ts";
import { makeDecoder } from "./json_decoder.ts";
import { type Piece, specialRoles, type TextModel, type Tokenizer, type TokenizerKind } from "./types.ts";
import { makeTokenizer, type TokenizerParts } from "./tokenizer.ts";
import { parseAddedTokens, parseTemplate } from "./tokenizer_json.ts";

/** A `tokenizer.json` with what stands beside it. */
export interface JsonFiles {
  json: Json;
  config: TokenizerConfig;
  /** The file's name, and with its folder. */
  file: string;
  source: string;
}

/** One word to tokens: calls `found` with the id and, where it is not the id's own, the text of each. */
export type Tokenize = (word: string, found: (id: number, text?: string) => void) => void;

/**
 * The tokenizer of a `tokenizer.json` by its model. Offsets are not known.
 *
 * @param model.usual special tokens by the names that such models give them, where the vocabulary has these and not its class's
 * @param model.unkId of unknown text, where no special token says it
 * @param model.cleanUp where it is not the configuration's to say
 * @throws Error that names the file and the part that is not known or contradicts another.
 */
export function makeJsonTokenizer(
  { json, config, file, source }: JsonFiles,
  { kind, vocab, tokenize, usual, unkId, cleanUp = config.cleanUp }: {
    kind: TokenizerKind;
    vocab: ReadonlyMap<string, number>;
    tokenize: Tokenize;
    usual?: SpecialNames;
    unkId?: number | null;
    cleanUp?: boolean;
  },
): Tokenizer {
  const decode = makeDecoder(json.decoder, file);
  const parts = jsonParts(json, vocab, config, file, usual);
  const special = new Map(parts.special);
  if (typeof unkId === "number" && !special.has("unk")) special.set("unk", unkId);
  return makeTokenizer({
    ...parts,
    kind,
    source,
    model: makeJsonText(json, file, parts, tokenize),
    special,
    cleanUp,
    decode: (given) => decode(given.map(parts.tokenOf)),
  });
}

/** The `vocab` of a model that has it as an object. @throws UserError that names the file */
export function jsonVocab(model: Json, file: string): Map<string, number> {
  const entries = Object.entries(asObject(model.vocab) ?? {});
  for (const [token, id] of entries) {
    if (typeof id !== "number") {
      throw new UserError(`${file}: the id of ${JSON.stringify(token)} is ${JSON.stringify(id)}.`);
    }
  }
  return new Map(entries as [string, number][]);
}

function makeJsonText(
  json: Json,
  file: string,
  { added, normalize, tokenOf }: JsonParts,
  tokenize: Tokenize,
): TextModel {
  const splitWords = makeWords(json.pre_tokenizer, file);
  const findNormalized = makeTokenFinder(
    added.filter((token) => token.normalized),
    (token) => normalize({ text: token.content, moved: false }).text,
  );
  const splitText = (text: string, first: boolean, found: (id: number, text?: string) => void): void => {
    const prepared = normalize({ text: text.toWellFormed(), moved: !first });
    for (const { from, to, id } of findNormalized(prepared.text)) {
      if (id >= 0) {
        found(id);
        continue;
      }
      const words = splitWords(prepared.text.slice(from, to), !prepared.moved && from === 0);
      for (const word of words) tokenize(word, found);
    }
  };
  return {
    hasOffsets: false,
    ids: (text, out, first) => splitText(text, first, (id) => out.push(id)),
    pieces: (text, first) => {
      const result: Piece[] = [];
      splitText(
        text,
        first,
        (id, token) => result.push({ id, token: token ?? tokenOf(id), start: 0, end: 0 }),
      );
      return result;
    },
  };
}

/** Nearly all of a tokenizer but its model. */
type JsonParts =
  & Omit<TokenizerParts, "kind" | "source" | "model" | "cleanUp" | "decode">
  & { added: readonly AddedToken[]; normalize: Change; tokenOf(id: number): string };

/** What the files say around the model: added and special tokens, their layout, sides. */
function jsonParts(
  json: Json,
  vocab: ReadonlyMap<string, number>,
  config: TokenizerConfig,
  file: string,
  usual: SpecialNames = {},
): JsonParts {
  const conventions = conventionsOf(config);
  const added = parseAddedTokens(json, file);
  const roles = findRoles(vocab, added, config, namesAmong(vocab, added, conventions.names, usual), false);
  const { ids, tokens, vocabSize, special, specialIds } = roles;
  const searched = config.splitSpecialTokens ? roles.added.filter((token) => !token.special) : roles.added;
  const normalize = makeNormalize(json.normalizer, file);
  // Such a token is shown, and becomes text again, in its prepared form.
  for (const token of roles.added) {
    if (token.normalized) tokens.set(token.id, normalize({ text: token.content, moved: false }).text);
  }
  const words = asObject(json.pre_tokenizer);
  const prefix = words?.add_prefix_space;
  if (typeof prefix === "boolean" && config.addPrefixSpace !== null && config.addPrefixSpace !== prefix) {
    throw new UserError(
      `add_prefix_space is ${config.addPrefixSpace} in tokenizer_config.json and ${prefix} in ${file}: which is meant?`,
    );
  }
  const padding = asObject(json.padding);
  const side = padding?.direction === "Left" ? "left" : padding?.direction === "Right" ? "right" : null;
  const pad = special.has("pad") ? undefined : ids.get(String(padding?.pad_token));
  if (pad !== undefined) special.set("pad", pad);
  const parts = {
    vocabSize,
    tokenToId: (token: string) => ids.get(token) ?? null,
    idToToken: (id: number) => tokens.get(id) ?? null,
    added: searched,
    normalize,
    tokenOf: (id: number) => tokens.get(id)!,
    addedTokens: searched.filter((token) => !token.normalized),
    special,
    specialIds,
    template: parseTemplate(json.post_processor, file),
    longestFirst: "tokenizers" as const,
    paddingSide: config.paddingSide ?? side ?? conventions.paddingSide,
    truncationSide: config.truncationSide ?? "right",
    padType: conventions.padType,
    modelMaxLength: config.modelMaxLength,
  };
  const { template, paddingSide, tokenOf } = parts;
  checkStartAndEnd(template, config, special, file);
  return {
    ...parts,
    save: (folder) => saveJson(folder, json, config, { added: roles.added, special, paddingSide, tokenOf }),
  };
}

/** Of each part the first name that there is a token of. */
export function namesAmong(
  vocab: ReadonlyMap<string, number>,
  added: readonly AddedToken[],
  ...lists: readonly SpecialNames[]
): SpecialNames {
  const known = new Set([...vocab.keys(), ...added.map(({ content }) => content)]);
  const names: SpecialNames = {};
  for (const list of lists) {
    for (const role of specialRoles) {
      const name = list[role];
      if (names[role] === undefined && name !== undefined && known.has(name)) names[role] = name;
    }
  }
  return names;
}

/**
 * Refuses `add_bos_token` and `add_eos_token` of LlamaTokenizer that the layout contradicts: transformers 4 follows the
 * one, transformers 5 the other.
 */
function checkStartAndEnd(
  { single }: Template,
  config: TokenizerConfig,
  special: ReadonlyMap<string, number>,
  file: string,
): void {
  if (classOf(config) !== "LlamaTokenizer") return;
  const sides = [["bos", single[0], config.addBos], ["eos", single.at(-1), config.addEos]] as const;
  for (const [role, part, asked] of sides) {
    const given = part !== undefined && "special" in part && part.special === special.get(role);
    if (asked !== null && asked !== given) {
      throw new UserError(
        `tokenizer_config.json says add_${role}_token ${asked}, but the post_processor of ${file} ` +
          `${given ? "adds" : "does not add"} the ${role} token: take out the first or change the second.`,
      );
    }
  }
}

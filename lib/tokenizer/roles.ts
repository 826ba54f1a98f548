// Which tokens are special: what the files name, joined with what the vocabulary has.

import type { AddedToken } from "./added_tokens.ts";
import type { TokenizerConfig, TokenSpec } from "./config.ts";
import { SPECIAL_ROLES, type SpecialRole } from "./tokenizer.ts";
import type { Side } from "./types.ts";

/** A vocabulary with its added and special tokens. */
export interface Roles {
  /** Every token's id, added ones included. */
  ids: Map<string, number>;
  tokens: Map<number, string>;
  vocabSize: number;
  added: AddedToken[];
  special: Map<SpecialRole, number>;
  /** Ascending. */
  specialIds: number[];
}

/** BERT's special tokens. */
export const BERT_NAMES: Partial<Record<SpecialRole, string>> = {
  unk: "[UNK]",
  sep: "[SEP]",
  pad: "[PAD]",
  cls: "[CLS]",
  mask: "[MASK]",
};

/** What a class of Python's takes for granted. */
export interface Conventions {
  names: Partial<Record<SpecialRole, string>>;
  paddingSide: Side;
  /** The segment of padding. */
  padType: number;
}

/** XLNetTokenizer's; `additional` are special tokens without a part of their own. */
export const XLNET = {
  names: {
    bos: "<s>",
    eos: "</s>",
    unk: "<unk>",
    sep: "<sep>",
    pad: "<pad>",
    cls: "<cls>",
    mask: "<mask>",
  },
  paddingSide: "left",
  padType: 3,
  additional: ["<eop>", "<eod>"],
} as const;

/** LlamaTokenizer's. */
export const LLAMA = {
  names: { unk: "<unk>", bos: "<s>", eos: "</s>" },
  paddingSide: "left",
  padType: 0,
} as const;

/** The conventions of the class that `tokenizer_config.json` names, where it matters. */
export function conventionsOf(config: TokenizerConfig): Conventions {
  switch (config.tokenizerClass) {
    case "XLNetTokenizer":
      return XLNET;
    case "LlamaTokenizer":
      return LLAMA;
  }
  return { names: {}, paddingSide: "right", padType: 0 };
}

/**
 * Joins a vocabulary, its added tokens and the configuration. Special tokens that the vocabulary lacks get the next
 * ids, as in Python.
 *
 * @param assumed special tokens by name where the configuration names none.
 * @param always whether those are added where the vocabulary lacks them.
 */
export function findRoles(
  vocab: ReadonlyMap<string, number>,
  addedTokens: readonly AddedToken[],
  config: TokenizerConfig,
  assumed: Partial<Record<SpecialRole, string>>,
  always: boolean,
): Roles {
  const ids = new Map(vocab);
  const tokens = new Map([...vocab].map(([token, id]) => [id, token]));
  const added: AddedToken[] = [];
  let vocabSize = 1 + [...vocab.values()].reduce((most, id) => Math.max(most, id), -1);
  const add = (token: AddedToken): void => {
    const place = added.findIndex((other) => other.id === token.id);
    if (place >= 0) added[place] = token;
    else added.push(token);
    ids.set(token.content, token.id);
    tokens.set(token.id, token.content);
    vocabSize = Math.max(vocabSize, token.id + 1);
  };
  addedTokens.forEach(add);
  config.added.forEach(add);

  const special = new Map<SpecialRole, number>();
  const take = (spec: TokenSpec, role: SpecialRole | null): void => {
    const id = ids.get(spec.content) ?? vocabSize;
    if (role !== null) special.set(role, id);
    if (!added.some((token) => token.id === id)) add({ ...spec, id, special: true });
  };
  for (const role of SPECIAL_ROLES) {
    const spec = config.special.get(role);
    const name = assumed[role];
    if (spec !== undefined) take(spec, role);
    else if (name !== undefined && (always || ids.has(name))) {
      take({
        content: name,
        singleWord: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      }, role);
    }
  }
  for (const spec of config.additional) take(spec, null);
  const specialIds = new Set([...special.values(), ...added.filter((t) => t.special).map((t) => t.id)]);
  return { ids, tokens, vocabSize, added, special, specialIds: [...specialIds].sort((a, b) => a - b) };
}

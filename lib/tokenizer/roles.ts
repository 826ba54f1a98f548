/** Which tokens are special: what the files name, joined with what the vocabulary has. */

import type { AddedToken } from "./added_tokens.ts";
import type { SpecialNames } from "./classes.ts";
import { specialToken, type TokenizerConfig, type TokenSpec } from "./config.ts";
import { type SpecialRole, specialRoles } from "./types.ts";

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
  assumed: SpecialNames,
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
  for (const role of specialRoles) {
    const spec = config.special.get(role);
    const name = assumed[role];
    if (spec !== undefined) take(spec, role);
    else if (name !== undefined && (always || ids.has(name))) {
      take(specialToken(name), role);
    }
  }
  for (const spec of config.additional) take(spec, null);
  const specialIds = new Set([...special.values(), ...added.filter((t) => t.special).map((t) => t.id)]);
  return { ids, tokens, vocabSize, added, special, specialIds: [...specialIds].sort((a, b) => a - b) };
}

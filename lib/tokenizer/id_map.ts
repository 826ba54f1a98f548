/** The second file of a two-file SentencePiece tokenizer: which id each piece has. */

import { UserError } from "../ground/pure.ts";
import { pythonStrip } from "./characters.ts";
import { asObject, parseJson } from "./config.ts";

/**
 * Reads a map of tokens to ids: `{ token: id }` (KoBERT's `token2idx_vocab.json`) or gluonnlp's vocabulary
 * (`{ token_to_idx }` or `{ idx_to_token }`).
 *
 * @throws Error that names the file: no such map, an id that is not a whole number, two tokens with one id.
 */
export function parseIdMap(text: string, file: string): Map<string, number> {
  const object = asObject(parseJson(text, file));
  const list = object?.idx_to_token;
  const entries: [string, unknown][] = Array.isArray(list)
    ? list.map((token, id) => [String(token), id])
    : Object.entries(asObject(object?.token_to_idx) ?? object ?? {});
  if (entries.length === 0) throw new UserError(`${file} is not a map of tokens to ids.`);
  return checked(entries, file);
}

/** Reads a `vocab.txt` with a token a line, each stripped, as monologg's KoBertTokenizer does. */
export function parseKobertVocab(text: string, file: string): Map<string, number> {
  const entries = linesOf(text).map((line, id): [string, unknown] => [pythonStrip(line), id]);
  return checked(entries.filter(([token]) => token !== ""), file);
}

/** A text's lines as Python reads them: ended by `\n`, `\r\n` or `\r`, the last one with or without. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines[lines.length - 1] === "") lines.pop();
  return lines;
}

function checked(entries: readonly [string, unknown][], file: string): Map<string, number> {
  const map = new Map<string, number>();
  const tokens = new Map<number, string>();
  for (const [token, id] of entries) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id > 0x7fffffff) {
      throw new UserError(
        `${file} is not a map of tokens to ids: ${JSON.stringify(token)} has ${JSON.stringify(id)}.`,
      );
    }
    const other = tokens.get(id);
    if (other !== undefined && other !== token) {
      throw new UserError(
        `${file} gives id ${id} to both ${JSON.stringify(other)} and ${JSON.stringify(token)}.`,
      );
    }
    map.set(token, id);
    tokens.set(id, token);
  }
  return map;
}

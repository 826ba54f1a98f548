/** The parts of a `tokenizer.json` that every kind shares: added tokens, the layout of special tokens. */

import { UserError } from "../ground/pure.ts";
import type { AddedToken } from "./added_tokens.ts";
import { asObject, type Json, tokenSpec } from "./config.ts";
import { bareTemplate, bertTemplate, type Template, type TemplatePart } from "./encoding.ts";

/**
 * The `added_tokens` of a `tokenizer.json`.
 *
 * @throws Error that names the file for an entry without content or id.
 */
export function parseAddedTokens(json: Json, file: string): AddedToken[] {
  const list = json.added_tokens ?? [];
  if (!Array.isArray(list)) throw new UserError(`${file}: added_tokens is not a list.`);
  return list.map((entry, i): AddedToken => {
    const spec = tokenSpec(entry, `${file}: added_tokens[${i}]`, false);
    const id = asObject(entry)?.id;
    if (spec === null || typeof id !== "number" || !Number.isInteger(id) || id < 0) {
      throw new UserError(`${file}: added_tokens[${i}] is not a token with an id: ${JSON.stringify(entry)}.`);
    }
    return { ...spec, id };
  });
}

/**
 * The `post_processor` of a `tokenizer.json` as a layout of special tokens.
 *
 * @throws Error that names the file and the part that is not known.
 */
export function parseTemplate(processor: unknown, file: string): Template {
  if (processor === null || processor === undefined) return bareTemplate;
  const json = asObject(processor) ?? {};
  const idOf = (value: unknown): number => {
    const id: unknown = Array.isArray(value) ? value[1] : undefined;
    if (typeof id !== "number") {
      throw new UserError(`${file}: post_processor has ${JSON.stringify(value)} for a token.`);
    }
    return id;
  };
  switch (json.type) {
    case "TemplateProcessing":
      return parseTemplateProcessing(json, file);
    case "BertProcessing":
      return bertTemplate(idOf(json.cls), idOf(json.sep));
    case "RobertaProcessing": {
      const cls = { special: idOf(json.cls), type: 0 };
      const sep = { special: idOf(json.sep), type: 0 };
      const single: TemplatePart[] = [cls, { text: 0, type: 0 }, sep];
      return { single, pair: [...single, sep, { text: 1, type: 0 }, sep] };
    }
    // Only trims offsets.
    case "ByteLevel":
      return bareTemplate;
    case "Sequence": {
      const parts = Array.isArray(json.processors) ? json.processors : [];
      const rest = parts.filter((part) => asObject(part)?.type !== "ByteLevel");
      if (rest.length <= 1) return parseTemplate(rest[0], file);
    }
  }
  throw new UserError(
    `${file}: post_processor ${JSON.stringify(json.type)} is not known; known are ` +
      "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, and a Sequence with one of " +
      "the first three.",
  );
}

function parseTemplateProcessing(json: Json, file: string): Template {
  const known = asObject(json.special_tokens) ?? {};
  const parse = (list: unknown, what: string): TemplatePart[] => {
    if (!Array.isArray(list)) throw new UserError(`${file}: post_processor.${what} is not a list.`);
    return list.flatMap((entry): TemplatePart[] => {
      const token = asObject(asObject(entry)?.SpecialToken);
      const sequence = asObject(asObject(entry)?.Sequence);
      if (sequence !== null) {
        return [{ text: sequence.id === "B" ? 1 : 0, type: Number(sequence.type_id ?? 0) }];
      }
      const ids = asObject(known[String(token?.id)])?.ids;
      if (token === null || !Array.isArray(ids)) {
        throw new UserError(
          `${file}: post_processor.${what} has an entry that is not known: ${JSON.stringify(entry)}.`,
        );
      }
      return ids.map((id) => ({ special: Number(id), type: Number(token.type_id ?? 0) }));
    });
  };
  return { single: parse(json.single, "single"), pair: parse(json.pair, "pair") };
}

/** What every `save` writes: JSON files as Hugging Face has them, in a folder that is made if need be. */

import type { AddedToken } from "./added_tokens.ts";
import type { Json, TokenizerConfig } from "./config.ts";
import type { Template, TemplatePart } from "./encoding.ts";
import type { Side, SpecialRole } from "./types.ts";

/** Added tokens as `tokenizer.json` lists them, by their ids. */
export function addedTokensJson(tokens: Iterable<AddedToken>): Record<string, unknown>[] {
  return [...tokens].sort((a, b) => a.id - b.id).map((token) => ({
    id: token.id,
    content: token.content,
    single_word: token.singleWord,
    lstrip: token.lstrip,
    rstrip: token.rstrip,
    normalized: token.normalized,
    special: token.special,
  }));
}

/** A template as `tokenizer.json` has it. */
export function templateJson(template: Template, tokenOf: (id: number) => string): Record<string, unknown> {
  const part = (each: TemplatePart) =>
    "special" in each
      ? { SpecialToken: { id: tokenOf(each.special), type_id: each.type } }
      : { Sequence: { id: each.text === 0 ? "A" : "B", type_id: each.type } };
  const special = new Set(
    [...template.single, ...template.pair].flatMap((each) => "special" in each ? [each.special] : []),
  );
  return {
    type: "TemplateProcessing",
    single: template.single.map(part),
    pair: template.pair.map(part),
    special_tokens: Object.fromEntries(
      [...special].map((id) => [tokenOf(id), { id: tokenOf(id), ids: [id], tokens: [tokenOf(id)] }]),
    ),
  };
}

/** `{ cls_token: "[CLS]", … }`. */
export function specialTokensJson(
  special: ReadonlyMap<SpecialRole, number>,
  tokenOf: (id: number) => string,
): Record<string, string> {
  return Object.fromEntries([...special].map(([role, id]) => [`${role}_token`, tokenOf(id)]));
}

/** Writes files (bytes, text, or a value as JSON) into a folder; returns their names. */
export async function writeFiles(
  folder: string,
  files: readonly (readonly [name: string, content: Uint8Array | string | Record<string, unknown>])[],
): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, content] of files) {
    const data = content instanceof Uint8Array ? content : new TextEncoder().encode(
      typeof content === "string" ? content : JSON.stringify(content, null, 2) + "\n",
    );
    await Deno.writeFile(`${folder}/${name}`, data);
  }
  return files.map(([name]) => name);
}

/** What `saveJson` needs to know besides the files that were read. */
export interface SavedParts {
  added: readonly AddedToken[];
  special: ReadonlyMap<SpecialRole, number>;
  paddingSide: Side;
  tokenOf(id: number): string;
}

/** Writes `tokenizer.json` as it was read, with all added tokens, and the configuration. */
export function saveJson(
  folder: string,
  json: Json,
  config: TokenizerConfig,
  { added, special, paddingSide, tokenOf }: SavedParts,
): Promise<string[]> {
  const names = specialTokensJson(special, tokenOf);
  return writeFiles(folder, [
    ["tokenizer.json", {
      ...json,
      truncation: null,
      padding: null,
      added_tokens: addedTokensJson(added),
    }],
    ["tokenizer_config.json", {
      tokenizer_class: "PreTrainedTokenizerFast",
      ...names,
      padding_side: paddingSide,
      ...limitsJson(config),
      ...(config.splitSpecialTokens && { split_special_tokens: true }),
      clean_up_tokenization_spaces: config.cleanUp,
    }],
    ["special_tokens_map.json", names],
  ]);
}

/** `model_max_length` and `truncation_side` where they were given. */
export function limitsJson(config: TokenizerConfig): Record<string, unknown> {
  return {
    ...(config.modelMaxLength !== null && { model_max_length: config.modelMaxLength }),
    ...(config.truncationSide !== null && { truncation_side: config.truncationSide }),
  };
}

// What every `save` writes: JSON files as Hugging Face has them, in a folder that is made if need be.

import type { AddedToken } from "./added_tokens.ts";
import type { Json, TokenizerConfig } from "./config.ts";
import type { Template, TemplatePart } from "./encoding.ts";
import type { SpecialRole } from "./tokenizer.ts";

/** A token as `tokenizer.json` lists it. */
export function addedTokenJson(token: AddedToken): Record<string, unknown> {
  return {
    id: token.id,
    content: token.content,
    single_word: token.singleWord,
    lstrip: token.lstrip,
    rstrip: token.rstrip,
    normalized: token.normalized,
    special: token.special,
  };
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

/** Writes `tokenizer.json` as it was read, and the configuration. */
export function saveJson(
  folder: string,
  json: Json,
  config: TokenizerConfig,
  names: Record<string, string>,
): Promise<string[]> {
  const rest: Record<string, unknown> = {};
  if (config.modelMaxLength !== null) rest.model_max_length = config.modelMaxLength;
  if (config.truncationSide !== null) rest.truncation_side = config.truncationSide;
  if (config.splitSpecialTokens) rest.split_special_tokens = true;
  return writeFiles(folder, [
    ["tokenizer.json", json],
    ["tokenizer_config.json", {
      tokenizer_class: "PreTrainedTokenizerFast",
      ...names,
      padding_side: config.paddingSide ?? "right",
      ...rest,
      clean_up_tokenization_spaces: false,
    }],
    ["special_tokens_map.json", names],
  ]);
}

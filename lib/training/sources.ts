/** What a source of a model brings along: its tokenizer, and what a person should know of how it was loaded. */
import { fileURLToPath } from "node:url";
import { UserError } from "../ground/mod.ts";
import {
  checkOwnTokenizer,
  configNames,
  isLoraFolder,
  type LoadReport,
  type Model,
  resolveBase,
  resolveModel,
  type ResolveOptions,
} from "../models/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** The tokenizer of models from scratch, and of n-grams that are cut to so many tokens. */
export const bundledTokenizer = fileURLToPath(new URL("../../data/tokenizer", import.meta.url));

/**
 * Where a source's tokenizer is: the one named, else the checkpoint's own; of a model from scratch the bundled one.
 *
 * @param source as {@link loadClassifier} takes it
 * @throws UserError where another tokenizer is named for a model of the project, which has read with its own
 */
export async function tokenizerOf(source: string, named?: string, hub?: ResolveOptions): Promise<string> {
  checkOwnTokenizer(source, named);
  if (named !== undefined) return named;
  if (configNames.includes(source)) return bundledTokenizer;
  const { folder } = await resolveModel(source, hub);
  const hasOwn = [...Deno.readDirSync(folder)].some(({ name }) =>
    /\.(model|spiece)$|^(tokenizer\.json|vocab\.txt)$/.test(name)
  );
  return isLoraFolder(folder) && !hasOwn ? await resolveBase(folder, { hub }) : folder;
}

/** What a model from scratch takes over from its tokenizer. */
export function vocabularyOf(tokenizer: Tokenizer) {
  const [padId, clsId, sepId] = (["pad", "cls", "sep"] as const).map((role) => tokenizer.specialId(role));
  return {
    vocabSize: tokenizer.vocabSize,
    padId: padId!,
    clsId: clsId ?? undefined,
    sepId: sepId ?? undefined,
  };
}

/** What to know of a tokenizer without a token to pad with. */
export function paddingNotes(tokenizer: Tokenizer): string[] {
  if (tokenizer.specialId("pad") !== null) return [];
  const line = `"pad_token": "${tokenizer.idToToken(tokenizer.specialId("eos") ?? 0)}"`;
  return [
    `the tokenizer (${tokenizer.source}) has no padding token: shorter texts are filled up with tokens that the model does not see, ` +
    `which changes nothing here; Python needs one to take several texts at once (${line} in tokenizer_config.json)`,
  ];
}

/** @throws Error where a tokenizer has more tokens than the model of that folder. */
export function checkVocabulary(tokenizer: Tokenizer, model: Model, folder: string): void {
  if (tokenizer.vocabSize <= model.config.vocabularySize) return;
  throw new UserError(
    `${tokenizer.source} has ${tokenizer.vocabSize} tokens, the model in ${folder} ${model.config.vocabularySize}: ` +
      "they do not belong together.",
  );
}

/**
 * What to know of a tokenizer with far fewer tokens than its model: another model's, as a rule, whose ids mean other words to this one.
 * Tables that were rounded up to a whole number of tiles have less than a tenth to spare.
 */
export function vocabularyNotes(tokenizer: Tokenizer, model: Model): string[] {
  const { vocabSize, source } = tokenizer, { vocabularySize } = model.config;
  if (vocabSize > 0.9 * vocabularySize) return [];
  return [
    `the tokenizer (${source}) has ${vocabSize} tokens, the model ${vocabularySize}: if the model has not read with this tokenizer, ` +
    "its ids stand for other words, and the answers mean nothing",
  ];
}

/** What a person should know of how a checkpoint was loaded. */
export function reportNotes({ initialised, unused, otherHead }: LoadReport): string[] {
  return [
    ...(otherHead !== undefined
      ? [
        "a new head: the checkpoint's was for " +
        `${otherHead === "regression" ? "numbers (regression)" : otherHead}`,
      ]
      : []),
    ...(initialised.length > 0 ? [`freshly drawn: ${initialised.join(", ")}`] : []),
    ...(unused.length > 0 ? [`in the checkpoint but not used: ${unused.join(", ")}`] : []),
  ];
}

export function shortened(names: readonly string[], most = 6): string {
  return names.slice(0, most).join(", ") + (names.length > most ? ` and ${names.length - most} more` : "");
}

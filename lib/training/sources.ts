/** What a source of a model brings along: its tokenizer, and what a person should know of how it was loaded. */
import { fileURLToPath } from "node:url";
import { UserError } from "../ground/mod.ts";
import {
  checkOwnTokenizer,
  configNames,
  describeModel,
  inspectCheckpoint,
  isLoraFolder,
  type LoadReport,
  type Model,
  type ModelOptions,
  namedConfig,
  resolveBase,
  resolveModel,
  type ResolveOptions,
} from "../models/mod.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import { frozenAfter, isOfHighest } from "./freeze.ts";
import type { Recipe } from "./recipe.ts";

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

/** What takes the place of a source's own tokenizer, how the Hub is asked, and what the model is to be trained by. */
export interface SourceOptions {
  tokenizer?: string;
  hub?: ResolveOptions;
  recipe?: Recipe;
}

/**
 * Looks at a source's files without an engine: that its tokenizer can be read, the weights are what its config says, the two belong
 * together, and the model has what a recipe freezes or draws anew.
 *
 * @param wanted what the model is to be loaded for; an adapter's own values are not looked at
 * @returns what loading it will report; `null` of an adapter, and of a model from scratch
 * @throws UserError as loading it would
 */
export async function checkSource(
  source: string,
  wanted: ModelOptions,
  { tokenizer: named, hub, recipe }: SourceOptions = {},
): Promise<LoadReport | null> {
  const tokenizer = await loadTokenizer(await tokenizerOf(source, named, hub));
  const checkNames = (names: readonly string[]) => {
    // adapters bring names of their own
    if (recipe === undefined || recipe.loraRank !== null) return;
    frozenAfter(0, names, recipe);
    isOfHighest(names, recipe.reinitialiseLayers);
  };
  if (configNames.includes(source)) {
    const { specs } = describeModel(namedConfig(source, vocabularyOf(tokenizer)), source, wanted);
    checkNames(specs.map(({ name }) => name));
    return null;
  }
  const { folder } = await resolveModel(source, hub);
  if (!isLoraFolder(folder)) {
    const { vocabularySize, names, ...report } = inspectCheckpoint(folder, wanted);
    checkVocabulary(tokenizer, vocabularySize, folder);
    checkNames(names);
    return report;
  }
  const base = await resolveBase(folder, { hub });
  checkVocabulary(tokenizer, inspectCheckpoint(base, { labels: anyClasses, ...wanted }).vocabularySize, base);
  return null;
}

/** Stands for the classes of a classifier where it does not matter which they are. */
export const anyClasses: readonly string[] = ["0", "1"];

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
export function checkVocabulary(tokenizer: Tokenizer, vocabularySize: number, folder: string): void {
  if (tokenizer.vocabSize <= vocabularySize) return;
  throw new UserError(
    `${tokenizer.source} has ${tokenizer.vocabSize} tokens, the model in ${folder} ${vocabularySize}: ` +
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

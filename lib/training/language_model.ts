/** Language models with their tokenizers, as the trainer takes them. */
import { UserError } from "../ground/mod.ts";
import { startEngine } from "../engine/mod.ts";
import {
  configNames,
  createModel,
  isLoraFolder,
  type JsonObject,
  languageTaskOf,
  loadModel,
  lossOf,
  type Model,
  namedConfig,
  type NamedValues,
  readConfig,
  readHead,
  resolveBase,
  resolveModel,
  type ResolveOptions,
  restoreLora,
  saveCheckpoint,
  type SaveOptions,
  withDropout,
} from "../models/mod.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import {
  checkSource,
  checkVocabulary,
  reportNotes,
  type SourceOptions,
  tokenizerOf,
  vocabularyNotes,
  vocabularyOf,
} from "./sources.ts";
import type { Origin } from "./freeze.ts";
import type { Trainable } from "./types.ts";

/** A model that tells tokens, masked ones or the next, with the tokenizer its vocabulary comes from. */
export interface LanguageModel {
  model: Model;
  tokenizer: Tokenizer;
  kind: "masked" | "causal";
  /** Things to know about how it was loaded: freshly drawn weights, weights of no use here. */
  notes: string[];
  /** Where its weights come from; absent where it starts from scratch. */
  origin?: Origin;
  /** What its checkpoint has for classifiers (BERT's pooler), which is saved with it and not trained. */
  head?: readonly NamedValues[];
}

/** How a language model is made or loaded. */
export interface LanguageModelOptions {
  /** A tokenizer's folder or file. Default: the checkpoint's own; for a model from scratch the bundled one. */
  tokenizer?: string;
  /** Seed of freshly drawn weights. */
  seed?: number;
  /** Freezes the model and holds its matrices in bfloat16 alone, half the memory: for LoRA on a large checkpoint. */
  narrow?: boolean;
  /** How a model of the Hub is downloaded. */
  hub?: ResolveOptions;
}

/**
 * A language model from a source: `kobert-small` (masked), `llama-small` (causal) or another small one from scratch, a
 * checkpoint's folder, an adapter's folder, or a model of the Hugging Face Hub. Its architecture decides which kind it is. Starts the engine.
 *
 * @throws Error when the source cannot be found, does not fit, or is of an architecture without a language model
 * @example
 * ```ts
 * const { model, tokenizer } = await loadLanguageModel("llama-small", { seed: 7 });
 * ```
 */
export async function loadLanguageModel(
  source: string,
  options: LanguageModelOptions = {},
): Promise<LanguageModel> {
  await startEngine();
  const seed = options.seed ?? 0, { hub, narrow } = options;
  const tokenizer = await loadTokenizer(await tokenizerOf(source, options.tokenizer, options.hub));
  if (configNames.includes(source)) {
    const json = namedConfig(source, vocabularyOf(tokenizer));
    const task = taskOf(json, source);
    const model = createModel(json, { task, seed });
    return { model, tokenizer, kind: kindOf(task), notes: [`${source}: all weights are freshly drawn`] };
  }
  const task = taskOf(await configOf(source, hub), source);
  const { model, report, folder, name } = await loadModel(source, { task, seed, narrow, hub });
  checkVocabulary(tokenizer, model.config.vocabularySize, folder);
  const origin = { source: name, initialised: report.initialised };
  const head = isLoraFolder(folder) ? [] : readHead(folder, task),
    kept = new Set(head.map(({ nameInFile }) => nameInFile));
  const notes = [
    ...reportNotes({ ...report, unused: report.unused.filter((name) => !kept.has(name)) }),
    ...vocabularyNotes(tokenizer, model),
  ];
  return { model, tokenizer, kind: kindOf(task), notes, origin, head };
}

/** A model's config; an adapter's is its base's. */
async function configOf(source: string, hub?: ResolveOptions): Promise<JsonObject> {
  const { folder } = await resolveModel(source, hub);
  return readConfig(isLoraFolder(folder) ? await resolveBase(folder, { hub }) : folder);
}

const kindOf = (task: "masked-lm" | "causal-lm") => task === "masked-lm" ? "masked" : "causal";

function taskOf(json: JsonObject, source: string): "masked-lm" | "causal-lm" {
  const task = languageTaskOf(json, source);
  if (task === null) {
    throw new UserError(
      `${source}: "${json.model_type}" is not implemented as a language model, which tells words: BERT, RoBERTa, ELECTRA, ` +
        "DistilBERT and Llama are. Give one of those; or set adapt to 0, where songs are to be read before their genres.",
    );
  }
  return task;
}

/** The config of any source, one from scratch too. */
const anyConfigOf = async (source: string, hub?: ResolveOptions): Promise<JsonObject> =>
  configNames.includes(source)
    ? namedConfig(source, { vocabSize: 1, padId: 0 })
    : await configOf(source, hub);

/** Whether a source is a model that generates text: of an architecture with a causal language model. */
export async function generates(source: string, hub?: ResolveOptions): Promise<boolean> {
  return languageTaskOf(await anyConfigOf(source, hub), source) === "causal-lm";
}

/** Looks at the files of a language model, without an engine. @throws UserError where there is none in them */
export async function checkLanguageModel(source: string, options: SourceOptions = {}): Promise<void> {
  const task = taskOf(await anyConfigOf(source, options.hub), source);
  await checkSource(source, { task }, options);
}

/** @throws UserError where a source's architecture has no language model, which songs could be read by; no weights are loaded */
export async function checkReads(source: string, hub?: ResolveOptions): Promise<void> {
  taskOf(await anyConfigOf(source, hub), source);
}

/** Writes model and tokenizer into a folder that {@link loadLanguageModel} and Python's `from_pretrained` open. */
export async function saveLanguageModel(
  { model, tokenizer, head = [] }: Pick<LanguageModel, "model" | "tokenizer" | "head">,
  folder: string,
  options: SaveOptions = {},
): Promise<void> {
  await saveCheckpoint(model, folder, { beside: head, ...options });
  await tokenizer.save(folder);
}

/**
 * A language model as the trainer sees it: its examples have `tokenLabels`.
 *
 * @param dropout the rate of every dropout, in place of the model's own
 */
export function trainableLanguageModel(language: LanguageModel, dropout: number | null = null): Trainable {
  const { model, tokenizer, kind } = language, dropping = withDropout(model, dropout);
  return {
    parameters: model.parameters,
    padId: model.config.padId ?? 0,
    paddingSide: model.architecture.paddingSide,
    labels: [],
    languageModel: kind,
    loss(pass, { tokens, tokenLabels }, options) {
      if (tokenLabels === undefined) throw new Error("A language model's examples need tokenLabels.");
      return lossOf(dropping, pass, tokens, tokenLabels, options);
    },
    save: (folder) => saveLanguageModel(language, folder),
    ...(model.lora && { restore: (folder: string) => void restoreLora(model, folder) }),
    identity: { config: model.json, tokenizer: tokenizer.vocabSize },
  };
}

/** A classifier of genres: model, tokenizer and labels; loaded, saved, and as the trainer sees it. */
import { generator, randomKey, UserError } from "../ground/mod.ts";
import { lossWeights, startEngine } from "../engine/mod.ts";
import {
  configNames,
  createModel,
  disposeModel,
  loadModel,
  type LoadReport,
  lossOf,
  type Model,
  multiLabelLossOf,
  namedConfig,
  type ResolveOptions,
  restoreLora,
  saveCheckpoint,
  withDropout,
} from "../models/mod.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import { type Recipe, studyRecipe } from "./recipe.ts";
import type { Origin } from "./freeze.ts";
import { pieceOf, type Reading, specialTokensAround } from "./windows.ts";
import type { Scorer, Trainable } from "./types.ts";
import {
  anyClasses,
  checkSource,
  checkVocabulary,
  paddingNotes,
  reportNotes,
  shortened,
  type SourceOptions,
  tokenizerOf,
  vocabularyNotes,
  vocabularyOf,
} from "./sources.ts";

/** A model that tells genres, with the tokenizer its vocabulary comes from. */
export interface Classifier {
  model: Model;
  tokenizer: Tokenizer;
  /** The genres, in the order of the model's logits. */
  labels: readonly string[];
  /** Things to know about how it was loaded: a freshly drawn head, weights of no use here. */
  notes: string[];
  /** Where its weights come from; absent where it starts from scratch. */
  origin?: Origin;
}

/** How a classifier is made or loaded. */
export interface ClassifierOptions {
  /** The genres. Needed for a model from scratch; replaces the head of a checkpoint made for others. */
  labels?: readonly string[];
  /** Whether each genre gets its own yes or no, for songs of several; by default as the checkpoint says, else not. */
  multiLabel?: boolean;
  /** A tokenizer's folder or file. Default: the checkpoint's own; for a model from scratch the bundled one. */
  tokenizer?: string;
  /** Seed of freshly drawn weights. */
  seed?: number;
  /** Freezes the model and holds its matrices in bfloat16 alone, half the memory: for LoRA on a large checkpoint. */
  narrow?: boolean;
  /** The base model of an adapter, where it is not what `adapter_config.json` says. */
  base?: string;
  /** How a model of the Hub is downloaded. */
  hub?: ResolveOptions;
}

/**
 * A classifier from a source: `kobert-small`, a small one from scratch (`kobert-small-scratch`), a checkpoint's folder, an
 * adapter's folder, or a model of the Hugging Face Hub (`skt/kobert-base-v1`). Starts the engine.
 *
 * @throws Error when the source cannot be found or does not fit.
 * @example
 * ```ts
 * const classifier = await loadClassifier("kobert-small", { labels: genresOf(train), seed: 7 });
 * ```
 */
export async function loadClassifier(source: string, options: ClassifierOptions = {}): Promise<Classifier> {
  await startEngine();
  const { tokenizer: named, ...wanted } = options, { labels, multiLabel, seed, hub } = wanted;
  if (configNames.includes(source)) {
    if (labels === undefined) {
      throw new UserError(`"${source}" starts from scratch: it tells no genres before it is trained.`);
    }
    const tokenizer = await loadTokenizer(await tokenizerOf(source, named));
    const model = createModel(namedConfig(source, vocabularyOf(tokenizer)), { labels, multiLabel, seed });
    const notes = [`${source}: all weights are freshly drawn`, ...paddingNotes(tokenizer)];
    return { model, tokenizer, labels, notes };
  }
  const tokenizer = await loadTokenizer(await tokenizerOf(source, named, hub));
  const { model, report, folder, name } = await loadModel(source, wanted);
  try {
    checkVocabulary(tokenizer, model.config.vocabularySize, folder);
    if (labels === undefined) checkComplete(source, report);
  } catch (error) {
    disposeModel(model);
    throw error;
  }
  const origin = { source: name, initialised: report.initialised };
  const notes = [...reportNotes(report), ...paddingNotes(tokenizer), ...vocabularyNotes(tokenizer, model)];
  return { model, tokenizer, labels: model.config.labels, notes, origin };
}

/**
 * Looks at the files of a model ({@link checkSource}), without an engine, for a trained classifier; an adapter is taken for one.
 *
 * @throws UserError where there is none, or the model cannot be found or read
 */
export async function checkTrained(source: string, options?: SourceOptions): Promise<void> {
  const report = await checkSource(source, {}, options);
  if (report !== null) checkComplete(source, report);
}

/** Looks at the files of a model that is to become a classifier, without an engine. @throws UserError where it cannot */
export async function checkTrainable(source: string, options?: SourceOptions): Promise<void> {
  await checkSource(source, { labels: anyClasses }, options);
}

/**
 * @throws UserError where parameters of a classifier that nobody gave genres to train with are in none of its files: it would
 * answer with random numbers
 */
function checkComplete(source: string, { initialised }: LoadReport): void {
  if (initialised.length === 0) return;
  throw new UserError(
    `${source} has no trained classifier in it: its files lack ${shortened(initialised)}, which ` +
      "would be random numbers, and so would its answers. Train it first: deno task train -- --model " +
      `${source}`,
  );
}

/** Writes model and tokenizer into a folder that {@link loadClassifier} and Python's `from_pretrained` open. */
export async function saveClassifier({ model, tokenizer }: Classifier, folder: string): Promise<void> {
  await saveCheckpoint(model, folder);
  await tokenizer.save(folder);
}

/** What fills rows to equal length, masked: the id that the model goes by where it has one, else its tokenizer's, else any. */
export function paddingOf({ model, tokenizer }: Pick<Classifier, "model" | "tokenizer">): number {
  return model.config.padId ?? tokenizer.specialId("pad") ?? 0;
}

/** A classifier as it answers. */
export function scorerOf(classifier: Classifier): Scorer {
  const { labels, model } = classifier;
  return {
    padId: paddingOf(classifier),
    paddingSide: model.architecture.paddingSide,
    labels,
    multiLabel: model.multiLabel,
    loss: (pass, batch, options) => {
      if (!model.multiLabel) {
        return lossOf(model, pass, batch.tokens, batch.labels, { ...options, teacher: batch.teacher });
      }
      const exampleWeights = lossWeights(batch.labels, options);
      return multiLabelLossOf(model, pass, batch.tokens, batch.targets!, { ...options, exampleWeights });
    },
  };
}

/** Shows a training a random piece of each example, of `length` tokens, and validation the whole. */
function drawPieces(tokenizer: Tokenizer, length: number, seed: number): Trainable["draw"] {
  const around = specialTokensAround(tokenizer);
  return (example, epoch, index) => {
    if (epoch === null) return example;
    const { windows: _, ...row } = example, random = generator(randomKey(seed, epoch, index, 13));
    return { ...row, inputIds: pieceOf(example, length, around, random) };
  };
}

/** A classifier as the trainer sees it: with the recipe's dropout, and its pieces of songs where it trains on pieces. */
export function trainableOf(
  classifier: Classifier,
  { dropout, cropLength, maxLength, seed }: Pick<Recipe, "dropout" | "cropLength" | "maxLength" | "seed"> =
    studyRecipe,
): Trainable {
  const { tokenizer, model } = classifier;
  return {
    ...scorerOf({ ...classifier, model: withDropout(model, dropout) }),
    ...(cropLength > 0 && {
      draw: drawPieces(tokenizer, Math.min(cropLength, maxLength, model.config.maxLength), seed),
    }),
    parameters: model.parameters,
    save: (folder) => saveClassifier(classifier, folder),
    ...(model.lora && { restore: (folder: string) => void restoreLora(model, folder) }),
    identity: { config: model.json, tokenizer: tokenizer.vocabSize },
  };
}

/** Where config.json keeps how songs were read in training, so that they are read alike afterwards. */
const jsonNames = {
  maxLength: "classifier_max_length",
  maxWindows: "classifier_max_windows",
  windowOverlap: "classifier_window_overlap",
} as const;
const readingFields = ["maxLength", "maxWindows", "windowOverlap"] as const;

/** Notes in a classifier's config how a recipe has it read songs, and gives that. */
export function readAs({ model }: Classifier, { maxLength, maxWindows, windowOverlap }: Recipe): Reading {
  const reading = { maxLength, maxWindows, windowOverlap };
  for (const field of readingFields) model.json[jsonNames[field]] = reading[field];
  return reading;
}

/** How a classifier reads songs: as in its training where that is known, else as the study did. */
export function readingOf({ model }: Classifier): Reading {
  const of = (field: typeof readingFields[number]) => {
    const trained = model.json[jsonNames[field]];
    return typeof trained === "number" ? trained : studyRecipe[field];
  };
  return { maxLength: of("maxLength"), maxWindows: of("maxWindows"), windowOverlap: of("windowOverlap") };
}

/** Where config.json keeps each genre's threshold, of a model that gives each its own yes or no. */
const thresholdsField = "classifier_thresholds";

/** From which probability on a multi-label classifier gives each of its genres: as tuned, else 0.5. */
export function thresholdsOf({ model, labels }: Classifier): number[] {
  const tuned = model.json[thresholdsField];
  return Array.isArray(tuned) && tuned.length === labels.length ? tuned : labels.map(() => 0.5);
}

/** Gives a multi-label classifier its thresholds, tuned on validation songs; they are saved with it. */
export function setThresholds({ model, labels }: Classifier, thresholds: ArrayLike<number>): void {
  if (!model.multiLabel || thresholds.length !== labels.length) {
    throw new UserError(
      `${thresholds.length} thresholds for ${labels.length} genres` +
        `${model.multiLabel ? "" : ", of which the classifier chooses one: it has no use for any"}.`,
    );
  }
  model.json[thresholdsField] = Array.from(thresholds);
}

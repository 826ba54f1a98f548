/** Songs, tokenizer and model joined: a classifier of genres, its fine-tuning and its predictions. */
import type pl from "nodejs-polars";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../ground/mod.ts";
import { lossWeights, resolvePrecision, startEngine } from "../engine/mod.ts";
import {
  checkOwnTokenizer,
  configNames,
  createModel,
  disposeModel,
  inspectCheckpoint,
  isLoraFolder,
  loadModel,
  type LoadReport,
  lossOf,
  type Model,
  multiLabelLossOf,
  namedConfig,
  redraw,
  resolveBase,
  resolveModel,
  type ResolveOptions,
  saveCheckpoint,
  setPooling,
} from "../models/mod.ts";
import {
  type Instance,
  instances,
  recordSplit,
  type Song,
  songRows,
  splitFileName,
  splitText,
} from "../songs/mod.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import type { Example } from "./batches.ts";
import { type Recipe, studyRecipe } from "./recipe.ts";
import { evaluateExamples } from "./evaluate.ts";
import { withDropout } from "./dropout.ts";
import { isOfHighest } from "./freeze.ts";
import { adaptFor, type Origin, restoring } from "./lora.ts";
import { type Reading, textReader, type TextRows } from "./windows.ts";
import { train as runTraining } from "./trainer.ts";
import { checkUnknownTokens, countTokens, type TokenCounts } from "./unknown_tokens.ts";
import type { Trainable, TrainingOptions, TrainingRun } from "./types.ts";

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
  return isLoraFolder(folder) && !hasOwn ? await resolveBase(folder, { ...(hub && { hub }) }) : folder;
}

/**
 * A classifier from a source: `kobert-small`, a small one from scratch (`kobert-small-scratch`), a checkpoint's folder, an
 * adapter's folder, or a model of the Hugging Face Hub (`skt/kobert-base-v1`). Starts the engine.
 *
 * @throws Error when the source cannot be found or does not fit.
 * @example
 * const classifier = await loadClassifier("kobert-small", { labels: genresOf(train), seed: 7 });
 */
export async function loadClassifier(source: string, options: ClassifierOptions = {}): Promise<Classifier> {
  await startEngine();
  const { labels, seed, multiLabel, narrow, base, hub } = options;
  if (configNames.includes(source)) {
    if (labels === undefined) {
      throw new UserError(`"${source}" starts from scratch: it tells no genres before it is trained.`);
    }
    const tokenizer = await loadTokenizer(await tokenizerOf(source, options.tokenizer));
    const model = createModel(namedConfig(source, vocabularyOf(tokenizer)), {
      labels,
      ...(multiLabel !== undefined && { multiLabel }),
      ...(seed !== undefined && { seed }),
    });
    const notes = [`${source}: all weights are freshly drawn`, ...paddingNotes(tokenizer)];
    return { model, tokenizer, labels, notes };
  }
  const tokenizer = await loadTokenizer(await tokenizerOf(source, options.tokenizer, hub));
  const { model, report, folder, name } = await loadModel(source, {
    ...(labels !== undefined && { labels }),
    ...(multiLabel !== undefined && { multiLabel }),
    ...(seed !== undefined && { seed }),
    ...(narrow !== undefined && { narrow }),
    ...(base !== undefined && { base }),
    ...(hub !== undefined && { hub }),
  });
  try {
    checkVocabulary(tokenizer, model, folder);
    if (labels === undefined) checkComplete(source, report);
  } catch (error) {
    disposeModel(model);
    throw error;
  }
  const origin = { source: name, initialised: report.initialised };
  const notes = [...reportNotes(report), ...paddingNotes(tokenizer)];
  return { model, tokenizer, labels: model.config.labels, notes, origin };
}

/**
 * Looks at the files of a model, without an engine, for a trained classifier; for an adapter's base it looks whether that is there.
 *
 * @throws UserError where there is none, or the model cannot be found
 */
export async function checkTrained(source: string, hub?: ResolveOptions): Promise<void> {
  const { folder } = await resolveModel(source, hub);
  if (isLoraFolder(folder)) await resolveBase(folder, { ...(hub && { hub }) });
  else checkComplete(source, inspectCheckpoint(folder));
}

/**
 * @throws UserError where parameters of a classifier that nobody gave genres to train with are in none of its files: it would
 * answer with random numbers
 */
function checkComplete(source: string, { initialised }: LoadReport): void {
  if (initialised.length === 0) return;
  throw new UserError(
    `${source} has no trained classifier in it: its files lack ${
      shortened(initialised)
    }, which would be random numbers, and so would ` +
      `its answers. Train it first: deno task train -- --model ${source}`,
  );
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
function paddingNotes(tokenizer: Tokenizer): string[] {
  if (tokenizer.specialId("pad") !== null) return [];
  const line = `"pad_token": "${tokenizer.idToToken(tokenizer.specialId("eos") ?? 0)}"`;
  return [
    `the tokenizer (${tokenizer.source}) has no padding token: shorter texts are filled up with tokens that the model does not see, ` +
    `which changes nothing here; Python needs one to take several texts at once (${line} in tokenizer_config.json)`,
  ];
}

/** What fills rows to equal length, masked: the id that the model goes by where it has one, else its tokenizer's, else any. */
export function paddingOf({ model, tokenizer }: Pick<Classifier, "model" | "tokenizer">): number {
  return model.config.padId ?? tokenizer.specialId("pad") ?? 0;
}

function shortened(names: readonly string[], most = 6): string {
  return names.slice(0, most).join(", ") + (names.length > most ? ` and ${names.length - most} more` : "");
}

/** @throws Error where a tokenizer has more tokens than the model of that folder. */
export function checkVocabulary(tokenizer: Tokenizer, model: Model, folder: string): void {
  if (tokenizer.vocabSize <= model.config.vocabularySize) return;
  throw new UserError(
    `${tokenizer.source} has ${tokenizer.vocabSize} tokens, the model in ${folder} ${model.config.vocabularySize}: ` +
      "they do not belong together.",
  );
}

/** What a person should know of how a checkpoint was loaded. */
export function reportNotes({ initialised, unused, otherHead }: LoadReport): string[] {
  return [
    ...(otherHead !== undefined
      ? [
        `a new head: the checkpoint's was for ${
          otherHead === "regression" ? "numbers (regression)" : otherHead
        }`,
      ]
      : []),
    ...(initialised.length > 0 ? [`freshly drawn: ${initialised.join(", ")}`] : []),
    ...(unused.length > 0 ? [`in the checkpoint but not used: ${unused.join(", ")}`] : []),
  ];
}

/** Writes model and tokenizer into a folder that {@link loadClassifier} and Python's `from_pretrained` open. */
export async function saveClassifier({ model, tokenizer }: Classifier, folder: string): Promise<void> {
  await saveCheckpoint(model, folder);
  await tokenizer.save(folder);
}

/** Texts as a classifier reads them. Equal texts are encoded once. */
function encoder({ tokenizer, model }: Classifier, reading: Reading): (text: string) => TextRows {
  const known = new Map<string, TextRows>();
  const read = textReader(tokenizer, {
    ...reading,
    maxLength: Math.min(reading.maxLength, model.config.maxLength),
  });
  return (text) => {
    let rows = known.get(text);
    if (rows === undefined) {
      rows = read(text);
      known.set(text, rows);
    }
    return rows;
  };
}

/**
 * Training instances as the model takes them. An instance of a genre that the labels lack has label -100: it cannot be
 * predicted, so it counts as wrong, and is no part of a loss.
 */
export function examplesOf(classifier: Classifier, rows: readonly Instance[], reading: Reading): Example[] {
  const { labels } = classifier, encode = encoder(classifier, reading);
  const classOf = new Map(labels.map((label, i) => [label, i]));
  return rows.map(({ songId, text, genre, weight }) => ({
    songId,
    ...encode(text),
    label: classOf.get(genre) ?? -100,
    weight,
  }));
}

/**
 * Songs as a multi-label model takes them: one example each, with a target for each of the classifier's labels. A song none
 * of whose genres the classifier has gets label -100: it counts as wrong, and is no part of a loss.
 */
export function songExamplesOf(
  classifier: Classifier,
  songs: readonly Song[],
  reading: Reading,
): Example[] {
  const { labels } = classifier, encode = encoder(classifier, reading);
  return songs.map(({ id, lyrics, genres }) => {
    const classes = genres.map((genre) => labels.indexOf(genre)).filter((label) => label >= 0);
    return {
      songId: id,
      ...encode(lyrics),
      label: classes[0] ?? -100,
      targets: Float32Array.from(labels, (_, k) => classes.includes(k) ? 1 : 0),
      weight: 1,
    };
  });
}

/** A classifier as the trainer sees it. @param dropout the rate of every dropout, in place of the model's own */
export function trainableOf(classifier: Classifier, dropout: number | null = null): Trainable {
  const { tokenizer, labels } = classifier, model = withDropout(classifier.model, dropout);
  return {
    parameters: model.parameters,
    padId: paddingOf(classifier),
    paddingSide: model.architecture.paddingSide,
    labels,
    multiLabel: model.multiLabel,
    loss: (pass, batch, options) => {
      if (!model.multiLabel) return lossOf(model, pass, batch.tokens, batch.labels, options);
      const exampleWeights = lossWeights(batch.labels, options);
      return multiLabelLossOf(model, pass, batch.tokens, batch.targets!, { ...options, exampleWeights });
    },
    save: (folder) => saveClassifier(classifier, folder),
    ...restoring(model),
    identity: { config: model.json, tokenizer: tokenizer.vocabSize },
  };
}

/**
 * Fine-tunes a classifier on songs, in place. With `loraRank` its adapters alone are trained, and `best` is an adapter's
 * folder, which {@link loadClassifier} opens.
 *
 * @param data cleaned songs with genres, split so that no song is on both sides; `test`, where it is given, is only noted. The model's folder
 * keeps which songs these are (`split.json`), so that it is known later what the model has seen
 * @param recipe {@link studyRecipe} with what is given changed
 * @example
 * const run = await fineTune(classifier, { train, validation }, { ...quickRecipe, epochs: 3 }, { output: "outputs/run" });
 */
export async function fineTune(
  classifier: Classifier,
  data: { train: pl.DataFrame; validation: pl.DataFrame; test?: pl.DataFrame },
  recipe: Partial<Recipe> = {},
  options: TrainingOptions = {},
): Promise<TrainingRun> {
  const full: Recipe = { ...studyRecipe, ...recipe };
  const { oversample, maxLength, maxWindows, windowOverlap } = full;
  const reading: Reading = { maxLength, maxWindows, windowOverlap };
  for (const field of readingFields) classifier.model.json[jsonNames[field]] = reading[field];
  if (full.pooling !== null) setPooling(classifier.model, full.pooling);
  const rows = (songs: Song[]) =>
    full.multiLabel
      ? songExamplesOf(classifier, songs, reading)
      : examplesOf(classifier, instances(songs, { oversample }), reading);
  const trainSongs = songRows(data.train);
  const unknown = trainSongs.find(({ genres }) => genres.some((genre) => !classifier.labels.includes(genre)));
  if (unknown !== undefined) {
    throw new RangeError(
      `Song ${unknown.id} has a genre that the classifier lacks; it knows ${classifier.labels.join(", ")}. ` +
        "Make it with labels: genresOf(train).",
    );
  }
  const train = rows(trainSongs), validation = rows(songRows(data.validation));
  const note = checkUnknownTokens(classifier.tokenizer, train);
  if (note !== null) { for (const callback of options.callbacks ?? []) await callback.onLog?.(note); }
  adaptFor(classifier.model, full, classifier.origin);
  if (full.reinitialiseLayers > 0) {
    const { model } = classifier;
    redraw(model, isOfHighest(model.parameters.keys(), full.reinitialiseLayers), full.seed);
  }
  const trainable = trainableOf(classifier, full.dropout);
  const splitFile = options.output === undefined ? null : splitText(recordSplit(data));
  return await runTraining(
    {
      ...trainable,
      save: async (folder) => {
        await trainable.save(folder);
        if (splitFile !== null) await Deno.writeTextFile(join(folder, splitFileName), splitFile);
      },
    },
    { train, validation },
    full,
    options,
  );
}

/** Where config.json keeps how songs were read in training, so that they are read alike afterwards. */
const jsonNames = {
  maxLength: "classifier_max_length",
  maxWindows: "classifier_max_windows",
  windowOverlap: "classifier_window_overlap",
} as const;
const readingFields = ["maxLength", "maxWindows", "windowOverlap"] as const;

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
      `${thresholds.length} thresholds for ${labels.length} genres${
        model.multiLabel ? "" : ", of which the classifier chooses one: it has no use for any"
      }.`,
    );
  }
  model.json[thresholdsField] = Array.from(thresholds);
}

/** What a classifier says of one song. */
export interface SongPrediction {
  songId: string;
  /** The likeliest genre. */
  genre: string;
  /**
   * All genres given: the likeliest alone, or of a multi-label classifier those that reach their threshold, and the likeliest
   * where none does.
   */
  genres: string[];
  /** By genre, in the order of the classifier's labels; sums to 1, but for a multi-label classifier. */
  probabilities: Float32Array;
  /** The scores before the softmax or sigmoid. */
  logits: Float32Array;
}

/**
 * The genres of songs, in the order given. A song without lyrics is classified from an empty text.
 *
 * @param options.maxLength tokens of a row; by default as in the classifier's training
 * @param options.maxWindows rows that a song is read in at most; by default as in the classifier's training
 * @param options.onProgress is told how many songs are done
 * @param options.onNote is told of a noticeable share of tokens that the tokenizer does not know; by default it is warned of
 * @param options.onTokens is told the songs' tokens, and how many are unknown, and judges them itself: these are a part of many songs
 * @throws UserError where half of all tokens are unknown: the answers would be guesses
 */
export async function classifySongs(
  classifier: Classifier,
  songs: readonly Song[],
  options: {
    maxLength?: number;
    maxWindows?: number;
    batchSize?: number;
    precision?: Recipe["precision"];
    onProgress?: (done: number) => void | Promise<void>;
    onNote?: (note: string) => void;
    onTokens?: (counts: TokenCounts) => void;
  } = {},
): Promise<SongPrediction[]> {
  const { labels, model } = classifier, trained = readingOf(classifier);
  const encode = encoder(classifier, {
    maxLength: options.maxLength ?? trained.maxLength,
    maxWindows: options.maxWindows ?? trained.maxWindows,
    windowOverlap: trained.windowOverlap,
  });
  const targets = model.multiLabel ? new Float32Array(labels.length) : undefined;
  const examples = songs.map(({ id, lyrics }): Example => ({
    songId: id,
    ...encode(lyrics),
    label: 0,
    ...(targets && { targets }),
    weight: 1,
  }));
  if (options.onTokens !== undefined) options.onTokens(countTokens(classifier.tokenizer, examples));
  else {
    const note = checkUnknownTokens(classifier.tokenizer, examples);
    if (note !== null) (options.onNote ?? console.warn)(note);
  }
  const { probabilities, logits, predicted } = await evaluateExamples(trainableOf(classifier), examples, {
    batchSize: options.batchSize ?? 32,
    precision: resolvePrecision(options.precision ?? "auto"),
    ...(options.onProgress && { onBatch: options.onProgress }),
  });
  const thresholds = thresholdsOf(classifier);
  return songs.map(({ id }, i) => {
    const genre = labels[predicted[i]!]!;
    const given = model.multiLabel ? labels.filter((_, k) => probabilities[i]![k]! >= thresholds[k]!) : [];
    return {
      songId: id,
      genre,
      genres: given.length > 0 ? given : [genre],
      probabilities: probabilities[i]!,
      logits: logits[i]!,
    };
  });
}

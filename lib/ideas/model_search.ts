/**
 * Which model tells genres best? Each gets the same songs, the same tokens of them, and the same number of steps; n-grams
 * and the largest genre stand beside them.
 */
import { isAbsolute, join } from "node:path";
import type pl from "nodejs-polars";
import { UserError } from "../ground/errors.ts";
import { majorityClass, textBaseline } from "../evaluation/mod.ts";
import { configNames, disposeModel, parameterCount } from "../models/mod.ts";
import { genresOf, type Instance, instances, type Song, songRows } from "../songs/mod.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import {
  type Classifier,
  classifySongs,
  fineTune,
  loadClassifier,
  type Recipe,
  studyRecipe,
  tokenizerOf,
} from "../training/mod.ts";
import { fingerprint } from "./fingerprint.ts";
import { readSearchRuns, SEARCH_FILE, writeSearch } from "./search_file.ts";
import {
  type MeasuredSongs,
  measuredSongs,
  type ModelSearch,
  rank,
  type SearchedModel,
  type SearchIdentity,
  type SearchRun,
  type SearchStart,
  songAccuracyOf,
  summarise,
} from "./search_results.ts";

/** The networks compared by default, all from scratch, with a name for each. */
export const SEARCH_MODELS: Readonly<Record<string, string>> = {
  "kobert-small": "KoBERT (BERT)",
  "roberta-small": "RoBERTa",
  "electra-small": "ELECTRA",
  "xlnet-small": "XLNet",
  "llama-small": "Llama",
};

/** What stands beside them in every search. The n-grams read as much of each song as the networks do, but for the last two. */
export const SEARCH_BASELINES: Readonly<Record<string, string>> = {
  majority: "최다 장르 · majority class",
  "naive-bayes": "나이브 베이즈 · naive Bayes",
  "tfidf-logistic-regression": "TF-IDF + 로지스틱 회귀 · logistic regression",
  "naive-bayes-whole": "나이브 베이즈, 가사 전체 · whole lyrics",
  "tfidf-logistic-regression-whole": "TF-IDF + 로지스틱 회귀, 가사 전체 · whole lyrics",
};

/** What is told while a search runs. What they throw ends it. */
export interface SearchCallback {
  /** @param plan how many trainings there are and were done before, and optimizer steps in all and done */
  onStart?(
    plan: { trainings: number; before: number; steps: number; stepsBefore: number },
  ): void | Promise<void>;
  /** A training begins. */
  onTraining?(name: string, seed: number | null): void | Promise<void>;
  /** @param steps done in all */
  onStep?(steps: number, loss: number): void | Promise<void>;
  /** A training is measured, and written where there is an output folder. */
  onRun?(run: SearchRun, accuracyPerSong: number): void | Promise<void>;
  onEnd?(search: ModelSearch): void | Promise<void>;
}

export interface SearchOptions {
  /** Configurations, folders and Hub ids; {@link SEARCH_MODELS} by default. */
  models?: readonly string[];
  /** The budget of each network: epochs or steps, tokens of a song, batch. Its seed is not used, its learning rate from scratch only. */
  recipe: Recipe;
  /** One training of each network by each seed. */
  seeds: readonly number[];
  /** The learning rate of pretrained checkpoints, {@link studyRecipe}'s by default. */
  pretrainedLearningRate?: number;
  /** A tokenizer's folder or file in place of each model's own. */
  tokenizer?: string;
  /** Where `model_search.json` goes; nothing is written without. */
  output?: string;
  /** Goes on with the trainings in that file where there is one: the default. `false` begins anew. */
  resume?: boolean;
  callbacks?: readonly SearchCallback[];
  /** Asks the search to end: the training under way is given up, those before it are kept. */
  signal?: AbortSignal;
}

/** What all trainings of a search share. */
interface Setting {
  options: SearchOptions;
  frames: { train: pl.DataFrame; none: pl.DataFrame };
  rows: Instance[];
  labels: string[];
  measured: MeasuredSongs;
  /** Of the n-grams, which cuts texts for them. */
  tokenizer: Tokenizer;
  pretrainedLearningRate: number;
}

/** A training to do. */
interface Candidate {
  model: string;
  name: string;
  seed: number | null;
  steps: number;
  /** `null` where it was interrupted. */
  run(onStep: (step: number, loss: number) => void | Promise<void>): Promise<Measurement | null>;
}

type Measurement = Omit<SearchRun, "model" | "name" | "seed">;

/**
 * Trains models on the same songs with the same budget and measures them on other songs. No model is chosen by the measured
 * songs: each is taken as it is after its last step.
 *
 * @param data cleaned songs with genres, split so that no song is on both sides. To choose a model measure on validation
 * songs, and leave the test songs for the one that is chosen
 * @returns scores with intervals, best first, and tests of the differences
 * @throws Error when there is no seed, a model is named twice, a source cannot be found, or the file in `output` is of other
 * songs or another recipe
 * @example
 * const search = await searchModels({ train, measured: validation }, { recipe: quickRecipe, seeds: [7], output: "outputs/run" });
 */
export async function searchModels(
  data: { train: pl.DataFrame; measured: pl.DataFrame },
  options: SearchOptions,
): Promise<ModelSearch> {
  const { models = Object.keys(SEARCH_MODELS), seeds, output } = options;
  checkOnce("model", models);
  checkOnce("seed", seeds);
  if (seeds.length === 0) throw new UserError("A search needs at least one seed.");
  const labels = genresOf(data.train), trainSongs = songRows(data.train);
  const setting: Setting = {
    options,
    frames: { train: data.train, none: data.measured.head(0) },
    rows: instances(trainSongs, { oversample: options.recipe.oversample }),
    labels,
    measured: measuredSongs(songRows(data.measured), labels),
    tokenizer: await loadTokenizer(await tokenizerOf("kobert-small", options.tokenizer)),
    pretrainedLearningRate: options.pretrainedLearningRate ?? studyRecipe.learningRate,
  };
  const candidates = [
    ...Object.keys(SEARCH_BASELINES).map((model) => baseline(setting, model)),
    ...seeds.flatMap((seed) => models.map((model) => network(setting, model, seed))),
  ];
  const identity = identityOf(setting, trainSongs);
  const file = output === undefined ? null : join(output, SEARCH_FILE);
  const runs = file === null || options.resume === false ? [] : await readSearchRuns(file, identity);
  const runOf = ({ model, seed }: Candidate) => runs.find((run) => run.model === model && run.seed === seed);

  const results = new Map<string, SearchedModel>();
  const refresh = (model: string) => {
    const done = candidates.flatMap((candidate) => candidate.model === model ? runOf(candidate) ?? [] : []);
    if (done.length > 0) results.set(model, summarise(done, setting.measured));
  };
  new Set(candidates.map(({ model }) => model)).forEach(refresh);
  const found = (ended: ModelSearch["ended"]): ModelSearch => ({
    identity,
    ended,
    labels,
    songs: { train: trainSongs.length, measured: setting.measured.songs.length },
    seeds: [...seeds],
    ...rank([...results.values()], runs, setting.measured),
    runs,
  });

  await checkSources(setting, candidates.filter((candidate) => runOf(candidate) === undefined));
  const tell = async (call: (callback: SearchCallback) => void | Promise<void>) => {
    for (const callback of options.callbacks ?? []) await call(callback);
  };
  const stepsOf = (some: readonly Candidate[]) => some.reduce((sum, { steps }) => sum + steps, 0);
  const before = candidates.filter((candidate) => runOf(candidate) !== undefined);
  let steps = stepsOf(before), ended: ModelSearch["ended"] = "finished";
  await tell((callback) =>
    callback.onStart?.({
      trainings: candidates.length,
      before: before.length,
      steps: stepsOf(candidates),
      stepsBefore: steps,
    })
  );
  for (const candidate of candidates) {
    if (before.includes(candidate)) continue;
    const { model, name, seed } = candidate;
    await tell((callback) => callback.onTraining?.(name, seed));
    const measurement = options.signal?.aborted
      ? null
      : await candidate.run((step, loss) => tell((callback) => callback.onStep?.(steps + step, loss)));
    if (measurement === null) {
      ended = "interrupted";
      break;
    }
    steps += candidate.steps;
    const run: SearchRun = { model, name, seed, ...measurement };
    runs.push(run);
    refresh(model);
    if (file !== null) await writeSearch(file, found("interrupted"));
    await tell((callback) => callback.onRun?.(run, songAccuracyOf([run], setting.measured)));
  }
  const search = found(ended);
  if (file !== null) await writeSearch(file, search);
  await tell((callback) => callback.onEnd?.(search));
  return search;
}

function checkOnce(what: string, values: readonly (string | number)[]): void {
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) throw new UserError(`The ${what} ${twice} is named twice in the search.`);
}

/** Loads each network once: one that cannot be trained is an error now, not after hours of the others' trainings. */
async function checkSources({ options, labels }: Setting, candidates: readonly Candidate[]): Promise<void> {
  const networks = candidates.filter(({ seed }) => seed !== null).map(({ model }) => model);
  for (const model of new Set(networks)) {
    const { model: loaded } = await loadNetwork(model, labels, 0, options.tokenizer);
    disposeModel(loaded);
  }
}

function loadNetwork(
  model: string,
  labels: readonly string[],
  seed: number,
  tokenizer?: string,
): Promise<Classifier> {
  return loadClassifier(model, {
    labels,
    seed,
    multiLabel: false,
    ...(tokenizer !== undefined && { tokenizer }),
  });
}

/** A network's training by one seed. */
function network(setting: Setting, model: string, seed: number): Candidate {
  const { options: { recipe: budget, tokenizer, signal }, frames, rows, labels, measured } = setting;
  const start: SearchStart = configNames.includes(model) ? "from scratch" : "pretrained";
  const learningRate = start === "pretrained" ? setting.pretrainedLearningRate : budget.learningRate;
  const recipe: Recipe = { ...budget, learningRate, seed, multiLabel: false };
  const examples = Math.min(rows.length, recipe.maxTrainSamples ?? Infinity);
  return {
    model,
    name: SEARCH_MODELS[model] ?? (isAbsolute(model) ? model.split(/[/\\]/).slice(-2).join("/") : model),
    seed,
    steps: Math.min(recipe.maxSteps ?? Infinity, recipe.epochs * Math.ceil(examples / recipe.batchSize)),
    async run(onStep) {
      const classifier = await loadNetwork(model, labels, seed, tokenizer);
      try {
        const parameters = parameterCount(classifier.model);
        const startedAt = performance.now();
        const run = await fineTune(classifier, { train: frames.train, validation: frames.none }, recipe, {
          callbacks: [{ onStep: ({ step, loss }) => onStep(step, loss) }],
          ...(signal && { signal }),
        });
        if (run.ended === "interrupted") return null;
        const trainedAt = performance.now();
        const predictions = await classifySongs(classifier, measured.songs, { precision: recipe.precision });
        return {
          start,
          wholeLyrics: false,
          parameters,
          steps: run.steps,
          tokens: run.history.reduce((sum, record) => record.kind === "step" ? sum + record.tokens : sum, 0),
          trainSeconds: (trainedAt - startedAt) / 1000,
          songsPerSecond: measured.songs.length / (performance.now() - trainedAt) * 1000,
          predictions: predictions.map(({ genre }) => genre),
        };
      } finally {
        disposeModel(classifier.model);
      }
    },
  };
}

/** One of {@link SEARCH_BASELINES}. */
function baseline(setting: Setting, model: string): Candidate {
  const { options: { recipe }, rows, labels, measured, tokenizer } = setting;
  const wholeLyrics = model.endsWith("-whole");
  const common = { start: "no network" as const, wholeLyrics, steps: 0 };
  const run = async (): Promise<Measurement> => {
    const truth = rows.map(({ genre }) => genre);
    if (model === "majority") {
      const { predictions } = majorityClass(truth, measured.songs.length, { classes: labels });
      return { ...common, parameters: 0, tokens: 0, trainSeconds: 0, songsPerSecond: null, predictions };
    }
    const cut = wholeLyrics ? {} : { maxLength: recipe.maxLength };
    const idsOf = (text: string) => tokenizer.encode(text, cut).ids;
    // as much as the networks see, without the special tokens
    const textOf = (text: string) => wholeLyrics ? text : tokenizer.decode(idsOf(text));
    const startedAt = performance.now();
    const texts = rows.map(({ text }) => textOf(text));
    const cutAt = performance.now();
    const { predictions, features, trainMs } = await textBaseline({
      train: { texts, labels: truth },
      test: { texts: measured.songs.map(({ lyrics }) => textOf(lyrics)) },
    }, {
      method: model.startsWith("naive-bayes") ? "naive-bayes" : "logistic-regression",
      classes: labels,
      tolerance: 1e-5,
    });
    const predictMs = performance.now() - cutAt - trainMs;
    return {
      ...common,
      parameters: (features + 1) * labels.length,
      tokens: rows.reduce((sum, { text }) => sum + idsOf(text).length, 0),
      trainSeconds: (cutAt - startedAt + trainMs) / 1000,
      songsPerSecond: measured.songs.length / predictMs * 1000,
      predictions,
    };
  };
  return { model, name: SEARCH_BASELINES[model]!, seed: null, steps: 0, run };
}

function identityOf(
  { options, measured, pretrainedLearningRate }: Setting,
  train: readonly Song[],
): SearchIdentity {
  // fields that a search does not use, or that change no number
  const {
    seed: _,
    keepCheckpoints: __,
    logEverySteps: ___,
    saveEverySteps: ____,
    evaluateEverySteps: _____,
    bestMetric: ______,
    ...recipe
  } = options.recipe;
  return {
    trainSongs: fingerprint(train),
    measuredSongs: fingerprint(measured.songs),
    recipe,
    pretrainedLearningRate,
    tokenizer: options.tokenizer ?? null,
  };
}

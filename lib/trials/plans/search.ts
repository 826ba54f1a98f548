/**
 * Which model tells genres best? Each gets the same songs, the same tokens of them, and the same number of steps; n-grams
 * and the largest genre stand beside them.
 */
import type pl from "nodejs-polars";
import { join } from "node:path";
import { UserError } from "../../ground/mod.ts";
import { configNames, shippedNames } from "../../models/mod.ts";
import { genresOf, instances, songRows } from "../../songs/mod.ts";
import { loadTokenizer } from "../../tokenizer/mod.ts";
import {
  bundledTokenizer,
  decisiveFields,
  fineTuneRecipe,
  type Recipe,
  studyRecipe,
  tokensHeld,
} from "../../training/mod.ts";
import { fingerprint, memoryStore, trialStore, writeResults } from "../store.ts";
import { searchedModels } from "../budget.ts";
import { nameOf } from "../names.ts";
import { type RunOptions, runTrials } from "../run.ts";
import { type Method, type Predictions, type SongWay, type Trial, words } from "../trial.ts";
import { type Candidate, type ModelSearch, rank, type SearchedModel } from "./search_results.ts";

export interface SearchOptions extends RunOptions {
  /** Names of small models, folders and Hub ids; by default {@link searchedModels}. */
  models?: readonly string[];
  /** The budget of each network: epochs or steps, tokens of a song, batch. Its seed is not used, its learning rate from scratch only. */
  recipe: Recipe;
  /** One training of each network by each seed. */
  seeds: readonly number[];
  /** The learning rate of pretrained checkpoints, {@link studyRecipe}'s by default. */
  pretrainedLearningRate?: number;
  /** A tokenizer's folder or file in place of each model's own. */
  tokenizer?: string;
  /** A run's folder: `model_search.json` goes there, and predictions, so that a search goes on. Nothing is written without. */
  output?: string;
}

/** A search's file in its output folder. */
export const searchFileName = "model_search.json";

/** What a network of a search starts from. */
export const searchStart = (source: string): "from scratch" | "pretrained" =>
  configNames.includes(source) ? "from scratch" : "pretrained";

/** That of the small pretrained models of the project. */
const shippedLearningRate = fineTuneRecipe.learningRate;

/** The learning rate of a network in a search. */
export function searchLearningRate(
  source: string,
  { recipe, pretrainedLearningRate }: Pick<SearchOptions, "recipe" | "pretrainedLearningRate">,
): number {
  if (searchStart(source) === "from scratch") return recipe.learningRate;
  return shippedNames.includes(source)
    ? shippedLearningRate
    : pretrainedLearningRate ?? studyRecipe.learningRate;
}

/**
 * Trains models on the same songs with the same budget and measures them on other songs. No model is chosen by the measured
 * songs: each is taken as it is after its last step. One that was asked to end gives what it has.
 *
 * @param data cleaned songs with genres, split so that no song is on both sides. To choose a model measure on validation
 * songs, and leave the test songs for the one that is chosen
 * @returns scores with intervals, best first, and tests of the differences
 * @throws UserError when there is no seed, a model is named twice, or a source cannot be found
 * @example
 * ```ts
 * const search = await searchModels({ train, measured: validation }, { recipe: quickRecipe, seeds: [7], output: "outputs/run" });
 * ```
 */
export async function searchModels(
  data: { train: pl.DataFrame; measured: pl.DataFrame },
  options: SearchOptions,
): Promise<ModelSearch> {
  const { recipe, seeds, tokenizer = null, output, listener } = options;
  const { models = searchedModels({ tokenizer }) } = options;
  const { pretrainedLearningRate = studyRecipe.learningRate } = options;
  checkOnce("model", models);
  checkOnce("seed", seeds);
  if (seeds.length === 0) throw new UserError("A search needs at least one seed.");
  const train = songRows(data.train), measured = songRows(data.measured), labels = genresOf(data.train);
  const sides = { train, validation: [], test: measured };
  const way: SongWay = recipe.oversample ? "oversampling" : "weights";
  const candidate = (model: string, method: Method, seed: number | null): Candidate => {
    const wholeLyrics = method.kind === "words" && method.read === "whole";
    const about = seed === null ? undefined : `seed ${seed}`;
    return {
      model,
      name: nameOf(method),
      start: seed === null ? "no network" : searchStart(model),
      wholeLyrics,
      seed,
      trial: { method, labels, sides, seed: seed ?? 0, ...(about !== undefined && { about }) },
    };
  };
  const nGrams = [false, true].flatMap((whole) =>
    (["bayes", "logistic"] as const).map((learner) => {
      const read = whole ? "whole" as const : { tokens: tokensHeld(recipe), tokenizer };
      const method = words({ learner, way, read });
      const key = learner === "bayes" ? "naive-bayes" : "tfidf-logistic-regression";
      return candidate(whole ? `${key}-whole` : key, method, null);
    })
  );
  const majority: Method = { kind: "majority", way };
  const candidates = [
    candidate("majority", majority, null),
    ...nGrams,
    ...seeds.flatMap((seed) =>
      models.map((source) => {
        const method: Method = {
          kind: "network",
          source,
          ...(tokenizer !== null && { tokenizer }),
          recipe: { ...recipe, learningRate: searchLearningRate(source, options), multiLabel: false },
        };
        return candidate(source, method, seed);
      })
    ),
  ];
  const reader = await loadTokenizer(tokenizer ?? bundledTokenizer);
  let wholeTokens: number | undefined;
  /** What n-grams of whole lyrics read, counted as the others' is. */
  const tokensOf = ({ trial: { method } }: Candidate, { cost }: Predictions) =>
    method.kind !== "words" || method.read !== "whole"
      ? cost!.tokens
      : wholeTokens ??= instances(train, { oversample: way === "oversampling" })
        .reduce((sum, { text }) => sum + reader.encode(text, {}).ids.length, 0);

  const store = options.store ?? (output === undefined ? memoryStore() : trialStore(output));
  const summaries = new Map<string, SearchedModel>();
  // a search uses neither, nor the recipe's seed
  const { seed: _, evaluateEverySteps: __, bestMetric: ___, ...decisive } = decisiveFields(recipe);
  const found = async (ended: ModelSearch["ended"]): Promise<ModelSearch> => {
    const done = await Promise.all(candidates.map(async (candidate) => {
      const predictions = await store.read(candidate.trial);
      if (predictions === null) return [];
      const cost = { ...predictions.cost!, tokens: tokensOf(candidate, predictions) };
      return [{ ...candidate, predictions: { ...predictions, cost } }];
    }));
    const search: ModelSearch = {
      identity: {
        trainSongs: fingerprint(train),
        measuredSongs: fingerprint(measured),
        recipe: decisive,
        pretrainedLearningRate,
        shippedLearningRate,
        tokenizer,
      },
      ended,
      labels,
      songs: { train: train.length, measured: measured.length },
      seeds: [...seeds],
      ...rank(done.flat(), summaries),
    };
    if (output !== undefined) await writeResults(join(output, searchFileName), search);
    return search;
  };
  try {
    await runTrials(candidates.map(({ trial }) => trial), {
      ...options,
      store,
      listener: {
        ...listener,
        async onDone(trial: Trial, predictions: Predictions) {
          if (output !== undefined) await found("interrupted");
          await listener?.onDone?.(trial, predictions);
        },
      },
    });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError" && options.signal?.aborted)) {
      throw error;
    }
    return await found("interrupted");
  }
  return await found("finished");
}

function checkOnce(what: string, values: readonly (string | number)[]): void {
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) throw new UserError(`The ${what} ${twice} is named twice in the search.`);
}

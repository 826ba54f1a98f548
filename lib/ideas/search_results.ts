/** What a model search found: scores with intervals, tests of the differences, and the file they are kept in. */
import {
  accuracy,
  bootstrapInterval,
  creditedGenres,
  type Estimate,
  holmCorrection,
  macroF1,
  pairedTest,
} from "../evaluation/mod.ts";
import { type Instance, instances, type Song } from "../songs/mod.ts";

/** What a model starts from: freshly drawn weights, a checkpoint's, or none at all (counts of n-grams or genres). */
export type SearchStart = "from scratch" | "pretrained" | "no network";

/** One training of a model and what it says of the measured songs. */
export interface SearchRun {
  /** As it was asked for: a configuration, a folder, a Hub id; or {@link SEARCH_BASELINES}' names. */
  model: string;
  /** For a person. */
  name: string;
  start: SearchStart;
  /** Whether it reads all of each song: then it is no fair comparison, and takes no part in the tests. */
  wholeLyrics: boolean;
  /** Of weights, order and dropout; `null` where chance has no part. */
  seed: number | null;
  /** How many numbers it learns. */
  parameters: number;
  /** Optimizer steps; 0 without a network. */
  steps: number;
  /** Tokens trained on, each as often as it was met, padding included; without a network those it counted, once. */
  tokens: number;
  /** From texts to trained model, in seconds; without loading it. */
  trainSeconds: number;
  /** Measured songs a second, from text to genre; `null` where nothing is computed. */
  songsPerSecond: number | null;
  /** The genre of each measured song, in the songs' order. */
  predictions: string[];
}

/** One model of the search: the means over its trainings; intervals are bootstrap ones over songs. */
export interface SearchedModel {
  model: string;
  name: string;
  start: SearchStart;
  wholeLyrics: boolean;
  parameters: number;
  steps: number;
  tokens: number;
  trainSeconds: number;
  songsPerSecond: number | null;
  /** Once a song, right if any of its genres. */
  accuracyPerSong: Estimate;
  /** As the study counts: once for each pair of a song's genres and artists. */
  accuracyPerInstance: Estimate;
  /** Once a song, of the genre it is credited with, as a verdict's. */
  macroF1: Estimate;
  /** Accuracy per song of each training. */
  bySeed: { seed: number | null; accuracyPerSong: number }[];
}

/** Is one model really better than another? The sign-flip test on the same songs; with one seed McNemar's exact test. */
export interface SearchComparison {
  /** The model with more right songs (its `model`), and the one compared with it. */
  better: string;
  other: string;
  /** Songs that each was right on more often. */
  betterOn: number;
  otherOn: number;
  /** Of their accuracies per song. */
  difference: number;
  /** For this pair alone. */
  p: number;
  /** By Holm, over all comparisons of the same list. */
  correctedP: number;
}

/**
 * A model search: what `model_search.json` in a run's folder holds. It is written anew after each training, so that a search
 * that was cut off is there as far as it came.
 */
export interface ModelSearch {
  /** What its results belong to. A search goes on only where all of it is the same. */
  identity: SearchIdentity;
  /** `interrupted` also while it runs. */
  ended: "finished" | "interrupted";
  /** The genres. */
  labels: string[];
  songs: { train: number; measured: number };
  /** Seeds of each model that starts from chance. */
  seeds: number[];
  /** The models with a training done, best accuracy per song first. */
  results: SearchedModel[];
  /** The best against each other model, of those that read as much. The best was chosen on the same songs, which makes these p-values a little too small. */
  againstBest: SearchComparison[];
  /** Each model against the next in the list. */
  againstNext: SearchComparison[];
  /** Every training, in the order in which they were done. */
  runs: SearchRun[];
}

/** What decides a search's numbers beside models and seeds. */
export interface SearchIdentity {
  /** Number and fingerprint of the songs on each side of the split. */
  trainSongs: string;
  measuredSongs: string;
  /** The recipe's fields but the seed. */
  recipe: Record<string, unknown>;
  /** The learning rate of pretrained checkpoints. */
  pretrainedLearningRate: number;
  /** The tokenizer that takes the place of each model's own. */
  tokenizer: string | null;
}

/** Songs as scores count them. */
export interface MeasuredSongs {
  songs: readonly Song[];
  rows: Instance[];
  /** The song of each row, its place in `songs`. */
  songOf: number[];
  /** All genres that occur in training or here. */
  labels: string[];
}

/** Prepares songs for {@link summarise}. @param labels the genres that models know */
export function measuredSongs(songs: readonly Song[], labels: readonly string[]): MeasuredSongs {
  const rows = instances(songs, { oversample: true });
  const placeOf = new Map(songs.map(({ id }, place) => [id, place]));
  const unknown = new Set(rows.map(({ genre }) => genre).filter((genre) => !labels.includes(genre)));
  return {
    songs,
    rows,
    songOf: rows.map(({ songId }) => placeOf.get(songId)!),
    labels: [...labels, ...unknown],
  };
}

/** How often each song's genre was among the predicted ones. */
function rightCounts(runs: readonly SearchRun[], { songs }: MeasuredSongs): number[] {
  return songs.map(({ genres }, i) =>
    runs.filter(({ predictions }) => genres.includes(predictions[i]!)).length
  );
}

/** The share of songs of which any genre was predicted, the mean over the trainings. */
export const songAccuracyOf = (runs: readonly SearchRun[], measured: MeasuredSongs): number =>
  mean(rightCounts(runs, measured)) / runs.length;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A model's scores over all of its trainings. @param runs at least one, all of one model */
export function summarise(runs: readonly SearchRun[], measured: MeasuredSongs): SearchedModel {
  const { songs, rows, songOf, labels } = measured;
  const { model, name, start, wholeLyrics, parameters } = runs[0]!;
  const truth = rows.map(({ genre }) => genre);
  const predicted = runs.map(({ predictions }) => songOf.map((song) => predictions[song]!));
  const shares = rightCounts(runs, measured).map((count) => count / runs.length);
  const score = (
    count: number,
    statistic: (indices: Int32Array) => number,
    groups?: number[],
  ): Estimate => {
    const { value, low, high } = bootstrapInterval(count, statistic, { ...(groups && { groups }) });
    return { value, low, high };
  };
  // over instances, whole songs drawn, the mean of the trainings
  const overRows = (of: (truth: string[], predicted: string[]) => number) =>
    score(rows.length, (drawn) => {
      const places = Array.from(drawn), there = places.map((i) => truth[i]!);
      return mean(predicted.map((ofRun) => of(there, places.map((i) => ofRun[i]!))));
    }, songOf);
  // over songs, each with the genre it is credited with in that training
  const genres = songs.map((song) => labels.filter((label) => song.genres.includes(label)));
  const credited = runs.map(({ predictions }) => creditedGenres(genres, predictions));
  const rates = runs.flatMap(({ songsPerSecond }) => songsPerSecond ?? []);
  return {
    model,
    name,
    start,
    wholeLyrics,
    parameters,
    steps: mean(runs.map(({ steps }) => steps)),
    tokens: mean(runs.map(({ tokens }) => tokens)),
    trainSeconds: mean(runs.map(({ trainSeconds }) => trainSeconds)),
    songsPerSecond: rates.length === 0 ? null : mean(rates),
    accuracyPerSong: score(songs.length, (drawn) => mean(Array.from(drawn, (i) => shares[i]!))),
    accuracyPerInstance: overRows(accuracy),
    macroF1: score(songs.length, (drawn) => {
      const places = Array.from(drawn);
      return mean(
        runs.map(({ predictions }, run) =>
          macroF1(places.map((i) => credited[run]![i]!), places.map((i) => predictions[i]!))
        ),
      );
    }),
    bySeed: runs.map((run) => ({
      seed: run.seed,
      accuracyPerSong: songAccuracyOf([run], measured),
    })),
  };
}

/** Tests pairs of models, and corrects for how many they are. */
function compare(
  pairs: readonly (readonly [SearchedModel, SearchedModel])[],
  runs: readonly SearchRun[],
  measured: MeasuredSongs,
): SearchComparison[] {
  const countsOf = ({ model, bySeed }: SearchedModel) => {
    const seeds = bySeed.map(({ seed }) => seed);
    const own = runs.filter((run) => run.model === model && seeds.includes(run.seed));
    return { right: rightCounts(own, measured), runs: own.length };
  };
  const tests = pairs.map(([better, other]) => pairedTest(countsOf(better), countsOf(other)));
  const corrected = holmCorrection(tests.map(({ p }) => p));
  return pairs.map(([better, other], i) => {
    const { firstBetter, secondBetter, difference, p } = tests[i]!;
    return {
      better: better.model,
      other: other.model,
      betterOn: firstBetter,
      otherOn: secondBetter,
      difference,
      p,
      correctedP: corrected[i]!,
    };
  });
}

/** Orders models, best accuracy per song first, and compares those that read as much of each song. */
export function rank(
  results: readonly SearchedModel[],
  runs: readonly SearchRun[],
  measured: MeasuredSongs,
): Pick<ModelSearch, "results" | "againstBest" | "againstNext"> {
  const sorted = results.toSorted((a, b) => b.accuracyPerSong.value - a.accuracyPerSong.value);
  const fair = sorted.filter(({ wholeLyrics }) => !wholeLyrics);
  const [best, ...others] = fair;
  return {
    results: sorted,
    againstBest: compare(others.map((other) => [best!, other] as const), runs, measured),
    againstNext: compare(others.map((other, i) => [fair[i]!, other] as const), runs, measured),
  };
}

const scoreText = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

/** The search as rows of a table, best first: scores with 95 % intervals over songs, size and cost. */
export function searchTable({ results }: ModelSearch): Record<string, string | number>[] {
  return results.map((result) => ({
    "모델 · model": result.name,
    "시작 · start": starts[result.start],
    "곡별 정확도 · accuracy per song": scoreText(result.accuracyPerSong),
    "인스턴스별 정확도 · per instance": scoreText(result.accuracyPerInstance),
    "macro-F1": scoreText(result.macroF1),
    ...(results.some(({ bySeed }) => bySeed.length > 1) && {
      "시드별 · by seed": result.bySeed.map(({ accuracyPerSong }) => accuracyPerSong.toFixed(3)).join(" "),
    }),
    "매개변수 · parameters": result.parameters.toLocaleString("en-US"),
    "학습 토큰 · tokens": Math.round(result.tokens).toLocaleString("en-US"),
    "학습 · training": `${result.trainSeconds.toFixed(1)} s`,
    "곡/초 · songs/s": result.songsPerSecond === null ? "–" : result.songsPerSecond.toFixed(0),
  }));
}

const starts: Record<SearchStart, string> = {
  "from scratch": "처음부터 · from scratch",
  pretrained: "사전학습 · pretrained",
  "no network": "신경망 아님 · no network",
};

/** Comparisons as rows of a table; `search` knows the models' names. */
export function comparisonTable(
  { results }: ModelSearch,
  comparisons: readonly SearchComparison[],
): Record<string, string | number>[] {
  const nameOf = (model: string) => results.find((result) => result.model === model)!.name;
  const pText = (p: number) => p < 0.001 ? "< 0.001" : p.toFixed(3);
  return comparisons.map(({ better, other, betterOn, otherOn, difference, p, correctedP }) => ({
    "나은 쪽 · better": nameOf(better),
    "견준 쪽 · than": nameOf(other),
    "차이 · difference": `+${difference.toFixed(3)}`,
    "곡 · songs": `${betterOn} : ${otherOn}`,
    p: pText(p),
    "p (Holm)": pText(correctedP),
    "정말? · really?": correctedP < 0.05 ? "예 · yes" : "알 수 없음 · cannot tell",
  }));
}

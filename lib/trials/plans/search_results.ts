/** What a model search found: scores with intervals, tests of the differences, and the tables of them. */
import {
  accuracy,
  bootstrapInterval,
  type Estimate,
  holmCorrection,
  macroF1,
  pairedTest,
} from "../../evaluation/mod.ts";
import { grouped, meanOf } from "../../ground/mod.ts";
import { instances } from "../../songs/mod.ts";
import { bilingual, type Name } from "../names.ts";
import { credit } from "../scores.ts";
import { estimateText, pointsText, pText } from "../tables.ts";
import type { Cost, Predictions, Trial } from "../trial.ts";

/** What a model starts from: freshly drawn weights, a checkpoint's, or none at all (counts of n-grams or genres). */
export type SearchStart = "from scratch" | "pretrained" | "no network";

/** A model of a search and one seed. */
export interface Candidate {
  /** As it was asked for: a configuration, a folder, a Hub id; or a word for what stands beside the networks. */
  model: string;
  name: Name;
  start: SearchStart;
  /** Whether it reads all of each song: then it is no fair comparison, and takes no part in the tests. */
  wholeLyrics: boolean;
  /** `null` where chance has no part. */
  seed: number | null;
  /** Its test songs are the measured ones. */
  trial: Trial;
}

/** A candidate that was run. */
export interface SearchRun extends Candidate {
  predictions: Predictions & { cost: Cost };
}

/** One model of the search: the means over its trainings; intervals are bootstrap ones over songs. */
export interface SearchedModel extends Pick<Candidate, "model" | "start" | "wholeLyrics"> {
  name: string;
  parameters: number;
  steps: number;
  /** Tokens trained on, each as often as it was met, padding included; without a network those it counted, once. */
  tokens: number;
  /** From texts to trained model, in seconds; without loading it. */
  trainSeconds: number;
  /** Measured songs a second, from text to genre; `null` where nothing is computed. */
  songsPerSecond: number | null;
  /** Once a song, right if any of its genres. */
  accuracyPerSong: Estimate;
  /** As the study counts: once for each pair of a song's genres and artists. */
  accuracyPerInstance: Estimate;
  /** Once a song, of the genre it is credited with, as a verdict's. */
  macroF1: Estimate;
  /** Each training. */
  bySeed: { seed: number | null; accuracyPerSong: number; trainSeconds: number }[];
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
 * A model search: what `model_search.json` in a run's folder holds. It is written again after each training, so that a search
 * that was cut off is there as far as it came.
 */
export interface ModelSearch {
  /** What its results belong to. */
  identity: SearchIdentity;
  /** `interrupted` also while it runs. */
  ended: "finished" | "interrupted";
  /** The genres. */
  labels: readonly string[];
  songs: { train: number; measured: number };
  /** Seeds of each model that starts from chance. */
  seeds: number[];
  /** The models with a training done, best accuracy per song first. */
  results: SearchedModel[];
  /** The best against each other model, of those that read as much. The best was chosen on the same songs, which makes these p-values a little too small. */
  againstBest: SearchComparison[];
  /** Each model against the next in the list. */
  againstNext: SearchComparison[];
}

/** What decides a search's numbers beside models and seeds. */
export interface SearchIdentity {
  /** Number and fingerprint of the songs on each side of the split. */
  trainSongs: string;
  measuredSongs: string;
  /** The recipe's fields but the seed. */
  recipe: Record<string, unknown>;
  /** The learning rate of pretrained checkpoints, and of the project's small ones. */
  pretrainedLearningRate: number;
  shippedLearningRate: number;
  /** The tokenizer that takes the place of each model's own. */
  tokenizer: string | null;
}

const judged = ({ trial: { sides, labels }, predictions }: SearchRun) =>
  credit(sides.test, labels, predictions.test.shares);

/** How often each song was answered rightly. */
function rightCounts(runs: readonly SearchRun[]): number[] {
  const right = runs.map((run) => judged(run).right);
  return right[0]!.map((_, i) => right.filter((ofRun) => ofRun[i]).length);
}

/** A model's scores over all of its trainings. @param runs at least one, all of one model */
export function summarise(runs: readonly SearchRun[]): SearchedModel {
  const { model, name, start, wholeLyrics, trial: { sides: { test: songs } } } = runs[0]!;
  const rows = instances(songs, { oversample: true });
  const placeOf = new Map(songs.map(({ id }, place) => [id, place]));
  const songOf = rows.map(({ songId }) => placeOf.get(songId)!), truth = rows.map(({ genre }) => genre);
  const credits = runs.map(judged);
  const shares = rightCounts(runs).map((count) => count / runs.length);
  const score = (count: number, statistic: (places: number[]) => number, groups?: number[]): Estimate =>
    bootstrapInterval(count, (drawn) => statistic(Array.from(drawn)), { groups });
  const costs = runs.map(({ predictions }) => predictions.cost);
  return {
    model,
    name: bilingual(name),
    start,
    wholeLyrics,
    parameters: costs[0]!.parameters,
    steps: meanOf(costs.map(({ steps }) => steps)),
    tokens: meanOf(costs.map(({ tokens }) => tokens)),
    trainSeconds: meanOf(costs.map(({ seconds }) => seconds)),
    songsPerSecond: costs[0]!.answerSeconds === 0
      ? null
      : meanOf(costs.map(({ answerSeconds }) => songs.length / answerSeconds)),
    accuracyPerSong: score(songs.length, (places) => meanOf(places.map((i) => shares[i]!))),
    // over instances, whole songs drawn, the mean of the trainings
    accuracyPerInstance: score(rows.length, (places) => {
      const there = places.map((i) => truth[i]!);
      return meanOf(credits.map(({ answers }) => accuracy(there, places.map((i) => answers[songOf[i]!]!))));
    }, songOf),
    macroF1: score(
      songs.length,
      (places) =>
        meanOf(
          credits.map(({ answers, credited }) =>
            macroF1(places.map((i) => credited[i]!), places.map((i) => answers[i]!))
          ),
        ),
    ),
    bySeed: runs.map(({ seed }, run) => ({
      seed,
      accuracyPerSong: meanOf(credits[run]!.right.map(Number)),
      trainSeconds: costs[run]!.seconds,
    })),
  };
}

/** A model with its trainings. */
type Ran = { result: SearchedModel; runs: readonly SearchRun[] };

/** Tests pairs of models, and corrects for how many they are. */
function compare(pairs: readonly (readonly [Ran, Ran])[]): SearchComparison[] {
  const countsOf = ({ runs }: Ran) => ({ right: rightCounts(runs), runs: runs.length });
  const tests = pairs.map(([better, other]) => pairedTest(countsOf(better), countsOf(other)));
  const corrected = holmCorrection(tests.map(({ p }) => p));
  return pairs.map(([better, other], i) => {
    const { firstBetter, secondBetter, difference, p } = tests[i]!;
    return {
      better: better.result.model,
      other: other.result.model,
      betterOn: firstBetter,
      otherOn: secondBetter,
      difference,
      p,
      correctedP: corrected[i]!,
    };
  });
}

/**
 * Orders models, best accuracy per song first, and compares those that read as much of each song.
 *
 * @param runs all of all models, each measured on the same songs
 * @param summaries of models whose trainings are all there keeps what was worked out before
 */
export function rank(
  runs: readonly SearchRun[],
  summaries: Map<string, SearchedModel> = new Map(),
): Pick<ModelSearch, "results" | "againstBest" | "againstNext"> {
  const all = [...new Set(runs.map(({ model }) => model))].map((model): Ran => {
    const own = runs.filter((run) => run.model === model), key = `${model} ${own.length}`;
    const result = summaries.get(key) ?? summarise(own);
    summaries.set(key, result);
    return { result, runs: own };
  }).sort((a, b) => b.result.accuracyPerSong.value - a.result.accuracyPerSong.value);
  const fair = all.filter(({ result }) => !result.wholeLyrics);
  const [best, ...others] = fair;
  return {
    results: all.map(({ result }) => result),
    againstBest: compare(others.map((other) => [best!, other] as const)),
    againstNext: compare(others.map((other, i) => [fair[i]!, other] as const)),
  };
}

/** The search as rows of a table, best first: scores with 95 % intervals over songs, size and cost. */
export function searchTable({ results }: ModelSearch): Record<string, string | number>[] {
  return results.map((result) => ({
    "모델 · model": result.name,
    "시작 · start": searchStartNames[result.start],
    "곡별 정확도 · accuracy per song": estimateText(result.accuracyPerSong),
    "인스턴스별 정확도 · per instance": estimateText(result.accuracyPerInstance),
    "macro-F1": estimateText(result.macroF1),
    ...(results.some(({ bySeed }) => bySeed.length > 1) && {
      "시드별 · by seed": result.bySeed.map(({ accuracyPerSong }) => accuracyPerSong.toFixed(3)).join(" "),
    }),
    "매개변수 · parameters": grouped(result.parameters),
    "학습 토큰 · tokens": grouped(Math.round(result.tokens)),
    "학습 · training": `${result.trainSeconds.toFixed(1)} s`,
    "곡/초 · songs/s": result.songsPerSecond === null ? "–" : grouped(Math.round(result.songsPerSecond)),
  }));
}

/** In both languages. */
export const searchStartNames: Readonly<Record<SearchStart, string>> = {
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
  return comparisons.map(({ better, other, betterOn, otherOn, difference, p, correctedP }) => ({
    "나은 쪽 · better": nameOf(better),
    "견준 쪽 · than": nameOf(other),
    "차이, 점 · difference, points": pointsText(difference),
    "곡 · songs": `${betterOn} : ${otherOn}`,
    p: pText(p),
    "p (Holm)": pText(correctedP),
    "정말? · really?": correctedP < 0.05 ? "예 · yes" : "알 수 없음 · cannot tell",
  }));
}

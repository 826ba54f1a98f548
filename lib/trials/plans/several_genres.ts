/**
 * Songs of several genres, three ways: the study's oversampling (an instance for each genre and artist), weights that make
 * each song count once, and a yes or no for each genre (sigmoid). Which is better?
 */
import {
  applyThresholds,
  type Estimate,
  fitThresholds,
  multilabelScores,
  type Rows,
} from "../../evaluation/mod.ts";
import { instances, type Song } from "../../songs/mod.ts";
import { beside, credit, genreSets, shareOf } from "../scores.ts";
import { bilingual, type Name, nameOf, wayNames } from "../names.ts";
import { type RunOptions, runTrials } from "../run.ts";
import { estimateText, pText } from "../tables.ts";
import {
  type Method,
  type NetworkMethod,
  type Sides,
  sizesOf,
  type SongWay,
  type WordsMethod,
} from "../trial.ts";
import type { GroupSeries } from "./artists.ts";

/** All ways, the study's first. */
const ways: readonly SongWay[] = ["oversampling", "weights", "sigmoid"];

/** Scores of sets of genres. */
export interface GenreSetScores {
  /** F1 over all (song, genre) decisions. */
  microF1: number;
  /** Mean F1 over genres. */
  macroF1: number;
  /** Share of songs that got exactly their genres. */
  subsetAccuracy: Estimate;
  /** The same among songs of several genres; null where there is none. */
  subsetAccuracyOfSeveral: number | null;
  /** Mean number of genres a song got. */
  genresGiven: number;
}

/** One way's test figures. */
export interface SeveralGenresResult {
  way: SongWay;
  method: string;
  /** The likeliest genre is any of the song's. */
  accuracy: Estimate;
  /** The same counted as the study does: for each pair of a song's genres and artists. */
  accuracyPerInstance: number;
  /** Every genre from a probability of 0.5 on, and at least the likeliest. */
  untuned: GenreSetScores;
  /** The same with each genre's threshold tuned on validation songs. */
  tuned: GenreSetScores;
  thresholds: number[];
  /** McNemar's exact p against the first way: of the likeliest genre, of exact sets at 0.5 and with tuned thresholds. */
  p: { accuracy: number; subset: number; subsetTuned: number };
  /** `null` where the model had been trained as something else. */
  trainSeconds: number | null;
}

/** A method each way; the file `multilabel.json` holds a list of them. */
export interface SeveralGenresComparison {
  model: Name;
  labels: readonly string[];
  songs: { train: number; validation: number; test: number };
  /** Songs of several genres among them. */
  several: { train: number; validation: number; test: number };
  results: SeveralGenresResult[];
}

/**
 * A method that learns songs of several genres this way. A network's best epoch is then by micro-F1 where each genre gets its own
 * yes or no, else as its recipe says.
 */
export function inWay(method: WordsMethod | NetworkMethod, way: SongWay): Method {
  if (method.kind === "words") return { ...method, way };
  const multiLabel = way === "sigmoid";
  return {
    ...method,
    recipe: {
      ...method.recipe,
      oversample: way === "oversampling",
      multiLabel,
      ...(multiLabel && { bestMetric: "microF1", labelSmoothing: 0, distillation: 0 }),
    },
  };
}

/**
 * Teaches methods each way on the same songs and measures them on the same test songs: the likeliest genre, and sets of genres.
 * Thresholds are tuned on validation songs for each way alike, so that a softmax may give several genres, too.
 */
export async function compareSeveralGenres(
  sides: Sides,
  labels: readonly string[],
  methods: readonly (WordsMethod | NetworkMethod)[],
  { seed, ...options }: RunOptions & { seed: number },
): Promise<SeveralGenresComparison[]> {
  const { validation, test } = sides;
  const predictions = await runTrials(
    methods.flatMap((method) =>
      ways.map((way) => ({
        method: inWay(method, way),
        labels,
        sides,
        seed,
        about: bilingual(wayNames[way]),
      }))
    ),
    options,
  );
  const severalOf = (songs: readonly Song[]) => songs.filter(({ genres }) => genres.length > 1);
  return methods.map((method, m) => {
    const measured = ways.map((_, w) => {
      const { validation: tuned, test: tested } = predictions[m * ways.length + w]!;
      return measureSets(
        { songs: validation, probabilities: tuned.shares },
        { songs: test, probabilities: tested.shares },
        labels,
      );
    });
    const first = measured[0]!;
    return {
      model: nameOf(method),
      labels,
      songs: sizesOf(sides),
      several: sizesOf({
        train: severalOf(sides.train),
        validation: severalOf(validation),
        test: severalOf(test),
      }),
      results: measured.map(({ right, exact, exactTuned, ...figures }, w): SeveralGenresResult => ({
        way: ways[w]!,
        method: bilingual(wayNames[ways[w]!]),
        ...figures,
        p: {
          accuracy: beside(right, first.right).p,
          subset: beside(exact, first.exact).p,
          subsetTuned: beside(exactTuned, first.exactTuned).p,
        },
        trainSeconds: predictions[m * ways.length + w]!.cost?.seconds ?? null,
      })),
    };
  });
}

interface ScoredSongs {
  songs: readonly Song[];
  /** Rows [song][genre]. */
  probabilities: Rows;
}

/** Test figures of genre probabilities, with thresholds tuned on validation songs. */
export function measureSets(validation: ScoredSongs, test: ScoredSongs, labels: readonly string[]) {
  const truth = genreSets(test.songs, labels);
  const { right, answers } = credit(test.songs, labels, test.probabilities);
  const answerOf = new Map(test.songs.map(({ id }, i) => [id, answers[i]!]));
  const rows = instances(test.songs, { oversample: true });
  const thresholds = fitThresholds(genreSets(validation.songs, labels), validation.probabilities);
  const untuned = scoreSets(truth, test.probabilities, labels.map(() => 0.5));
  const tuned = scoreSets(truth, test.probabilities, thresholds);
  return {
    accuracy: shareOf(right),
    accuracyPerInstance: rows.filter(({ songId, genre }) => answerOf.get(songId) === genre).length /
      rows.length,
    untuned: untuned.scores,
    tuned: tuned.scores,
    thresholds: Array.from(thresholds),
    right,
    exact: untuned.exact,
    exactTuned: tuned.exact,
  };
}

function scoreSets(
  truth: readonly Uint8Array[],
  probabilities: Rows,
  thresholds: ArrayLike<number>,
): { scores: GenreSetScores; exact: boolean[] } {
  const given = applyThresholds(probabilities, thresholds, { atLeastOne: true });
  const { micro, macro } = multilabelScores(truth, given);
  const sum = (row: ArrayLike<number>) => Array.from(row).reduce((total, value) => total + value, 0);
  const exact = truth.map((row, i) => row.every((value, k) => value === given[i]![k]));
  const ofSeveral = exact.filter((_, i) => sum(truth[i]!) > 1);
  return {
    exact,
    scores: {
      microF1: micro.f1,
      macroF1: macro.f1,
      subsetAccuracy: shareOf(exact),
      subsetAccuracyOfSeveral: ofSeveral.length === 0
        ? null
        : ofSeveral.filter(Boolean).length / ofSeveral.length,
      genresGiven: sum(given.map(sum)) / given.length,
    },
  };
}

/** Comparisons as rows of a table; where several models are compared each is named in the first of its rows, with which the others are compared. */
export function severalGenresTable(
  comparisons: readonly SeveralGenresComparison[],
): Record<string, string>[] {
  return comparisons.flatMap(({ model, results }) =>
    results.map(({ method, accuracy, tuned, untuned, p }, i) => ({
      ...(comparisons.length > 1 && { "모델 · model": i === 0 ? bilingual(model) : "" }),
      "방법 · way": method,
      "곡별 정확도 · accuracy per song": estimateText(accuracy),
      "micro-F1 (0.5)": untuned.microF1.toFixed(3),
      "macro-F1 (0.5)": untuned.macroF1.toFixed(3),
      "집합 일치 · exact sets (0.5)": estimateText(untuned.subsetAccuracy),
      "micro-F1 (조정 · tuned)": tuned.microF1.toFixed(3),
      "macro-F1 (조정 · tuned)": tuned.macroF1.toFixed(3),
      "집합 일치 · exact sets (조정 · tuned)": estimateText(tuned.subsetAccuracy),
      "곡당 장르 · genres a song (조정 · tuned)": tuned.genresGiven.toFixed(2),
      "p: 정확도, 집합, 집합 조정 · accuracy, sets, tuned": i === 0
        ? "–"
        : [p.accuracy, p.subset, p.subsetTuned].map(pText).join(", "),
    }))
  );
}

/** The ways side by side, by the likeliest genre and by exact sets of genres, with intervals: for a figure. */
export function severalGenresSeries(comparisons: readonly SeveralGenresComparison[]): GroupSeries {
  return comparisons.flatMap(({ model, songs, results }) =>
    results.map(({ method, accuracy, untuned, tuned }) => {
      const group = (group: string, accuracy: Estimate) => ({
        group,
        count: songs.test,
        correct: Math.round(accuracy.value * songs.test),
        accuracy,
      });
      return {
        name: comparisons.length > 1 ? `${model.ko}: ${method}` : method,
        groups: [
          group("가장 그럴듯한 장르 · likeliest genre", accuracy),
          group("장르 집합 · exact set, 0.5", untuned.subsetAccuracy),
          group("장르 집합 · exact set, tuned", tuned.subsetAccuracy),
        ],
      };
    })
  );
}

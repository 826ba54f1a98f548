/**
 * Songs of several genres, three ways: the study's oversampling (an instance for each genre and artist), weights that make
 * each song count once, and a yes or no for each genre (sigmoid). Which is better?
 */
import {
  applyThresholds,
  argmax,
  checkLengths,
  type Estimate,
  fitLogisticRegression,
  fitNgrams,
  fitThresholds,
  linearProbabilities,
  mcNemar,
  multilabelScores,
  type Rows,
  textBaseline,
  transformTexts,
  wilsonInterval,
} from "../evaluation/mod.ts";
import { instances, type Song } from "../songs/mod.ts";
import type { Recipe } from "../training/mod.ts";
import { predictionsAfterTraining, type SideTrainingOptions, type SongSides } from "./side_training.ts";
import type { GroupOfSongs } from "./song_groups.ts";

/** How a song of several genres is learnt. */
export type SeveralGenresWay = "oversampling" | "weights" | "sigmoid";

/** All ways, the study's first. */
export const SEVERAL_GENRES_WAYS: readonly SeveralGenresWay[] = ["oversampling", "weights", "sigmoid"];

/** The ways' names, in Korean and English. */
export const SEVERAL_GENRES_NAMES: Readonly<Record<SeveralGenresWay, string>> = {
  oversampling: "오버샘플링 · oversampling (the study's)",
  weights: "곡마다 가중치 · weights, each song counts once",
  sigmoid: "장르마다 예/아니오 · multi-label (sigmoid)",
};

/** Something that can learn each way. */
export interface SeveralGenresModel {
  name: string;
  /**
   * Learns from the training songs.
   *
   * @returns probabilities of the validation and then the test songs, rows [song][genre]: each row sums to 1, or with
   * `sigmoid` each genre's own
   */
  learn(way: SeveralGenresWay, sides: SongSides, labels: readonly string[]): Promise<Rows>;
}

/** Scores of sets of genres. */
export interface GenreSetScores {
  /** F1 over all (song, genre) decisions. */
  microF1: number;
  /** Mean F1 over genres. */
  macroF1: number;
  /** Share of songs that got exactly their genres, with Wilson's interval. */
  subsetAccuracy: Estimate;
  /** The same among songs of several genres; null where there is none. */
  subsetAccuracyOfSeveral: number | null;
  /** Mean number of genres a song got. */
  genresGiven: number;
}

/** One way's test figures. */
export interface SeveralGenresResult {
  way: SeveralGenresWay;
  method: string;
  /** The likeliest genre is any of the song's: share of songs, with Wilson's interval. */
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
  /** Next to nothing where the model had learnt that way before. */
  trainSeconds: number;
}

/** {@link compareSeveralGenres}'s result; the file `multilabel.json` holds a list of them. */
export interface SeveralGenresComparison {
  model: string;
  labels: readonly string[];
  songs: { train: number; validation: number; test: number };
  /** Songs of several genres among them. */
  several: { train: number; validation: number; test: number };
  results: SeveralGenresResult[];
}

/** The file `multilabel.json`. */
export interface SeveralGenresFile {
  comparisons: SeveralGenresComparison[];
}

/**
 * {@link compareSeveralGenres} for several models, one after the other.
 *
 * @param options.onWay is told the how-manieth of all comes next (`2/6`), and what it is
 */
export async function compareSeveralGenresOf(
  sides: SongSides,
  labels: readonly string[],
  models: readonly SeveralGenresModel[],
  options: { onWay?: (place: string, model: string, method: string) => void | Promise<void> } = {},
): Promise<SeveralGenresComparison[]> {
  const comparisons: SeveralGenresComparison[] = [];
  let ways = 0;
  for (const model of models) {
    const onWay = (method: string) =>
      options.onWay?.(`${++ways}/${models.length * SEVERAL_GENRES_WAYS.length}`, model.name, method);
    comparisons.push(await compareSeveralGenres(sides, labels, model, { onWay }));
  }
  return comparisons;
}

/**
 * Trains a model each way on the same songs and measures it on the same test songs: the likeliest genre, and sets of genres.
 * Thresholds are tuned on validation songs for each way alike, so that a softmax may give several genres, too.
 *
 * @param options.onWay is told what is learnt next
 */
export async function compareSeveralGenres(
  sides: SongSides,
  labels: readonly string[],
  model: SeveralGenresModel,
  options: { onWay?: (method: string) => void | Promise<void> } = {},
): Promise<SeveralGenresComparison> {
  const { train, validation, test } = sides;
  const results:
    (SeveralGenresResult & Pick<ReturnType<typeof measureSets>, "right" | "exact" | "exactTuned">)[] = [];
  for (const way of SEVERAL_GENRES_WAYS) {
    const method = SEVERAL_GENRES_NAMES[way];
    await options.onWay?.(method);
    const startedAt = performance.now();
    const rows = Array.from(await model.learn(way, sides, labels));
    const trainSeconds = (performance.now() - startedAt) / 1000;
    checkLengths("compareSeveralGenres", { songs: [...validation, ...test], probabilities: rows });
    const measured = measureSets(
      { songs: validation, probabilities: rows.slice(0, validation.length) },
      { songs: test, probabilities: rows.slice(validation.length) },
      labels,
    );
    const first = results[0] ?? measured;
    results.push({
      way,
      method,
      ...measured,
      p: {
        accuracy: mcNemar(measured.right, first.right).exactP,
        subset: mcNemar(measured.exact, first.exact).exactP,
        subsetTuned: mcNemar(measured.exactTuned, first.exactTuned).exactP,
      },
      trainSeconds,
    });
  }
  const counts = (count: (songs: readonly Song[]) => number) => ({
    train: count(train),
    validation: count(validation),
    test: count(test),
  });
  return {
    model: model.name,
    labels,
    songs: counts((songs) => songs.length),
    several: counts((songs) => songs.filter(hasSeveral).length),
    results: results.map(({ right: _, exact: __, exactTuned: ___, ...result }) => result),
  };
}

const hasSeveral = ({ genres }: Song) => genres.length > 1;

interface ScoredSongs {
  songs: readonly Song[];
  /** Rows [song][genre]. */
  probabilities: Rows;
}

/** Test figures of genre probabilities, with thresholds tuned on validation songs. */
export function measureSets(validation: ScoredSongs, test: ScoredSongs, labels: readonly string[]) {
  const truth = genreSets(test.songs, labels);
  const right = truth.map((row, i) => row[argmax(test.probabilities[i]!)] === 1);
  const rows = instances(test.songs, { oversample: true });
  const likeliest = new Map(test.songs.map(({ id }, i) => [id, labels[argmax(test.probabilities[i]!)]]));
  const thresholds = fitThresholds(genreSets(validation.songs, labels), validation.probabilities);
  const untuned = scoreSets(truth, test.probabilities, labels.map(() => 0.5));
  const tuned = scoreSets(truth, test.probabilities, thresholds);
  return {
    accuracy: wilsonInterval(right.filter(Boolean).length, right.length),
    accuracyPerInstance: rows.filter(({ songId, genre }) => likeliest.get(songId) === genre).length /
      rows.length,
    untuned: untuned.scores,
    tuned: tuned.scores,
    thresholds: Array.from(thresholds),
    right,
    exact: untuned.exact,
    exactTuned: tuned.exact,
  };
}

/** The genres of songs as rows [song][genre] of 0 and 1; a genre outside the labels is left out. */
export function genreSets(songs: readonly Song[], labels: readonly string[]): Uint8Array[] {
  return songs.map(({ genres }) => Uint8Array.from(labels, (label) => genres.includes(label) ? 1 : 0));
}

function scoreSets(
  truth: readonly Uint8Array[],
  probabilities: Rows,
  thresholds: ArrayLike<number>,
): { scores: GenreSetScores; exact: boolean[] } {
  const given = applyThresholds(probabilities, thresholds, { atLeastOne: true });
  const { micro, macro } = multilabelScores(truth, given);
  const exact = truth.map((row, i) => row.every((value, k) => value === given[i]![k]));
  const ofSeveral = exact.filter((_, i) => truth[i]!.reduce((sum, value) => sum + value, 0) > 1);
  return {
    exact,
    scores: {
      microF1: micro.f1,
      macroF1: macro.f1,
      subsetAccuracy: wilsonInterval(exact.filter(Boolean).length, exact.length),
      subsetAccuracyOfSeveral: ofSeveral.length === 0
        ? null
        : ofSeveral.filter(Boolean).length / ofSeveral.length,
      genresGiven: given.reduce((sum, row) => sum + row.reduce((count, value) => count + value, 0), 0) /
        given.length,
    },
  };
}

/**
 * TF-IDF with logistic regression: among all genres for the first two ways, one for each genre with `sigmoid`.
 *
 * @param options.tolerance of the fits' gradient, 1e-4 by default
 * @param options.iteration is told of each iteration of the fits
 */
export function regressionOfGenres(
  { tolerance = 1e-4, iteration = () => {} }: {
    tolerance?: number;
    iteration?: (iteration: number) => void;
  } = {},
): SeveralGenresModel {
  return {
    name: "TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression",
    async learn(way, { train, validation, test }, labels) {
      const others = [...validation, ...test].map(({ lyrics }) => lyrics);
      if (way !== "sigmoid") {
        const rows = instances(train, { oversample: way === "oversampling" });
        const { probabilities } = await textBaseline({
          train: {
            texts: rows.map(({ text }) => text),
            labels: rows.map(({ genre }) => genre),
            weights: rows.map(({ weight }) => weight),
          },
          test: { texts: others },
        }, {
          classes: labels,
          tolerance,
          onProgress: (progress) => progress.stage === "fit" ? iteration(progress.iteration) : undefined,
        });
        return probabilities;
      }
      // the terms and C of textBaseline
      const { vectorizer, matrix } = fitNgrams(train.map(({ lyrics }) => lyrics));
      const wanted = transformTexts(vectorizer, others);
      const sets = genreSets(train, labels);
      const columns: ArrayLike<number>[] = [];
      for (let k = 0; k < labels.length; k++) {
        const has = sets.map((row) => row[k]!);
        const songs = has.reduce((sum, value) => sum + value, 0);
        if (songs === 0 || songs === has.length) {
          columns.push(new Float64Array(others.length).fill(songs === 0 ? 0 : 1));
          continue;
        }
        const model = await fitLogisticRegression(matrix, has, {
          C: 3,
          tolerance,
          onIteration: (progress) => iteration(progress.iteration),
        });
        columns.push(linearProbabilities(model, wanted).map((row) => row[1]!));
      }
      return others.map((_, i) => Float64Array.from(columns, (column) => column[i]!));
    },
  };
}

/** What {@link transformerOfGenres} can be told. */
export interface TransformerOfGenresOptions extends SideTrainingOptions {
  /**
   * Probabilities of the validation and then the test songs by a model that has learnt from these songs by this recipe: where
   * the recipe oversamples, that way is not trained again.
   */
  learnt?: Rows;
}

/**
 * A transformer, trained anew each way by one recipe; the best epoch on validation songs is taken (by accuracy, with
 * `sigmoid` by micro-F1).
 *
 * @param source as `loadClassifier` takes it
 */
export function transformerOfGenres(
  source: string,
  recipe: Recipe,
  { learnt, ...options }: TransformerOfGenresOptions = {},
): SeveralGenresModel {
  return {
    name: source,
    async learn(way, sides, labels) {
      if (way === "oversampling" && recipe.oversample && learnt !== undefined) return learnt;
      const multiLabel = way === "sigmoid";
      const wayRecipe: Recipe = {
        ...recipe,
        oversample: way === "oversampling",
        multiLabel,
        ...(multiLabel && { bestMetric: "microF1", labelSmoothing: 0 }),
      };
      const scored = await predictionsAfterTraining(source, labels, sides, wayRecipe, options);
      return scored.map(({ probabilities }) => probabilities);
    },
  };
}

/** What learns each way: n-grams, and where the budget allows the transformer. */
export function modelsOfGenres(
  budget: { severalGenres: boolean; tolerance: number },
  source: string,
  recipe: Recipe,
  options: TransformerOfGenresOptions & { iteration?: (iteration: number) => void } = {},
): SeveralGenresModel[] {
  const { tolerance } = budget, { iteration } = options;
  return [
    regressionOfGenres({ tolerance, ...(iteration && { iteration }) }),
    ...(budget.severalGenres ? [transformerOfGenres(source, recipe, options)] : []),
  ];
}

/** Comparisons as rows of a table. */
export function severalGenresTable(
  comparisons: readonly SeveralGenresComparison[],
): Record<string, string>[] {
  const rows = comparisons.flatMap(({ model, results }) => results.map((result) => ({ model, ...result })));
  return rows.map(({ model, method, accuracy: { value, low, high }, tuned, untuned }) => ({
    "모델 · model": model.split(" · ").at(-1)!,
    "방법 · way": method,
    "곡별 정확도 · accuracy per song": `${value.toFixed(3)} (${low.toFixed(2)}–${high.toFixed(2)})`,
    "micro-F1 (0.5)": untuned.microF1.toFixed(3),
    "macro-F1 (0.5)": untuned.macroF1.toFixed(3),
    "집합 일치 · exact sets (0.5)": untuned.subsetAccuracy.value.toFixed(3),
    "micro-F1 (조정 · tuned)": tuned.microF1.toFixed(3),
    "macro-F1 (조정 · tuned)": tuned.macroF1.toFixed(3),
    "집합 일치 · exact sets (조정 · tuned)": tuned.subsetAccuracy.value.toFixed(3),
    "곡당 장르 · genres a song (조정 · tuned)": tuned.genresGiven.toFixed(2),
  }));
}

/** The ways side by side, by the likeliest genre and by exact sets of genres, with intervals: for a figure. */
export function severalGenresSeries(
  comparisons: readonly SeveralGenresComparison[],
): { name: string; groups: GroupOfSongs[] }[] {
  return comparisons.flatMap(({ model, songs, results }) =>
    results.map(({ method, accuracy, untuned, tuned }) => {
      const group = (group: string, accuracy: Estimate): GroupOfSongs => ({
        group,
        count: songs.test,
        correct: Math.round(accuracy.value * songs.test),
        accuracy,
      });
      return {
        name: comparisons.length > 1 ? `${model.split(" · ").at(-1)}: ${method}` : method,
        groups: [
          group("가장 그럴듯한 장르 · likeliest genre", accuracy),
          group("장르 집합 · exact set, 0.5", untuned.subsetAccuracy),
          group("장르 집합 · exact set, tuned", tuned.subsetAccuracy),
        ],
      };
    })
  );
}

/** The answer in words: which way is best by each measure, and whether the difference to the study's could be chance. */
export function severalGenresText(comparisons: readonly SeveralGenresComparison[]): string {
  return comparisons.map(({ model, songs, several, results }) => {
    const sets = results.flatMap(({ way, untuned, tuned }) => [
      { name: `${way} at 0.5`, ...untuned },
      { name: `${way} tuned`, ...tuned },
    ]);
    const best = <T extends { name: string }>(
      candidates: readonly T[],
      measure: (candidate: T) => number,
    ) => {
      const winner = candidates.reduce((a, b) => measure(b) > measure(a) ? b : a);
      return `${winner.name} (${measure(winner).toFixed(3)})`;
    };
    const likeliest = best(
      results.map(({ way, accuracy }) => ({ name: way, accuracy: accuracy.value })),
      ({ accuracy }) => accuracy,
    );
    const tests = results.slice(1).map(({ way, p }) =>
      `${way} ${p.accuracy.toFixed(2)} for the likeliest genre, ${
        p.subset.toFixed(2)
      } for exact sets at 0.5, ` +
      `${p.subsetTuned.toFixed(2)} tuned`
    );
    return [
      `${model.split(" · ").at(-1)}: ${several.test} of ${songs.test} test songs have several genres.`,
      `Best by the likeliest genre: ${likeliest}; by micro-F1: ${best(sets, ({ microF1 }) => microF1)}; ` +
      `by macro-F1: ${best(sets, ({ macroF1 }) => macroF1)}; by exact sets: ` +
      `${best(sets, ({ subsetAccuracy }) => subsetAccuracy.value)}.`,
      `McNemar's exact p against oversampling: ${tests.join("; ")}.`,
    ].join("\n");
  }).join("\n\n");
}

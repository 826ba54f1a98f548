/**
 * Memory of artists or understanding of lyrics? The artist idea where test songs are by artists of the training songs (split
 * song by song), and where they are not (split artist by artist).
 */
import type pl from "nodejs-polars";
import { UserError } from "../ground/errors.ts";
import { type Estimate, mcNemar, type Rows, textBaseline, wilsonInterval } from "../evaluation/mod.ts";
import { genresOf, instances, songRows, type SplitBy, splitSongs } from "../songs/mod.ts";
import type { Recipe } from "../training/mod.ts";
import { ARTIST_BUCKETS } from "./artist_prior.ts";
import { type ArtistComparison, type ArtistIdeaResult, compareArtistIdeas } from "./artist_comparison.ts";
import { predictionsAfterTraining, type SideTrainingOptions, type SongSides } from "./side_training.ts";
import { ARTIST_BUCKET_NAMES, type GroupOfSongs } from "./song_groups.ts";
import { artistSongsOf } from "./verdict.ts";

/** A model of the lyrics: learns from songs and scores others. */
export interface LyricsModel {
  name: string;
  /**
   * @param sides of the split
   * @param labels the genres, in the order of the scores' columns
   * @returns scores of the validation and then the test songs, rows [song][class]: logits or log-probabilities
   */
  score(sides: SongSides, labels: readonly string[]): Promise<Rows>;
}

/** The artist idea on one split. */
export interface ArtistSplitResult {
  by: SplitBy;
  /** Of the lyrics. */
  model: string;
  /** Numbers of songs. */
  songs: { train: number; validation: number; test: number };
  /** Test songs of which no artist has a training song. */
  unknownArtists: number;
  comparison: ArtistComparison;
}

/**
 * The artist idea with one lyrics model on one split of the songs: everything is learnt and tuned anew on that split's own
 * training and validation songs.
 *
 * @param songs cleaned songs with genres
 * @throws RangeError as {@link splitSongs} and {@link compareArtistIdeas}
 */
export async function artistIdeaOnSplit(
  songs: pl.DataFrame,
  by: SplitBy,
  model: LyricsModel,
  options: { seed: number },
): Promise<ArtistSplitResult> {
  const split = splitSongs(songs, { validation: 0.1, test: 0.1, seed: options.seed, by });
  const labels = genresOf(split.train);
  const sides = {
    train: songRows(split.train),
    validation: songRows(split.validation),
    test: songRows(split.test),
  };
  return artistIdea(sides, labels, by, model.name, await model.score(sides, labels));
}

/** {@link artistIdeaOnSplits}'s result. */
export interface ArtistSplits {
  results: ArtistSplitResult[];
  /** Why a split was left out; empty as a rule. */
  notes: string[];
}

/**
 * The artist idea with several lyrics models on several splits, in that order. A split that these songs do not allow (one
 * artist has nearly all of them, or no song has an artist) is left out, with a note that says why.
 *
 * @param options.onRun is told the how-manieth of all comes next (`2/3`), and what it is
 */
export async function artistIdeaOnSplits(
  songs: pl.DataFrame,
  runs: readonly { by: SplitBy; model: LyricsModel }[],
  options: { seed: number; onRun?: (place: string, model: string, by: SplitBy) => void | Promise<void> },
): Promise<ArtistSplits> {
  const results: ArtistSplitResult[] = [], notes: string[] = [];
  const anyArtist = songRows(songs).some(({ artists }) => artists.length > 0);
  for (const [i, { by, model }] of runs.entries()) {
    if (by === "artist" && !anyArtist) {
      notes.push(`${model.name}, split by artist: left out, for no song has an artist.`);
      continue;
    }
    try {
      splitSongs(songs, { validation: 0.1, test: 0.1, seed: options.seed, by });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      notes.push(`${model.name}, split by ${by}: ${error.message}`);
      continue;
    }
    await options.onRun?.(`${i + 1}/${runs.length}`, model.name, by);
    results.push(await artistIdeaOnSplit(songs, by, model, options));
  }
  return { results, notes };
}

/**
 * What the artist idea is tried on beside the model at hand: n-grams on both splits, and where the budget allows the
 * transformer, trained anew, on the split by artist.
 */
export function artistRuns(
  budget: { artistSplit: boolean; tolerance: number },
  source: string,
  recipe: Recipe,
  options: SideTrainingOptions & { iteration?: (iteration: number) => void } = {},
): { by: SplitBy; model: LyricsModel }[] {
  const { iteration: onIteration, ...training } = options;
  const words = regressionLyricsModel({ tolerance: budget.tolerance, ...(onIteration && { onIteration }) });
  return [
    { by: "song", model: words },
    { by: "artist", model: words },
    ...(budget.artistSplit
      ? [{ by: "artist" as const, model: transformerLyricsModel(source, recipe, training) }]
      : []),
  ];
}

/**
 * The same where the scores are there already.
 *
 * @param scores of the validation and then the test songs
 */
export function artistIdea(
  { train, validation, test }: SongSides,
  labels: readonly string[],
  by: SplitBy,
  model: string,
  scores: Rows,
): ArtistSplitResult {
  const rows = Array.from(scores);
  const comparison = compareArtistIdeas({
    train: artistSongsOf(train, labels),
    validation: { ...artistSongsOf(validation, labels), logits: rows.slice(0, validation.length) },
    test: { ...artistSongsOf(test, labels), logits: rows.slice(validation.length) },
  }, { classes: labels.length });
  return {
    by,
    model,
    songs: { train: train.length, validation: validation.length, test: test.length },
    unknownArtists: comparison.bucketSizes["0"],
    comparison,
  };
}

/**
 * TF-IDF with logistic regression as a model of the lyrics; its scores are log-probabilities.
 *
 * @param options.tolerance of the fit's gradient, 1e-4 by default
 */
export function regressionLyricsModel(
  { tolerance = 1e-4, onIteration }: {
    tolerance?: number;
    onIteration?: (iteration: number) => void | Promise<void>;
  } = {},
): LyricsModel {
  return {
    name: "TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression",
    async score({ train, validation, test }, labels) {
      const rows = instances(train, { oversample: true });
      const { probabilities } = await textBaseline({
        train: { texts: rows.map(({ text }) => text), labels: rows.map(({ genre }) => genre) },
        test: { texts: [...validation, ...test].map(({ lyrics }) => lyrics) },
      }, {
        classes: labels,
        tolerance,
        ...(onIteration && {
          onProgress: ({ stage, iteration }) => stage === "fit" ? onIteration(iteration) : undefined,
        }),
      });
      // a genre without any training instance has probability 0
      return probabilities.map((row) => row.map((share) => Math.log(Math.max(share, 1e-12))));
    },
  };
}

/**
 * A transformer as a model of the lyrics, trained anew on the split's own training songs; the best epoch on its validation
 * songs is taken.
 *
 * @param source as `loadClassifier` takes it
 */
export function transformerLyricsModel(
  source: string,
  recipe: Recipe,
  options: SideTrainingOptions = {},
): LyricsModel {
  return {
    name: source,
    async score(sides, labels) {
      const scored = await predictionsAfterTraining(source, labels, sides, recipe, options);
      return scored.map(({ logits }) => logits);
    },
  };
}

/** The methods that the tables and figures of the artist idea show, by a word for each. */
export type ArtistMethod =
  | "majority"
  | "artist"
  | "lyrics"
  | "naive"
  | "mended"
  | "fitted"
  | "product"
  | "bayes";

const METHODS: readonly ArtistMethod[] = [
  "majority",
  "artist",
  "lyrics",
  "naive",
  "mended",
  "fitted",
  "product",
  "bayes",
];

/** One method's result of a comparison. */
export function artistResult({ results }: ArtistComparison, method: ArtistMethod): ArtistIdeaResult {
  return results[METHODS.indexOf(method)]!;
}

/** A method's accuracy by how many training songs the artist has; buckets without test songs are left out. */
export function artistGroups({ bucketSizes }: ArtistComparison, result: ArtistIdeaResult): GroupOfSongs[] {
  return ARTIST_BUCKETS.filter((bucket) => bucketSizes[bucket] > 0).map((bucket) => {
    const count = bucketSizes[bucket], correct = result.correctByBucket[bucket];
    return { group: ARTIST_BUCKET_NAMES[bucket], count, correct, accuracy: wilsonInterval(correct, count) };
  });
}

/** Lyrics alone, the study's rule mended and fitted, and the prior, by how well the artist is known: for a figure. */
export function artistBucketSeries(comparison: ArtistComparison): { name: string; groups: GroupOfSongs[] }[] {
  const names: Partial<Record<ArtistMethod, string>> = {
    artist: "가수의 최빈 장르 · artist's most frequent genre",
    lyrics: "가사만 · lyrics alone",
    fitted: "연구의 규칙 수정 · study's rule, mended and fitted",
    product: "가사 + 가수 사전확률 · lyrics and artist prior",
  };
  return Object.entries(names).map(([key, name]) => ({
    name,
    groups: artistGroups(comparison, artistResult(comparison, key as ArtistMethod)),
  }));
}

/** What `artist.json` in a run's folder holds of one split. */
export interface ArtistSplitFile {
  /** `song` or `artist`: what was kept together by the split. */
  by: SplitBy;
  model: string;
  songs: ArtistSplitResult["songs"];
  unknownArtists: number;
  /** Chosen on validation songs; `factor` is the mended rule's multiplier. */
  fitted: { factor: number; alphaProduct: number; alphaBayes: number; strength: number };
  /** The study's rule as it was: logits it multiplied, and those of them that it lowered. */
  naive: ArtistComparison["naive"];
  methods: {
    key: ArtistMethod;
    method: string;
    /** Per song, right if any of its genres, with Wilson's 95 % interval. */
    accuracy: Estimate;
    macroF1: number;
    logLoss: number | null;
    /** Songs it got right where the lyrics alone did not, and the other way round; McNemar's exact p of the two. */
    mended: number;
    spoilt: number;
    p: number;
    /** By training songs of the artist. */
    byArtist: GroupOfSongs[];
  }[];
}

/** The file `artist.json`: one entry for each split and lyrics model. */
export interface ArtistFile {
  splits: ArtistSplitFile[];
}

/** Results of the artist idea as `artist.json` holds them. */
export function artistFile(results: readonly ArtistSplitResult[]): ArtistFile {
  return {
    splits: results.map(({ by, model, songs, unknownArtists, comparison }) => {
      const { fits, prior, naive } = comparison;
      const lyrics = artistResult(comparison, "lyrics");
      return {
        by,
        model,
        songs,
        unknownArtists,
        fitted: {
          factor: Math.exp(fits.mendedRule.alpha),
          alphaProduct: fits.product.alpha,
          alphaBayes: fits.bayes.alpha,
          strength: prior.strength,
        },
        naive,
        methods: METHODS.map((key) => {
          const result = artistResult(comparison, key);
          const { method, accuracy, macroF1, logLoss, mended, spoilt, correct } = result;
          return {
            key,
            method,
            accuracy,
            macroF1,
            logLoss,
            mended,
            spoilt,
            p: mcNemar(correct, lyrics.correct).exactP,
            byArtist: artistGroups(comparison, result),
          };
        }),
      };
    }),
  };
}

/** The same methods on several splits beside each other, as rows of a table: accuracy per song with its interval. */
export function artistSplitTable(results: readonly ArtistSplitResult[]): Record<string, string>[] {
  const columns = results.map(({ by, model, songs, unknownArtists }) => {
    const split = by === "song" ? "곡별 분할 · by song" : "가수별 분할 · by artist";
    return `${split}, ${model.split(" · ").at(-1)} (${unknownArtists} of ${songs.test} unknown)`;
  });
  const names: Partial<Record<ArtistMethod, string>> = {
    majority: "최빈 장르 · majority class",
    artist: "가수의 최빈 장르 · artist's most frequent genre",
    lyrics: "가사만 · lyrics alone",
    fitted: "연구의 규칙 수정 · study's rule, mended and fitted",
    product: "가사 + 가수 사전확률 · lyrics and artist prior",
  };
  return Object.entries(names).map(([key, name]) => ({
    "방법 · method": name,
    ...Object.fromEntries(results.map(({ comparison }, i) => {
      const { value, low, high } = artistResult(comparison, key as ArtistMethod).accuracy;
      return [columns[i]!, `${value.toFixed(3)} (${low.toFixed(2)}–${high.toFixed(2)})`];
    })),
  }));
}

/** The same for a figure: a method a series, a split a group. */
export function artistSplitSeries(
  results: readonly ArtistSplitResult[],
): { name: string; groups: GroupOfSongs[] }[] {
  const names: Partial<Record<ArtistMethod, string>> = {
    artist: "가수의 최빈 장르 · artist's most frequent genre",
    lyrics: "가사만 · lyrics alone",
    product: "가사 + 가수 사전확률 · lyrics and artist prior",
  };
  return Object.entries(names).map(([key, name]) => ({
    name,
    groups: results.map(({ by, model, songs, comparison }) => {
      const { accuracy, correct } = artistResult(comparison, key as ArtistMethod);
      return {
        group: `${by === "song" ? "곡별 분할 · by song" : "가수별 분할 · by artist"}\n${
          model.split(" · ").at(-1)
        }`,
        count: songs.test,
        correct: correct.filter(Boolean).length,
        accuracy,
      };
    }),
  }));
}

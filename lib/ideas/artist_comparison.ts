import {
  argmax,
  checkLengths,
  checkRows,
  macroF1,
  softmax,
  textTable,
  wilsonInterval,
} from "../evaluation/mod.ts";
import type { Estimate, Rows } from "../evaluation/mod.ts";
import {
  ARTIST_BUCKETS,
  artistBonus,
  artistBuckets,
  artistMajority,
  fitAlpha,
  fitArtistPrior,
  genreRows,
  knownGenreBonus,
  meanLogLoss,
  mendedRule,
  naiveRule,
  withBonus,
} from "./artist_prior.ts";
import type { AlphaFit, ArtistPrior, ArtistSongs } from "./artist_prior.ts";

/** Songs with the lyrics model's scores. */
export interface ScoredSongs extends ArtistSongs {
  /** Rows [song][class], as the model gives them: the naive rule depends on their signs. */
  logits: Rows;
}

/** One method's line of {@link compareArtistIdeas}; all figures are per song, right if any of its genres. */
export interface ArtistIdeaResult {
  method: string;
  /** The interval is Wilson's. */
  accuracy: Estimate;
  /** Macro-F1 of the credited genre: the predicted one where right, else the song's main (largest, first) genre. */
  macroF1: number;
  /** Mean −ln P(genre) in nats; null for a method that gives no probabilities. */
  logLoss: number | null;
  /** Songs that this method got right and the lyrics alone wrong, and the other way round. */
  mended: number;
  spoilt: number;
  /** Accuracy by how many training songs the artist has; null where no test song falls in the bucket. */
  byBucket: Record<(typeof ARTIST_BUCKETS)[number], number | null>;
  /** Right test songs in each bucket. */
  correctByBucket: Record<(typeof ARTIST_BUCKETS)[number], number>;
  /** Class index per test song. */
  predictions: Int32Array;
  /** Whether each test song was right, for mcNemar and bootstrapInterval. */
  correct: boolean[];
}

/** {@link compareArtistIdeas}'s result. */
export interface ArtistComparison {
  results: ArtistIdeaResult[];
  prior: ArtistPrior;
  /** Test songs by how many training songs their artist has. */
  bucketSizes: Record<(typeof ARTIST_BUCKETS)[number], number>;
  /** The naive rule on test songs: logits multiplied, and how many of them it lowered since they were negative. */
  naive: { multiplied: number; lowered: number };
  /** The searches on validation songs; the rule's factor is e^alpha. */
  fits: { mendedRule: AlphaFit; product: AlphaFit; bayes: AlphaFit };
}

/**
 * All forms of the artist idea beside each other on the same test songs: majority class, the artist's most frequent
 * genre, lyrics alone, the study's rule naive and mended, the mended rule with a fitted factor, and the probabilistic
 * prior in both forms. Artists are counted in training songs, strengths fitted on validation songs, and test songs only
 * measured.
 *
 * @param songs.train need no logits
 * @param options.classes number of genres
 * @param options.factor the study's, 1.5 by default
 * @param options.criterion what {@link fitAlpha} fits by, `"logLoss"` by default
 * @param options.prior a prior already fitted on the training songs
 * @throws RangeError on empty or unequally long input, NaN, or genres that do not fit the classes
 * @example
 * ```ts
 * const comparison = compareArtistIdeas({ train, validation, test }, { classes: genres.length });
 * console.log(comparisonText(comparison));
 * ```
 */
export function compareArtistIdeas(
  songs: { train: ArtistSongs; validation: ScoredSongs; test: ScoredSongs },
  options: { classes: number; factor?: number; criterion?: "logLoss" | "accuracy"; prior?: ArtistPrior },
): ArtistComparison {
  const { classes, factor = 1.5, criterion } = options;
  const { train, validation, test } = songs;
  for (const [name, { artists, genres, logits }] of Object.entries({ validation, test })) {
    const where = `compareArtistIdeas, ${name} songs`;
    checkLengths(where, { artists, genres, logits });
    const columns = checkRows(where, "logits", logits);
    if (columns !== classes) {
      throw new RangeError(`${where}: logits have ${columns} columns for ${classes} classes.`);
    }
  }
  const prior = options.prior ?? fitArtistPrior(train, { classes });
  const fit = (bonus: ReturnType<typeof artistBonus>) =>
    fitAlpha({ logits: validation.logits, bonus, genres: validation.genres }, { criterion });
  const fits = {
    mendedRule: fit(knownGenreBonus(prior, validation.artists)),
    product: fit(artistBonus(prior, validation.artists, "product")),
    bayes: fit(artistBonus(prior, validation.artists, "bayes")),
  };
  const naive = naiveRule(test.logits, prior, test.artists, factor);
  const fittedFactor = Math.exp(fits.mendedRule.alpha);

  const buckets = artistBuckets(prior, test.artists);
  const truth = genreRows("compareArtistIdeas", test.genres, classes);
  const lyrics = predictionsOf(softmax(test.logits));
  const lyricsRight = truth.map((row, i) => row[lyrics[i]!]! > 0);
  const measure = (method: string, predictions: Int32Array, probabilities: Rows | null): ArtistIdeaResult => {
    const correct = truth.map((row, i) => row[predictions[i]!]! > 0);
    const credited = truth.map((row, i) => correct[i] ? predictions[i]! : argmax(row));
    const rightIn = (bucket: string) => correct.filter((right, i) => right && buckets[i] === bucket).length;
    return {
      method,
      accuracy: wilsonInterval(correct.filter(Boolean).length, correct.length),
      macroF1: macroF1(credited, predictions),
      logLoss: probabilities && meanLogLoss(truth, probabilities),
      mended: correct.filter((right, i) => right && !lyricsRight[i]).length,
      spoilt: correct.filter((right, i) => !right && lyricsRight[i]).length,
      byBucket: byBucket((bucket) => share(correct.filter((_, i) => buckets[i] === bucket))),
      correctByBucket: byBucket(rightIn),
      predictions,
      correct,
    };
  };
  const scored = (method: string, probabilities: Rows) =>
    measure(method, predictionsOf(probabilities), probabilities);
  const priorAlone = (alpha: number, form: "product" | "bayes") =>
    withBonus(test.logits, artistBonus(prior, test.artists, form), alpha);
  return {
    results: [
      scored("최빈 장르 · majority class", truth.map(() => prior.genreShares)),
      measure("가수의 최빈 장르 · artist's most frequent genre", artistMajority(prior, test.artists), null),
      scored("가사만 · lyrics alone", softmax(test.logits)),
      scored(`연구의 규칙 그대로 ×${factor} · study's rule, naive`, softmax(naive.logits)),
      scored(
        `연구의 규칙 수정 ×${factor} · study's rule, mended`,
        mendedRule(test.logits, prior, test.artists, factor),
      ),
      scored(
        `연구의 규칙 수정 ×${fittedFactor.toFixed(2)} · mended, factor fitted`,
        mendedRule(test.logits, prior, test.artists, fittedFactor),
      ),
      scored(
        `가수 사전확률 α=${fits.product.alpha} · artist prior`,
        priorAlone(fits.product.alpha, "product"),
      ),
      scored(
        `가수 사전확률/장르 비율 α=${fits.bayes.alpha} · artist prior over genre share`,
        priorAlone(fits.bayes.alpha, "bayes"),
      ),
    ],
    prior,
    bucketSizes: byBucket((bucket) => buckets.filter((other) => other === bucket).length),
    naive: { multiplied: naive.multiplied, lowered: naive.lowered },
    fits,
  };
}

/** The comparison as a text table, and a sentence on what the naive rule does. */
export function comparisonText(comparison: ArtistComparison): string {
  const { results, bucketSizes, naive } = comparison;
  const number = (value: number | null) => value === null ? "–" : value.toFixed(3);
  const table = textTable([
    [
      "방법 · method",
      "accuracy",
      "macro-F1",
      "log loss",
      "mended",
      "spoilt",
      ...ARTIST_BUCKETS.map((bucket) => `${bucket} songs (${bucketSizes[bucket]})`),
    ],
    ...results.map((result) => [
      result.method,
      number(result.accuracy.value),
      number(result.macroF1),
      number(result.logLoss),
      `+${result.mended}`,
      `−${result.spoilt}`,
      ...ARTIST_BUCKETS.map((bucket) => number(result.byBucket[bucket])),
    ]),
  ]);
  const share = naive.multiplied === 0 ? 0 : 100 * naive.lowered / naive.multiplied;
  return `${table}\n\nThe naive rule lowered ${naive.lowered} of the ${naive.multiplied} logits it multiplied ` +
    `(${share.toFixed(1)} %): they were negative.`;
}

function predictionsOf(probabilities: Rows): Int32Array {
  return Int32Array.from({ length: probabilities.length }, (_, i) => argmax(probabilities[i]!));
}

function share(right: readonly boolean[]): number | null {
  return right.length === 0 ? null : right.filter(Boolean).length / right.length;
}

function byBucket<T>(value: (bucket: (typeof ARTIST_BUCKETS)[number]) => T) {
  return Object.fromEntries(ARTIST_BUCKETS.map((bucket) => [bucket, value(bucket)])) as Record<
    (typeof ARTIST_BUCKETS)[number],
    T
  >;
}

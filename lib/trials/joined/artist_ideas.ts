/** The artist idea in all its forms, from a lyrics model's predictions: nothing is trained. */
import { type Estimate, type Rows, softmax } from "../../evaluation/mod.ts";
import type { SplitBy } from "../../songs/mod.ts";
import { type Beside, beside, rightSongs, scoreSongs, shareOf } from "../scores.ts";
import type { GroupOfSongs } from "../closer_look/song_groups.ts";
import { artistBucketNames, artistIdeaNames, bilingual, type Name } from "../names.ts";
import { type Answers, type Predictions, type Sides, sizesOf } from "../trial.ts";
import {
  type AlphaFit,
  artistBonus,
  artistBucketLabels,
  artistBuckets,
  artistMajority,
  type ArtistPrior,
  artistPriorOf,
  artistSongsOf,
  fitAlpha,
  knownGenreBonus,
  mendedRule,
  naiveRule,
  withBonus,
} from "./artist_prior.ts";

/** What the study's rule multiplies by. */
const studyFactor = 1.5;

/** A form of the artist idea, or what it is compared with. */
export type ArtistIdea = keyof typeof artistIdeaNames;

/** The forms of the artist idea on a split's test songs. */
export interface ArtistForms {
  prior: ArtistPrior;
  /** The naive rule on test songs: logits multiplied, and how many of them it lowered since they were negative. */
  naive: { multiplied: number; lowered: number };
  /** The searches on validation songs; the mended rule's factor is e^alpha. */
  fits: { mendedRule: AlphaFit; product: AlphaFit; bayes: AlphaFit };
  /** P(genre) of the test songs, rows [song][genre]. */
  shares: Record<ArtistIdea, Rows>;
  /** What follows a form's name: its factor or α. */
  strengths: Partial<Record<ArtistIdea, string>>;
}

/**
 * Scores that rules and priors add to: logits, and of a method without them the logarithms of its shares.
 *
 * @throws RangeError of a method that gives each genre its own yes or no: those are no distribution to join
 */
export function scoresOf({ each, validation, test }: Predictions): { validation: Rows; test: Rows } {
  if (each) throw new RangeError("A yes or no for each genre cannot be joined with an artist's prior.");
  // a genre without any training instance has probability 0
  const of = ({ logits, shares }: Answers) =>
    logits ?? Array.from(shares, (row) => Float64Array.from(row, (p) => Math.log(Math.max(p, 1e-12))));
  return { validation: of(validation), test: of(test) };
}

/**
 * Joins a lyrics model's predictions with the artist. Artists are counted in training songs, strengths fitted on validation songs.
 *
 * @throws RangeError on unequal lengths, NaN, or no validation songs
 */
export function artistForms(
  { train, validation, test }: Sides,
  labels: readonly string[],
  lyrics: Predictions,
): ArtistForms {
  const scores = scoresOf(lyrics), prior = artistPriorOf(train, labels);
  const tuned = artistSongsOf(validation, labels), artists = test.map(({ artists }) => artists);
  const fit = (bonus: ReturnType<typeof artistBonus>) =>
    fitAlpha({ logits: scores.validation, bonus, genres: tuned.genres });
  const fits = {
    mendedRule: fit(knownGenreBonus(prior, tuned.artists)),
    product: fit(artistBonus(prior, tuned.artists, "product")),
    bayes: fit(artistBonus(prior, tuned.artists, "bayes")),
  };
  const { logits, ...naive } = naiveRule(scores.test, prior, artists, studyFactor);
  const fitted = Math.exp(fits.mendedRule.alpha);
  const added = (form: "product" | "bayes") =>
    withBonus(scores.test, artistBonus(prior, artists, form), fits[form].alpha);
  return {
    prior,
    naive,
    fits,
    shares: {
      majority: test.map(() => prior.genreShares),
      artist: Array.from(
        artistMajority(prior, artists),
        (genre) => labels.map((_, k) => k === genre ? 1 : 0),
      ),
      lyrics: softmax(scores.test),
      naive: softmax(logits),
      mended: mendedRule(scores.test, prior, artists, studyFactor),
      fitted: mendedRule(scores.test, prior, artists, fitted),
      product: added("product"),
      bayes: added("bayes"),
    },
    strengths: {
      naive: `×${studyFactor}`,
      mended: `×${studyFactor}`,
      fitted: `×${fitted.toFixed(2)}`,
      product: `α=${fits.product.alpha}`,
      bayes: `α=${fits.bayes.alpha}`,
    },
  };
}

/** One form's figures on the test songs. */
export interface ArtistIdeaResult extends Beside {
  key: ArtistIdea;
  method: string;
  /** Per song, right if any of its genres. */
  accuracy: Estimate;
  macroF1: number;
  /** `null` of a method that gives no probabilities. */
  logLoss: number | null;
  /** By training songs of the best known of a song's artists; buckets without test songs are left out. */
  byArtist: GroupOfSongs[];
}

/** All forms beside each other on one split, one entry of `artist.json`; `mended`, `spoilt` and `p` are against the lyrics alone. */
export interface ArtistComparison {
  /** What the split kept together. */
  by: SplitBy;
  /** The lyrics model. */
  model: Name;
  songs: { train: number; validation: number; test: number };
  /** Test songs of which no artist has a training song. */
  unknownArtists: number;
  /** How many songs the genres' shares weigh against an artist's own. */
  strength: number;
  fits: ArtistForms["fits"];
  naive: ArtistForms["naive"];
  methods: ArtistIdeaResult[];
}

/** {@link artistForms}, measured. */
export function compareArtistIdeas(
  sides: Sides,
  labels: readonly string[],
  of: { by: SplitBy; model: Name; predictions: Predictions },
): ArtistComparison {
  const { test } = sides;
  const { prior, fits, naive, shares, strengths } = artistForms(sides, labels, of.predictions);
  const buckets = artistBuckets(prior, test.map(({ artists }) => artists));
  const lyricsRight = rightSongs(test, labels, shares.lyrics);
  const methods = (Object.keys(artistIdeaNames) as ArtistIdea[]).map((key): ArtistIdeaResult => {
    const { accuracy, macroF1, logLoss, correct } = scoreSongs(test, labels, shares[key]);
    const { ko, en } = artistIdeaNames[key], strength = strengths[key];
    return {
      key,
      method: bilingual({ ko: strength === undefined ? ko : `${ko} ${strength}`, en }),
      accuracy,
      macroF1,
      logLoss: key === "artist" ? null : logLoss,
      ...beside(correct, lyricsRight),
      byArtist: artistBucketLabels.flatMap((bucket) => {
        const right = correct.filter((_, i) => buckets[i] === bucket);
        if (right.length === 0) return [];
        const group = { group: bilingual(artistBucketNames[bucket]), count: right.length };
        return [{ ...group, correct: right.filter(Boolean).length, accuracy: shareOf(right) }];
      }),
    };
  });
  return {
    by: of.by,
    model: of.model,
    songs: sizesOf(sides),
    unknownArtists: buckets.filter((bucket) => bucket === "0").length,
    strength: prior.strength,
    fits,
    naive,
    methods,
  };
}

/** One form's result of a comparison. */
export const artistResult = ({ methods }: ArtistComparison, key: ArtistIdea): ArtistIdeaResult =>
  methods.find((method) => method.key === key)!;

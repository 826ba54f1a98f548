/** A lyrics model, the linear model on all columns and the artist, joined in each of the ways this room knows. */
import { checkLengths, type Rows, softmax } from "../evaluation/mod.ts";
import {
  artistBonus,
  type ArtistPrior,
  artistProbabilities,
  type ArtistSongs,
  fitAlpha,
  mendedRule,
  naiveRule,
  withBonus,
} from "./artist_prior.ts";
import { fitStacking, stackedProbabilities, type Stacking } from "./stacking.ts";

/** Songs with what two models say of them. */
export interface CombinedSongs extends ArtistSongs {
  /** The lyrics model's scores, rows [song][class]; the study's rule depends on their signs. */
  logits: Rows;
  /** P(genre) of the linear model on all columns, rows [song][class]. */
  columns: Rows;
}

/** One way to join them. */
export interface Combination {
  /** Stays the same from run to run. */
  key: CombinationKey;
  /** For a reader. */
  method: string;
  /** P(genre) of the test songs, rows [song][class]. */
  probabilities: Float64Array[];
}

export type CombinationKey =
  | "lyrics-model"
  | "naive-rule"
  | "mended-rule"
  | "artist-prior"
  | "artist-prior-over-share"
  | "columns-and-lyrics-model"
  | "stacking"
  | "stacking-without-lyrics-model"
  | "stacking-without-columns"
  | "stacking-without-artist";

/** {@link combine}'s result. */
export interface Combinations {
  results: Combination[];
  /** The weights chosen on validation songs. */
  alphas: { artistPrior: number; artistPriorOverShare: number; lyricsModel: number };
  /** The stacking of all three members. */
  stacking: Stacking;
}

/**
 * Joins a lyrics model with the artist and with the linear model on all columns. Whatever is fitted is fitted on
 * **validation songs**, which neither model was trained on; artists are counted in training songs.
 *
 * The members of the stacking are the linear model, the lyrics model and P(genre | artist), which for an unknown artist
 * is the genres' shares.
 *
 * @param name the lyrics model's, for the reader
 * @param prior fitted on the training songs
 * @param options.factor of the study's rule, 1.5 by default
 * @throws RangeError on unequal lengths, NaN, or genres that do not fit the classes
 */
export async function combine(
  name: string,
  songs: { validation: CombinedSongs; test: Omit<CombinedSongs, "genres"> },
  prior: ArtistPrior,
  { factor = 1.5 }: { factor?: number } = {},
): Promise<Combinations> {
  const { validation, test } = songs;
  checkLengths("combine, test songs", { artists: test.artists, logits: test.logits, columns: test.columns });
  const withPrior = (form: "product" | "bayes") => {
    const bonus = artistBonus(prior, validation.artists, form);
    const { alpha } = fitAlpha({ logits: validation.logits, bonus, genres: validation.genres });
    return { alpha, probabilities: withBonus(test.logits, artistBonus(prior, test.artists, form), alpha) };
  };
  const product = withPrior("product"), bayes = withPrior("bayes");

  const logs = (rows: Rows) =>
    Array.from(rows, (row) => Float64Array.from(row, (p) => Math.log(Math.max(p, Number.MIN_VALUE))));
  const lyrics = { validation: softmax(validation.logits), test: softmax(test.logits) };
  const weighted = fitAlpha({
    logits: logs(validation.columns),
    bonus: logs(lyrics.validation),
    genres: validation.genres,
  });

  const members = (of: "validation" | "test") => ({
    columns: songs[of].columns,
    lyrics: lyrics[of],
    artist: Array.from(
      songs[of].artists,
      (artists) => artistProbabilities(prior, artists) ?? prior.genreShares,
    ),
  });
  const stack = async (...names: ("columns" | "lyrics" | "artist")[]) => {
    const chosen = (of: "validation" | "test") =>
      Object.fromEntries(names.map((member) => [member, members(of)[member]]));
    const stacking = await fitStacking(chosen("validation"), validation.genres);
    return { stacking, probabilities: stackedProbabilities(stacking, chosen("test")) };
  };
  const all = await stack("columns", "lyrics", "artist");
  return {
    results: [
      { key: "lyrics-model", method: name, probabilities: lyrics.test },
      {
        key: "naive-rule",
        method: `${name} · 연구의 규칙 그대로 ×${factor} · study's rule, naive`,
        probabilities: softmax(naiveRule(test.logits, prior, test.artists, factor).logits),
      },
      {
        key: "mended-rule",
        method: `${name} · 연구의 규칙 수정 ×${factor} · study's rule, mended`,
        probabilities: mendedRule(test.logits, prior, test.artists, factor),
      },
      {
        key: "artist-prior",
        method: `${name} + 가수 사전확률 · artist prior`,
        probabilities: product.probabilities,
      },
      {
        key: "artist-prior-over-share",
        method: `${name} + 가수 사전확률/장르 비율 · artist prior over genre share`,
        probabilities: bayes.probabilities,
      },
      {
        key: "columns-and-lyrics-model",
        method: `모든 열 + α·${name} · all columns + α·${name}`,
        probabilities: withBonus(logs(test.columns), logs(lyrics.test), weighted.alpha),
      },
      {
        key: "stacking",
        method: `쌓기: 모든 열, ${name}, 가수 · stacking: all columns, ${name}, artist`,
        probabilities: all.probabilities,
      },
      {
        key: "stacking-without-lyrics-model",
        method: `쌓기, ${name} 없이 · stacking without ${name}`,
        probabilities: (await stack("columns", "artist")).probabilities,
      },
      {
        key: "stacking-without-columns",
        method: "쌓기, 모든 열 없이 · stacking without all columns",
        probabilities: (await stack("lyrics", "artist")).probabilities,
      },
      {
        key: "stacking-without-artist",
        method: "쌓기, 가수 없이 · stacking without artist",
        probabilities: (await stack("columns", "lyrics")).probabilities,
      },
    ],
    alphas: { artistPrior: product.alpha, artistPriorOverShare: bayes.alpha, lyricsModel: weighted.alpha },
    stacking: all.stacking,
  };
}

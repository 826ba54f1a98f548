/** A lyrics model, the linear model on all columns and the artist, joined in each of the ways this room knows. */
import { type Rows, softmax } from "../../evaluation/mod.ts";
import { artistIdeaNames, bilingual, type Name } from "../names.ts";
import { genreShares } from "../scores.ts";
import type { Predictions, Sides } from "../trial.ts";
import { artistForms, scoresOf } from "./artist_ideas.ts";
import { artistProbabilities, fitAlpha, withBonus } from "./artist_prior.ts";
import { fitStacking, stackedProbabilities, type Stacking } from "./stacking.ts";

/** One way to join them. */
export interface Combination {
  /** Stays the same from run to run. */
  key: CombinationKey;
  /** For a reader. */
  method: string;
  /** P(genre) of the test songs, rows [song][class]. */
  probabilities: Rows;
}

export type CombinationKey =
  | "lyrics-model"
  | "naive-rule"
  | "mended-rule"
  | "artist-prior"
  | "artist-prior-over-share"
  | "columns-and-lyrics-model"
  | "stacking"
  | `stacking-without-${Left}`;

/** What a stacking does without. */
type Left = "lyrics-model" | "columns" | "artist";

/** {@link combine}'s result. */
export interface Combinations {
  results: Combination[];
  /** The weights chosen on validation songs. */
  alphas: { artistPrior: number; artistPriorOverShare: number; lyricsModel: number };
  /** The stacking of all three members. */
  stacking: Stacking;
}

/**
 * Joins a lyrics model's predictions with the artist and with those of the linear model on all columns. Whatever is fitted is
 * fitted on **validation songs**, which neither was trained on; artists are counted in training songs.
 *
 * The members of the stacking are the linear model, the lyrics model and P(genre | artist), which for an unknown artist
 * is the genres' shares.
 *
 * @throws RangeError on unequal lengths, NaN, or predictions of a yes or no for each genre
 */
export async function combine(
  model: Name,
  sides: Sides,
  labels: readonly string[],
  predictions: { lyrics: Predictions; columns: Predictions },
): Promise<Combinations> {
  const { prior, fits, shares, strengths } = artistForms(sides, labels, predictions.lyrics);
  const scores = scoresOf(predictions.lyrics), genres = genreShares(sides.validation, labels);
  const logs = (rows: Rows) =>
    Array.from(rows, (row) => Float64Array.from(row, (p) => Math.log(Math.max(p, Number.MIN_VALUE))));
  const lyrics = { validation: softmax(scores.validation), test: shares.lyrics };
  const columns = {
    validation: predictions.columns.validation.shares,
    test: predictions.columns.test.shares,
  };
  const weighted = fitAlpha({ logits: logs(columns.validation), bonus: logs(lyrics.validation), genres });

  const members = (of: "validation" | "test") => ({
    columns: columns[of],
    lyrics: lyrics[of],
    artist: sides[of].map(({ artists }) => artistProbabilities(prior, artists) ?? prior.genreShares),
  });
  const stack = async (...names: ("columns" | "lyrics" | "artist")[]) => {
    const chosen = (of: "validation" | "test") =>
      Object.fromEntries(names.map((member) => [member, members(of)[member]]));
    const stacking = await fitStacking(chosen("validation"), genres);
    return { stacking, probabilities: stackedProbabilities(stacking, chosen("test")) };
  };
  const all = await stack("columns", "lyrics", "artist");
  const withArtist = (key: CombinationKey, form: keyof typeof artistIdeaNames): Combination => {
    const { ko, en } = artistIdeaNames[form],
      strength = form === "naive" || form === "mended" ? ` ${strengths[form]}` : "";
    return {
      key,
      method: bilingual({ ko: `${model.ko} + ${ko}${strength}`, en: `${model.en} + ${en}` }),
      probabilities: shares[form],
    };
  };
  const named = (key: CombinationKey, ko: string, en: string, probabilities: Rows): Combination => ({
    key,
    method: bilingual({ ko, en }),
    probabilities,
  });
  const without = async (left: Left, { ko, en }: Name, ...names: Parameters<typeof stack>) =>
    named(
      `stacking-without-${left}`,
      `쌓기, ${ko} 없이`,
      `stacking without ${en}`,
      (await stack(...names)).probabilities,
    );
  return {
    results: [
      { key: "lyrics-model", method: bilingual(model), probabilities: lyrics.test },
      withArtist("naive-rule", "naive"),
      withArtist("mended-rule", "mended"),
      withArtist("artist-prior", "product"),
      withArtist("artist-prior-over-share", "bayes"),
      named(
        "columns-and-lyrics-model",
        `모든 열 + α·${model.ko}`,
        `all columns + α·${model.en}`,
        withBonus(logs(columns.test), logs(lyrics.test), weighted.alpha),
      ),
      named(
        "stacking",
        `쌓기: 모든 열, ${model.ko}, 가수`,
        `stacking: all columns, ${model.en}, artist`,
        all.probabilities,
      ),
      await without("lyrics-model", model, "columns", "artist"),
      await without("columns", { ko: "모든 열", en: "all columns" }, "lyrics", "artist"),
      await without("artist", { ko: "가수", en: "artist" }, "columns", "lyrics"),
    ],
    alphas: {
      artistPrior: fits.product.alpha,
      artistPriorOverShare: fits.bayes.alpha,
      lyricsModel: weighted.alpha,
    },
    stacking: all.stacking,
  };
}

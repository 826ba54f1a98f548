/**
 * Memory of artists or understanding of lyrics? The artist idea where test songs are by artists of the training songs (split
 * song by song), and where they are not (split artist by artist).
 */
import type pl from "nodejs-polars";
import { UserError } from "../../ground/mod.ts";
import { genresOf, songRows, type SplitBy, splitSongs } from "../../songs/mod.ts";
import {
  type ArtistComparison,
  type ArtistIdea,
  artistResult,
  compareArtistIdeas,
} from "../joined/artist_ideas.ts";
import type { GroupOfSongs } from "../closer_look/song_groups.ts";
import { artistIdeaNames, bilingual, nameOf, splitNames } from "../names.ts";
import { type RunOptions, runTrials } from "../run.ts";
import { estimateText, pText } from "../tables.ts";
import { type Method, sidesOf, type Trial } from "../trial.ts";

/**
 * The artist idea with lyrics models on splits of the songs, in that order: on each everything is learnt and tuned afresh on the
 * split's own training and validation songs. A split that these songs do not allow (one artist has nearly all of them, or no
 * song has an artist) is left out, with a note that says why.
 *
 * @param songs cleaned songs with genres
 * @param runs methods that read lyrics, and by what the songs are split
 */
export async function artistIdeaOnSplits(
  songs: pl.DataFrame,
  runs: readonly { by: SplitBy; method: Method }[],
  { seed, ...options }: RunOptions & { seed: number },
): Promise<{ results: ArtistComparison[]; notes: string[] }> {
  const notes: string[] = [];
  const anyArtist = songRows(songs).some(({ artists }) => artists.length > 0);
  const trials = runs.flatMap(({ by, method }): { by: SplitBy; trial: Trial }[] => {
    const what = `${bilingual(nameOf(method))}, ${splitNames[by].en}`;
    if (by === "artist" && !anyArtist) {
      notes.push(`${what}: left out, for no song has an artist.`);
      return [];
    }
    try {
      const split = splitSongs(songs, { validation: 0.1, test: 0.1, seed, by });
      const labels = genresOf(split.train), about = bilingual(splitNames[by]);
      const trial = { method, labels, sides: sidesOf(split), seed, about };
      return [{ by, trial }];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      notes.push(`${what}: ${error.message}`);
      return [];
    }
  });
  const predictions = await runTrials(trials.map(({ trial }) => trial), options);
  const results = trials.map(({ by, trial: { method, sides, labels } }, i) =>
    compareArtistIdeas(sides, labels, { by, model: nameOf(method), predictions: predictions[i]! })
  );
  return { results, notes };
}

/**
 * What the artist idea is tried on beside the model at hand: n-grams on both splits, and where the budget allows the
 * transformer, trained anew, on the split by artist.
 */
export const artistRuns = (
  { artistSplit }: { artistSplit: boolean },
  { words, network }: { words: Method; network: Method },
): { by: SplitBy; method: Method }[] => [
  { by: "song", method: words },
  { by: "artist", method: words },
  ...(artistSplit ? [{ by: "artist" as const, method: network }] : []),
];

/** Series of a figure: a method each, with groups of songs. */
export type GroupSeries = { name: string; groups: GroupOfSongs[] }[];

/** The forms that a reader wants to see by how well the artist is known. */
const byArtist: readonly ArtistIdea[] = ["artist", "lyrics", "fitted", "product"];

/** The main forms by how well the artist is known: for a figure. */
export const artistBucketSeries = ({ methods }: ArtistComparison): GroupSeries =>
  methods.filter(({ key, byArtist: groups }) => byArtist.includes(key) && groups.length > 0)
    .map(({ key, byArtist: groups }) => ({ name: bilingual(artistIdeaNames[key]), groups }));

/** All forms on one split as rows of a table, with what each mends and spoils of the lyrics alone. */
export const artistTable = ({ methods }: ArtistComparison): Record<string, string>[] =>
  methods.map(({ method, accuracy, macroF1, logLoss, mended, spoilt, p }) => ({
    "방법 · method": method,
    "곡별 정확도 · accuracy per song": estimateText(accuracy),
    "macro-F1": macroF1.toFixed(3),
    "로그 손실 · log loss": logLoss?.toFixed(3) ?? "–",
    "고친 곡 · mended": `+${mended}`,
    "망친 곡 · spoilt": `−${spoilt}`,
    "p (가사만과 · to lyrics alone)": pText(p),
  }));

/** The same methods on several splits beside each other, as rows of a table: accuracy per song with its interval. */
export const artistSplitTable = (comparisons: readonly ArtistComparison[]): Record<string, string>[] =>
  (["majority", ...byArtist] as const).map((key) => ({
    "방법 · method": bilingual(artistIdeaNames[key]),
    ...Object.fromEntries(comparisons.map((comparison) => {
      const { by, model, unknownArtists, songs } = comparison;
      return [
        bilingual({
          ko: `${splitNames[by].ko}, ${model.ko} (${songs.test}곡 가운데 ${unknownArtists}곡이 모르는 가수)`,
          en: `${splitNames[by].en}, ${model.en} (${unknownArtists} of ${songs.test} unknown)`,
        }),
        estimateText(artistResult(comparison, key).accuracy),
      ];
    })),
  }));

/** The same for a figure: a method a series, a split a group. */
export const artistSplitSeries = (comparisons: readonly ArtistComparison[]): GroupSeries =>
  (["artist", "lyrics", "product"] as const).map((key) => ({
    name: bilingual(artistIdeaNames[key]),
    groups: comparisons.map((comparison) => {
      const { accuracy } = artistResult(comparison, key), { by, model, songs } = comparison;
      return {
        group: `${bilingual(splitNames[by])}\n${model.ko}`,
        count: songs.test,
        correct: Math.round(accuracy.value * songs.test),
        accuracy,
      };
    }),
  }));

/** The forms whose strength is searched on validation songs, with what was tried: for a figure. */
export const alphaSeries = ({ fits }: ArtistComparison) => [
  { name: bilingual(artistIdeaNames.product), ...fits.product },
  { name: bilingual(artistIdeaNames.bayes), ...fits.bayes },
  {
    name: bilingual({
      ko: `${artistIdeaNames.fitted.ko}, α = ln 배수`,
      en: `${artistIdeaNames.fitted.en}, α = ln factor`,
    }),
    ...fits.mendedRule,
  },
];

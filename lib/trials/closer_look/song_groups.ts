/** Accuracy of groups of songs: by decade, by length, by how well training knows the artist. */
import {
  accuracyByGroup,
  checkLengths,
  type Estimate,
  percentile,
  wilsonInterval,
} from "../../evaluation/mod.ts";
import type { Song } from "../../songs/mod.ts";
import { artistBucketLabels, artistBuckets, fitArtistPrior } from "../joined/artist_prior.ts";
import { artistBucketNames, bilingual } from "../names.ts";

/** A group of songs and how many of them were answered rightly. */
export interface GroupOfSongs {
  /** In Korean and English. */
  group: string;
  count: number;
  correct: number;
  /** correct / count, with Wilson's interval. */
  accuracy: Estimate;
}

/** {@link accuracyOfGroups}'s result: groups in their natural order, those without songs left out. */
export interface SongGroups {
  /** By decade of release; songs without a year come last. */
  byDecade: GroupOfSongs[];
  /** By quarters of the songs' lengths in characters. */
  byLength: GroupOfSongs[];
  /** By the training songs of the best known of a song's artists. */
  byArtist: GroupOfSongs[];
}

/**
 * Accuracy within groups of test songs, with the number of songs and an interval, so that no one reads much into few.
 *
 * @param songs the test songs
 * @param correct whether each was answered rightly, in the songs' order
 * @param train the training songs, for how many an artist has
 * @throws RangeError on empty or unequally long input
 */
export function accuracyOfGroups(
  songs: readonly Song[],
  correct: readonly boolean[],
  train: readonly Song[],
): SongGroups {
  checkLengths("accuracyOfGroups", { songs, correct });
  const unknown = Number.MAX_SAFE_INTEGER;
  const group = (keys: readonly number[], nameOf: (key: number) => string): GroupOfSongs[] =>
    accuracyByGroup(keys, correct).map(({ group, count, correct }) => ({
      group: nameOf(group as number),
      count,
      correct,
      accuracy: wilsonInterval(correct, count),
    }));

  const decades = songs.map(({ date }) => date.year === null ? unknown : Math.floor(date.year / 10) * 10);
  const lengths = songs.map(({ lyrics }) => [...lyrics].length);
  const sorted = Float64Array.from(lengths).sort();
  const bounds = [...new Set([0.25, 0.5, 0.75, 1].map((share) => Math.floor(percentile(sorted, share))))];
  const quarters = lengths.map((length) => bounds.findIndex((bound) => length <= bound));
  // which genres the artists have does not matter here
  const prior = fitArtistPrior({
    artists: train.map(({ artists }) => artists),
    genres: new Int32Array(train.length),
  }, { classes: 1, strength: 1 });
  const buckets = artistBuckets(prior, songs.map(({ artists }) => artists));
  return {
    byDecade: group(decades, (key) => key === unknown ? "연도 없음 · no year" : `${key}년대 · ${key}s`),
    byLength: group(quarters, (key) => {
      const from = key === 0 ? sorted[0]! : bounds[key - 1]! + 1;
      return `${from}–${bounds[key]}자 · characters`;
    }),
    byArtist: group(
      buckets.map((bucket) => artistBucketLabels.indexOf(bucket)),
      (key) => bilingual(artistBucketNames[artistBucketLabels[key]!]),
    ),
  };
}

/** What training songs say about artists, joined with what a model says of lyrics. */
import { argmax, checkLengths, checkRows, type Rows, softmax } from "../../evaluation/mod.ts";
import type { Song } from "../../songs/mod.ts";
import { genreRows, genreShares, meanLogLoss, rightRows, type SongGenres } from "../scores.ts";

/** Songs as the artist idea sees them. One entry a **song** (not an instance: those would count artists repeatedly). */
export interface ArtistSongs {
  /** All artists of each song; an empty list where none is known. */
  artists: ArrayLike<readonly string[]>;
  genres: SongGenres;
}

/** What training songs say about artists: plain data. */
export interface ArtistPrior {
  classes: number;
  /** Training songs by genre, per artist [class]; a song of several genres counts by its shares. */
  counts: Map<string, Float64Array>;
  /** Number of training songs per artist. */
  songs: Map<string, number>;
  /** P(genre) over training songs, one song of each genre added, so that none is impossible [class]. */
  genreShares: Float64Array;
  /** How many songs the genre shares weigh against an artist's own. */
  strength: number;
}

/**
 * Counts the artists' genres in **training songs only**.
 *
 * P(genre | artist) is the artist's counts smoothed towards the genres' shares (a Dirichlet prior): with n songs of the
 * artist, c of them of the genre, (c + strength · P(genre)) / (n + strength). By default the strength is the one under
 * which each training song's genre is most likely given its artists' *other* songs (leave-one-out), searched from 0.01
 * to 1,000; where no artist has two songs it is 1.
 *
 * @param train the training songs
 * @param options.classes number of genres
 * @param options.strength fixes the strength, above 0
 * @throws RangeError on no songs, unequal lengths, a class index or a row that does not fit the classes
 * @example
 * ```ts
 * const prior = fitArtistPrior({ artists: [["아이유"], ["아이유"], []], genres: [0, 1, 0] }, { classes: 2 });
 * ```
 */
export function fitArtistPrior(
  train: ArtistSongs,
  options: { classes: number; strength?: number },
): ArtistPrior {
  const { classes, strength } = options;
  checkLengths("fitArtistPrior", { "train.artists": train.artists, "train.genres": train.genres });
  const rows = genreRows("fitArtistPrior", train.genres, classes);
  const counts = new Map<string, Float64Array>();
  const songs = new Map<string, number>();
  const genreCounts = new Float64Array(classes).fill(1);
  rows.forEach((row, i) => {
    for (let k = 0; k < classes; k++) genreCounts[k]! += row[k]!;
    for (const artist of distinctArtists(train.artists[i]!)) {
      let sums = counts.get(artist);
      if (!sums) counts.set(artist, sums = new Float64Array(classes));
      for (let k = 0; k < classes; k++) sums[k]! += row[k]!;
      songs.set(artist, (songs.get(artist) ?? 0) + 1);
    }
  });
  const genreShares = genreCounts.map((count) => count / (rows.length + classes));
  const prior = { classes, counts, songs, genreShares, strength: strength ?? 1 };
  if (strength === undefined) prior.strength = likeliestStrength(prior, train.artists, rows);
  else if (!(strength > 0 && strength < Infinity)) {
    throw new RangeError(`fitArtistPrior: strength is ${strength}; give a number of songs above 0.`);
  }
  return prior;
}

/** Songs as {@link fitArtistPrior} and {@link fitAlpha} take them; a genre outside the labels is left out. */
export const artistSongsOf = (songs: readonly Song[], labels: readonly string[]) => ({
  artists: songs.map(({ artists }) => artists),
  genres: genreShares(songs, labels),
});

/** {@link fitArtistPrior} of songs. */
export const artistPriorOf = (train: readonly Song[], labels: readonly string[]): ArtistPrior =>
  fitArtistPrior(artistSongsOf(train, labels), { classes: labels.length });

/** The strength with the least leave-one-out log loss on training songs whose artists have other songs. */
function likeliestStrength(
  prior: ArtistPrior,
  artists: ArtistSongs["artists"],
  rows: readonly ArrayLike<number>[],
): number {
  const others = rows.flatMap((row, i) => {
    const known = distinctArtists(artists[i]!).filter((artist) => prior.songs.get(artist)! > 1);
    if (known.length === 0) return [];
    const counts = meanCounts(prior, known)!;
    for (let k = 0; k < prior.classes; k++) counts[k] = Math.max(0, counts[k]! - row[k]!);
    return [{ row, counts }];
  });
  if (others.length === 0) return 1;
  const lossAt = (logStrength: number) => {
    const strength = Math.exp(logStrength);
    let loss = 0;
    for (const { row, counts } of others) {
      const shares = smoothed(prior, counts, strength);
      for (let k = 0; k < prior.classes; k++) if (row[k]! > 0) loss -= row[k]! * Math.log(shares[k]!);
    }
    return loss;
  };
  const lowest = Math.log(0.01);
  const spacing = Math.log(1000 / 0.01) / 25;
  const losses = Float64Array.from({ length: 26 }, (_, i) => -lossAt(lowest + i * spacing));
  const nearest = lowest + argmax(losses) * spacing;
  return Math.exp(
    goldenSection(lossAt, Math.max(lowest, nearest - spacing), Math.min(Math.log(1000), nearest + spacing)),
  );
}

/** Where a function with one valley in [low, high] is smallest, to 1e-6. */
function goldenSection(valueAt: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let left = high - ratio * (high - low);
  let right = low + ratio * (high - low);
  let valueLeft = valueAt(left);
  let valueRight = valueAt(right);
  while (high - low > 1e-6) {
    if (valueLeft <= valueRight) {
      [high, right, valueRight] = [right, left, valueLeft];
      left = high - ratio * (high - low);
      valueLeft = valueAt(left);
    } else {
      [low, left, valueLeft] = [left, right, valueRight];
      right = low + ratio * (high - low);
      valueRight = valueAt(right);
    }
  }
  return (low + high) / 2;
}

/**
 * P(genre | the song's artists) [class], or undefined where training knows none of them. With several artists the
 * counts of those known are averaged first.
 */
export function artistProbabilities(
  prior: ArtistPrior,
  artists: readonly string[],
): Float64Array | undefined {
  const counts = meanCounts(prior, distinctArtists(artists));
  return counts && smoothed(prior, counts, prior.strength);
}

function smoothed(prior: ArtistPrior, counts: Float64Array, strength: number): Float64Array {
  const songs = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count, k) => (count + strength * prior.genreShares[k]!) / (songs + strength));
}

function meanCounts(prior: ArtistPrior, artists: readonly string[]): Float64Array | undefined {
  const known = artists.flatMap((artist) => prior.counts.get(artist) ?? []);
  if (known.length === 0) return undefined;
  return Float64Array.from(
    { length: prior.classes },
    (_, k) => known.reduce((sum, counts) => sum + counts[k]!, 0) / known.length,
  );
}

function distinctArtists(artists: readonly string[]): string[] {
  return [...new Set(artists)].filter((artist) => artist !== "");
}

/** What an artist adds to each class's score, per song [class]; undefined: the artist is unknown, nothing changes. */
export type Bonus = (Float64Array | undefined)[];

/**
 * The principled form's bonus, to be added α times to log P(genre | lyrics).
 *
 * @param form `"product"` (default): log P(genre | artist). `"bayes"`: log P(genre | artist) − log P(genre), which is
 *   Bayes' rule if lyrics and artist are independent given the genre: the genre's frequency, known to the lyrics model
 *   already, is not counted twice, and an artist of one song changes little. Either way unknown artists change nothing
 */
export function artistBonus(
  prior: ArtistPrior,
  artists: ArtistSongs["artists"],
  form: "product" | "bayes" = "product",
): Bonus {
  return Array.from(
    artists,
    (ofSong) =>
      artistProbabilities(prior, ofSong)?.map((share, k) =>
        Math.log(form === "bayes" ? share / prior.genreShares[k]! : share)
      ),
  );
}

/** The study's rule as a bonus: 1 for each genre that an artist of the song is known for in training, else 0. */
export function knownGenreBonus(prior: ArtistPrior, artists: ArtistSongs["artists"]): Bonus {
  return Array.from(
    artists,
    (ofSong) => meanCounts(prior, distinctArtists(ofSong))?.map((count) => count > 0 ? 1 : 0),
  );
}

/**
 * P(genre | lyrics, artist) ∝ exp(logit + α · bonus), rows [song][class]. With α 0, or no bonus, softmax(logits).
 *
 * @param logits the lyrics model's scores, or log-probabilities, rows [song][class]
 * @throws RangeError on unequal lengths or NaN
 */
export function withBonus(logits: Rows, bonus: Bonus, alpha: number): Float64Array[] {
  checkLengths("withBonus", { logits, bonus });
  checkRows("withBonus", "logits", logits);
  return softmax(Array.from(logits, (row, i) => {
    const added = bonus[i];
    return added ? Float64Array.from(row, (logit, k) => logit + alpha * added[k]!) : row;
  }));
}

/**
 * The study's rule as it was: the **logits** of the genres that an artist is known for are multiplied by the factor.
 * Kept for comparison: a negative logit is lowered, so the rule pushes away what it means to raise.
 *
 * @returns the new logits, and how many logits were multiplied and how many of those were negative
 */
export function naiveRule(
  logits: Rows,
  prior: ArtistPrior,
  artists: ArtistSongs["artists"],
  factor = 1.5,
): { logits: Float64Array[]; multiplied: number; lowered: number } {
  checkLengths("naiveRule", { logits, artists });
  checkRows("naiveRule", "logits", logits);
  const known = knownGenreBonus(prior, artists);
  let multiplied = 0;
  let lowered = 0;
  const changed = Array.from(logits, (row, i) =>
    Float64Array.from(row, (logit, k) => {
      if (known[i]?.[k] !== 1) return logit;
      multiplied++;
      if (logit < 0) lowered++;
      return logit * factor;
    }));
  return { logits: changed, multiplied, lowered };
}

/**
 * The study's rule mended: the **probabilities** of the genres that an artist is known for are multiplied by the factor
 * and the row is scaled to sum to 1 again, which is the same as adding ln(factor) to their logits: always a raise.
 *
 * @returns probabilities, rows [song][class]
 */
export function mendedRule(
  logits: Rows,
  prior: ArtistPrior,
  artists: ArtistSongs["artists"],
  factor = 1.5,
): Float64Array[] {
  return withBonus(logits, knownGenreBonus(prior, artists), Math.log(factor));
}

/** One point of the search for α. */
export interface AlphaPoint {
  alpha: number;
  /** Mean over songs of −Σ share · ln P(genre), in nats. */
  logLoss: number;
  /** Per song: right if the prediction is any of its genres. */
  accuracy: number;
}

/** {@link fitAlpha}'s result. */
export interface AlphaFit extends AlphaPoint {
  /** All points tried, ascending by α: the figure of accuracy over α. */
  curve: AlphaPoint[];
  /** True where the best α is the largest allowed: allow more. */
  atMaximum: boolean;
}

/**
 * Finds how much the artist should count, on **validation** songs: a grid from 0 to 5 in steps of 0.1, then
 * steps of 0.01 and of 0.001 around the best. The least log loss is best, which is
 * convex in α and steady, where accuracy jumps from song to song; equally good values give the smallest α.
 *
 * @param bonus from {@link artistBonus} or {@link knownGenreBonus} (then α is the ln of the rule's factor)
 * @throws RangeError on empty or unequally long input, or NaN
 * @example
 * ```ts
 * // genres by their places: 0 발라드, 1 댄스
 * const prior = fitArtistPrior({ artists: [["가을"], ["겨울"]], genres: [[0], [1]] }, { classes: 2 });
 * const bonus = artistBonus(prior, [["가을"], ["봄"]]);
 * const { alpha } = fitAlpha({ logits: [[0.2, 0.1], [0.3, 0.9]], bonus, genres: [[0], [1]] });
 * const probabilities = withBonus([[0.4, 0.6]], artistBonus(prior, [["겨울"]]), alpha);
 * ```
 */
export function fitAlpha(
  { logits, bonus, genres }: { logits: Rows; bonus: Bonus; genres: SongGenres },
): AlphaFit {
  checkLengths("fitAlpha", { logits, bonus, genres });
  const rows = genreRows("fitAlpha", genres, checkRows("fitAlpha", "logits", logits));
  // α in whole thousandths: sums of 0.1 would miss equal points.
  const points = new Map<number, AlphaPoint>();
  const at = (thousandths: number) => {
    let point = points.get(thousandths);
    if (!point) {
      const alpha = thousandths / 1000;
      const probabilities = withBonus(logits, bonus, alpha);
      point = {
        alpha,
        logLoss: meanLogLoss(rows, probabilities),
        accuracy: rightRows(rows, probabilities).filter(Boolean).length / rows.length,
      };
      points.set(thousandths, point);
    }
    return point.logLoss;
  };
  const last = 5000;
  let best = 0, from = 0, to = last;
  for (const step of [100, 10, 1]) {
    for (let thousandths = from; thousandths <= to; thousandths += step) {
      const difference = at(thousandths) - at(best);
      if (difference < 0 || (difference === 0 && thousandths < best)) best = thousandths;
    }
    from = Math.max(0, best - step);
    to = Math.min(last, best + step);
  }
  return {
    ...points.get(best)!,
    curve: [...points.values()].sort((a, b) => a.alpha - b.alpha),
    atMaximum: best === last,
  };
}

/**
 * The bar for the artist idea: each song gets the genre its artists had most often in training (several artists: their
 * counts averaged; equal counts: the genre that is more frequent overall). Unknown artists get the most frequent genre.
 *
 * @returns a class index per song
 */
export function artistMajority(prior: ArtistPrior, artists: ArtistSongs["artists"]): Int32Array {
  const majority = argmax(prior.genreShares);
  return Int32Array.from({ length: artists.length }, (_, i) => {
    const counts = meanCounts(prior, distinctArtists(artists[i]!));
    if (!counts) return majority;
    let best = 0;
    for (let k = 1; k < prior.classes; k++) {
      const difference = counts[k]! - counts[best]!;
      if (difference > 0 || (difference === 0 && prior.genreShares[k]! > prior.genreShares[best]!)) best = k;
    }
    return best;
  });
}

/** How well training knows a song's artist: by the training songs of the best known of its artists. */
export const artistBucketLabels = ["0", "1", "2–5", ">5"] as const;

/** The bucket of each song, by training songs of the best known of its artists. */
export function artistBuckets(
  prior: ArtistPrior,
  artists: ArtistSongs["artists"],
): (typeof artistBucketLabels)[number][] {
  return Array.from(artists, (ofSong) => {
    const songs = ofSong.reduce((most, artist) => Math.max(most, prior.songs.get(artist) ?? 0), 0);
    return songs === 0 ? "0" : songs === 1 ? "1" : songs <= 5 ? "2–5" : ">5";
  });
}

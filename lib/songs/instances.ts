/** Songs as training instances: a text and one genre each. */
import type { Song } from "./frame.ts";

/** One training example: a text and one genre. */
export interface Instance {
  /** The song it comes from; several instances may share it. */
  songId: string;
  /** The song's lyrics. */
  text: string;
  genre: string;
  /** The artist of the pair; without oversampling the song's first artist; null where the song has none. */
  artist: string | null;
  /** What the instance counts in a loss: 1 with oversampling, else 1 divided by the song's genres. */
  weight: number;
}

/** Options of {@link instances}. */
export interface InstanceOptions {
  /**
   * `true`, the study's 오버샘플링: one instance for each pair of a song's genres and artists, each of weight 1, so
   * that a song with two genres and three artists counts six times.
   *
   * `false`, per-song weights: one instance for each of a song's genres, whose weights sum to 1, so that every song
   * counts once.
   */
  oversample: boolean;
}

/**
 * Turns songs into training instances, in the songs' order; within a song genre by genre, artist by artist.
 *
 * Split the songs first ({@link splitSongs}): instances of one song must not fall on two sides.
 *
 * @throws {Error} for a song without a genre, of which no instance can be made.
 *
 * @example
 * ```ts
 * import { instances } from "./instances.ts";
 * import assert from "node:assert/strict";
 *
 * const song = {
 *   id: "1", songName: "봄", adults: null, artists: ["가", "나"], albumId: null,
 *   date: { text: "", year: null, month: null, day: null }, genres: ["댄스", "발라드"], lyrics: "봄이 와요",
 * };
 * assert.equal(instances([song], { oversample: true }).length, 4);
 * assert.deepEqual(instances([song], { oversample: false }).map(({ genre, weight }) => [genre, weight]), [
 *   ["댄스", 0.5],
 *   ["발라드", 0.5],
 * ]);
 * ```
 */
export function instances(songs: readonly Song[], { oversample }: InstanceOptions): Instance[] {
  const without = songs.filter((song) => song.genres.length === 0);
  if (without.length > 0) {
    throw new RangeError(
      `${without.length} of ${songs.length} songs have no genre (the first has id ` +
        `${without[0]?.id}), so they make no training instance. Drop them with cleanSongs.`,
    );
  }
  return songs.flatMap((song) => {
    const artists = song.artists.length > 0 ? song.artists : [null];
    const paired = oversample ? artists : artists.slice(0, 1);
    const weight = oversample ? 1 : 1 / song.genres.length;
    return song.genres.flatMap((genre) =>
      paired.map((artist) => ({ songId: song.id, text: song.lyrics, genre, artist, weight }))
    );
  });
}

/** The songs that a model misunderstands most: what to read after the figures. */
import { argmax, checkLengths, checkProbabilities, type Rows } from "../../evaluation/mod.ts";
import type { Song } from "../../songs/mod.ts";

/** A song and what a model makes of it. */
export interface HardSong {
  songId: string;
  songName: string;
  artists: string[];
  /** The song's own. */
  genres: string[];
  predicted: string;
  /** The probability of all of the song's own genres together, 0 to 1. */
  probabilityOfActual: number;
  probabilityOfPredicted: number;
  /** −ln of the song's own genres' probability, in nats. */
  loss: number;
  /** How the lyrics begin. */
  excerpt: string;
}

/**
 * The songs whose own genres get the least probability, the worst first (fastai's `top_losses`): with several genres the
 * probability of any of them. Equal losses stay in the songs' order.
 *
 * @param labels the genres, in the order of the probabilities' columns
 * @param probabilities rows [song][class], each summing to 1
 * @param options.top at most so many, 5 by default
 * @throws RangeError on empty or unequally long input, or rows that are no probabilities
 * @example
 * ```ts
 * await show(hardestTable(hardestSongs(sides.test, labels, probabilities, { top: 5 })));
 * ```
 */
export function hardestSongs(
  songs: readonly Song[],
  labels: readonly string[],
  probabilities: Rows,
  { top = 5 }: { top?: number } = {},
): HardSong[] {
  checkLengths("hardestSongs", { songs, probabilities });
  checkProbabilities("hardestSongs", probabilities);
  return songs.map((song, i): HardSong => {
    const row = probabilities[i]!;
    const own = song.genres.reduce((sum, genre) => sum + (row[labels.indexOf(genre)] ?? 0), 0);
    const best = argmax(row);
    return {
      songId: song.id,
      songName: song.songName,
      artists: song.artists,
      genres: song.genres,
      predicted: labels[best]!,
      probabilityOfActual: Math.min(1, own),
      probabilityOfPredicted: row[best]!,
      // not below the smallest step from 1, as scikit-learn keeps probabilities
      loss: -Math.log(Math.min(1, Math.max(own, Number.EPSILON))),
      excerpt: excerptOf(song.lyrics, 60),
    };
  }).sort((a, b) => b.loss - a.loss).slice(0, top);
}

/** Songs as rows of a table. */
export function hardestTable(songs: readonly HardSong[]): Record<string, string>[] {
  return songs.map((song) => ({
    "곡 · song": song.artists.length === 0 ? song.songName : `${song.songName} (${song.artists.join(", ")})`,
    "실제 · actual": `${song.genres.join(", ")} ${percent(song.probabilityOfActual)}`,
    "예측 · predicted": `${song.predicted} ${percent(song.probabilityOfPredicted)}`,
    "손실 · loss": song.loss.toFixed(2),
    "가사 · lyrics": song.excerpt,
  }));
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

/** The beginning of a text in one line, lines parted by a stroke, with an ellipsis where more follows. */
export function excerptOf(lyrics: string, length: number): string {
  const lines = lyrics.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const characters = [...lines.join(" / ")];
  return characters.length <= length ? characters.join("") : `${characters.slice(0, length - 1).join("")}…`;
}

import type pl from "nodejs-polars";
import { cleanLyrics } from "./clean_lyrics.ts";
import { type Song, songRows, songsFrame } from "./frame.ts";

/** Why a song was dropped. */
export type DropReason = "no lyrics" | "no genre" | "none of the chosen genres";

/** What {@linkcode cleanSongs} did. */
export interface CleaningReport {
  /** Songs before. */
  read: number;
  /** Songs after. */
  kept: number;
  /** The songs dropped, in the table's order. */
  dropped: { id: string; songName: string; reason: DropReason }[];
  /** How many were dropped for each reason, the most frequent first. */
  byReason: { reason: DropReason; songs: number }[];
  /** Kept songs whose lyrics the cleaning changed. */
  lyricsChanged: number;
  /** Kept songs that lost a genre, because it is not among the chosen ones. */
  genresChanged: number;
  /**
   * Kept songs whose lyrics another kept song has too ({@linkcode lyricsKey}). They stay; a split keeps them
   * together.
   */
  repeatedLyrics: number;
  /** Kept songs without a single Hangul character. They stay. */
  withoutHangul: number;
}

/** Options of {@linkcode cleanSongs}. */
export interface CleanSongsOptions {
  /** Drop songs without a genre. Default `true`; `false` for a table to predict on. */
  requireGenre?: boolean;
  /**
   * Keep these genres only: others are taken off the songs, and songs left without one are dropped. Default: all.
   */
  genres?: readonly string[];
}

/**
 * What two songs must share to count as having the same lyrics: the cleaned text without white space, whatever its
 * case or character width. Empty where there are no lyrics.
 */
export function lyricsKey(lyrics: string): string {
  return keyOfClean(cleanLyrics(lyrics));
}

function keyOfClean(lyrics: string): string {
  return lyrics.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
}

/**
 * Cleans the lyrics of every song ({@linkcode cleanLyrics}) and drops the songs that cannot be learned from: those
 * whose lyrics hold no letter or digit, and those without a genre. Songs with the same lyrics are kept:
 * {@linkcode splitSongs} puts them on one side.
 *
 * @returns the remaining songs, in order and with the same columns, and a report on what was dropped and why.
 *
 * @example
 * ```ts ignore
 * const { songs, report } = cleanSongs(await readSongs("data/songs.csv"));
 * console.table(report.byReason);
 * ```
 */
export function cleanSongs(
  frame: pl.DataFrame,
  options: CleanSongsOptions = {},
): { songs: pl.DataFrame; report: CleaningReport } {
  const { requireGenre = true, genres: chosen } = options;
  const before = songRows(frame);
  const kept: Song[] = [];
  const report: CleaningReport = {
    read: before.length,
    kept: 0,
    dropped: [],
    byReason: [],
    lyricsChanged: 0,
    genresChanged: 0,
    repeatedLyrics: 0,
    withoutHangul: 0,
  };
  for (const song of before) {
    const lyrics = cleanLyrics(song.lyrics);
    const genres = chosen ? song.genres.filter((genre) => chosen.includes(genre)) : song.genres;
    const reason: DropReason | null = !/[\p{L}\p{N}]/u.test(lyrics)
      ? "no lyrics"
      : !requireGenre || genres.length > 0
      ? null
      : song.genres.length === 0
      ? "no genre"
      : "none of the chosen genres";
    if (reason) {
      report.dropped.push({ id: song.id, songName: song.songName, reason });
      continue;
    }
    kept.push({ ...song, lyrics, genres });
    if (lyrics !== song.lyrics) report.lyricsChanged++;
    if (genres.length !== song.genres.length) report.genresChanged++;
    if (!/\p{Script=Hangul}/u.test(lyrics)) report.withoutHangul++;
  }
  const songsByLyrics = Map.groupBy(kept, (song) => keyOfClean(song.lyrics));
  for (const { length } of songsByLyrics.values()) if (length > 1) report.repeatedLyrics += length;
  report.kept = kept.length;
  report.byReason = [...Map.groupBy(report.dropped, ({ reason }) => reason)]
    .map(([reason, songs]) => ({ reason, songs: songs.length }))
    .sort((a, b) => b.songs - a.songs || (a.reason < b.reason ? -1 : 1));
  return { songs: songsFrame(kept), report };
}

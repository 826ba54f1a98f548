/** Which songs of a table are kept, for what they are wanted for. */
import type pl from "nodejs-polars";
import { didYouMean, UserError } from "../ground/mod.ts";
import { cleanLyrics } from "./clean_lyrics.ts";
import { foldCase, keyOfFolded } from "./fingerprint.ts";
import { type Song, songRows, songsFrame } from "./frame.ts";
import { parseName } from "./values.ts";

/**
 * What songs are wanted for: to learn genres from, or to measure on; for their texts alone, as pretraining does; or to tell their genres. It
 * decides which columns a table must have ({@link readSongs}), and which songs are of use ({@link cleanSongs}).
 */
export type Purpose = "learning" | "texts" | "prediction";

/** Why a song was dropped. */
export type DropReason = "no lyrics" | "no genre" | "none of the chosen genres";

/** What {@link cleanSongs} did. */
export interface CleaningReport {
  /** Songs before. */
  read: number;
  /** Songs after. */
  kept: number;
  /** The songs dropped, in the table's order. */
  dropped: { id: string; songName: string; reason: DropReason }[];
  /** How many were dropped for each reason, the most frequent first. */
  byReason: { reason: DropReason; songs: number }[];
  /** Kept songs whose lyrics the cleaning changed; line breaks, which are one already as a table is read ({@link readSongs}), do not count. */
  lyricsChanged: number;
  /** Kept songs that lost a genre, because it is not among the chosen ones. */
  genresChanged: number;
  /**
   * Kept songs whose lyrics another kept song has too ({@link lyricsKey}). They stay; a split keeps them
   * together.
   */
  repeatedLyrics: number;
  /** Kept songs with words, but without a single Hangul character. They stay. */
  withoutHangul: number;
  /** Songs whose lyrics hold no letter or digit; dropped, but for a prediction. */
  withoutLyrics: number;
}

/** Options of {@link cleanSongs}. */
export interface CleanSongsOptions {
  /** What the songs are wanted for: it decides which songs go. Default `"learning"`. */
  purpose?: Purpose;
  /**
   * Keep these genres only: others are taken off the songs, and songs left without one are dropped, but for a prediction. Default: all.
   */
  genres?: readonly string[];
}

/** Whether lyrics hold a letter or a digit: without one there is nothing to tell a genre by. */
export function hasWords(lyrics: string): boolean {
  return /[\p{L}\p{N}]/u.test(lyrics);
}

/**
 * Cleans the lyrics of every song ({@link cleanLyrics}) and drops the songs that are of no use for a purpose. To learn from and to
 * measure on: those whose lyrics hold no letter or digit, and those without a genre. For texts alone: those without such lyrics; and those
 * without a genre where others have one, so that the same songs are there as for learning, and a split puts them on the same sides. For a
 * prediction none is dropped. Songs with the same lyrics are kept: {@link splitSongs} puts them on one side.
 *
 * @returns the remaining songs, in order and with the same columns, and a report on what was dropped and why.
 * @throws {UserError} where a genre is chosen that no song has; it names those that there are, and the nearest.
 *
 * @example
 * ```ts
 * const { songs, report } = cleanSongs(await readSongs("data/songs.csv"));
 * console.table(report.byReason);
 * ```
 */
export function cleanSongs(
  frame: pl.DataFrame,
  options: CleanSongsOptions = {},
): { songs: pl.DataFrame; report: CleaningReport } {
  const { purpose = "learning" } = options;
  const before = songRows(frame);
  const chosen = options.genres === undefined ? undefined : chosenGenres(before, options.genres);
  const isGenreNeeded = purpose === "learning" ||
    (purpose === "texts" && (chosen !== undefined || before.some(({ genres }) => genres.length > 0)));
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
    withoutLyrics: 0,
  };
  for (const song of before) {
    const lyrics = cleanLyrics(song.lyrics);
    const genres = chosen ? song.genres.filter((genre) => chosen.has(genre)) : song.genres;
    const isEmpty = !hasWords(lyrics);
    if (isEmpty) report.withoutLyrics++;
    const reason: DropReason | null = purpose === "prediction"
      ? null
      : isEmpty
      ? "no lyrics"
      : !isGenreNeeded || genres.length > 0
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
    if (!isEmpty && !/\p{Script=Hangul}/u.test(lyrics)) report.withoutHangul++;
  }
  const songsByLyrics = Map.groupBy(kept, (song) => keyOfFolded(foldCase(song.lyrics)));
  songsByLyrics.delete("");
  for (const { length } of songsByLyrics.values()) if (length > 1) report.repeatedLyrics += length;
  report.kept = kept.length;
  report.byReason = [...Map.groupBy(report.dropped, ({ reason }) => reason)]
    .map(([reason, songs]) => ({ reason, songs: songs.length }))
    .sort((a, b) => b.songs - a.songs || (a.reason < b.reason ? -1 : 1));
  return { songs: songsFrame(kept), report };
}

/** The chosen genres as the songs have them. @throws {UserError} where no song has one of them */
function chosenGenres(songs: readonly Song[], chosen: readonly string[]): Set<string> {
  const counts = new Map<string, number>();
  for (const { genres } of songs) for (const genre of genres) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  const names = new Set(chosen.map(parseName).filter((name) => name !== ""));
  const absent = [...names].filter((name) => !counts.has(name));
  if (absent.length === 0 && names.size > 0) return names;
  const there = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name, count]) =>
    `${name} (${count})`
  );
  throw new UserError(
    (names.size === 0
      ? "No genre is chosen."
      : `No song has the genre ${
        absent.map((name) => `${name}${didYouMean(name, [...counts.keys()])}`).join(", ")
      }.`) +
      ` The songs' genres: ${there.slice(0, 40).join(", ") || "none"}` +
      `${there.length > 40 ? `, and ${there.length - 40} more` : ""}.`,
  );
}

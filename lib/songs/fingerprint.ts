/** What a song is known by, whatever its id and spelling: its lyrics. */
import { fingerprint } from "../ground/mod.ts";
import { cleanLyrics } from "./clean_lyrics.ts";
import type { Song } from "./frame.ts";

/**
 * What two songs must share to count as having the same lyrics: the cleaned text without white space, whatever its
 * case or character width. Empty where there are no lyrics.
 */
export function lyricsKey(lyrics: string): string {
  return keyOfFolded(foldCase(cleanLyrics(lyrics)));
}

/** A text whatever its case and the width of its characters. */
export function foldCase(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** {@link lyricsKey} of lyrics that are clean and folded already. */
export function keyOfFolded(text: string): string {
  return text.replace(/[\s\p{Default_Ignorable_Code_Point}]+/gu, "");
}

/**
 * What a song's lyrics are known by in files: 64 bits of the SHA-256 of {@link lyricsKey}, in hexadecimal. Songs with the same lyrics
 * have the same, however they are written, in any table and under any id; the lyrics cannot be read from it.
 *
 * @example
 * ```ts
 * import { lyricsFingerprint } from "./fingerprint.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(lyricsFingerprint("봄이 와요"), lyricsFingerprint("봄이<br>와요 "));
 * assert.equal(lyricsFingerprint("봄이 와요").length, 16);
 * ```
 */
export function lyricsFingerprint(lyrics: string): string {
  return hashed(lyricsKey(lyrics));
}

/** What a song is known by that has no id: the same of its lyrics, title and artists together. */
export function songFingerprint({ lyrics, songName, artists }: Song): string {
  return hashed(JSON.stringify([lyricsKey(lyrics), songName, artists]));
}

function hashed(text: string): string {
  return fingerprint([text]).slice(0, 16);
}

/** Whether songs are the same as before. */
import { createHash } from "node:crypto";
import type { Song } from "../songs/mod.ts";

/** A text that changes with any song's lyrics, genres or artists. */
export function fingerprint(songs: readonly Song[]): string {
  const hash = createHash("sha256");
  for (const { id, lyrics, genres, artists } of songs) {
    hash.update(JSON.stringify([id, lyrics, genres, artists]));
  }
  return `${songs.length} songs, ${hash.digest("hex").slice(0, 16)}`;
}

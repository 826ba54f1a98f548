/**
 * A table of songs: read in whatever form it comes, whole or in parts, checked, cleaned, and looked at.
 * Songs are known by their lyrics: a split puts no song on two sides, nor two editions of one, and its record says what a model has seen.
 * What comes out are polars frames and plain songs; nothing here knows of tokens or models.
 *
 * @module
 */
export { cleanLyrics, decodeEntities, normalizeLineBreaks } from "./clean_lyrics.ts";
export * from "./clean.ts";
export type { TextEncoding } from "./decode.ts";
export { SongsError, type SongsProblem } from "./errors.ts";
export { lyricsOf, type Song, songColumns, songOf, songRows, songsFrame } from "./frame.ts";
export { lyricsFingerprint, lyricsKey } from "./fingerprint.ts";
export * from "./genre_names.ts";
export * from "./learnable.ts";
export * from "./instances.ts";
export * from "./parts.ts";
export * from "./read.ts";
export { fileColumns } from "./columns.ts";
export * from "./split.ts";
export * from "./split_record.ts";
export * from "./summary.ts";
export { openText, readText, type TextFile, type TextFileOptions } from "./text_file.ts";
export { importMelon, type MelonImport } from "./import_melon.ts";
export type { SongDate } from "./values.ts";

/**
 * A table of songs: read in whatever form it comes, whole or in parts, checked, cleaned, and looked at.
 * Songs are known by their lyrics: a split puts no song on two sides, nor two editions of one, and its record says what a model has seen.
 * What comes out are polars frames and plain songs; nothing here knows of tokens or models.
 *
 * @module
 */
export { cleanLyrics, decodeEntities, normalizeLineBreaks } from "./clean_lyrics.ts";
export {
  type CleaningReport,
  cleanSongs,
  type CleanSongsOptions,
  type DropReason,
  hasWords,
  type Purpose,
} from "./clean.ts";
export type { TextEncoding } from "./decode.ts";
export { SongsError, type SongsProblem } from "./errors.ts";
export { lyricsOf, type Song, songColumns, songOf, songRows, songsFrame } from "./frame.ts";
export { lyricsFingerprint, lyricsKey } from "./fingerprint.ts";
export { type GenreNames, readGenreNames } from "./genre_names.ts";
export { splitToLearn, type SplitToLearnOptions } from "./learnable.ts";
export { type Instance, type InstanceOptions, instances } from "./instances.ts";
export { openSongs, type OpenSongsOptions, type SongParts, type SongRange } from "./parts.ts";
export { prepareSongs, type PrepareSongsOptions } from "./prepare.ts";
export { readSongs, type ReadSongsOptions } from "./read.ts";
export { fileColumns } from "./records.ts";
export {
  type Split,
  type SplitBy,
  splitByIds,
  type SplitByIdsOptions,
  type SplitOptions,
  splitSongs,
} from "./split.ts";
export {
  readSplitRecord,
  recordSplit,
  type SeenSongs,
  seenSongs,
  splitFileName,
  type SplitRecord,
  splitText,
} from "./split_record.ts";
export { genreCounts, genresOf, missingValues, namesPerSong, splitCounts, topArtists } from "./summary.ts";
export { openText, readText, type TextFile, type TextFileOptions } from "./text_file.ts";
export { importMelon, type MelonImport } from "./import_melon.ts";
export type { SongDate } from "./values.ts";

/** The songs of a split: the fold's test songs, and of the others those to train and to validate on. */
import type pl from "nodejs-polars";
import { type Song, songRows, type Split, splitByIds } from "../../lib/songs/mod.ts";

/** A split as frames, and as plain rows. */
export interface FoldSplit extends Split {
  rows: Record<"train" | "validation" | "test", Song[]>;
  /** Songs that share their lyrics with a test song: on no side. */
  leftOut: pl.DataFrame;
}

/** Cuts a tenth of the songs that are not tested for validation; songs with the same lyrics stay together. */
export function foldSplit(songs: pl.DataFrame, test: readonly string[], seed: number): FoldSplit {
  const split = splitByIds(songs, { test, validation: 0.1, seed });
  return {
    ...split,
    rows: {
      train: songRows(split.train),
      validation: songRows(split.validation),
      test: songRows(split.test),
    },
  };
}

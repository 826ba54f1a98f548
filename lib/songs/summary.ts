/** Counts over a table of songs: genres, artists, missing values. */
import pl from "nodejs-polars";
import { fileColumns } from "./columns.ts";
import type { Split } from "./split.ts";

/**
 * Songs by genre, the most frequent first and equal ones by name: columns `genre`, `songs` (UInt32) and `share`
 * (of all songs, 0 to 1). A song counts for each of its genres, so shares may sum to more than 1; songs without
 * one count for none.
 */
export function genreCounts(frame: pl.DataFrame): pl.DataFrame {
  return frame.select("id", "genre").explode("genre").filter(pl.col("genre").isNotNull())
    .groupBy("genre").agg(pl.col("id").count().alias("songs"))
    .withColumn(pl.col("songs").cast(pl.Float64).div(pl.lit(frame.height)).alias("share"))
    .sort([pl.col("songs"), pl.col("genre")], [true, false]);
}

/**
 * The genres of the songs, the most frequent first and equal ones by name: the order of a classifier's labels.
 *
 * @example
 * ```ts
 * const labels = genresOf(train);
 * ```
 */
export const genresOf = (frame: pl.DataFrame): string[] =>
  genreCounts(frame).getColumn("genre").toArray() as string[];

/**
 * The artists with the most songs, equal ones by name: columns `artist`, `songs`, `genre` (the artist's most
 * frequent one, equal ones by name; null where none of the songs has any) and `genre_share` (of the artist's
 * songs, 0 to 1).
 */
export function topArtists(frame: pl.DataFrame, limit = 20): pl.DataFrame {
  const byArtist = frame.select("id", "artist", "genre").explode("artist").filter(
    pl.col("artist").isNotNull(),
  );
  const genre = byArtist.explode("genre").filter(pl.col("genre").isNotNull())
    .groupBy("artist", "genre").agg(pl.col("id").count().alias("of_genre"))
    .sort([pl.col("of_genre"), pl.col("genre")], [true, false])
    .unique({ subset: "artist", keep: "first", maintainOrder: true });
  return byArtist.groupBy("artist").agg(pl.col("id").count().alias("songs"))
    .sort([pl.col("songs"), pl.col("artist")], [true, false]).head(limit)
    .join(genre, { on: "artist", how: "left" })
    .withColumn(pl.col("of_genre").cast(pl.Float64).div(pl.col("songs")).alias("genre_share"))
    .sort([pl.col("songs"), pl.col("artist")], [true, false])
    .select("artist", "songs", "genre", "genre_share");
}

/**
 * Songs by how many genres, or artists, they have: columns `genres` or `artists` (the number) and `songs`, in order.
 */
export function namesPerSong(frame: pl.DataFrame, column: "genre" | "artist"): pl.DataFrame {
  const number = `${column}s`;
  return frame.select(pl.col("id"), pl.col(column).lst.lengths().alias(number))
    .groupBy(number).agg(pl.col("id").count().alias("songs")).sort(number);
}

/**
 * The songs that lack a value, column by column of the file: columns `column`, `missing` (songs) and `share` (0 to
 * 1).
 */
export function missingValues(frame: pl.DataFrame): pl.DataFrame {
  const isMissing = (column: typeof fileColumns[number]) =>
    column === "artist" || column === "genre"
      ? pl.col(column).lst.lengths().eq(0)
      : column === "date"
      ? pl.col("year").isNull()
      : column === "adults"
      ? pl.col("adults").isNull()
      : pl.col(column).isNull().or(pl.col(column).str.strip().eq(pl.lit("")));
  const missing = fileColumns.map((column) => frame.filter(isMissing(column)).height);
  return pl.DataFrame([
    pl.Series("column", [...fileColumns], pl.Utf8),
    pl.Series("missing", missing, pl.Float64).cast(pl.Int32),
    pl.Series("share", missing.map((songs) => songs / Math.max(1, frame.height)), pl.Float64),
  ]);
}

/**
 * How a split deals the genres out: columns `genre`, `train`, `validation` and `test` (songs), in the order of all
 * songs' genres.
 */
export function splitCounts({ train, validation, test }: Split): pl.DataFrame {
  const named = (part: pl.DataFrame, name: string) =>
    genreCounts(part).select(pl.col("genre"), pl.col("songs").alias(name));
  return genreCounts(pl.concat([train, validation, test])).select("genre")
    .join(named(train, "train"), { on: "genre", how: "left" })
    .join(named(validation, "validation"), { on: "genre", how: "left" })
    .join(named(test, "test"), { on: "genre", how: "left" })
    .fillNull("zero");
}

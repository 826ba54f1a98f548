/** Predictions as the rows of a table. */
import { stringify } from "@std/csv";
import pl from "nodejs-polars";
import { writeWhole } from "../../lib/ground/mod.ts";
import type { Song } from "../../lib/songs/mod.ts";
import type { SongPrediction } from "../../lib/training/mod.ts";

/** A song's prediction; `null` where it has no lyrics to tell by. */
export type Prediction = SongPrediction | null;

/** What a file of predictions begins with: without this mark Excel takes UTF-8 for another encoding. */
export const byteOrderMark = "\ufeff";

const words = ["id", "song_name", "artist", "genre", "predicted"] as const;

const columnsOf = (
  labels: readonly string[],
): string[] => [...words, ...labels.map((label) => `P(${label})`)];

/**
 * Predictions as CSV: id, name, artists, the song's genres where known, the predicted one (of a multi-label model all it gives), every genre's
 * probability. A song without a prediction keeps its row, with these fields empty.
 *
 * @param header whether the columns' names come first
 */
export function predictionRows(
  labels: readonly string[],
  songs: readonly Song[],
  predictions: readonly Prediction[],
  header: boolean,
): string {
  const rows = songs.map((song, i) => [
    song.id,
    song.songName,
    song.artists.join(", "),
    song.genres.join(", "),
    predictions[i]?.genres.join(", ") ?? "",
    ...labels.map((_, k) => predictions[i]?.probabilities[k]?.toFixed(6) ?? ""),
  ]);
  return stringify(header ? [columnsOf(labels), ...rows] : rows);
}

/** Writes `predictions.csv`, whole or not at all: {@link predictionRows}. */
export async function writePredictions(
  path: string,
  labels: readonly string[],
  songs: readonly Song[],
  predictions: readonly Prediction[],
): Promise<void> {
  await writeWhole(path, byteOrderMark + predictionRows(labels, songs, predictions, true));
}

/** Writes text to standard output, all of it. */
export async function printText(text: string): Promise<void> {
  await new Blob([text]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
}

/** Makes a Parquet file of predictions in CSV, piece by piece: texts, and probabilities as float64, null where there are none. */
export async function predictionsToParquet(
  from: string,
  to: string,
  labels: readonly string[],
): Promise<void> {
  const schema = Object.fromEntries(
    columnsOf(labels).map((column, i) => [column, i < words.length ? pl.Utf8 : pl.Float64]),
  );
  await pl.scanCSV(from, { schema, missingUtf8IsEmptyString: true, glob: false }).sinkParquet(to, {
    rowGroupSize: 1 << 16,
  }).collect();
}

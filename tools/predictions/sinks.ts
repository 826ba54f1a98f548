/** Where predictions go as they come, part by part. */
import { differences, GrowingFile, UserError, writeAll } from "../../lib/ground/mod.ts";
import type { Song } from "../../lib/songs/mod.ts";
import { standardOutputPath } from "../paths.ts";
import { byteOrderMark, type Prediction, predictionRows, predictionsToParquet, printText } from "./rows.ts";

/** Takes predictions in the order of the songs. */
export interface PredictionSink extends Disposable {
  /** What an earlier run has written. */
  readonly done: Count;
  write(songs: readonly Song[], predictions: readonly Prediction[]): Promise<void>;
  /** The songs are at their end. */
  finish(): Promise<void>;
}

/** Songs that are done, and how many of them have no lyrics. */
export interface Count {
  songs: number;
  withoutLyrics: number;
}

/** The count with some more songs. */
export function counted({ songs, withoutLyrics }: Count, predictions: readonly Prediction[]): Count {
  return {
    songs: songs + predictions.length,
    withoutLyrics: withoutLyrics + predictions.filter((prediction) => prediction === null).length,
  };
}

/**
 * A sink that writes a table: CSV, or Parquet where the path ends so. The file is there when all of it is; until then it grows beside its
 * place, and a run that was cut off goes on after the last part that it wrote. Standard output, a device or a pipe gets the rows as they come.
 *
 * @param identity what the predictions depend on, plain data
 * @param anew starts over where an earlier run was cut off
 * @throws UserError where what is there is of a run that depended on something else
 */
export async function tableSink(
  path: string,
  labels: readonly string[],
  identity: Record<string, unknown>,
  anew: boolean,
): Promise<PredictionSink> {
  if (path === standardOutputPath || await isDevice(path)) return passingSink(path, labels);
  const before = anew ? null : await GrowingFile.belongsTo(path);
  const differing = before === null ? [] : differences(before, identity);
  if (differing.length > 0) {
    throw new UserError(
      `Beside ${path} is what another run has written of its predictions before it was cut off:\n` +
        differing.map((line) => `  ${line}\n`).join("") +
        "Give another --output; or --anew, which starts over.",
    );
  }
  const file = await GrowingFile.open<Count>(path, identity, anew);
  let count = file.mark ?? { songs: 0, withoutLyrics: 0 };
  return {
    done: count,
    async write(songs, predictions) {
      const isFirst = count.songs === 0;
      const text = predictionRows(labels, songs, predictions, isFirst);
      count = counted(count, predictions);
      await file.append(isFirst ? byteOrderMark + text : text, count);
    },
    async finish() {
      if (count.songs === 0) await file.append(byteOrderMark + predictionRows(labels, [], [], true), count);
      await file.finish(
        isParquetPath(path) ? (from, to) => predictionsToParquet(from, to, labels) : undefined,
      );
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** What the run depended on that was cut off when it wrote a table to a path; `null` where there is none. */
export async function cutOffRun(path: string): Promise<Record<string, unknown> | null> {
  if (path === standardOutputPath || await isDevice(path)) return null;
  return await GrowingFile.belongsTo(path) as Record<string, unknown> | null;
}

/** A sink that prints a line for each song. */
export function linesSink(line: (song: Song, prediction: Prediction) => string): PredictionSink {
  return {
    done: { songs: 0, withoutLyrics: 0 },
    write: (songs, predictions) =>
      printText(songs.map((song, i) => line(song, predictions[i]!) + "\n").join("")),
    finish: () => Promise.resolve(),
    [Symbol.dispose]() {},
  };
}

/** A sink of rows that cannot be resumed. */
async function passingSink(path: string, labels: readonly string[]): Promise<PredictionSink> {
  const file = path === standardOutputPath ? null : await Deno.open(path, { write: true });
  let header = true;
  const write = async (songs: readonly Song[], predictions: readonly Prediction[]) => {
    const text = predictionRows(labels, songs, predictions, header);
    header = false;
    if (file === null) await printText(text);
    else await writeAll(file, new TextEncoder().encode(text));
  };
  return {
    done: { songs: 0, withoutLyrics: 0 },
    write,
    finish: async () => {
      if (header) await write([], []);
    },
    [Symbol.dispose]: () => file?.close(),
  };
}

export const isParquetPath = (path: string): boolean => /\.(?:parquet|pq)$/i.test(path);

async function isDevice(path: string): Promise<boolean> {
  try {
    return !(await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

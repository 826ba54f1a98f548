/** A share of the songs, for a job of many like it. */
import { extname } from "node:path";
import { UsageError } from "../options.ts";
import { standardOutputPath } from "../paths.ts";

/** One of so many equal shares; the first is 1. */
export interface Share {
  number: number;
  of: number;
}

/** The share that a command line asks for: `3/8`. @throws UsageError */
export function shareOf(text: string): Share {
  const [, number, of] = (/^(\d+)\/(\d+)$/.exec(text.trim()) ?? []).map(Number);
  if (number === undefined || of === undefined || number < 1 || number > of) {
    throw new UsageError(`--shard is "${text}"; it must be a share and how many there are: 1/8 to 8/8.`);
  }
  return { number, of };
}

/** The rows of a share: shares in order are all of them, and differ by one row at most. */
export function rowsOf({ number, of }: Share, rows: number): { from: number; to: number } {
  return { from: Math.floor(rows * (number - 1) / of), to: Math.floor(rows * number / of) };
}

/** The file of a share: `predictions.csv` is `predictions-3-of-8.csv`, with zeros so that names sort as the shares do. */
export function fileOf({ number, of }: Share, path: string): string {
  if (path === standardOutputPath) return path;
  const ending = extname(path), name = path.slice(0, path.length - ending.length);
  return `${name}-${String(number).padStart(String(of).length, "0")}-of-${of}${ending}`;
}

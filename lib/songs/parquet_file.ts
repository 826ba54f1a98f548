/** A table in Parquet: its records as texts, as a table in CSV has them. */
import { Buffer } from "node:buffer";
import pl from "nodejs-polars";
import { SongsError, wholeFile } from "./errors.ts";
import { knownColumnsOf } from "./columns.ts";
import type { TableFile } from "./records.ts";

/** Whether bytes, or a file's, are Parquet: they say so at their beginning. */
export async function isParquet(source: string | URL | Uint8Array): Promise<boolean> {
  if (source instanceof Uint8Array) return new TextDecoder().decode(source.subarray(0, 4)) === "PAR1";
  const bytes = new Uint8Array(4);
  try {
    using file = await Deno.open(source);
    await file.read(bytes);
  } catch {
    return false; // who reads it says why it cannot be read
  }
  return isParquet(bytes);
}

/**
 * Opens a table in Parquet. Of its columns only those of songs are read, and of its rows those that are asked for.
 *
 * Lists become lists written out, dates `2001-03-16`, truth values `true` and `false`, missing values empty: what is read in CSV.
 *
 * @param name what to call it in errors
 * @throws {SongsError} where it is no whole Parquet file
 */
export async function openParquet(name: string, source: string | URL | Uint8Array): Promise<TableFile> {
  const table = await reading(
    name,
    () =>
      source instanceof Uint8Array
        ? pl.readParquet(Buffer.from(source)).lazy()
        : pl.scanParquet(source instanceof URL ? decodeURIComponent(source.pathname) : source, {
          glob: false,
        }),
  );
  const { header, rows } = await reading(name, async () => ({
    header: table.columns,
    rows: Number((await table.select(pl.len()).collect()).row(0)[0]),
  }));
  const known = header.filter((column) => knownColumnsOf([column]).length > 0);
  return {
    name,
    header,
    separator: ",",
    rows,
    async read(from, to) {
      const part = await reading(name, () => table.select(known).slice(from, to - from).collect());
      const columns = header.map((column) => known.includes(column) ? part.getColumn(column).toArray() : []);
      return {
        records: Array.from(
          { length: part.height },
          (_, row) => columns.map((column) => textOf(column[row])),
        ),
        lines: Array.from({ length: part.height }, (_, row) => from + row + 1),
      };
    },
  };
}

async function reading<T>(name: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new SongsError(name, [
      wholeFile(
        `the Parquet file cannot be read (${(cause as Error).message.split("\n")[0]})`,
        "See whether it is whole, and write it again where it is not.",
      ),
    ], { cause });
  }
}

/** A value as the field of a table in CSV. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString().slice(0, 10);
  if (Array.isArray(value)) return JSON.stringify(value.map(textOf).filter((text) => text !== ""));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

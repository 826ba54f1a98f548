/** Names for genre codes, and for genres that a table calls otherwise. */
import { parse } from "@std/csv";
import { SongsError } from "./errors.ts";
import { readText } from "./text_file.ts";
import { genreKey, isGenreCode, parseName } from "./values.ts";

/** Names for what a table has for genres: a file, a list (the first name is code 0's), or an object with codes as keys. */
export type GenreNames = string | URL | readonly string[] | Readonly<Record<string, string>>;

/**
 * Reads the names of genre codes: of numbers (`3`), of codes (`GN0100`), or of genres by other names (`Ballad`). A file holds one of
 *
 * - a JSON list, `["발라드", "댄스"]`: the first name is code 0's;
 * - a JSON object, `{"0": "발라드", "GN0200": "댄스"}`, or turned round, `{"발라드": 0, "댄스": "GN0200"}`;
 * - lines of code and name, `0,발라드`, with a comma, a tab, a semicolon or a colon between, under a header or not;
 * - one name a line: the first line is code 0's, and none is empty.
 *
 * @returns the names by their codes: a number without its zeros and fraction (`03` and `3.0` are `3`), other texts as genres are cleaned
 * @throws {SongsError} where the file cannot be read, or a code has no name, or stands there twice.
 *
 * @example
 * ```ts
 * import { readGenreNames } from "./genre_names.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal((await readGenreNames({ "3": "랩/힙합" })).get("3"), "랩/힙합");
 * ```
 */
export async function readGenreNames(source: GenreNames): Promise<Map<string, string>> {
  if (typeof source === "string" || source instanceof URL) {
    const file = source instanceof URL ? source.pathname : source;
    return namesOf(file, await pairsOfFile(file, source));
  }
  return namesOf("genreNames", Array.isArray(source) ? [...source.entries()] : Object.entries(source));
}

type Pair = readonly [code: string | number, name: unknown];

const formsRemedy =
  'Use ["발라드", "댄스"], {"0": "발라드"}, lines such as 0,발라드 or GN0100,발라드, or one name a line.';

function problem(line: number | null, value: string | null, what: string, remedy = formsRemedy) {
  return { line, column: null, value, what, remedy };
}

async function pairsOfFile(file: string, source: string | URL): Promise<Pair[]> {
  const read = await readText(source), text = read.trim();
  if (text === "") throw new SongsError(file, [problem(null, null, "the file of genre names is empty")]);
  try {
    if (/^[[{]/.test(text)) {
      const json: unknown = JSON.parse(text);
      if (Array.isArray(json)) return [...json.entries()];
      return upright(Object.entries(json as Record<string, unknown>));
    }
    const separator = [",", "\t", ";", ":"].find((candidate) =>
      text.split("\n", 1)[0]?.includes(candidate)
    ) ?? ",";
    const rows = parse(text, { separator });
    if (rows.every((row) => row.length === 1)) {
      const empty = read.trimEnd().split(/\r\n?|\n/).findIndex((line) => line.trim() === "");
      if (empty < 0) return rows.map((row, code) => [code, row[0]]);
      throw new SongsError(file, [
        problem(
          empty + 1,
          null,
          "this line is empty, and the codes of the names below it depend on whether it counts",
          `Take the line out, or write codes and names where code ${empty} has no name: 0,발라드.`,
        ),
      ]);
    }
    const [first, ...others] = rows, hasDigit = (row: readonly string[] = []) => /\d/.test(row.join());
    const isHeader = !hasDigit(first) && others.length > 0 && others.every(hasDigit);
    return upright((isHeader ? others : rows).map(([code = "", name]) => [code.trim(), name]));
  } catch (cause) {
    if (cause instanceof SongsError) throw cause;
    throw new SongsError(file, [
      problem(null, null, `the genre names cannot be read (${(cause as Error).message})`),
    ], {
      cause,
    });
  }
}

/** Pairs of code and name, where they are codes behind names turned round. */
function upright(pairs: Pair[]): Pair[] {
  const isCode = (value: unknown) => isGenreCode(String(value).trim());
  const isTurned = pairs.every(([key, value]) => isCode(value) && !isCode(key));
  return isTurned ? pairs.map(([name, code]) => [String(code), name]) : pairs;
}

function namesOf(file: string, pairs: readonly Pair[]): Map<string, string> {
  const names = new Map<string, string>();
  const problems = pairs.flatMap(([key, value]) => {
    const code = genreKey(key);
    const name = typeof value === "string" ? parseName(value) : "";
    const shown = `${key},${value}`;
    if (code === "") return [problem(null, shown, "the name has no code")];
    if (name === "") return [problem(null, shown, "the code has no name")];
    if (names.has(code)) return [problem(null, shown, `code ${code} is there twice`)];
    names.set(code, name);
    return [];
  });
  if (problems.length > 0) throw new SongsError(file, problems);
  return names;
}

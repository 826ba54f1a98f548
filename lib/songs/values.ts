import { UserError } from "../ground/errors.ts";
import { decodeEntities } from "./clean_lyrics.ts";

/** A release date as far as it is known. */
export interface SongDate {
  /** As the file has it, without outer spaces. */
  text: string;
  year: number | null;
  /** 1 to 12. */
  month: number | null;
  /** 1 to 31. */
  day: number | null;
}

/** A value that is not of its column's type. The reader adds file, line and column. */
export class ValueError extends UserError {
  override readonly name = "ValueError";
  constructor(message: string, readonly remedy: string) {
    super(message);
  }
}

/** Ways in which exporters write that there is no value. */
function isMissing(text: string): boolean {
  return /^(?:|-|nan|none|null|n\/a)$/i.test(text);
}

const DATE_REMEDY = "Write dates as 2001.03.16, 1999.10 or 2002, or leave the field empty.";

/**
 * Reads a date: `2001.03.16`, `1999.10`, `2002`, the same with `-` or `/` or as `20010316`, a final dot or a time
 * of day (ignored). `-` and an empty field are no date; month or day 00 are unknown.
 *
 * @throws {ValueError} for anything else, and for a month or day that does not exist.
 *
 * @example
 * ```ts
 * import { parseDate } from "./values.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseDate("1999.10"), { text: "1999.10", year: 1999, month: 10, day: null });
 * ```
 */
export function parseDate(value: string): SongDate {
  const text = value.trim();
  const none = { text, year: null, month: null, day: null };
  if (isMissing(text)) return none;
  const parts =
    /^(\d{4})(?:([.\/-])(\d{1,2})(?:\2(\d{1,2}))?)?\.?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?.*)?$/.exec(text) ??
      /^(\d{4})()(\d{2})(\d{2})$/.exec(text);
  if (!parts) throw new ValueError("this is not a date", DATE_REMEDY);
  const [year, month, day] = [parts[1], parts[3], parts[4]].map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ];
  if (year === 0) return none;
  if (month > 12) throw new ValueError(`there is no month ${month}`, DATE_REMEDY);
  const lastDay = month === 0 ? 0 : new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day > lastDay) throw new ValueError(`there is no day ${day} in ${year}.${month}`, DATE_REMEDY);
  return { text, year, month: month || null, day: day || null };
}

/**
 * Reads the mark for adult content: 1, 1.0 and true; 0, 0.0 and false; null where there is no value.
 *
 * @throws {ValueError} for anything else.
 */
export function parseAdults(value: string): boolean | null {
  const text = value.trim().toLowerCase();
  if (isMissing(text)) return null;
  if (/^(?:true|1(?:\.0*)?)$/.test(text)) return true;
  if (/^(?:false|0(?:\.0*)?)$/.test(text)) return false;
  throw new ValueError(
    "this is neither yes nor no",
    "Write 1 (or 1.0, true), 0 (or 0.0, false), or leave the field empty.",
  );
}

/**
 * An identifier without the quotes that some exporters leave around it (`'1869'`) and without the `.0` of a number
 * that was once a float (`1869.0`); null where there is none.
 */
export function parseId(value: string): string | null {
  const text = value.trim().replace(/^['"`‘’“”\s]+|['"`‘’“”\s]+$/g, "").replace(/^(\d+)\.0+$/, "$1");
  return isMissing(text) ? null : text;
}

/** A name or title: entities decoded, NFC, white space made single spaces and trimmed. */
export function parseName(value: string): string {
  return decodeEntities(value).normalize("NFC").replace(/\s+/g, " ").trim();
}

/**
 * Splits names at commas, with or without spaces; `-` and empty names are none, a name given twice counts once.
 * A comma inside a name cannot be told from one between names.
 */
export function parseNames(value: string): string[] {
  const names = parseName(value).split(",").map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== "" && name !== "-");
}

/**
 * Splits the genres of a song as {@linkcode parseNames} does, and turns codes (`3`, `3.0`) into names.
 *
 * @throws {ValueError} for a code without `genreNames`, and for a code that has no name there.
 */
export function parseGenres(value: string, genreNames?: ReadonlyMap<number, string>): string[] {
  const genres = parseNames(value).filter((genre) => !isMissing(genre)).map((genre) => {
    const code = /^(\d+)(?:\.0+)?$/.exec(genre)?.[1];
    if (code === undefined) return genre;
    if (!genreNames) {
      throw new ValueError(
        "the genre is a number, and no names were given",
        "Pass the option genreNames: a file (JSON, CSV or one name a line) or a list of names, the first for code 0.",
      );
    }
    const name = genreNames.get(Number(code));
    if (name === undefined) {
      throw new ValueError(
        `genre code ${code} has no name`,
        `Add it to the genre names, which have codes ${
          [...genreNames.keys()].sort((a, b) => a - b).join(", ")
        }.`,
      );
    }
    return name;
  });
  return [...new Set(genres)];
}

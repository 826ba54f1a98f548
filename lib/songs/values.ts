/** Values of a table's fields: dates, lists, what stands for nothing. */
import { UserError } from "../ground/mod.ts";
import { decodeEntities, removeInvisible } from "./clean_lyrics.ts";

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

/**
 * Whether a value is how exporters write that there is none: nothing, `-`, and the words of pandas (`nan`, `NaT`, `<NA>`, `None`), databases
 * (`NULL`, `\N`), R and Excel (`NA`, `#N/A` and its other errors).
 */
export function isMissing(value: string): boolean {
  return /^(?:|-|[-+]?nan|nat|none|null|undefined|n\/?a|<na>|#na|\\n|#(?:n\/a(?: n\/a)?|null!|name\?|ref!|value!|div\/0!|num!))$/i
    .test(value.trim());
}

const dateRemedy = "Write dates as 2001.03.16, 1999.10 or 2002, or leave the field empty.";

/** Year, month and day as they may stand in a table, whatever follows them: a time of day, a day of the week. */
const dateForms = [
  /^(\d{4})(?:\s*([.\/-])\s*(\d{1,2})(?:\s*\2\s*(\d{1,2}))?)?\s*\.?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?.*|\s*\([^()]*\))?$/,
  /^(\d{4})\s*(년)(?:\s*(\d{1,2})\s*월(?:\s*(\d{1,2})\s*일)?)?(?:\s*\([^()]*\))?$/,
  /^(\d{4})()(\d{2})(\d{2})$/,
];

/**
 * Reads a date: `2001.03.16`, `1999.10`, `2002`, the same with `-` or `/`, with spaces between (`2001. 3. 16.`), in Korean
 * (`2001년 3월 16일`), as `20010316` or a number that was once a float (`20010316.0`), with a time of day or a day of the week (ignored).
 * `-`, an empty field and what else says that there is none ({@link isMissing}) are no date; month or day 00 are unknown.
 *
 * @throws {ValueError} for anything else, and for a month or day that does not exist.
 */
export function parseDate(value: string): SongDate {
  const text = removeInvisible(value).normalize("NFC").trim();
  const none = { text, year: null, month: null, day: null };
  if (isMissing(text)) return none;
  const number = text.replace(/^(\d{4}|\d{8})\.0+$/, "$1");
  const parts = dateForms.map((form) => form.exec(number)).find((found) => found !== null);
  if (!parts) throw new ValueError("this is not a date", dateRemedy);
  const [year, month, day] = [parts[1], parts[3], parts[4]].map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ];
  if (year === 0) return none;
  if (month > 12) throw new ValueError(`there is no month ${month}`, dateRemedy);
  const lastDay = month === 0 ? 0 : new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day > lastDay) throw new ValueError(`there is no day ${day} in ${year}.${month}`, dateRemedy);
  return { text, year, month: month || null, day: day || null };
}

/**
 * Reads the mark for adult content: 1, 1.0, true, yes, Y, O, 예; 0, 0.0, false, no, N, X, 아니오; null where there is no value.
 *
 * @throws {ValueError} for anything else.
 */
export function parseAdults(value: string): boolean | null {
  const text = value.trim().toLowerCase();
  if (isMissing(text)) return null;
  if (/^(?:true|yes|[yo]|예|네|1(?:\.0*)?)$/.test(text)) return true;
  if (/^(?:false|no|[nx]|아니오|아니요|0(?:\.0*)?)$/.test(text)) return false;
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
  const text = removeInvisible(value).trim().replace(/^['"`‘’“”\s]+|['"`‘’“”\s]+$/g, "").replace(
    /^(\d+)\.0+$/,
    "$1",
  );
  return isMissing(text) ? null : text;
}

/** A name or title: entities decoded, invisible marks out, NFC, white space made single spaces and trimmed; empty where there is none. */
export function parseName(value: string): string {
  const name = removeInvisible(decodeEntities(value)).normalize("NFC").replace(
    /[\s\u3164\u115f\u1160\uffa0]+/g,
    " ",
  ).trim();
  return isMissing(name) ? "" : name;
}

const listRemedy =
  "Write the names with commas between (발라드, 댄스), or as a whole list: ['발라드', '댄스'].";

/** An item of a list written out, at the place where the last one ended: a quoted text, or a word, and the comma or space behind it. */
const listItem =
  /\s*(?:[ub]?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([^\s,'"[\](){}]+))\s*(?:,|(?=[\s'"])|$)/suy;

/**
 * The items of a list that a program wrote out as text: Python's and JSON's `['발라드', "R&B"]`, a tuple `('가',)`, a set `{'가', '나'}`, an
 * array of numpy `['가' '나']`, numbers `[0, 3]`, words `[발라드, 댄스]`; `null` for any other text, such as a name in brackets (`[Alexandros]`).
 *
 * @throws {ValueError} for what begins as such a list and cannot be read: it breaks off, or has lists or records inside.
 */
export function parseListLiteral(value: string): string[] | null {
  const text = value.trim();
  const close = { "[": "]", "(": ")", "{": "}" }[text.charAt(0)];
  if (close === undefined) return null;
  const isWhole = text.endsWith(close), inner = text.slice(1, -1);
  if (isWhole && inner.trim() === "") return [];
  const items = isWhole ? quotedItems(inner) : null;
  if (items !== null) return items;
  if (/^\[\s*(?:[ub]?['"]|[[({])/.test(text)) {
    throw new ValueError("this looks like a list written out, but cannot be read as one", listRemedy);
  }
  const words = inner.split(",").map((word) => word.trim());
  const isList = close === "]" && isWhole && !/[[\](){}'"]/.test(inner) &&
    (words.length > 1 || words.every((word) => isMissing(word) || /^\d+(?:\.0*)?$/.test(word)));
  return isList ? words.filter((word) => word !== "") : null;
}

/** The items of a list of which the first is quoted, or `null` where it is no such list. */
function quotedItems(inner: string): string[] | null {
  if (!/^\s*[ub]?['"]/.test(inner)) return null;
  const items: string[] = [];
  listItem.lastIndex = 0;
  while (inner.slice(listItem.lastIndex).trim() !== "") {
    const item = listItem.exec(inner);
    if (item === null) return null;
    items.push(item[2] ?? unescaped(item[1]!.slice(1, -1)));
  }
  return items;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** A quoted text of Python or JSON as it is meant. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|x([\da-fA-F]{2})|(.))/gsu,
    (written, short, long, byte, letter) => {
      if (letter !== undefined) return escapes[letter] ?? letter;
      const code = parseInt(short ?? long ?? byte, 16);
      return code > 0x10ffff ? written : String.fromCodePoint(code);
    },
  );
}

/**
 * The lyrics as a table has them: its text, or the lines of a list that a program wrote out ({@link parseListLiteral}); empty where there
 * are none. All else is left to {@link cleanLyrics}.
 */
export function parseLyrics(value: string): string {
  if (value.length < 40 && isMissing(removeInvisible(value))) return "";
  if (!/^\s*\[\s*[ub]?['"]/.test(value)) return value;
  try {
    return parseListLiteral(value)?.join("\n") ?? value;
  } catch {
    return value;
  }
}

/**
 * The names in a value: parted by commas, bars (`|`) or semicolons, with or without spaces, or a list written out
 * ({@link parseListLiteral}). What says that there is none is none, a name given twice counts once. A comma inside a name cannot be
 * told from one between names, but for a list's.
 *
 * @throws {ValueError} for a list that cannot be read.
 */
export function parseNames(value: string): string[] {
  const text = parseName(value);
  const names = (parseListLiteral(text) ?? text.split(/[,|;，｜；]/)).map(parseName);
  return [...new Set(names)].filter((name) => name !== "");
}

/** Whether a genre is a code: a number, or up to three letters and a number behind them, as Melon has them (`GN0100`). */
export const isGenreCode = (genre: string): boolean => /^[A-Z]{0,3}\d+$/i.test(genre);

/** A code as it is looked up: `03` and `3.0` are `3`; any other text, such as `GN0100` or `Ballad`, as a genre is cleaned. */
export function genreKey(code: string | number): string {
  const text = parseName(String(code)), number = /^(\d+)(?:\.0+)?$/.exec(text)?.[1];
  return number === undefined ? text : String(Number(number));
}

/**
 * The genres of a song, parted as {@link parseNames} does it, without stray quotes around one (`'댄스'`). What `genreNames` has a name for takes
 * it: a number (`3`, `3.0`), a code (`GN0100`), a genre by another name (`Ballad`). All else stays as it is, a number as `3`.
 *
 * @param genreNames names by {@link genreKey}
 * @throws {ValueError} for a number that has no name in `genreNames`, and for a list that cannot be read.
 */
export function parseGenres(value: string, genreNames?: ReadonlyMap<string, string>): string[] {
  const genres = parseNames(value).map((given) => {
    const key = genreKey(given.replace(/^(['"`])([^'"`]+)\1$/, "$2"));
    const name = genreNames?.get(key);
    if (name === undefined && genreNames !== undefined && /^\d+$/.test(key)) {
      throw new ValueError(
        `genre code ${key} has no name`,
        `Add it to the genre names, which have codes ${[...genreNames.keys()].join(", ")}.`,
      );
    }
    return name ?? key;
  });
  return [...new Set(genres)];
}

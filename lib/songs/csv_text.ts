/** The text of a table in CSV: what parts its columns, and its records with the lines they start on. */
import { parse } from "@std/csv";
import { UserError } from "../ground/mod.ts";
import { SongsError, wholeFile } from "./errors.ts";
import { fileColumns, knownColumnsOf } from "./columns.ts";
import type { TablePart } from "./records.ts";

/** A table's text, or its first piece, with line feeds for line ends that are carriage returns alone: Excel's "CSV (Macintosh)". */
export function withLineFeeds(text: string): string {
  return text.includes("\n") ? text : text.replaceAll("\r", "\n");
}

/**
 * Sees whether a text can be a table at all.
 *
 * @param text all of it, or its first piece
 * @throws {SongsError} for an empty one, JSON, or a web page
 */
export function checkForm(file: string, text: string): void {
  if (text.trim() === "") {
    throw new SongsError(file, [
      wholeFile("the file is empty", `It must begin with the header ${fileColumns.join(",")}.`),
    ]);
  }
  const other = otherForms.find(({ begins }) => begins.test(text));
  if (other !== undefined) {
    throw new SongsError(file, [wholeFile(`this is ${other.what}, not a table`, other.remedy)]);
  }
}

/** What texts that are no table begin with. */
const otherForms = [
  {
    begins: /^\s*(?:\[\s*[{[]|\{\s*["}])/,
    what: "JSON",
    remedy: "Write it as CSV with a header, as pandas' to_csv does.",
  },
  {
    begins: /^\s*<(?:!doctype|html|table|\?xml)/i,
    what: "a web page or XML",
    remedy: "Open it in a spreadsheet and save it as CSV UTF-8.",
  },
];

/** How separators are called; the first is a table's where nothing tells. */
const separatorNames: ReadonlyMap<string, string> = new Map([
  [",", "commas"],
  [";", "semicolons"],
  ["\t", "tabs"],
  ["|", "bars"],
]);

/**
 * What parts a table's columns: what is asked for, what a first line `sep=;` says (Excel takes it as a hint), or else what makes the most
 * known columns of the header.
 *
 * @param text the table, or as much of it as holds the header
 * @returns the separator, and how many characters the hint takes: an empty line is left of it, so that lines keep their numbers
 * @throws {UserError} where what is asked for can be no separator
 */
export function separatorOf(
  text: string,
  asked: string | undefined,
  note: (text: string) => void,
): { separator: string; hint: number } {
  const hint = /^"?sep=([^\r\n"])"?[ \t]*(?=\r|\n)/i.exec(text);
  const length = hint?.[0].length ?? 0;
  if (asked !== undefined) {
    const separator = { tab: "\t", "\\t": "\t" }[asked.toLowerCase()] ?? asked;
    if (separator.length !== 1 || /["\r\n]/.test(separator)) {
      throw new UserError(`The separator is ${JSON.stringify(asked)}; it must be one character, or "tab".`);
    }
    return { separator, hint: length };
  }
  const separator = hint?.[1] ?? likeliestSeparator(/^.*\S.*$/m.exec(text.slice(length))?.[0] ?? "");
  if (separator !== ",") {
    note(`the columns are parted by ${separatorNames.get(separator) ?? JSON.stringify(separator)}; read so.`);
  }
  return { separator, hint: length };
}

function likeliestSeparator(header: string): string {
  let best = ",", most = 0;
  for (const separator of separatorNames.keys()) {
    const known = knownColumnsOf(
      header.split(separator).map((name) => name.replace(/^\s*"|"\s*$/g, "")),
    ).length;
    if (known > most) [best, most] = [separator, known];
  }
  return best;
}

/**
 * The records of a text, without those of white space alone, which editors leave at the end.
 *
 * @param firstLine the line of the file on which the text begins
 * @throws {SongsError} for a broken quote, with its line and place
 */
export function parseRecords(file: string, text: string, separator: string, firstLine = 1): TablePart {
  let records: string[][];
  try {
    records = parse(text, { separator });
  } catch (cause) {
    const match = cause instanceof SyntaxError &&
      /^Syntax error on line (\d+); parse error on line (\d+), column (\d+)/.exec(cause.message);
    if (!match) throw cause;
    const [start, line, column] = match.slice(1).map(Number) as [number, number, number];
    throw new SongsError(file, [{
      line: line + firstLine - 1,
      column,
      value: text.split(/\r?\n/)[line - 1] ?? null,
      what: "a double quote is missing or out of place in the record that starts on line " +
        `${start + firstLine - 1}`,
      remedy:
        'Inside a quoted field write "" for a quote; close the field with one quote before the comma or line end.',
    }], { cause });
  }
  const lines = recordLines(text, firstLine);
  const isFilled = (record: readonly string[]) => record.length > 1 || record[0]?.trim() !== "";
  return {
    lines: lines.filter((_, index) => isFilled(records[index] ?? [""])),
    records: records.filter(isFilled),
  };
}

/** The lines on which the records of a well-formed text start: where an even number of quotes came before. */
function recordLines(text: string, firstLine: number): number[] {
  const starts: number[] = [];
  let isInside = false, number = firstLine;
  for (let at = 0; at < text.length; number++) {
    const feed = text.indexOf("\n", at), end = feed < 0 ? text.length : feed;
    const isEmpty = end === at || (end === at + 1 && text[at] === "\r");
    if (!isInside && !isEmpty) starts.push(number);
    for (let quote = text.indexOf('"', at); quote >= 0 && quote < end; quote = text.indexOf('"', quote + 1)) {
      isInside = !isInside;
    }
    at = end + 1;
  }
  return starts;
}

/**
 * `@std/csv` where JSR cannot be reached: the same `parse` and `stringify` over npm `csv-parse` and
 * `csv-stringify`.
 *
 * Code imports `@std/csv`; `deno.json` maps that name to this file, and mapping it to `jsr:@std/csv@1` instead
 * restores the real package. Behaviour, option names and error messages follow @std/csv 1.0.6, with these
 * differences, all of them in errors: line numbers are the file's (the package counts a record of several lines as
 * one line, and leaves out blank lines in the message on a record that does not fit its header), a broken quote is
 * reported before a wrong number of fields, and `fieldsPerRecord: 0` takes the first record that is not blank.
 *
 * @module
 */
import { CsvError, parse as parseRecords } from "csv-parse/sync";
import { stringify as stringifyRecords } from "csv-stringify/sync";

/** Options of {@link parse}. */
export interface ParseOptions {
  /** What stands between two values. Default `","`. */
  separator?: string;
  /** A line that begins with this character, with no space before it, is left out. Default: no comments. */
  comment?: string;
  /** Drop white space before a value, even where the separator is white space. Default `false`. */
  trimLeadingSpace?: boolean;
  /** Let a quote stand in an unquoted value, and a single quote in a quoted one. Default `false`. */
  lazyQuotes?: boolean;
  /** Values in each record: a positive number demands it, 0 takes the first record's, negative checks nothing. */
  fieldsPerRecord?: number;
  /** Leave out the first row; without `columns` it names the columns. */
  skipFirstRow?: boolean;
  /** The names of the columns. */
  columns?: readonly string[];
}

/** A record by its columns' names. */
export type RecordWithColumn<C extends string> = string extends C ? Record<string, string>
  : Record<C, string>;

/** What {@link parse} returns for options of type `T`: objects where columns are named, else arrays. */
export type ParseResult<Options, T> = T extends Options & { columns: readonly (infer C extends string)[] }
  ? RecordWithColumn<C>[]
  : T extends Options & { skipFirstRow: true } ? Record<string, string>[]
  : T extends Options & { columns?: undefined; skipFirstRow?: false | undefined } ? string[][]
  : Record<string, string>[] | string[][];

const quoteMark = '"';
const byteOrderMark = "\ufeff";

/**
 * One field as it stands in the text: its value, where it ends, and where a quote breaks the rules, if one does.
 */
interface Field {
  value: string;
  end: number;
  error?: { at: number; kind: "bare" | "closing" };
}

/** Reads the field that starts at `start`. Line ends are `\n` by now. */
function readField(text: string, start: number, separator: string, lazyQuotes: boolean): Field {
  if (text[start] !== quoteMark) {
    const newline = text.indexOf("\n", start);
    const line = text.slice(start, newline < 0 ? text.length : newline);
    const next = line.indexOf(separator);
    const value = next < 0 ? line : line.slice(0, next);
    const quote = lazyQuotes ? -1 : value.indexOf(quoteMark);
    const end = start + value.length;
    return quote < 0 ? { value, end } : { value, end, error: { at: start + quote, kind: "bare" } };
  }
  let value = "";
  for (let at = start + 1;;) {
    const quote = text.indexOf(quoteMark, at);
    if (quote < 0) {
      const stop = text.length > at && text.endsWith("\n") ? text.length - 1 : text.length;
      const field = { value: value + text.slice(at, stop), end: text.length };
      if (lazyQuotes) return field;
      // As the package does it, a quote never closed is reported at the start of the last line that holds something.
      const lastLine = text.lastIndexOf("\n", stop - 1) + 1;
      return { ...field, error: { at: stop > Math.max(at, lastLine) ? lastLine : stop, kind: "closing" } };
    }
    value += text.slice(at, quote);
    at = quote + 1;
    if (text[at] === quoteMark) {
      value += quoteMark;
      at++;
    } else if (at === text.length || text[at] === "\n" || text.startsWith(separator, at)) {
      return { value, end: at };
    } else if (lazyQuotes) {
      value += quoteMark;
    } else {
      return { value, end: at, error: { at: quote, kind: "closing" } };
    }
  }
}

/** Line and column, both from 1; columns are counted in code points. */
function position(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at);
  return {
    line: before.split("\n").length,
    column: [...before.slice(before.lastIndexOf("\n") + 1)].length + 1,
  };
}

function quoteError(
  text: string,
  recordStart: number,
  { at, kind }: NonNullable<Field["error"]>,
): SyntaxError {
  const record = position(text, recordStart).line;
  const { line, column } = position(text, at);
  const what = kind === "bare" ? 'bare " in non-quoted-field' : 'extraneous or missing " in quoted-field';
  return new SyntaxError(
    `Syntax error on line ${record}; parse error on line ${line}, column ${column}: ${what}`,
  );
}

/**
 * Walks over the records and calls `onField` for each field. Used where csv-parse does not suffice: for the
 * options it has in another form, to find the column of a broken quote, and the line of a record.
 */
function walk(
  text: string,
  options: ParseOptions & { separator: string },
  onField: (value: string, isFirst: boolean, recordStart: number) => void,
): void {
  const { separator, comment, trimLeadingSpace = false, lazyQuotes = false } = options;
  for (let at = 0; at < text.length;) {
    const recordStart = at;
    if (text[at] === "\n") {
      at++;
      continue;
    }
    if (comment !== undefined && text[at] === comment) {
      const newline = text.indexOf("\n", at);
      at = newline < 0 ? text.length : newline + 1;
      continue;
    }
    for (let isFirst = true;; isFirst = false) {
      if (trimLeadingSpace) {
        while (at < text.length && text[at] !== "\n" && text.charAt(at).trimStart() === "") at++;
      }
      const field = readField(text, at, separator, lazyQuotes);
      if (field.error) throw quoteError(text, recordStart, field.error);
      onField(field.value, isFirst, recordStart);
      if (!text.startsWith(separator, field.end)) {
        at = field.end + 1;
        break;
      }
      at = field.end + separator.length;
    }
  }
}

/** The same table with every field quoted and no comments, which any strict parser reads. */
function restate(text: string, options: ParseOptions & { separator: string }): string {
  const parts: string[] = [];
  walk(text, options, (value, isFirst) => {
    parts.push(
      isFirst ? "\n" : options.separator,
      quoteMark,
      value.replaceAll(quoteMark, quoteMark + quoteMark),
      quoteMark,
    );
  });
  return parts.join("");
}

/** The file's line (from 1) on which record number `index` (from 0) starts. */
function lineOfRecord(text: string, options: ParseOptions & { separator: string }, index: number): number {
  const starts: number[] = [];
  walk(text, options, (_value, isFirst, recordStart) => isFirst && starts.push(recordStart));
  return position(text, starts[index] ?? text.length).line;
}

/**
 * Reads a CSV text into arrays, or into objects where `columns` or `skipFirstRow` is given.
 *
 * Blank lines are left out, a byte order mark is dropped, and a line break inside quotes becomes `\n`. Records may
 * have different lengths unless `fieldsPerRecord` forbids it or columns are named.
 *
 * @throws {SyntaxError} for a broken quote (with line and column) and for a record of the wrong length (with its
 * line).
 * @throws {Error} for a separator or comment that cannot work, and where a record does not fit the named columns.
 * @throws {TypeError} where `skipFirstRow` finds no row.
 *
 * @example
 * ```ts
 * import { parse } from "@std/csv";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parse('a,b\n1,"x, y"'), [["a", "b"], ["1", "x, y"]]);
 * assert.deepEqual(parse("a,b\n1,2", { skipFirstRow: true }), [{ a: "1", b: "2" }]);
 * ```
 */
export function parse(input: string): string[][];
export function parse<const T extends ParseOptions>(input: string, options: T): ParseResult<ParseOptions, T>;
export function parse(input: string, options: ParseOptions = {}): Record<string, string>[] | string[][] {
  const { separator = ",", comment, trimLeadingSpace, lazyQuotes } = options;
  const impossible = ["", "\r", "\n", quoteMark];
  if (impossible.includes(separator) || separator === comment || (comment && impossible.includes(comment))) {
    throw new Error("Cannot parse input: invalid delimiter");
  }
  const dialect = { ...options, separator, comment: comment || undefined };
  const text = (input.startsWith(byteOrderMark) ? input.slice(1) : input)
    .replaceAll("\r\n", "\n").replace(/(\n?)\r$/, "$1$1"); // a last \r ends a line too

  let records: string[][];
  try {
    records = parseRecords(trimLeadingSpace || lazyQuotes || comment ? restate(text, dialect) : text, {
      delimiter: separator,
      record_delimiter: ["\n"],
      relax_column_count: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    if (error instanceof CsvError) walk(text, dialect, () => {}); // says where
    throw error;
  }

  const expected = options.fieldsPerRecord === 0 ? records[0]?.length : options.fieldsPerRecord;
  if (expected !== undefined && expected > 0) {
    const wrong = records.findIndex((record) => record.length !== expected);
    if (wrong >= 0) {
      throw new SyntaxError(
        `Syntax error on line ${lineOfRecord(text, dialect, wrong)}: expected ${expected} fields but got ${
          records[wrong]?.length
        }`,
      );
    }
  }
  if (!options.skipFirstRow && !options.columns) return records;

  const first = options.skipFirstRow ? records.shift() : undefined;
  const headers = options.columns ?? first;
  if ((options.skipFirstRow && !first) || !headers) {
    throw new TypeError("Cannot parse input: headers must be defined");
  }
  return records.map((record, i) => {
    if (record.length !== headers.length) {
      const line = lineOfRecord(text, dialect, options.skipFirstRow ? i + 1 : i);
      throw new Error(
        `Syntax error on line ${line}: The record has ${record.length} fields, but the header has ${headers.length} fields`,
      );
    }
    return Object.fromEntries(record.map((value, column) => [headers[column], value]));
  });
}

/** An index into an array or a key of an object. */
export type PropertyAccessor = number | string;

/** A column by the way to its value, and the name in the header (default: the way's last step). */
export interface ColumnDetails {
  header?: string;
  prop: PropertyAccessor | PropertyAccessor[];
}

/** A column of {@link stringify}: a key, the way to a nested value, or either with a header. */
export type Column = ColumnDetails | PropertyAccessor | PropertyAccessor[];

/** A row of {@link stringify}. */
export type DataItem = Readonly<Record<string, unknown> | unknown[]>;

/** Options of {@link stringify}. */
export interface StringifyOptions {
  /** Write the columns' names first, where there are columns. Default `true`. */
  headers?: boolean;
  /** What stands between two values. Default `","`. */
  separator?: string;
  /** Which values to write, in this order; must be given for objects. */
  columns?: readonly Column[];
  /** Begin with a byte order mark, which Excel needs to read Korean. Default `false`. */
  bom?: boolean;
}

/**
 * The value that a row has at the end of a way of keys and indices; the value reached so far where the way ends
 * early.
 */
function valueAt(item: unknown, way: readonly PropertyAccessor[]): unknown {
  let value = item;
  for (const step of way) {
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value) && typeof step !== "number") {
      throw new TypeError('Property accessor is not of type "number"');
    }
    value = (value as Record<PropertyAccessor, unknown>)[step];
  }
  return value;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * Writes rows as CSV text; every line ends in `\r\n`. Values with a separator, a quote or a line feed are quoted.
 *
 * @throws {TypeError} for a separator with a quote or `\r\n`, for objects without `columns`, and for a key into an
 * array.
 *
 * @example
 * ```ts
 * import { stringify } from "@std/csv";
 * import assert from "node:assert/strict";
 *
 * assert.equal(stringify([{ id: 1, name: "봄, 밤" }], { columns: ["id", "name"] }), 'id,name\r\n1,"봄, 밤"\r\n');
 * ```
 */
export function stringify(data: readonly DataItem[], options: StringifyOptions = {}): string {
  const { headers = true, separator = ",", columns = [], bom = false } = options;
  if (separator.includes(quoteMark) || separator.includes("\r\n")) {
    throw new TypeError(
      "Separator cannot include the following strings:\n" +
        '  - U+0022: Quotation mark (")\n  - U+000D U+000A: Carriage Return + Line Feed (\\r\\n)',
    );
  }
  const targets = columns.map((column) => {
    const { prop, header } = typeof column === "object" && !Array.isArray(column)
      ? column
      : { prop: column, header: undefined };
    const way = Array.isArray(prop) ? prop : [prop];
    return { way, header: header ?? String(way.at(-1)) };
  });
  const rows = data.map((item) => {
    if (targets.length > 0) return targets.map(({ way }) => asText(valueAt(item, way)));
    if (!Array.isArray(item)) throw new TypeError("No property accessor function was provided for object");
    return item.map(asText);
  });
  if (headers && targets.length > 0) rows.unshift(targets.map(({ header }) => header));
  return stringifyRecords(rows, {
    delimiter: separator,
    record_delimiter: "\r\n",
    quoted_match: "\n",
    bom,
  });
}

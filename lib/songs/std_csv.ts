/**
 * `@std/csv` where JSR cannot be reached: what the project uses of its `parse` and `stringify`, over npm `csv-parse` and `csv-stringify`.
 *
 * Code imports `@std/csv`; `deno.json` maps that name to this file, and mapping it to `jsr:@std/csv@1` instead
 * restores the real package. Behaviour, option names and error messages follow @std/csv 1.0.6, but for line numbers in errors, which are the
 * file's (the package counts a record of several lines as one line).
 *
 * @module
 */
import { CsvError, parse as parseRecords } from "csv-parse/sync";
import { stringify as stringifyRecords } from "csv-stringify/sync";

const quoteMark = '"';
const byteOrderMark = "\ufeff";

/**
 * Reads a CSV text into arrays. Blank lines are left out, a byte order mark is dropped, and a line break inside quotes becomes `\n`. Records
 * may have different lengths.
 *
 * @param options.separator what stands between two values, a comma by default
 * @throws {SyntaxError} for a broken quote, with line and column
 * @throws {Error} for a separator that cannot work
 *
 * @example
 * ```ts
 * import { parse } from "@std/csv";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parse('a,b\n1,"x, y"'), [["a", "b"], ["1", "x, y"]]);
 * ```
 */
export function parse(input: string, { separator = "," }: { separator?: string } = {}): string[][] {
  if (["", "\r", "\n", quoteMark].includes(separator)) {
    throw new Error("Cannot parse input: invalid delimiter");
  }
  const text = (input.startsWith(byteOrderMark) ? input.slice(1) : input)
    .replaceAll("\r\n", "\n").replace(/(\n?)\r$/, "$1$1"); // a last \r ends a line too
  try {
    return parseRecords(text, {
      delimiter: separator,
      record_delimiter: ["\n"],
      relax_column_count: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    throw error instanceof CsvError ? quoteError(text, separator) ?? error : error;
  }
}

/** The error of the first quote that breaks the rules, where csv-parse does not say its column. Line ends are `\n` by now. */
function quoteError(text: string, separator: string): SyntaxError | undefined {
  const told = (record: number, at: number, what: string) => {
    const { line, column } = position(text, at);
    return new SyntaxError(
      `Syntax error on line ${position(text, record).line}; parse error on line ${line}, column ` +
        `${column}: ${what}`,
    );
  };
  const isEnd = (at: number) => at >= text.length || text[at] === "\n" || text.startsWith(separator, at);
  for (let at = 0, record = 0; at < text.length;) {
    let end = at;
    if (text[at] === quoteMark) {
      for (let from = at + 1;; from = end + 2) {
        end = text.indexOf(quoteMark, from);
        // as the package does it, a quote never closed is reported at the start of the last line that holds something
        if (end < 0) {
          return told(record, neverClosed(text, from), 'extraneous or missing " in quoted-field');
        }
        if (text[end + 1] !== quoteMark) break;
      }
      if (!isEnd(++end)) return told(record, end - 1, 'extraneous or missing " in quoted-field');
    } else {
      for (; !isEnd(end); end++) {
        if (text[end] === quoteMark) return told(record, end, 'bare " in non-quoted-field');
      }
    }
    if (text.startsWith(separator, end)) at = end + separator.length;
    else record = at = end + 1;
  }
}

function neverClosed(text: string, from: number): number {
  const stop = text.length > from && text.endsWith("\n") ? text.length - 1 : text.length;
  const lastLine = text.lastIndexOf("\n", stop - 1) + 1;
  return stop > Math.max(from, lastLine) ? lastLine : stop;
}

/** Line and column, both from 1; columns are counted in code points. */
function position(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at), start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: [...before.slice(start)].length + 1 };
}

/**
 * Writes rows as CSV text; every line ends in `\r\n`. Values with a separator, a quote or a line feed are quoted.
 *
 * @param options.columns which fields of objects to write, in this order, under their names; rows that are arrays need none
 * @param options.separator what stands between two values, a comma by default
 *
 * @example
 * ```ts
 * import { stringify } from "@std/csv";
 * import assert from "node:assert/strict";
 *
 * assert.equal(stringify([{ id: 1, name: "봄, 밤" }], { columns: ["id", "name"] }), 'id,name\r\n1,"봄, 밤"\r\n');
 * ```
 */
export function stringify(
  data: readonly (readonly unknown[] | Readonly<Record<string, unknown>>)[],
  { columns, separator = "," }: { columns?: readonly string[]; separator?: string } = {},
): string {
  return stringifyRecords([...data], {
    ...(columns !== undefined && { columns: [...columns], header: true }),
    delimiter: separator,
    record_delimiter: "\r\n",
    quoted_match: "\n",
    cast: { boolean: String },
  });
}

/** Tables of rows, as HTML for a notebook and as text for a terminal. */
import displayWidth from "string-width";
import { grouped } from "../ground/mod.ts";
import { unbroken, unbrokenCell } from "./unbroken.ts";

/** What a table shows of its rows. */
export interface TableOptions {
  /** What the table is of, above it: for a slide without a heading, and for those who hear the page. */
  caption?: string;
  /** Rows shown, 20 by default; a line below says how many more there are. */
  maxRows?: number;
  /** Characters of a cell, 90 by default: lyrics are cut, with an ellipsis. */
  maxCell?: number;
}

/** A text that is read as a number: digits with signs, shares, intervals, units of time; a dash for none. */
export const isNumeric = (text: string): boolean =>
  /^[\s+−<-]*[\d.,]+(?:\s?(?:%|s|ms))?(?:\s*[[(].*[\])])*$|^–?$/.test(text);

/**
 * Whether the whole numbers of a column are written as counts (`1,556`): those of our own columns, which are named in both languages, are.
 * A file's columns are shown as they stand there, for they may be years or ids.
 */
export const isCounting = (column: string): boolean => column.includes(" · ");

/** Columns and rows of texts, ready to be set. */
export interface Table {
  caption?: string;
  columns: { name: string; numeric: boolean }[];
  cells: string[][];
  /** Rows that are not shown. */
  more: number;
}

/**
 * Rows as texts: columns in the order in which they first occur; numbers of a column with equally many decimals (four
 * significant digits of the largest), counts with commas; lists joined by commas; dates as days; nothing for what is missing.
 *
 * @param total how many rows there are, where `rows` holds only the first
 */
export function tableOf(
  rows: readonly Readonly<Record<string, unknown>>[],
  options: TableOptions = {},
  total: number = rows.length,
): Table {
  const { maxRows = 20, maxCell = 90, caption } = options;
  const shown = rows.slice(0, maxRows);
  const names = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => {
    const values = shown.map((row) => row[name]).filter((value) => value !== null && value !== undefined);
    const numeric = values.length > 0 &&
      values.every((value) =>
        ["number", "bigint"].includes(typeof value) || (typeof value === "string" && isNumeric(value))
      );
    return { name, numeric };
  });
  const decimals = columns.map(({ name, numeric }) =>
    numeric ? decimalsOf(shown.map((row) => row[name])) : 0
  );
  return {
    ...(caption !== undefined && { caption }),
    columns,
    cells: shown.map((row) =>
      columns.map(({ name, numeric }, c) => {
        const value = row[name];
        if (numeric && typeof value === "number" && Number.isFinite(value)) {
          return decimals[c] === 0 && isCounting(name)
            ? grouped(Math.round(value))
            : value.toFixed(decimals[c]);
        }
        return cut(cellText(value), maxCell);
      })
    ),
    more: total - shown.length,
  };
}

/**
 * Decimals for a column of numbers: four significant digits of the largest, at most four where it is not tiny, and no more than
 * any of them needs.
 */
function decimalsOf(values: readonly unknown[]): number {
  const numbers = values.filter((value): value is number =>
    typeof value === "number" && Number.isFinite(value)
  );
  const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return 0;
  const significant = Math.min(20, Math.max(0, 3 - Math.floor(Math.log10(largest))));
  const most = largest < 0.001 ? significant : Math.min(4, significant);
  const needed = (value: number) => (value.toFixed(most).replace(/0+$/, "").split(".")[1] ?? "").length;
  return numbers.reduce((decimals, value) => Math.max(decimals, needed(value)), 0);
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString().replace("T00:00:00.000Z", "");
  if (Array.isArray(value)) return value.map(cellText).join(", ");
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as Float32Array).join(", ");
  }
  if (typeof value === "object") return JSON.stringify(value);
  return String(value).replaceAll(/\s*[\r\n]+\s*/g, " / ");
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const characters = [...text];
  return characters.length <= length ? text : characters.slice(0, length - 1).join("") + "…";
}

/** What stands in place of rows where there are none. */
const noRows = "행이 없습니다 · no rows";

const moreRows = (more: number): string => `… ${grouped(more)}행 더 · more rows`;

/** A text that is safe inside HTML, quoted attributes included. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

/** A table as HTML, every text escaped. The first column names its rows, unless it holds numbers. */
export function tableHtml({ caption, columns, cells, more }: Table): string {
  if (cells.length === 0 && more === 0) return `<p>${noRows}</p>`;
  const align = ({ numeric }: { numeric: boolean }) => ` style="text-align: ${numeric ? "right" : "left"}"`;
  const title = caption === undefined
    ? ""
    : `<caption style="caption-side: top; text-align: left">${unbroken(escapeHtml(caption))}</caption>\n`;
  const head = columns.map((column) =>
    `<th scope="col"${align(column)}>${unbroken(escapeHtml(column.name))}</th>`
  ).join("");
  const body = cells.map((row) =>
    `<tr>${
      row.map((cell, c) => {
        const text = unbroken(escapeHtml(unbrokenCell(cell)));
        return c === 0 && !columns[c]!.numeric
          ? `<th scope="row" style="text-align: left; font-weight: normal">${text}</th>`
          : `<td${align(columns[c]!)}>${text}</td>`;
      }).join("")
    }</tr>`
  );
  return `<table>\n${title}<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join("\n")}\n</tbody>\n</table>` +
    (more > 0 ? `\n<p>${moreRows(more)}</p>` : "");
}

/** A table as text whose columns line up, Korean included. */
export function tableText({ caption, columns, cells, more }: Table): string {
  if (cells.length === 0 && more === 0) return noRows;
  const lines = [columns.map(({ name }) => name), ...cells];
  const widths = columns.map((_, c) =>
    lines.reduce((most, line) => Math.max(most, displayWidth(line[c]!)), 0)
  );
  const set = (line: string[]) =>
    line.map((cell, c) => {
      const padding = " ".repeat(widths[c]! - displayWidth(cell));
      return columns[c]!.numeric ? padding + cell : cell + padding;
    }).join("  ").trimEnd();
  const [head, ...body] = lines.map(set);
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [
    ...(caption === undefined ? [] : [caption]),
    head,
    rule,
    ...body,
    ...(more > 0 ? [moreRows(more)] : []),
  ].join("\n");
}

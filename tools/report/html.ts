/** HTML that cannot be injected into: what stands between the tags of a template is escaped, whoever wrote it. */
import { grouped } from "../../lib/ground/mod.ts";
import { escapeHtml, type Finding, isCounting, isNumeric, unbrokenCell } from "../../lib/notebook/mod.ts";

/** A piece of HTML, as against a text. */
export class Html {
  constructor(readonly code: string) {}
}

/** What a template takes: HTML as it is, texts and numbers escaped, lists one after the other, nothing for nothing. */
export type Content = Html | string | number | null | undefined | readonly Content[];

/**
 * A template of HTML.
 *
 * @example
 * ```ts
 * markup`<b>${"R&B <Soul>"}</b>`.code; // <b>R&amp;B &lt;Soul&gt;</b>
 * ```
 */
export function markup(strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(strings.reduce((code, string, i) => code + codeOf(values[i - 1]) + string));
}

function codeOf(value: Content): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Html) return value.code;
  if (typeof value === "object") return value.map(codeOf).join("\n");
  return escapeHtml(String(value));
}

/** A page that needs nothing else: title, style sheet and body as HTML. */
export const htmlPage = (title: string, style: string, body: string): string =>
  `<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
${style}</style>
</head>
<body>
${body}
</body>
</html>
`;

/** A paragraph in both languages: Korean first, the English below it, smaller. */
export const said = (ko: Content, en: Content): Html =>
  markup`<p>${ko}<br><small lang="en">${en}</small></p>`;

/** What came out of a subject, as its notebook says it. */
export const outcome = ({ ko, en }: Finding): Html =>
  markup`<p class="finding">${ko}<br><small lang="en">${en}</small></p>`;

/** What a table's cell holds. */
export type Cell = Html | string | number | null | undefined;

/**
 * A table. Columns of numbers stand to the right; a table too wide for the page scrolls by itself.
 *
 * @param rows objects whose fields are the columns, in the order in which they first occur; nothing for what is missing
 * @param options.strong marks the rows that matter
 */
export function table(
  rows: readonly Readonly<Record<string, Cell>>[],
  options: { strong?: (row: number) => boolean } = {},
): Html {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const numeric = columns.map((column) =>
    rows.every((row) => !(row[column] instanceof Html) && isNumeric(String(row[column] ?? "")))
  );
  const kind = (c: number) => new Html(numeric[c] ? ' class="number"' : "");
  const wide = new Html(columns.length > 6 ? ' class="wide"' : "");
  return markup`<div class="table"><table${wide}>
<thead><tr>${columns.map((column, c) => markup`<th scope="col"${kind(c)}>${column}</th>`)}</tr></thead>
<tbody>
${
    rows.map((row, r) =>
      markup`<tr${new Html(options.strong?.(r) ? ' class="strong"' : "")}>${
        columns.map((column, c) => {
          const content = numeric[c] ? whole(column, row[column]) : row[column];
          // the first column names the row, unless it is a number itself
          return c === 0 && !numeric[c]
            ? markup`<th scope="row">${content}</th>`
            : markup`<td${kind(c)}>${content}</td>`;
        })
      }</tr>`
    )
  }
</tbody></table></div>`;
}

/** A number's cell: short texts in one line, counts as everywhere. */
function whole(column: string, cell: Cell): Cell {
  if (typeof cell === "string") return unbrokenCell(cell);
  return typeof cell === "number" && Number.isInteger(cell) && isCounting(column) ? grouped(cell) : cell;
}

/** HTML whose tables have the heading above them as caption, for those who hear the page. */
export function captioned(html: string): string {
  let heading = "";
  return html.replaceAll(/<h[23][^>]*>([\s\S]*?)<\/h[23]>|<table[^>]*>/g, (piece, title?: string) => {
    if (title !== undefined) {
      heading = title.replaceAll(/<[^>]*>/g, "");
      return piece;
    }
    return heading === "" ? piece : `${piece}<caption>${heading}</caption>`;
  });
}

/** Names with their values, one a line. Values that are missing are left out. */
export function facts(entries: Readonly<Record<string, Cell>>): Html {
  return markup`<dl>${
    Object.entries(entries).filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  }</dl>`;
}

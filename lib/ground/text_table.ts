/** Text in columns that line up in a terminal, Korean included. */
import displayWidth from "string-width";

/**
 * Rows of cells as text whose columns line up in a terminal, Korean included: the first column to the left, the others
 * to the right, two spaces apart. An empty row gives an empty line.
 *
 * @example
 * ```ts
 * textTable([["장르", "곡"], ["발라드", "12"]]);
 * // 장르    곡
 * // 발라드  12
 * ```
 */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell)));
  }
  return rows.map((row) =>
    row.map((cell, column) => {
      const padding = " ".repeat(widths[column]! - displayWidth(cell));
      return column === 0 ? cell + padding : padding + cell;
    }).join("  ").trimEnd()
  ).join("\n");
}

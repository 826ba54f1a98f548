/**
 * Columns that a text takes in a monospaced terminal: Hangul, Han, kana, full-width forms and emoji take two, combining
 * marks and joiners none (East Asian Width, Unicode UAX #11).
 *
 * @example
 * ```ts
 * displayWidth("발라드"); // 6
 * displayWidth("R&B"); // 3
 * ```
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x300) width += 1;
    else if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character) || (code >= 0x1160 && code <= 0x11ff)) width += 0;
    else width += isWide(code) ? 2 : 1;
  }
  return width;
}

/** First and last code points of the blocks whose characters are two columns wide. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], // Hangul initials
  [0x2e80, 0x303e], // CJK radicals and punctuation
  [0x3041, 0x33ff], // kana, compatibility Jamo, enclosed and squared CJK
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf], // Han, Yi
  [0xa960, 0xa97f], // old Hangul initials
  [0xac00, 0xd7a3], // Hangul syllables
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f], // emoji
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

function isWide(code: number): boolean {
  return wideRanges.some(([first, last]) => code >= first && code <= last);
}

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

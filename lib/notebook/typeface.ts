/** Gothic A1, the face with Hangul (and Greek, kana, arrows) in which figures are set where there is no browser, and its widths. */
import { createRequire } from "node:module";
import { UserError } from "../ground/mod.ts";

/** The family's name inside the file. */
export const typefaceFamily = "Gothic A1";

/** The files of the face by weight, out of npm's @expo-google-fonts/gothic-a1 (SIL Open Font License). */
const faceFiles = {
  400: "400Regular/GothicA1_400Regular.ttf",
  700: "700Bold/GothicA1_700Bold.ttf",
} as const;

/** The file of the face in a weight, regular by default. */
export function typefacePath(weight: keyof typeof faceFiles = 400): string {
  return createRequire(import.meta.url).resolve(`@expo-google-fonts/gothic-a1/${faceFiles[weight]}`);
}

/** Measures of a typeface, all in em: multiply by the font size in pixels. */
export interface Typeface {
  /** Whether there is a letter for a character. */
  has(character: string): boolean;
  /** How far a character moves the pen. */
  advance(character: string): number;
  /** From the baseline up to the top of the line. */
  ascent: number;
  /** From the baseline down to the bottom of the line. */
  descent: number;
}

let face: Promise<Typeface> | undefined;

/** The measures of {@link typefaceFamily}, read once. */
export const typeface = (): Promise<Typeface> => face ??= Deno.readFile(typefacePath()).then(readTypeface);

/**
 * Reads the measures of a TrueType font (OpenType specification: tables head, hhea, hmtx, and cmap in format 4).
 *
 * @throws Error when the file is no TrueType font with such tables.
 */
export function readTypeface(font: Uint8Array): Typeface {
  const view = new DataView(font.buffer, font.byteOffset, font.byteLength);
  const table = (name: string): number => {
    for (let i = 0; i < view.getUint16(4); i++) {
      const record = 12 + 16 * i;
      if (String.fromCharCode(...font.subarray(record, record + 4)) === name) {
        return view.getUint32(record + 8);
      }
    }
    throw new UserError(`This font has no table "${name}". Give a TrueType font (.ttf).`);
  };
  const unitsPerEm = view.getUint16(table("head") + 18);
  const hhea = table("hhea");
  const hmtx = table("hmtx");
  const metrics = view.getUint16(hhea + 34);
  const glyphOf = characterMap(view, table("cmap"));
  return {
    has: (character) => glyphOf(character.codePointAt(0)!) !== 0,
    // Glyphs beyond the last metric share it.
    advance: (character) =>
      view.getUint16(hmtx + 4 * Math.min(glyphOf(character.codePointAt(0)!), metrics - 1)) / unitsPerEm,
    ascent: view.getInt16(hhea + 4) / unitsPerEm,
    descent: -view.getInt16(hhea + 6) / unitsPerEm,
  };
}

/** From code point to glyph; 0, the box for what is missing, where the font has none. */
function characterMap(view: DataView, cmap: number): (code: number) => number {
  let at = 0;
  for (let i = 0; i < view.getUint16(cmap + 2); i++) {
    const offset = cmap + view.getUint32(cmap + 4 + 8 * i + 4);
    if (view.getUint16(offset) === 4) at = offset;
  }
  if (at === 0) throw new UserError("This font has no character map in format 4, as fonts for the web have.");
  const segments = view.getUint16(at + 6) / 2;
  const ends = at + 14;
  const starts = ends + 2 * segments + 2;
  const deltas = starts + 2 * segments;
  const ranges = deltas + 2 * segments;
  return (code) => {
    for (let s = 0; s < segments; s++) {
      if (code > view.getUint16(ends + 2 * s)) continue;
      const start = view.getUint16(starts + 2 * s);
      if (code < start) return 0;
      const delta = view.getUint16(deltas + 2 * s);
      const range = view.getUint16(ranges + 2 * s);
      if (range === 0) return (code + delta) & 0xffff;
      const glyph = view.getUint16(ranges + 2 * s + range + 2 * (code - start));
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}

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

/** Reads the measures of a font (npm's harfbuzzjs). @throws UserError when the bytes are none */
export async function readTypeface(bytes: Uint8Array): Promise<Typeface> {
  const { Blob, Face, Font } = await import("harfbuzzjs");
  const face = new Face(new Blob(bytes)), font = new Font(face);
  if (face.collectUnicodes().length === 0) {
    throw new UserError("This is no font: give a TrueType font (.ttf).");
  }
  const { ascender, descender } = font.hExtents();
  const glyphOf = (character: string) => font.nominalGlyph(character.codePointAt(0)!);
  return {
    has: (character) => glyphOf(character) !== undefined,
    // glyph 0 is the box for what is missing
    advance: (character) => font.glyphHAdvance(glyphOf(character) ?? 0) / face.upem,
    ascent: ascender / face.upem,
    descent: -descender / face.upem,
  };
}

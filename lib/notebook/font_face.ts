/** The letters that a page needs, inside the page: Hangul is readable wherever it is opened, without a network. */
import { createRequire } from "node:module";
import { UserError } from "../ground/mod.ts";
import { typefaceFamily, typefacePath } from "./typeface.ts";

/** The weights of Gothic A1 that pages are set in. */
const faceWeights = [400, 700] as const;

/**
 * `@font-face` rules that hold the letters of a text in Gothic A1, regular and bold, some 150 kB a weight for a page in Korean.
 * Characters that the face lacks (Chinese ones, emoji) come from the reader's own fonts.
 *
 * @param text every character that is to be set
 * @example
 * ```ts
 * const css = await fontFaces("노래 가사"); // then font-family: "Gothic A1", sans-serif
 * ```
 */
export async function fontFaces(text: string): Promise<string> {
  const rules = await Promise.all(faceWeights.map(async (weight) => {
    const letters = await subsetFont(await Deno.readFile(typefacePath(weight)), text);
    return `@font-face { font-family: "${typefaceFamily}"; font-weight: ${weight}; ` +
      `src: url(data:font/ttf;base64,${letters.toBase64()}) format("truetype"); }`;
  }));
  return rules.join("\n");
}

/** What is used of HarfBuzz's subsetter (hb-subset.h), compiled to WebAssembly. Numbers are addresses in its memory. */
interface Subsetter {
  memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(size: number): number;
  hb_blob_create(data: number, length: number, mode: number, user: number, destroy: number): number;
  hb_blob_get_data(blob: number, length: number): number;
  hb_blob_get_length(blob: number): number;
  hb_face_create(blob: number, index: number): number;
  hb_face_reference_blob(face: number): number;
  hb_subset_input_create_or_fail(): number;
  hb_subset_input_unicode_set(input: number): number;
  hb_set_add(set: number, value: number): void;
  hb_subset_or_fail(face: number, input: number): number;
}

const writableMode = 2; // HB_MEMORY_MODE_WRITABLE

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * A font with the letters of a text alone (npm's harfbuzzjs).
 *
 * @param font the bytes of a TrueType or OpenType font
 * @throws Error when they are none.
 */
export async function subsetFont(font: Uint8Array, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const path = createRequire(import.meta.url).resolve("harfbuzzjs/dist/harfbuzz-subset.wasm");
  compiled ??= Deno.readFile(path).then((bytes) => WebAssembly.compile(bytes));
  // An instance of its own for each font: its memory goes with it.
  const { exports } = await WebAssembly.instantiate(await compiled);
  const hb = exports as unknown as Subsetter;
  hb._initialize();
  const address = hb.malloc(font.length);
  new Uint8Array(hb.memory.buffer).set(font, address);
  const face = hb.hb_face_create(hb.hb_blob_create(address, font.length, writableMode, 0, 0), 0);
  const input = hb.hb_subset_input_create_or_fail();
  const characters = hb.hb_subset_input_unicode_set(input);
  for (const character of new Set(text)) hb.hb_set_add(characters, character.codePointAt(0)!);
  const subset = input === 0 ? 0 : hb.hb_subset_or_fail(face, input);
  const blob = subset === 0 ? 0 : hb.hb_face_reference_blob(subset);
  const length = blob === 0 ? 0 : hb.hb_blob_get_length(blob);
  // Bytes that are no font make an empty face, and that an empty font.
  if (length < 100) throw new UserError(`This is no font that HarfBuzz can read (${font.length} bytes).`);
  const start = hb.hb_blob_get_data(blob, 0);
  return new Uint8Array(hb.memory.buffer).slice(start, start + length);
}

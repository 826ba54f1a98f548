/** What Hugging Face `tokenizers` takes each character for, and its Unicode normalisation. */

import { isCombining } from "./characters.ts";
import * as tables from "./tokenizers_tables.ts";

/** Bits of `characterClasses`. */
export const Is = {
  removed: 1,
  space: 2,
  mark: 4,
  combining: 8,
  decomposed: 16,
  compatible: 32,
  accent: 64,
  lowercased: 128,
  whiteSpace: 256,
  punctuation: 512,
  chinese: 1024,
} as const;

let classes: Uint16Array | null = null;

/** The classes of all code points, as bits of `Is`. `[0x110000]` */
export function characterClasses(): Uint16Array {
  if (classes !== null) return classes;
  const table = classes = new Uint16Array(0x110000);
  const mark = (words: string, bit: number) => {
    let at = 0;
    for (const word of words.split(" ")) {
      const [gap, length] = word.split("+").map((digits) => parseInt(digits, 36));
      at += gap!;
      for (const end = at + (length ?? 1); at < end; at++) table[at]! |= bit;
    }
  };
  for (const name of Object.keys(Is) as (keyof typeof Is)[]) mark(tables[name], Is[name]);
  return table;
}

let newerLowercase: Map<string, string> | null = null;

/** A character that is `Is.lowercased` in small letters, also where JavaScript's Unicode is older. */
export function lowercaseAsTokenizers(character: string): string {
  const small = character.toLowerCase();
  if (small !== character) return small;
  newerLowercase ??= new Map(
    tables.newerLowercase.split(" ").map((pair) => {
      const [from, to] = pair.split(">").map((digits) => String.fromCodePoint(parseInt(digits, 16)));
      return [from!, to!];
    }),
  );
  return newerLowercase.get(character) ?? character;
}

/**
 * Unicode normalisation as of the version that `tokenizers` has: characters that a newer version made composable are
 * left as they are, and nothing is composed or sorted across them.
 */
export function normalizeAsTokenizers(text: string, form: "NFC" | "NFD" | "NFKC" | "NFKD"): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  const table = characterClasses();
  const known = form === "NFC" || form === "NFD" ? Is.decomposed : Is.compatible;
  const decomposed = form === "NFC" || form === "NFD" ? "NFD" : "NFKD";
  let result = "";
  let run = "";
  for (const character of text) {
    const kind = table[character.codePointAt(0)!]!;
    const newer = (kind & known) === 0 && character.normalize(decomposed) !== character ||
      (kind & Is.combining) === 0 && character > "\u02ff" && isCombining(character);
    if (newer) {
      result += run.normalize(form) + character;
      run = "";
    } else run += character;
  }
  return result + run.normalize(form);
}

// BERT's text preparation and words, as Hugging Face `tokenizers` does them (BertNormalizer, BertPreTokenizer).
// Source: normalizers/bert.rs and pre_tokenizers/bert.rs of huggingface/tokenizers (Apache-2.0).

import * as tables from "./bert_tables.ts";

/** BertNormalizer's settings. */
export interface BertSettings {
  /** Drops control characters, makes every white space a space. */
  cleanText: boolean;
  /** Makes every Chinese character a word. */
  handleChinese: boolean;
  /** Drops accents after NFD, which also takes Hangul syllables apart: Korean models have it off. */
  stripAccents: boolean;
  lowercase: boolean;
}

/** A prepared text, in buffers that the next call overwrites. */
export interface BertText {
  units: Uint16Array;
  /** Where the character that each unit comes from begins in the given text. */
  origin: Int32Array;
  length: number;
}

const REMOVED = 1, SPACE = 2, MARK = 4, DECOMPOSED = 8, LOWERCASED = 16, CHINESE = 32;
/** What BertPreTokenizer sees in a character of the prepared text. */
export const WHITE_SPACE = 64, PUNCTUATION = 128;

let classes: Uint8Array | null = null;

/** The classes of all code points, as bits. `[0x110000]` */
export function characterClasses(): Uint8Array {
  if (classes !== null) return classes;
  const table = classes = new Uint8Array(0x110000);
  const mark = (words: string, bit: number) => {
    let at = 0;
    for (const word of words.split(" ")) {
      const [gap, length] = word.split("+").map((digits) => parseInt(digits, 36));
      at += gap!;
      for (const end = at + (length ?? 1); at < end; at++) table[at]! |= bit;
    }
  };
  mark(tables.REMOVED, REMOVED);
  mark(tables.SPACE, SPACE);
  mark(tables.MARK, MARK);
  mark(tables.DECOMPOSED, DECOMPOSED);
  mark(tables.LOWERCASED, LOWERCASED);
  mark(tables.WHITE_SPACE, WHITE_SPACE);
  mark(tables.PUNCTUATION, PUNCTUATION);
  const chinese = [
    [0x4e00, 0x9fff],
    [0x3400, 0x4dbf],
    [0x20000, 0x2a6df],
    [0x2a700, 0x2b73f],
    [0x2b740, 0x2b81f],
    [0x2b920, 0x2ceaf],
    [0xf900, 0xfaff],
    [0x2f800, 0x2fa1f],
  ] as const;
  for (const [first, last] of chinese) {
    for (let codePoint = first; codePoint <= last; codePoint++) table[codePoint]! |= CHINESE;
  }
  return table;
}

/**
 * Makes BERT's text preparation.
 *
 * @example
 * const prepare = makeBertNormalizer({ cleanText: true, handleChinese: true, stripAccents: false, lowercase: false });
 * const { units, length } = prepare("가\u200b 漢"); // "가  漢 "
 */
export function makeBertNormalizer(settings: BertSettings): (text: string) => BertText {
  const table = characterClasses();
  const touched = (settings.cleanText ? REMOVED | SPACE : 0) | (settings.handleChinese ? CHINESE : 0) |
    (settings.stripAccents ? MARK | DECOMPOSED : 0) | (settings.lowercase ? LOWERCASED : 0);
  const outcome = new Map<number, string>();

  const change = (codePoint: number): string => {
    let text = String.fromCodePoint(codePoint);
    const kind = table[codePoint]!;
    if (settings.cleanText) {
      if (kind & REMOVED) return "";
      if (kind & SPACE) text = " ";
    }
    if (settings.handleChinese && kind & CHINESE) text = ` ${text} `;
    const each = (bit: number, then: (character: string) => string) => {
      text = Array.from(text, (c) => table[c.codePointAt(0)!]! & bit ? then(c) : c).join("");
    };
    if (settings.stripAccents) {
      each(DECOMPOSED, (c) => c.normalize("NFD"));
      each(MARK, () => "");
    }
    if (settings.lowercase) each(LOWERCASED, (c) => c.toLowerCase());
    return text;
  };

  const result: BertText = { units: new Uint16Array(256), origin: new Int32Array(256), length: 0 };
  const reserve = (length: number): void => {
    if (length <= result.units.length) return;
    const size = Math.max(length, 2 * result.units.length);
    const units = new Uint16Array(size);
    units.set(result.units);
    const origin = new Int32Array(size);
    origin.set(result.origin);
    result.units = units;
    result.origin = origin;
  };

  return (text) => {
    const n = text.length;
    let length = 0;
    reserve(n);
    let { units, origin } = result;
    for (let at = 0; at < n;) {
      const unit = text.charCodeAt(at);
      if ((table[unit]! & touched) === 0 && (unit < 0xd800 || unit > 0xdfff)) {
        units[length] = unit;
        origin[length++] = at++;
        continue;
      }
      let codePoint = text.codePointAt(at)!;
      const width = codePoint > 0xffff ? 2 : 1;
      if (codePoint >= 0xd800 && codePoint <= 0xdfff) codePoint = 0xfffd;
      let changed = outcome.get(codePoint);
      if (changed === undefined) outcome.set(codePoint, changed = change(codePoint));
      if (length + changed.length + n - at > units.length) {
        reserve(length + changed.length + n - at);
        ({ units, origin } = result);
      }
      for (let i = 0; i < changed.length; i++) {
        units[length] = changed.charCodeAt(i);
        origin[length++] = at;
      }
      at += width;
    }
    result.length = length;
    return result;
  };
}

/**
 * BERT's text preparation and words, as Hugging Face `tokenizers` does them (BertNormalizer, BertPreTokenizer).
 * Source: normalizers/bert.rs and pre_tokenizers/bert.rs of huggingface/tokenizers (Apache-2.0).
 */

import { characterClasses, Is, lowercaseAsTokenizers } from "./tokenizers_classes.ts";

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

/** The settings that leave a text as it is. */
export const unprepared: BertSettings = {
  cleanText: false,
  handleChinese: false,
  stripAccents: false,
  lowercase: false,
};

/** A prepared text, in buffers that the next call overwrites. */
export interface BertText {
  units: Uint16Array;
  /** Where the character that each unit comes from begins in the given text. */
  origin: Int32Array;
  length: number;
}

/** Makes BERT's text preparation. */
export function makeBertNormalizer(settings: BertSettings): (text: string) => BertText {
  const table = characterClasses();
  const touched = (settings.cleanText ? Is.removed | Is.space : 0) |
    (settings.handleChinese ? Is.chinese : 0) |
    (settings.stripAccents ? Is.mark | Is.decomposed | Is.combining : 0) |
    (settings.lowercase ? Is.lowercased : 0);
  const outcome = new Map<number, string>();
  // Characters with marks that are sorted but not dropped: rare enough for a second way.
  const sorted = new Set<number>();
  const isSorted = (c: string) => (table[c.codePointAt(0)!]! & (Is.combining | Is.mark)) === Is.combining;

  /** Up to NFD, before marks are sorted and dropped. */
  const decompose = (codePoint: number): string => {
    let text = String.fromCodePoint(codePoint);
    const kind = table[codePoint]!;
    if (settings.cleanText) {
      if (kind & Is.removed) return "";
      if (kind & Is.space) text = " ";
    }
    if (settings.handleChinese && kind & Is.chinese) text = ` ${text} `;
    if (!settings.stripAccents) return text;
    return Array.from(text, (c) => table[c.codePointAt(0)!]! & Is.decomposed ? c.normalize("NFD") : c).join(
      "",
    );
  };
  /** What becomes of each character after that. */
  const finish = (text: string): string =>
    Array.from(text, (c) => {
      const kind = table[c.codePointAt(0)!]!;
      if (settings.stripAccents && kind & Is.mark) return "";
      return settings.lowercase && kind & Is.lowercased ? lowercaseAsTokenizers(c) : c;
    }).join("");

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
      if (changed === undefined) {
        const parts = decompose(codePoint);
        outcome.set(codePoint, changed = finish(parts));
        if (settings.stripAccents && Array.from(parts).some(isSorted)) sorted.add(codePoint);
      }
      if (sorted.size > 0 && sorted.has(codePoint)) return sortMarks(text);
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

  /** All of a text in which marks stay that NFD sorts. */
  function sortMarks(text: string): BertText {
    const characters: { text: string; origin: number; inserted: boolean }[] = [];
    for (let at = 0; at < text.length;) {
      const codePoint = text.codePointAt(at)!;
      const broken = codePoint >= 0xd800 && codePoint <= 0xdfff;
      Array.from(decompose(broken ? 0xfffd : codePoint), (c, i) => {
        characters.push({ text: c, origin: at, inserted: i > 0 });
      });
      at += codePoint > 0xffff ? 2 : 1;
    }
    const origins = characters.filter((c) => !c.inserted).map((c) => c.origin);
    for (let from = 0; from < characters.length;) {
      let to = from;
      while (to < characters.length && table[characters[to]!.text.codePointAt(0)!]! & Is.combining) to++;
      const run = characters.slice(from, to).sort((a, b) => {
        const pair = a.text + b.text;
        if (pair.normalize("NFD") !== pair) return 1;
        const turned = b.text + a.text;
        return turned.normalize("NFD") !== turned ? -1 : 0;
      });
      run.forEach((character, i) => characters[from + i] = character);
      from = to + 1;
    }
    reserve(4 * characters.length);
    let length = 0;
    let taken = 0;
    for (const { text: c, inserted } of characters) {
      // `tokenizers` counts places off in the new order.
      const origin = origins[inserted ? Math.max(taken - 1, 0) : taken++]!;
      for (const unit of finish(c).split("")) {
        result.units[length] = unit.charCodeAt(0);
        result.origin[length++] = origin;
      }
    }
    result.length = length;
    return result;
  }
}

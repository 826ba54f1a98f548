/**
 * The `normalizer` of a `tokenizer.json`, as a function of strings.
 * Source: normalizers of huggingface/tokenizers (Apache-2.0).
 */

import { UserError } from "../ground/pure.ts";
import { makeBertNormalizer } from "./bert_text.ts";
import { charsmapReplacement, charsmapRoot, charsmapStep, charsmapValue, parseCharsmap } from "./charsmap.ts";
import { asObject } from "./config.ts";
import { patternOf } from "./oniguruma.ts";
import { stringOf } from "./characters.ts";
import { characterClasses, Is, normalizeAsTokenizers } from "./tokenizers_classes.ts";

/** A text on its way; `moved` when its first character is no longer what the given text begins with. */
export interface Prepared {
  text: string;
  moved: boolean;
}

export type Change = (given: Prepared) => Prepared;

/** A change that leaves the beginning where it was. */
function keeping(change: (text: string) => string): Change {
  return ({ text, moved }) => ({ text: change(text), moved });
}

/** The `normalizer`. */
export function makeNormalize(part: unknown, file: string): Change {
  const json = asObject(part);
  if (json === null) return (given) => given;
  switch (json.type) {
    case "Sequence": {
      const steps = (Array.isArray(json.normalizers) ? json.normalizers : []).map((each) =>
        makeNormalize(each, file)
      );
      return (given) => steps.reduce((changed, step) => step(changed), given);
    }
    case "BertNormalizer": {
      const lowercase = json.lowercase !== false;
      const prepare = makeBertNormalizer({
        cleanText: json.clean_text !== false,
        handleChinese: json.handle_chinese_chars !== false,
        lowercase,
        stripAccents: typeof json.strip_accents === "boolean" ? json.strip_accents : lowercase,
      });
      return ({ text, moved }) => {
        const { units, origin, length } = prepare(text);
        return { text: stringOf(units, 0, length), moved: moved || length > 0 && origin[0]! > 0 };
      };
    }
    case "Precompiled":
      return typeof json.precompiled_charsmap === "string" && json.precompiled_charsmap !== ""
        ? keeping(makePrecompiled(json.precompiled_charsmap, file))
        : (given) => given;
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD": {
      const form = json.type;
      return keeping((text) => normalizeAsTokenizers(text, form));
    }
    case "StripAccents": {
      const table = characterClasses();
      const isAccent = (character: string) => (table[character.codePointAt(0)!]! & Is.accent) !== 0;
      return ({ text, moved }) => {
        const kept = Array.from(text).filter((character) => !isAccent(character)).join("");
        return {
          text: kept,
          moved: moved || text !== "" && isAccent(String.fromCodePoint(text.codePointAt(0)!)),
        };
      };
    }
    case "Lowercase": {
      const lower = makeBertNormalizer({
        cleanText: false,
        handleChinese: false,
        stripAccents: false,
        lowercase: true,
      });
      return keeping((text) => {
        const { units, length } = lower(text);
        return stringOf(units, 0, length);
      });
    }
    case "Strip": {
      const left = json.strip_left === true;
      const right = json.strip_right === true;
      return ({ text, moved }) => {
        const start = left ? /^\p{White_Space}*/u.exec(text)![0].length : 0;
        let end = text.length;
        while (right && end > start && /\p{White_Space}/u.test(text[end - 1]!)) end--;
        return { text: text.slice(start, end), moved: moved || start > 0 };
      };
    }
    case "Prepend":
      return keeping((text) => text === "" ? "" : `${json.prepend}${text}`);
    case "Replace": {
      const pattern = patternOf(json.pattern, file);
      const content = String(json.content);
      return ({ text, moved }) => {
        let first = 0;
        const replaced = text.replace(pattern, (match: string, ...rest: unknown[]) => {
          // What replaces several characters stands where the last of them stood.
          const at = rest.find((value) => typeof value === "number");
          if (at === 0) first = content === "" ? match.length : Array.from(match).length - 1;
          return content;
        });
        return { text: replaced, moved: moved || first > 0 };
      };
    }
  }
  throw new UserError(
    `${file}: the normalizer ${JSON.stringify(json.type)} is not known.`,
  );
}

// Texts of characters that never join a grapheme cluster: most texts, and much faster.
const neverJoined =
  /^[\n -~\u2010-\u2027\u3001-\u3020\u3131-\u318e\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff9d]*$/;

/**
 * A character map as `tokenizers` applies it: to a grapheme cluster of fewer than 6 bytes as a whole (taking the
 * shortest sequence that the map knows at its start for the whole), else to each character.
 */
function makePrecompiled(base64: string, file: string): (text: string) => string {
  const map = (() => {
    try {
      return parseCharsmap(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
    } catch (error) {
      throw new UserError(
        `${file}: precompiled_charsmap is broken: ${error instanceof Error ? error.message : error}.`,
      );
    }
  })();
  const encoder = new TextEncoder();
  const known = new Map<string, string | null>();
  const lookUp = (text: string): string | null => {
    let position = charsmapRoot(map);
    for (const byte of encoder.encode(text)) {
      const next = charsmapStep(map, position, byte);
      if (next < 0) return null;
      const value = charsmapValue(map, position, byte);
      if (value >= 0) return charsmapReplacement(map, value);
      position = next;
    }
    return null;
  };
  const transform = (text: string): string | null => {
    let result = known.get(text);
    if (result === undefined) known.set(text, result = lookUp(text));
    return result;
  };
  const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
  return (text) => {
    let result = "";
    if (neverJoined.test(text)) {
      for (const character of text) result += transform(character) ?? character;
      return result;
    }
    for (const { segment } of graphemes.segment(text)) {
      const whole = segment.length < 6 && encoder.encode(segment).length < 6 ? transform(segment) : null;
      if (whole !== null) result += whole;
      else for (const character of segment) result += transform(character) ?? character;
    }
    return result;
  };
}

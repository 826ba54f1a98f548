/**
 * SentencePiece's text preparation: character map, white space, dummy prefix.
 * Source: src/normalizer.cc of google/sentencepiece, Normalizer::Normalize.
 */

import {
  type Charsmap,
  charsmapReplacement,
  charsmapRoot,
  charsmapStep,
  charsmapValue,
  parseCharsmap,
} from "./charsmap.ts";
import { buildTrie, rootState, step, type Trie } from "./double_array.ts";
import type { NormalizerSpec } from "./sentencepiece_model.ts";

/** A text after preparation, in buffers that the next call overwrites. */
export interface Normalized {
  /** UTF-16 code units, `[length]` of them count. */
  units: Uint16Array;
  /** For every unit, and for the end, the place in the given text where its source begins. `[length + 1]` */
  origin: Int32Array;
  length: number;
}

export interface Normalizer {
  normalize(text: string): Normalized;
}

const spaceUnit = 0x20;
/** U+2581, SentencePiece's visible space. */
export const metaSpace = 0x2581;

// What is known of a character, found when it is first met.
const unseen = 0;
const itself = 1;
// From 2 on: 2 + index into `Rules`.

/** A character at which a replacement begins. */
interface Rule {
  /** Position in the double array after the character. */
  position: number;
  /** Whether longer sequences begin with the character. */
  goesOn: boolean;
  /** Replacement of the character alone, null for none. */
  replacement: string | null;
}

/**
 * Makes the text preparation of a model.
 *
 * @param userDefined pieces that stay as they are written (longest first at each place).
 */
export function makeNormalizer(
  spec: NormalizerSpec,
  userDefined: readonly string[],
  treatWhitespaceAsSuffix: boolean,
): Normalizer {
  const map = spec.charsmap.length > 0 ? parseCharsmap(spec.charsmap) : null;
  const kept = userDefined.length > 0 ? buildTrie(userDefined.map((text, i) => [text, i])) : null;
  const space = spec.escapeWhitespaces ? metaSpace : spaceUnit;
  const { addDummyPrefix, removeExtraWhitespaces } = spec;

  // By code unit; surrogates stay unseen, half a character being none.
  const known = new Int32Array(65536);
  const knownAstral = new Map<number, number>();
  const rules: Rule[] = [];
  const replacementAt = new Map<number, string>();

  // What `prefixAt` found: how many units of the text, and what stands for them (null: they themselves).
  let consumed = 0;
  let replacement: string | null = null;

  const replacementOf = (charsmap: Charsmap, place: number): string => {
    let text = replacementAt.get(place);
    if (text === undefined) replacementAt.set(place, text = charsmapReplacement(charsmap, place));
    return text;
  };

  const meet = (codePoint: number): number => {
    let state = itself;
    if (map !== null) {
      const end = walk(map, charsmapRoot(map), codePoint);
      if (end.position >= 0) {
        let goesOn = false;
        for (let byte = 1; byte < 256 && !goesOn; byte++) goesOn = charsmapStep(map, end.position, byte) >= 0;
        const alone = end.value < 0 ? null : replacementOf(map, end.value);
        if (goesOn || alone !== null) {
          state = 2 + rules.length;
          rules.push({ position: end.position, goesOn, replacement: alone });
        }
      }
    }
    if (codePoint < 65536) known[codePoint] = state;
    else knownAstral.set(codePoint, state);
    return state;
  };

  const stateOf = (codePoint: number): number => {
    const state = codePoint < 65536 ? known[codePoint]! : knownAstral.get(codePoint) ?? unseen;
    return state === unseen ? meet(codePoint) : state;
  };

  /** The longest rule at a place, else the character itself. */
  const prefixAt = (text: string, at: number): void => {
    if (kept !== null) {
      const length = longestMatch(kept, text, at);
      if (length > 0) {
        consumed = length;
        replacement = null;
        return;
      }
    }
    let codePoint = text.codePointAt(at)!;
    consumed = codePoint > 0xffff ? 2 : 1;
    const broken = codePoint >= 0xd800 && codePoint <= 0xdfff;
    if (broken) codePoint = 0xfffd;
    const state = stateOf(codePoint);
    if (state === itself) {
      replacement = broken ? "\ufffd" : null;
      return;
    }
    const rule = rules[state - 2]!;
    replacement = rule.replacement ?? (broken ? "\ufffd" : null);
    if (!rule.goesOn) return;
    let position = rule.position;
    for (let next = at + consumed; next < text.length;) {
      let following = text.codePointAt(next)!;
      next += following > 0xffff ? 2 : 1;
      if (following >= 0xd800 && following <= 0xdfff) following = 0xfffd;
      const end = walk(map!, position, following);
      if (end.position < 0) return;
      position = end.position;
      if (end.value >= 0) {
        consumed = next - at;
        replacement = replacementOf(map!, end.value);
      }
    }
  };

  const result: Normalized = { units: new Uint16Array(256), origin: new Int32Array(257), length: 0 };
  const reserve = (length: number): void => {
    if (length <= result.units.length) return;
    const size = Math.max(length, result.units.length * 2);
    const units = new Uint16Array(size);
    units.set(result.units);
    const origin = new Int32Array(size + 1);
    origin.set(result.origin);
    result.units = units;
    result.origin = origin;
  };

  const normalize = (text: string): Normalized => {
    const n = text.length;
    let at = 0;
    let length = 0;
    result.length = 0;
    if (removeExtraWhitespaces) {
      while (at < n) {
        prefixAt(text, at);
        const first = replacement === null
          ? text.charCodeAt(at) === spaceUnit && consumed === 1
          : replacement === " ";
        if (!first) break;
        at += consumed;
      }
    }
    if (at === n) return result;

    reserve(n + 2);
    let { units, origin } = result;
    if (addDummyPrefix && !treatWhitespaceAsSuffix) {
      units[0] = space;
      origin[0] = at;
      length = 1;
    }
    let previousIsSpace = removeExtraWhitespaces;
    while (at < n) {
      const unit = text.charCodeAt(at);
      if (known[unit] === itself && kept === null) {
        // The common case: a character that no rule touches.
        if (unit === spaceUnit) {
          if (!previousIsSpace) {
            units[length] = space;
            origin[length++] = at;
            previousIsSpace = removeExtraWhitespaces;
          }
        } else {
          units[length] = unit;
          origin[length++] = at;
          previousIsSpace = false;
        }
        at++;
        continue;
      }
      prefixAt(text, at);
      const source = replacement ?? text;
      let from = replacement === null ? at : 0;
      const to = replacement === null ? at + consumed : source.length;
      while (previousIsSpace && from < to && source.charCodeAt(from) === spaceUnit) from++;
      if (from < to) {
        // The rest of the text needs at most one unit for each of its own until the next rule.
        if (length + (to - from) + (n - at) + 2 > units.length) {
          reserve(length + (to - from) + (n - at) + 2);
          ({ units, origin } = result);
        }
        for (let i = from; i < to; i++) {
          const each = source.charCodeAt(i);
          units[length] = each === spaceUnit ? space : each;
          origin[length++] = at;
        }
        previousIsSpace = removeExtraWhitespaces && source.charCodeAt(to - 1) === spaceUnit;
      }
      at += consumed;
    }
    let end = n;
    if (removeExtraWhitespaces) {
      while (length > 0 && units[length - 1] === space) end = origin[--length]!;
    }
    if (addDummyPrefix && treatWhitespaceAsSuffix) {
      units[length] = space;
      origin[length++] = end;
    }
    origin[length] = end;
    result.length = length;
    return result;
  };
  return { normalize };
}

// The end of a walk through the bytes of one character; one object, overwritten by each walk.
const walked = { position: -1, value: -1 };

function walk(map: Charsmap, position: number, codePoint: number): typeof walked {
  walked.value = -1;
  let last = 0;
  let before = position;
  const take = (byte: number): void => {
    before = position;
    last = byte;
    position = position < 0 ? -1 : charsmapStep(map, position, byte);
  };
  if (codePoint < 0x80) take(codePoint);
  else if (codePoint < 0x800) {
    take(0xc0 | codePoint >> 6);
    take(0x80 | codePoint & 0x3f);
  } else if (codePoint < 0x10000) {
    take(0xe0 | codePoint >> 12);
    take(0x80 | codePoint >> 6 & 0x3f);
    take(0x80 | codePoint & 0x3f);
  } else {
    take(0xf0 | codePoint >> 18);
    take(0x80 | codePoint >> 12 & 0x3f);
    take(0x80 | codePoint >> 6 & 0x3f);
    take(0x80 | codePoint & 0x3f);
  }
  if (position >= 0) walked.value = charsmapValue(map, before, last);
  walked.position = position;
  return walked;
}

function longestMatch(trie: Trie, text: string, at: number): number {
  let length = 0;
  let state = rootState;
  for (let i = at; i < text.length; i++) {
    state = step(trie, state, text.charCodeAt(i));
    if (state < 0) break;
    if (trie.value[state]! >= 0) length = i + 1 - at;
  }
  return length;
}

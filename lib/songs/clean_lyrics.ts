/** Lyrics without what is not text: markup, entities, marks that cannot be seen. */
import { decodeHTMLStrict } from "entities";

/**
 * Turns HTML entities (`&amp;`, `&#39;`, `&#x27;`, `&hellip;` and all others of HTML that end in a semicolon) into the characters they
 * stand for, also where they were escaped twice (`&amp;amp;`). Names that HTML does not know, and numbers that are no character, stay as
 * they are.
 */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  for (let before = text;;) {
    const after = before.replace(
      /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|[a-zA-Z][a-zA-Z\d]*);/g,
      (entity, decimal, hex) => {
        if (decimal === undefined && hex === undefined) return decodeHTMLStrict(entity);
        const code = decimal ? Number(decimal) : parseInt(hex, 16);
        const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
        return isCharacter ? decodeHTMLStrict(entity) : entity;
      },
    );
    if (after === before) return after;
    before = after;
  }
}

/** A tag of one of these names, opening or closing, bare or with attributes that have values. */
function tag(names: string, after = ""): RegExp {
  const attributes = /(?:\s+[\w-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*\s*\/?/.source;
  return new RegExp(`</?(?:${names})${attributes}>${after}`, "gi");
}

const breakTags = tag("br", "[ \\t]*(?:\\r\\n?|\\n)?"); // with the line break that often follows it in a page's source
const blockTags = tag("p|div|ul|ol|li|h[1-6]|table|tbody|tr|td|blockquote|pre|center|section|article");
const inlineTags = tag("span|b|i|u|s|em|strong|small|sup|sub|mark|font|a|img|wbr");

/**
 * Makes every way to break a line a `\n`: CRLF, CR, the Unicode separators, `<br>` in all its spellings, and a
 * backslash with an `n` (or `\r\n`) that some exporter wrote out as letters.
 */
export function normalizeLineBreaks(text: string): string {
  return text
    .replace(breakTags, "\n")
    .replace(/(?:\\+r)?\\+n/g, "\n")
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n");
}

/**
 * Marks that cannot be seen: control characters but for white space, zero-width spaces and joiners, byte order marks, soft hyphens, marks of
 * direction and of what is isolated in it. What changes how a character looks stays: variation selectors, the joiner between emoji, the tags
 * of flags; and what is as wide as a space is white space.
 */
const invisibleMarks =
  /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d|\u200d(?!\p{Extended_Pictographic})|(?![\t-\r\u200d\ufe00-\ufe0f\u3164\u115f\u1160\uffa0\u{e0020}-\u{e007f}\u{e0100}-\u{e01ef}])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** A text without marks that cannot be seen. */
export function removeInvisible(text: string): string {
  if (/^[ -~\uac00-\ud7a3]*$/.test(text)) return text; // as most names are
  return text.replace(invisibleMarks, "");
}

/**
 * Cleans the lyrics of one song. Applying it again changes nothing. In this order:
 *
 * 1. HTML entities become their characters ({@link decodeEntities}).
 * 2. Line breaks of every kind become `\n` ({@link normalizeLineBreaks}).
 * 3. Other traces of a web page go: comments, and the tags of blocks (`p`, `div`, `li`, `h1`…: each a line break)
 *    and of words (`span`, `b`, `i`, `u`, `em`, `strong`, `font`, `a`…). Nothing else between angle brackets is touched (`<3`, `<후렴>`).
 * 4. Invisible characters go: control characters, zero-width spaces, byte order marks, soft hyphens, marks of
 *    direction ({@link removeInvisible}). The joiner inside emoji stays.
 * 5. Unicode NFC, so that a syllable is one character whichever system wrote the file.
 * 6. White space: tabs, no-break, ideographic and Hangul-filler spaces become spaces, runs of spaces become one,
 *    and lines are trimmed.
 * 7. Several blank lines become one (a verse still ends visibly); blank lines at both ends go.
 *
 * Words, punctuation, case, foreign scripts and repeated lines stay as they are: a chorus is meant to repeat.
 *
 * @example
 * ```ts
 * import { cleanLyrics } from "./clean_lyrics.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(cleanLyrics(" 봄이  와요<br/>그대 &amp; 나\\n\\n\\n\\n다시"), "봄이 와요\n그대 & 나\n\n다시");
 * ```
 */
export function cleanLyrics(lyrics: string): string {
  for (let before = lyrics;;) {
    const after = cleanOnce(before);
    if (after === before) return after; // the usual second pass; a tag inside an entity may need a third
    before = after;
  }
}

function cleanOnce(lyrics: string): string {
  return normalizeLineBreaks(decodeEntities(lyrics))
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(blockTags, "\n")
    .replace(inlineTags, "")
    .replace(invisibleMarks, "")
    .normalize("NFC")
    .replace(/[^\S\n]|[\u3164\u115f\u1160\uffa0]/g, " ")
    .replace(/ {2,}/g, " ")
    .replace(/ *\n */g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

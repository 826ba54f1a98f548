/** Code units, and classes of characters as Python's str and unicodedata have them. */

const pythonSpaces = new Set<number>([
  ...range(0x09, 0x0d),
  ...range(0x1c, 0x20),
  0x85,
  0xa0,
  0x1680,
  ...range(0x2000, 0x200a),
  0x2028,
  0x2029,
  0x202f,
  0x205f,
  0x3000,
]);

/** Python's `str.isspace` of one character; every such character is one UTF-16 unit. */
export function isPythonSpace(unit: number): boolean {
  return pythonSpaces.has(unit);
}

// White space other than U+0020, as a class without brackets.
const otherSpaces = "\\t-\\r\\x1c-\\x1f\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

// Runs that are more than one U+0020: those need not be touched.
const spaceRun = new RegExp(` [ ${otherSpaces}]+|[${otherSpaces}][ ${otherSpaces}]*`, "g");

/** Python's `" ".join(text.split())`. */
export function squeezeSpaces(text: string): string {
  return pythonStrip(text).replace(spaceRun, " ");
}

/** Python's `str.strip()`. */
export function pythonStrip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isPythonSpace(text.charCodeAt(start))) start++;
  while (start < end && isPythonSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

// Digits beyond the decimal ones (Numeric_Type=Digit): superscripts, Ethiopic, circled, ...
const otherDigit =
  /[\xb2\xb3\xb9\u1369-\u1371\u19da\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}\u{1f10b}\u{1f10c}]/u;

/** Python's `str.isdigit` of one character. */
export function isPythonDigit(character: string): boolean {
  return /\p{Nd}/u.test(character) || otherDigit.test(character);
}

const combining = new Map<string, boolean>();

/**
 * Whether a character has a canonical combining class (Python's `unicodedata.combining(c) != 0`).
 *
 * JavaScript does not tell the class, but its normalisation sorts by it: a mark of class 1 to 239 moves before
 * U+0345, the only one of class 240.
 */
export function isCombining(character: string): boolean {
  let known = combining.get(character);
  if (known === undefined) {
    known = character === "\u0345" || !("\u0345" + character).normalize("NFD").startsWith("\u0345");
    combining.set(character, known);
  }
  return known;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Code units `[from, to)` as a string. */
export function stringOf(units: Uint16Array, from: number, to: number): string {
  if (to - from < 1024) return String.fromCharCode(...units.subarray(from, to));
  let text = "";
  for (let at = from; at < to; at += 1024) {
    text += String.fromCharCode(...units.subarray(at, Math.min(at + 1024, to)));
  }
  return text;
}

/** Gives the code units of one text after the other, in a buffer that the next call overwrites. */
export function unitsReader(): (text: string) => Uint16Array {
  let units = new Uint16Array(256);
  return (text) => {
    if (text.length > units.length) units = new Uint16Array(2 * text.length);
    for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
    return units;
  };
}

/** English marks as tokens have them and as they are written: `clean_up_tokenization` of transformers. */
export const englishMarks: readonly [tokens: string, written: string][] = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

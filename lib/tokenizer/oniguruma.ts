/**
 * Patterns of a `tokenizer.json` as JavaScript's: Hugging Face `tokenizers` has Oniguruma apply them, in Ruby's syntax.
 * Source: doc/RE of kkos/oniguruma (BSD-2-Clause).
 */

import { UserError } from "../ground/pure.ts";
import { asObject } from "./config.ts";

/** What may stand in `\p{…}`: general categories are spelled alike. */
const category = /^(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cf]?)$/;
const scripts = ["Han", "Hangul", "Hiragana", "Katakana", "Latin", "Greek", "Cyrillic", "Arabic", "Thai"];

/** Classes by letter, without brackets; their capitals mean the opposite. */
const namedClasses: Record<string, string> = {
  s: "\\p{White_Space}",
  d: "\\p{Nd}",
  w: "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xb2\\xb3\\xb9\\xbc-\\xbe",
  h: "0-9a-fA-F",
};

/** Beginning and end of the text. */
const edges: Record<string, string> = { A: "(?<![^])", z: "(?![^])" };

const controls: Record<string, string> = {
  t: "\t",
  n: "\n",
  r: "\r",
  f: "\f",
  v: "\v",
  a: "\x07",
  e: "\x1b",
};

/**
 * A pattern (`{ String }` or `{ Regex }`) as a global regular expression.
 *
 * @throws Error that names the file and the part of the pattern that may mean something else in JavaScript.
 */
export function patternOf(value: unknown, file: string): RegExp {
  const pattern = asObject(value);
  if (typeof pattern?.String === "string") {
    return new RegExp(Array.from(pattern.String, literal).join(""), "gu");
  }
  const given = pattern?.Regex;
  if (typeof given !== "string") throw new UserError(`${file}: ${JSON.stringify(value)} is no pattern.`);
  try {
    return new RegExp(translate(given), "gu");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file}: the pattern ${given} is not supported: ${why}.`);
  }
}

/**
 * A pattern of Oniguruma in JavaScript's words, for the flag `u`; what would capture does not.
 *
 * @throws Error that says which part is not known.
 *
 * @example
 * ```ts
 * translate("\\s+(?!\\S)"); // "[\\p{White_Space}]+(?![^\\p{White_Space}])"
 * ```
 */
export function translate(pattern: string): string {
  const characters = Array.from(pattern);
  let at = 0;
  let groups = 0;

  /** After a backslash: the inside of a class, and whether it is negated; or one character. */
  const escape = (): { inside: string; negated: boolean } | { character: string } => {
    const letter = characters[at++] ?? "";
    const known = namedClasses[letter.toLowerCase()];
    if (known !== undefined) return { inside: known, negated: letter !== letter.toLowerCase() };
    if (letter === "p" || letter === "P") return property(letter === "P");
    if (letter === "x" || letter === "u") return { character: codePoint(letter) };
    if (controls[letter] !== undefined) return { character: controls[letter] };
    if (letter === "" || /[\p{L}\p{N}]/u.test(letter)) throw new UserError(`it has \\${letter}`);
    return { character: letter };
  };

  const property = (negated: boolean) => {
    const match = /^\{(\^?)(\w+)\}/.exec(characters.slice(at, at + 40).join(""));
    const name = match?.[2] ?? "";
    const inside = category.test(name)
      ? `\\p{${name}}`
      : scripts.includes(name)
      ? `\\p{Script=${name}}`
      : null;
    if (inside === null) throw new UserError(`it has \\p${match?.[0] ?? ""}`);
    at += match![0].length;
    return { inside, negated: negated !== (match![1] === "^") };
  };

  const codePoint = (letter: string): string => {
    const rest = characters.slice(at, at + 12).join("");
    const match = letter === "u"
      ? /^[0-9a-fA-F]{4}/.exec(rest)
      : /^(?:\{[0-9a-fA-F]{1,6}\}|[0-7][0-9a-fA-F])/.exec(rest);
    if (match === null) throw new UserError(`it has \\${letter}`);
    at += match[0].length;
    return String.fromCodePoint(parseInt(match[0].replace(/[{}]/g, ""), 16));
  };

  /** A class, after its bracket. */
  const bracketed = (): string => {
    let inside = "";
    const negated = characters[at] === "^";
    if (negated) at++;
    for (let first = true;; first = false) {
      const character = characters[at++];
      if (character === undefined) throw new UserError("a class does not end");
      if (character === "]" && !first) break;
      if (character === "[" || character === "&" && characters[at] === "&") {
        throw new UserError(`it has ${character} within a class`);
      }
      if (character === "-") {
        // Between two characters a range; else itself.
        inside += first || characters[at] === "]" || inside.endsWith("}") ? "\\-" : "-";
      } else if (character !== "\\") inside += literal(character);
      else {
        const found = escape();
        if ("character" in found) inside += found.character === "-" ? "\\-" : literal(found.character);
        else if (!found.negated) inside += found.inside;
        else if (/^\\p\{[^}]*\}$/.test(found.inside)) inside += `\\P${found.inside.slice(2)}`;
        else throw new UserError(`it has the opposite of ${found.inside} within a class`);
      }
    }
    return `[${negated ? "^" : ""}${inside}]`;
  };

  let result = "";
  /** Where the last part begins, for what is said about it afterwards; and the open groups' beginnings. */
  let part = 0;
  const open: number[] = [];
  const append = (text: string) => {
    part = result.length;
    result += text;
  };
  while (at < characters.length) {
    const character = characters[at++]!;
    switch (character) {
      case "\\": {
        const edge = edges[characters[at] ?? ""];
        if (edge !== undefined) {
          at++;
          append(edge);
          break;
        }
        const found = escape();
        append(
          "character" in found ? literal(found.character) : `[${found.negated ? "^" : ""}${found.inside}]`,
        );
        break;
      }
      case "[":
        append(bracketed());
        break;
      case ".":
        append("[^\\n]");
        break;
      // Of lines, not of the text.
      case "^":
        append("(?<![^\\n])");
        break;
      case "$":
        append("(?![^\\n])");
        break;
      case "(": {
        open.push(result.length);
        const kind = /^\?(?::|=|!|<=|<!|i:)/.exec(characters.slice(at, at + 3).join(""))?.[0];
        if (kind === undefined && characters[at] === "?") {
          throw new UserError(`it has (${characters.slice(at, at + 2).join("")}`);
        }
        at += kind?.length ?? 0;
        result += `(${kind ?? "?:"}`;
        break;
      }
      case ")":
        result += ")";
        part = open.pop() ?? 0;
        break;
      case "|":
        result += "|";
        break;
      case "*":
      case "+":
      case "?":
      case "{": {
        const quantifier = character === "{"
          ? /^\{\d*,?\d*\}/.exec(`{${characters.slice(at, at + 12).join("")}`)?.[0]
          : character;
        if (quantifier === undefined || quantifier === "{}" || quantifier === "{,}") {
          throw new UserError("it has { that counts nothing");
        }
        at += quantifier.length - 1;
        result += quantifier.replace("{,", "{0,");
        const more = characters[at];
        if (more === "?") result += characters[at++];
        else if (more === "+") {
          if (character === "{") throw new UserError(`it has ${quantifier}+`);
          at++;
          // Possessive: what was taken is not given back, as in an assertion.
          const name = `p${groups++}`;
          result = `${result.slice(0, part)}(?=(?<${name}>${result.slice(part)}))\\k<${name}>`;
        }
        break;
      }
      default:
        append(literal(character));
    }
  }
  return result;
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|\/]/.test(character) ? `\\${character}` : character;
}

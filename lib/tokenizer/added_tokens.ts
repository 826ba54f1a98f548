/**
 * Special and added tokens that stand in a text as they are written.
 * Source: tokenizer/added_vocabulary.rs of huggingface/tokenizers (Apache-2.0), find_matches.
 */

/** A token that is cut out of a text before (or, `normalized`, after) its preparation. */
export interface AddedToken {
  id: number;
  content: string;
  /** Only where no word character stands beside it. */
  singleWord: boolean;
  /** Takes the white space before it along. */
  lstrip: boolean;
  /** Takes the white space after it along. */
  rstrip: boolean;
  /** Looked for in the prepared text instead of the given one. */
  normalized: boolean;
  special: boolean;
}

/** A stretch of a text: a token (`id` >= 0) or what lies between tokens (`id` -1). */
export interface Stretch {
  from: number;
  to: number;
  id: number;
}

/** Finds tokens in a text. */
export type TokenFinder = (text: string) => Stretch[];

// Not anchored: Deno 2.9.6 loses characters beyond U+FFFF in a class before `$`.
const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const whiteSpace = /\p{White_Space}/u;

/**
 * Makes a finder of tokens: at each place the longest. The stretches cover the text, none of them empty.
 *
 * @param writtenAs what to look for instead of a token's content (its prepared form).
 */
export function makeTokenFinder(
  tokens: readonly AddedToken[],
  writtenAs: (token: AddedToken) => string = (token) => token.content,
): TokenFinder {
  const byText = new Map<string, AddedToken>();
  for (const token of tokens) if (writtenAs(token) !== "") byText.set(writtenAs(token), token);
  if (byText.size === 0) return (text) => text === "" ? [] : [{ from: 0, to: text.length, id: -1 }];
  // Alternatives are tried in order: the longest first.
  const sorted = [...byText.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const pattern = new RegExp(
    sorted.map((text) => text.replace(/[\\^$.*+?()[\]{}|\/-]/g, "\\$&")).join("|"),
    "g",
  );

  return (text) => {
    const stretches: Stretch[] = [];
    let done = 0;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const token = byText.get(match[0])!;
      let from = match.index;
      let to = from + match[0].length;
      if (
        token.singleWord &&
        (wordCharacter.test(characterBefore(text, from)) || wordCharacter.test(characterAt(text, to)))
      ) {
        continue;
      }
      if (token.lstrip) { while (from > done && whiteSpace.test(text[from - 1]!)) from--; }
      if (token.rstrip) { while (to < text.length && whiteSpace.test(text[to]!)) to++; }
      if (done < from) stretches.push({ from: done, to: from, id: -1 });
      stretches.push({ from, to, id: token.id });
      done = to;
    }
    if (done < text.length) stretches.push({ from: done, to: text.length, id: -1 });
    return stretches;
  };
}

function characterAt(text: string, at: number): string {
  const codePoint = text.codePointAt(at);
  return codePoint === undefined ? "" : String.fromCodePoint(codePoint);
}

function characterBefore(text: string, at: number): string {
  const pair = at > 1 && (text.codePointAt(at - 2) ?? 0) > 0xffff;
  return text.slice(Math.max(0, pair ? at - 2 : at - 1), at);
}

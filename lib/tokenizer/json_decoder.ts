/**
 * The `decoder` of a `tokenizer.json`: tokens back to text.
 * Source: decoders of huggingface/tokenizers (Apache-2.0).
 */

import { UserError } from "../ground/pure.ts";
import { fromByteCharacters } from "./byte_level.ts";
import { asObject } from "./config.ts";
import { patternOf } from "./oniguruma.ts";
import { decodeWordPieces } from "./wordpiece.ts";

/** Tokens to the parts of a text. */
type Step = (tokens: readonly string[]) => readonly string[];

/** The `decoder`; without one, tokens are joined by spaces. */
export function makeDecoder(part: unknown, file: string): (tokens: readonly string[]) => string {
  if (asObject(part) === null) return (tokens) => tokens.join(" ");
  const step = makeStep(part, file);
  return (tokens) => step(tokens).join("");
}

function makeStep(part: unknown, file: string): Step {
  const json = asObject(part) ?? {};
  switch (json.type) {
    case "Sequence": {
      const steps = (Array.isArray(json.decoders) ? json.decoders : []).map((each) => makeStep(each, file));
      return (tokens) => steps.reduce((changed, step) => step(changed), tokens);
    }
    case "ByteLevel":
      return (tokens) => [fromByteCharacters(tokens)];
    case "ByteFallback":
      return decodeByteTokens;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Metaspace": {
      const space = String(json.replacement ?? "▁");
      const never = json.add_prefix_space === false || json.prepend_scheme === "never";
      return (tokens) => tokens.map((token, i) => token.replaceAll(space, i === 0 && !never ? "" : " "));
    }
    case "Replace": {
      const pattern = patternOf(json.pattern, file);
      const content = String(json.content);
      return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
    }
    case "Strip": {
      const content = String(json.content);
      const start = Number(json.start ?? 0);
      const stop = Number(json.stop ?? 0);
      return (tokens) =>
        tokens.map((token) => {
          const characters = Array.from(token);
          let from = 0;
          let to = characters.length;
          while (from < start && characters[from] === content) from++;
          while (to > from && characters.length - to < stop && characters[to - 1] === content) to--;
          return characters.slice(from, to).join("");
        });
    }
    case "BPEDecoder": {
      const suffix = String(json.suffix ?? "</w>");
      return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i < tokens.length - 1 ? " " : ""));
    }
    case "WordPiece": {
      const prefix = String(json.prefix ?? "##");
      return (tokens) => [decodeWordPieces(tokens, prefix, json.cleanup !== false)];
    }
  }
  throw new UserError(`${file}: the decoder ${JSON.stringify(json.type)} is not known.`);
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A run of byte tokens is text where all of it is UTF-8, else each is U+FFFD. */
function decodeByteTokens(tokens: readonly string[]): string[] {
  const result: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      result.push(strict.decode(Uint8Array.from(bytes)));
    } catch {
      result.push("\ufffd".repeat(bytes.length));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const digits = /^<0x([0-9a-fA-F]{2})>$/.exec(token)?.[1];
    if (digits !== undefined) bytes.push(parseInt(digits, 16));
    else {
      flush();
      result.push(token);
    }
  }
  flush();
  return result;
}

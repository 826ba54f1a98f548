/**
 * The `pre_tokenizer` of a `tokenizer.json`: a prepared text to words.
 * Source: pre_tokenizers and tokenizer/normalizer.rs (split) of huggingface/tokenizers (Apache-2.0).
 */

import { UserError } from "../ground/pure.ts";
import { remembering } from "./bpe.ts";
import { toByteCharacters } from "./byte_level.ts";
import { asObject } from "./config.ts";
import { patternOf } from "./oniguruma.ts";
import { characterClasses, Is } from "./tokenizers_classes.ts";

/** The words of a prepared text, some of them empty; `first` where it stands at the start of the given text. */
export type Words = (text: string, first: boolean) => string[];

// GPT-2's words.
const gpt2Word = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** The `pre_tokenizer`. */
export function makeWords(part: unknown, file: string): Words {
  const json = asObject(part);
  if (json === null) return (text) => text === "" ? [] : [text];
  switch (json.type) {
    case "Sequence": {
      const list = Array.isArray(json.pretokenizers) ? json.pretokenizers : [];
      const steps = list.map((each) => makeWords(each, file));
      // What was removed at the beginning stays as an empty word until the end, so that no other takes its place.
      return (text, first) =>
        steps.reduce((words, step) => words.flatMap((word, i) => step(word, first && i === 0)), [text])
          .filter((word) => word !== "");
    }
    case "ByteLevel": {
      const split = json.use_regex === false
        ? null
        : splitter(patternOf({ Regex: gpt2Word }, file), "Isolated", false);
      const written = remembering(toByteCharacters);
      const prefix = json.add_prefix_space !== false;
      return (text) => {
        if (text === "") return [];
        const spaced = prefix && !text.startsWith(" ") ? ` ${text}` : text;
        return split === null ? [written(spaced)] : split(spaced).map(written);
      };
    }
    case "Split":
      return splitter(patternOf(json.pattern, file), String(json.behavior), json.invert === true, file);
    case "Digits":
      return splitter(/\p{N}/gu, json.individual_digits === true ? "Isolated" : "Contiguous", false, file);
    case "Punctuation":
      return splitter(punctuation(), String(json.behavior ?? "Isolated"), false, file);
    case "Whitespace":
      return splitter(
        /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{White_Space}\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+/gu,
        "Removed",
        true,
        file,
      );
    case "BertPreTokenizer": {
      const apart = splitter(punctuation(), "Isolated", false, file);
      return (text) => text.split(/\p{White_Space}+/u).flatMap(apart);
    }
    case "CharDelimiterSplit": {
      const delimiter = String(json.delimiter);
      return (text) => text.split(delimiter);
    }
    case "WhitespaceSplit":
      return (text) => text.split(/\p{White_Space}+/u);
    case "Metaspace": {
      const space = String(json.replacement ?? "▁");
      const scheme = json.add_prefix_space === false ? "never" : json.prepend_scheme ?? "always";
      const apart = json.split === false ? null : new RegExp(`(?=${space})`, "u");
      return (text, first) => {
        let spaced = text.replaceAll(" ", space);
        if (spaced === "") return [];
        if ((scheme === "always" || scheme === "first" && first) && !spaced.startsWith(space)) {
          spaced = space + spaced;
        }
        return apart === null ? [spaced] : spaced.split(apart).filter((word) => word !== "");
      };
    }
  }
  throw new UserError(`${file}: the pre_tokenizer ${JSON.stringify(json.type)} is not known.`);
}

/** Every character of punctuation as `tokenizers` knows it. */
function punctuation(): RegExp {
  const classes = characterClasses();
  let list = "";
  for (let codePoint = 0; codePoint < classes.length; codePoint++) {
    if (classes[codePoint]! & Is.punctuation) list += `\\u{${codePoint.toString(16)}}`;
  }
  return new RegExp(`[${list}]`, "gu");
}

/** Splits a text at a pattern's matches. */
function splitter(pattern: RegExp, behavior: string, invert: boolean, file = ""): (text: string) => string[] {
  switch (behavior) {
    case "Isolated":
      return (text) => stretches(pattern, text).map((stretch) => stretch.text);
    case "Removed":
      return (text) => stretches(pattern, text).map(({ text, matches }) => matches !== invert ? "" : text);
    case "Contiguous":
      return (text) => joined(stretches(pattern, text), (stretch, last) => stretch.matches === last.matches);
    case "MergedWithPrevious":
      return (text) =>
        joined(
          stretches(pattern, text),
          (stretch, last) => stretch.matches !== invert && last.matches === invert,
        );
    case "MergedWithNext":
      return (text) =>
        joined(
          stretches(pattern, text),
          (stretch, last) => last.matches !== invert && stretch.matches === invert,
        );
  }
  throw new UserError(`${file}: the behavior ${JSON.stringify(behavior)} of a pre_tokenizer is not known.`);
}

interface Stretch {
  text: string;
  matches: boolean;
}

function stretches(pattern: RegExp, text: string): Stretch[] {
  const result: Stretch[] = [];
  let done = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0] === "") {
      pattern.lastIndex += (text.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1;
      continue;
    }
    if (done < match.index) result.push({ text: text.slice(done, match.index), matches: false });
    result.push({ text: match[0], matches: true });
    done = match.index + match[0].length;
  }
  if (done < text.length) result.push({ text: text.slice(done), matches: false });
  return result;
}

/** Words of stretches, some joined with the one before. */
function joined(list: readonly Stretch[], joins: (stretch: Stretch, last: Stretch) => boolean): string[] {
  const words: string[] = [];
  list.forEach((stretch, i) => {
    if (i > 0 && joins(stretch, list[i - 1]!)) words[words.length - 1] += stretch.text;
    else words.push(stretch.text);
  });
  return words;
}

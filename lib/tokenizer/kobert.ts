/**
 * XLNet's and KoBERT's Hugging Face tokenizers: the text preparation of transformers' XLNet tokenizer before the SentencePiece
 * model, and its second look at pieces such as "9,".
 * Source: SKTBrain/KoBERT (kobert_hf), monologg/KoBERT-Transformers and transformers 4's XLNetTokenizer (all
 * Apache-2.0): preprocess_text and _tokenize.
 */

import { isCombining, isPythonDigit, isPythonSpace, squeezeSpaces, stringOf } from "./characters.ts";
import { metaSpace } from "./normalizer.ts";
import { appendIds, type SentencePiece, splitText } from "./sentencepiece.ts";
import type { Piece, TextModel } from "./types.ts";

/** Settings of `tokenizer_config.json`, with their defaults. */
export interface KobertSettings {
  /** `do_lower_case`, false. */
  lowercase: boolean;
  /** `remove_space`, true. */
  removeSpace: boolean;
  /** `keep_accents`, false. */
  keepAccents: boolean;
}

/**
 * KoBERT's preparation of a text: white space squeezed, two backticks or apostrophes made one quotation mark,
 * compatibility characters taken apart and combining marks dropped (the SentencePiece model's character map puts
 * Hangul together again).
 */
export function prepareKobertText(text: string, settings: KobertSettings): string {
  // One character after the other, so that a final Σ becomes σ as well.
  let result = settings.lowercase ? text.replace(/./gsu, (character) => character.toLowerCase()) : text;
  if (settings.removeSpace) result = squeezeSpaces(result);
  result = result.replaceAll("``", '"').replaceAll("''", '"');
  if (!settings.keepAccents) result = stripAccents(result);
  return settings.lowercase ? result.toLowerCase() : result;
}

function stripAccents(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, (mark) => isCombining(mark) ? "" : mark);
}

/**
 * `prepareKobertText` that leaves Hangul syllables whole, for models that put them together again anyway; several times
 * as fast.
 *
 * @returns null where a syllable is followed by a letter that would join it.
 */
function prepareKeepingSyllables(text: string, settings: KobertSettings): string | null {
  const result = settings.removeSpace ? squeezeSpaces(text) : text;
  const stripped = result.replaceAll("``", '"').replaceAll("''", '"')
    .replace(/[^\0-\x7f\uac00-\ud7a3]+/g, stripAccents);
  return /[\uac00-\ud7a3][\u1160-\u11ff\ud7b0-\ud7ff]/.test(stripped) ? null : stripped;
}

/** Whether a model's character map makes a syllable of every syllable's letters, and nothing else of the syllables. */
function joinsSyllables({ model, normalizer }: SentencePiece): boolean {
  if (!/^(nmt_)?nfkc(_cf)?$/.test(model.normalizer.name)) return false;
  const syllables = Array.from({ length: 11172 }, (_, i) => String.fromCharCode(0xac00 + i));
  const prepared = (text: string) => {
    const { units, length } = normalizer.normalize(text);
    return stringOf(units, 0, length);
  };
  return prepared(syllables.join(" ").normalize("NFD")) === prepared(syllables.join(" "));
}

/** A prepared text with, for every code unit, where its source begins and ends in the given text. */
export interface PreparedText {
  text: string;
  starts: number[];
  ends: number[];
}

/** `prepareKobertText`, character by character, keeping track of where everything comes from. */
export function prepareKobertTextWithSource(given: string, settings: KobertSettings): PreparedText {
  let characters: { text: string; start: number; end: number }[] = [];
  for (let at = 0; at < given.length;) {
    const text = String.fromCodePoint(given.codePointAt(at)!);
    const shown = settings.lowercase ? text.toLowerCase() : text;
    characters.push({ text: shown, start: at, end: at += text.length });
  }
  if (settings.removeSpace) {
    const squeezed: typeof characters = [];
    for (const character of characters) {
      const space = isPythonSpace(character.text.codePointAt(0)!);
      const last = squeezed[squeezed.length - 1];
      if (!space) squeezed.push(character);
      else if (last?.text === " ") last.end = character.end;
      else if (last !== undefined) squeezed.push({ ...character, text: " " });
    }
    if (squeezed[squeezed.length - 1]?.text === " ") squeezed.pop();
    characters = squeezed;
  }
  for (const quote of ["`", "'"]) {
    const joined: typeof characters = [];
    for (let i = 0; i < characters.length; i++) {
      const here = characters[i]!;
      const next = characters[i + 1];
      if (here.text === quote && next?.text === quote) {
        joined.push({ text: '"', start: here.start, end: next.end });
        i++;
      } else joined.push(here);
    }
    characters = joined;
  }
  const result: PreparedText = { text: "", starts: [], ends: [] };
  for (const { text, start, end } of characters) {
    let shown = text;
    if (!settings.keepAccents) {
      shown = stripAccents(text);
    }
    if (settings.lowercase) shown = shown.toLowerCase();
    result.text += shown;
    for (let i = 0; i < shown.length; i++) {
      result.starts.push(start);
      result.ends.push(end);
    }
  }
  return result;
}

/**
 * A KoBERT tokenizer's text model.
 *
 * @param idOf id of each piece of the model. `[pieces]`
 * @param idOfToken id of a piece by its string, where a second split gives pieces that the first did not.
 */
export function kobertText(
  sentencePiece: SentencePiece,
  idOf: Int32Array,
  idOfToken: (token: string) => number,
  settings: KobertSettings,
): TextModel {
  const { model, pieceOf } = sentencePiece;
  // A piece looked at again ends in a digit and a comma. Where the model knows the comma, no unknown run ends so.
  const lookAgain = new Set<number>();
  model.pieces.forEach((piece, i) => {
    if (endsInDigitComma(piece.text)) lookAgain.add(idOf[i]!);
  });
  const commaKnown = pieceOf.has(",");
  const quick = !settings.keepAccents && !settings.lowercase && joinsSyllables(sentencePiece);
  const prepare = (text: string): string =>
    (quick ? prepareKeepingSyllables(text, settings) : null) ?? prepareKobertText(text, settings);

  const pieces = (text: string): Piece[] => {
    const prepared = prepareKobertTextWithSource(text, settings);
    const place = (id: number, token: string, from: number, to: number): Piece => {
      const start = prepared.starts[from] ?? text.length;
      return { id, token, start, end: to > from ? prepared.ends[to - 1]! : start };
    };
    return splitText(sentencePiece, prepared.text).flatMap(({ piece, token, start, end }) => {
      if (!endsInDigitComma(token)) return [place(idOf[piece]!, token, start, end)];
      // The new pieces share the old one's place from its end on, a character each.
      const again: Piece[] = [];
      splitAgain(sentencePiece, token).reverse().forEach((part, i, parts) => {
        const from = i === parts.length - 1 ? start : Math.max(start, end - part.length);
        again.unshift(place(idOfToken(part), part, from, end));
        end = from;
      });
      return again;
    });
  };

  return {
    hasOffsets: true,
    pieces,
    ids: (text, out) => {
      const before = out.length;
      if (commaKnown) {
        appendIds(sentencePiece, prepare(text), idOf, out);
        let done = true;
        for (let i = before; i < out.length && done; i++) done = !lookAgain.has(out[i]!);
        if (done) return;
        out.length = before;
      }
      for (const piece of pieces(text)) out.push(piece.id);
    },
  };
}

const spaceMark = String.fromCharCode(metaSpace);

/** Whether a piece is one that is looked at again. */
export function endsInDigitComma(token: string): boolean {
  if (!token.endsWith(",") || token.length < 2) return false;
  return isPythonDigit([...token].at(-2)!);
}

/** "▁10," to "▁10" and ",": what stands before the comma is split again. */
function splitAgain(sentencePiece: SentencePiece, token: string): string[] {
  const parts = splitText(sentencePiece, token.slice(0, -1).replaceAll(spaceMark, "")).map((piece) =>
    piece.token
  );
  const first = parts[0];
  if (first !== undefined && !token.startsWith(spaceMark) && first.startsWith(spaceMark)) {
    // The model set a space before it that the piece did not have.
    if (first.length === 1) parts.shift();
    else parts[0] = first.slice(1);
  }
  return [...parts, ","];
}

/**
 * LlamaTokenizer around a SentencePiece BPE model: when a text begins with a space, and how pieces become text again.
 * Source: models/llama/tokenization_llama.py of huggingface/transformers and its LlamaConverter (Apache-2.0).
 */

import type { Json } from "./config.ts";
import { metaSpace } from "./normalizer.ts";
import {
  appendIds,
  type SentencePiece,
  sentencePieceText,
  splitText,
  withPreparation,
} from "./sentencepiece.ts";
import type { TextModel } from "./types.ts";

/** Settings of `tokenizer_config.json`, with their defaults. */
export interface LlamaSettings {
  /** `legacy`, true: every stretch of text is SentencePiece's affair, also after a special token. */
  legacy: boolean;
  /** `add_prefix_space`, true: a text begins with a space of its own. */
  prefixSpace: boolean;
}

const spaceMark = String.fromCharCode(metaSpace);

/**
 * Llama's text model. With `legacy` it is SentencePiece's own; without, as Python's class on `tokenizers`: only the
 * beginning of the whole text gets a space, unless it has one, and nothing else is prepared.
 *
 * @param idOf id of each piece. `[pieces]`
 */
export function llamaText(
  sentencePiece: SentencePiece,
  idOf: Int32Array,
  settings: LlamaSettings,
): TextModel {
  const { legacy, prefixSpace } = settings;
  const { model } = sentencePiece;
  if (legacy) {
    const { normalizer } = model;
    const own = normalizer.addDummyPrefix === prefixSpace
      ? sentencePiece
      : withPreparation(sentencePiece, { ...normalizer, addDummyPrefix: prefixSpace });
    return sentencePieceText(own, idOf);
  }
  const bare = withPreparation(sentencePiece, {
    name: "identity",
    charsmap: new Uint8Array(0),
    addDummyPrefix: false,
    removeExtraWhitespaces: false,
    escapeWhitespaces: true,
  });
  const begins = (text: string, first: boolean) =>
    prefixSpace && first && text !== "" && !text.startsWith(" ") && !text.startsWith(spaceMark);
  return {
    hasOffsets: true,
    ids: (text, out, first) => appendIds(bare, begins(text, first) ? spaceMark + text : text, idOf, out),
    pieces: (text, first) => {
      const shift = begins(text, first) ? 1 : 0;
      return splitText(bare, shift === 1 ? spaceMark + text : text).map(({ piece, token, start, end }) => ({
        id: idOf[piece]!,
        token,
        start: Math.max(0, start - shift),
        end: end - shift,
      }));
    },
  };
}

/** Llama's `decoder` as `tokenizer.json` has it. */
export function llamaDecoder({ prefixSpace }: LlamaSettings): Json {
  return {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: spaceMark }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      ...(prefixSpace ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
    ],
  };
}

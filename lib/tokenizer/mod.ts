/**
 * Text to ids and back, exactly as Python does it, whatever files a model brings along.
 * KoBERT's SentencePiece model in its three variants, XLNet's, Llama's, WordPiece, and `tokenizer.json` (WordPiece, Unigram, BPE).
 * All are behind one interface, which pads and cuts to length, tells offsets, and writes files that Python opens.
 *
 * @example
 * ```ts
 * import { loadTokenizer } from "./mod.ts";
 *
 * const tokenizer = await loadTokenizer("../models/kobert");
 * const batch = tokenizer.encodeBatch(["첫 줄", "둘째 줄은 더 길다"], { maxLength: 256 });
 * batch.ids; // two rows of one length
 * ```
 * @module
 */

export * from "./load.ts";
export { tokenLengths } from "./tokenizer.ts";
export type {
  BatchEncoding,
  BatchOptions,
  EncodeOptions,
  Encoding,
  Offset,
  Side,
  Tokenizer,
  TokenizerKind,
  Truncation,
} from "./types.ts";

/** What a tokenizer around a SentencePiece model is read from, and written to again. */

import type { TokenizerConfig } from "./config.ts";

/** The kinds of tokenizers around a SentencePiece model. */
export const sentencePieceKinds = [
  "sentencepiece",
  "kobert-skt",
  "kobert-monologg",
  "xlnet",
  "llama",
] as const;
export type SentencePieceKind = typeof sentencePieceKinds[number];

/** What the files held. */
export interface SentencePieceFiles {
  kind: SentencePieceKind;
  bytes: Uint8Array;
  /** Name of the model file, as it is written again. */
  modelName: string;
  /** Ids of tokens, null: the model's own. */
  map: { ids: Map<string, number>; name: string } | null;
  config: TokenizerConfig;
  source: string;
}

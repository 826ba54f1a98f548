/** What the tokenizer room gives to the others: one interface for every kind of tokenizer. */

/**
 * What was read:
 * - `sentencepiece`: a SentencePiece model, unigram or BPE, as the `sentencepiece` package applies it (KoBERT's own way);
 * - `kobert-skt`, `kobert-monologg`: the same model behind the text preparation of `skt/kobert-base-v1`'s
 *   `KoBERTTokenizer` and of monologg's `KoBertTokenizer`;
 * - `wordpiece`: BERT's WordPiece (KLUE-BERT, KLUE-RoBERTa, KoELECTRA) as Hugging Face `tokenizers` applies it;
 * - `xlnet`: a SentencePiece model as transformers' XLNetTokenizer applies it: KoBERT's preparation, special tokens last;
 * - `llama`: a SentencePiece model as transformers' LlamaTokenizer applies it;
 * - `unigram`, `bpe`: a `tokenizer.json` with a Unigram model or a BPE model (byte-level as GPT-2's and Llama 3's, or with
 *   byte fallback as Llama 2's), as Hugging Face `tokenizers` applies it.
 */
export type TokenizerKind =
  | "sentencepiece"
  | "kobert-skt"
  | "kobert-monologg"
  | "wordpiece"
  | "xlnet"
  | "llama"
  | "unigram"
  | "bpe";

/** The special tokens that have a part of their own, by Hugging Face's names. */
export const specialRoles = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] as const;
export type SpecialRole = typeof specialRoles[number];

/** Where a token stands in its text: `[start, end)`, counted in code points as Python counts characters. */
export type Offset = [start: number, end: number];

/** One text (or pair of texts) as a model takes it. All lists have the same length. */
export interface Encoding {
  ids: number[];
  /** 0 for the first text, 1 for the second, with the special tokens that go with each. */
  tokenTypeIds: number[];
  /** 1 for tokens, 0 for padding. */
  attentionMask: number[];
  /** Only when asked for. Counted in the text the token comes from; `[0, 0]` for special tokens and padding. */
  offsets?: Offset[];
}

/** Several texts, one row each: `[texts, length]`, rows of equal length unless `padding` is false. */
export interface BatchEncoding {
  ids: number[][];
  tokenTypeIds: number[][];
  attentionMask: number[][];
  offsets?: Offset[][];
}

/** Which text gives up tokens when a pair is too long; the names are Hugging Face's. */
export type Truncation = "longest_first" | "only_first" | "only_second";

export type Side = "left" | "right";

/** How to encode. */
export interface EncodeOptions {
  /** Most tokens in the result, special tokens included; without it nothing is cut. */
  maxLength?: number;
  /** Default `longest_first`. */
  truncation?: Truncation;
  /** The end that is cut off; default: the tokenizer's own (`truncation_side`), else right. */
  truncationSide?: Side;
  /** Default true. */
  addSpecialTokens?: boolean;
  /** Default false. */
  offsets?: boolean;
}

/** How to encode several texts. */
export interface BatchOptions extends EncodeOptions {
  /** To the longest row (default), to `maxLength`, or not at all. */
  padding?: "longest" | "max_length" | false;
  /** Default: the tokenizer's own (`padding_side`), else right. */
  paddingSide?: Side;
  /** Rounds the padded length up, for instance to 8. */
  padToMultipleOf?: number;
}

/**
 * Text to ids and back.
 *
 * Strings are read as Unicode; a lone surrogate, which no UTF-8 text can hold, counts as U+FFFD.
 */
export interface Tokenizer {
  readonly kind: TokenizerKind;
  /** The files it was read from, for messages. */
  readonly source: string;
  /** Number of ids, added tokens included: every id is below it. */
  readonly vocabSize: number;
  /** The special tokens' ids. Reading one that this tokenizer does not have is an error that names the token. */
  readonly padId: number;
  readonly clsId: number;
  readonly sepId: number;
  readonly unkId: number;
  readonly maskId: number;
  readonly bosId: number;
  readonly eosId: number;
  /** A special token's id, `null` where this tokenizer has none of the kind. */
  specialId(role: SpecialRole): number | null;
  /** Ids of all special tokens, ascending. */
  readonly specialIds: readonly number[];
  readonly paddingSide: Side;
  /** The longest input the tokenizer's files declare (`model_max_length`), or null. */
  readonly modelMaxLength: number | null;

  /** The pieces of a text, without special tokens around it. */
  tokenize(text: string): string[];
  /**
   * One text, or two where `pair` is given.
   *
   * @throws Error when `maxLength` leaves no room for the special tokens or for what must not be cut.
   */
  encode(text: string, options?: EncodeOptions & { pair?: string }): Encoding;
  /**
   * Several texts or pairs, padded to one length.
   *
   * @throws Error as `encode`, and where padding is asked of a tokenizer without a padding token.
   */
  encodeBatch(texts: readonly (string | readonly [string, string])[], options?: BatchOptions): BatchEncoding;
  /**
   * Ids back to text. Special tokens are left out unless `skipSpecialTokens` is false.
   *
   * @throws RangeError for an id that is not in the vocabulary.
   */
  decode(ids: ArrayLike<number>, options?: { skipSpecialTokens?: boolean }): string;
  /** The id of a piece or special token, null where there is none. */
  tokenToId(token: string): number | null;
  /** The piece or special token of an id, null where there is none. */
  idToToken(id: number): string | null;
  /**
   * Writes the tokenizer so that `loadTokenizer` and Python's `AutoTokenizer.from_pretrained` open the folder.
   *
   * @returns the names of the files written.
   */
  save(folder: string): Promise<string[]>;
}

/** One piece of a text, `[start, end)` in UTF-16 code units of that text. */
export interface Piece {
  id: number;
  token: string;
  start: number;
  end: number;
}

/** A text to its pieces. */
export interface TextModel {
  /**
   * Appends the ids of the text's pieces: the fast way.
   *
   * @param first whether the text is the start of what was given, not a stretch after an added token.
   */
  ids(text: string, out: number[], first: boolean): void;
  /** The same pieces with their strings and places. */
  pieces(text: string, first: boolean): Piece[];
  /** False where the places are not known. */
  readonly hasOffsets: boolean;
}

// What the kinds of tokenizers differ in: how a text without special tokens becomes pieces.

/** One piece of a text, `[start, end)` in UTF-16 code units of that text. */
export interface Piece {
  id: number;
  token: string;
  start: number;
  end: number;
}

/** A text to its pieces. */
export interface TextModel {
  /** Appends the ids of the text's pieces: the fast way. */
  ids(text: string, out: number[]): void;
  /** The same pieces with their strings and places. */
  pieces(text: string): Piece[];
  /** False where the places are not known. */
  readonly hasOffsets: boolean;
}

/** What the kinds of tokenizers differ in: how a text without special tokens becomes pieces. */

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

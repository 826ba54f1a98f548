/** Rows of token ids, padded to one length: what every model takes. */
import type { BatchShape } from "../engine/mod.ts";

/** A batch of token rows, padded to one length. */
export interface TokenBatch extends BatchShape {
  /** Token ids, [batch · length]. */
  inputIds: Int32Array;
  /** 1 for tokens, 0 for padding, [batch · length]. */
  attentionMask: Int32Array;
  /** The segment of each token, [batch · length]; zeros where absent. Models without segments do not look at it. */
  tokenTypeIds?: Int32Array;
  /**
   * Where a row holds several texts: the text of each token, [batch · length], by numbers that differ within the row. Tokens then attend
   * to their own text alone. Absent where a row is one text. BERT's family alone looks at it.
   */
  textIds?: Int32Array;
  /** The rows of each text, one text's after the other's: where a classifier reads a text in several. Absent where each is one. */
  rowsOfText?: Int32Array;
}

/** Where rows of different length are filled up: after their tokens, or before them. */
export type PaddingSide = "right" | "left";

/**
 * Pads rows of token ids to the longest of them, or to what is asked for.
 *
 * @param rows token ids, special tokens included
 * @param padId fills the rest of a row; it is masked, so any id of the vocabulary does where a model has none of its own
 * @param side where: `model.architecture.paddingSide`, XLNet's is "left". Default "right".
 * @param length of all rows, at least the longest's. Default the longest's.
 * @example
 * ```ts
 * const batch = tokenBatch([[2, 1185, 3], [2, 517, 6903, 3]], model.config.padId ?? 0);
 * ```
 */
export function tokenBatch(
  rows: readonly ArrayLike<number>[],
  padId: number,
  side: PaddingSide = "right",
  length: number = rows.reduce((most, row) => Math.max(most, row.length), 0),
): TokenBatch {
  const batch = rows.length;
  const inputIds = new Int32Array(batch * length).fill(padId);
  const attentionMask = new Int32Array(batch * length);
  rows.forEach((row, i) => {
    const start = side === "right" ? i * length : (i + 1) * length - row.length;
    inputIds.set(row, start);
    attentionMask.fill(1, start, start + row.length);
  });
  return { batch, length, inputIds, attentionMask };
}

/**
 * Refuses a batch that no model of this vocabulary can take.
 *
 * @throws Error naming the first wrong id with its row and position, or the array of the wrong size
 */
export function checkBatch(tokens: TokenBatch, vocabularySize: number): void {
  const { inputIds, attentionMask, tokenTypeIds, textIds, batch, length } = tokens;
  if (batch < 1 || length < 1) throw new Error(`A batch of ${batch} x ${length} has no tokens.`);
  for (const [name, values] of Object.entries({ inputIds, attentionMask, tokenTypeIds, textIds })) {
    if (values !== undefined && values.length !== batch * length) {
      throw new Error(
        `${name} has ${values.length} entries; a batch of ${batch} x ${length} has ${batch * length}.`,
      );
    }
  }
  if (tokens.rowsOfText !== undefined) {
    const rows = tokens.rowsOfText.reduce((sum, rows) => sum + rows, 0);
    if (rows !== batch || tokens.rowsOfText.some((rows) => rows < 1)) {
      throw new Error(
        `The texts have ${tokens.rowsOfText} rows, which must be at least 1 each and ${batch} in all.`,
      );
    }
  }
  checkRows("Token id", inputIds, vocabularySize, length, "the tokenizer is another model's");
}

/** Refuses numbers that are no rows of a table. */
export function checkRows(
  what: string,
  values: Int32Array,
  rows: number,
  length: number,
  why: string,
): void {
  const wrong = values.findIndex((value) => value < 0 || value >= rows);
  if (wrong < 0) return;
  const place = `row ${Math.floor(wrong / length)}, position ${wrong % length}`;
  throw new Error(`${what} ${values[wrong]} at ${place} is outside the model's ${rows}: ${why}.`);
}

/** Refuses a row that is longer than a model's table of positions. */
export function checkLength(tokens: number, most: number): void {
  if (tokens > most) {
    throw new Error(`A row has ${tokens} tokens; the model takes ${most} at most. Truncate when encoding.`);
  }
}

/** Positions 0, 1, 2 … in every row, [batch · length]. @param positions rows of the table. */
export function plainPositions({ batch, length }: TokenBatch, positions: number): Int32Array {
  checkLength(length, positions);
  return Int32Array.from({ length: batch * length }, (_, i) => i % length);
}

/** Texts that a tokenizer does not know: found before anything is trained or told from them. */
import { UserError } from "../ground/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** From these shares of unknown tokens on, texts are refused, or spoken of. A tokenizer of the texts' language has 0 to 2 %. */
const refusedFrom = 0.5, notedFrom = 0.05;

/** How many tokens some texts have, special ones aside, and how many of them are the unknown one. */
export interface TokenCounts {
  unknown: number;
  tokens: number;
}

/** Counts the tokens of texts. */
export function countTokens(
  tokenizer: Tokenizer,
  rows: Iterable<{ inputIds: ArrayLike<number> }>,
): TokenCounts {
  const unkId = tokenizer.specialId("unk"), special = new Set(tokenizer.specialIds);
  let unknown = 0, tokens = 0;
  for (const { inputIds } of rows) {
    for (let i = 0; i < inputIds.length; i++) {
      const id = inputIds[i]!;
      if (id === unkId) unknown++;
      else if (special.has(id)) continue;
      tokens++;
    }
  }
  return { unknown, tokens };
}

/**
 * Looks at how many tokens of some texts are the unknown token.
 *
 * From half of them on there is next to nothing to learn or to tell from: the tokenizer is for another language, or is a list of
 * words read without the model that goes with it. Tokenizers that fall back on bytes know everything.
 *
 * @param rows the texts' tokens; special ones do not count
 * @returns a sentence where the share is noticeable, else `null`
 * @throws UserError from half on
 */
export function checkUnknownTokens(
  tokenizer: Tokenizer,
  rows: Iterable<{ inputIds: ArrayLike<number> }>,
): string | null {
  if (tokenizer.specialId("unk") === null) return null;
  const { unknown, tokens } = countTokens(tokenizer, rows);
  return sayUnknown(tokenizer, tokens === 0 ? 0 : unknown / tokens);
}

/**
 * What there is to say of a share of unknown tokens: a sentence, or `null`.
 *
 * @throws UserError from half on
 */
export function sayUnknown(tokenizer: Tokenizer, share: number): string | null {
  const unkId = tokenizer.specialId("unk");
  if (unkId === null || share < notedFrom) return null;
  const percent = `${(100 * share).toFixed(0)} % of the texts' tokens are unknown to the tokenizer (` +
    `${tokenizer.idToToken(unkId)}; ${tokenizer.source})`;
  if (share < refusedFrom) {
    return `${percent}: what these words are is lost on the model. A tokenizer for the texts' language and writing has 0 to 2 %.`;
  }
  throw new UserError(
    `${percent}: a model would learn and tell next to nothing from them. Take a model whose tokenizer is for the language of these ` +
      "texts (--model), or another tokenizer for a model from scratch (--tokenizer); if it is for this language, a file of it is " +
      "missing (a vocab.txt without its SentencePiece model), or the texts' file was read in a wrong encoding.",
  );
}

/** What a masked language model is asked: which tokens, and what it sees in their place. */
import { UserError } from "../ground/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Example } from "./batches.ts";

/** Which tokens there are to mask with, and how they are chosen. */
export interface Masking {
  maskId: number;
  vocabSize: number;
  /** Never asked for. */
  specialIds: readonly number[];
  /** The share of tokens, or words, that are asked for. */
  rate: number;
  /** For whole words: whether a token, by its id, goes on with the word of the one before. */
  continues?: Uint8Array;
}

/** Of the tokens asked for, the share that is masked, and the share that becomes any other token; the rest stays. */
const shares = { masked: 0.8, other: 0.1 };

/**
 * BERT's masking (Devlin et al. 2019, 3.1; as transformers' `DataCollatorForLanguageModeling` draws it, each token for itself,
 * or with `continues` each word, whose pieces are then all asked for): at least one is asked for.
 *
 * @param random numbers in [0, 1)
 */
export function maskTokens(example: Example, masking: Masking, random: () => number): Example {
  const { maskId, vocabSize, specialIds, rate, continues } = masking;
  const special = new Set(specialIds), inputIds = example.inputIds.slice();
  const tokenLabels = new Int32Array(inputIds.length).fill(-100);
  const words: [from: number, to: number][] = [];
  inputIds.forEach((id, i) => {
    if (special.has(id)) return;
    const last = words.at(-1);
    if (last !== undefined && last[1] === i && continues?.[id] === 1) last[1] = i + 1;
    else words.push([i, i + 1]);
  });
  let asked = words.filter(() => random() < rate);
  if (asked.length === 0) asked = words.slice(Math.floor(random() * words.length)).slice(0, 1);
  for (const [from, to] of asked) {
    for (let i = from; i < to; i++) {
      tokenLabels[i] = inputIds[i]!;
      const draw = random();
      if (draw < shares.masked) inputIds[i] = maskId;
      else if (draw < shares.masked + shares.other) inputIds[i] = Math.floor(random() * vocabSize);
    }
  }
  return { ...example, inputIds, tokenLabels };
}

/**
 * Which tokens go on with the word of the one before, by id: pieces that do not begin with SentencePiece's `▁` or byte-level
 * BPE's `Ġ`, or that begin with WordPiece's `##`.
 *
 * @throws Error where the vocabulary has no such marks
 */
export function continuingTokens(tokenizer: Tokenizer): Uint8Array {
  const tokens = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id) ?? "");
  const special = new Set(tokenizer.specialIds);
  const start = ["▁", "Ġ"].find((mark) => tokens.some((token) => token.length > 1 && token.startsWith(mark)));
  const pieces = start === undefined && tokens.some((token) => token.startsWith("##"));
  if (start === undefined && !pieces) {
    throw new UserError(
      `${tokenizer.source}: its tokens do not tell where a word begins (by ▁, Ġ or ##); leave whole-word masking out.`,
    );
  }
  return Uint8Array.from(tokens, (token, id) => {
    if (special.has(id)) return 0;
    return (start === undefined ? token.startsWith("##") : !token.startsWith(start)) ? 1 : 0;
  });
}

/** N-grams of the lyrics: the honest bar for whatever else reads them. */
import {
  fitLogisticRegression,
  fitNgrams,
  learnNgrams,
  linearProbabilities,
  type LogisticRegressionOptions,
  ngramC,
  type SparseMatrix,
  transformTexts,
} from "../../evaluation/mod.ts";
import { instances } from "../../songs/mod.ts";
import { loadTokenizer } from "../../tokenizer/mod.ts";
import { bundledTokenizer } from "../../training/mod.ts";
import { genreSets } from "../scores.ts";
import type { Predictions, RunContext, Trial, WordsMethod } from "../trial.ts";

/** Gives rows [text][label], and how many terms they are told by. */
interface Learnt {
  answer: (texts: readonly string[]) => Float64Array[];
  terms: number;
}

/** Learns and answers by n-grams. Songs of one genre teach that genre alone. */
export async function runWords(trial: Trial, method: WordsMethod, context: RunContext): Promise<Predictions> {
  const { labels, sides: { train, validation, test } } = trial, each = method.way === "sigmoid";
  const { cut, count } = await readerOf(method);
  const rows = each
    ? train.map(({ lyrics }) => ({ text: lyrics, genre: "", weight: 1 }))
    : instances(train, { oversample: method.way === "oversampling" });
  const startedAt = performance.now();
  const texts = rows.map(({ text }) => cut(text));
  const options = {
    tolerance: method.tolerance,
    onIteration: ({ iteration }: { iteration: number }) => context.onIteration(iteration),
  };
  let learnt: Learnt;
  if (each) learnt = await fitEach(trial, texts, options);
  else {
    const { answer, terms } = await learnNgrams(
      rows.map(({ genre, weight }, i) => ({ text: texts[i]!, genre, weight })),
      { learner: method.learner, ...options },
    );
    learnt = { answer: (texts) => answer(texts, labels), terms };
  }
  const fittedAt = performance.now();
  const shares = learnt.answer([...validation, ...test].map(({ lyrics }) => cut(lyrics)));
  const answeredAt = performance.now();
  return {
    each,
    validation: { shares: shares.slice(0, validation.length), logits: null },
    test: { shares: shares.slice(validation.length), logits: null },
    cost: {
      seconds: (fittedAt - startedAt) / 1000,
      answerSeconds: (answeredAt - fittedAt) / 1000,
      steps: 0,
      tokens: rows.reduce((sum, { text }) => sum + count(text), 0),
      parameters: (learnt.terms + 1) * labels.length,
    },
  };
}

/** One regression a genre. A genre that all training songs have, or none, needs no regression. */
async function fitEach(
  { labels, sides: { train } }: Trial,
  texts: readonly string[],
  options: Pick<LogisticRegressionOptions, "tolerance" | "onIteration">,
): Promise<Learnt> {
  const { vectorizer, matrix } = fitNgrams(texts), sets = genreSets(train, labels);
  const columns: ((texts: SparseMatrix) => ArrayLike<number>)[] = [];
  for (let k = 0; k < labels.length; k++) {
    const has = sets.map((row) => row[k]!), songs = has.reduce((sum, value) => sum + value, 0);
    if (songs === 0 || songs === has.length) {
      columns.push(({ rows }) => new Float64Array(rows).fill(songs === 0 ? 0 : 1));
      continue;
    }
    const model = await fitLogisticRegression(matrix, has, { C: ngramC, ...options });
    columns.push((texts) => linearProbabilities(model, texts).map((row) => row[1]!));
  }
  return {
    answer(texts) {
      const asked = transformTexts(vectorizer, texts), answers = columns.map((column) => column(asked));
      return texts.map((_, i) => Float64Array.from(answers, (column) => column[i]!));
    },
    terms: matrix.columns,
  };
}

/** Cuts texts to what is read of them, and counts its tokens where it is read by tokens. */
async function readerOf(
  { read }: WordsMethod,
): Promise<{ cut: (text: string) => string; count: (text: string) => number }> {
  if (read === "whole") return { cut: (text) => text, count: () => 0 };
  const tokenizer = await loadTokenizer(read.tokenizer ?? bundledTokenizer);
  const idsOf = (text: string) => tokenizer.encode(text, { maxLength: read.tokens }).ids;
  // as much as a network sees, without the special tokens
  return { cut: (text) => tokenizer.decode(idsOf(text)), count: (text) => idsOf(text).length };
}

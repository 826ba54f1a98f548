/** N-grams of the lyrics: the honest bar for whatever else reads them. */
import {
  fitNgrams,
  fitTerms,
  type Labels,
  linearProbabilities,
  type SparseMatrix,
  termProbabilities,
  termWeights,
  transformTexts,
} from "../../evaluation/mod.ts";
import { instances } from "../../songs/mod.ts";
import { loadTokenizer } from "../../tokenizer/mod.ts";
import { bundledTokenizer } from "../../training/mod.ts";
import { genreSets } from "../scores.ts";
import type { Predictions, RunContext, Trial, WordsMethod } from "../trial.ts";

/** Gives rows [text][label] of texts as a matrix of n-grams. */
type Answer = (texts: SparseMatrix) => Float64Array[];

/** Learns and answers by n-grams. Songs of one genre teach that genre alone. */
export async function runWords(trial: Trial, method: WordsMethod, context: RunContext): Promise<Predictions> {
  const { labels, sides: { train, validation, test } } = trial, each = method.way === "sigmoid";
  const { cut, count } = await readerOf(method);
  const rows = each
    ? train.map(({ lyrics }) => ({ text: lyrics, genre: "", weight: 1 }))
    : instances(train, { oversample: method.way === "oversampling" });
  const startedAt = performance.now();
  const { vectorizer, matrix } = fitNgrams(rows.map(({ text }) => cut(text)), termWeights[method.learner]);
  const genres = rows.map(({ genre }) => genre), sampleWeight = rows.map(({ weight }) => weight);
  // of several fits one after the other
  let before = 0;
  const fit = async (genres: Labels, sampleWeight?: readonly number[], part = 0, parts = 1) => {
    let fitted = 0;
    const model = await fitTerms(each ? "logistic" : method.learner, matrix, genres, {
      tolerance: method.tolerance,
      ...(sampleWeight && { sampleWeight }),
      onProgress: ({ iterations, share }) => {
        fitted = iterations;
        return context.onFit({ iterations: before + iterations, share: (part + share) / parts });
      },
    });
    before += fitted;
    return model;
  };
  let answer: Answer;
  if (each) answer = await fitEach(trial, fit);
  else {
    const model = await fit(genres, sampleWeight);
    answer = (texts) => termProbabilities(model, texts, labels);
  }
  const fittedAt = performance.now();
  const texts = [...validation, ...test].map(({ lyrics }) => cut(lyrics));
  const shares = answer(transformTexts(vectorizer, texts));
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
      parameters: (matrix.columns + 1) * labels.length,
    },
  };
}

/** One regression a genre. A genre that all training songs have, or none, needs no regression. */
async function fitEach(
  { labels, sides: { train } }: Trial,
  fit: (has: number[], sampleWeight: undefined, part: number, parts: number) => ReturnType<typeof fitTerms>,
): Promise<Answer> {
  const sets = genreSets(train, labels);
  const columns: ((texts: SparseMatrix) => ArrayLike<number>)[] = [];
  for (let k = 0; k < labels.length; k++) {
    const has = sets.map((row) => row[k]!), songs = has.reduce((sum, value) => sum + value, 0);
    if (songs === 0 || songs === has.length) {
      columns.push(({ rows }) => new Float64Array(rows).fill(songs === 0 ? 0 : 1));
      continue;
    }
    const model = await fit(has, undefined, k, labels.length);
    columns.push((texts) => linearProbabilities(model, texts).map((row) => row[1]!));
  }
  return (texts) => {
    const answers = columns.map((column) => column(texts));
    return Array.from({ length: texts.rows }, (_, i) => Float64Array.from(answers, (column) => column[i]!));
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

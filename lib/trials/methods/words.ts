/** N-grams of the lyrics: the honest bar for whatever else reads them. */
import {
  fitLogisticRegression,
  fitNgrams,
  linearProbabilities,
  type Rows,
  textBaseline,
  transformTexts,
} from "../../evaluation/mod.ts";
import { instances } from "../../songs/mod.ts";
import { loadTokenizer } from "../../tokenizer/mod.ts";
import { tokenizerOf } from "../../training/mod.ts";
import { genreSets } from "../scores.ts";
import type { Predictions, RunContext, Trial, WordsMethod } from "../trial.ts";

/** Learns and answers by n-grams. Fewer than two genres to learn from are an error of the regression. */
export async function runWords(trial: Trial, method: WordsMethod, context: RunContext): Promise<Predictions> {
  const { labels, sides: { train, validation, test } } = trial;
  if (method.way === "sigmoid") return await runEach(trial, method, context);
  const { cut, count } = await readerOf(method);
  const rows = instances(train, { oversample: method.way === "oversampling" });
  const startedAt = performance.now();
  const texts = rows.map(({ text }) => cut(text));
  const cutAt = performance.now();
  const { probabilities, features, trainMs } = await textBaseline({
    train: { texts, labels: rows.map(({ genre }) => genre), weights: rows.map(({ weight }) => weight) },
    test: { texts: [...validation, ...test].map(({ lyrics }) => cut(lyrics)) },
  }, {
    method: method.learner === "bayes" ? "naive-bayes" : "logistic-regression",
    classes: labels,
    tolerance: method.tolerance,
    onProgress: ({ stage, iteration }) => stage === "fit" ? context.onIteration(iteration) : undefined,
  });
  return {
    ...answered(trial, probabilities, false),
    cost: {
      seconds: (cutAt - startedAt + trainMs) / 1000,
      answerSeconds: (performance.now() - cutAt - trainMs) / 1000,
      steps: 0,
      tokens: rows.reduce((sum, { text }) => sum + count(text), 0),
      parameters: (features + 1) * labels.length,
    },
  };
}

/** Cuts texts to what is read of them, and counts its tokens where it is read by tokens. */
async function readerOf(
  { read }: WordsMethod,
): Promise<{ cut: (text: string) => string; count: (text: string) => number }> {
  if (read === "whole") return { cut: (text) => text, count: () => 0 };
  const tokenizer = await loadTokenizer(await tokenizerOf("kobert-small", read.tokenizer ?? undefined));
  const idsOf = (text: string) => tokenizer.encode(text, { maxLength: read.tokens }).ids;
  // as much as a network sees, without the special tokens
  return { cut: (text) => tokenizer.decode(idsOf(text)), count: (text) => idsOf(text).length };
}

/** One regression a genre. A genre that all training songs have, or none, needs no regression. */
async function runEach(
  trial: Trial,
  { tolerance }: WordsMethod,
  { onIteration }: RunContext,
): Promise<Predictions> {
  const { labels, sides: { train, validation, test } } = trial;
  const startedAt = performance.now();
  // the terms and C of textBaseline
  const { vectorizer, matrix } = fitNgrams(train.map(({ lyrics }) => lyrics));
  const others = transformTexts(vectorizer, [...validation, ...test].map(({ lyrics }) => lyrics));
  const sets = genreSets(train, labels);
  const columns: ArrayLike<number>[] = [];
  for (let k = 0; k < labels.length; k++) {
    const has = sets.map((row) => row[k]!);
    const songs = has.reduce((sum, value) => sum + value, 0);
    if (songs === 0 || songs === has.length) {
      columns.push(new Float64Array(others.rows).fill(songs === 0 ? 0 : 1));
      continue;
    }
    const model = await fitLogisticRegression(matrix, has, {
      C: 3,
      tolerance,
      onIteration: ({ iteration }) => onIteration(iteration),
    });
    columns.push(linearProbabilities(model, others).map((row) => row[1]!));
  }
  const rows = Array.from(
    { length: others.rows },
    (_, i) => Float64Array.from(columns, (column) => column[i]!),
  );
  return {
    ...answered(trial, rows, true),
    cost: {
      seconds: (performance.now() - startedAt) / 1000,
      answerSeconds: 0,
      steps: 0,
      tokens: 0,
      parameters: (matrix.columns + 1) * labels.length,
    },
  };
}

function answered({ sides: { validation } }: Trial, rows: Rows, each: boolean) {
  const all = Array.from(rows), count = validation.length;
  return {
    each,
    validation: { shares: all.slice(0, count), logits: null },
    test: { shares: all.slice(count), logits: null },
  };
}

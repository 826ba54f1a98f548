/** What n-grams say of the training songs that they have not learnt from: a teacher for a network (knowledge distillation, Hinton et al. 2015). */
import { learnNgrams } from "../evaluation/mod.ts";
import type { Instance } from "../songs/mod.ts";

/** Parts that the texts are dealt into: those of one are told by what the others teach. */
const parts = 5;

/**
 * The probabilities that n-grams give each row's genres: the mean of naive Bayes and of logistic regression on TF-IDF, which err in
 * different ways. Each text is told by what the texts of other parts have taught, equal ones together, so that the shares are as unsure as
 * they would be of new songs.
 *
 * @returns [row][label], each row summing to 1; `null` where there are too few texts for parts
 */
export async function ngramTeacher(
  rows: readonly Instance[],
  labels: readonly string[],
): Promise<Float32Array[] | null> {
  const texts = [...new Set(rows.map(({ text }) => text))];
  if (texts.length < parts) return null;
  const partOf = new Map(texts.map((text, i) => [text, i % parts]));
  const shares = new Map<string, Float32Array>();
  for (let part = 0; part < parts; part++) {
    const asked = texts.filter((text) => partOf.get(text) === part);
    const known = rows.filter(({ text }) => partOf.get(text) !== part);
    const [regression, bayes] = [await learnNgrams(known), await learnNgrams(known, { learner: "bayes" })]
      .map(({ answer }) => answer(asked, labels));
    asked.forEach((text, i) =>
      shares.set(text, Float32Array.from(labels, (_, k) => (regression![i]![k]! + bayes![i]![k]!) / 2))
    );
  }
  return rows.map(({ text }) => shares.get(text)!);
}

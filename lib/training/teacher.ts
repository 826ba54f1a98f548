/** What n-grams say of training songs that they have not learnt from: a teacher for a network (knowledge distillation, Hinton et al. 2015). */
import {
  alignProbabilities,
  fitLogisticRegression,
  fitNaiveBayes,
  fitNgrams,
  linearProbabilities,
  ngramC,
  selectRows,
  termWeights,
} from "../evaluation/mod.ts";
import type { Instance } from "../songs/mod.ts";

/** Parts that the texts are dealt into: those of one are told by what the others teach. */
const parts = 5;

/** Where the regression ends: what it still gains then is far below what the learners differ by. */
const tolerance = 1e-3;

/**
 * The probabilities that n-grams give each row's genres: the mean of naive Bayes and of logistic regression on TF-IDF, which err in
 * different ways. Each text is told by what the genres of the other parts' texts have taught, equal ones together, so that the shares are as
 * unsure as they would be of new songs.
 *
 * @returns [row][label], each row summing to 1; `null` where there are too few texts for parts
 */
export async function ngramTeacher(
  rows: readonly Instance[],
  labels: readonly string[],
): Promise<Float32Array[] | null> {
  const places = new Map<string, number[]>();
  rows.forEach(({ text }, i) => places.set(text, [...places.get(text) ?? [], i]));
  if (places.size < parts) return null;
  const texts = [...places.keys()], rowsOf = [...places.values()];
  const counts = fitNgrams(texts, termWeights.bayes).matrix,
    weighed = fitNgrams(texts, termWeights.logistic).matrix;
  const shares: Float32Array[] = new Array(rows.length);
  for (let part = 0; part < parts; part++) {
    const asked = texts.flatMap((_, i) => i % parts === part ? [i] : []);
    const known = texts.flatMap((_, i) =>
      i % parts === part ? [] : rowsOf[i]!.map((row) => ({ i, row: rows[row]! }))
    );
    const places = known.map(({ i }) => i), genres = known.map(({ row }) => row.genre);
    const sampleWeight = known.map(({ row }) => row.weight);
    const models = [
      [counts, fitNaiveBayes(selectRows(counts, places), genres, { sampleWeight })],
      [
        weighed,
        await fitLogisticRegression(selectRows(weighed, places), genres, {
          C: ngramC,
          sampleWeight,
          tolerance,
        }),
      ],
    ] as const;
    const answers = models.map(([matrix, model]) =>
      alignProbabilities(linearProbabilities(model, selectRows(matrix, asked)), model.classes, labels)
    );
    asked.forEach((i, k) => {
      const mean = Float32Array.from(
        labels,
        (_, label) => (answers[0]![k]![label]! + answers[1]![k]![label]!) / 2,
      );
      rowsOf[i]!.forEach((row) => shares[row] = mean);
    });
  }
  return shares;
}

/** What n-grams say of training songs that they have not learnt from: a teacher for a network (knowledge distillation, Hinton et al. 2015). */
import { fitNgrams, fitTerms, selectRows, termProbabilities, termWeights } from "../evaluation/mod.ts";
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
  const groups = Map.groupBy(rows.keys(), (row) => rows[row]!.text);
  if (groups.size < parts) return null;
  const texts = [...groups.keys()], rowsOf = [...groups.values()];
  const shares = rows.map(() => new Float64Array(labels.length));
  for (const learner of ["bayes", "logistic"] as const) {
    const { matrix } = fitNgrams(texts, termWeights[learner]);
    for (let part = 0; part < parts; part++) {
      const [asked, known] = [true, false].map((isAsked) =>
        [...texts.keys()].filter((i) => (i % parts === part) === isAsked)
      ) as [number[], number[]];
      const taught = known.flatMap((i) => rowsOf[i]!.map((row) => ({ i, ...rows[row]! })));
      const model = await fitTerms(
        learner,
        selectRows(matrix, taught.map(({ i }) => i)),
        taught.map(({ genre }) => genre),
        { sampleWeight: taught.map(({ weight }) => weight), tolerance },
      );
      termProbabilities(model, selectRows(matrix, asked), labels).forEach((answer, k) => {
        for (const row of rowsOf[asked[k]!]!) {
          answer.forEach((share, label) => shares[row]![label]! += share / 2);
        }
      });
    }
  }
  return shares.map((row) => Float32Array.from(row));
}

/** The table over folds: what is in the output folder, whichever run made it, and what comes of joining it. */
import { type Rows, softmax } from "../../lib/evaluation/mod.ts";
import {
  artistSongsOf,
  combine,
  fitArtistPrior,
  type FoldMethod,
  type FoldScores,
  scoreSongs,
} from "../../lib/ideas/mod.ts";
import { cheapMethods } from "./cheap_methods.ts";
import type { FoldResult } from "./results.ts";
import type { FoldSplit } from "./splits.ts";

/** Weights that were chosen on a split's validation songs, for one transformer. */
export interface ChosenWeights {
  split: string;
  transformer: string;
  alphas: { artistPrior: number; artistPriorOverShare: number; lyricsModel: number };
  stackingC: number;
}

/**
 * Every method's figures on every split that has results: the methods that were run, and each transformer joined with
 * the artist and (where that was run) the linear model on all columns.
 *
 * @param transformers names of transformers whose results may be there
 * @param resultOf reads a method's result on a split
 */
export async function foldMethods(
  splits: ReadonlyMap<string, FoldSplit>,
  labels: readonly string[],
  transformers: readonly string[],
  resultOf: (split: string, method: string) => Promise<FoldResult | undefined>,
): Promise<{ methods: FoldMethod[]; weights: ChosenWeights[] }> {
  const scores = new Map<string, Record<string, FoldScores>>();
  const weights: ChosenWeights[] = [];
  for (const [name, { rows: { train, validation, test } }] of splits) {
    const truth = artistSongsOf(test, labels).genres;
    const add = (method: string, rows: Rows) => {
      const { correct: _, ...figures } = scoreSongs(truth, rows);
      scores.set(method, { ...scores.get(method), [name]: figures });
    };
    for (const [method, title] of Object.entries(cheapMethods)) {
      const result = await resultOf(name, method);
      if (result !== undefined) add(title, result.test);
    }
    const columns = await resultOf(name, "columns");
    const prior = fitArtistPrior(artistSongsOf(train, labels), { classes: labels.length });
    for (const transformer of transformers) {
      const result = await resultOf(name, transformer);
      if (result === undefined) continue;
      if (columns === undefined) {
        add(transformer, softmax(result.test));
        continue;
      }
      const { results, alphas, stacking } = await combine(transformer, {
        validation: {
          ...artistSongsOf(validation, labels),
          logits: result.validation,
          columns: columns.validation,
        },
        test: { ...artistSongsOf(test, labels), logits: result.test, columns: columns.test },
      }, prior);
      for (const { method, probabilities } of results) add(method, probabilities);
      weights.push({ split: name, transformer, alphas, stackingC: stacking.C });
    }
  }
  const order = Object.values(cheapMethods);
  const place = (method: string) => order.indexOf(method) < 0 ? order.length : order.indexOf(method);
  const methods = [...scores].map(([method, bySplit]) => ({ method, bySplit }))
    .sort((a, b) => place(a.method) - place(b.method));
  return { methods, weights };
}

/** What `docs -- --splits` measures beside the runs' own methods. */
import { join } from "node:path";
import { genresOf, prepareSongs, splitToLearn } from "../../lib/songs/mod.ts";
import { bilingual, judge, nameOf, runTrials, sidesOf, words } from "../../lib/trials/mod.ts";
import { inProject } from "../setup/paths.ts";
import type { SplitResults, SplitScores } from "./pages.ts";

/** Naive Bayes on the n-grams of whole lyrics, as notebook 3 compares it: now it, now TF-IDF is the better one to count words by. */
const bayes = words({ learner: "bayes" });

/** Its name, in both languages. */
export const naiveBayes = bilingual(nameOf(bayes));

/**
 * How naive Bayes does on the test songs of the split that `train` makes by a seed.
 *
 * @param songs a table's path
 */
export async function naiveBayesOn(songs: string, seed: number): Promise<SplitScores> {
  const prepared = await prepareSongs(songs), split = splitToLearn(prepared.songs, { table: songs, seed });
  const labels = genresOf(split.train), sides = sidesOf(split);
  const [predictions] = await runTrials([{ method: bayes, labels, sides, seed }]);
  const { perSong, macroF1 } = judge(naiveBayes, labels, sides.test, predictions!.test.shares);
  return { accuracy: perSong.value, macroF1 };
}

/** The methods with naive Bayes on the same splits, of the bundled songs; the model, the last one, stays the last. */
export async function withNaiveBayes(methods: SplitResults["methods"]): Promise<SplitResults["methods"]> {
  const entries = Object.entries(methods).filter(([method]) => method !== naiveBayes);
  const bySplit: Record<string, SplitScores> = {};
  for (const seed of Object.keys(entries.at(-1)![1])) {
    bySplit[seed] = await naiveBayesOn(inProject(join("data", "songs.csv")), Number(seed));
  }
  return Object.fromEntries(entries.toSpliced(-1, 0, [naiveBayes, bySplit]));
}

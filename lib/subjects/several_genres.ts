/** Notebook 8: songs of several genres, learnt three ways. */
import { type Finding, joinFindings, withTrialsProgress } from "../notebook/mod.ts";
import { type Figure, methodsByGroup, percent } from "../plots/mod.ts";
import {
  compareSeveralGenres,
  type SeveralGenresComparison,
  type SeveralGenresFile,
  severalGenresSeries,
  wayNames,
  writeResults,
} from "../trials/mod.ts";
import { withParticle } from "./korean.ts";
import type { Work } from "./work.ts";
import { groupFacts } from "./artist.ts";

/**
 * Learns the songs in each way, by n-grams, and where the recipe's budget allows by the transformer, too. Writes `multilabel.json`.
 */
export async function runSeveralGenres(
  { options, sides, labels, store }: Work,
): Promise<SeveralGenresComparison[]> {
  const { words, network } = options.methods;
  const learners = options.evaluation.severalGenres ? [words, network] : [words];
  const comparisons = await withTrialsProgress(
    "여러 장르 · several genres",
    (progress) => compareSeveralGenres(sides, labels, learners, { seed: options.seed, store, ...progress }),
  );
  await writeResults(`${options.output}/multilabel.json`, { comparisons } satisfies SeveralGenresFile);
  return comparisons;
}

/** The ways by the likeliest genre and by exact sets of genres. */
export const severalGenresFigure = (comparisons: readonly SeveralGenresComparison[]): Figure =>
  methodsByGroup(severalGenresSeries(comparisons), {
    title: ["여러 장르를 배우는 세 가지 방법", "Three ways to learn several genres"],
    facts: groupFacts,
  });

/** Which way is best by which measure, and whether it is more than chance; of the first comparison, which every run has. */
export function severalGenresFinding([comparison]: readonly SeveralGenresComparison[]): Finding {
  if (comparison === undefined) return { ko: "비교한 것이 없습니다.", en: "Nothing was compared." };
  const { model, songs, several, results } = comparison;
  const best = <T>(rows: readonly T[], of: (row: T) => number) =>
    rows.reduce((a, b) => of(b) > of(a) ? b : a);
  const likeliest = best(results, ({ accuracy }) => accuracy.value);
  const exact = best(results, ({ tuned }) => tuned.subsetAccuracy.value);
  const smallest = Math.min(...results.slice(1).flatMap(({ p }) => [p.accuracy, p.subset, p.subsetTuned]));
  return joinFindings(
    {
      ko: `테스트 곡 ${songs.test}곡 중 ${several.test}곡은 장르가 여럿입니다. ` +
        `${withParticle(model.ko, "으로/로")} 장르 하나를 고를 때는 ‘${wayNames[likeliest.way].ko}’(` +
        `${percent(likeliest.accuracy.value)}), 장르 집합을 그대로 맞힐 때는 문턱을 조정한 ` +
        `‘${wayNames[exact.way].ko}’(${percent(exact.tuned.subsetAccuracy.value)})가 가장 나았습니다.`,
      en: `${several.test} of ${songs.test} test songs have several genres. Where ${model.en} names ` +
        `one genre, ${wayNames[likeliest.way].en} did best (${percent(likeliest.accuracy.value)}); by ` +
        `exact sets of genres, ${wayNames[exact.way].en} with tuned thresholds (` +
        `${percent(exact.tuned.subsetAccuracy.value)}).`,
    },
    results.length < 2 ? null : smallest < 0.05
      ? {
        ko: `오버샘플링과의 차이 가운데 우연으로 보기 어려운 것이 있습니다(가장 작은 p ${pOf(smallest)}).`,
        en: `Some difference to oversampling is more than chance (smallest p ${pOf(smallest)}).`,
      }
      : {
        ko: `다만 오버샘플링과의 차이는 모두 우연일 수 있습니다(가장 작은 p ${pOf(smallest)}).`,
        en: `All differences to oversampling may be chance, though (smallest p ${pOf(smallest)}).`,
      },
  );
}

const pOf = (p: number): string => p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`;

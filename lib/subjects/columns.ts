/** Notebook 7: all columns of the table together. */
import { type Finding, joinFindings, withTrialsProgress } from "../notebook/mod.ts";
import { contributions, type Figure, percent } from "../plots/mod.ts";
import { type ColumnsComparison, compareColumns, whatPartsAdd, writeResults } from "../trials/mod.ts";
import { inEnglish, inKorean, withParticle } from "./korean.ts";
import type { Work } from "./work.ts";
import type { TrainedModel } from "./evaluation.ts";

/**
 * Learns a linear model on all columns, one without each of them, and joins it with the trained model and the artist. Writes
 * `columns.json`.
 */
export async function runColumns(
  { options, sides, store }: Work,
  model: TrainedModel,
): Promise<ColumnsComparison> {
  const together = await withTrialsProgress(
    "선형 모델 · linear models",
    (progress) => compareColumns(sides, model.labels, model, { seed: options.seed, store, ...progress }),
  );
  await writeResults(`${options.output}/columns.json`, together);
  return together;
}

/** What each column adds to the linear model, and each member to the stacking. */
export const contributionsFigure = (together: ColumnsComparison): Figure => {
  const models = Object.entries(whatPartsAdd(together)).filter(([, parts]) => parts.length > 0);
  return contributions(Object.fromEntries(models));
};

/** How far all columns come, which of them matters most, and whether the trained model adds anything. */
export function columnsFinding(together: ColumnsComparison): Finding {
  const { results, lyricsModel } = together;
  const of = (key: string) => results.find((result) => result.key === key);
  const all = of("columns"), lyrics = of("lyrics");
  const parts = results.filter(({ key, adds }) => key.startsWith("columns-without-") && adds !== null);
  const most = parts.reduce((a, b) => b.adds!.value > a.adds!.value ? b : a, parts[0]!);
  const transformer = of("stacking-without-lyrics-model")?.adds ?? null;
  const points = (value: number) => `${value < 0 ? "−" : ""}${Math.abs(100 * value).toFixed(1)}`;
  const sure = ({ low, high }: { low: number; high: number }) => low > 0 || high < 0;
  return joinFindings(
    all === undefined || lyrics === undefined ? null : {
      ko: `가사만 보는 선형 모델은 ${percent(lyrics.accuracy.value)}, 모든 열을 보는 선형 모델은 ` +
        `${percent(all.accuracy.value)}를 맞혔습니다.`,
      en: `A linear model on lyrics alone is right on ${percent(lyrics.accuracy.value)}, on all columns ` +
        `on ${percent(all.accuracy.value)}.`,
    },
    most === undefined ? null : {
      ko: `빼면 가장 많이 잃는 열은 ${inKorean(most.leftOut!)}(${points(most.adds!.value)}점)` +
        `${sure(most.adds!) ? "입니다." : "이지만, 구간이 0을 포함해 확실하지는 않습니다."}`,
      en: `The column that is missed most is ${inEnglish(most.leftOut!)} (${points(most.adds!.value)} ` +
        `points)${sure(most.adds!) ? "." : ", though its interval includes 0."}`,
    },
    transformer === null ? null : transformer.low === 0 && transformer.high === 0
      ? {
        ko: `여기에 ${withParticle(inKorean(lyricsModel), "을/를")} 쌓아도 ` +
          "답이 나아지거나 나빠지지 않습니다.",
        en: `${inEnglish(lyricsModel)} stacked onto it changes nothing.`,
      }
      : {
        ko: `여기에 ${withParticle(inKorean(lyricsModel), "을/를")} 쌓은 효과는 ` +
          `${points(transformer.value)}점으로, ` +
          `${sure(transformer) ? "우연으로 보기 어렵습니다." : "이 곡 수로는 있는지 없는지 알 수 없습니다."}`,
        en: `${inEnglish(lyricsModel)} stacked onto it adds ${points(transformer.value)} points, ${
          sure(transformer) ? "more than chance." : "which these songs are too few to tell from nothing."
        }`,
      },
  );
}

/** The report's sections on what was compared and tried beside the model. */
import { wilsonInterval } from "../../lib/evaluation/mod.ts";
import {
  artistBucketSeries,
  type ArtistComparison,
  artistTable,
  bilingual,
  columnsTable,
  comparisonTable,
  searchTable,
  severalGenresTable,
  whatPartsAdd,
} from "../../lib/trials/mod.ts";
import * as plots from "../../lib/plots/mod.ts";
import type { ReportData } from "./data.ts";
import type { Picture } from "./figures.ts";
import { facts, type Html, markup, table } from "./html.ts";
import { grouped, score, shareWithInterval } from "./numbers.ts";

/** Models on the same songs, budget and tokens. */
export async function modelSearch(
  { modelSearch: search }: ReportData,
  picture: Picture,
): Promise<Html | null> {
  if (search === null || search.results.length === 0) return null;
  const { identity: { recipe }, results, songs, seeds, ended, againstBest, againstNext } = search;
  return markup`<p>Each network trains on the same ${
    grouped(songs.train)
  } songs with as many steps, and is measured on the same
${
    grouped(songs.measured)
  } validation songs; n-grams read as much, or, where it is said, whole lyrics. In brackets 95 % bootstrap intervals over songs.</p>
${
    ended === "interrupted"
      ? markup`<p class="missing-note">탐색이 끝나지 않았다. The search did not end: this is how far it came.</p>`
      : null
  }${
    facts({
      "씨앗 · seeds": seeds.join(", "),
      "에폭 · epochs": String(recipe.epochs ?? ""),
      "스텝의 최대 · at most steps": recipe.maxSteps === null ? null : String(recipe.maxSteps ?? ""),
      "배치 · batch": String(recipe.batchSize ?? ""),
      "토큰의 최대 · at most tokens a song": String(recipe.maxLength ?? ""),
      "학습률 · learning rate": String(recipe.learningRate ?? ""),
    })
  }
${table(searchTable(search), { strong: (row) => row === 0 })}
${await picture(plots.modelComparison(results.map((result) => ({
    name: result.name,
    accuracy: result.accuracyPerSong,
    macroF1: result.macroF1,
    baseline: result.start === "no network",
  }))))}
${await picture(plots.accuracyByCost(results.map((result) => ({
    name: result.name,
    seconds: result.trainSeconds,
    accuracy: result.accuracyPerSong,
    trainings: result.bySeed.map(({ accuracyPerSong }) => accuracyPerSong),
    baseline: result.start === "no network",
  }))))}
${
    againstBest.length === 0 ? null : markup`<h3>정말 나은가? · Is it really better?</h3>
<p>Song by song: <code>12 : 5</code> means that the first was right on 12 songs more often, the second on 5. Exact paired tests;
Holm's correction allows for their number. First the best against each other model, then each against the next.</p>
${table(comparisonTable(search, againstBest))}
${table(comparisonTable(search, againstNext))}`
  }`;
}

/** The artist as a prior, on splits by song and by artist. */
export async function artist({ artist }: ReportData, picture: Picture): Promise<Html | null> {
  if (artist === null || artist.splits.length === 0) return null;
  const parts: Html[] = [];
  for (const split of artist.splits) parts.push(await artistSplit(split, picture));
  return markup`<p>The study multiplied the logits of genres that an artist is known for by 1.5: that lowers negative ones. Here is
the rule as it was, mended, and the artist's genres as a prior. Artists are counted in training songs, strengths are chosen on validation
songs. Where the songs are split by artist, no test song's artist is known from training: what is left there is not memory.</p>
${parts}`;
}

async function artistSplit(split: ArtistComparison, picture: Picture): Promise<Html> {
  const { by, model, songs, unknownArtists, fits, naive } = split, series = artistBucketSeries(split);
  const kind = by === "song" ? "곡별 분할 · split by song" : "가수별 분할 · split by artist";
  return markup`<h3>${kind}: ${bilingual(model)}</h3>
<p class="small">학습 · train ${songs.train}, 검증 · validation ${songs.validation}, 시험 · test ${songs.test} 곡 · songs;
모르는 가수 · unknown artists ${unknownArtists}; α ${fits.product.alpha} (prior), ${fits.bayes.alpha} (over the genre's share);
×${
    Math.exp(fits.mendedRule.alpha).toFixed(2)
  } (rule, fitted). 규칙 그대로 · the rule as it was lowered ${naive.lowered} of ${naive.multiplied} logits.</p>
${table(artistTable(split))}
${
    series.length === 0 ? null : await picture(
      plots.methodsByGroup(series, {
        title: ["가수를 아는 만큼", "By training songs of the artist"],
        facts: kind,
      }),
    )
  }`;
}

/** A linear model of every column, what each adds, and the best combination with the lyrics model. */
export async function columns({ columns }: ReportData, picture: Picture): Promise<Html | null> {
  if (columns === null || columns.results.length === 0) return null;
  const { results, lyricsModel, alphas, stackingC } = columns;
  const models = Object.entries(whatPartsAdd(columns)).filter(([, parts]) => parts.length > 0);
  const best = results.reduce(
    (best, result, i) => result.accuracy.value > results[best]!.accuracy.value ? i : best,
    0,
  );
  return markup`<p>The honest bar: a linear model of n-grams, artist, year, album and length. Beside it its combinations with
<b>${lyricsModel}</b>, fitted on validation songs. What a part adds is the accuracy lost without it.</p>
${table(columnsTable(columns), { strong: (row) => row === best })}
${models.length === 0 ? null : await picture(plots.contributions(Object.fromEntries(models)))}
<p class="small">α: 가수 · artist prior ${alphas.artistPrior}, over the genre's share ${alphas.artistPriorOverShare}, 가사 모델 ·
lyrics model ${alphas.lyricsModel}; 쌓기 · stacking C ${stackingC}.</p>`;
}

/** Songs of several genres, learnt three ways. */
export function multilabel({ multilabel }: ReportData): Html | null {
  if (multilabel === null || multilabel.comparisons.length === 0) return null;
  return markup`<p>The study repeats a song for each of its genres (오버샘플링). Beside it: weights that make each song count once, and a
yes or no for each genre. A song gets the genres from a probability of 0.5 on, or from thresholds that are tuned on validation songs,
for all three alike; p-values are against the study's way.</p>
${
    multilabel.comparisons.map((comparison) => {
      const { model, songs, several } = comparison;
      return markup`<h3>${bilingual(model)}</h3>
<p class="small">장르가 여럿인 곡 · songs of several genres: 학습 · train ${several.train} of ${songs.train}, 시험 · test ${several.test} of ${songs.test}</p>
${table(severalGenresTable([comparison]))}`;
    })
  }`;
}

/** Genres by question and answer. */
export async function questions({ qa }: ReportData, picture: Picture): Promise<Html | null> {
  if (qa === null || Object.keys(qa).length === 0) return null;
  const all = Object.entries(qa);
  return markup`<p>A model that writes is asked for the genre with the song's columns as context; each genre's response gets its
likelihood, and the likeliest is the answer. Leaving fields out shows what helps; the classifier reads lyrics alone.</p>
${
    table(all.map(([method, { accuracyPerSong, accuracyPerInstance, macroF1 }]) => ({
      "방법 · method": method,
      "곡별 정확도 · accuracy per song": shareWithInterval(accuracyPerSong),
      "인스턴스별 · per instance": score(accuracyPerInstance.value),
      "macro-F1": score(macroF1),
    })))
  }
${await picture(
    plots.modelComparison(all.map(([method, { accuracyPerSong: { correct, count }, macroF1 }]) => ({
      name: method,
      accuracy: wilsonInterval(correct, count),
      macroF1,
      baseline: method.startsWith("분류기"),
    }))),
  )}`;
}

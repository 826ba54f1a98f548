/** The report's sections on how well the model does. */
import { macroF1Name, mostConfused, wilsonInterval } from "../../lib/evaluation/mod.ts";
import { both, gatheredName, shownAndGathered } from "../../lib/plots/mod.ts";
import * as plots from "../../lib/plots/mod.ts";
import type { Recipe } from "../../lib/training/mod.ts";
import type { ReportData, WrittenVerdict } from "./data.ts";
import type { Picture } from "./figures.ts";
import { type Html, markup, table } from "./html.ts";
import { percent, score, shareWithInterval } from "./numbers.ts";
import { absentGenres, contenders } from "./sections.ts";

/** The model beside the baselines on the test songs, genre by genre. */
export async function verdicts(data: ReportData, picture: Picture): Promise<Html | null> {
  const found = contenders(data);
  if (found === null) return null;
  const [name, model] = found.model;
  const all = Object.entries(data.verdicts!).toSorted(([, a], [, b]) =>
    b.accuracyPerSong.value - a.accuracyPerSong.value
  );
  const macroName = macroF1Name(absentGenres(model));
  const confused = mostConfused(model.confusion, { top: 8 });
  return markup`<p>Two counts: <b>per instance</b>, once for each pair of a song's genres and artists, as the study counted; and
<b>per song</b>, right if the method names any of the song's genres. In brackets the 95 % interval over songs (Wilson).
Macro-F1, each genre's scores and the confusions take one genre a song: the named one where it is right, else the song's first.</p>
${
    table(
      all.map(([method, verdict]) => ({
        "방법 · method": method,
        "곡별 정확도 · accuracy per song": shareWithInterval(verdict.accuracyPerSong),
        "인스턴스별 · per instance": score(verdict.accuracyPerInstance.value),
        [macroName]: score(verdict.macroF1),
      })),
      { strong: (row) => all[row]![0] === name },
    )
  }
${howMuchIsRead(name, data.recipe)}
${await picture(
    plots.modelComparison(all.map(([method, { accuracyPerSong, macroF1 }]) => ({
      name: method,
      accuracy: wilsonInterval(accuracyPerSong.correct, accuracyPerSong.count),
      macroF1,
      baseline: method !== name,
    }))),
    "Accuracy per song with its interval; macro-F1 of the genre that each song is credited with.",
  )}
<h3>장르마다 · Genre by genre: ${name}</h3>
${await picture(plots.perGenreScores(model.perGenre))}
${table(genreRows(model.perGenre))}
<h3>혼동 · Confusions: ${name}</h3>
${await picture(plots.confusionMatrix(model.confusion))}
${
    confused.length === 0 ? null : table(confused.map(({ actual, predicted, count, share }) => ({
      "실제 · actual": actual,
      "예측 · predicted": predicted,
      "수 · count": count,
      "실제 장르 중 · share of the actual genre": percent(share),
    })))
  }`;
}

/** How much of a song each method reads: a comparison without it would be of two things at once. */
function howMuchIsRead(model: string, recipe: Recipe | null): Html | null {
  if (recipe === null) return null;
  // a run of before had no windows
  const { maxLength, maxWindows = 1 } = recipe;
  const [korean, english] = maxWindows === 1
    ? [`앞의 ${maxLength}토큰까지만`, `its first ${maxLength} tokens at most`]
    : [`${maxLength}토큰씩 많아야 ${maxWindows}줄로`, `at most ${maxWindows} rows of ${maxLength} tokens`];
  return markup`<p>얼마나 읽나: n-gram은 가사 전체를, ${model}은(는) 곡마다 ${korean}. How much of a song is read: n-grams read whole lyrics,
${model} ${english}.</p>`;
}

/** Each genre's scores as rows; of very many genres those with the most songs, and the mean of the rest. */
function genreRows(scores: WrittenVerdict["perGenre"]) {
  const { shown, gathered } = shownAndGathered(scores.toSorted((a, b) => b.support - a.support));
  const row = (label: string, of: readonly WrittenVerdict["perGenre"][number][]) => {
    const mean = (field: "precision" | "recall" | "f1") =>
      of.reduce((sum, scores) => sum + scores[field], 0) / of.length;
    const songs = of.reduce((sum, { support }) => sum + support, 0);
    return {
      "장르 · genre": label,
      "정밀도 · precision": score(mean("precision")),
      "재현율 · recall": score(songs === 0 ? null : mean("recall")),
      "F1": score(songs === 0 ? null : mean("f1")),
      "곡 · songs": songs,
    };
  };
  const present = gathered.filter(({ support }) => support > 0);
  return [
    ...scores.filter((own) => shown.includes(own)).map((own) => row(String(own.label), [own])),
    ...(present.length === 0
      ? []
      : [row(`${gatheredName(present.length)}, ${both("평균", "mean")}`, present)]),
  ];
}

/** How sure the model is, which songs it misses, and what more songs would bring. */
export async function closerLook({ evaluation }: ReportData, picture: Picture): Promise<Html | null> {
  if (evaluation === null) return null;
  const {
    model,
    accuracy,
    calibration: { temperature, atBound, before, after },
    hardest,
    groups,
    learningCurves,
  } = evaluation;
  const calibrated = [
    { name: "그대로 · as it is", figures: before },
    { name: `온도 · temperature ${temperature.toFixed(2)}`, figures: after },
  ];
  const sections = {
    "연대 · decade": groups.byDecade,
    "길이 · length": groups.byLength,
    "가수 · artist": groups.byArtist,
  };
  return markup`<h3>보정 · Calibration: ${model}</h3>
<p>Is the model as sure as it is right? The temperature that its logits are divided by is fitted on validation songs${
    atBound ? " (which could not tell: a bound was taken)" : ""
  }; the figures are of test songs.</p>
${
    table(calibrated.map(({ name, figures }) => ({
      "확률 · probabilities": name,
      "보정 오차 · expected calibration error": score(figures.error),
      "가장 큰 틈 · largest gap": score(figures.largestGap),
      "로그 손실 · log loss": score(figures.logLoss),
      "평균 확신 · mean confidence": score(figures.confidence),
      "정확도 · accuracy": score(figures.accuracy),
    })))
  }
${await picture(
    plots.reliability(calibrated.map(({ name, figures: { error, bins } }) => ({ name, error, bins }))),
  )}
<h3>어떤 곡에서 · Which songs</h3>
${await picture(plots.groupAccuracy(sections, accuracy))}
${
    hardest.length === 0 ? null : markup`<h3>가장 어려운 곡 · The hardest songs</h3>
<p>The songs whose own genres got the least probability.</p>
${
      hardest.map((song) =>
        markup`<blockquote><b>${song.songName}</b>${
          song.artists.length === 0 ? null : ` · ${song.artists.join(", ")}`
        }
${song.genres.join(", ")} (${percent(song.probabilityOfActual)}) → ${song.predicted} (${
          percent(song.probabilityOfPredicted)
        })
${song.excerpt}</blockquote>`
      )
    }`
  }
${
    learningCurves.length === 0 ? null : markup`<h3>곡이 더 있다면 · With more songs</h3>
${await picture(
      plots.learningCurve(learningCurves),
      "The same test songs after learning from growing parts of the training songs.",
    )}`
  }`;
}

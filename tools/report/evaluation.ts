/** The report's sections on how well the model does. */
import { macroF1Name } from "../../lib/evaluation/mod.ts";
import {
  calibrationFinding,
  confusedTable,
  curvesFinding,
  groupsFigure,
  readText,
  reliabilityFigure,
  verdictsFigure,
} from "../../lib/subjects/mod.ts";
import { both, gatheredName, shownAndGathered } from "../../lib/plots/mod.ts";
import * as plots from "../../lib/plots/mod.ts";
import { calibrationTable } from "../../lib/trials/mod.ts";
import type { ReportData, WrittenVerdict } from "./data.ts";
import type { Picture } from "./figures.ts";
import { type Html, markup, outcome, said, table } from "./html.ts";
import { percent, score, shareWithInterval } from "./numbers.ts";
import { absentGenres, contender, headline, modelVerdict } from "./sections.ts";

/** The model beside the baselines on the test songs, genre by genre. */
export async function verdicts(data: ReportData, picture: Picture): Promise<Html | null> {
  const found = modelVerdict(data);
  if (found === null) return null;
  const [name, model] = found;
  const all = Object.entries(data.verdicts!).toSorted(([, a], [, b]) =>
    b.accuracyPerSong.value - a.accuracyPerSong.value
  );
  const macroName = macroF1Name(absentGenres(model));
  const confused = confusedTable({ model });
  const read = data.evaluation?.read;
  return markup`${outcome(headline(data)!)}
${
    said(
      markup`점수는 두 가지로 셉니다. <b>인스턴스별</b>은 연구에서처럼 곡의 장르와 가수의 쌍마다 한 번씩, <b>곡별</b>은 곡마다 한 번 세고 그
곡의 장르 가운데 하나라도 답하면 맞힌 것으로 봅니다. 대괄호 안은 곡에 대한 95% 구간(Wilson)입니다. macro-F1과 장르별 점수, 혼동은 한
곡에 장르 하나만 봅니다. 맞힌 곡은 답한 장르를, 틀린 곡은 그 곡의 첫 장르를 봅니다.`,
      markup`Two counts: <b>per instance</b>, once for each pair of a song's genres and artists, as the study counted; and
<b>per song</b>, right if the method names any of the song's genres. In brackets the 95% interval over songs (Wilson).
Macro-F1, each genre's scores and the confusions take one genre a song: the named one where it is right, else the song's first.`,
    )
  }
${
    table(
      all.map(([method, verdict]) => ({
        "방법 · method": method,
        ...(read !== undefined && {
          "읽은 가사 · lyrics read": read[method] === undefined ? "" : readText(read[method]),
        }),
        "곡별 정확도 · accuracy per song": shareWithInterval(verdict.accuracyPerSong),
        "인스턴스별 · per instance": score(verdict.accuracyPerInstance.value),
        [macroName]: score(verdict.macroF1),
      })),
      { strong: (row) => all[row]![0] === name },
    )
  }
${await picture(
    verdictsFigure(
      all.map(contender),
      (method) => method !== name,
    ),
    "곡별 정확도와 구간, 그리고 곡마다 장르 하나를 본 macro-F1 · accuracy per song with its interval; macro-F1 of the genre that each song is credited with",
  )}
<h3>장르마다 · Genre by genre: ${name}</h3>
${await picture(plots.perGenreScores(model.perGenre))}
${table(genreRows(model.perGenre))}
<h3>혼동 · Confusions: ${name}</h3>
${await picture(plots.confusionMatrix(model.confusion))}
${confused.length === 0 ? null : table(confused)}`;
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
  const { model, accuracy, calibration, hardest, learningCurves } = evaluation;
  return markup`<h3>보정 · Calibration: ${model}</h3>
${outcome(calibrationFinding(evaluation))}
${
    said(
      `로짓을 나누는 온도는 검증 곡으로 맞추고${
        calibration.atBound ? "(검증 곡으로는 정할 수 없어 한계값을 썼습니다)" : ""
      }, 점수는 테스트 곡으로 잽니다.`,
      `The temperature that logits are divided by is fitted on validation songs${
        calibration.atBound ? " (which could not tell: a bound was taken)" : ""
      }; the figures are of test songs.`,
    )
  }
${table(calibrationTable(calibration))}
${await picture(reliabilityFigure(evaluation))}
<h3>어떤 곡에서 틀리나 · Which songs it fails</h3>
${await picture(groupsFigure(evaluation, accuracy))}
${
    hardest.length === 0 ? null : markup`<h3>가장 크게 틀린 곡 · Top losses</h3>
${
      said(
        "제 장르에 가장 낮은 확률을 받은 곡들입니다.",
        "The songs whose own genres got the least probability.",
      )
    }
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
    learningCurves.length === 0 ? null : markup`<h3>곡이 더 많다면 · With more songs</h3>
${outcome(curvesFinding(learningCurves))}
${await picture(
      plots.learningCurve(learningCurves),
      "학습 곡의 일부와 전부로 배운 뒤 같은 테스트 곡으로 잰 것 · the same test songs after learning from growing parts of the training songs",
    )}`
  }`;
}

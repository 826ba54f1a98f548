/** The report's sections on what was compared and tried beside the model. */
import {
  artistBucketsFigure,
  artistFinding,
  columnsFinding,
  contributionsFigure,
  costFigure,
  questionsFinding,
  searchFigure,
  searchFinding,
  severalGenresFigure,
  severalGenresFinding,
  verdictsFigure,
} from "../../lib/subjects/mod.ts";
import {
  type ArtistComparison,
  artistTable,
  bilingual,
  columnsTable,
  comparisonTable,
  searchTable,
  severalGenresTable,
} from "../../lib/trials/mod.ts";
import type { ReportData } from "./data.ts";
import type { Picture } from "./figures.ts";
import { facts, type Html, markup, outcome, said, table } from "./html.ts";
import { grouped, score, shareWithInterval } from "./numbers.ts";
import { contender } from "./sections.ts";

/** Models on the same songs, budget and tokens. */
export async function modelSearch(
  { modelSearch: search }: ReportData,
  picture: Picture,
): Promise<Html | null> {
  if (search === null || search.results.length === 0) return null;
  const { identity: { recipe }, songs, seeds, againstBest, againstNext } = search;
  return markup`${outcome(searchFinding(search))}
${
    said(
      `신경망은 모두 같은 ${grouped(songs.train)}곡을 같은 스텝 수로 배우고, 같은 검증 곡 ${
        grouped(songs.measured)
      }곡으로 잽니다. n-gram은 그만큼만 읽거나, 이름에 ‘앞 … 토큰’이 없으면 가사를 끝까지 읽습니다. 대괄호 안은 곡에 대한 95% 부트스트랩 구간입니다.`,
      `Each network trains on the same ${
        grouped(songs.train)
      } songs with as many steps, and is measured on the same ${
        grouped(songs.measured)
      } validation songs; n-grams read as much, or, without "first … tokens" in their name, whole lyrics. In brackets 95% bootstrap intervals over songs.`,
    )
  }
${
    facts({
      "시드 · seeds": seeds.join(", "),
      "에폭 · epochs": String(recipe.epochs ?? ""),
      "최대 스텝 수 · steps at most": recipe.maxSteps === null ? null : String(recipe.maxSteps ?? ""),
      "배치 · batch": String(recipe.batchSize ?? ""),
      "창의 토큰 · tokens of a window": String(recipe.maxLength ?? ""),
      "곡마다 창 · windows of a song": String(recipe.maxWindows ?? 1),
      "학습률 · learning rate": String(recipe.learningRate ?? ""),
    })
  }
${table(searchTable(search), { strong: (row) => row === 0 })}
${await picture(searchFigure(search))}
${await picture(costFigure(search))}
${
    againstBest.length === 0 ? null : markup`<h3>정말 나은가? · Is it really better?</h3>
${
      said(
        markup`곡 하나하나로 견줍니다. <code>12 : 5</code>는 앞 모델만 맞힌 곡이 12곡, 뒤 모델만 맞힌 곡이 5곡이라는 뜻입니다. 짝지은 정확 검정이고, 비교한
횟수만큼 Holm의 방법으로 보정합니다. 먼저 1등과 나머지를, 다음으로 이웃한 등수끼리 견줍니다.`,
        markup`Song by song: <code>12 : 5</code> means that the first was right on 12 songs more often, the second on 5. Exact paired tests;
Holm's correction allows for their number. First the best against each other model, then each against the next.`,
      )
    }
${table(comparisonTable(search, againstBest))}
${table(comparisonTable(search, againstNext))}`
  }`;
}

/** The artist as a prior, on splits by song and by artist. */
export async function artist({ artist }: ReportData, picture: Picture): Promise<Html | null> {
  if (artist === null || artist.splits.length === 0) return null;
  const parts: Html[] = [];
  for (const split of artist.splits) parts.push(await artistSplit(split, picture));
  return markup`${outcome(artistFinding(artist.splits))}
${
    said(
      `연구에서는 그 가수가 부르던 장르의 로짓에 1.5를 곱했는데, 그러면 음수인 로짓은 오히려 낮아집니다. 그 규칙 그대로, 바로잡은 규칙, 가수의 장르를
사전확률로 쓴 것을 나란히 놓습니다. 가수는 학습 곡에서만 세고, 세기는 검증 곡으로 고릅니다. 가수별로 나눈 분할에서는 테스트 곡의 가수가 학습 곡에 한 번도 나오지
않으므로, 거기서 맞힌 것은 기억이 아닙니다.`,
      `The study multiplied the logits of genres that an artist is known for by 1.5: that lowers negative ones. Here is the rule as it was,
mended, and the artist's genres as a prior. Artists are counted in training songs, strengths are chosen on validation songs. Where the songs
are split by artist, no test song's artist is known from training: what is left there is not memory.`,
    )
  }
${parts}`;
}

async function artistSplit(split: ArtistComparison, picture: Picture): Promise<Html> {
  const { by, model, songs, unknownArtists, fits, naive, methods } = split;
  const kind = by === "song" ? "곡별 분할 · split by song" : "가수별 분할 · split by artist";
  return markup`<h3>${kind}: ${bilingual(model)}</h3>
<p class="small">학습 · train ${grouped(songs.train)}, 검증 · validation ${
    grouped(songs.validation)
  }, 테스트 · test ${
    grouped(songs.test)
  }곡 · songs; 모르는 가수 · unknown artists ${unknownArtists}; α\u00a0${fits.product.alpha} (사전확률 · prior), ${fits.bayes.alpha} (장르 비율로 나눔 · over the genre's share);
×${
    Math.exp(fits.mendedRule.alpha).toFixed(2)
  } (맞춘 규칙 · rule, fitted). 규칙 그대로 낮춘 로짓 · lowered by the rule as it was: ${naive.lowered} / ${naive.multiplied}.</p>
${table(artistTable(split))}
${methods.every(({ byArtist }) => byArtist.length === 0) ? null : await picture(artistBucketsFigure(split))}`;
}

/** A linear model of every column, what each adds, and the best combination with the lyrics model. */
export async function columns({ columns }: ReportData, picture: Picture): Promise<Html | null> {
  if (columns === null || columns.results.length === 0) return null;
  const { results, alphas, stackingC } = columns;
  const best = results.reduce(
    (best, result, i) => result.accuracy.value > results[best]!.accuracy.value ? i : best,
    0,
  );
  return markup`${outcome(columnsFinding(columns))}
${
    said(
      "선형 모델은 가사의 n-gram, 가수, 연도, 앨범, 길이를 봅니다. 트랜스포머와 합치는 방법들은 검증 곡으로 맞춥니다. 어떤 부분의 몫은 그것을 뺐을 때 잃는 정확도입니다.",
      "The linear model sees n-grams, artist, year, album and length. Its combinations with the transformer are fitted on validation songs. What a part adds is the accuracy lost without it.",
    )
  }
${table(columnsTable(columns), { strong: (row) => row === best })}
${results.some(({ adds }) => adds !== null) ? await picture(contributionsFigure(columns)) : null}
<p class="small">α: 가수 · artist prior ${alphas.artistPrior}, 장르 비율로 나눔 · over the genre's share ${alphas.artistPriorOverShare}, 가사 모델 ·
lyrics model ${alphas.lyricsModel}; 쌓기 · stacking C ${stackingC}.</p>`;
}

/** Songs of several genres, learnt three ways. */
export async function multilabel({ multilabel }: ReportData, picture: Picture): Promise<Html | null> {
  if (multilabel === null || multilabel.comparisons.length === 0) return null;
  const { comparisons } = multilabel;
  return markup`${outcome(severalGenresFinding(comparisons))}
${
    said(
      "연구는 장르마다 곡을 되풀이했습니다(오버샘플링). 그 옆에 모든 곡을 한 번씩만 세는 가중치와, 장르마다 예/아니오를 놓습니다. 곡에는 확률이 0.5 이상인 장르를, 또는 검증 곡으로 조정한 문턱을 넘는 장르를 줍니다. p는 연구의 방법과 견준 것입니다.",
      "The study repeats a song for each of its genres (oversampling). Beside it: weights that make each song count once, and a yes or no for each genre. A song gets the genres from a probability of 0.5 on, or from thresholds that are tuned on validation songs; p-values are against the study's way.",
    )
  }
${
    comparisons.map((comparison) => {
      const { model, songs, several } = comparison;
      return markup`<h3>${bilingual(model)}</h3>
<p class="small">장르가 여럿인 곡 · songs of several genres: 학습 · train ${several.train} / ${
        grouped(songs.train)
      }, 테스트 · test ${several.test} / ${grouped(songs.test)}</p>
${table(severalGenresTable([comparison]))}`;
    })
  }
${await picture(severalGenresFigure(comparisons))}`;
}

/** Genres by question and answer. */
export async function questions({ qa }: ReportData, picture: Picture): Promise<Html | null> {
  if (qa === null || Object.keys(qa).length === 0) return null;
  const all = Object.entries(qa).map(contender);
  const isClassifier = (method: string) => method.startsWith("분류기");
  const isUntrained = (method: string) => method.includes("zero-shot");
  return markup`${
    outcome(questionsFinding({
      untrained: all.find(({ method }) => isUntrained(method)),
      classifier: all.find(({ method }) => isClassifier(method)),
      contexts: all.filter(({ method }) => !isUntrained(method) && !isClassifier(method)),
    }))
  }
${
    said(
      "글을 쓰는 모델에게 노래의 칸들을 맥락으로 보여 주고 장르를 묻습니다. 장르마다 그 응답의 가능도를 구해 가장 큰 것을 답으로 삼습니다. 칸을 빼 보면 무엇이 도움이 되는지 드러나고, 분류기는 가사만 읽습니다.",
      "A model that writes is asked for the genre with the song's columns as context; each genre's response gets its likelihood, and the likeliest is the answer. Leaving fields out shows what helps; the classifier reads lyrics alone.",
    )
  }
${
    table(
      Object.entries(qa).map(([method, { accuracyPerSong, accuracyPerInstance, macroF1 }]) => ({
        "방법 · method": method,
        "곡별 정확도 · accuracy per song": shareWithInterval(accuracyPerSong),
        "인스턴스별 · per instance": score(accuracyPerInstance.value),
        "macro-F1": score(macroF1),
      })),
    )
  }
${await picture(verdictsFigure(all, isClassifier))}`;
}

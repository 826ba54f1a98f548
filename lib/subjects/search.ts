/** Notebook 3: which model? A search with its progress, its figures, and what came of it. */
import { type Finding, joinFindings, listenForStop, searchProgress } from "../notebook/mod.ts";
import { accuracyByCost, type Figure, modelComparison, percent } from "../plots/mod.ts";
import {
  bilingual,
  type ModelSearch,
  type SearchedModel,
  searchLearningRate,
  searchModels,
  searchStart,
  searchStartNames,
  sourceName,
} from "../trials/mod.ts";
import { inEnglish, inKorean, withParticle } from "./korean.ts";
import type { Work } from "./work.ts";

/** What each network of the search may spend, as a row of a table. */
export function budgetTable({ options: { search: { recipe, seeds } } }: Work) {
  const { epochs, batchSize, maxLength, maxWindows } = recipe;
  return [{
    "에폭 · epochs": epochs,
    "배치 · batch": batchSize,
    "창의 토큰 · tokens of a window": maxLength,
    "곡마다 창 · windows of a song": maxWindows,
    "시드 · seeds": seeds.join(", "),
  }];
}

/** The networks of the search, what each starts from and its learning rate, as rows of a table. */
export const networksTable = ({ options: { search } }: Work) =>
  search.models.map((model) => ({
    "모델 · model": bilingual(sourceName(model)),
    "시작 · start": searchStartNames[searchStart(model)],
    "학습률 · learning rate": String(searchLearningRate(model, search)),
  }));

/**
 * Trains every model of the search on the training songs and measures it on the validation songs. The stop button ends it after the
 * running step; the same call goes on from there.
 *
 * @returns what is measured by then; `model_search.json` in the run's folder has the same
 */
export async function runSearch({ options, split }: Work): Promise<ModelSearch> {
  using stop = listenForStop();
  const { listener, finish } = searchProgress();
  const search = await searchModels({ train: split.train, measured: split.validation }, {
    ...options.search,
    output: options.output,
    listener,
    signal: stop.signal,
  });
  await finish(search.ended === "finished" ? "" : "멈춤 · interrupted");
  return search;
}

const isNetwork = ({ start }: SearchedModel): boolean => start !== "no network";

/** Accuracy and macro-F1 of the models beside each other. */
export const searchFigure = ({ results }: Pick<ModelSearch, "results">): Figure =>
  modelComparison(results.map((result) => ({
    name: result.name,
    accuracy: result.accuracyPerSong,
    macroF1: result.macroF1,
    baseline: !isNetwork(result),
  })));

/** Accuracy of the models over the time that their training took. */
export const costFigure = ({ results }: Pick<ModelSearch, "results">): Figure =>
  accuracyByCost(results.map((result) => ({
    name: result.name,
    seconds: result.trainSeconds,
    accuracy: result.accuracyPerSong,
    trainings: result.bySeed.map(({ accuracyPerSong }) => accuracyPerSong),
    baseline: !isNetwork(result),
  })));

const accuracyOf = ({ accuracyPerSong: { value } }: SearchedModel): string => percent(value);

/** Which model did best, whether that is more than chance, what pretraining gave, and what whole lyrics would give. */
export function searchFinding(search: ModelSearch): Finding {
  const { results, ended, songs, againstBest } = search;
  const fair = results.filter(({ wholeLyrics }) => !wholeLyrics), [best] = fair;
  if (best === undefined) {
    return { ko: "아직 끝난 학습이 없습니다.", en: "No training has ended yet." };
  }
  const network = fair.find(isNetwork);
  const unsure = againstBest.filter(({ correctedP }) => correctedP >= 0.05);
  const [ko, en] = [inKorean(best.name), inEnglish(best.name)];
  return joinFindings(
    ended === "finished" ? null : {
      ko: "탐색이 아직 끝나지 않았습니다.",
      en: "The search has not ended yet.",
    },
    {
      ko: `같은 만큼 읽은 모델 가운데서는 ${withParticle(ko, "이/가")} 검증 곡 ${songs.measured}곡의 ` +
        `${accuracyOf(best)}를 맞혀 가장 나았습니다.`,
      en: `Of the models that read equally much ${en} did best, right on ${accuracyOf(best)} of ` +
        `${songs.measured} validation songs.`,
    },
    againstBest.length === 0 ? null : unsure.length === 0
      ? {
        ko: "다른 모든 모델과의 차이는 우연으로 보기 어렵습니다.",
        en: "Its lead over every other model is more than chance.",
      }
      : {
        ko: `다른 ${againstBest.length}개 모델 중 ${unsure.length}개와의 차이는 우연일 수도 있습니다.`,
        en: `Its lead over ${unsure.length} of the ${againstBest.length} others may be chance.`,
      },
    network === undefined || network === best ? null : {
      ko: `신경망 가운데서는 ${withParticle(inKorean(network.name), "이/가")} ${accuracyOf(network)}로 ` +
        "가장 나았습니다.",
      en: `Of the networks ${inEnglish(network.name)} did best (${accuracyOf(network)}).`,
    },
    pretrainingFinding(fair),
    wholeFinding(results),
  );
}

/** What the best pretrained network has beyond the same from scratch, else beyond the best from scratch. */
function pretrainingFinding(results: readonly SearchedModel[]): Finding | null {
  const pretrained = results.find(({ start }) => start === "pretrained");
  const scratch = results.find(({ model }) => model === `${pretrained?.model}-scratch`) ??
    results.find(({ start }) => start === "from scratch");
  if (pretrained === undefined || scratch === undefined) return null;
  return {
    ko: `미리 한국어를 읽은 ${withParticle(inKorean(pretrained.name), "은/는")} ${accuracyOf(pretrained)}, ` +
      `처음부터 배운 ${withParticle(inKorean(scratch.name), "은/는")} ${accuracyOf(scratch)}입니다.`,
    en: `${inEnglish(pretrained.name)}, which had read Korean before, reaches ${accuracyOf(pretrained)}; ` +
      `${inEnglish(scratch.name)}, from scratch, ${accuracyOf(scratch)}.`,
  };
}

function wholeFinding(results: readonly SearchedModel[]): Finding | null {
  const whole = results.find(({ wholeLyrics }) => wholeLyrics);
  return whole === undefined ? null : {
    ko: `가사를 끝까지 읽은 ${withParticle(inKorean(whole.name), "은/는")} ${accuracyOf(whole)}를 ` +
      "맞혔습니다.",
    en: `${inEnglish(whole.name)}, which reads whole lyrics, is right on ${accuracyOf(whole)}.`,
  };
}

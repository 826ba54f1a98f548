/** Notebook 9: a model that writes is asked for the genre. */
import { type Finding, joinFindings, listenForStop, progressBar, trainingProgress } from "../notebook/mod.ts";
import { softmax } from "../evaluation/mod.ts";
import { type Figure, percent } from "../plots/mod.ts";
import {
  type Answerer,
  answererRecipe,
  answerFreely,
  judgeAnswers,
  judgeContexts,
  loadAnswerer,
  trainAnswerer,
} from "../qa/mod.ts";
import type { TrainingRun } from "../training/mod.ts";
import { bilingual, judge, type Verdict, writeVerdicts } from "../trials/mod.ts";
import { inEnglish, inKorean, withParticle } from "./korean.ts";
import type { Work } from "./work.ts";
import { type Contender, shareOf, type TrainedModel, verdictsFigure } from "./evaluation.ts";

/** The model that is to answer: the run's own where it writes, else a small one from scratch, as its notes say. Starts the engine. */
export const openAnswerer = ({ options: { model, tokenizer, seed }, labels }: Work): Promise<Answerer> =>
  loadAnswerer(model, { genres: labels, seed, ...(tokenizer !== undefined && { tokenizer }) });

/** Asks it before it has learnt anything. */
export const askUntrained = ({ sides }: Work, answerer: Answerer): Promise<Verdict> =>
  judgeAnswers(answerer, sides.test, { name: "질문·답, 학습 전 · QA, zero-shot", perToken: true });

/**
 * Trains it on the training songs' questions and answers; its best epoch is kept in `qa/best/` of the run's folder. The stop button ends
 * it after the running step and saves it.
 *
 * @returns how the training went, and the best model
 */
export async function runAnswererTraining(
  { options: { recipe, output }, sides: { train, validation } }: Work,
  answerer: Answerer,
): Promise<{ run: TrainingRun; best: Answerer }> {
  using stop = listenForStop();
  const run = await trainAnswerer(answerer, { train, validation }, answererRecipe(answerer, recipe), {
    output: `${output}/qa`,
    callbacks: [trainingProgress()],
    signal: stop.signal,
  });
  return { run, best: await loadAnswerer(run.bestFolder!) };
}

/** The classifier and the answerer on the same test songs. */
export interface QuestionVerdicts {
  untrained: Verdict;
  classifier: Verdict;
  /** By context: with all fields first. */
  contexts: Verdict[];
}

/** Asks the trained model for the test songs' genres with and without some fields. Writes `qa_metrics.json`. */
export async function askInContexts(
  { options: { output, recipe }, sides: { test } }: Work,
  best: Answerer,
  beside: { untrained: Verdict; model: TrainedModel },
): Promise<QuestionVerdicts> {
  const { name, labels, predictions } = beside.model;
  const bar = progressBar({ total: null, label: "질문 · asking", unit: "songs" });
  const contexts = await judgeContexts(best, test, {
    precision: recipe.precision,
    onProgress: (done) => bar.update(done),
  });
  await bar.finish();
  const classifier = judge(
    `분류기 · classifier (${bilingual(name)})`,
    labels,
    test,
    softmax(predictions.test.logits!),
  );
  await writeVerdicts(`${output}/qa_metrics.json`, [beside.untrained, classifier, ...contexts]);
  return { untrained: beside.untrained, classifier, contexts };
}

/** The classifier, and the contexts below it. */
export const questionsFigure = ({ classifier, contexts }: QuestionVerdicts): Figure =>
  verdictsFigure([classifier, ...contexts], (method) => method === classifier.method);

/** What it writes of the first test songs where nothing holds it to the genres, as rows of a table. */
export function freeAnswersTable({ sides: { test } }: Work, best: Answerer, { songs = 6 } = {}) {
  const few = test.slice(0, songs), said = answerFreely(best, few);
  return few.map(({ songName, artists, genres }, i) => ({
    "곡 · song": songName,
    "가수 · artist": artists.join(", "),
    "장르 · genres": genres.join(", "),
    "응답 · response": said[i]!.trim() === "" ? "(쓴 것 없음 · nothing written)" : said[i]!,
  }));
}

/** What learning the answers gave, what the fields give, and how the classifier does. */
export function questionsFinding(
  { untrained, classifier, contexts }: {
    untrained: Contender | undefined;
    classifier: Contender | undefined;
    contexts: readonly Contender[];
  },
): Finding {
  const [all, ...less] = contexts;
  if (all === undefined) return { ko: "아직 물어본 것이 없습니다.", en: "Nothing was asked yet." };
  const share = (contender: Contender) => percent(shareOf(contender));
  const least = less.reduce((a, b) => shareOf(b) < shareOf(a) ? b : a, less[0]!);
  const context = least?.method.replace(/^[^:]*: /, "") ?? "";
  return joinFindings(
    {
      ko: `모든 칸을 보여 주고 물으면 ${share(all)}를 맞힙니다` +
        `${untrained === undefined ? "." : `. 배우기 전에는 ${share(untrained)}였습니다.`}`,
      en: `Asked with all fields it is right on ${share(all)}` +
        `${untrained === undefined ? "." : `, before it had learnt on ${share(untrained)}.`}`,
    },
    least === undefined ? null : shareOf(least) < shareOf(all)
      ? {
        ko: `칸을 가리면 낮게는 ${share(least)}까지 떨어집니다(${inKorean(context)}).`,
        en: `With fewer fields it falls to ${share(least)} (${inEnglish(context)}).`,
      }
      : {
        ko: "어느 칸을 가려도 이보다 떨어지지 않습니다.",
        en: "It does not fall, whichever fields are left out.",
      },
    classifier === undefined ? null : {
      ko: `가사만 읽는 ${withParticle(inKorean(classifier.method), "은/는")} ${share(classifier)}입니다.`,
      en: `The classifier, which reads lyrics alone, is right on ${share(classifier)}.`,
    },
  );
}

/** Notebook 5: the trained model on songs that it has not seen, beside honest baselines, and a closer look. */
import { type Finding, joinFindings, progressBar, shownPath, withTrialsProgress } from "../notebook/mod.ts";
import { type LabelledAccuracy, mostConfused, wilsonInterval } from "../evaluation/mod.ts";
import { grouped, isThere, UserError } from "../ground/mod.ts";
import { disposeModel } from "../models/mod.ts";
import { type Figure, groupAccuracy, modelComparison, percent, reliability } from "../plots/mod.ts";
import { readSplitRecord, recordSplit, splitText } from "../songs/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { classifySongs, loadClassifier, tokenizerOf, tokensHeld } from "../training/mod.ts";
import {
  accuracyOfGroups,
  baselineMethods,
  type Beside,
  beside,
  bilingual,
  calibrateSongs,
  type EvaluationFile,
  filesFingerprint,
  hardestSongs,
  judge,
  judgeBaselines,
  type LearningCurve,
  learningCurves,
  type LearningPoint,
  type Method,
  type Name,
  nameOf,
  noteTrial,
  type Predictions,
  pText,
  rightSongs,
  sizesOf,
  type Trial,
  type Verdict,
  verdictTable,
  words,
  writeResults,
  writeVerdicts,
} from "../trials/mod.ts";
import { inEnglish, inKorean, withParticle } from "./korean.ts";
import type { Work } from "./work.ts";
import { howMuchIsRead, isWhole, shareRead } from "./reading.ts";

/** The model that notebook 4 trained, by its answers for the validation and the test songs. */
export interface TrainedModel {
  name: Name;
  labels: readonly string[];
  predictions: Predictions;
}

/**
 * Takes up the model of notebook 4: asks it for the genres of the validation and the test songs and notes its answers, so that a later
 * notebook takes them from the run's folder.
 *
 * @throws UserError where it is not trained yet, or on other songs than these
 */
export async function openTrained(
  { options, labels, sides, split: { train, validation }, store }: Work,
): Promise<TrainedModel> {
  const folder = `${options.output}/best`, method = options.methods.network;
  if (!await isThere(folder)) {
    throw new UserError(
      "아직 학습한 모델이 없습니다. 먼저 노트북 04_fine_tuning을 끝까지 실행하세요. " +
        "There is no trained model yet: run the notebook 04_fine_tuning first.",
    );
  }
  const record = await readSplitRecord(folder);
  if (
    record !== null && splitText({ ...record, test: [] }) !== splitText(recordSplit({ train, validation }))
  ) {
    const shown = shownPath(folder);
    throw new UserError(
      `${shown}에 있는 모델은 다른 곡들로 학습한 것입니다. 먼저 노트북 04_fine_tuning을 끝까지 실행하세요. ` +
        `The model in ${shown} was trained on other songs: run the notebook 04_fine_tuning first.`,
    );
  }
  const name = nameOf(method), trial: Trial = { method, labels, sides, seed: options.seed };
  const answeredBy = await filesFingerprint(folder), noted = await store.read(trial);
  if (noted?.answeredBy === answeredBy) return { name, labels, predictions: noted };
  const classifier = await loadClassifier(folder);
  const songs = [...sides.validation, ...sides.test];
  const bar = progressBar({ total: songs.length, label: "분류 · classifying", unit: "songs" });
  const answers = await classifySongs(classifier, songs, {
    precision: options.recipe.precision,
    onProgress: (done) => bar.update(done),
  });
  await bar.finish();
  disposeModel(classifier.model);
  return { name, labels, predictions: await noteTrial(store, trial, answers, answeredBy) };
}

/** A model and honest baselines on the same test songs. */
export interface Judgement {
  model: Verdict;
  baselines: Verdict[];
  /** Of the test songs' tokens the share that each method reads, by its name; 0 without lyrics. */
  read: Record<string, number>;
  /** The model against each baseline, song by song. */
  beside: (Beside & { method: string })[];
}

/**
 * Learns the baselines on the same training songs and judges them beside the model on the test songs: the largest genre, the artist's most
 * frequent one, n-grams of whole lyrics, and n-grams that read as much as the model where that is less. Writes `test_metrics.json`.
 */
export async function judgeModel(work: Work, model: TrainedModel): Promise<Judgement> {
  const { options, sides, store } = work, { labels } = model, { shares } = model.predictions.test;
  const tokenizer = await tokenizerOf(options.model, options.tokenizer),
    pieces = await loadTokenizer(tokenizer);
  const share = shareRead(howMuchIsRead(pieces, options.recipe, sides.test));
  const equal = !isWhole(share) ? [words({ read: { tokens: tokensHeld(options.recipe), tokenizer } })] : [];
  const judged = await withTrialsProgress(
    "기준 모델 · baselines",
    (progress) =>
      judgeBaselines(labels, sides, { methods: [...baselineMethods, ...equal], store, ...progress }),
  );
  const readBy = (method: Method): number =>
    method.kind !== "words" ? 0 : method.read === "whole" ? 1 : shareRead(
      howMuchIsRead(pieces, { maxLength: method.read.tokens, maxWindows: 1, windowOverlap: 0 }, sides.test),
    );
  const verdict = judge(bilingual(model.name), labels, sides.test, shares);
  const right = rightSongs(sides.test, labels, shares);
  const baselines = judged.map(({ verdict }) => verdict);
  await writeVerdicts(`${options.output}/test_metrics.json`, [...baselines, verdict]);
  return {
    model: verdict,
    baselines,
    read: Object.fromEntries([
      ...judged.map(({ method, verdict }) => [verdict.method, readBy(method)] as const),
      [verdict.method, share] as const,
    ]),
    beside: judged.map(({ verdict: { method }, shares }) => ({
      method,
      ...beside(right, rightSongs(sides.test, labels, shares)),
    })),
  };
}

/** How much of the lyrics is read, for a person. */
export const readText = (share: number): string =>
  share === 0
    ? "읽지 않음 · no lyrics"
    : isWhole(share)
    ? "가사 전체 · whole lyrics"
    : `토큰의 ${percent(share, 0)} · of tokens`;

/** The verdicts as rows of a table, with how much of a song each method reads. */
export function judgementTable({ model, baselines, read }: Judgement): Record<string, string>[] {
  const verdicts = [...baselines, model];
  return verdictTable(verdicts).map((row, i) => {
    const { "방법 · method": method, ...scores } = row;
    return {
      "방법 · method": method!,
      "읽은 가사 · lyrics read": readText(read[verdicts[i]!.method]!),
      ...scores,
    };
  });
}

/** What a figure of verdicts takes of each. */
type Compared = { method: string; perSong: Pick<LabelledAccuracy, "correct" | "count">; macroF1: number };

/** Verdicts beside each other, with Wilson's intervals. @param isBaseline which are drawn in grey */
export const verdictsFigure = (
  verdicts: readonly Compared[],
  isBaseline: (method: string) => boolean,
): Figure =>
  modelComparison(verdicts.map(({ method, perSong: { correct, count }, macroF1 }) => ({
    name: method,
    accuracy: wilsonInterval(correct, count),
    macroF1,
    baseline: isBaseline(method),
  })));

/** The model beside the baselines. */
export const judgementFigure = ({ model, baselines }: Judgement): Figure =>
  verdictsFigure([...baselines, model], (method) => method !== model.method);

/** The genres that are most often taken for another, as rows of a table. */
export const confusedTable = ({ model: { confusion } }: { model: Pick<Verdict, "confusion"> }) =>
  mostConfused(confusion, { top: 8 }).map(({ actual, predicted, count, share }) => ({
    "실제 · actual": actual,
    "예측 · predicted": predicted,
    "수 · count": count,
    "실제 장르 중 · share of the actual genre": percent(share),
  }));

/** How sure the model is, which songs it misses, in which groups. */
export type CloserLook = Pick<EvaluationFile, "calibration" | "hardest" | "confused" | "groups">;

/** Looks closer at the model's answers for the test songs; its temperature is fitted on the validation songs. */
export function lookCloser(
  { sides: { train, validation, test } }: Work,
  { labels, predictions }: TrainedModel,
  { model: { confusion } }: Judgement,
): CloserLook {
  const { shares } = predictions.test;
  return {
    calibration: calibrateSongs(
      labels,
      { songs: validation, logits: predictions.validation.logits! },
      { songs: test, logits: predictions.test.logits! },
    ),
    hardest: hardestSongs(test, labels, shares, { top: 8 }),
    confused: mostConfused(confusion, { top: 8 }),
    groups: accuracyOfGroups(test, rightSongs(test, labels, shares), train),
  };
}

/** Confidence and accuracy, before and after the temperature. */
export const reliabilityFigure = (
  { calibration: { before, after, temperature } }: Pick<CloserLook, "calibration">,
): Figure =>
  reliability([
    { name: "그대로 · as it is", ...before },
    { name: `온도 · temperature ${temperature.toFixed(2)}`, ...after },
  ]);

/** Accuracy by decade, length and artist. @param accuracy of all test songs */
export const groupsFigure = ({ groups }: Pick<CloserLook, "groups">, accuracy: number): Figure =>
  groupAccuracy({
    "연대 · decade": groups.byDecade,
    "길이 · length": groups.byLength,
    "가수의 학습 곡 · artist's training songs": groups.byArtist,
  }, accuracy);

/**
 * Accuracy over the number of training songs, of n-grams, of the model, and of the same model without having read anything, where there is
 * one. The model's last point is that of notebook 4. What was learnt before is taken from the run's folder.
 */
export async function runLearningCurves(
  { options, sides, store }: Work,
  { labels }: TrainedModel,
): Promise<LearningCurve[]> {
  const { methods: { words, network, scratch }, evaluation: { shares }, seed } = options;
  return await withTrialsProgress("학습 곡선 · learning curve", (progress) =>
    learningCurves(sides, labels, [
      { method: words, shares: shares.regression },
      { method: network, shares: shares.transformer },
      ...(scratch === null ? [] : [{ method: scratch, shares: shares.scratch, partsOnly: true }]),
    ], { seed, store, ...progress }));
}

/** Writes the closer look into `evaluation.json` of the run's folder, for the report. */
export async function keepEvaluation(
  { options, sides }: Work,
  { model, read, beside }: Judgement,
  look: CloserLook,
  curves: readonly LearningCurve[],
): Promise<void> {
  const file: EvaluationFile = {
    model: model.method,
    songs: sizesOf(sides),
    accuracy: model.perSong.value,
    read,
    beside,
    ...look,
    learningCurves: [...curves],
  };
  await writeResults(`${options.output}/evaluation.json`, file);
}

/** A method and how many of the test songs it got right. */
export interface Contender {
  method: string;
  perSong: { correct: number; count: number };
}

/** The share of the songs that it got right. */
export const shareOf = ({ perSong: { correct, count } }: Contender): number => correct / count;

/**
 * How many test songs the model got right, how the best baseline does, and whether the difference is more than chance.
 *
 * @param known what else is known: how much each method reads, and the paired comparisons
 */
export function headlineFinding(
  model: Contender,
  baselines: readonly Contender[],
  known: Partial<Pick<Judgement, "read" | "beside">> = {},
): Finding {
  const { correct, count } = model.perSong, { low, high } = wilsonInterval(correct, count);
  const [ko, en] = [inKorean(model.method), inEnglish(model.method)];
  const score: Finding = {
    ko: `${withParticle(ko, "은/는")} 테스트 곡 ${count}곡 중 ${correct}곡(${percent(correct / count)}, ` +
      `95% 구간 ${percent(low, 0)}–${percent(high, 0)})의 장르를 맞혔습니다.`,
    en: `${en} names a genre of ${correct} of ${count} test songs (${percent(correct / count)}, 95% ` +
      `interval ${percent(low, 0)}–${percent(high, 0)}).`,
  };
  if (baselines.length === 0) return score;
  const best = baselines.reduce((a, b) => shareOf(b) > shareOf(a) ? b : a);
  return joinFindings(score, againstFinding(model, best, known), readFinding(model, baselines, known.read));
}

/** The model against the best baseline. */
function againstFinding(model: Contender, best: Contender, { beside }: Partial<Judgement>): Finding {
  const points = 100 * (shareOf(model) - shareOf(best)), distance = Math.abs(points).toFixed(1);
  const name = `${inKorean(best.method)}(${percent(shareOf(best))})`,
    named = `${inEnglish(best.method)} (${percent(shareOf(best))})`;
  const p = beside?.find(({ method }) => method === best.method)?.p;
  const chance = p === undefined
    ? { ko: ".", en: "." }
    : p < 0.05
    ? { ko: `. 우연으로 보기 어려운 차이입니다(p ${equals(p)}).`, en: `, more than chance (p ${equals(p)}).` }
    : {
      ko: `. 이 곡 수로는 우연일 수도 있는 차이입니다(p ${equals(p)}).`,
      en: `, which may be chance with so few songs (p ${equals(p)}).`,
    };
  if (model.perSong.correct === best.perSong.correct) {
    return {
      ko: `가장 나은 기준 모델인 ${withParticle(name, "과/와")} 똑같이 맞혔습니다.`,
      en: `The best baseline, ${named}, is level with it.`,
    };
  }
  return {
    ko: `가장 나은 기준 모델인 ${name}보다 ${distance}점 ${points > 0 ? "높습니다" : "낮습니다"}${chance.ko}`,
    en: `That is ${distance} points ${
      points > 0 ? "above" : "below"
    } the best baseline, ${named}${chance.en}`,
  };
}

/** `= 0.031`, `< 0.001`. */
const equals = (p: number): string => p < 0.001 ? pText(p) : `= ${pText(p)}`;

/** How much of the lyrics the model read, and what n-grams make of as much. */
function readFinding(
  model: Contender,
  baselines: readonly Contender[],
  read: Judgement["read"] | undefined,
): Finding | null {
  const share = read?.[model.method];
  if (read === undefined || share === undefined) return null;
  if (isWhole(share)) {
    return {
      ko: `${withParticle(inKorean(model.method), "은/는")} n-gram과 마찬가지로 가사를 끝까지 읽었습니다.`,
      en: `${inEnglish(model.method)} reads whole lyrics, as the n-grams do.`,
    };
  }
  const equal = baselines.find(({ method }) => (read[method] ?? 0) > 0 && !isWhole(read[method]!));
  return {
    ko: `${withParticle(inKorean(model.method), "은/는")} 가사의 ${percent(share, 0)}를 읽었고${
      equal === undefined
        ? ", n-gram은 전체를 읽었습니다."
        : `, 그만큼만 읽은 ${withParticle(inKorean(equal.method), "은/는")} ${percent(shareOf(equal))}를 ` +
          "맞혔습니다."
    }`,
    en: `${inEnglish(model.method)} reads ${percent(share, 0)} of the lyrics${
      equal === undefined
        ? ", the n-grams all of them."
        : `; ${inEnglish(equal.method)}, which reads as much, is right on ${percent(shareOf(equal))}.`
    }`,
  };
}

/** {@link headlineFinding} of a judgement. */
export const judgementFinding = ({ model, baselines, ...known }: Judgement): Finding =>
  headlineFinding(model, baselines, known);

/** Whether the model knows how sure it may be. */
export function calibrationFinding(
  { calibration: { before, after, temperature } }: Pick<CloserLook, "calibration">,
): Finding {
  const [sure, right] = [before.confidence, before.accuracy], apart = sure - right;
  const kind = Math.abs(apart) < 0.03
    ? { ko: "만큼", en: "is about as sure as it is right" }
    : apart > 0
    ? { ko: "것보다 덜", en: "is more sure than it is right" }
    : { ko: "것보다 더", en: "is less sure than it is right" };
  const divided = withParticle(temperature.toFixed(2), "으로/로"),
    loss = withParticle(after.logLoss.toFixed(2), "으로/로");
  return {
    ko:
      `모델은 평균 ${percent(sure, 0)}의 확신으로 답하고 ${
        percent(right, 0)
      }를 맞힙니다. 확신하는 ${kind.ko} 맞히는 셈입니다. 로짓을 온도 ` +
      `${divided} 나누면 보정 오차(ECE)는 ${percent(before.error)}에서 ${percent(after.error)}로, 로그 ` +
      `손실은 ${before.logLoss.toFixed(2)}에서 ${loss} 바뀝니다.`,
    en: `The model is ${percent(sure, 0)} sure in the mean and right on ${percent(right, 0)}: it ` +
      `${kind.en}. Divided by the temperature ${temperature.toFixed(2)}, the calibration error (ECE) ` +
      `goes from ${percent(before.error)} to ${percent(after.error)} and the log loss from ` +
      `${before.logLoss.toFixed(2)} to ${after.logLoss.toFixed(2)}.`,
  };
}

/** Where the curves stand, from the fewest songs to all of them, and what having read before gives. */
export function curvesFinding(curves: readonly LearningCurve[]): Finding {
  const scratchOf = ({ method }: LearningCurve) =>
    curves.find((other) => other.method === `${method}-scratch`);
  const scratches = curves.map(scratchOf);
  const told = curves.filter((curve) => curve.points.length > 1 && !scratches.includes(curve));
  if (told.length === 0) {
    return { ko: "곡이 너무 적어 곡선을 그릴 수 없습니다.", en: "There are too few songs for a curve." };
  }
  const at = ({ songs, accuracy }: LearningPoint) => ({
    songs: grouped(songs),
    right: percent(accuracy.value),
  });
  const ends = told.map(({ method, points }) => ({
    method,
    first: at(points[0]!),
    last: at(points.at(-1)!),
  }));
  return joinFindings(
    {
      ko:
        ends.map(({ method, first, last }) =>
          `${withParticle(inKorean(method), "은/는")} ${first.songs}곡을 배워 ${first.right}, ` +
          `${last.songs}곡을 배워 ${last.right}`
        ).join(", ") + "를 맞혔습니다.",
      en:
        ends.map(({ method, first, last }) =>
          `${inEnglish(method)} goes from ${first.right} after ${first.songs} songs to ${last.right} ` +
          `after ${last.songs}`
        ).join("; ") + ".",
    },
    ...curves.map((curve, i): Finding | null => {
      const scratch = scratches[i]?.points.findLast(({ songs }) =>
        curve.points.some((own) => own.songs === songs)
      );
      if (scratch === undefined) return null;
      const own = curve.points.find(({ songs }) => songs === scratch.songs)!;
      const [read, drawn] = [at(own), at(scratch)];
      return {
        ko: `같은 ${read.songs}곡을 배웠을 때, 미리 한국어를 읽은 ` +
          `${withParticle(inKorean(curve.method), "은/는")} ${read.right}, 처음부터 배운 ` +
          `${withParticle(inKorean(scratches[i]!.method), "은/는")} ${drawn.right}입니다.`,
        en: `After the same ${read.songs} songs ${inEnglish(curve.method)}, which had read Korean ` +
          `before, is at ${read.right}, ${inEnglish(scratches[i]!.method)} at ${drawn.right}.`,
      };
    }),
  );
}

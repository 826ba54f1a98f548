/** Notebook 4: the model, its recipe, a batch as text, the training, and how it went. */
import { type Finding, listenForStop, readingProgress, trainingProgress } from "../notebook/mod.ts";
import { startEngine } from "../engine/mod.ts";
import { parameterCount } from "../models/mod.ts";
import { grouped } from "../ground/mod.ts";
import { percent } from "../plots/mod.ts";
import { instances, type Song } from "../songs/mod.ts";
import {
  adaptToSongs,
  type Batch,
  type Classifier,
  collate,
  epochBatches,
  examplesOf,
  examplesOfList,
  fineTune,
  fineTuningSteps,
  type HistoryRecord,
  loadClassifier,
  paddingOf,
  type Recipe,
  rowsOf,
  seenIn,
  trainableOf,
  type TrainingRun,
} from "../training/mod.ts";
import { bilingual, nameOf } from "../trials/mod.ts";
import type { Work } from "./work.ts";
import { piecesOf } from "./reading.ts";

/**
 * The model that is to be trained, with a fresh head for the genres of the training songs. Where the recipe says `adapt`, it reads the
 * training songs' lyrics as a language model first, which the stop button ends after the running step. Starts the engine.
 *
 * @throws UserError where it cannot be found
 * @throws DOMException (`AbortError`) where its reading was stopped: the same call goes on from there
 */
export async function openModel({ options, sides, labels }: Work): Promise<Classifier> {
  const { model, recipe, output, seed } = options;
  const tokenizer = options.tokenizer === undefined ? {} : { tokenizer: options.tokenizer };
  fineTuningSteps(recipe, sides.train);
  if (recipe.adapt === 0) return await loadClassifier(model, { labels, seed, ...tokenizer });
  using stop = listenForStop();
  const lyricsOf = (songs: readonly Song[]) => songs.map(({ lyrics }) => lyrics);
  const { ended, steps, bestFolder } = await adaptToSongs(
    model,
    { train: lyricsOf(sides.train), validation: lyricsOf(sides.validation) },
    recipe,
    { output: `${output}/adapt`, callbacks: [readingProgress()], signal: stop.signal, ...tokenizer },
  );
  if (ended === "interrupted") {
    throw new DOMException(
      `가사 읽기를 ${steps}스텝에서 멈췄습니다. 셀을 다시 실행하면 이어서 합니다. The reading was stopped at step ${steps}; the cell run again goes on from there.`,
      "AbortError",
    );
  }
  return await loadClassifier(bestFolder!, { labels, seed });
}

/** A model's size and what computes it, as a row of a table. */
export async function modelTable({ model, tokenizer, origin }: Classifier, { options }: Work) {
  const { width, layers } = model.config, { description } = await startEngine();
  return [{
    "모델 · model": bilingual(nameOf(options.methods.network)),
    "시작 · start": origin === undefined ? "처음부터 · from scratch" : "사전학습 · pretrained",
    "층 · layers": layers,
    "너비 · width": width,
    "어휘 · vocabulary": tokenizer.vocabSize,
    "매개변수 · parameters": parameterCount(model),
    "엔진 · engine": description,
  }];
}

/** What the fields of a recipe that a talk speaks of mean. */
const fields: Partial<Record<keyof Recipe, string>> = {
  epochs: "학습 곡을 몇 번 되풀이해 보나 · times through the training songs",
  batchSize: "한 스텝에서 함께 보는 곡 · songs in a step",
  maxLength: "창 하나의 최대 토큰 · tokens of a window at most",
  maxWindows: "한 곡을 나눠 읽는 창의 최대 수 · windows that a song is read in at most",
  cropLength:
    "학습할 때 곡마다 무작위로 읽는 토큰 · tokens of the random piece of a song that training reads",
  distillation: "정답 가운데 n-gram이 가르치는 몫 · share of a target that n-grams teach",
  averageEpochs: "매개변수를 평균 내 남기는 마지막 에폭의 수 · last epochs whose parameters' mean is kept",
  learningRate: "가장 높을 때의 학습률 · the highest learning rate",
  schedule: "학습률이 내려가는 모양 · how the learning rate falls",
  warmupRatio: "학습률이 올라가는 동안의 비율 · share of the steps in which it rises",
  layerDecay: "아래층으로 갈수록 곱해지는 학습률 · what a layer's rate is of the one above it",
  weightDecay: "가중치 감쇠 · AdamW's weight decay",
  gradClip: "기울기 크기의 상한 · the largest norm of all gradients",
  oversample: "오버샘플링 · an instance for each pair of genre and artist",
  adapt: "장르를 배우기 전에 가사를 읽는 횟수 · times through the lyrics before the genres",
  adaptLearningRate: "가사를 읽는 동안의 가장 높은 학습률 · the highest learning rate of that reading",
  earlyStoppingPatience: "나아지지 않으면 멈추기까지의 에폭 · epochs without a better one before it ends",
};

/** What a field is where a recipe does without what it is for: it is not spoken of then. */
const off: Partial<Recipe> = { adapt: 0, cropLength: 0, distillation: 0, averageEpochs: 1 };

/** A recipe as rows of a table: the fields that a talk speaks of, with what they mean. */
export const recipeTable = (recipe: Recipe) =>
  (Object.entries(fields) as [keyof Recipe, string][])
    .filter(([field]) => recipe[field] !== null && recipe[field] !== off[field])
    .map(([field, meaning]) => ({
      "값 · field": field,
      "이 실행 · this run": String(recipe[field]),
      "뜻 · meaning": meaning,
    }));

/** The first batch of a training, and the names of what is in it. */
export interface FirstBatch {
  classifier: Classifier;
  batch: Batch;
  /** The title of the song with an id. */
  titleOf: (songId: string) => string;
}

/** The batch that the training begins with, row by row as the model will see it. */
export function firstBatch(classifier: Classifier, { options: { recipe, seed }, sides }: Work): FirstBatch {
  const examples = examplesOf(classifier, instances(sides.train, recipe), recipe);
  const { lengths } = examplesOfList(examples), trainable = trainableOf(classifier, { ...recipe, seed });
  const first = epochBatches(lengths, { ...recipe, seed, epoch: 0 }).at(0);
  const batch = collate(Array.from(first, (i) => seenIn(0, trainable, examples[i]!, i)), trainable);
  const titles = new Map(sides.train.map(({ id, songName }) => [id, songName]));
  return { classifier, batch, titleOf: (songId) => titles.get(songId) ?? songId };
}

/** Pieces that are shown of the beginning and of the end of a row. */
const begin = 7, end = 3;

/**
 * A batch as rows of a table: what is to be learnt, the tokens as text, and how many places are filled up, which the attention mask
 * hides from the model.
 *
 * @param options.rows at most so many
 */
export function batchTable({ classifier, batch, titleOf }: FirstBatch, { rows: most = 6 } = {}) {
  const { tokens: { inputIds, attentionMask, length }, examples } = batch;
  const { tokenizer, labels, model } = classifier;
  const pad = tokenizer.idToToken(paddingOf(classifier)) ?? "[PAD]";
  const rows = examples.flatMap((example) =>
    rowsOf(example).map((_, window, all) => ({ example, window, of: all.length }))
  );
  return rows.slice(0, most).map(({ example, window, of }, row) => {
    const places = Array.from({ length }, (_, place) => row * length + place);
    const ids = places.filter((place) => attentionMask[place] === 1).map((place) => inputIds[place]!);
    const padding = length - ids.length;
    const text = ids.length <= begin + end
      ? piecesOf(tokenizer, ids)
      : `${piecesOf(tokenizer, ids.slice(0, begin))} … ${piecesOf(tokenizer, ids.slice(-end))}`;
    const fill = padding === 0 ? "" : `${pad} ×${padding}`;
    return {
      "곡 · song": titleOf(example.songId),
      "배울 장르 · genre to learn": labels[example.label] ?? "",
      ...(rows.some(({ of }) => of > 1) && { "창 · window": `${window + 1} / ${of}` }),
      "모델이 보는 토큰 · tokens as the model sees them":
        (model.architecture.paddingSide === "left" ? [fill, text] : [text, fill])
          .filter((part) => part !== "").join(" "),
      "읽음 · read": ids.length,
      "채움 · padding": padding,
    };
  });
}

/** A batch in a sentence: its shape, and what of it is hidden from the model. */
export function batchFinding({ batch: { tokens, examples } }: FirstBatch): Finding {
  const { inputIds, attentionMask, length } = tokens, rows = inputIds.length / length;
  const padding = attentionMask.filter((seen) => seen === 0).length;
  const hidden = percent(padding / inputIds.length), songs = grouped(examples.length);
  return {
    ko: `첫 배치는 인스턴스 ${songs}개, ${grouped(rows)}행 × ${length}토큰입니다. ${
      padding === 0
        ? "길이가 모두 같아 채운 자리가 없습니다."
        : `그중 ${hidden}는 길이를 맞추려고 채운 자리이고, 어텐션 마스크로 가립니다.`
    }`,
    en: `The first batch has ${songs} instances in ${grouped(rows)} rows of ${length} tokens; ${
      padding === 0
        ? "all are of one length, without padding."
        : `${hidden} of the places are padding, which the attention mask hides.`
    }`,
  };
}

/**
 * Fine-tunes the model on the training songs; the epoch that is best on the validation songs is kept in `best/` of the run's folder.
 * The stop button ends it after the running step and saves it; the same call goes on from there, and does nothing where all is done.
 */
export async function runTraining(
  { options: { recipe, output }, split: { train, validation } }: Work,
  classifier: Classifier,
): Promise<TrainingRun> {
  using stop = listenForStop();
  return await fineTune(classifier, { train, validation }, recipe, {
    output,
    callbacks: [trainingProgress()],
    signal: stop.signal,
  });
}

const evaluationsOf = (history: readonly HistoryRecord[]) =>
  history.filter((record) => record.kind === "evaluation");

/** A training's evaluations as rows of a table. */
export const epochTable = (
  { history, best }: Pick<TrainingRun, "history"> & { best: { step: number } | null },
) =>
  evaluationsOf(history).map(({ step, epoch, train, validation }) => ({
    "에폭 · epoch": epoch.toFixed(epoch % 1 === 0 ? 0 : 2),
    "스텝 · step": step,
    "학습 손실 · train loss": train.loss.toFixed(3),
    "학습 정확도 · train accuracy": train.accuracy.toFixed(3),
    "검증 손실 · validation loss": validation?.loss.toFixed(3) ?? "–",
    "검증 정확도 · validation accuracy": validation?.accuracy.toFixed(3) ?? "–",
    "남긴 모델 · kept": step === best?.step ? "✓" : "",
  }));

/** A time as a person says it: `8초`, `1분 23초`, from an hour on `2시간 5분`. */
export function duration(ms: number): Finding {
  const seconds = Math.max(1, Math.round(ms / 1000)), minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return { ko: `${hours}시간 ${minutes % 60}분`, en: `${hours} h ${minutes % 60} min` };
  return minutes === 0
    ? { ko: `${seconds}초`, en: `${seconds} s` }
    : { ko: `${minutes}분 ${seconds % 60}초`, en: `${minutes} min ${seconds % 60} s` };
}

/** How the training went: how long, which epoch was best, and whether songs were learnt by heart. */
export function trainingFinding(
  run: Pick<TrainingRun, "history" | "steps" | "elapsedMs" | "ended"> & {
    best: { step: number } | null;
  },
): Finding {
  const { ko: time, en: took } = duration(run.elapsedMs);
  const evaluations = evaluationsOf(run.history);
  const kept = evaluations.find(({ step }) => step === run.best?.step), last = evaluations.at(-1);
  const steps = grouped(run.steps);
  const ended = {
    finished: { ko: `${steps}스텝을 ${time} 동안 학습했습니다.`, en: `${steps} steps took ${took}.` },
    "stopped early": {
      ko: `검증 점수가 더 나아지지 않아 ${steps}스텝, ${time} 만에 멈췄습니다.`,
      en: `It ended after ${steps} steps and ${took}, when validation stopped improving.`,
    },
    interrupted: {
      ko: `${steps}스텝에서 멈춰 두었습니다. 같은 셀을 다시 실행하면 이어서 학습합니다.`,
      en: `It was stopped at step ${steps}; the same cell goes on from there.`,
    },
  }[run.ended];
  if (kept?.validation == null || last?.validation == null) return ended;
  const best = percent(kept.validation.accuracy), epoch = Number(kept.epoch.toFixed(2));
  const keeping = kept.averagedEpochs === undefined
    ? {
      ko: `검증 정확도는 ${epoch}${
        Number.isInteger(epoch) ? "번째 에폭" : "에폭째"
      }에서 ${best}로 가장 높았고, 그때의 모델을 남겼습니다.`,
      en: `Validation accuracy is highest after epoch ${epoch} (${best}), and that model is kept.`,
    }
    : {
      ko:
        `마지막 ${kept.averagedEpochs}개 에폭의 매개변수를 평균 낸 모델을 남겼고, 검증 정확도는 ${best}입니다.`,
      en:
        `The mean of the last ${kept.averagedEpochs} epochs' parameters is kept (validation accuracy ${best}).`,
    };
  const apart = last.train.accuracy - last.validation.accuracy;
  const overfit = apart > 0.1
    ? {
      ko: ` 마지막에는 학습 정확도가 검증보다 ${
        (100 * apart).toFixed(0)
      }점 높아, 곡을 외우기 시작한 것으로 보입니다.`,
      en: ` At the end training accuracy is ${(100 * apart).toFixed(0)} points above validation: it ` +
        "learns songs by heart.",
    }
    : { ko: "", en: "" };
  return {
    ko: `${ended.ko} ${keeping.ko}${overfit.ko}`,
    en: `${ended.en} ${keeping.en}${overfit.en}`,
  };
}

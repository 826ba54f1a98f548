import assert from "node:assert/strict";
import { disposeModel } from "../models/mod.ts";
import { readJson } from "../ground/mod.ts";
import type { LearningCurve } from "../trials/mod.ts";
import { tinyCheckpoint, withWork } from "./testing/work.ts";
import { settings } from "../notebook/mod.ts";
import { openSongs, type Work } from "./work.ts";
import {
  calibrationFinding,
  curvesFinding,
  headlineFinding,
  judgementFigure,
  judgementFinding,
  judgementTable,
  judgeModel,
  keepEvaluation,
  lookCloser,
  openTrained,
  readText,
  runLearningCurves,
} from "./evaluation.ts";
import { openModel, runTraining } from "./training.ts";

async function train(work: Work): Promise<void> {
  const classifier = await openModel(work);
  await runTraining(work, classifier);
  disposeModel(classifier.model);
}

/** Works on a model that is trained in no time. */
const trained = (test: (work: Work, folder: string) => Promise<void>) =>
  withWork(async (work, folder) => {
    const model = await tinyCheckpoint(folder), { options } = work;
    const network = { ...options.methods.network, source: model };
    const tiny = { ...work, options: { ...options, model, methods: { ...options.methods, network } } };
    const { log } = console;
    console.log = () => {};
    try {
      await train(tiny);
      await test(tiny, folder);
    } finally {
      console.log = log;
    }
  });

Deno.test("before notebook 4 there is no model, and that is said", () =>
  withWork(async (work) => {
    await assert.rejects(openTrained(work), {
      name: "UserError",
      message: /먼저 노트북 04_fine_tuning을 .* run the notebook 04_fine_tuning first/,
    });
  }));

Deno.test("a model of other songs, or of another split of these, is not taken for this run's", () =>
  trained(async (work) => {
    const { seed, songs, output } = work.options;
    const other = await openSongs(
      settings({ songs, output, recipe: "test", seed: seed + 1 }, () => undefined, {}),
    );
    await assert.rejects(openTrained(other), {
      name: "UserError",
      message:
        /best에 있는 모델은 다른 곡들로 .* 먼저 노트북 04_fine_tuning을 .* trained on other songs: run the notebook 04/,
    });
    // what `deno task train` leaves has the test songs, too: the same training and validation songs are enough
    const file = `${output}/best/split.json`, record = await readJson<Record<string, unknown>>(file);
    await Deno.writeTextFile(file, JSON.stringify({ ...record, test: ["a song"] }));
    assert.equal((await openTrained(work)).labels, work.labels);
  }));

Deno.test("the trained model is asked once; one that was trained anew is asked again", () =>
  trained(async (work, folder) => {
    const first = await openTrained(work), again = await openTrained(work);
    assert.deepEqual(
      Array.from(again.predictions.test.shares, (row) => Array.from(row)),
      Array.from(first.predictions.test.shares, (row) => Array.from(row)),
    );
    // the same trial, by other weights: as when a training that was stopped has gone on
    const other = { ...work, options: { ...work.options, output: `${folder}/other` } };
    await train({ ...other, options: { ...other.options, recipe: { ...work.options.recipe, maxSteps: 1 } } });
    for (const file of Deno.readDirSync(`${folder}/other/best`)) {
      await Deno.copyFile(`${folder}/other/best/${file.name}`, `${work.options.output}/best/${file.name}`);
    }
    const changed = await openTrained(work);
    assert.notDeepEqual(
      Array.from(changed.predictions.test.shares[0]!),
      Array.from(first.predictions.test.shares[0]!),
    );
  }));

Deno.test("judgeModel: baselines beside the model, and n-grams of just as much where it reads a part", () =>
  trained(async (work) => {
    const model = await openTrained(work);
    const part = { ...work, options: { ...work.options, recipe: { ...work.options.recipe, maxLength: 12 } } };
    const judged = await judgeModel(part, model);
    assert.equal(judged.baselines.length, 5);
    assert.match(judged.baselines[4]!.method, /, first 12 tokens$/);
    const read = Object.values(judged.read);
    assert.deepEqual(read.slice(0, 4), [0, 0, 1, 1]);
    assert.ok(read[4]! > 0 && read[4]! < 1);
    assert.equal(read[5], read[4], "n-grams read as much as the model");
    const rows = judgementTable(judged);
    assert.deepEqual(rows.slice(0, 4).map((row) => row["읽은 가사 · lyrics read"]), [
      "읽지 않음 · no lyrics",
      "읽지 않음 · no lyrics",
      "가사 전체 · whole lyrics",
      "가사 전체 · whole lyrics",
    ]);
    assert.match(rows[5]!["읽은 가사 · lyrics read"]!, /^토큰의 \d+% · of tokens$/);
    assert.equal(judgementFigure(judged).layout.yaxis?.ticktext?.length, 6);
    assert.match(
      judgementFinding(judged).ko,
      /가사의 \d+%를 읽었고, 그만큼만 읽은 ‘TF-IDF \+ 로지스틱 회귀, 앞 12토큰’은/,
    );
    // the model against a baseline, song by song
    const { mended, spoilt, method } = judged.beside[2]!;
    assert.equal(mended - spoilt, judged.model.perSong.correct - judged.baselines[2]!.perSong.correct);
    assert.equal(method, judged.baselines[2]!.method);

    const whole = {
      ...work,
      options: { ...work.options, recipe: { ...work.options.recipe, maxLength: 500 } },
    };
    const all = await judgeModel(whole, model);
    assert.equal(all.baselines.length, 4);
    assert.match(judgementFinding(all).ko, /n-gram과 마찬가지로 가사를 끝까지 읽었습니다\.$/);

    const look = lookCloser(work, model, judged), curves = await runLearningCurves(work, model);
    await keepEvaluation(work, judged, look, curves);
    const kept = (await readJson(`${work.options.output}/evaluation.json`)) as Record<string, unknown>;
    assert.deepEqual(kept.read, judged.read);
    assert.equal((kept.learningCurves as LearningCurve[]).length, curves.length);
    assert.deepEqual(kept.songs, {
      train: work.sides.train.length,
      validation: work.sides.validation.length,
      test: work.sides.test.length,
    });
  }));

const contender = (method: string, correct: number, count = 154) => ({ method, perSong: { correct, count } });
const nGrams = contender("TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression", 118);
const largest = contender("최다 장르 · majority class", 48);

Deno.test("headlineFinding: behind, ahead, level; chance; what was read", () => {
  const against = (p: number) => ({ beside: [{ method: nGrams.method, mended: 1, spoilt: 2, p }] });
  assert.equal(
    headlineFinding(contender("kobert-small", 77), [largest, nGrams], against(0.0001)).ko,
    "kobert-small은 테스트 곡 154곡 중 77곡(50.0%, 95% 구간 42%–58%)의 장르를 맞혔습니다. " +
      "가장 나은 기준 모델인 TF-IDF + 로지스틱 회귀(76.6%)보다 26.6점 낮습니다. 우연으로 보기 어려운 차이입니다(p < 0.001).",
  );
  assert.match(
    headlineFinding(contender("kobert-small", 121), [largest, nGrams], against(0.4)).ko,
    /76\.6%\)보다 1\.9점 높습니다\. 이 곡 수로는 우연일 수도 있는 차이입니다\(p = 0\.400\)\.$/,
  );
  assert.match(
    headlineFinding(contender("Llama", 118), [nGrams]).ko,
    /^Llama는 .* TF-IDF \+ 로지스틱 회귀\(76\.6%\)와 똑같이 맞혔습니다\.$/,
  );
  assert.match(headlineFinding(contender("Llama", 118), [nGrams]).en, /is level with it\.$/);
  assert.doesNotMatch(headlineFinding(contender("Llama", 118), []).en, /baseline/);
  // without knowing the songs one by one there is no word of chance
  assert.match(headlineFinding(contender("Llama", 100), [nGrams]).ko, /11\.7점 낮습니다\.$/);
});

Deno.test("a few ends of very long songs that are not read are no other comparison", () => {
  const read = (share: number) => ({ read: { [nGrams.method]: 1, "kobert-small": share } });
  assert.match(
    headlineFinding(contender("kobert-small", 77), [nGrams], read(0.998)).ko,
    /가사를 끝까지 읽었습니다\.$/,
  );
  assert.match(
    headlineFinding(contender("kobert-small", 77), [nGrams], read(0.99)).ko,
    /가사의 99%를 읽었고/,
  );
  assert.deepEqual([0, 0.46, 0.998].map(readText), [
    "읽지 않음 · no lyrics",
    "토큰의 46% · of tokens",
    "가사 전체 · whole lyrics",
  ]);
});

Deno.test("calibrationFinding: too sure, not sure enough, about right", () => {
  const figures = (confidence: number, accuracy: number) => ({
    error: 0.05,
    largestGap: 0.1,
    logLoss: 1.5,
    confidence,
    accuracy,
    bins: [],
  });
  const of = (confidence: number) =>
    calibrationFinding({
      calibration: {
        temperature: 1.23,
        atBound: false,
        before: figures(confidence, 0.5),
        after: figures(0.5, 0.5),
      },
    }).ko;
  assert.match(
    of(0.7),
    /평균 70%의 확신으로 답하고 50%를 맞힙니다\. 확신하는 것보다 덜 맞히는 셈입니다\. 로짓을 온도 1\.23으로 나누면 .* 로그 손실은 1\.50에서 1\.50으로 바뀝니다/,
  );
  assert.match(of(0.4), /확신하는 것보다 더 맞히는 셈입니다/);
  assert.match(of(0.51), /확신하는 만큼 맞히는 셈입니다/);
});

Deno.test("curvesFinding: from the fewest songs to all; nothing to tell of one point", () => {
  const point = (songs: number, value: number) => ({
    songs,
    accuracy: { value, low: 0, high: 1 },
    macroF1: 0,
  });
  const curve = (method: string, ...points: LearningCurve["points"]): LearningCurve => ({
    method,
    points,
    leftOut: [],
  });
  assert.equal(
    curvesFinding([curve("TF-IDF", point(77, 0.4), point(1228, 0.75)), curve("Llama", point(154, 0.3))]).ko,
    "TF-IDF는 77곡을 배워 40.0%, 1,228곡을 배워 75.0%를 맞혔습니다.",
  );
  const pretrained = curve("kobert-small", point(77, 0.4), point(154, 0.5), point(1228, 0.6));
  const scratch = curve("kobert-small-scratch", point(77, 0.3), point(154, 0.32));
  assert.equal(
    curvesFinding([pretrained, scratch]).ko,
    "kobert-small은 77곡을 배워 40.0%, 1,228곡을 배워 60.0%를 맞혔습니다. " +
      "같은 154곡을 배웠을 때, 미리 한국어를 읽은 kobert-small은 50.0%, 처음부터 배운 kobert-small-scratch는 32.0%입니다.",
  );
  assert.match(curvesFinding([curve("TF-IDF", point(5, 0.4))]).ko, /^곡이 너무 적어/);
});

import assert from "node:assert/strict";
import { disposeModel } from "../models/mod.ts";
import {
  type EvaluationRecord,
  fineTune,
  quickRecipe,
  type StepRecord,
  type TrainingRun,
} from "../training/mod.ts";
import { tinyCheckpoint, withWork } from "./testing/work.ts";
import {
  batchFinding,
  batchTable,
  duration,
  epochTable,
  firstBatch,
  modelTable,
  openModel,
  recipeTable,
  runTraining,
  trainingFinding,
} from "./training.ts";

const tokens = "모델이 보는 토큰 · tokens as the model sees them";

Deno.test("the batch shown is the training's first one, padding told and in its place", () =>
  withWork(async (work, folder) => {
    const changed = { ...work, options: { ...work.options, model: await tinyCheckpoint(folder) } };
    const classifier = await openModel(changed);
    const first = firstBatch(classifier, changed), { batch } = first;
    const steps: StepRecord[] = [];
    const { split: { train, validation }, options: { recipe } } = changed;
    await fineTune(classifier, { train, validation }, { ...recipe, maxSteps: 1 }, {
      callbacks: [{ onStep: (record) => void steps.push(record) }],
    });
    assert.deepEqual([batch.examples.length, batch.tokens.inputIds.length], [
      steps[0]!.examples,
      steps[0]!.tokens,
    ]);

    const rows = batchTable(first, { rows: 100 });
    assert.equal(rows.length, batch.examples.length);
    const songs = new Map(work.sides.train.map((song) => [song.songName, song]));
    for (const row of rows) {
      assert.ok(songs.get(row["곡 · song"])!.genres.includes(row["배울 장르 · genre to learn"]));
      assert.equal(row["읽음 · read"] + row["채움 · padding"], batch.tokens.length);
      assert.match(
        row[tokens],
        row["채움 · padding"] > 0 ? new RegExp(` \\[PAD\\] ×${row["채움 · padding"]}$`) : / \[SEP\]$/,
      );
      assert.match(row[tokens], /^\[CLS\] /);
    }
    assert.equal(batchTable(first).length, 6);
    const hidden = rows.reduce((sum, row) => sum + row["채움 · padding"], 0) / batch.tokens.inputIds.length;
    assert.match(batchFinding(first).ko, new RegExp(`${rows.length}행 × ${batch.tokens.length}토큰`));
    assert.ok(batchFinding(first).en.includes(`${(100 * hidden).toFixed(1)}%`));

    const [size] = await modelTable(classifier, changed);
    assert.deepEqual([size!["층 · layers"], size!["너비 · width"], size!["시작 · start"]], [
      1,
      16,
      "사전학습 · pretrained",
    ]);
    disposeModel(classifier.model);
  }));

Deno.test("a song in several rows is shown row by row", () =>
  withWork(async (work, folder) => {
    const { options } = work, recipe = { ...options.recipe, maxLength: 20, maxWindows: 3, windowOverlap: 4 };
    const changed = { ...work, options: { ...options, recipe, model: await tinyCheckpoint(folder) } };
    const classifier = await openModel(changed);
    const rows = batchTable(firstBatch(classifier, changed), { rows: 4 });
    assert.equal(rows[0]!["창 · window"]?.split(" / ")[0], "1");
    assert.equal(rows[1]!["창 · window"]?.split(" / ")[0], "2");
    assert.equal(rows[0]!["곡 · song"], rows[1]!["곡 · song"]);
    disposeModel(classifier.model);
  }));

Deno.test("openModel: where the recipe says so, the model reads the songs' lyrics first", () =>
  withWork(async (work, folder) => {
    const model = await tinyCheckpoint(folder), { options } = work;
    const recipe = { ...options.recipe, adapt: 1, maxLength: 24, learningRate: 1e-2 };
    const { log } = console;
    console.log = () => {};
    try {
      const plain = await openModel({ ...work, options: { ...options, model } });
      const adapted = await openModel({ ...work, options: { ...options, model, recipe } });
      const wordsOf = ({ model }: typeof plain) =>
        model.parameters.get("bert.embeddings.word_embeddings.weight")!.data();
      assert.notDeepEqual(wordsOf(adapted), wordsOf(plain));
      assert.deepEqual([...adapted.labels].sort(), ["댄스", "발라드"]);
      disposeModel(plain.model);
      disposeModel(adapted.model);
    } finally {
      console.log = log;
    }
  }));

Deno.test("runTraining: keeps the best model in the run's folder, and does nothing where all is done", () =>
  withWork(async (work, folder) => {
    const changed = { ...work, options: { ...work.options, model: await tinyCheckpoint(folder) } };
    const quiet = console.log, told: string[] = [];
    console.log = (line) => void told.push(String(line));
    try {
      for (const _ of ["trained", "shown"]) {
        const classifier = await openModel(changed);
        const run = await runTraining(changed, classifier);
        assert.equal(run.ended, "finished");
        assert.equal(run.bestFolder, `${changed.options.output}/best`);
        disposeModel(classifier.model);
      }
    } finally {
      console.log = quiet;
    }
    assert.equal(told.filter((line) => line.includes("이미 끝나")).length, 1);
  }));

const evaluation = (epoch: number, train: number, validation: number): EvaluationRecord => ({
  kind: "evaluation",
  step: 10 * epoch,
  epoch,
  train: { loss: 1, accuracy: train },
  validation: { loss: 1, accuracy: validation },
  best: false,
  elapsedMs: 0,
});

const run = (values: Partial<TrainingRun> = {}): TrainingRun => ({
  history: [evaluation(1, 0.3, 0.4), evaluation(2, 0.5, 0.6), evaluation(3, 0.9, 0.55)],
  steps: 1900,
  ended: "finished",
  best: { value: 0.6, step: 20, epoch: 2 },
  bestFolder: null,
  elapsedMs: 211_000,
  ...values,
});

Deno.test("trainingFinding: how long, which epoch, whether songs were learnt by heart, how it ended", () => {
  assert.equal(
    trainingFinding(run()).ko,
    "1,900스텝을 3분 31초 동안 학습했습니다. 검증 정확도는 2번째 에폭에서 60.0%로 가장 높았고, 그때의 모델을 남겼습니다. " +
      "마지막에는 학습 정확도가 검증보다 35점 높아, 곡을 외우기 시작한 것으로 보입니다.",
  );
  const level = run({
    history: [evaluation(1, 0.6, 0.6)],
    best: { value: 0.6, step: 10, epoch: 1 },
    elapsedMs: 5000,
  });
  assert.equal(
    trainingFinding(level).en,
    "1,900 steps took 5 s. Validation accuracy is highest after epoch 1 (60.0%), and that model is kept.",
  );
  const short = run({ history: [evaluation(0.29, 0.6, 0.6)], best: { value: 0.6, step: 2.9, epoch: 0.29 } });
  assert.match(trainingFinding(short).ko, /검증 정확도는 0\.29에폭째에서 60\.0%로/);
  const averaged = run({
    history: [evaluation(1, 0.6, 0.6), { ...evaluation(2, 0.6, 0.55), averagedEpochs: 3 }],
  });
  assert.match(
    trainingFinding(averaged).en,
    /The mean of the last 3 epochs' parameters is kept \(validation accuracy 55.0%\)\.$/,
  );
  assert.match(
    trainingFinding(run({ ended: "stopped early" })).ko,
    /^검증 점수가 더 나아지지 않아 1,900스텝, 3분 31초 만에 멈췄습니다\./,
  );
  assert.equal(
    trainingFinding(run({ ended: "interrupted", history: [], best: null })).ko,
    "1,900스텝에서 멈춰 두었습니다. 같은 셀을 다시 실행하면 이어서 학습합니다.",
  );
});

Deno.test("epochTable: the epoch that was kept is marked", () => {
  const rows = epochTable(run());
  assert.deepEqual(rows.map((row) => row["남긴 모델 · kept"]), ["", "✓", ""]);
  assert.equal(rows[2]!["학습 정확도 · train accuracy"], "0.900");
});

Deno.test("recipeTable: fields that say nothing are left out", () => {
  const of = (recipe: typeof quickRecipe) => recipeTable(recipe).map((row) => row["값 · field"]);
  assert.ok(!of(quickRecipe).includes("adapt"));
  assert.ok(of({ ...quickRecipe, adapt: 2 }).includes("adapt"));
});

Deno.test("duration: seconds, minutes, hours, in both languages", () => {
  const said = [300, 8000, 65_000, 968_000, 7_500_000].map(duration);
  assert.deepEqual(said.map(({ ko }) => ko), ["1초", "8초", "1분 5초", "16분 8초", "2시간 5분"]);
  assert.deepEqual(said.map(({ en }) => en), ["1 s", "8 s", "1 min 5 s", "16 min 8 s", "2 h 5 min"]);
});

import assert from "node:assert/strict";
import {
  type EvaluationRecord,
  type StepRecord,
  testRecipe,
  type TrainingCallback,
  type TrainingPlan,
  type TrainingRun,
} from "../training/mod.ts";
import { type Predictions, type Trial, type TrialListener, words } from "../trials/mod.ts";
import type { ProgressBar, ProgressOptions } from "./progress.ts";
import { listenForStop } from "./stop.ts";
import { fitShown, trainingProgress, trialsProgress } from "./training_progress.ts";

const common = { epoch: 1, elapsedMs: 1 };
const plan: TrainingPlan = {
  epochs: 2,
  steps: 2,
  stepsPerEpoch: 1,
  examples: 1,
  resumedAt: 0,
  precision: "float32",
};

function step(step: number, loss: number): StepRecord {
  return { kind: "step", step, loss, ...common, learningRate: 1e-3, gradientNorm: 1, examples: 1, tokens: 1 };
}

function evaluation(step: number, accuracy: number): EvaluationRecord {
  const train = { loss: 1, accuracy: 0.5 };
  return { kind: "evaluation", step, ...common, train, validation: { loss: 1, accuracy }, best: true };
}

/** What a training tells when it has ended. */
const run: TrainingRun = {
  history: [],
  steps: 2,
  ended: "finished",
  best: null,
  bestFolder: null,
  elapsedMs: 1,
};

/** Bars that only say what is shown. */
function bars(): { shown: string[]; start: (options: ProgressOptions) => ProgressBar } {
  const shown: string[] = [];
  const start = ({ label, total, unit, done = 0 }: ProgressOptions): ProgressBar => {
    shown.push(`${label}: ${done} of ${total} ${unit}`);
    return {
      update: (done, note) => void shown.push(`${done}: ${note}`),
      advance: (by = 1) => void shown.push(`${by} more`),
      finish: (note) => {
        shown.push(`finished ${note ?? "as it is"}`);
        return Promise.resolve();
      },
    };
  };
  return { shown, start };
}

Deno.test("the last state of a training's bar has its last evaluation", async () => {
  const { shown, start } = bars();
  const progress = trainingProgress(start);
  progress.onStart?.(plan);
  progress.onStep?.(step(1, 0.5));
  progress.onEvaluation?.(evaluation(1, 0.25));
  progress.onStep?.(step(2, 0.125));
  progress.onEvaluation?.(evaluation(2, 0.75));
  await progress.onEnd?.(run);
  assert.deepEqual(shown, [
    "학습 · training (float32): 0 of 2 steps",
    "1: 손실 · loss 0.500",
    "1: 손실 · loss 0.500, 검증 정확도 · validation accuracy 0.250",
    "2: 손실 · loss 0.125, 검증 정확도 · validation accuracy 0.250",
    "2: 손실 · loss 0.125, 검증 정확도 · validation accuracy 0.750",
    "finished as it is",
  ]);
});

Deno.test("the bar says what is learnt: the lyrics before the genres by another name", () => {
  const { shown, start } = bars();
  trainingProgress(start, false, "가사 읽기 · reading the lyrics").onStart?.(plan);
  assert.deepEqual(shown, ["가사 읽기 · reading the lyrics (float32): 0 of 2 steps"]);
});

Deno.test("an evaluation before the first step stands alone", () => {
  const { shown, start } = bars();
  const progress = trainingProgress(start);
  progress.onStart?.({ ...plan, resumedAt: 1 });
  progress.onEvaluation?.(evaluation(1, 0.5));
  assert.deepEqual(shown.slice(1), ["1: 검증 정확도 · validation accuracy 0.500"]);
});

Deno.test("a training that is done says how to train anew where it is seen: by the command, or in a notebook", () => {
  const said: string[] = [], { log } = console;
  console.log = (line: string) => said.push(line);
  try {
    trainingProgress(bars().start).onStart?.({ ...plan, resumedAt: 2 });
    trainingProgress(bars().start, true).onStart?.({ ...plan, resumedAt: 2 });
    trainingProgress(bars().start, true).onStart?.({ ...plan, resumedAt: 1 });
  } finally {
    console.log = log;
  }
  assert.match(said[0]!, /다른 출력 폴더\(--output\)[^]*another output folder \(--output\), or --anew/);
  assert.match(said[1]!, /deno task lab -- --anew[^]*settings\(\{ output: "outputs\/run-2" \}\)/);
  assert.match(said[2]!, /after step 1 of 2/);
});

Deno.test("the log's lines are said in a terminal; in a notebook, which has the bar and a table, only notes are", () => {
  const said: string[] = [], { log } = console;
  console.log = (line: string) => said.push(line);
  const lines = ["스텝 · step 2/4  손실 · loss 0.5", "에폭 · epoch 1.00  학습 · train", "a note"];
  try {
    for (const notebook of [false, true]) {
      const progress = trainingProgress(bars().start, notebook);
      for (const line of lines) progress.onLog?.(line);
    }
  } finally {
    console.log = log;
  }
  assert.deepEqual(said, [...lines, "a note"]);
});

/** A trial as far as it is shown. */
const trial = (kind: "words" | "network", songs: number, about?: string): Trial => ({
  method: kind === "words" ? words() : { kind, source: "network", recipe: testRecipe },
  labels: [],
  sides: { train: Array(songs), validation: [], test: [] },
  seed: 1,
  ...(about !== undefined && { about }),
});

Deno.test("several trials: a bar for each, with its own steps; a fit without a network counts iterations", async () => {
  const { shown, start } = bars();
  const { listener, finish } = trialsProgress("곡선 · curve", start);
  const [callback] = callbacksOf(listener, trial("network", 77));
  await listener.onTrial!(trial("words", 77), "1/3");
  listener.onFit!({ iterations: 1, share: 0.1 });
  listener.onFit!({ iterations: 2, share: 0.2 });
  await listener.onTrial!(trial("network", 77), "2/3");
  await callback!.onStart?.({ ...plan, resumedAt: 1 });
  await callback!.onStep?.(step(2, 0.125));
  await callback!.onEnd?.(run);
  await listener.onTrial!(trial("network", 154, "by artist"), "3/3");
  await callback!.onStart?.(plan);
  await callback!.onEnd?.({ ...run, ended: "interrupted" });
  await finish();
  const words = "TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression";
  assert.deepEqual(shown, [
    `곡선 · curve 1/3: ${words}, 77 songs: 0 of null iterations`,
    "1: ",
    "2: ",
    "finished as it is",
    "곡선 · curve 2/3: network, 77 songs: 1 of 2 steps",
    "2: 손실 · loss 0.125",
    "finished as it is",
    "곡선 · curve 3/3: network, by artist: 0 of 2 steps",
    "finished interrupted",
  ]);
});

/** What listens to a trial's training. */
function callbacksOf({ callbacks = [] }: TrialListener, trial: Trial): readonly TrainingCallback[] {
  return typeof callbacks === "function" ? callbacks(trial) : callbacks;
}

Deno.test("several trials at a time: one bar over the steps of all, with how many are done and under way", async () => {
  const { shown, start } = bars();
  const { listener, finish } = trialsProgress("겹 · folds", start);
  const [one, two, three] = [77, 78, 79].map((songs) => trial("network", songs)) as [Trial, Trial, Trial];
  await listener.onStart!({ trials: 4, before: 1, steps: 40, stepsBefore: 10, together: true });
  for (const begun of [one, two, three]) await listener.onTrial!(begun, "");
  const [[first], [second]] = [one, two].map((of) => callbacksOf(listener, of)) as [
    [TrainingCallback],
    [TrainingCallback],
  ];
  await first.onStart?.({ ...plan, resumedAt: 0 });
  await second.onStart?.({ ...plan, resumedAt: 4 });
  await first.onStep?.(step(3, 0.5));
  await second.onStep?.(step(5, 0.5));
  // its worker died, and it begins again from its last checkpoint
  await first.onStart?.({ ...plan, resumedAt: 2 });
  await listener.onDone!(two, {} as Predictions);
  await finish();
  assert.deepEqual(shown, [
    "겹 · folds: 10 of 40 steps",
    "10: 1/4 끝남 · done, 1 진행 · under way",
    "14: 1/4 끝남 · done, 2 진행 · under way",
    "17: 1/4 끝남 · done, 2 진행 · under way",
    "18: 1/4 끝남 · done, 2 진행 · under way",
    "17: 1/4 끝남 · done, 2 진행 · under way",
    "17: 2/4 끝남 · done, 1 진행 · under way",
    "finished as it is",
  ]);
});

Deno.test("several trials end when stopping is asked for: a fit that never waits is stopped, too", async () => {
  const tell = console.error, folder = await Deno.makeTempDir(), file = `${folder}/STOP`;
  console.error = () => {};
  const progress = trialsProgress("곡선 · curve", bars().start, listenForStop({ file }));
  try {
    await Deno.writeTextFile(file, "");
    const startedAt = Date.now();
    // no timer runs meanwhile
    while (!progress.signal.aborted && Date.now() - startedAt < 5000) {
      await progress.listener.onFit!({ iterations: 1, share: 0 });
    }
    assert.ok(progress.signal.aborted);
  } finally {
    console.error = tell;
    await progress.finish();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a long fit shows what part of an iteration is done, and about how long it still takes", () => {
  let now = 1000;
  const told: [number, string | undefined][] = [];
  const bar = { update: (done: number, note?: string) => told.push([done, note]) } as unknown as ProgressBar;
  const show = fitShown(bar, () => now);
  now += 60_000;
  show({ iterations: 0.256, share: 0 });
  show({ iterations: 12, share: 0.25 });
  show({ iterations: 48, share: 1 });
  assert.deepEqual(told, [
    [0, "이 반복의 25% · 25% of this iteration"],
    [12, "약 3:00 남음 · about 3:00 left"],
    [48, ""],
  ]);
});

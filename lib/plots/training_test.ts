import assert from "node:assert/strict";
import { type EvaluationPoint, lossCurve, type StepPoint } from "./mod.ts";

type Trace = { name: string; x: number[]; y: number[]; xaxis?: string };
const tracesOf = (history: (StepPoint | EvaluationPoint)[], options = {}) =>
  lossCurve(history, options).data as unknown as Trace[];

const step = (step: number, loss: number): StepPoint => ({ kind: "step", step, loss });
const evaluation = (step: number, epoch: number, accuracy: number, best: boolean): EvaluationPoint => ({
  kind: "evaluation",
  step,
  epoch,
  train: { loss: 1, accuracy: 0.5 },
  validation: { loss: 1.2, accuracy },
  best,
});

Deno.test("lossCurve draws steps, their mean, and both sides of each evaluation", () => {
  const history = [
    step(1, 2),
    step(2, 1),
    evaluation(2, 1, 0.4, true),
    step(3, 1),
    evaluation(3, 2, 0.3, false),
  ];
  const traces = tracesOf(history);
  assert.deepEqual(traces.map(({ name, xaxis }) => [name, xaxis ?? "x"]), [
    ["스텝 · step", "x"],
    ["스텝 평균 · step, smoothed", "x"],
    ["학습 · train", "x"],
    ["검증 · validation", "x"],
    ["학습 · train", "x2"],
    ["검증 · validation", "x2"],
  ]);
  assert.deepEqual([traces[0]!.x, traces[0]!.y], [[1, 2, 3], [2, 1, 1]]);
  assert.deepEqual([traces[3]!.x, traces[3]!.y], [[2, 3], [1.2, 1.2]]);
  assert.deepEqual(traces[5]!.y, [0.4, 0.3]);
  const { layout } = lossCurve(history);
  const title = layout.title as { subtitle: { text: string } };
  assert.match(
    title.subtitle.text,
    /3스텝 · steps · 최고는 1에폭 · best: epoch 1, 검증 정확도 · validation accuracy 40\.0%/,
  );
  assert.deepEqual(layout.shapes!.map(({ x0 }) => x0), [2, 2]);
});

Deno.test("lossCurve smooths without the pull of its start", () => {
  // of 100 steps a window of 2: weights 1, 1/2, 1/4 from the newest
  const [, smooth] = tracesOf(Array.from({ length: 100 }, (_, i) => step(i + 1, i === 0 ? 4 : 1)));
  assert.deepEqual(smooth!.y.slice(0, 3), [4, (1 + 4 / 2) / 1.5, (1 + 1 / 2 + 4 / 4) / 1.75]);
});

Deno.test("lossCurve shows a run without evaluation or validation", () => {
  assert.equal(tracesOf([step(1, 2)]).length, 2);
  assert.equal(lossCurve([step(1, 2)]).layout.xaxis2, undefined);
  const alone = { ...evaluation(1, 1, 0, true), validation: null };
  const figure = lossCurve([step(1, 2), alone]);
  assert.equal(figure.data.length, 4);
  assert.match(
    (figure.layout.title as { subtitle: { text: string } }).subtitle.text,
    /train accuracy 50\.0%/,
  );
});

Deno.test("lossCurve draws long runs by their means, to the last step", () => {
  const history = Array.from({ length: 10_001 }, (_, i) => step(i + 1, i % 2));
  const [raw, smooth] = tracesOf(history);
  assert.ok(raw!.x.length <= 1500 && smooth!.x.length === raw!.x.length);
  assert.equal(raw!.x.at(-1), 10_001);
  assert.ok(raw!.y.slice(0, -1).every((loss) => loss > 0.4 && loss < 0.6));
});

Deno.test("lossCurve names the step whose loss cannot be drawn", () => {
  assert.throws(() => lossCurve([step(1, 2), step(7, NaN)]), /the loss of step 7 is NaN/);
  assert.throws(
    () => lossCurve([evaluation(9, 1, Infinity, true)]),
    /validation accuracy of the evaluation at step 9/,
  );
});

Deno.test("lossCurve of a language model: names the tokens and tells the perplexity", () => {
  const { data, layout } = lossCurve([
    { kind: "step", step: 1, loss: 2.1 },
    {
      kind: "evaluation",
      step: 1,
      epoch: 1,
      train: { loss: 2, accuracy: 0.2 },
      validation: { loss: Math.log(5), accuracy: 0.5 },
      best: true,
    },
  ], { tokens: true });
  assert.match(JSON.stringify(layout.title), /perplexity 5\.0/);
  assert.match(JSON.stringify(layout.title), /언어 모델/);
  const validation = data.find(({ name }) => name?.includes("validation")) as { customdata: number[][] };
  assert.ok(Math.abs(validation.customdata[0]![1]! - 5) < 1e-9);
});

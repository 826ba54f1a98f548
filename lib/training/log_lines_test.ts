import assert from "node:assert/strict";
import { duration, evaluationLine, stepLine } from "./journal.ts";

Deno.test("duration: seconds, minutes, hours", () => {
  const texts = [0, 1499, 119_000, 120_000, 3_600_000, 7_140_000, 7_200_000, 12_060_000].map(duration);
  assert.deepEqual(texts, ["0 s", "1 s", "119 s", "2 min", "60 min", "119 min", "2 h 0 min", "3 h 21 min"]);
});

Deno.test("stepLine: speed and time left are counted from where this process began", () => {
  const record = {
    kind: "step" as const,
    step: 150,
    epoch: 1.5,
    loss: 0.51234,
    learningRate: 2e-5,
    gradientNorm: 1.234,
    examples: 32,
    tokens: 2048,
    elapsedMs: 1_025_000,
  };
  // 50 steps in 25 s after 100 steps in 1,000 s on a slower machine
  assert.equal(
    stepLine(record, 400, { step: 100, elapsedMs: 1_000_000 }),
    "스텝 · step 150/400  에폭 · epoch 1.50  손실 · loss 0.5123  학습률 · learning rate 2.00e-5  " +
      "기울기 · gradient norm 1.23  2.00 steps/s  남은 시간 · left 2 min",
  );
});

Deno.test("evaluationLine: training and validation, and whether it is the best", () => {
  const record = {
    kind: "evaluation" as const,
    step: 10,
    epoch: 2,
    train: { loss: 0.5, accuracy: 0.75 },
    validation: { loss: 0.625, accuracy: 0.5 },
    best: true,
    elapsedMs: 5,
  };
  assert.equal(
    evaluationLine(record),
    "에폭 · epoch 2.00  학습 · train 손실 · loss 0.5000 정확도 · accuracy 0.7500  " +
      "검증 · validation 손실 · loss 0.6250 정확도 · accuracy 0.5000  (지금까지 최고 · best so far)",
  );
  assert.equal(
    evaluationLine({ ...record, validation: null }),
    "에폭 · epoch 2.00  학습 · train 손실 · loss 0.5000 정확도 · accuracy 0.7500",
  );
});

import assert from "node:assert/strict";
import type { Predictions } from "../mod.ts";
import { meanPredictions } from "./mean.ts";

const predictions = (test: number[][], changed: Partial<Predictions> = {}): Predictions => ({
  each: false,
  validation: { shares: [[0.5, 0.5]], logits: [[0, 0]] },
  test: { shares: test, logits: null },
  cost: { seconds: 2, answerSeconds: 1, steps: 10, tokens: 100, parameters: 7 },
  ...changed,
});

Deno.test("meanPredictions: probabilities averaged song by song, costs added up, no logits", () => {
  // by hand: (0.75 + 0.25) / 2, (0 + 0.5) / 2 …
  const mean = meanPredictions([
    predictions([[0.75, 0.25], [0, 1]]),
    predictions([[0.25, 0.75], [0.5, 0.5]]),
  ]);
  assert.deepEqual(Array.from(mean.test.shares, (row) => [...row as Float64Array]), [[0.5, 0.5], [
    0.25,
    0.75,
  ]]);
  assert.deepEqual([mean.validation.logits, mean.test.logits, mean.each], [null, null, false]);
  assert.deepEqual(mean.cost, { seconds: 4, answerSeconds: 2, steps: 20, tokens: 200, parameters: 14 });
  assert.equal(meanPredictions([predictions([[1, 0]]), predictions([[1, 0]], { cost: null })]).cost, null);
});

Deno.test("meanPredictions: nothing, other songs, other genres and other kinds are refused", () => {
  assert.throws(() => meanPredictions([]), /nothing to average/);
  const one = predictions([[1, 0]]);
  assert.throws(
    () => meanPredictions([one, predictions([[1, 0], [1, 0]])]),
    /2 songs of 2 genres beside 1 of 2/,
  );
  assert.throws(() => meanPredictions([one, predictions([[1, 0, 0]])]), /1 songs of 3 genres beside 1 of 2/);
  assert.throws(() => meanPredictions([one, predictions([[1, 0]], { each: true })]), /yes or no/);
});

import assert from "node:assert/strict";
import {
  alignProbabilities,
  applyTemperature,
  argmax,
  expectedCalibrationError,
  fitTemperature,
  softmax,
} from "./mod.ts";
import { assertClose, fixture } from "./testing/fixtures.ts";

const logLoss = (truth: readonly number[], rows: readonly ArrayLike<number>[]) =>
  truth.reduce((sum, label, i) => sum - Math.log(rows[i]![label]!), 0) / truth.length;

for (const example of fixture("probabilities").cases) {
  const { truth, logits } = example;
  const probabilities = softmax(logits);

  Deno.test(`calibration error agrees with scikit-learn's reliability curve: ${example.name}`, () => {
    const expected = example.calibration, { bins, ...sums } = expectedCalibrationError(truth, probabilities);
    assertClose([sums.error, sums.largestGap], [expected.error, expected.largestGap]);
    assert.deepEqual(bins.map((bin) => bin.count), expected.counts);
    const filled = bins.filter((bin) => bin.count > 0);
    assertClose(filled.map((bin) => bin.accuracy), expected.accuracy);
    assertClose(filled.map((bin) => bin.confidence), expected.confidence);
  });

  Deno.test(`the temperature is the minimum that scipy finds: ${example.name}`, () => {
    for (const expected of example.temperatures) {
      const fit = fitTemperature(truth, logits, { sampleWeight: expected.weights ?? undefined });
      assert.equal(fit.atBound, false);
      assertClose(fit.temperature, expected.temperature);
      assertClose(fit.temperature, expected.sklearn, 1e-6);
    }
  });
}

Deno.test("a temperature changes confidence, never the prediction", () => {
  const { logits, truth } = fixture("probabilities").cases[0];
  const { temperature } = fitTemperature(truth, logits);
  const calibrated = applyTemperature(logits, temperature);
  assert.deepEqual(calibrated.map(argmax), logits.map(argmax));
  const least = logLoss(truth, calibrated);
  for (const other of [0.99, 1.01]) {
    assert.ok(logLoss(truth, applyTemperature(logits, temperature * other)) > least);
  }
  assert.throws(() => applyTemperature(logits, 0), /temperature is 0/);
});

Deno.test("a temperature that the data cannot tell stops at a bound and says so", () => {
  const always = fitTemperature([0, 1], [[1, 0], [0, 1]]);
  assert.deepEqual([always.temperature, always.atBound], [0.01, true]);
  const never = fitTemperature([1, 0], [[1, 0], [0, 1]]);
  assert.deepEqual([never.temperature, never.atBound], [100, true]);
});

Deno.test("confidences on a bin's edge belong to the lower bin", () => {
  const { bins } = expectedCalibrationError([0, 0, 0], [[0.6, 0.4], [0.61, 0.39], [1, 0]]);
  assert.deepEqual([8, 9, 14].map((bin) => bins[bin]!.count), [1, 1, 1]);
});

Deno.test("NaN, logits and rows that do not sum to 1 are errors that say where", () => {
  for (const measure of [expectedCalibrationError]) {
    assert.throws(() => measure([0, 1], [[1, 0], [NaN, 1]]), /probabilities row 1, class 0 is NaN/);
    assert.throws(
      () => measure([0], [[3, -2]]),
      /row 0, class 0 is 3, outside 0 to 1; for logits call softmax/,
    );
    assert.throws(() => measure([0], [[0.5, 0.4]]), /row 0 sums to 0.9/);
    assert.throws(() => measure([0, 1], [[1, 0], [1]]), /row 1 has 1 numbers but row 0 has 2/);
    assert.throws(() => measure([2], [[1, 0]]), /truth\[0\] is 2, which is none of the 2 classes' indices/);
    assert.throws(() => measure(["c"], [[1, 0]], { classes: ["a", "b"] }), /truth\[0\] is "c".*\(a, b\)/);
    assert.throws(
      () => measure(["a"], [[1, 0]], { classes: ["a"] }),
      /1 classes are named but the rows have 2/,
    );
  }
  assert.throws(() => fitTemperature([0], [[Infinity, 0]]), /logits row 0, class 0 is Infinity/);
});

Deno.test("alignProbabilities puts columns in a common order and keeps absent classes at 0", () => {
  assertClose(alignProbabilities([[0.3, 0.7]], ["c", "a"], ["a", "b", "c"]), [[0.7, 0, 0.3]]);
  assert.throws(() => alignProbabilities([[1]], ["d"], ["a"]), /"d" is not among the labels/);
});

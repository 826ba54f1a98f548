import assert from "node:assert/strict";
import {
  accuracy,
  classificationReport,
  confusionMatrix,
  expectedCalibrationError,
  labelsOf,
  macroF1,
  majorityShares,
  softmax,
} from "./mod.ts";
import { compareCodePoints } from "./labels.ts";
import { assertClose } from "./testing/fixtures.ts";

Deno.test("labels sort as in Python: numbers by value, strings by code point", () => {
  assert.deepEqual(labelsOf([10, 9, 2], Int32Array.of(1)), [1, 2, 9, 10]);
  assert.deepEqual(labelsOf(["가", "\u{1f600}", "\uffee", "a", "Z"]), [
    "Z",
    "a",
    "가",
    "\uffee",
    "\u{1f600}",
  ]);
  assert.ok(compareCodePoints("ab", "abc") < 0 && compareCodePoints("b", "abc") > 0);
  assert.equal(compareCodePoints("\u{1f600}", "\u{1f600}"), 0);
  assert.ok(compareCodePoints("\u{1f600}", "\u{1f601}") < 0);
});

Deno.test("unequal lengths are an error that names both", () => {
  const message = /truth has 3 entries but predictions has 2/;
  assert.throws(() => accuracy([0, 1, 2], [0, 1]), { name: "RangeError", message });
  assert.throws(() => confusionMatrix([0, 1, 2], [0, 1]), message);
  assert.throws(() => classificationReport([0, 1, 2], [0, 1]), message);
  assert.throws(
    () => expectedCalibrationError([0], [[1, 0], [0, 1]]),
    /truth has 1 entries but probabilities has 2/,
  );
});

Deno.test("empty input is an error, not NaN", () => {
  for (const measure of [accuracy, macroF1, confusionMatrix, classificationReport]) {
    assert.throws(() => measure([], []), /truth is empty/);
  }
  assert.throws(() => expectedCalibrationError([], []), /truth is empty/);
});

Deno.test("names compared with indices, and missing labels, are errors that say where", () => {
  assert.throws(() => accuracy(["발라드"], [0]), {
    name: "TypeError",
    message: /predictions\[0\] is the number 0 but truth holds strings \("발라드"\)/,
  });
  assert.throws(() => accuracy([0, NaN], [0, 0]), /truth\[1\] is NaN/);
  const missing = [undefined] as unknown as string[];
  assert.throws(() => macroF1(["a"], missing), /predictions\[0\] is undefined/);
});

Deno.test("bad weights are errors", () => {
  const shares = (weights: number[]) => majorityShares([0, 1], [0, 1], weights);
  assert.throws(() => shares([1]), /has 2 entries but .* has 1/);
  assert.throws(() => shares([1, -1]), /weight 1 is -1/);
  assert.throws(() => shares([1, NaN]), /weight 1 is NaN/);
  assert.throws(() => shares([0, 0]), /all weights are 0/);
});

Deno.test("softmax sums to 1, survives large logits and ignores a common shift", () => {
  assertClose(softmax([[1000, 1000, -1000]]), [[0.5, 0.5, 0]]);
  assertClose(softmax([[1, 2, 3]]), softmax([[101, 102, 103]]), 1e-12);
});

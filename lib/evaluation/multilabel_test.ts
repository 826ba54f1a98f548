import assert from "node:assert/strict";
import { applyThresholds, fitThresholds, multilabelScores, type Scores } from "./mod.ts";
import { assertClose, fixture } from "./testing/fixtures.ts";

const triple = ({ precision, recall, f1 }: Scores) => [precision, recall, f1];

fixture("multilabel").cases.forEach((
  // deno-lint-ignore no-explicit-any -- a fixture's case
  example: any,
  index: number,
) => {
  Deno.test(`measures of several genres a song agree with scikit-learn: case ${index}`, () => {
    const { truth, probabilities } = example;
    const genres = truth[0].length;
    const scores = multilabelScores(truth, applyThresholds(probabilities, Array(genres).fill(0.5)));
    assertClose([scores.subsetAccuracy, scores.hammingLoss], [example.subsetAccuracy, example.hammingLoss]);
    for (const average of ["micro", "macro", "weighted", "samples"] as const) {
      if (example[average]) assertClose(triple(scores[average]), example[average], 1e-9, average);
    }
  });

  Deno.test(`fitted thresholds reach the best F1 of scikit-learn's curve: case ${index}`, () => {
    const { truth, probabilities } = example;
    const thresholds = fitThresholds(truth, probabilities);
    const { perLabel } = multilabelScores(truth, applyThresholds(probabilities, thresholds));
    assertClose(perLabel.map((line) => line.support > 0 ? line.f1 : 0), example.bestF1);
  });
});

Deno.test("a genre that no song has keeps the threshold 0.5", () => {
  assertClose(fitThresholds([[1, 0], [0, 0]], [[0.3, 0.2], [0.1, 0.9]]), [0.2, 0.5]);
});

Deno.test("of equally good thresholds the one nearest to 0.5 is taken", () => {
  // Giving the genre to the first song or to all four: F1 2/3 either way.
  const truth = [[1], [0], [0], [1]];
  assertClose(fitThresholds(truth, [[0.9], [0.5], [0.4], [0.2]]), [0.7]); // not 0.1
  assertClose(fitThresholds(truth, [[0.99], [0.97], [0.9], [0.8]]), [0.4]); // not 0.98
});

Deno.test("a song of which no genre reaches its threshold gets none, or the likeliest where asked", () => {
  const rows = [[0.2, 0.4, 0.3], [0.6, 0.1, 0.9]], thresholds = [0.5, 0.5, 0.5];
  const given = (options = {}) => applyThresholds(rows, thresholds, options).map((row) => [...row]);
  assert.deepEqual(given(), [[0, 0, 0], [1, 0, 1]]);
  assert.deepEqual(given({ atLeastOne: true }), [[0, 1, 0], [1, 0, 1]]);
});

Deno.test("multi-label input that does not fit is an error", () => {
  assert.throws(() => multilabelScores([[1, 0]], [[0.7, 0.2]]), /predictions row 0, genre 0 is 0.7/);
  assert.throws(() => multilabelScores([[1, 0]], [[1]]), /truth has 2 genres but predictions has 1/);
  assert.throws(() => multilabelScores([], []), /truth is empty/);
  assert.throws(() => fitThresholds([[1, 0]], [[0.5]]), /truth has 2 genres but probabilities have 1/);
  assert.throws(() => applyThresholds([[0.5]], [0.5, 0.5]), /2 thresholds for rows of 1 genres/);
});

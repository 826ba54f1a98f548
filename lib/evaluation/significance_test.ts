import assert from "node:assert/strict";
import { holmCorrection, pairedTest } from "./significance.ts";
import { mcNemar } from "./resampling.ts";
import { assertClose } from "./testing/fixtures.ts";

/** Right (1) and wrong (0) answers by a simple repeatable pattern. */
const pattern = (count: number, factor: number, level: number) =>
  Array.from({ length: count }, (_, i) => Number((i * factor + 3) % 17 < level));

Deno.test("pairedTest of single trainings is McNemar's exact test", () => {
  const cases: [number[], number[]][] = [
    [pattern(154, 5, 12), pattern(154, 7, 9)],
    [pattern(40, 5, 10), pattern(40, 11, 10)],
    [[1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0]],
    [[1, 0, 1], [1, 0, 1]],
  ];
  for (const [first, second] of cases) {
    const expected = mcNemar(first.map(Boolean), second.map(Boolean));
    const found = pairedTest({ right: first, runs: 1 }, { right: second, runs: 1 });
    assert.deepEqual([found.firstBetter, found.secondBetter], [expected.onlyFirst, expected.onlySecond]);
    assertClose(found.p, expected.exactP, 1e-12);
  }
});

Deno.test("pairedTest of several trainings is the share of sign choices, counted one by one", () => {
  const first = [3, 0, 2, 3, 1, 3, 2, 3, 0, 3, 1], second = [0, 1, 2, 1, 1, 0, 0, 2, 1, 1, 0];
  // against a model of two trainings: differences in sixths
  const differences = first.map((right, i) => right * 2 - second[i]! * 3);
  const seen = Math.abs(differences.reduce((sum, d) => sum + d, 0));
  let extreme = 0;
  const choices = 2 ** differences.length;
  for (let choice = 0; choice < choices; choice++) {
    const sum = differences.reduce((sum, d, i) => sum + (choice >> i & 1 ? d : -d), 0);
    if (Math.abs(sum) >= seen) extreme++;
  }
  const { p, difference } = pairedTest({ right: first, runs: 3 }, { right: second, runs: 2 });
  assertClose(p, extreme / choices, 1e-12);
  assertClose(difference, 21 / 33 - 9 / 22, 1e-12);
  assert.ok(p > 0.01 && p < 0.5, `${p}`);
});

Deno.test("pairedTest refuses what are no counts of right answers", () => {
  const right = [1, 0];
  assert.throws(() => pairedTest({ right, runs: 1 }, { right: [1], runs: 1 }), /first.right has 2 entries/);
  assert.throws(() => pairedTest({ right, runs: 0 }, { right, runs: 1 }), /first.runs is 0/);
  assert.throws(() => pairedTest({ right, runs: 1 }, { right: [2, 0], runs: 1 }), /second.right\[0\] is 2/);
  assert.throws(
    () => pairedTest({ right, runs: 1 }, { right: [0.5, 0], runs: 1 }),
    /second.right\[0\] is 0.5/,
  );
});

Deno.test("holmCorrection multiplies the smallest by all tests, the next by one less, and never falls", () => {
  // by hand: 0.005·4, 0.01·3, then max(0.03·2, 0.03) and max(0.04·1, 0.06)
  assertClose(holmCorrection([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02], 1e-12);
  assertClose(holmCorrection([0.6, 0.5]), [1, 1], 1e-12);
  assertClose(holmCorrection([0.02]), [0.02], 1e-12);
  assert.deepEqual(holmCorrection([]), []);
  assert.throws(() => holmCorrection([0.5, 1.2]), /p-value 1 is 1.2/);
  assert.throws(() => holmCorrection([NaN]), /p-value 0 is NaN/);
});

import assert from "node:assert/strict";
import { bootstrapInterval, mcNemar, percentile } from "./mod.ts";
import { assertClose, fixture } from "./testing/fixtures.ts";

const reference = fixture("labels");

Deno.test("percentile agrees with numpy", () => {
  const { values, shares, expected } = reference.percentiles;
  assertClose(shares.map((share: number) => percentile(values, share)), expected);
});

for (const example of reference.mcNemar) {
  const { onlyFirst, onlySecond } = example;
  Deno.test(`McNemar's test agrees with scipy: ${onlyFirst} against ${onlySecond}`, () => {
    const both = [true, true, false];
    const first = [...both, ...Array(onlyFirst).fill(true), ...Array(onlySecond).fill(false)];
    const second = [...both, ...Array(onlyFirst).fill(false), ...Array(onlySecond).fill(true)];
    const result = mcNemar(first, second);
    assert.deepEqual([result.onlyFirst, result.onlySecond], [onlyFirst, onlySecond]);
    assertClose(result.exactP, example.exactP);
    const swapped = mcNemar(second, first);
    assert.equal(swapped.exactP, result.exactP);
  });
}

Deno.test("mcNemar refuses unequal lengths", () => {
  assert.throws(() => mcNemar([true], [true, false]), /firstCorrect has 1 .* secondCorrect has 2/);
});

const right = Array.from({ length: 400 }, (_, i) => i % 4 !== 0);
const share = (rows: Int32Array) => rows.reduce((sum, i) => sum + (right[i] ? 1 : 0), 0) / rows.length;

Deno.test("a bootstrap interval of an accuracy is near the binomial one", () => {
  const interval = bootstrapInterval(400, share, { samples: 4000, seed: 3 });
  const standardError = Math.sqrt(0.75 * 0.25 / 400);
  assert.equal(interval.value, 0.75);
  assertClose(interval.low, 0.75 - 1.96 * standardError, 0.005);
  assertClose(interval.high, 0.75 + 1.96 * standardError, 0.005);
});

Deno.test("the same seed gives the same interval, another seed another", () => {
  const make = (seed: number) => bootstrapInterval(400, share, { samples: 50, seed });
  assert.deepEqual(make(1), make(1));
  assert.notDeepEqual(make(1), make(2));
});

Deno.test("resampling whole groups keeps them together and widens the interval", () => {
  // Twenty instances of each of 20 songs, all right or all wrong: only 20 independent answers.
  const groups = Array.from({ length: 400 }, (_, i) => i % 20);
  const ofGroup = (rows: Int32Array) =>
    rows.reduce((sum, i) => sum + (groups[i]! < 15 ? 1 : 0), 0) / rows.length;
  const grouped = bootstrapInterval(400, ofGroup, { groups, seed: 5 });
  const single = bootstrapInterval(400, ofGroup, { seed: 5 });
  assert.equal(grouped.value, 0.75);
  const width = ({ low, high }: { low: number; high: number }) => high - low;
  assertClose(width(grouped), 2 * 1.96 * Math.sqrt(0.75 * 0.25 / 20), 0.05);
  assert.ok(width(grouped) > 3 * width(single));
  bootstrapInterval(4, (rows) => {
    const count = (i: number) => rows.filter((row) => row === i).length;
    assert.deepEqual([count(0), count(1)], [count(2), count(3)]);
    return 0;
  }, { groups: ["a", "b", "a", "b"] });
});

Deno.test("every example is drawn equally often", () => {
  const drawn = new Float64Array(5);
  bootstrapInterval(5, (rows) => {
    rows.forEach((i) => drawn[i]!++);
    return 0;
  }, { samples: 4000, seed: 11 });
  // 4,000 resamples and the data itself; a binomial's standard deviation is 57.
  for (const count of drawn) assert.ok(Math.abs(count - 4001) < 230, `drawn ${drawn}`);
});

Deno.test("bootstrapInterval refuses what it cannot resample", () => {
  assert.throws(() => bootstrapInterval(0, () => 0), /count is 0/);
  assert.throws(() => bootstrapInterval(2, () => NaN), /statistic gave NaN/);
  assert.throws(() => bootstrapInterval(2, () => 0, { samples: 0 }), /samples is 0/);
  assert.throws(() => bootstrapInterval(2, () => 0, { groups: ["a"] }), /count is 2 but groups has 1/);
});

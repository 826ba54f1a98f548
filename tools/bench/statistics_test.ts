import assert from "node:assert/strict";
import { compare, median } from "./statistics.ts";

Deno.test("median: the middle value, of an even number the mean of two; order does not matter", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.throws(() => median([]), /needs values/);
});

Deno.test("compare: above 1 where ours is better, for times and for rates", () => {
  const times = compare([1, 2, 1], [2, 3, 4], "less");
  assert.deepEqual(times, { ours: 1, peer: 3, ratio: 3, spread: [1.5, 4], rounds: 3 });
  const rates = compare([10, 20], [10, 10], "more");
  assert.deepEqual(rates, { ours: 15, peer: 10, ratio: 1.5, spread: [1, 2], rounds: 2 });
  assert.throws(() => compare([1], [], "less"), /1 rounds of ours, 0/);
});

import assert from "node:assert/strict";
import { seededRandom, shuffled } from "./random.ts";

Deno.test("seededRandom: mulberry32's known numbers, the same for the same seed", () => {
  const random = seededRandom(1);
  assert.deepEqual(Array.from({ length: 3 }, () => random() * 2 ** 32), [2693262067, 11749833, 2265367787]);
  assert.notEqual(seededRandom(2)(), seededRandom(1)());
  assert.throws(() => seededRandom(0.5), RangeError);
  assert.throws(() => seededRandom(NaN), RangeError);
});

Deno.test("shuffled: every order is about as frequent, and the items stay", () => {
  const random = seededRandom(3);
  const counts = new Map<string, number>();
  for (let trial = 0; trial < 6000; trial++) {
    const order = shuffled(["a", "b", "c"], random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const count of counts.values()) assert(count > 880 && count < 1120, `${count} of an expected 1000`);
});

/** Random numbers: known ones, as uniform and as normal as they should be, the same for the same seed. */
import assert from "node:assert/strict";
import { generator, normalValues, permutation, randomKey, seededRandom, shuffled } from "./random.ts";

Deno.test("seededRandom: mulberry32's known numbers, the same for the same seed", () => {
  const random = seededRandom(1);
  assert.deepEqual(Array.from({ length: 3 }, () => random() * 2 ** 32), [2693262067, 11749833, 2265367787]);
  assert.notEqual(seededRandom(2)(), seededRandom(1)());
  assert.throws(() => seededRandom(0.5), RangeError);
  assert.throws(() => seededRandom(NaN), RangeError);
});

Deno.test("keyed numbers are the known ones: saved results, dropout and checkpoints go by them", () => {
  const random = generator(randomKey(7, 1, 2));
  assert.deepEqual(randomKey(7, 1, 2), [925054455, -946493026]);
  assert.deepEqual(Array.from({ length: 3 }, () => random() * 2 ** 32), [1663088304, 3089274347, 2477080162]);
  assert.deepEqual([...permutation(8, randomKey(7, 3))], [0, 4, 7, 2, 3, 6, 1, 5]);
  assert.deepEqual([...normalValues(3, 1, randomKey(7, 21))], [
    0.6205390691757202,
    0.2938384413719177,
    1.5668020248413086,
  ]);
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

Deno.test("randomKey: every part counts, in its place, above 32 bits too", () => {
  const keys = [[], [0], [0, 0], [1, 2], [2, 1], [1], [2 ** 32 + 1], [-1], [2 ** 31]].map((parts) =>
    randomKey(...parts).join()
  );
  assert.equal(new Set(keys).size, keys.length);
  assert.deepEqual(randomKey(7, 1), randomKey(7, 1));
});

Deno.test("generator and normalValues: as uniform and as normal as they should be", () => {
  const random = generator(randomKey(3));
  const draws = Float64Array.from({ length: 20000 }, () => random());
  assert.ok(draws.every((value) => value >= 0 && value < 1));
  const bins = new Array(10).fill(0);
  draws.forEach((value) => bins[Math.floor(value * 10)]++);
  // chi-squared with 9 degrees of freedom: 27.9 is exceeded once in a thousand
  assert.ok(bins.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0) < 27.9, `${bins}`);

  const normal = normalValues(20001, 0.02, randomKey(4));
  assert.equal(normal.length, 20001);
  const mean = normal.reduce((a, b) => a + b, 0) / normal.length;
  const deviation = Math.sqrt(normal.reduce((sum, x) => sum + (x - mean) ** 2, 0) / normal.length);
  assert.ok(Math.abs(mean) < 4 * 0.02 / Math.sqrt(20001), `mean ${mean}`);
  assert.ok(Math.abs(deviation / 0.02 - 1) < 0.02, `standard deviation ${deviation}`);
  assert.deepEqual(normalValues(20001, 0.02, randomKey(4)), normal);
});

Deno.test("permutation: every number once, every place as likely", () => {
  const order = permutation(100, randomKey(5));
  assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.deepEqual([...permutation(0, randomKey(5))], []);
  const firsts = new Array(5).fill(0);
  for (let key = 0; key < 5000; key++) firsts[permutation(5, randomKey(key, 6))[0]!]++;
  // chi-squared with 4 degrees of freedom: 18.5 is exceeded once in a thousand
  assert.ok(firsts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0) < 18.5, `${firsts}`);
});

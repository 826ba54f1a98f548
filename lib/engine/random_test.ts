import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { generator, normalValues, permutation, randomKey, uniform } from "./random.ts";
import { take } from "./testing.ts";

await startEngine();

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

Deno.test("uniform: numbers of the key alone, in [0, 1)", () => {
  const draw = (...key: number[]) => take(uniform([40, 50], randomKey(...key)));
  const first = draw(1, 2);
  assert.deepEqual(draw(1, 2), first);
  assert.notDeepEqual(draw(1, 3), first);
  assert.ok(first.every((value) => value >= 0 && value < 1));
  const mean = first.reduce((a, b) => a + b, 0) / first.length;
  assert.ok(Math.abs(mean - 0.5) < 4 * Math.sqrt(1 / 12 / first.length), `mean ${mean}`);
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

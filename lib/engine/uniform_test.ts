/** Random tensors: of the key alone, in [0, 1). */
import assert from "node:assert/strict";
import { randomKey } from "../ground/pure.ts";
import { startEngine } from "./backend.ts";
import { take } from "./testing/gradients.ts";
import { uniform } from "./uniform.ts";

await startEngine();

Deno.test("uniform: numbers of the key alone, in [0, 1)", () => {
  const draw = (...key: number[]) => take(uniform([40, 50], randomKey(...key)));
  const first = draw(1, 2);
  assert.deepEqual(draw(1, 2), first);
  assert.notDeepEqual(draw(1, 3), first);
  assert.ok(first.every((value) => value >= 0 && value < 1));
  const mean = first.reduce((a, b) => a + b, 0) / first.length;
  assert.ok(Math.abs(mean - 0.5) < 4 * Math.sqrt(1 / 12 / first.length), `mean ${mean}`);
});

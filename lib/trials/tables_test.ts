import assert from "node:assert/strict";
import { differenceText, pointsText } from "./tables.ts";

Deno.test("pointsText: signs, and none where it rounds to nothing", () => {
  assert.deepEqual([0.0123, -0.0123, 0, -0.0004, 0.0004].map(pointsText), [
    "+1.2",
    "−1.2",
    "0.0",
    "0.0",
    "0.0",
  ]);
});

Deno.test("differenceText: an interval, a single split without one, words where nothing changed", () => {
  assert.equal(differenceText({ value: 0.012, low: -0.005, high: 0.029 }), "+1.2 [−0.5, +2.9]");
  assert.equal(differenceText({ value: 0, low: -0.006, high: 0.006 }), "0.0 [−0.6, +0.6]");
  assert.equal(differenceText({ value: 0.012, low: NaN, high: NaN }), "+1.2");
  const nothing = differenceText({ value: 0, low: 0, high: 0 });
  assert.equal(nothing, "0.0 (차이 없음 · no difference)");
  assert.ok(!/[[+]/.test(nothing));
});

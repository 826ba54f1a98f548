import assert from "node:assert/strict";
import { heldOut } from "./run_songs.ts";

Deno.test("heldOut: a tenth validates, drawn by the seed; every text is on one side", () => {
  const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);
  const { train, validation } = heldOut(texts, 0.1, 7);
  assert.equal(validation.length, 4);
  assert.deepEqual([...train, ...validation].sort(), [...texts].sort());
  assert.deepEqual(heldOut(texts, 0.1, 7), { train, validation });
  assert.notDeepEqual(heldOut(texts, 0.1, 8).validation, validation);
  assert.equal(heldOut(texts.slice(0, 3), 0.1, 7).validation.length, 1);
  assert.deepEqual(heldOut(["one"], 0.1, 7), { train: ["one"], validation: [] });
});

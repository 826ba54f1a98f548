import assert from "node:assert/strict";
import { didYouMean, nearestOf } from "./nearest.ts";

Deno.test("nearestOf: fewest changed letters, case aside", () => {
  assert.equal(nearestOf("trian", ["start", "train", "predict"]), "train");
  assert.equal(nearestOf("SETUP", ["start", "setup"]), "setup");
  assert.equal(nearestOf("x", []), undefined);
});

Deno.test("nearestOf: Hangul in whichever form it is typed", () => {
  assert.equal(nearestOf("발라드".normalize("NFD"), ["댄스", "발라드"]), "발라드");
});

Deno.test("didYouMean: a near word is offered, a far one not", () => {
  assert.equal(
    didYouMean("kobert_small", ["llama-small", "kobert-small"]),
    ' (did you mean "kobert-small"?)',
  );
  assert.equal(didYouMean("발라", ["댄스", "발라드"]), ' (did you mean "발라드"?)');
  assert.equal(didYouMean("xyz", ["댄스", "발라드"]), "");
  assert.equal(didYouMean("xyz", []), "");
});

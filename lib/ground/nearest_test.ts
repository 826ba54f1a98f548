import assert from "node:assert/strict";
import { didYouMean, nearOf } from "./nearest.ts";

Deno.test("nearOf: fewest changed letters, case aside", () => {
  assert.equal(nearOf("trian", ["start", "train", "predict"]), "train");
  assert.equal(nearOf("SETUP", ["start", "setup"]), "setup");
  assert.equal(nearOf("x", []), undefined);
});

Deno.test("nearOf: Hangul in whichever form it is typed", () => {
  assert.equal(nearOf("발라드".normalize("NFD"), ["댄스", "발라드"]), "발라드");
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

import assert from "node:assert/strict";
import { wilsonInterval } from "./mod.ts";
import { assertClose, fixture } from "./testing/fixtures.ts";

Deno.test("Wilson's interval agrees with scipy", () => {
  const cases = fixture("labels").wilson;
  assert.equal(cases.length, 8);
  for (const [correct, count, low, high] of cases) {
    const share = wilsonInterval(correct, count);
    assert.equal(share.value, correct / count);
    assertClose([share.low, share.high], [low, high], 1e-9, `${correct} of ${count}`);
  }
});

Deno.test("what is no count of right answers is an error", () => {
  for (const [correct, count] of [[0, 0], [3, 2], [-1, 2], [0.5, 2], [NaN, 2]] as const) {
    assert.throws(() => wilsonInterval(correct, count), /give whole numbers/);
  }
});

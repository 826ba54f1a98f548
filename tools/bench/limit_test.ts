import assert from "node:assert/strict";
import { limitOf, operationsOf } from "./limit.ts";
import { configs } from "./rows.ts";

Deno.test("limit: the products of kobert-small by hand, and three times as many in training", () => {
  // a layer's weights: 4 of 256 x 256, 2 of 256 x 1024; a token's scores and context: 2 of 64 x 256
  const layer = 2 * 64 * (4 * 65536 + 2 * 262144 + 2 * 64 * 256);
  assert.equal(operationsOf(configs.small, 64), 4 * layer);
  const row = { model: "small", length: 64 } as const;
  assert.equal(limitOf({ kind: "infer", ...row }, 4 * layer * 10), 10);
  assert.equal(limitOf({ kind: "train", ...row }, 12 * layer * 10), 10);
});

Deno.test("limit: Llama has fewer keys and a gate, XLNet positions", () => {
  assert.equal(
    operationsOf(configs.llama, 64),
    4 * 2 * 64 * (2 * 65536 + 2 * 256 * 128 + 3 * 256 * 688 + 2 * 64 * 256),
  );
  assert.equal(operationsOf(configs.xlnet, 64), 4 * 2 * 64 * (6 * 65536 + 2 * 262144 + 4 * 64 * 256));
});

import assert from "node:assert/strict";
import { coresOf, maskOf } from "./cores.ts";
import { launchedRank, launchedSize } from "./mpi.ts";
import { agreed, agreedNumber, alone, firstBeforeOthers, shareOf } from "./team.ts";

Deno.test("alone: everything is as it was", async () => {
  const numbers = Float32Array.of(1, 2);
  alone.sum(numbers);
  assert.deepEqual([...numbers], [1, 2]);
  assert.deepEqual(alone.gather("가"), ["가"]);
  assert.deepEqual(agreed(alone, { a: 1 }), { a: 1 });
  assert.equal(agreedNumber(alone, NaN), NaN);
  assert.equal(await firstBeforeOthers(alone, () => 7), 7);
});

Deno.test("shareOf: shares are all of it, each as large as the others or one more", () => {
  for (const [count, size] of [[10, 3], [2, 4], [0, 2], [7, 1]] as const) {
    let next = 0;
    for (let rank = 0; rank < size; rank++) {
      const { from, to } = shareOf({ rank, size }, count);
      assert.equal(from, next);
      assert.ok(to - from === Math.floor(count / size) || to - from === Math.ceil(count / size));
      next = to;
    }
    assert.equal(next, count);
  }
});

Deno.test("launchedSize: what a launcher says; one without", () => {
  const before = ["PMI_SIZE", "PMI_RANK"].map((name) => [name, Deno.env.get(name)] as const);
  try {
    Deno.env.set("PMI_SIZE", "4");
    Deno.env.set("PMI_RANK", "2");
    assert.equal(launchedSize(), Deno.build.os === "windows" ? 1 : 4);
    assert.equal(launchedRank(), 2);
    Deno.env.set("PMI_SIZE", "no number");
    assert.equal(launchedSize(), 1);
  } finally {
    for (const [name, value] of before) {
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    }
  }
});

Deno.test("cores: a mask and its cores, beyond a byte", () => {
  assert.deepEqual(coresOf(Uint8Array.of(0b101, 0b1)), [0, 2, 8]);
  assert.deepEqual([...maskOf([0, 2, 8], 2)], [0b101, 0b1]);
});

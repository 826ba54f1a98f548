import assert from "node:assert/strict";
import { fileOf, rowsOf, shareOf } from "./share.ts";

Deno.test("shareOf: a number of so many, and nothing else", () => {
  assert.deepEqual(shareOf("3/8"), { number: 3, of: 8 });
  assert.deepEqual(shareOf("1/1"), { number: 1, of: 1 });
  for (const wrong of ["0/8", "9/8", "3", "3/", "a/b", "-1/8", "1.5/8", ""]) {
    assert.throws(() => shareOf(wrong), /--shard is ".*"; it must be a share/, wrong);
  }
});

Deno.test("rowsOf: shares in order are all rows, and as equal as can be", () => {
  for (const rows of [0, 1, 7, 1000, 1001]) {
    for (const shares of [1, 3, 8]) {
      let next = 0;
      for (let number = 1; number <= shares; number++) {
        const { from, to } = rowsOf({ number, of: shares }, rows);
        assert.equal(from, next);
        assert(
          to - from >= Math.floor(rows / shares) && to - from <= Math.ceil(rows / shares),
          `${rows} ${number}/${shares}`,
        );
        next = to;
      }
      assert.equal(next, rows);
    }
  }
});

Deno.test("fileOf: names that sort as the shares do, each file another", () => {
  assert.equal(fileOf({ number: 3, of: 8 }, "a.b/predictions.csv"), "a.b/predictions-3-of-8.csv");
  assert.equal(fileOf({ number: 3, of: 100 }, "p.parquet"), "p-003-of-100.parquet");
  assert.equal(fileOf({ number: 1, of: 2 }, "out/p"), "out/p-1-of-2");
  assert.equal(fileOf({ number: 1, of: 2 }, "-"), "-");
});

import assert from "node:assert/strict";
import { openTable } from "./work.ts";
import { withWork } from "./testing/work.ts";

Deno.test("openSongs: the table as it is, its songs cleaned, split, as frames and as objects", () =>
  withWork(async (work) => {
    const { table, songs, report, split, sides, labels } = work;
    assert.deepEqual([table.height, songs.height, report.kept], [60, 56, 56]);
    assert.deepEqual(report.byReason, [{ reason: "no lyrics", songs: 4 }]);
    for (const side of ["train", "validation", "test"] as const) {
      assert.deepEqual(sides[side].map(({ id }) => id), split[side].getColumn("id").toArray());
    }
    assert.equal(sides.train.length + sides.validation.length + sides.test.length, 56);
    assert.deepEqual([...labels].sort(), ["댄스", "발라드"]);
    assert.equal((await openTable(work.options)).height, 60, "nothing is left out of the table");
  }));

Deno.test("openSongs: chosen genres", () =>
  withWork(({ report }) => {
    assert.equal(report.genresChanged, 0);
    return Promise.resolve();
  }, { genres: "발라드,댄스" }));

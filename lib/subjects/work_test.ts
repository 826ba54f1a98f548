import assert from "node:assert/strict";
import { join } from "node:path";
import { openSongs, openTable } from "./work.ts";
import { table, withWork } from "./testing/work.ts";

Deno.test("openSongs: the table as it is, its songs cleaned, split, as frames and as objects", () =>
  withWork(async (work) => {
    const { table, songs, report, split, sides, labels } = work;
    assert.deepEqual([table.height, songs.height, report.kept], [60, 56, 56]);
    assert.deepEqual(report.byReason, [{ reason: "no lyrics", songs: 4 }]);
    for (const side of ["train", "validation", "test"] as const) {
      assert.deepEqual(sides[side].map(({ id }) => id), split[side].getColumn("id").toArray());
    }
    assert.equal(sides.train.length + sides.validation.length + sides.test.length, 56);
    const songsOf = (genre: string) => sides.train.filter(({ genres }) => genres.includes(genre)).length;
    assert.deepEqual([...labels].sort(), ["댄스", "발라드"]);
    assert.ok(
      songsOf(labels[0]!) > songsOf(labels[1]!),
      "the genre with the most training songs comes first",
    );
    assert.equal((await openTable(work.options)).height, 60, "nothing is left out of the table");
  }));

Deno.test("openSongs: labels are the training songs' genres, one that no test song has among them; chosen ones only", () =>
  withWork(async ({ options }, folder) => {
    const songs = join(folder, "three.csv");
    // two songs of a third genre: too few for every side
    await Deno.writeTextFile(songs, table(60).replace('"댄스"', '"트로트"').replace('"댄스"', '"트로트"'));
    const { labels, sides } = await openSongs({ ...options, songs });
    assert.ok(!sides.test.some(({ genres }) => genres.includes("트로트")));
    assert.deepEqual(labels, ["발라드", "댄스", "트로트"]);

    const chosen = await openSongs({ ...options, songs, genres: ["발라드", "댄스"] });
    assert.deepEqual(chosen.labels, ["발라드", "댄스"]);
    assert.deepEqual(chosen.report.byReason.at(-1), { reason: "none of the chosen genres", songs: 2 });
  }));

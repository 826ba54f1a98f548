import assert from "node:assert/strict";
import { join } from "node:path";
import { checkListed, disjointName, readFolds, tableSplits, testSongsOf } from "./file.ts";

async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("folds file: splits by name; what is missing is said", () =>
  inFolder(async (folder) => {
    const path = join(folder, "folds.json");
    const read = async (file: unknown) => {
      await Deno.writeTextFile(path, typeof file === "string" ? file : JSON.stringify(file));
      return await readFolds(path);
    };
    const file = { genres: ["댄스", "발라드"], folds: [["1", "2"], ["3"]] };
    assert.deepEqual([...testSongsOf(await read(file)).keys()], ["fold-1", "fold-2"]);
    const splits = testSongsOf(await read({ ...file, disjoint_test: ["2"] }));
    assert.deepEqual([...splits].at(-1), [disjointName, ["2"]]);
    await assert.rejects(read("{"), /folds\.json: this is no JSON/);
    await assert.rejects(read({ ...file, genres: [] }), /"genres" must be a list of names/);
    await assert.rejects(read({ ...file, folds: [["1"]] }), /at least two lists/);
    await assert.rejects(read({ ...file, folds: [["1"], [2]] }), /song ids \(texts\)/);
    await assert.rejects(read({ ...file, disjoint_test: "2" }), /"disjoint_test" must be/);
    // none is as good as an empty list
    assert.equal(testSongsOf(await read({ ...file, disjoint_test: [] })).size, 2);
    await assert.rejects(read({ ...file, genres: ["댄스", "댄스"] }), /"genres" names 댄스 twice/);
    for (const folds of [[["1", "2"], ["2"]], [["2", "2"], ["3"]]]) {
      await assert.rejects(
        read({ ...file, folds }),
        /the song 2 is in "folds" twice; each song is tested once/,
      );
    }
  }));

Deno.test("a table's means are over the folds, or over the disjoint split where it was run alone", () => {
  const splits = new Set(["fold-1", "fold-2", disjointName]);
  const method = (...ran: string[]) => ({ bySplit: Object.fromEntries(ran.map((split) => [split, {}])) });
  const folds = { folds: ["fold-1", "fold-2"], others: [disjointName] };
  assert.deepEqual(tableSplits(splits.keys(), [method("fold-2"), method(disjointName)]), folds);
  assert.deepEqual(tableSplits(splits.keys(), [method(disjointName)]), { folds: [disjointName], others: [] });
  assert.deepEqual(tableSplits(["fold-1", "fold-2"], [method("fold-1")]), { ...folds, others: [] });
});

Deno.test("folds file: songs that are listed in vain are named, with both files", () => {
  const files = { folds: "folds.json", songs: "songs.csv" };
  checkListed(new Set(["1"]), new Set(["1", "2"]), files);
  assert.throws(
    () => checkListed(new Set(["1", "2", "3"]), new Set(["2"]), files),
    /folds\.json lists 2 of 3 songs in vain: songs\.csv does not have them, .*: 1, 3\. Take them out/,
  );
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { DISJOINT, readFolds, testSongsOf } from "./file.ts";
import { readResult, rounded, writeResult } from "./results.ts";

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
    assert.deepEqual([...splits].at(-1), [DISJOINT, ["2"]]);
    await assert.rejects(read("{"), /folds\.json: this is no JSON/);
    await assert.rejects(read({ ...file, genres: [] }), /"genres" must be a list of names/);
    await assert.rejects(read({ ...file, folds: [["1"]] }), /at least two lists/);
    await assert.rejects(read({ ...file, folds: [["1"], [2]] }), /song ids \(texts\)/);
    await assert.rejects(read({ ...file, disjoint_test: "2" }), /"disjoint_test" must be/);
  }));

Deno.test("fold results: read back as written, refused when made with other settings", () =>
  inFolder(async (output) => {
    const identity = { songs: 3, seed: 7, epochs: 4 };
    assert.equal(await readResult(output, "fold-1", "kobert-small", identity), undefined);
    const test = rounded([[1 / 3, 2 / 3]]);
    await writeResult(output, "fold-1", "kobert-small", {
      identity,
      seconds: 1,
      kind: "probabilities",
      validation: [],
      test,
    });
    const found = await readResult(output, "fold-1", "kobert-small", { songs: 3, seed: 7 });
    assert.deepEqual(found!.test, [[0.3333333, 0.6666667]]);
    await assert.rejects(
      readResult(output, "fold-1", "kobert-small", { ...identity, epochs: 6 }),
      /kobert-small\.json is from another run: epochs was 4 and is 6\. Remove it, or choose another --output/,
    );
  }));

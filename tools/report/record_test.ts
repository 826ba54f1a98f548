import assert from "node:assert/strict";
import { join } from "node:path";
import { quickRecipe, type Recipe } from "../../lib/training/mod.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";
import { goingOn, newRecord, type RunRecord, writeRecord } from "./record.ts";

const options: RunRecord["options"] = {
  songs: "/no/such.csv",
  genres: null,
  model: "kobert-small",
  models: null,
  tokenizer: null,
  recipe: "quick",
  seed: 7,
  engine: "wasm",
};

Deno.test("a run goes on whose record is of a time when recipes had fewer fields, where those are as they were", () =>
  withFolder(async (folder) => {
    const { averageEpochs: _, pooling: __, ...fewer } = quickRecipe;
    const earlier = await newRecord(options, fewer as Recipe, 0, []);
    await writeRecord(folder, earlier);
    await Deno.mkdir(join(folder, "checkpoints"));
    const wanted = await newRecord(options, quickRecipe, 0, []);
    assert.equal(goingOn(folder, wanted).started, earlier.started);
    const another = { ...wanted, recipe: { ...quickRecipe, averageEpochs: 3 } };
    assert.throws(
      () => goingOn(folder, another),
      /has another run.*:\n {2}--average-epochs: 1 there, 3 here\n/,
    );
  }));

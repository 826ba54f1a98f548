/**
 * Notebooks on tables that lack what they are about. Here their cells run in this process: those without a training on every table, all of
 * them on one that lacks nearly everything; tables_long_test.ts runs all on all, as `start` does.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { createModel, disposeModel, namedConfig, saveCheckpoint } from "../../lib/models/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { inProject } from "../setup/paths.ts";
import { runCells } from "./testing/run_cells.ts";
import { hopelessTables, poorTables } from "./testing/tables.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

const notebooks = [...Deno.readDirSync(inProject("notebooks"))].map(({ name }) => name)
  .filter((name) => name.endsWith(".ipynb")).sort();

/** Those that lack no more than others do here. */
const onlyLong = ["24 songs", "230 genres", "no dates, artists, albums"];

for (const [name, table] of Object.entries(poorTables).filter(([name]) => !onlyLong.includes(name))) {
  Deno.test(`notebooks 1 and 2 look at a table: ${name}`, () =>
    withFolder(async (folder) => {
      const songs = join(folder, "songs.csv");
      await Deno.writeTextFile(songs, table());
      for (const notebook of notebooks.slice(0, 2)) {
        const shown = await runCells(notebook, { SONGS_FILE: songs, RECIPE: "test", OUTPUT: folder });
        assert.ok(
          shown.some((text) => /^장르 분포 · Genre distribution/.test(text)),
          `${notebook} shows genres`,
        );
      }
    }));
}

for (const [name, [table, message]] of Object.entries(hopelessTables)) {
  Deno.test(`notebook 2 says why nothing can be learnt: ${name}`, () =>
    withFolder(async (folder) => {
      const songs = join(folder, "songs.csv");
      await Deno.writeTextFile(songs, table());
      await assert.rejects(runCells(notebooks[1]!, { SONGS_FILE: songs, RECIPE: "test" }), message);
    }));
}

/** A language model that is trained in no time: it classifies, too. */
async function tinyCheckpoint(folder: string): Promise<string> {
  const path = join(folder, "tiny");
  const tokenizer = await loadTokenizer(inProject("data", "tokenizer"));
  await startEngine();
  const model = createModel({
    ...namedConfig("llama-small", tokenizer),
    hidden_size: 16,
    intermediate_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    head_dim: 8,
  }, { task: "causal-lm", seed: 1 });
  await saveCheckpoint(model, path);
  disposeModel(model);
  return path;
}

Deno.test("all notebooks go through two dozen songs without dates and artists, one genre of four songs", () =>
  withFolder(async (folder) => {
    const songs = join(folder, "songs.csv"), model = await tinyCheckpoint(folder);
    await Deno.writeTextFile(songs, poorTables["24 songs, nothing else known"]!());
    for (const notebook of notebooks) {
      await runCells(notebook, {
        SONGS_FILE: songs,
        RECIPE: "test",
        OUTPUT: join(folder, "run"),
        MODEL: model,
        MODELS: model,
        TOKENIZER: inProject("data", "tokenizer"),
      });
    }
    const written = [...Deno.readDirSync(join(folder, "run"))].map(({ name }) => name);
    for (
      const file of [
        "test_metrics.json",
        "evaluation.json",
        "artist.json",
        "multilabel.json",
        "qa_metrics.json",
      ]
    ) {
      assert.ok(written.includes(file), `${file} is written`);
    }
  }));

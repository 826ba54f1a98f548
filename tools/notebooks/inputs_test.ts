import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { settings } from "../../lib/notebook/mod.ts";
import { onNotebooks } from "../command_lines.ts";
import { parseOptions } from "../options.ts";
import { checkInputs, notebookEnvironment, runFolders } from "./inputs.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

const optionsOf = (...args: string[]) => parseOptions(onNotebooks, args);

/** The settings of a notebook that is started with these options. */
function settingsBy(...args: string[]) {
  const environment = notebookEnvironment(optionsOf(...args));
  return settings({}, (name) => environment[name], {});
}

Deno.test("inputs: what is as by default is left to the notebooks", () => {
  const { given, songs, output } = settingsBy();
  assert.ok(Object.values(given).every(({ from }) => from === "default"), Deno.inspect(given));
  assert.deepEqual([songs, output], [resolve("data/songs.csv"), resolve("outputs/run")]);
});

Deno.test("inputs: every option reaches the notebooks, paths as they are from everywhere", () => {
  const { recipe, search, ...found } = settingsBy(
    ...["--songs", "내 노래.csv", "--model", "data/kobert-small", "--models", "kobert-small,data/tokenizer"],
    ...["--tokenizer", "data/tokenizer", "--genres", "발라드,댄스", "--recipe", "study", "--seed", "3"],
    ...["--precision", "float32", "--output", "outputs/b", "--separator", ";", "--genre-names", "g.csv"],
  );
  const { songs, model, tokenizer, genres, seed, output, separator, genreNames } = found;
  assert.deepEqual({ songs, model, tokenizer, genres, seed, output, separator, genreNames }, {
    songs: resolve("내 노래.csv"),
    model: resolve("data/kobert-small"),
    tokenizer: resolve("data/tokenizer"),
    genres: ["발라드", "댄스"],
    seed: 3,
    output: resolve("outputs/b/run"),
    separator: ";",
    genreNames: resolve("g.csv"),
  });
  assert.deepEqual([recipe.epochs, recipe.precision, recipe.seed], [10, "float32", 3]);
  assert.deepEqual(search.models, ["kobert-small", resolve("data/tokenizer")]);
  assert.equal(runFolders(optionsOf("--output", "outputs/b")).notebooks, resolve("outputs/b/notebooks"));
});

Deno.test("inputs: the engine is the environment's unless one is named", () => {
  assert.equal("KOBERT_ENGINE" in notebookEnvironment(optionsOf()), false);
  assert.equal(notebookEnvironment(optionsOf("--engine", "wasm")).KOBERT_ENGINE, "wasm");
});

Deno.test("inputs: a table that nothing can be learnt from, and a model that is not there, are refused", () =>
  withFolder(async (folder) => {
    const songs = join(folder, "songs.csv");
    await Deno.writeTextFile(songs, "lyrics,genre\n별,발라드\n");
    await assert.rejects(checkInputs(optionsOf("--songs", songs)), { name: "UserError" });
    await assert.rejects(checkInputs(optionsOf("--model", join(folder, "none"))), /There is no folder/);
    await checkInputs(optionsOf("--models", "kobert-small,kobert-small-scratch"));
  }));

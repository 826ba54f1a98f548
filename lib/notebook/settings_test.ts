import assert from "node:assert/strict";
import { settings } from "./settings.ts";

const of = (values: Record<string, string>) => settings((name) => values[name]);

Deno.test("settings: the bundled songs and the quick recipe by default", () => {
  const { songs, model, recipe, output, seed, genres, tokenizer } = of({});
  assert.match(songs, /data\/songs\.csv$/);
  assert.match(output, /outputs\/run$/);
  assert.deepEqual([model, recipe.epochs > 1, seed, genres, tokenizer], [
    "kobert-small",
    true,
    7,
    undefined,
    undefined,
  ]);
});

Deno.test("settings: what the environment says", () => {
  const { songs, model, recipe, seed, genres, tokenizer } = of({
    SONGS_FILE: "/songs/mine.csv",
    MODEL: "klue/roberta-base",
    RECIPE: "study",
    SEED: "3",
    GENRES: "발라드, 댄스",
    TOKENIZER: "/tokenizers/one",
  });
  assert.deepEqual([songs, model, recipe.epochs, recipe.learningRate], [
    "/songs/mine.csv",
    "klue/roberta-base",
    10,
    2e-5,
  ]);
  assert.deepEqual([seed, recipe.seed, genres, tokenizer], [3, 3, ["발라드", "댄스"], "/tokenizers/one"]);
});

Deno.test("settings: an unknown recipe and a broken seed are errors that say what is possible", () => {
  assert.throws(() => of({ RECIPE: "slow" }), /RECIPE is "slow"; it can be study, quick, thorough, test/);
  assert.throws(() => of({ SEED: "x" }), /SEED is "x"/);
});

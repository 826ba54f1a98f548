import assert from "node:assert/strict";
import { fineTuneRecipe, quickRecipe, studyRecipe } from "../training/mod.ts";
import { settings } from "./settings.ts";

const of = (values: Record<string, string>) => settings((name) => values[name]);

Deno.test("settings: the bundled songs by default", () => {
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

Deno.test("settings: the recipe goes with the model where none is named", () => {
  assert.deepEqual(of({}).recipe, { ...fineTuneRecipe, seed: 7 });
  assert.deepEqual(of({ MODEL: "kobert-small-scratch" }).recipe, { ...quickRecipe, seed: 7 });
  assert.deepEqual(of({ MODEL: "klue/bert-base" }).recipe, { ...studyRecipe, seed: 7 });
  assert.deepEqual(of({ RECIPE: "quick" }).recipe, { ...quickRecipe, seed: 7 });
});

Deno.test("settings: the search compares the small configurations and the model, or what is named", () => {
  const small = [
    "kobert-small",
    "kobert-small-scratch",
    "roberta-small",
    "electra-small",
    "xlnet-small",
    "llama-small",
  ];
  assert.deepEqual(of({}).search.models, small);
  assert.deepEqual(of({ MODEL: "klue/bert-base" }).search.models, [...small, "klue/bert-base"]);
  assert.deepEqual(of({ MODELS: "klue/bert-base, kobert-small", MODEL: "x" }).search.models, [
    "klue/bert-base",
    "kobert-small",
  ]);
  const { search, recipe } = of({ RECIPE: "thorough", SEED: "3", TOKENIZER: "/tokenizers/one" });
  assert.deepEqual([search.seeds, search.tokenizer], [[3, 4, 5], "/tokenizers/one"]);
  assert.ok(search.recipe.maxLength <= recipe.maxLength);
  // kobert-small reads with its own tokenizer alone
  assert.deepEqual(
    of({ TOKENIZER: "/tokenizers/one", MODEL: "kobert-small-scratch" }).search.models,
    small.slice(1),
  );
  assert.equal(of({}).search.tokenizer, undefined);
});

Deno.test("settings: an unknown recipe and a broken seed are errors that say what is possible", () => {
  assert.throws(
    () => of({ RECIPE: "slow" }),
    /RECIPE is "slow"; it can be study, fine-tune, quick, thorough, test/,
  );
  assert.throws(() => of({ SEED: "x" }), /SEED is "x"/);
});

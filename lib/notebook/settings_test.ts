import assert from "node:assert/strict";
import { resolve } from "node:path";
import { fineTuneRecipe, quickRecipe, studyRecipe } from "../training/mod.ts";
import { settingNames, settings, settingsEnvironment } from "./settings.ts";
import { settingsTable } from "./settings_table.ts";

const of = (values: Record<string, string>) => settings({}, (name) => values[name]);
const project = new URL("../../", import.meta.url).pathname;

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
  assert.throws(() => of({ ADAPT: "often" }), /ADAPT is "often"; it must be a whole number, at least 0/);
  assert.equal(of({ ADAPT: "3" }).methods.network.recipe.adapt, 3);
});

Deno.test("settings: a cell's own come before papermill's parameters, these before the environment", () => {
  const environment: Record<string, string> = {
    SONGS_FILE: "/a.csv",
    SEED: "1",
    GENRES: "댄스",
    RECIPE: "study",
  };
  const { songs, seed, genres, given } = settings(
    { songs: "내 노래.csv", genres: undefined },
    (name) => environment[name],
    { songs: "/b.csv", seed: 2 },
  );
  assert.deepEqual([songs, seed, genres], [resolve(project, "내 노래.csv"), 2, ["댄스"]]);
  assert.deepEqual(
    (["songs", "seed", "recipe", "model"] as const).map((name) => given[name].from),
    ["cell", "parameters", "environment", "default"],
  );
});

Deno.test("settings: lists as lists or texts; a model's folder from the project on, names and ids as they are", () => {
  const models = ["data/kobert-small", "kobert-small", "klue/bert-base"];
  const none = () => undefined;
  for (const given of [models, models.join(",")]) {
    assert.deepEqual(settings({ models: given }, none, {}).search.models, [
      resolve(project, "data/kobert-small"),
      "kobert-small",
      "klue/bert-base",
    ]);
  }
  assert.deepEqual(settings({ genres: ["발라드", "댄스"] }, none, {}).genres, ["발라드", "댄스"]);
});

Deno.test("settings: what is no setting, or no value, is named in the words of whoever gave it", () => {
  const none = () => undefined;
  assert.throws(() => settings({ sogns: "a.csv" } as unknown as { songs: string }, none, {}), {
    name: "UserError",
    message: /There is no setting "sogns" \(did you mean "songs"\?\) in settings; there are songs, genres/,
  });
  assert.throws(() => settings({}, none, { epochs: 3 }), /no setting "epochs".* in the parameters/);
  assert.throws(() => settings({ recipe: "slow" }, none, {}), /^UserError: The setting recipe is "slow"/);
  assert.throws(() => settings({}, none, { songs: { path: "a" } }), /The setting songs is .* must be a text/);
});

Deno.test("settings: another process gets them by its environment, and nothing of what this one has", () => {
  const environment = settingsEnvironment({ songs: "/a.csv", seed: "3" });
  assert.deepEqual(
    Object.keys(environment).sort(),
    Object.values(settingNames).map((s) => s.variable).sort(),
  );
  const { songs, seed, given } = of(environment);
  assert.deepEqual([songs, seed, given.model.from, environment.MODEL], ["/a.csv", 3, "default", ""]);
});

Deno.test("settingsTable: each setting with its value and where it comes from, paths from the project on", () => {
  const table = settingsTable(settings({ songs: `${project}data/songs.csv` }, () => undefined, { seed: 3 }));
  const text = table.bundle["text/plain"];
  assert.match(text, /^songs: .* data\/songs\.csv +이 셀 · this cell +--songs FILE$/m);
  assert.match(text, /^seed: .* 3 +매개변수 · parameters +--seed N$/m);
  assert.match(text, /^output: .* outputs\/run +기본값 · default/m);
  assert.doesNotMatch(text, /separator/);
  assert.ok(!text.includes(project));
  assert.match(table.bundle["text/html"]!, /<code>settings\(\{ songs: &quot;내 노래\.csv&quot;/);
  assert.match(settingsTable(of({ SEPARATOR: ";" })).bundle["text/plain"], /^separator: .* ; +명령·환경/m);
});

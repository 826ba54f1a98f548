import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startEngine } from "../../engine/mod.ts";
import { createModel, disposeModel, type JsonObject } from "../../models/mod.ts";
import { type Song, songsFrame } from "../../songs/mod.ts";
import { loadTokenizer } from "../../tokenizer/mod.ts";
import { fineTuneRecipe, recipes, saveClassifier, testRecipe } from "../../training/mod.ts";
import {
  comparisonTable,
  judge,
  type ModelSearch,
  searchBudget,
  searchedModels,
  searchFileName,
  searchModels,
  type SearchOptions,
  searchTable,
  words,
} from "../mod.ts";
import { predicted, song } from "../testing/runner.ts";
import { rank, type SearchRun, summarise } from "./search_results.ts";

await startEngine();

const labels = ["댄스", "발라드"];

function songs(count: number, first = 0): Song[] {
  return Array.from({ length: count }, (_, at) => {
    const i = first + at, genres = i % 9 === 4 ? ["댄스", "발라드"] : [i % 3 === 0 ? "발라드" : "댄스"];
    return song(`s${i}`, {
      artists: i % 4 === 0 ? ["가", "나"] : [`가수 ${i % 5}`],
      genres,
      lyrics: genres[0] === "발라드" ? `눈물이 흐르는 이별의 밤 ${i}` : `신나게 춤을 추자 흔들어 ${i}`,
    });
  });
}
const data = { train: songsFrame(songs(36)), measured: songsFrame(songs(15, 36)) };

const tokenizerFile = fileURLToPath(new URL("../../tokenizer/testdata/songs.model", import.meta.url));
const tiny: Record<string, JsonObject> = {
  bert: {
    model_type: "bert",
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 24,
    initializer_range: 0.2,
  },
  llama: {
    model_type: "llama",
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 24,
    max_position_embeddings: 24,
    initializer_range: 0.2,
  },
};

const recipe = { ...testRecipe, maxSteps: 6, batchSize: 8, maxLength: 12, precision: "float32" as const };

/** Runs a test with the folders of two tiny checkpoints and an empty one for output. */
async function withModels(test: (models: string[], output: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "search-" });
  try {
    const tokenizer = await loadTokenizer(tokenizerFile);
    const { vocabSize, padId } = tokenizer;
    for (const [name, json] of Object.entries(tiny)) {
      const model = createModel({ ...json, vocab_size: vocabSize, pad_token_id: padId }, { labels, seed: 1 });
      await saveClassifier({ model, tokenizer, labels, notes: [] }, `${folder}/${name}`);
      disposeModel(model);
    }
    await test(Object.keys(tiny).map((name) => `${folder}/${name}`), `${folder}/run`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const optionsOf = (models: string[], more: Partial<SearchOptions> = {}): SearchOptions => ({
  models,
  recipe,
  seeds: [7, 8],
  pretrainedLearningRate: 1e-2,
  ...more,
});

/** A search without what takes another time in each run. */
const withoutTimes = ({ results, ...rest }: ModelSearch): unknown => ({
  ...rest,
  results: results.map((result) => ({
    ...result,
    trainSeconds: 0,
    songsPerSecond: 0,
    bySeed: result.bySeed.map((training) => ({ ...training, trainSeconds: 0 })),
  })),
});

const readFile = async (output: string): Promise<ModelSearch> =>
  JSON.parse(await Deno.readTextFile(`${output}/${searchFileName}`));

const baselines = [
  "majority",
  "naive-bayes",
  "tfidf-logistic-regression",
  "naive-bayes-whole",
  "tfidf-logistic-regression-whole",
];

Deno.test("searchModels measures networks and baselines on the same songs, best first, and writes them", async () => {
  await withModels(async (models, output) => {
    const told: string[] = [];
    let steps = 0;
    const search = await searchModels(
      data,
      optionsOf(models, {
        output,
        listener: {
          onStart: ({ trials, before, steps }) => void told.push(`${before} of ${trials}, ${steps} steps`),
          callbacks: [{ onStep: () => void steps++ }],
          onDone: ({ method, about }) =>
            void told.push(
              method.kind === "network" ? `${method.source.split("/").at(-1)}, ${about}` : method.kind,
            ),
        },
      }),
    );
    assert.deepEqual(told, [
      "0 of 9, 24 steps",
      "majority",
      ...Array(4).fill("words"),
      "bert, seed 7",
      "llama, seed 7",
      "bert, seed 8",
      "llama, seed 8",
    ]);
    assert.equal(steps, 24);
    assert.equal(search.ended, "finished");
    assert.deepEqual(await readFile(output), JSON.parse(JSON.stringify(search)));

    const { results } = search;
    assert.deepEqual(new Set(results.map(({ model }) => model)), new Set([...baselines, ...models]));
    const values = results.map(({ accuracyPerSong }) => accuracyPerSong.value);
    assert.deepEqual(values, values.toSorted((a, b) => b - a));
    for (const { model, name, bySeed, start, steps, tokens, accuracyPerSong, macroF1 } of results) {
      const isNetwork = models.includes(model);
      if (isNetwork) assert.match(name, /^search-\w+\/(bert|llama)$/);
      assert.deepEqual(bySeed.map(({ seed }) => seed), isNetwork ? [7, 8] : [null]);
      assert.equal(start, isNetwork ? "pretrained" : "no network");
      assert.equal(steps, isNetwork ? 6 : 0);
      assert.ok(model === "majority" ? tokens === 0 : tokens > 300, `${model}: ${tokens} tokens`);
      for (const { value, low, high } of [accuracyPerSong, macroF1]) {
        assert.ok(0 <= low && low <= value && value <= high && high <= 1);
      }
    }
    const resultOf = (model: string) => results.find((result) => result.model === model)!;
    // the n-grams tell these songs apart
    assert.ok(resultOf("tfidf-logistic-regression").accuracyPerSong.value > 0.9);
    // both networks saw the same batches, so the same tokens
    assert.equal(resultOf(models[0]!).tokens, resultOf(models[1]!).tokens);
    assert.equal(searchTable(search).length, 7);
    // only what read as much is compared
    const fair = results.filter(({ model }) => !model.endsWith("-whole"));
    assert.equal(fair.length, 5);
    assert.equal(search.againstBest.length, 4);
    assert.deepEqual(
      comparisonTable(search, search.againstNext).map((row) => row["견준 쪽 · than"]),
      fair.slice(1).map(({ name }) => name),
    );
    // in points, as in every table of differences, and without a sign where there is none
    assert.deepEqual(
      comparisonTable(search, search.againstNext).map((row) => row["차이, 점 · difference, points"]),
      search.againstNext.map(({ difference }) =>
        difference === 0 ? "0.0" : `+${(100 * difference).toFixed(1)}`
      ),
    );
  });
});

Deno.test("a search that was cut off goes on from the middle of a training, to the same result", async () => {
  await withModels(async (models, output) => {
    const whole = await searchModels(data, optionsOf(models));
    const controller = new AbortController();
    let steps = 0;
    // in the middle of the third network's training
    const cut = await searchModels(
      data,
      optionsOf(models, {
        output,
        signal: controller.signal,
        listener: { callbacks: [{ onStep: () => ++steps === 14 ? controller.abort() : undefined }] },
      }),
    );
    assert.equal(cut.ended, "interrupted");
    assert.equal(cut.results.length, 7);
    assert.deepEqual((await readFile(output)).ended, "interrupted");
    assert.deepEqual(cut.results.find(({ model }) => model === models[0])!.bySeed.length, 1);

    const told: unknown[] = [];
    const search = await searchModels(
      data,
      optionsOf(models, {
        output,
        listener: {
          onStart: ({ before, stepsBefore }) => void told.push(before, stepsBefore),
          onTrial: ({ seed }) => void told.push(seed),
          callbacks: [{ onStart: ({ resumedAt }) => void told.push(`after step ${resumedAt}`) }],
        },
      }),
    );
    assert.deepEqual(told, [7, 12, 8, "after step 2", 8, "after step 0"]);
    assert.deepEqual(withoutTimes(search), withoutTimes(whole));

    // fewer models and seeds: nothing is trained, and nothing of the others is lost
    const fewer = await searchModels(data, optionsOf(models.slice(0, 1), { output, seeds: [8] }));
    assert.equal(fewer.results.length, 6);
    const one = fewer.results.find(({ model }) => model === models[0])!;
    assert.deepEqual(one.bySeed.map(({ seed }) => seed), [8]);
    const again: number[] = [];
    await searchModels(
      data,
      optionsOf(models, { output, listener: { onStart: ({ before }) => void again.push(before) } }),
    );
    assert.deepEqual(again, [9]);
  });
});

Deno.test("a search of other songs or another recipe stands beside the one before; the file says what it is of", async () => {
  const folder = await Deno.makeTempDir({ prefix: "search-" });
  const before: number[] = [];
  const options = {
    models: [],
    recipe,
    seeds: [7],
    output: folder,
    listener: { onStart: (plan: { before: number }) => void before.push(plan.before) },
  };
  try {
    const first = await searchModels(data, options);
    await searchModels(data, { ...options, recipe: { ...recipe, maxLength: 9 } });
    const [song, ...others] = songs(36);
    const changed = songsFrame([{ ...song!, genres: ["댄스"] }, ...others]);
    const other = await searchModels({ ...data, train: changed }, options);
    assert.notEqual(other.identity.trainSongs, first.identity.trainSongs);
    assert.deepEqual((await readFile(folder)).identity, other.identity);
    // the seed, and how often something is logged or saved, decide nothing
    const same = await searchModels(data, {
      ...options,
      recipe: { ...recipe, seed: 9, logEverySteps: 3, saveEverySteps: 2 },
    });
    assert.deepEqual(withoutTimes(same), withoutTimes(first));
    assert.deepEqual(
      before,
      [0, 3, 0, 5],
      "whole lyrics, and the largest genre, are read as before where only the length differs",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a network that cannot be trained ends a search before the first training", async () => {
  await withModels(async (models, output) => {
    const trained: string[] = [];
    const options = (model: string) =>
      optionsOf([...models, model], {
        output,
        listener: { onTrial: ({ method }) => void trained.push(method.kind) },
      });
    await assert.rejects(searchModels(data, options(`${output}/nothing`)), /nothing/);
    assert.deepEqual(trained, []);
  });
});

Deno.test("a search needs a seed, and each model and seed once", async () => {
  const of = (more: Partial<SearchOptions>) =>
    searchModels(data, { models: [], recipe, seeds: [7], ...more });
  await assert.rejects(of({ seeds: [] }), /at least one seed/);
  await assert.rejects(of({ seeds: [1, 1] }), /seed 1 is named twice/);
  await assert.rejects(of({ models: ["llama-small", "llama-small"] }), /model llama-small is named twice/);
});

/** A training that answered so. */
function run(model: string, seed: number | null, measured: Song[], answers: string[]): SearchRun {
  const sides = { train: [], validation: [], test: measured };
  const answerOf = new Map(measured.map(({ id }, i) => [id, answers[i]!]));
  const { cost, ...predictions } = predicted(
    { sides, labels },
    ({ id }, label) => Number(answerOf.get(id) === label),
  );
  return {
    model,
    name: { ko: model.toUpperCase(), en: model.toUpperCase() },
    start: "from scratch",
    wholeLyrics: false,
    seed,
    trial: { method: words(), labels, sides, seed: seed ?? 0 },
    predictions: { ...predictions, cost: { ...cost!, seconds: seed ?? 0 } },
  };
}

Deno.test("summarise: the scores of one training are judge's, of several their means", () => {
  const measured = songs(12);
  const first = measured.map((_, i) => labels[i % 2]!), second = measured.map(({ genres }) => genres[0]!);
  const verdictOf = (genres: string[]) =>
    judge("", labels, measured, genres.map((genre) => labels.map((label) => Number(label === genre))));
  const [a, b] = [verdictOf(first), verdictOf(second)];
  const one = summarise([run("a", 1, measured, first)]);
  assert.equal(one.accuracyPerSong.value, a.perSong.value);
  assert.equal(one.accuracyPerInstance.value, a.perInstance.value);
  assert.equal(one.macroF1.value, a.macroF1);
  const both = summarise([run("a", 1, measured, first), run("a", 3, measured, second)]);
  const close = (x: number, y: number) => assert.ok(Math.abs(x - y) < 1e-12, `${x} ${y}`);
  close(both.accuracyPerSong.value, (a.perSong.value + b.perSong.value) / 2);
  close(both.accuracyPerInstance.value, (a.perInstance.value + b.perInstance.value) / 2);
  close(both.macroF1.value, (a.macroF1 + b.macroF1) / 2);
  assert.equal(both.trainSeconds, 2);
  assert.deepEqual(both.bySeed.map(({ accuracyPerSong }) => accuracyPerSong), [
    a.perSong.value,
    b.perSong.value,
  ]);
});

Deno.test("summarise: a genre that training lacks is wrong and counts in macro-F1", () => {
  const [song] = songs(1);
  const measured = [song!, { ...song!, id: "x", genres: ["트로트"] }];
  const { accuracyPerSong, macroF1 } = summarise([run("a", 1, measured, ["발라드", "발라드"])]);
  assert.equal(accuracyPerSong.value, 0.5);
  // both said to be 발라드, which one is: F1 2/3 and 0; the third genre has no song here
  assert.ok(Math.abs(macroF1.value - (2 / 3 + 0) / 2) < 1e-12, `${macroF1.value}`);
});

Deno.test("rank: pairs with the best and with the next, corrected by Holm within each list", () => {
  const measured = songs(10).map((song) => ({ ...song, genres: ["댄스"] }));
  const answers = (right: number) => measured.map((_, i) => i < right ? "댄스" : "발라드");
  const runs = [
    run("worst", null, measured, answers(1)),
    run("best", null, measured, answers(9)),
    run("middle", null, measured, answers(3)),
  ];
  const { results, againstBest, againstNext } = rank(runs);
  assert.deepEqual(results.map(({ model }) => model), ["best", "middle", "worst"]);
  assert.deepEqual(
    againstBest.map(({ better, other, betterOn, otherOn }) => [better, other, betterOn, otherOn]),
    [
      ["best", "middle", 6, 0],
      ["best", "worst", 8, 0],
    ],
  );
  // by hand: 2/2⁶ and 2/2⁸; Holm: the smaller twice, the larger once
  assert.deepEqual(againstBest.map(({ p }) => p), [2 / 64, 2 / 256]);
  assert.deepEqual(againstBest.map(({ correctedP }) => correctedP), [2 / 64, 4 / 256]);
  // middle against worst: 2 songs to none, p = 2/2²
  assert.deepEqual(againstNext.map(({ other, p }) => [other, p]), [["middle", 2 / 64], ["worst", 0.5]]);
  assert.deepEqual(againstNext.map(({ correctedP }) => correctedP), [4 / 64, 0.5]);
});

Deno.test("a search compares kobert-small with the same from scratch, each by its own learning rate", async () => {
  const seen: [string, number][] = [];
  const all = await searchModels(data, {
    recipe: { ...recipe, learningRate: 7e-4 },
    seeds: [7],
    runner: {
      run({ method, sides: { test } }) {
        if (method.kind === "network") seen.push([method.source, method.recipe.learningRate]);
        const answers = { shares: test.map(() => Float64Array.of(0.4, 0.6)), logits: null };
        const cost = { seconds: 1, answerSeconds: 1, steps: 1, tokens: 1, parameters: 1 };
        return Promise.resolve({
          each: false,
          validation: { shares: [], logits: null },
          test: answers,
          cost,
        });
      },
    },
  });
  assert.deepEqual(seen.slice(0, 3), [
    ["kobert-small", fineTuneRecipe.learningRate],
    ["kobert-small-scratch", 7e-4],
    ["roberta-small", 7e-4],
  ]);
  const rows = searchTable(all).filter((row) => String(row["모델 · model"]).includes("kobert"));
  assert.deepEqual(rows.map((row) => [row["모델 · model"], row["시작 · start"]]), [
    ["kobert-small", "사전학습 · pretrained"],
    ["kobert-small-scratch", "처음부터 · from scratch"],
  ]);
});

Deno.test("searchBudget: every recipe has one, no longer than its own training", () => {
  for (const [name, recipe] of Object.entries(recipes)) {
    const { recipe: search, seeds } = searchBudget(name, 5);
    assert.ok(search.epochs <= recipe.epochs && search.maxLength <= recipe.maxLength, name);
    assert.equal(search.seed, 5);
    assert.equal(seeds[0], 5);
  }
  assert.deepEqual(searchBudget("thorough", 5).seeds, [5, 6, 7]);
  assert.throws(() => searchBudget("slow", 5), /known are study, quick, fine-tune, thorough, test/);
  assert.deepEqual(searchedModels({ named: ["a", "b", "a"], model: "c" }), ["a", "b"]);
});

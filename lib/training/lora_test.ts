/** Training adapters alone: what is learnt, saved and resumed, and what is refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEngine } from "../engine/mod.ts";
import {
  createModel,
  disposeModel,
  isLoraFolder,
  mergeLora,
  openSafetensors,
  predictLogits,
  savedLabels,
  tokenBatch,
} from "../models/mod.ts";
import { type Song, songOf, songRows, songsFrame } from "../songs/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { checkTrained, type Classifier, loadClassifier, saveClassifier } from "./classifier.ts";
import { classifySongs } from "./classify.ts";
import { fineTune } from "./fine_tune.ts";
import { loadLanguageModel, trainableLanguageModel } from "./language_model.ts";
import { adaptFor } from "./freeze.ts";
import { foreseeMemory } from "./memory.ts";
import { makePlan } from "./plan.ts";
import { type Recipe, testRecipe } from "./recipe.ts";
import { tinyExamples, tinyModel, tinyTextConfig, weightsOf, withoutTimes } from "./testing/tiny.ts";
import { train } from "./trainer.ts";
import type { TrainingOptions } from "./types.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const labels = ["발라드", "댄스"];
const tokenizerFolder = fileURLToPath(new URL("../tokenizer/testdata/", import.meta.url));

/** Writes a base model, with other classes than the songs have. */
async function writeBase(folder: string): Promise<void> {
  const tokenizer = await loadTokenizer(`${tokenizerFolder}songs.model`);
  const change = { num_hidden_layers: 2, max_position_embeddings: 24, initializer_range: 0.2 };
  const model = createModel(tinyTextConfig(tokenizer, change), { labels: ["가", "나", "다"], seed: 1 });
  await saveClassifier({ model, tokenizer, labels: [], notes: [] }, folder);
  disposeModel(model);
}

function songs(count: number): Song[] {
  return Array.from({ length: count }, (_, i) =>
    songOf({
      id: `s${i}`,
      songName: `노래 ${i}`,
      artists: ["가수"],
      genres: [labels[i % 2]!],
      lyrics: i % 2 === 0 ? `눈물이 흐르는 이별의 밤 ${i}` : `신나게 춤을 추자 흔들어 ${i}`,
    }));
}

const all = songs(48), data = { train: songsFrame(all.slice(0, 36)), validation: songsFrame(all.slice(36)) };
const recipe: Recipe = {
  ...testRecipe,
  maxSteps: null,
  epochs: 6,
  batchSize: 8,
  learningRate: 2e-2,
  maxLength: 24,
  precision: "float32",
  loraRank: 2,
  loraAlpha: 4,
  loraDropout: 0.1,
  saveEverySteps: null,
};

async function run(base: string, options: TrainingOptions & { until?: number } = {}) {
  const classifier = await loadClassifier(base, { labels, seed: 4 });
  const controller = new AbortController();
  const result = await fineTune(classifier, data, recipe, {
    ...options,
    signal: controller.signal,
    callbacks: [{ onStep: ({ step }) => step === options.until ? controller.abort() : undefined }],
  });
  return { ...result, classifier, weights: weightsOf(classifier.model) };
}

const namesIn = (path: string) => {
  const file = openSafetensors(path);
  const names = file.names();
  file.close();
  return names;
};

Deno.test("adapters learn songs; the best model is an adapter's folder that opens, also merged", () =>
  withFolder(async (folder) => {
    const base = join(folder, "base"), output = join(folder, "run");
    await writeBase(base);
    const before = await loadClassifier(base, { labels, seed: 4 });
    const { classifier, weights, bestFolder, best } = await run(base, { output });

    // nothing but the adapters and the head has moved
    const moved = Object.entries(weightsOf(before.model))
      .filter(([name, values]) => weights[name]!.some((value, i) => value !== values[i])).map(([name]) =>
        name
      );
    assert.deepEqual(moved, ["classifier.weight", "classifier.bias"]);
    assert.equal(classifier.model.lora!.base, base);

    assert.ok(isLoraFolder(bestFolder!));
    const files = [...Deno.readDirSync(bestFolder!)].map(({ name }) => name);
    assert.ok(
      !files.includes("model.safetensors") && files.includes("README.md") &&
        files.includes("model_config.json"),
    );
    await checkTrained(bestFolder!);
    const loaded = await loadClassifier(bestFolder!);
    assert.deepEqual(loaded.labels, labels);
    assert.deepEqual(await savedLabels(bestFolder!), labels, "without an engine");
    assert.deepEqual(loaded.notes, []);
    assert.equal(loaded.model.json.classifier_max_length, 24);
    const test = songRows(data.validation);
    const predictions = await classifySongs(loaded, test, { precision: "float32" });
    const right = predictions.filter(({ genre }, i) => genre === test[i]!.genres[0]).length;
    assert.equal(right / 12, best!.value);
    assert.ok(right >= 11, `${right} of 12 right`);

    mergeLora(loaded.model);
    const merged = join(folder, "merged");
    await saveClassifier(loaded, merged);
    assert.ok(!isLoraFolder(merged));
    await Deno.remove(base, { recursive: true });
    const whole = await loadClassifier(merged);
    const again = await classifySongs(whole, test, { precision: "float32" });
    again.forEach(({ logits }, i) =>
      logits.forEach((value, k) => assert.ok(Math.abs(value - predictions[i]!.logits[k]!) < 1e-4))
    );
    for (const look of [loadClassifier, checkTrained]) {
      await assert.rejects(look(bestFolder!), /is an adapter to .*base, which cannot be had/);
    }
    [before, classifier, loaded, whole].forEach(({ model }) => disposeModel(model));
  }));

Deno.test("checkpoints hold what is trained alone, and resuming is exact", () =>
  withFolder(async (folder) => {
    const base = join(folder, "base"), output = join(folder, "run");
    await writeBase(base);
    const whole = await run(base);
    const first = await run(base, { output, until: 7 });
    assert.equal(first.ended, "interrupted");
    const checkpoint = join(output, "checkpoints", "step-00000007");
    const stored = namesIn(join(checkpoint, "adapter_model.safetensors"));
    const isTrained = (name: string) => /\.lora_[AB]\.weight$|^classifier\./.test(name);
    const trained = Object.keys(whole.weights).filter(isTrained);
    assert.deepEqual(stored.sort(), trained.map((name) => `base_model.model.${name}`).sort());
    assert.deepEqual(
      namesIn(join(checkpoint, "optimizer.safetensors")).filter((name) => name.startsWith("m.")).sort(),
      trained.map((name) => `m.${name}`).sort(),
    );
    assert.ok(![...Deno.readDirSync(checkpoint)].some(({ name }) => name === "model.safetensors"));
    const second = await run(base, { output });
    assert.equal(second.ended, "finished");
    assert.deepEqual(withoutTimes(second.history), withoutTimes(whole.history));
    assert.deepEqual(second.weights, whole.weights);

    // another rank is another training; the adapters still in memory are as welcome as fresh ones
    const other = await loadClassifier(base, { labels, seed: 4 });
    await assert.rejects(
      fineTune(other, data, { ...recipe, loraRank: 3 }, { output }),
      /recipe\.loraRank: 2 there, 3 here/,
    );
    await fineTune(second.classifier, data, recipe, { output });
    assert.deepEqual(weightsOf(second.classifier.model), whole.weights);
    await assert.rejects(
      fineTune(first.classifier, data, { ...recipe, loraAlpha: 8 }),
      /has adapters already/,
    );
    [whole, first, second].forEach(({ classifier }) => disposeModel(classifier.model));
    disposeModel(other.model);
  }));

Deno.test("adapters learnt on the mean of the tokens are read so again, whatever their base does", () =>
  withFolder(async (folder) => {
    const base = join(folder, "base"), rows = songRows(data.validation);
    await writeBase(base);
    const classifier = await loadClassifier(base, { labels, seed: 4 });
    const { bestFolder } = await fineTune(classifier, data, { ...recipe, epochs: 1, pooling: "mean" }, {
      output: join(folder, "run"),
    });
    const loaded = await loadClassifier(bestFolder!);
    assert.equal(loaded.model.config.pooling, "mean");
    const [of, again] = await Promise.all(
      [classifier, loaded].map((one) => classifySongs(one, rows, { precision: "float32" })),
    );
    assert.deepEqual(again!.map(({ logits }) => [...logits]), of!.map(({ logits }) => [...logits]));
    [classifier, loaded].forEach(({ model }) => disposeModel(model));
  }));

Deno.test("an adapter that was loaded is trained further", () =>
  withFolder(async (folder) => {
    const base = join(folder, "base"), output = join(folder, "run");
    await writeBase(base);
    const { bestFolder, classifier } = await run(base, { output });
    const loaded = await loadClassifier(bestFolder!);
    const before = weightsOf(loaded.model);
    await fineTune(loaded, data, { ...recipe, loraRank: null, epochs: 1 }, {
      output: join(folder, "further"),
    });
    const after = weightsOf(loaded.model);
    const moved = Object.keys(after).filter((name) =>
      after[name]!.some((value, i) => value !== before[name]![i])
    );
    assert.ok(moved.length > 10 && moved.every((name) => /lora|classifier/.test(name)), `${moved}`);
    const again = await loadClassifier(join(folder, "further", "best"));
    assert.equal(again.model.lora!.base, base);
    [classifier, loaded, again].forEach(({ model }) => disposeModel(model));
  }));

Deno.test("a language model's adapters are trained by the same loop, over a base held in bf16", () =>
  withFolder(async (folder) => {
    const base = join(folder, "base");
    const tokenizer = await loadTokenizer(`${tokenizerFolder}songs.model`);
    const model = createModel({
      model_type: "llama",
      vocab_size: tokenizer.vocabSize,
      hidden_size: 16,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      intermediate_size: 24,
      max_position_embeddings: 32,
      tie_word_embeddings: true,
    }, { task: "causal-lm", seed: 2 });
    await saveClassifier({ model, tokenizer, labels: [], notes: [] }, base);
    const language = await loadLanguageModel(base, { narrow: true });
    const full: Recipe = { ...recipe, precision: "auto", epochs: 2, bestMetric: "loss" };
    adaptFor(language.model, full, language.origin);
    const examples = tinyExamples(24).map(({ label: _, ...example }) => {
      const tokenLabels = example.inputIds.slice();
      tokenLabels[0] = -100;
      return { ...example, tokenLabels, label: -100 };
    });
    const trainable = trainableLanguageModel(language);
    const result = await train(trainable, { train: examples, validation: examples }, full, {
      output: join(folder, "run"),
    });
    const losses = result.history.flatMap((record) =>
      record.kind === "evaluation" ? record.validation!.loss : []
    );
    assert.ok(losses.at(-1)! < losses[0]!, `${losses}`);
    const loaded = await loadLanguageModel(result.bestFolder!, { narrow: true });
    assert.equal(loaded.model.lora!.rank, 2);
    const rows = tokenBatch([[2, 5, 9, 11]], 0);
    assert.deepEqual(predictLogits(loaded.model, rows), predictLogits(language.model, rows));
    [model, language.model, loaded.model].forEach(disposeModel);
  }));

Deno.test("the memory forecast counts a base in bf16 by half, and moments of what is trained alone", () => {
  const model = tinyModel();
  const examples = tinyExamples(8);
  const planned = () =>
    makePlan(model, { train: examples }, { ...recipe, loraRank: null, precision: "float32" });
  const bytes = () => foreseeMemory(model, planned()).held;
  const size = [...model.parameters.values()].reduce((sum, parameter) => sum + parameter.size, 0);
  assert.equal(bytes(), 4 * size);
  const matrices = [...model.parameters.values()].filter(({ shape, name }) =>
    shape.length > 1 && name !== "classifier.weight"
  );
  for (const parameter of matrices) parameter.narrow();
  const narrow = matrices.filter(({ isNarrow }) => isNarrow).reduce((sum, { size }) => sum + size, 0);
  assert.equal(bytes(), 4 * size - 2 * narrow);
  model.dispose();
});

Deno.test("adapters to a model from scratch, and recipes of no sense, are refused", async () => {
  const fresh: Classifier = await loadClassifier("kobert-small-scratch", { labels });
  await assert.rejects(fineTune(fresh, data, recipe), /loraRank adapts a pretrained checkpoint/);
  const refused = (change: Partial<Recipe>, message: RegExp) =>
    assert.rejects(fineTune(fresh, data, { ...recipe, ...change }), message);
  await refused({ loraRank: 0 }, /loraRank is 0; it must be a whole number, at least 1, or null/);
  await refused({ loraAlpha: 0 }, /loraAlpha is 0/);
  await refused({ loraDropout: 1 }, /loraDropout is 1/);
  await refused({ loraTargets: [] }, /loraTargets is \[\]; it must be a text, or a list of texts/);
  disposeModel(fresh.model);
});

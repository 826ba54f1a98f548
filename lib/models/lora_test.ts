/**
 * LoRA against PEFT: what Python saved is loaded and gives its logits, losses, gradients and training steps; and what is
 * said of configs, targets, saving, merging. tools/reference/make_lora.py makes the fixtures in testdata/lora.
 */
import * as tf from "@tensorflow/tfjs";
import { take } from "../engine/testing/gradients.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { AdamW, hasKernels, resolvePrecision, startEngine, Tape, trainingPass } from "../engine/mod.ts";
import { tokenBatch } from "./batch.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { openSafetensors } from "./files/mod.ts";
import { loadModel, type LoadOptions } from "./load_model.ts";
import { adaptedLayers, attachLora, detachLora, type LoraOptions, mergeLora } from "./lora.ts";
import { loadLora, readLoraConfig, saveLora } from "./lora_files.ts";
import { createModel, disposeModel, lossOf, type Model, predictLogits } from "./model.ts";
import { type Case, caseTokens, closeLogits, readCase, testCase } from "./testing/parity.ts";
import { withFolder } from "../ground/testing/folder.ts";

const here = (path: string) => new URL(path, import.meta.url).pathname;
const cases = [...Deno.readDirSync(here("testdata/lora"))].map(({ name }) => name).sort();
const basePath = (name: string) => here(`testdata/parity/${name}`);
const adapterPath = (name: string) => here(`testdata/lora/${name}`);

function load(name: string): { expected: Case; model: Model } {
  const { expected, task } = readCase(adapterPath(name));
  const { model } = loadCheckpoint(basePath(name), { task });
  loadLora(model, adapterPath(name));
  return { expected, model };
}

// "smoke: " so that WebAssembly computes them too
for (const name of cases) testCase(`smoke: parity with PEFT: ${name}`, () => load(name));

/** A small Llama that tells three classes apart, and rows for it. */
function tinyLlama(seed = 1): Model {
  return createModel({
    model_type: "llama",
    vocab_size: 40,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 24,
    max_position_embeddings: 32,
    pad_token_id: 0,
    initializer_range: 0.2,
  }, { labels: ["발라드", "댄스", "트로트"], seed });
}
const rows = tokenBatch([[2, 9, 17, 3, 21], [2, 30, 3], [7, 5, 5, 8]], 0);
const labels = Int32Array.of(0, 2, 1);
const trained = (model: Model) =>
  [...model.parameters.values()].filter(({ trainable }) => trainable).map(({ name }) => name).sort();

function gradients(model: Model, pass: (tape: Tape) => ReturnType<typeof trainingPass>) {
  const tape = new Tape();
  const { loss } = tf.tidy(() => lossOf(model, pass(tape), rows, labels));
  const found = tape.backward(loss);
  const result = Object.fromEntries(
    [...found].map(([{ name }, gradient]) => [name, take(gradient)]),
  );
  loss.dispose();
  return result;
}

for (const name of cases) {
  Deno.test(`what is saved here is what PEFT saves: ${name}`, () =>
    withFolder(async (folder) => {
      await startEngine();
      const { model } = load(name);
      await saveCheckpoint(model, folder);
      assert.deepEqual(
        [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
        ["adapter_config.json", "adapter_model.safetensors", "model_config.json"],
      );
      const ours = openSafetensors(join(folder, "adapter_model.safetensors"));
      const theirs = openSafetensors(join(adapterPath(name), "adapter_model.safetensors"));
      const names = theirs.names().filter((key) => !key.includes(".base_layer."));
      assert.deepEqual(ours.names().sort(), names.sort());
      for (const key of names) {
        assert.deepEqual(ours.info(key).shape, theirs.info(key).shape);
        assert.deepEqual(ours.read(key), theirs.read(key));
      }
      ours.close();
      theirs.close();
      assert.deepEqual(readLoraConfig(folder), readLoraConfig(adapterPath(name)));
      disposeModel(model);
    }));

  Deno.test(`an adapter's folder opens with its base, which it names: ${name}`, async () => {
    await startEngine();
    const { expected, task } = readCase(adapterPath(name));
    const { model, report, base } = await loadModel(adapterPath(name), { task });
    assert.equal(base, basePath(name));
    assert.deepEqual(report, { initialised: [], unused: [] });
    closeLogits(model, expected.batches[0]!, expected.tolerance.logits_abs, "logits");
    disposeModel(model);
  });

  if (name === "llama-lm") continue; // its decoder is the word embeddings
  Deno.test(`merged, the same logits without adapters: ${name}`, () =>
    withFolder(async (folder) => {
      await startEngine();
      const { expected, model } = load(name);
      const [before] = [predictLogits(model, caseTokens(expected.batches[0]!))];
      mergeLora(model);
      assert.equal([...model.parameters.keys()].some((name) => name.includes("lora")), false);
      assert.ok(
        [...model.parameters.values()].every(({ trainable, adapter }) => trainable && adapter === null),
      );
      closeLogits(model, expected.batches[0]!, 2 * expected.tolerance.logits_abs, "merged");
      await saveCheckpoint(model, folder);
      const again = loadCheckpoint(folder, { task: model.task });
      assert.deepEqual(again.report, { initialised: [], unused: [] });
      const after = predictLogits(again.model, caseTokens(expected.batches[0]!));
      after.forEach((value, i) => assert.ok(Math.abs(value - before![i]!) < 2e-5));
      [model, again.model].forEach(disposeModel);
    }));
}

Deno.test("an adapter of a decoder that is the word embeddings cannot be merged", async () => {
  await startEngine();
  const { model } = load("llama-lm");
  assert.ok(adaptedLayers(model).includes("lm_head"));
  assert.throws(() => mergeLora(model), /lm_head and the word embeddings are one/);
  disposeModel(model);
});

Deno.test("smoke: a fresh adapter changes nothing, is drawn as PEFT draws it, and alone is trained beside the head", async () => {
  await startEngine();
  const plain = tinyLlama(), model = tinyLlama();
  attachLora(model, { rank: 3, seed: 5 });
  assert.deepEqual(predictLogits(model, rows), predictLogits(plain, rows));
  const layers = adaptedLayers(model);
  assert.equal(layers.length, 14, "seven linear layers in each of two, not the head");
  assert.deepEqual(
    trained(model),
    [...layers.flatMap((name) => [`${name}.lora_A.weight`, `${name}.lora_B.weight`]), "score.weight"].sort(),
  );
  const values = layers.map((name) => model.parameters.get(`${name}.lora_A.weight`)!).flatMap((down) => {
    const bound = 1 / Math.sqrt(down.shape[1]!);
    return [...down.data()].map((value) => value / bound);
  });
  assert.ok(values.every((value) => Math.abs(value) <= 1));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  assert.ok(Math.abs(mean) < 0.1 && Math.abs(square - 1 / 3) < 0.05, `uniform: ${mean}, ${square}`);

  // on the first step B alone moves beside the head: A's gradient is B times something
  const found = gradients(model, (tape) => trainingPass(tape, "float32", 0, 0));
  assert.deepEqual(Object.keys(found).sort(), trained(model));
  const size = (name: string) => Math.hypot(...found[name]!);
  for (const layer of layers) {
    assert.equal(size(`${layer}.lora_A.weight`), 0);
    assert.ok(size(`${layer}.lora_B.weight`) > 0, layer);
  }

  const other = tinyLlama(), same = tinyLlama();
  attachLora(other, { rank: 3, seed: 6 });
  attachLora(same, { rank: 3, seed: 5 });
  const first = (model: Model) => model.parameters.get(`${layers[0]}.lora_A.weight`)!.data();
  assert.deepEqual(first(same), first(model));
  assert.notDeepEqual(first(other), first(model));
  detachLora(other);
  assert.deepEqual([...other.parameters.keys()], [...plain.parameters.keys()]);
  assert.deepEqual(trained(other), trained(plain));
  [plain, model, other, same].forEach(disposeModel);
});

/** An adapter whose B is not zero. */
function learning(options: LoraOptions = {}): Model {
  const model = tinyLlama();
  attachLora(model, { rank: 2, alpha: 4, ...options });
  for (const name of adaptedLayers(model)) {
    const up = model.parameters.get(`${name}.lora_B.weight`)!;
    up.assign(Float32Array.from({ length: up.size }, (_, i) => 0.3 * Math.sin(i + name.length)));
  }
  return model;
}

Deno.test("gradient checkpointing with adapters and their dropout gives the same gradients", async () => {
  await startEngine();
  const model = learning({ dropout: 0.2 });
  const plain = gradients(model, (tape) => trainingPass(tape, "float32", 3, 1));
  const again = gradients(model, (tape) => trainingPass(tape, "float32", 3, 1, null, true));
  assert.deepEqual(again, plain);
  const otherStep = gradients(model, (tape) => trainingPass(tape, "float32", 3, 2));
  assert.notDeepEqual(otherStep, plain);
  disposeModel(model);
});

Deno.test("in bf16, over a base held in bf16: gradients close to float32's, and the loss falls", async () => {
  await startEngine();
  const full = learning(), precision = resolvePrecision(hasKernels() ? "bf16" : "float32");
  const exact = gradients(full, (tape) => trainingPass(tape, "float32", 0, 0));
  for (const [name, parameter] of full.parameters) {
    if (!parameter.trainable && parameter.shape.length > 1 && !name.includes("lora")) parameter.narrow();
  }
  const low = gradients(full, (tape) => trainingPass(tape, precision, 0, 0));
  assert.deepEqual(Object.keys(low).sort(), Object.keys(exact).sort());
  for (const [name, values] of Object.entries(exact)) {
    const off = Math.hypot(...values.map((value, i) => value - low[name]![i]!)) / Math.hypot(...values);
    assert.ok(off < 0.05, `${name}: off by ${off}`);
  }
  const optimizer = new AdamW(), losses: number[] = [];
  for (let step = 0; step < 30; step++) {
    const tape = new Tape();
    const { loss } = tf.tidy(() => lossOf(full, trainingPass(tape, precision, 0, step), rows, labels));
    optimizer.step(tape.backward(loss), 1e-2);
    losses.push(loss.dataSync()[0]!);
    loss.dispose();
  }
  assert.ok(losses.at(-1)! < losses[0]! / 4, `${losses}`);
  // merged in float32, whatever the base was held in
  const before = predictLogits(full, rows);
  mergeLora(full);
  predictLogits(full, rows).forEach((value, i) => assert.ok(Math.abs(value - before[i]!) < 1e-4));
  disposeModel(full);
  optimizer.dispose();
});

Deno.test("layers are named as PEFT names them; names of none, and of no linear layer, are errors", async () => {
  await startEngine();
  const named = (options: LoraOptions) => {
    const model = tinyLlama();
    try {
      attachLora(model, options);
      return adaptedLayers(model);
    } finally {
      disposeModel(model);
    }
  };
  const at = (i: number) => `model.layers.${i}`;
  assert.deepEqual(named({ targets: ["q_proj"] }), [0, 1].map((i) => `${at(i)}.self_attn.q_proj`));
  assert.deepEqual(named({ targets: ["1.self_attn.q_proj"] }), [`${at(1)}.self_attn.q_proj`]);
  assert.deepEqual(named({ targets: String.raw`.*\.0\..*\.(up|down)_proj` }), [
    `${at(0)}.mlp.up_proj`,
    `${at(0)}.mlp.down_proj`,
  ]);
  assert.deepEqual(named({ targets: ["q_proj", "v_proj"], excludes: ["0.self_attn.q_proj", "v_proj"] }), [
    `${at(1)}.self_attn.q_proj`,
  ]);
  assert.deepEqual(named({ targets: ["score"], modulesToSave: [] }), ["score"]);
  const refused = (options: LoraOptions, message: RegExp) => assert.throws(() => named(options), message);
  refused(
    { targets: ["query"] },
    /no layer of this llama is named query\. .*end with self_attn\.q_proj, .*score/,
  );
  refused({ targets: ["roj"] }, /named roj/);
  refused({ targets: "q_proj" }, /"q_proj" name no linear layer/);
  refused({ targets: ["score"] }, /not excluded or saved as a whole/);
  refused({ targets: ".*embed_tokens" }, /model\.embed_tokens, which is no linear layer/);
  refused({ targets: "(" }, /"\(" is no regular expression/);
  refused({ modulesToSave: ["classifier"] }, /named classifier/);
  refused({ rank: 0 }, /rank of "rank" is 0/);
  refused({ rankPattern: { up_proj: 1.5 } }, /rank of "up_proj" is 1\.5/);
  refused({ rank: 1000 }, /rank of "model\.layers\.0\..*" is 1000, and the layer itself is only \[/);
  refused({ alpha: 0 }, /alpha of "alpha" is 0/);
  refused({ dropout: 1 }, /dropout is 1/);
  const model = tinyLlama();
  attachLora(model);
  assert.throws(() => attachLora(model), /has adapters already/);
  detachLora(model);
  assert.throws(() => mergeLora(model), /no adapters to merge/);
  disposeModel(model);
});

Deno.test("what no pretraining has taught is trained and saved with the adapter", async () => {
  await startEngine();
  const { model, report } = loadCheckpoint(basePath("bert-mlm"), { labels: ["가", "나", "다"] });
  assert.ok(report.initialised.includes("bert.pooler.dense.weight"));
  attachLora(model, { targets: ["query"], fresh: report.initialised });
  assert.deepEqual(model.lora!.modulesToSave, ["classifier", "bert.pooler.dense"]);
  for (const name of report.initialised) assert.ok(model.parameters.get(name)!.trainable, name);
  disposeModel(model);
});

Deno.test("fields of adapter_config.json are honoured or refused by name", () =>
  withFolder(async (folder) => {
    const path = join(folder, "adapter_config.json");
    const base = JSON.parse(
      await Deno.readTextFile(join(adapterPath("bert-classifier"), "adapter_config.json")),
    );
    const read = (changes: Record<string, unknown>) => {
      Deno.writeTextFileSync(path, JSON.stringify({ ...base, ...changes }));
      return readLoraConfig(folder);
    };
    const config = read({ lora_dropout: 0.25, base_model_name_or_path: "owner/name", revision: "abc" });
    assert.deepEqual([config.rank, config.alpha, config.dropout, config.base], [
      4,
      6,
      0.25,
      "owner/name@abc",
    ]);
    assert.deepEqual(config.rankPattern, { "layer.1.attention.self.query": 2, "layer\\.0.*value": 3 });
    assert.deepEqual(config.excludes, ["attention.output.dense"]);
    for (
      const [field, value] of Object.entries({
        peft_type: "LOHA",
        bias: "all",
        use_dora: true,
        init_lora_weights: "pissa",
        lora_bias: true,
        layers_to_transform: [1],
        target_parameters: ["q"],
        trainable_token_indices: [3],
        fan_in_fan_out: true,
        r: 0,
        lora_alpha: "16",
        modules_to_save: "classifier",
        rank_pattern: { query: "2" },
        exclude_modules: 3,
        of_a_later_version: 1,
      })
    ) {
      assert.throws(
        () => read({ [field]: value }),
        (error: Error) => error.message.startsWith(`${path}: "${field}"`),
        field,
      );
    }
    await Deno.writeTextFile(path, "{");
    assert.throws(() => readLoraConfig(folder), /adapter_config\.json cannot be read as JSON/);
  }));

Deno.test("an adapter that does not fit is refused, and leaves the model as it was", () =>
  withFolder(async (folder) => {
    await startEngine();
    const model = tinyLlama();
    const before = predictLogits(model, rows);
    const refused = (message: RegExp) => {
      assert.throws(() => loadLora(model, folder), message);
      assert.equal(model.lora, undefined);
      assert.deepEqual(predictLogits(model, rows), before);
    };
    await saveLora(load("llama-classifier").model, folder);
    refused(/does not fit this llama[^]*q_proj\.lora_A\.weight is \[2,24\] there and \[2,16\] by the model/);
    await saveLora(learning({ targets: ["q_proj"] }), folder);
    const path = join(folder, "adapter_config.json");
    const json = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...json, target_modules: ["v_proj"] }));
    refused(/v_proj\.lora_A\.weight \[2,16\] is missing[^]*q_proj\.lora_A\.weight has no place/);
    await Deno.writeTextFile(path, JSON.stringify({ ...json, target_modules: ["query"] }));
    refused(/name no linear layer of this llama/);
    await Deno.writeTextFile(path, JSON.stringify(json));
    await Deno.remove(join(folder, "adapter_model.safetensors"));
    refused(/holds no adapter: looked for adapter_model\.safetensors, adapter_model\.bin/);
    await assert.rejects(saveLora(model, folder), /no adapters to save/);
    await Deno.writeTextFile(path, JSON.stringify({ ...json, base_model_name_or_path: null }));
    await assert.rejects(loadModel(folder), /does not say which model it adapts/);
    await Deno.writeTextFile(path, JSON.stringify({ ...json, base_model_name_or_path: "/no/such/folder" }));
    await assert.rejects(loadModel(folder), /is an adapter to \/no\/such\/folder, which cannot be had/);
    disposeModel(model);
  }));

/** A Llama without a head in `folder/base`, and in `folder/adapter` what PEFT saves of a classifier of three beside it. */
async function adapterBeside(folder: string, base: string): Promise<Float32Array> {
  const { id2label: _, label2id: _2, ...json } = tinyLlama().json;
  const whole = createModel({ ...json, tie_word_embeddings: true }, { task: "causal-lm", seed: 1 });
  await saveCheckpoint(whole, join(folder, "base"));
  const { model } = loadCheckpoint(join(folder, "base"), { labels: ["하나", "둘", "셋"], seed: 3 });
  attachLora(model, { rank: 2, alpha: 4, base });
  for (const name of adaptedLayers(model)) {
    const up = model.parameters.get(`${name}.lora_B.weight`)!;
    up.assign(Float32Array.from({ length: up.size }, (_, i) => 0.3 * Math.sin(i + name.length)));
  }
  await saveLora(model, join(folder, "adapter"));
  const logits = predictLogits(model, rows);
  [whole, model].forEach(disposeModel);
  return logits;
}

/** The logits of a folder's adapter, its labels and report. */
async function opened(folder: string, options: LoadOptions = {}) {
  const { model, report } = await loadModel(folder, options);
  const logits = predictLogits(model, rows), labels = [...model.config.labels], base = model.lora!.base;
  disposeModel(model);
  return { logits, labels, report, base };
}

Deno.test("an adapter from Python for other classes than its base has: as many as its head, numbered or as named", () =>
  withFolder(async (folder) => {
    await startEngine();
    const expected = await adapterBeside(folder, "../base");
    const plain = await opened(join(folder, "adapter"));
    assert.deepEqual(plain.labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
    assert.deepEqual(plain.report, { initialised: [], unused: [] });
    assert.deepEqual(plain.logits, expected);
    const named = await opened(join(folder, "adapter"), { labels: ["발라드", "댄스", "트로트"] });
    assert.deepEqual([named.labels, named.logits], [["발라드", "댄스", "트로트"], expected]);
    const others = await opened(join(folder, "adapter"), { labels: ["발라드", "댄스"], seed: 9 });
    assert.deepEqual(others.report, {
      initialised: ["score.weight"],
      unused: [],
      otherHead: "LABEL_0, LABEL_1, LABEL_2",
    });
    assert.equal(others.logits.length, 2 * rows.batch);
  }));

Deno.test("an adapter's classes in another order keep their logits; others get a new head", () =>
  withFolder(async (folder) => {
    await startEngine();
    await adapterBeside(folder, "../base");
    const { model } = await loadModel(join(folder, "adapter"), { labels: ["발라드", "댄스", "트로트"] });
    const saved = join(folder, "saved"), expected = predictLogits(model, rows);
    await saveCheckpoint(model, saved);
    disposeModel(model);
    assert.deepEqual((await opened(saved)).logits, expected);
    const turned = await opened(saved, { labels: ["트로트", "발라드", "댄스"] });
    assert.deepEqual(turned.report, { initialised: [], unused: [] });
    turned.logits.forEach((value, i) => {
      const own = expected[Math.floor(i / 3) * 3 + [2, 0, 1][i % 3]!]!;
      assert.ok(Math.abs(value - own) < 1e-6, `logit ${i}: ${value}, not ${own}`);
    });
    const { report } = await opened(saved, { labels: ["트로트", "발라드", "힙합"] });
    assert.deepEqual(report.initialised, ["score.weight"]);
    assert.equal(report.otherHead, "발라드, 댄스, 트로트");
  }));

Deno.test("an adapter finds its base from anywhere, and when both have moved; else it says where to write the new place", () =>
  withFolder(async (folder) => {
    await startEngine();
    const first = join(folder, "first");
    const expected = await adapterBeside(first, "../base");
    const { model } = await loadModel(join(first, "adapter"));
    // a path of its own folder's would not hold here
    const saved = join(first, "deep", "er", "best");
    await saveCheckpoint(model, saved);
    disposeModel(model);
    const config = (path: string) => JSON.parse(Deno.readTextFileSync(join(path, "adapter_config.json")));
    assert.equal(config(saved).base_model_name_or_path, join(first, "base"));
    assert.deepEqual(await opened(saved).then(({ logits, base }) => [logits, base]), [
      expected,
      join(first, "base"),
    ]);

    await Deno.rename(join(first, "deep"), join(folder, "deep"));
    assert.deepEqual(
      (await opened(join(folder, "deep", "er", "best"))).logits,
      expected,
      "the adapter alone",
    );
    await Deno.rename(join(folder, "deep"), join(first, "deep"));

    const second = join(folder, "second");
    await Deno.rename(first, second);
    const together = await opened(join(second, "deep", "er", "best"));
    assert.deepEqual([together.logits, together.base], [expected, join(second, "base")], "both");
    assert.ok(!("base_model_beside" in (await loadModel(join(second, "deep", "er", "best"))).model.json));

    const best = join(second, "deep", "er", "best"), elsewhere = join(folder, "elsewhere");
    await Deno.rename(join(second, "base"), elsewhere);
    await assert.rejects(
      loadModel(best),
      (error: Error) =>
        error.message.includes(`${best} is an adapter to ${join(first, "base")}, which cannot be had`) &&
        error.message.includes(`and ${join(second, "base")})`) &&
        error.message.includes(
          `write its new place into ${best}/adapter_config.json, as "base_model_name_or_path".`,
        ),
    );
    // and that helps
    const changed = { ...config(best), base_model_name_or_path: elsewhere };
    await Deno.writeTextFile(join(best, "adapter_config.json"), JSON.stringify(changed));
    assert.deepEqual((await opened(best)).logits, expected);
  }));

/** Loading and saving: every layout a checkpoint comes in, what does not fit by name, and what is saved is what is loaded. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../engine/mod.ts";
import { tokenBatch } from "./batch.ts";
import { inspectCheckpoint, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { JsonObject } from "./config.ts";
import { openCheckpoint, type TensorToWrite, writeSafetensors, writeSafetensorsFolder } from "./files/mod.ts";
import { messageOf } from "./testing/files.ts";
import { disposeModel, type ModelOptions, predictLogits } from "./model.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const caseFolder = (name: string) => new URL(`testdata/parity/${name}`, import.meta.url).pathname;
const batch = tokenBatch([[2, 9, 17, 3, 21], [2, 30, 3]], 1);

const readJson = (path: string): JsonObject => JSON.parse(Deno.readTextFileSync(path));
const readConfig = (name: string) => readJson(join(caseFolder(name), "config.json"));

/** The tensors of a case, to be written again. */
function tensorsOf(name: string): TensorToWrite[] {
  const file = openCheckpoint(caseFolder(name));
  const tensors = file.names().map((name) => ({
    name,
    dtype: "F32" as const,
    shape: file.info(name).shape,
    data: file.read(name),
  }));
  file.close();
  return tensors;
}

/** Writes a checkpoint with other names, tensors or config fields than a case has. */
async function writeChanged(
  folder: string,
  name: string,
  change: (tensor: TensorToWrite) => TensorToWrite | null,
  fields: JsonObject = {},
): Promise<void> {
  const tensors = tensorsOf(name).map(change).filter((tensor) => tensor !== null);
  await writeSafetensors(join(folder, "model.safetensors"), tensors);
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify({ ...readConfig(name), ...fields }));
}

const renamed = (from: RegExp, to: string) => (tensor: TensorToWrite) => ({
  ...tensor,
  name: tensor.name.replace(from, to),
});
const without = (pattern: RegExp) => (tensor: TensorToWrite) => pattern.test(tensor.name) ? null : tensor;
const unchanged = (tensor: TensorToWrite) => tensor;

/** A folder's logits, and the report of loading it. */
function logitsIn(folder: string, options: ModelOptions = {}) {
  const { model, report } = loadCheckpoint(folder, options);
  const logits = [...predictLogits(model, batch)];
  disposeModel(model);
  return { logits, report, labels: model.config.labels, json: model.json };
}

const nothing = { initialised: [], unused: [] };

for (const name of ["bert-classifier", "roberta-classifier", "electra-classifier", "distilbert-classifier"]) {
  Deno.test(`${name}: saved and loaded again, logits are the same to the bit`, async () => {
    await withFolder(async (folder) => {
      const { model, report } = loadCheckpoint(caseFolder(name));
      assert.deepEqual(report, nothing);
      await saveCheckpoint(model, folder);
      const expected = [...predictLogits(model, batch)];
      disposeModel(model);
      const again = logitsIn(folder);
      assert.deepEqual(again.logits, expected);
      assert.deepEqual(again.report, nothing);
      const { dtype, torch_dtype: _, ...saved } = readJson(join(folder, "config.json"));
      assert.equal(dtype, "float32");
      const { dtype: _2, ...original } = readConfig(name);
      assert.deepEqual(saved, original);
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
        "config.json",
        "model.safetensors",
      ]);
    });
  });
}

for (const name of ["bert-mlm", "bert-mlm-untied", "roberta-mlm", "electra-mlm", "distilbert-mlm"]) {
  Deno.test(`${name}: saved and loaded again, tied or not`, async () => {
    await withFolder(async (folder) => {
      const { model } = loadCheckpoint(caseFolder(name), { task: "masked-lm" });
      await saveCheckpoint(model, folder);
      const expected = [...predictLogits(model, batch)];
      disposeModel(model);
      assert.deepEqual(logitsIn(folder, { task: "masked-lm" }).logits, expected);
      const saved = openCheckpoint(folder).names();
      assert.deepEqual(saved.sort(), tensorsOf(name).map(({ name }) => name).sort());
    });
  });
}

Deno.test("saving replaces what was saved before", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "config.json"), "{}");
    await writeSafetensorsFolder(folder, tensorsOf("roberta-mlm"), { maxShardBytes: 10_000 });
    const { model } = loadCheckpoint(caseFolder("bert-classifier"));
    await saveCheckpoint(model, folder);
    disposeModel(model);
    assert.deepEqual(logitsIn(folder).logits, logitsIn(caseFolder("bert-classifier")).logits);
    assert.equal([...Deno.readDirSync(folder)].length, 2);
  });
});

Deno.test("a bare encoder, gamma and beta, DataParallel's names: the same model", async () => {
  const expected = logitsIn(caseFolder("bert-classifier"));
  await withFolder(async (folder) => {
    const old = (tensor: TensorToWrite) => {
      const name = tensor.name.replace(/LayerNorm\.weight$/, "LayerNorm.gamma")
        .replace(/LayerNorm\.bias$/, "LayerNorm.beta");
      return { ...tensor, name: `module.${name}` };
    };
    await writeChanged(folder, "bert-classifier", old);
    assert.deepEqual(logitsIn(folder), expected);
  });
  await withFolder(async (folder) => {
    const bare = (tensor: TensorToWrite) =>
      tensor.name.startsWith("bert.") ? { ...tensor, name: tensor.name.slice(5) } : null;
    await writeChanged(folder, "bert-classifier", bare);
    const { report, logits } = logitsIn(folder, { seed: 3 });
    assert.deepEqual(report, { initialised: ["classifier.weight", "classifier.bias"], unused: [] });
    assert.deepEqual(logitsIn(folder, { seed: 3 }).logits, logits);
    assert.notDeepEqual(logitsIn(folder, { seed: 4 }).logits, logits);
  });
});

Deno.test("half precision is computed with as float32; shards are one", async () => {
  const expected = logitsIn(caseFolder("bert-classifier")).logits;
  for (const [dtype, tolerance] of [["F16", 5e-3], ["BF16", 5e-2], ["F64", 0]] as const) {
    await withFolder(async (folder) => {
      await writeChanged(folder, "bert-classifier", (tensor) => ({ ...tensor, dtype }));
      const { logits, report } = logitsIn(folder);
      assert.deepEqual(report, nothing);
      logits.forEach((x, i) => assert.ok(Math.abs(x - expected[i]!) <= tolerance, `${dtype}: ${x}`));
      if (tolerance > 0) assert.notDeepEqual(logits, expected);
    });
  }
  await withFolder(async (folder) => {
    await writeSafetensorsFolder(folder, tensorsOf("bert-classifier"), { maxShardBytes: 9_000 });
    await Deno.copyFile(join(caseFolder("bert-classifier"), "config.json"), join(folder, "config.json"));
    assert.deepEqual(logitsIn(folder).logits, expected);
  });
});

Deno.test("buffers that older checkpoints hold are no parameters; another task's head is listed as unused", async () => {
  await withFolder(async (folder) => {
    const extra: TensorToWrite[] = [
      {
        name: "bert.embeddings.position_ids",
        dtype: "I64",
        shape: [1, 2],
        data: BigInt64Array.of(0n, 1n),
      },
      { name: "cls.seq_relationship.bias", dtype: "F32", shape: [2], data: new Float32Array(2) },
    ];
    await writeSafetensors(join(folder, "model.safetensors"), [...tensorsOf("bert-mlm"), ...extra]);
    await Deno.copyFile(join(caseFolder("bert-mlm"), "config.json"), join(folder, "config.json"));
    const { report } = logitsIn(folder, { task: "masked-lm" });
    assert.deepEqual(report, { initialised: [], unused: ["cls.seq_relationship.bias"] });
    const classifier = logitsIn(folder).report;
    assert.deepEqual(classifier.initialised, [
      "bert.pooler.dense.weight",
      "bert.pooler.dense.bias",
      "classifier.weight",
      "classifier.bias",
    ]);
    assert.ok(classifier.unused.includes("cls.predictions.transform.dense.weight"));
  });
});

Deno.test("labels of the checkpoint, or given in their place", () => {
  const folder = caseFolder("bert-classifier");
  const own = logitsIn(folder);
  assert.deepEqual(own.labels, ["봄", "여름", "가을", "겨울"]);
  const same = logitsIn(folder, { labels: own.labels });
  assert.deepEqual(same.logits, own.logits);

  const turned = logitsIn(folder, { labels: ["겨울", "봄", "여름", "가을"] });
  assert.deepEqual(turned.report, nothing);
  const places = [3, 0, 1, 2];
  turned.logits.forEach((x, i) => {
    const expected = own.logits[Math.floor(i / 4) * 4 + places[i % 4]!]!;
    assert.ok(Math.abs(x - expected) < 1e-5, "each class keeps its logit");
  });
  assert.deepEqual(turned.json.id2label, { 0: "겨울", 1: "봄", 2: "여름", 3: "가을" });
  assert.deepEqual(turned.json.label2id, { 겨울: 0, 봄: 1, 여름: 2, 가을: 3 });

  const head = ["classifier.weight", "classifier.bias"];
  for (const labels of [["발라드", "댄스", "트로트", "힙합"], ["봄", "가을"]]) {
    const other = logitsIn(folder, { labels });
    const report = { initialised: head, unused: [], otherHead: "봄, 여름, 가을, 겨울" };
    assert.deepEqual(other.report, report, "other classes, another head");
    assert.equal(other.logits.length, 2 * labels.length);
  }
});

Deno.test("a head whose classes are only numbered takes names; in RoBERTa only the last layer is by class", async () => {
  await withFolder(async (folder) => {
    const generic = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [i, `LABEL_${i}`]));
    await writeChanged(folder, "roberta-classifier", unchanged, { id2label: generic });
    const labels = ["가", "나", "다", "라", "마", "바", "사"];
    const named = logitsIn(folder, { labels });
    assert.deepEqual(named.report, nothing);
    assert.deepEqual(named.logits, logitsIn(caseFolder("roberta-classifier")).logits);
    assert.deepEqual(named.labels, labels);
    assert.deepEqual(logitsIn(folder, { labels: labels.slice(2) }).report, {
      initialised: ["classifier.out_proj.weight", "classifier.out_proj.bias"],
      unused: [],
      otherHead: Object.values(generic).join(", "),
    });
  });
});

Deno.test("what is missing, mis-shaped or over is listed by name", async () => {
  await withFolder(async (folder) => {
    const change = (tensor: TensorToWrite): TensorToWrite | null => {
      if (tensor.name === "bert.encoder.layer.1.output.dense.bias") return null;
      if (tensor.name === "bert.embeddings.token_type_embeddings.weight") {
        return { ...tensor, shape: [1, 24], data: new Float32Array(24) };
      }
      return renamed(/layer\.0\.attention\.self\.query\.weight/, "layer.0.attention.self.q.weight")(tensor);
    };
    await writeChanged(folder, "bert-classifier", change);
    assert.equal(
      await messageOf(() => loadCheckpoint(folder)),
      `The weights in ${folder}/model.safetensors do not fit ${folder}/config.json (3 parameters):\n` +
        "  bert.embeddings.token_type_embeddings.weight is [1,24] in the file and [2,24] by the config\n" +
        "  bert.encoder.layer.0.attention.self.query.weight [24,24] is missing\n" +
        "  bert.encoder.layer.1.output.dense.bias [24] is missing\n" +
        "The file also has:\n" +
        "  bert.encoder.layer.0.attention.self.q.weight",
    );
  });
  await withFolder(async (folder) => {
    await writeChanged(folder, "bert-classifier", without(/^bert\./));
    const message = await messageOf(() => loadCheckpoint(folder));
    assert.match(message, /\(\d+ parameters\)/);
    assert.match(message, /\n {2}and \d+ more/);
  });
});

Deno.test("a head of another size than the config's classes is an error unless classes are given", async () => {
  await withFolder(async (folder) => {
    await writeChanged(folder, "bert-classifier", unchanged, { id2label: { 0: "봄", 1: "여름" } });
    assert.match(
      await messageOf(() => loadCheckpoint(folder)),
      /classifier\.weight is \[4,24\] in the file and \[2,24\] by the config/,
    );
    assert.deepEqual(logitsIn(folder, { labels: ["가", "나", "다"] }).report.initialised, [
      "classifier.weight",
      "classifier.bias",
    ]);
  });
});

Deno.test("a config that names no classes: as many as the head has, numbered", async () => {
  await withFolder(async (folder) => {
    await writeChanged(folder, "bert-classifier", unchanged, { id2label: null, label2id: null });
    const numbered = logitsIn(folder);
    assert.deepEqual(numbered.labels, ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"]);
    assert.deepEqual(numbered.report, nothing);
    assert.deepEqual(numbered.logits, logitsIn(caseFolder("bert-classifier")).logits);
    const named = logitsIn(folder, { labels: ["가", "나", "다", "라"] });
    assert.deepEqual([named.report, named.logits], [nothing, numbered.logits]);
  });
});

Deno.test("a head for regression gives way to a new one for classes, and is no classifier without them", async () => {
  const regression = [
    { problem_type: "regression", id2label: { 0: "LABEL_0" }, label2id: { LABEL_0: 0 } },
    { id2label: null, label2id: null },
    // several numbers are no classes either
    { problem_type: "regression", id2label: { 0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2" } },
  ];
  for (const fields of regression) {
    const outputs = fields.id2label === null ? 1 : Object.keys(fields.id2label!).length;
    await withFolder(async (folder) => {
      const cut = (tensor: TensorToWrite): TensorToWrite => {
        if (!tensor.name.startsWith("classifier.")) return tensor;
        const shape = [outputs, ...tensor.shape.slice(1)],
          size = shape.reduce((product, n) => product * n, 1);
        return { ...tensor, shape, data: (tensor.data as Float32Array).slice(0, size) };
      };
      await writeChanged(folder, "bert-classifier", cut, fields);
      assert.match(
        await messageOf(() => loadCheckpoint(folder)),
        /regression.*Train it first \(deno task train/,
      );
      const { report, labels, json } = logitsIn(folder, { labels: ["가", "나", "다"] });
      assert.deepEqual(labels, ["가", "나", "다"]);
      assert.deepEqual(report.initialised, ["classifier.weight", "classifier.bias"]);
      assert.equal(report.otherHead, "problem_type" in fields ? "regression" : "LABEL_0");
      assert.equal(json.problem_type, undefined);
    });
  }
});

Deno.test("what a program of one's own puts before the names goes, whatever it is", async () => {
  const expected = logitsIn(caseFolder("bert-classifier"));
  const wrapped = (front: string, head = front) => (tensor: TensorToWrite) => ({
    ...tensor,
    name: (tensor.name.startsWith("bert.") ? front : head) + tensor.name,
  });
  const bare = (front: string) => (tensor: TensorToWrite) => ({
    ...tensor,
    name: tensor.name.replace(/^bert\./, front),
  });
  const changes: [string, (tensor: TensorToWrite) => TensorToWrite][] = [
    ["Lightning", wrapped("model.")],
    ["several", wrapped("module._orig_mod.net.backbone.")],
    ["the head beside it", wrapped("net.", "")],
    ["the bare encoder and the head beside it", bare("encoder.")],
    ["FSDP in the middle", (tensor) => ({
      ...tensor,
      name: tensor.name.replace("layer.0.", "layer.0._fsdp_wrapped_module._checkpoint_wrapped_module."),
    })],
  ];
  for (const [about, change] of changes) {
    await withFolder(async (folder) => {
      await writeChanged(folder, "bert-classifier", change);
      const { logits, report } = logitsIn(folder);
      assert.deepEqual(report, nothing, about);
      assert.deepEqual(logits, expected.logits, about);
    });
  }
  await withFolder(async (folder) => {
    const tensors = tensorsOf("bert-classifier");
    const named = (front: string) => tensors.map((tensor) => ({ ...tensor, name: front + tensor.name }));
    await writeSafetensors(join(folder, "model.safetensors"), [...named("student."), ...named("teacher.")]);
    await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(readConfig("bert-classifier")));
    assert.match(
      await messageOf(() => loadCheckpoint(folder)),
      /holds several models, under student\.bert\. and teacher\.bert\.: save the one/,
    );
    await writeSafetensors(join(folder, "model.safetensors"), [...tensors, ...named("teacher.")]);
    const { logits, report } = logitsIn(folder);
    assert.deepEqual(logits, expected.logits);
    assert.equal(report.unused.length, tensors.length);
  });
});

Deno.test("what a checkpoint lacks is known from its names, without an engine", async () => {
  await withFolder(async (folder) => {
    await writeChanged(folder, "bert-classifier", without(/^classifier\./));
    const { labels, vocabularySize, names, ...report } = inspectCheckpoint(folder);
    assert.ok(names.includes("classifier.bias"));
    assert.equal(vocabularySize, 53);
    assert.deepEqual(report, logitsIn(folder).report);
    assert.deepEqual(report.initialised, ["classifier.weight", "classifier.bias"]);
    assert.deepEqual(labels, ["봄", "여름", "가을", "겨울"]);
    await writeChanged(folder, "bert-classifier", without(/embeddings/));
    assert.throws(() => inspectCheckpoint(folder), /embeddings\.word_embeddings\.weight .* is missing/);
  });
});

Deno.test("a config with a mark of its byte order, as Windows' editors write it, is read", async () => {
  await withFolder(async (folder) => {
    await writeChanged(folder, "bert-classifier", unchanged);
    const path = join(folder, "config.json");
    await Deno.writeTextFile(path, `\ufeff${await Deno.readTextFile(path)}`);
    assert.deepEqual(logitsIn(folder).logits, logitsIn(caseFolder("bert-classifier")).logits);
  });
});

Deno.test("a Git LFS pointer in place of a file is named", async () => {
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 371427\n";
  for (
    const name of ["config.json", "model.safetensors", "pytorch_model.bin", "model.safetensors.index.json"]
  ) {
    await withFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(readConfig("bert-classifier")));
      await Deno.writeTextFile(join(folder, name), pointer);
      const message = await messageOf(() => loadCheckpoint(folder));
      assert.ok(message.includes(join(folder, name)) && message.includes("git lfs pull"), message);
    });
  }
});

Deno.test("tied weights: either name will do, and two that differ are an error", async () => {
  const expected = logitsIn(caseFolder("bert-mlm"), { task: "masked-lm" }).logits;
  const word = "bert.embeddings.word_embeddings.weight", decoder = "cls.predictions.decoder.weight";
  const twice = async (folder: string, change: (data: Float32Array) => Float32Array) => {
    const tensors = tensorsOf("bert-mlm");
    const table = tensors.find(({ name }) => name === word)!;
    const copy = { ...table, name: decoder, data: change((table.data as Float32Array).slice()) };
    await writeSafetensors(join(folder, "model.safetensors"), [...tensors, copy]);
    await Deno.copyFile(join(caseFolder("bert-mlm"), "config.json"), join(folder, "config.json"));
  };
  await withFolder(async (folder) => {
    await twice(folder, (data) => data);
    const { logits, report } = logitsIn(folder, { task: "masked-lm" });
    assert.deepEqual(logits, expected);
    assert.deepEqual(report, nothing);
  });
  await withFolder(async (folder) => {
    await twice(folder, (data) => data.fill(1, 5, 6));
    assert.match(
      await messageOf(() => loadCheckpoint(folder, { task: "masked-lm" })),
      /word_embeddings\.weight and cls\.predictions\.decoder\.weight differ, though "tie_word_embeddings"/,
    );
    assert.ok(logitsIn(folder).report.unused.includes(decoder), "a classifier does not care");
  });
  await withFolder(async (folder) => {
    await writeChanged(folder, "bert-mlm", renamed(/^bert\.embeddings\.word_embeddings\.weight$/, decoder));
    assert.deepEqual(logitsIn(folder, { task: "masked-lm" }).logits, expected);
  });
});

Deno.test("an untied decoder's bias by the name that transformers 4 gave it", async () => {
  const expected = logitsIn(caseFolder("bert-mlm-untied"), { task: "masked-lm" });
  assert.deepEqual(expected.report, nothing);
  await withFolder(async (folder) => {
    const old = (tensor: TensorToWrite) =>
      tensor.name === "cls.predictions.bias"
        ? null
        : renamed(/^cls\.predictions\.decoder\.bias$/, "cls.predictions.bias")(tensor);
    await writeChanged(folder, "bert-mlm-untied", old);
    assert.deepEqual(logitsIn(folder, { task: "masked-lm" }), expected);
  });
});

Deno.test("folders that are no checkpoints say what is wrong", async () => {
  await withFolder(async (folder) => {
    const message = () => messageOf(() => loadCheckpoint(folder));
    const config = join(folder, "config.json");
    assert.equal(
      await message(),
      `${folder} has no config.json: it is not a checkpoint in Hugging Face's layout.`,
    );
    await Deno.writeTextFile(config, '{"model_type": "bert",');
    assert.match(await message(), /config\.json cannot be read as JSON: /);
    await Deno.writeTextFile(config, "[1, 2]");
    assert.match(await message(), /config\.json holds \[1,2\], not an object/);
    await Deno.writeTextFile(config, '{"model_type": "t5"}');
    assert.match(await message(), /"model_type" is "t5"; known are bert, roberta, /);
    await Deno.writeTextFile(config, '{"model_type": "bert"}');
    assert.match(await message(), /holds no weights\. Looked for model\.safetensors/);
    await Deno.writeFile(join(folder, "model.safetensors"), new Uint8Array(40));
    assert.match(await message(), /model\.safetensors is not a valid safetensors file/);
  });
  assert.match(
    await messageOf(() => loadCheckpoint("/nowhere/at/all")),
    /\/nowhere\/at\/all has no config\.json/,
  );
});

const bin = new URL("../../../shared/parity/dev/kobert-classifier-bin/", import.meta.url).pathname;
const safe = new URL("../../../shared/parity/dev/kobert-classifier/", import.meta.url).pathname;
const exists = (path: string) => {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
};

Deno.test({
  name: "pytorch_model.bin of both formats: the same model as its safetensors",
  ignore: !exists(bin),
  fn: async () => {
    const expected = logitsIn(safe);
    assert.deepEqual(logitsIn(bin), { ...expected, json: readJson(join(bin, "config.json")) });
    await withFolder(async (folder) => {
      await Deno.copyFile(join(bin, "pytorch_model.legacy.bin"), join(folder, "pytorch_model.bin"));
      await Deno.copyFile(join(bin, "config.json"), join(folder, "config.json"));
      assert.deepEqual(logitsIn(folder).logits, expected.logits);
    });
  },
});

Deno.test("a checkpoint saved in bfloat16 is half as large and holds each number rounded to it", async () => {
  await withFolder(async (folder) => {
    const { model } = loadCheckpoint(caseFolder("bert-classifier"));
    await saveCheckpoint(model, join(folder, "wide"));
    await saveCheckpoint(model, join(folder, "narrow"), { dtype: "bfloat16" });
    assert.equal(readJson(join(folder, "narrow", "config.json")).dtype, "bfloat16");
    const sizes = ["wide", "narrow"].map((name) =>
      Deno.statSync(join(folder, name, "model.safetensors")).size
    );
    assert.ok(sizes[1]! < 0.6 * sizes[0]!, `${sizes}`);
    const { model: narrow } = loadCheckpoint(join(folder, "narrow"));
    for (const [name, parameter] of model.parameters) {
      const rounded = narrow.parameters.get(name)!.data();
      parameter.data().forEach((value, i) => {
        assert.ok(
          Math.abs(rounded[i]! - value) <= Math.abs(value) / 256,
          `${name}: ${rounded[i]} for ${value}`,
        );
      });
    }
    // what is rounded already is not changed again
    await saveCheckpoint(narrow, join(folder, "again"), { dtype: "bfloat16" });
    assert.deepEqual(
      await Deno.readFile(join(folder, "again", "model.safetensors")),
      await Deno.readFile(join(folder, "narrow", "model.safetensors")),
    );
    [model, narrow].forEach(disposeModel);
  });
});

/**
 * Every architecture against PyTorch: logits, loss, every parameter's gradient, and the losses, gradient norms, logits and
 * parameters of AdamW steps, within each case's own tolerance. Cases of the project stand in testdata/parity, made by
 * tools/reference/make_parity.py; larger ones are taken from beside the project where they are.
 */
import assert from "node:assert/strict";
import { loadCheckpoint } from "./checkpoint.ts";
import { type JsonObject, poolingField } from "./config.ts";
import type { Model } from "./model.ts";
import { type Case, readCase, testCase } from "./testing/parity.ts";

const wanted = /^(Bert|Roberta|Electra|DistilBert|XLNet|Llama)For(SequenceClassification|MaskedLM|CausalLM)$/;

function casesIn(folder: URL): { name: string; path: string }[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => ({ name, path: new URL(name, folder).pathname }))
      .filter(({ path }) => {
        try {
          return wanted.test(JSON.parse(Deno.readTextFileSync(`${path}/expected.json`)).class);
        } catch {
          return false;
        }
      }).sort((a, b) => a.name < b.name ? -1 : 1);
  } catch {
    return [];
  }
}

/**
 * Some cases have the same config as transformers 4 wrote it, `config.legacy.json`; classifiers what comes of the mean of a row's tokens,
 * `expected.mean.json`.
 */
function loadCase(
  path: string,
  { config = "config.json", expected: file = "expected.json", more = {} }: {
    config?: string;
    expected?: string;
    more?: JsonObject;
  } = {},
): { expected: Case; model: Model } {
  const { expected, task } = readCase(path, file);
  const folder = Deno.makeTempDirSync();
  try {
    const json = { ...JSON.parse(Deno.readTextFileSync(`${path}/${config}`)), ...more };
    Deno.writeTextFileSync(`${folder}/config.json`, JSON.stringify(json));
    Deno.copyFileSync(`${path}/model.safetensors`, `${folder}/model.safetensors`);
    const { model, report } = loadCheckpoint(folder, { task });
    assert.deepEqual(report, { initialised: [], unused: [] });
    return { expected, model };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Whether a case's folder has a file. */
const has = (path: string, name: string) => [...Deno.readDirSync(path)].some((file) => file.name === name);
const own = casesIn(new URL("testdata/parity/", import.meta.url));
const beside = casesIn(new URL("../../../shared/parity/dev/", import.meta.url));

Deno.test("there are cases of every architecture and task", () => {
  const classes = own.map(({ path }) => JSON.parse(Deno.readTextFileSync(`${path}/expected.json`)).class);
  const all = ["Bert", "DistilBert", "Electra", "Roberta"].flatMap((name) =>
    ["ForSequenceClassification", "ForMaskedLM"].map((task) => name + task)
  );
  all.push("XLNetForSequenceClassification", "LlamaForSequenceClassification", "LlamaForCausalLM");
  assert.deepEqual([...new Set(classes)].sort(), all.sort());
  const classifiers = own.filter((_, i) => classes[i].endsWith("ForSequenceClassification"));
  assert.ok(classifiers.length >= 6 && classifiers.every(({ path }) => has(path, "expected.mean.json")));
});
// "smoke: " so that WebAssembly computes them too
for (const { name, path } of own) testCase(`smoke: parity with PyTorch: ${name}`, () => loadCase(path));
for (const { name, path } of beside) {
  testCase(`parity with PyTorch: ${name} (beside the project)`, () => loadCase(path));
}
for (const { name, path } of [...own, ...beside]) {
  if (!has(path, "config.legacy.json")) continue;
  testCase(
    `parity with PyTorch: ${name}, config of transformers 4`,
    () => loadCase(path, { config: "config.legacy.json" }),
  );
}
for (const { name, path } of own.filter(({ path }) => has(path, "expected.mean.json"))) {
  testCase(
    `smoke: parity with PyTorch: ${name}, the mean of its tokens`,
    () => loadCase(path, { expected: "expected.mean.json", more: { [poolingField]: "mean" } }),
  );
}
if (beside.length === 0) {
  Deno.test({ name: "parity with PyTorch: cases beside the project", ignore: true, fn() {} });
}

Deno.test({
  name: "parity with PyTorch holds without the fused operations",
  ignore: Deno.env.get("KOBERT_ENGINE") === "wasm",
  fn: async () => {
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", "--filter", "/^smoke: parity/", import.meta.filename!],
      env: { KOBERT_KERNELS: "" },
      stderr: "null",
    }).output();
    assert.ok(success, new TextDecoder().decode(stdout));
  },
});

/** Classifiers that give each class its own yes or no, against transformers (tools/reference/multilabel_fixtures.py). */
import * as tf from "@tensorflow/tfjs";
import { take } from "../engine/testing/gradients.ts";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startEngine, Tape, trainingPass } from "../engine/mod.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { createModel, disposeModel, lossOf, type Model, multiLabelLossOf, predictLogits } from "./model.ts";

await startEngine();
const folder = fileURLToPath(new URL("testdata/multilabel", import.meta.url));
const expected = JSON.parse(Deno.readTextFileSync(`${folder}/expected.json`));
const batch = {
  batch: expected.rows,
  length: expected.length,
  inputIds: Int32Array.from(expected.inputIds),
  attentionMask: Int32Array.from(expected.attentionMask),
};
const targets = Float32Array.from(expected.targets);

function assertNear(actual: ArrayLike<number>, numbers: number[], tolerance: number, what: string): void {
  assert.equal(actual.length, numbers.length, what);
  numbers.forEach((number, i) =>
    assert.ok(Math.abs(actual[i]! - number) <= tolerance, `${what}[${i}]: ${actual[i]} instead of ${number}`)
  );
}

function lossAndGradients(model: Model): { loss: number; gradients: Map<string, Float32Array> } {
  const tape = new Tape();
  const loss = tf.tidy(() =>
    multiLabelLossOf(model, trainingPass(tape, "float32", 1, 0), batch, targets).loss
  );
  const gradients = new Map<string, Float32Array>();
  for (const [parameter, gradient] of tape.backward(loss)) {
    gradients.set(parameter.name, take(gradient));
  }
  const value = loss.dataSync()[0]!;
  loss.dispose();
  return { loss: value, gradients };
}

Deno.test("a multi-label checkpoint: logits, loss and gradients as transformers'", () => {
  const { model, report } = loadCheckpoint(folder);
  assert.deepEqual(report, { initialised: [], unused: [] });
  assert.equal(model.multiLabel, true);
  assertNear(predictLogits(model, batch), expected.logits, 2e-5, "logits");
  const { loss, gradients } = lossAndGradients(model);
  assertNear([loss], [expected.loss], 5e-6, "loss");
  for (const [name, numbers] of Object.entries<number[]>(expected.gradients)) {
    assertNear(gradients.get(name)!, numbers, 1e-5, name);
  }
  disposeModel(model);
});

Deno.test("a multi-label model stays one when saved, and its problem can be given", async () => {
  const { model } = loadCheckpoint(folder);
  const saved = await Deno.makeTempDir();
  await saveCheckpoint(model, saved);
  assert.equal(
    JSON.parse(await Deno.readTextFile(`${saved}/config.json`)).problem_type,
    "multi_label_classification",
  );
  const again = loadCheckpoint(saved).model;
  assert.equal(again.multiLabel, true);
  assert.deepEqual(predictLogits(again, batch), predictLogits(model, batch));
  const single = loadCheckpoint(saved, { multiLabel: false }).model;
  assert.equal(single.multiLabel, false);
  assert.equal(single.json.problem_type, "single_label_classification");
  for (const each of [model, again, single]) disposeModel(each);
  await Deno.remove(saved, { recursive: true });
});

Deno.test("each kind of classifier has its own loss, and says which", () => {
  const { model } = loadCheckpoint(folder);
  const { problem_type: _, ...json } = model.json;
  const single = createModel(json, { labels: ["가", "나"] });
  assert.equal(single.multiLabel, false);
  const pass = trainingPass(new Tape(), "float32", 1, 0);
  assert.throws(() => lossOf(model, pass, batch, Int32Array.of(0, 1, 2)), /its loss is multiLabelLossOf/);
  assert.throws(() => multiLabelLossOf(single, pass, batch, targets), /chooses one class/);
  assert.throws(
    () => tf.tidy(() => multiLabelLossOf(model, pass, batch, targets.slice(1)).loss),
    /11 targets are given for logits \[3, 4\]; there must be 12/,
  );
  for (const each of [model, single]) disposeModel(each);
});

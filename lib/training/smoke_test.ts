/** What must work on every engine: these tests run a second time on WebAssembly. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startEngine } from "../engine/mod.ts";
import { disposeModel, loadCheckpoint, predictLogits } from "../models/mod.ts";
import { tinyExamples, tinyModel, tinyRecipe } from "./testing/tiny.ts";
import { train } from "./trainer.ts";
import type { EvaluationRecord } from "./types.ts";
import { withFolder } from "../ground/testing/folder.ts";

const { engine } = await startEngine();

Deno.test("smoke: a small checkpoint's logits are PyTorch's", () => {
  const folder = fileURLToPath(new URL("testdata/tiny", import.meta.url));
  const expected = JSON.parse(Deno.readTextFileSync(`${folder}/expected.json`));
  const { model, report } = loadCheckpoint(folder);
  assert.deepEqual(report, { initialised: [], unused: [] });
  const logits = predictLogits(model, {
    batch: 2,
    length: 6,
    inputIds: Int32Array.from(expected.inputIds),
    attentionMask: Int32Array.from(expected.attentionMask),
  });
  expected.logits.forEach((value: number, i: number) =>
    assert.ok(Math.abs(logits[i]! - value) < 1e-5, `logit ${i}: ${logits[i]} instead of ${value}`)
  );
  disposeModel(model);
});

Deno.test("smoke: a small model trains, its loss falls, and the best one is kept", async () => {
  await withFolder(async (output) => {
    const data = { train: tinyExamples(60), validation: tinyExamples(20, 4) };
    const model = tinyModel();
    const { history, bestFolder } = await train(model, data, {
      ...tinyRecipe,
      epochs: 10,
      learningRate: 1e-2,
    }, {
      output,
    });
    model.dispose();
    const evaluations = history.filter((record): record is EvaluationRecord => record.kind === "evaluation");
    const [first, last] = [evaluations[0]!, evaluations.at(-1)!];
    // over eight seeds the share left is 0.04 to 0.5
    assert.ok(
      last.train.loss < 0.6 * first.train.loss,
      `${first.train.loss} to ${last.train.loss} on ${engine}`,
    );
    assert.ok(last.validation!.accuracy > 0.8, `accuracy ${last.validation!.accuracy} on ${engine}`);
    const { model: best } = loadCheckpoint(bestFolder!);
    disposeModel(best);
  });
});

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { hasKernels, RowGradient, startEngine, Tape, trainingPass } from "../engine/mod.ts";
import { collate } from "./batches.ts";
import { freezeFor } from "./freeze.ts";
import { foreseeMemory, freeMemory } from "./memory.ts";
import { makePlan } from "./plan.ts";
import type { Recipe } from "./recipe.ts";
import { tinyExamples, tinyModel, tinyRecipe } from "./testing/tiny.ts";
import { train } from "./trainer.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const examples = tinyExamples(60, 3, 30);

/** The forecast for a wider tiny model, so that activations outweigh what is fixed. */
function foresee(change: Partial<Recipe> = {}) {
  const model = tinyModel({ config: { hidden_size: 32, intermediate_size: 128, num_hidden_layers: 4 } });
  const plan = makePlan(model, { train: examples }, { ...tinyRecipe, batchSize: 32, ...change });
  freezeFor(0, model.parameters, new Set(model.parameters.keys()), plan.recipe);
  const before = tf.memory().numTensors;
  const forecast = foreseeMemory(model, plan);
  for (const parameter of model.parameters.values()) parameter.release();
  assert.ok(tf.memory().numTensors <= before, "the forecast leaves nothing behind");
  model.dispose();
  return forecast;
}

Deno.test("the forecast: parameters count 16 bytes each in float32, rows and length are the longest", () => {
  const { parameters, held, rows, length, total, activations } = foresee();
  const model = tinyModel({ config: { hidden_size: 32, intermediate_size: 128, num_hidden_layers: 4 } });
  const size = [...model.parameters.values()].reduce((sum, { size }) => sum + size, 0);
  model.dispose();
  assert.equal(parameters, 16 * size);
  assert.equal(held, 4 * size);
  assert.deepEqual([rows, length], [32, Math.max(...examples.map(({ inputIds }) => inputIds.length))]);
  assert.equal(total, 12 * size + Math.max(4 * size, activations));
});

Deno.test("the forecast grows with rows and length, and falls with every setting that saves memory", () => {
  const whole = foresee();
  assert.ok(Math.abs(foresee({ batchSize: 16 }).activations / whole.activations - 0.5) < 1e-6);
  const parts = foresee({ microBatchTokens: 120 });
  assert.ok(parts.rows * parts.length <= 120 && parts.activations < 0.2 * whole.activations);
  assert.equal(
    parts.total,
    parts.parameters + parts.activations,
    "gradients of earlier parts stay meanwhile",
  );
  assert.ok(foresee({ gradientCheckpointing: true }).activations < 0.8 * whole.activations);
  const frozen = foresee({ freezeLayers: 2 });
  assert.ok(frozen.activations < 0.7 * whole.activations);
  assert.ok(frozen.parameters < whole.parameters);
});

Deno.test("what the forward pass keeps is foreseen to the byte, attention's square included", () => {
  // two lengths beyond those that are measured agree with the polynomial of the forecast
  // Llama's scores wait for the backward pass; BERT's are computed again where products are the project's own
  const model = tinyModel({
    config: { model_type: "llama", hidden_act: "silu", max_position_embeddings: 512 },
  });
  const activationsAt = (length: number) => {
    const inputIds = Int32Array.from({ length }, (_, i) => 10 + i % 30);
    const row = { songId: "a", inputIds, label: 0, weight: 1 };
    const plan = makePlan(model, { train: [row] }, { ...tinyRecipe, batchSize: 1 });
    return foreseeMemory(model, plan).activations;
  };
  const [a, b, c] = [activationsAt(64), activationsAt(128), activationsAt(256)];
  // p L + q L² with p and q eliminated
  assert.ok(Math.abs(c - (6 * b - 8 * a)) < 1e-6 * c, `${a}, ${b}, ${c}`);
  assert.ok(c > 4.5 * a, "more than linear");
  model.dispose();
});

Deno.test({
  name:
    "of a large table the gradient's rows are foreseen, those that a batch looks up; whole where a head shares it",
  ignore: !hasKernels(),
  fn: () => {
    const tokens = 32 * 30,
      masked = examples.map((example) => ({ ...example, tokenLabels: example.inputIds }));
    for (const shared of [false, true]) {
      const model = tinyModel({ config: { vocab_size: 70_000 }, masked: shared });
      const train = shared ? masked : examples;
      const { parameters } = foreseeMemory(
        model,
        makePlan(model, { train }, { ...tinyRecipe, batchSize: 32 }),
      );
      const size = [...model.parameters.values()].reduce((sum, { size }) => sum + size, 0);
      const gradients = (parameters - 12 * size) / 4;
      assert.equal(gradients, shared ? size : size - 16 * (70_000 - tokens));
      const tape = new Tape(), batch = collate(train.slice(0, 32), model);
      const { loss, logits } = tf.tidy(() => model.loss(trainingPass(tape, "float32", 1, 1), batch, {}));
      let found = 0;
      for (const gradient of tape.backward(loss).values()) {
        found += (gradient instanceof RowGradient ? gradient.values : gradient).size;
        gradient.dispose();
      }
      tf.dispose([loss, logits]);
      assert.ok(found <= gradients && found > 0.2 * gradients, `${found} of ${gradients} foreseen`);
      model.dispose();
    }
  },
});

Deno.test("a training that will not fit is refused before its first step, with the setting that makes it fit", async () => {
  const model = tinyModel({ config: { hidden_size: 32, intermediate_size: 128, num_hidden_layers: 4 } });
  const recipe = { ...tinyRecipe, batchSize: 32, epochs: 1 };
  const { total, parameters } = foreseeMemory(model, makePlan(model, { train: examples }, recipe));
  const attempt = (change: Partial<Recipe>, memoryLimit: number) => {
    let steps = 0;
    const callbacks = [{ onStep: () => void steps++ }];
    return train(model, { train: examples }, { ...recipe, ...change }, { memoryLimit, callbacks }).then(() =>
      steps
    );
  };
  assert.equal(await attempt({}, total), 2);
  let advised = 0;
  await assert.rejects(attempt({}, total * 0.6), (error: Error) => {
    assert.match(
      error.message,
      /needs about .* GiB of memory more, and .* are free.* for 32 rows of 30 tokens/,
    );
    assert.match(error.message, /turn gradientCheckpointing on; a smaller batchSize or maxLength helps too/);
    advised = Number(error.message.match(/Set microBatchTokens to (\d+)/)![1]);
    return true;
  });
  assert.ok(advised >= 30 && advised < 32 * 30, `${advised}`);
  assert.equal(await attempt({ microBatchTokens: advised }, total * 0.6), 2);
  await assert.rejects(
    attempt({}, parameters * 0.9),
    /Its parameters alone are too many.*freezeLayers/,
  );
  assert.equal(
    await train(model, { train: examples }, recipe).then(({ steps }) => steps),
    2,
    "this machine has enough",
  );
  model.dispose();
});

const kib = 1024, gib = 2 ** 30;

/** What the system tells, as files under a folder. */
async function system(files: Record<string, string>, check: (root: string) => void): Promise<void> {
  await withFolder(async (root) => {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    check(root);
  });
}

const meminfo = `MemTotal:       ${16 * gib / kib} kB\nMemFree:  1 kB\nMemAvailable:   ${8 * gib / kib} kB\n`;

Deno.test("freeMemory: what the kernel calls available", async () => {
  await system({ "proc/meminfo": meminfo }, (root) => assert.equal(freeMemory(root), 8 * gib));
  await system({}, (root) => assert.equal(freeMemory(root), null));
});

Deno.test("freeMemory: a control group's limit, its own or an ancestor's, with its file cache given back", async () => {
  const group = "sys/fs/cgroup/user/me";
  await system({
    "proc/meminfo": meminfo,
    "proc/self/cgroup": "0::/user/me\n",
    [`${group}/memory.max`]: "max\n",
    [`${group}/memory.current`]: "1000\n",
    "sys/fs/cgroup/user/memory.max": `${4 * gib}\n`,
    "sys/fs/cgroup/user/memory.current": `${3 * gib}\n`,
    "sys/fs/cgroup/user/memory.stat": `anon 5\ninactive_file ${gib}\n`,
  }, (root) => assert.equal(freeMemory(root), 2 * gib));
});

Deno.test("freeMemory: control groups of version 1, as some containers have them", async () => {
  await system({
    "proc/meminfo": meminfo,
    "proc/self/cgroup": "5:devices:/\n4:memory:/of/the/host\n0::/\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": `${2 * gib}\n`,
    "sys/fs/cgroup/memory/memory.usage_in_bytes": `${gib}\n`,
    "sys/fs/cgroup/memory/memory.stat": `total_inactive_file ${gib / 2}\n`,
  }, (root) => assert.equal(freeMemory(root), 1.5 * gib));
});

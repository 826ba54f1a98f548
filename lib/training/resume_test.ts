/** Resuming: after an interruption, a kill, damage; and refusing what is another training. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../engine/mod.ts";
import { writeSafetensorsFolder } from "../models/mod.ts";
import { checkKilledTraining } from "./testing/killing.ts";
import type { Recipe } from "./recipe.ts";
import {
  tinyExamples,
  type TinyModel,
  tinyModel,
  tinyRecipe,
  weightsOf,
  withoutTimes,
} from "./testing/tiny.ts";
import { train } from "./trainer.ts";
import type { TrainingOptions } from "./types.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const data = { train: tinyExamples(60), validation: tinyExamples(20, 4) };
const recipe: Recipe = { ...tinyRecipe, saveEverySteps: 3, keepCheckpoints: 2 };

/** Trains a model, a fresh one where none is given, until after a step. */
async function run(
  options: TrainingOptions & {
    until?: number;
    model?: TinyModel;
    change?: Partial<Recipe>;
    data?: typeof data;
  } = {},
) {
  const model = options.model ?? tinyModel();
  const controller = new AbortController();
  const lines: string[] = [];
  const result = await train(model, options.data ?? data, { ...recipe, ...options.change }, {
    ...options,
    signal: controller.signal,
    callbacks: [{
      onStep: ({ step }) => step === options.until ? controller.abort() : undefined,
      onLog: (line) => void lines.push(line),
    }],
  });
  const weights = weightsOf(model);
  if (options.model === undefined) model.dispose();
  return { ...result, lines, weights };
}

const checkpointsIn = (output: string) =>
  [...Deno.readDirSync(join(output, "checkpoints"))].map(({ name }) => name).sort();

const whole = await run();

for (const until of [1, 7, 8, 11]) {
  Deno.test(`interrupted after step ${until} and resumed: the same curve and weights to the bit`, async () => {
    await withFolder(async (output) => {
      const first = await run({ output, until });
      assert.deepEqual([first.ended, first.steps], ["interrupted", until]);
      assert.ok(
        checkpointsIn(output).includes(`step-${String(until).padStart(8, "0")}`),
        "saved at the interruption",
      );
      const second = await run({ output });
      assert.equal(second.ended, "finished");
      assert.deepEqual(withoutTimes(second.history), withoutTimes(whole.history));
      assert.deepEqual(second.weights, whole.weights);
      const times = second.history.map(({ elapsedMs }) => elapsedMs);
      assert.deepEqual(times, times.toSorted((a, b) => a - b), "time goes on where it stood");
    });
  });
}

for (const until of [7, 17, 24, 30]) {
  Deno.test(`averaging epochs, interrupted after step ${until} of 32 and resumed: the same curve and weights`, async () => {
    await withFolder(async (output) => {
      const change = { epochs: 4, averageEpochs: 3 }, whole = await run({ change });
      await run({ output, until, change });
      const second = await run({ output, change });
      assert.deepEqual(withoutTimes(second.history), withoutTimes(whole.history));
      assert.deepEqual(second.weights, whole.weights);
    });
  });
}

Deno.test("the interrupted run's own model, still in memory, is resumed too", async () => {
  await withFolder(async (output) => {
    const model = tinyModel();
    await run({ output, until: 5, model });
    const { weights } = await run({ output, model });
    assert.deepEqual(weights, whole.weights);
    model.dispose();
  });
});

Deno.test("a model too large for one file is resumed from its shards, and a damaged shard is found", async () => {
  await withFolder(async (output) => {
    const sharded = () => {
      const model = tinyModel();
      const save = (folder: string) =>
        writeSafetensorsFolder(
          folder,
          [...model.parameters.values()].map((parameter) => ({
            name: parameter.name,
            dtype: "F32" as const,
            shape: parameter.shape,
            data: () => parameter.data(),
          })),
          { maxShardBytes: 4000 },
        );
      return { ...model, save: async (folder: string) => void await save(folder) };
    };
    const first = sharded(), second = sharded(), third = sharded();
    await run({ output, until: 7, model: first });
    const newest = join(output, "checkpoints", checkpointsIn(output).at(-1)!);
    const shards = [...Deno.readDirSync(newest)].filter(({ name }) => /^model-\d+-of-\d+/.test(name));
    assert.ok(shards.length > 3, `${shards.length} shards`);
    const { weights } = await run({ output, model: second });
    assert.deepEqual(weights, whole.weights);

    const last = join(output, "checkpoints", checkpointsIn(output).at(-1)!);
    const shard = join(last, shards[1]!.name), bytes = await Deno.readFile(shard);
    bytes[bytes.length - 9]! ^= 1;
    await Deno.writeFile(shard, bytes);
    const { lines, weights: again } = await run({ output, model: third });
    assert.match(lines.join("\n"), /damaged \(model-\d+-of-\d+\.safetensors does not match its checksum\)/);
    assert.deepEqual(again, whole.weights);
    for (const model of [first, second, third]) model.dispose();
  });
});

Deno.test("a stop that was asked for before the start takes no step", async () => {
  const model = tinyModel();
  const { ended, steps } = await train(model, data, recipe, { signal: AbortSignal.abort() });
  assert.deepEqual([ended, steps], ["interrupted", 0]);
  model.dispose();
});

Deno.test("a finished training is not taken up again", async () => {
  await withFolder(async (output) => {
    const first = await run({ output });
    const again = await run({ output });
    assert.deepEqual([again.ended, again.steps], ["finished", 16]);
    assert.deepEqual(again.history, first.history);
    assert.deepEqual(again.weights, whole.weights);
    assert.deepEqual(again.best, first.best);
  });
});

Deno.test("a training that stopped early stays stopped", async () => {
  await withFolder(async (output) => {
    const change = { epochs: 9, earlyStoppingPatience: 1, earlyStoppingDelta: 1 };
    const first = await run({ output, change });
    const again = await run({ output, change });
    assert.deepEqual([first.ended, again.ended, again.steps], [
      "stopped early",
      "stopped early",
      first.steps,
    ]);
  });
});

Deno.test("killed twice with SIGKILL at random moments: the same curve, best and final model", async () => {
  await checkKilledTraining(2, 4, 5);
});

for (
  const [what, file, damage] of [
    ["a flipped bit", "model.safetensors", (bytes: Uint8Array) => (bytes[bytes.length - 9]! ^= 1, bytes)],
    ["a file cut short", "optimizer.safetensors", (bytes: Uint8Array) => bytes.subarray(0, 100)],
    ["a broken manifest", "checksums.json", () => new TextEncoder().encode("{")],
    ["an empty manifest", "checksums.json", () => new TextEncoder().encode("{}")],
  ] as const
) {
  Deno.test(`${what} in the newest checkpoint: the one before it is used, and said so`, async () => {
    await withFolder(async (output) => {
      await run({ output, until: 7 });
      const newest = join(output, "checkpoints", "step-00000007");
      const path = join(newest, file);
      await Deno.writeFile(path, damage(await Deno.readFile(path)));
      const { lines, history, weights } = await run({ output });
      assert.match(lines[0]!, /step-00000007 is damaged \(.+\)\. .*the one before it is used/);
      assert.deepEqual(withoutTimes(history), withoutTimes(whole.history));
      assert.deepEqual(weights, whole.weights);
      assert.ok(checkpointsIn(output).includes("step-00000007.damaged"));
    });
  });
}

Deno.test("with no undamaged checkpoint left the training starts over, and says so", async () => {
  await withFolder(async (output) => {
    await run({ output, until: 7 });
    for (const name of checkpointsIn(output)) {
      await Deno.remove(join(output, "checkpoints", name, "trainer_state.json"));
    }
    const { lines, history, weights } = await run({ output });
    assert.match(lines[1]!, /damaged .*without one the training starts over/);
    assert.deepEqual(withoutTimes(history), withoutTimes(whole.history));
    assert.deepEqual(weights, whole.weights);
  });
});

Deno.test("another recipe, data or model is refused, and the differences are listed", async () => {
  await withFolder(async (output) => {
    await run({ output, until: 3 });
    const before = checkpointsIn(output), history = await Deno.readTextFile(join(output, "history.jsonl"));
    const refused = async (options: Parameters<typeof run>[0], ...differences: string[]) => {
      await assert.rejects(run({ output, ...options }), (error: Error) => {
        assert.match(
          error.message,
          /step-00000003 belongs to another training, which this one cannot resume/,
        );
        assert.deepEqual(
          error.message.split("\n").filter((line) => line.startsWith("  ")).map((l) => l.trim()),
          differences,
        );
        return true;
      });
    };
    await refused(
      { change: { learningRate: 1e-3, epochs: 3 } },
      "recipe.epochs: 2 there, 3 here",
      "recipe.learningRate: 0.003 there, 0.001 here",
    );
    const other = tinyModel({ config: { hidden_dropout_prob: 0.2 } });
    await refused({ model: other }, "model.config.hidden_dropout_prob: 0.1 there, 0.2 here");
    other.dispose();
    const fewer = { ...data, validation: data.validation.slice(1) };
    await assert.rejects(
      run({ output, data: fewer }),
      /validation: "20 examples, \w+" there, "19 examples, \w+" here/,
    );
    const moved = { ...data, train: data.train.toReversed() };
    await assert.rejects(
      run({ output, data: moved }),
      /train: "60 examples, \w+" there, "60 examples, \w+" here/,
    );
    const drawn = tinyModel({ seed: 2 });
    await assert.rejects(run({ output, model: drawn }), /weights: "\w+" there, "\w+" here/);
    drawn.dispose();
    assert.deepEqual(checkpointsIn(output), before, "nothing is touched");
    assert.equal(await Deno.readTextFile(join(output, "history.jsonl")), history);
  });
});

Deno.test("what changes neither curve nor best model may change: intervals, checkpoints kept, gradient checkpointing", async () => {
  await withFolder(async (output) => {
    await run({ output, until: 3 });
    const change = {
      logEverySteps: 1,
      saveEverySteps: null,
      keepCheckpoints: 1,
      gradientCheckpointing: true,
    };
    const { weights } = await run({ output, change });
    assert.deepEqual(weights, whole.weights);
    assert.deepEqual(checkpointsIn(output), ["step-00000016"]);
  });
});

Deno.test("a run of a time when recipes had fewer fields is resumed: the missing ones are the study's", async () => {
  await withFolder(async (output) => {
    await run({ output, until: 3 });
    const folder = join(output, "checkpoints", "step-00000003");
    const state = JSON.parse(await Deno.readTextFile(join(folder, "trainer_state.json")));
    for (const field of ["maxWindows", "maskingRate", "dropout"]) delete state.identity.recipe[field];
    const text = JSON.stringify(state), bytes = new TextEncoder().encode(text);
    await Deno.writeFile(join(folder, "trainer_state.json"), bytes);
    const checksums = JSON.parse(await Deno.readTextFile(join(folder, "checksums.json")));
    checksums["trainer_state.json"] = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    await Deno.writeTextFile(join(folder, "checksums.json"), JSON.stringify(checksums));
    await assert.rejects(run({ output, change: { maxWindows: 2 } }), /recipe\.maxWindows: 1 there, 2 here/);
    assert.deepEqual((await run({ output })).weights, whole.weights);
  });
});

Deno.test("resume: false starts over and removes what was there", async () => {
  await withFolder(async (output) => {
    await run({ output, change: { epochs: 3 } });
    const { history, weights } = await run({ output, resume: false });
    assert.deepEqual(withoutTimes(history), withoutTimes(whole.history));
    assert.deepEqual(weights, whole.weights);
    assert.deepEqual(checkpointsIn(output), ["step-00000015", "step-00000016"]);
    assert.equal(
      (await Deno.readTextFile(join(output, "history.jsonl"))).trimEnd().split("\n").length,
      history.length,
    );
  });
});

/** Kills a training at random moments, resumes it, and compares it with one that was left alone. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { generator, randomKey } from "../../ground/mod.ts";
import { workerData, workerRecipe } from "./resume_worker.ts";
import { tinyModel, withoutTimes } from "./tiny.ts";
import { train } from "../trainer.ts";
import { withFolder } from "../../ground/testing/folder.ts";

const worker = new URL("./resume_worker.ts", import.meta.url).pathname;

/**
 * Starts the worker on a folder and, where `kill` is given, sends SIGKILL some time after a step.
 *
 * @returns the steps it told of, and whether it ran to its end
 */
async function runWorker(
  folder: string,
  epochs: number,
  kill?: { afterSteps: number; delayMs: number },
): Promise<{ steps: number[]; done: boolean }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", worker, folder, String(epochs)],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const steps: number[] = [];
  let done = false, text = "", timer: ReturnType<typeof setTimeout> | undefined;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      if (line === "done") done = true;
      const step = line.match(/^step (\d+)$/)?.[1];
      if (step !== undefined) steps.push(Number(step));
    }
    if (kill !== undefined && steps.length >= kill.afterSteps) {
      timer ??= setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch { /* it came to its end before */ }
      }, kill.delayMs);
    }
  }
  const { success, signal } = await child.status;
  clearTimeout(timer);
  const stderr = await errors;
  assert.ok(success || signal === "SIGKILL", stderr);
  return { steps, done };
}

function fileHash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return crypto.subtle.digest("SHA-256", bytes).then((hash) => new Uint8Array(hash).toHex());
}

/** What a training leaves behind, without times. */
async function outcome(folder: string, steps: number) {
  const history = (await Deno.readTextFile(join(folder, "history.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  const last = join(folder, "checkpoints", `step-${String(steps).padStart(8, "0")}`);
  const [best, model, moments] = await Promise.all(
    [
      join(folder, "best", "model.safetensors"),
      join(last, "model.safetensors"),
      join(last, "optimizer.safetensors"),
    ]
      .map(async (path) => await fileHash(await Deno.readFile(path))),
  );
  const names = [...Deno.readDirSync(folder), ...Deno.readDirSync(join(folder, "checkpoints"))]
    .map(({ name }) => name).sort();
  return { history: withoutTimes(history), best, model, moments, names };
}

/**
 * Asserts that a training killed `kills` times ends as one that was left alone: curve, best and final model, moments.
 *
 * @returns how many of the kills came while a checkpoint or the best model was being written
 */
export async function checkKilledTraining(kills: number, epochs: number, seed: number): Promise<number> {
  let whileSaving = 0;
  await withFolder(async (alone) => {
    const model = tinyModel();
    const { steps } = await train(model, workerData, workerRecipe(epochs), { output: alone });
    model.dispose();
    await withFolder(async (killed) => {
      const random = generator(randomKey(seed));
      for (let i = 0; i < kills; i++) {
        const afterSteps = 1 + Math.floor(random() * steps / (kills + 2));
        const { done } = await runWorker(killed, epochs, { afterSteps, delayMs: random() * 60 });
        assert.ok(!done, `the training came to its end before kill ${i + 1}: it needs more epochs`);
        if (hasLeftovers(killed) || hasLeftovers(join(killed, "checkpoints"))) whileSaving++;
      }
      const { done } = await runWorker(killed, epochs);
      assert.ok(done);
      assert.deepEqual(await outcome(killed, steps), await outcome(alone, steps));
    });
  });
  return whileSaving;
}

function hasLeftovers(folder: string): boolean {
  try {
    return [...Deno.readDirSync(folder)].some(({ name }) => /\.(tmp|old)$/.test(name));
  } catch {
    return false; // killed before the folder was made
  }
}

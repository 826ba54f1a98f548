/** Trials on a Ray cluster of this machine: what they say is what they say here, also when a worker dies on the way. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../../ground/testing/folder.ts";
import { UserError } from "../../ground/mod.ts";
import { bundledTokenizer, quickRecipe } from "../../training/mod.ts";
import { startEngine } from "../../engine/mod.ts";
import { hasRay } from "../../../tools/setup.ts";
import { runTrials } from "../run.ts";
import { trialStore } from "../store.ts";
import { song } from "../testing/runner.ts";
import { type Method, type Predictions, type Trial, words } from "../trial.ts";
import { rayRunner } from "./ray.ts";

const ignore = !hasRay();
if (ignore) {
  console.log('Skipped: Ray is not installed ("deno task setup -- --ray" installs it).');
}

await startEngine();

const labels = ["발라드", "댄스"];
const songs = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) =>
    song(String(from + i), {
      genres: [labels[(from + i) % 2]!],
      lyrics: `${(from + i) % 2 === 0 ? "눈물 이별 그리움" : "흔들어 리듬 밤새"} 노래 ${from + i}`,
    }));
const sides = { train: songs(0, 60), validation: songs(60, 72), test: songs(72, 90) };
const network: Method = {
  kind: "network",
  source: "kobert-small-scratch",
  tokenizer: bundledTokenizer,
  recipe: { ...quickRecipe, epochs: 3, batchSize: 8, maxLength: 16, saveEverySteps: 3, precision: "float32" },
};
const trial = (method: Method, seed = 7): Trial => ({ method, labels, sides, seed });
const wanted = [trial(network), trial(network, 8), trial(words())];

/** What is said, without what it took. */
const said = (predictions: readonly Predictions[]) =>
  predictions.map(({ cost, epochs: _, ...rest }) => ({ ...rest, steps: cost!.steps, tokens: cost!.tokens }));

/** The processes with such command lines. */
function processes(like: RegExp): number[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    try {
      return like.test(Deno.readTextFileSync(`/proc/${name}/cmdline`)) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** Those that run this project's worker. */
const workers = () => processes(/\0run\0-A\0.*trials\/cluster\/worker\.ts\0/);

Deno.test(
  "trials on a cluster say what they say here; one whose worker is killed goes on from its checkpoint",
  { ignore },
  () =>
    withFolder(async (folder) => {
      const expected = said(await runTrials(wanted));
      // as many cores as here: in float32 TensorFlow's sums depend on them
      const cores = navigator.hardwareConcurrency;
      await using runner = rayRunner({ address: "local", workers: 2, cores, gpus: 0 });
      const resumed: number[] = [], steps = new Map<Trial, number>();
      let killed: number[] = [], most = 0;
      const found = await runTrials(wanted, {
        store: trialStore(join(folder, "run")),
        runner,
        listener: {
          callbacks: (trial) => [{
            onStart: ({ resumedAt }) => void resumed.push(resumedAt),
            onStep({ step }) {
              steps.set(trial, step);
              most = Math.max(most, workers().length);
              if (killed.length > 0 || step < 5) return;
              killed = workers();
              // what workers say goes through a process of Ray's, which may die, too
              for (const process of [...killed, ...processes(/^ray::Board/)]) Deno.kill(process, "SIGKILL");
            },
          }],
        },
      });
      assert.deepEqual(said(found), expected);
      assert.ok(killed.length > 0);
      assert.ok(most <= 3, `${most} at a time`);
      assert.ok(resumed.length >= 3, "two trainings, one of them at least twice");
      assert.ok(resumed.some((step) => step >= 3), `from a checkpoint: ${resumed}`);
      assert.deepEqual([...steps.values()], [24, 24]);

      // what cannot be run says why, and nothing is left behind
      await assert.rejects(
        runTrials([trial({ ...network, source: join(folder, "none") })], { runner }),
        (error: Error) => error instanceof UserError && /There is no folder .*none/.test(error.message),
      );
      const stop = new AbortController();
      await assert.rejects(
        runTrials([trial(network, 9)], {
          runner,
          signal: stop.signal,
          listener: { callbacks: [{ onStep: () => stop.abort() }] },
        }),
        { name: "AbortError" },
      );
      for (let waits = 0; workers().length > 0 && waits < 100; waits++) {
        await new Promise((next) => setTimeout(next, 100));
      }
      assert.deepEqual(workers(), [], "stopped");
    }),
);

Deno.test("a cluster that is not there is told with the address", { ignore }, async () => {
  await using runner = rayRunner({ address: "127.0.0.1:1", workers: 1, cores: 1, gpus: 0 });
  await assert.rejects(
    runTrials([trial(words())], { runner }),
    /--cluster 127\.0\.0\.1:1: the Ray cluster cannot be reached: .*refused.*ray status/,
  );
});

/**
 * A training in a process of its own, for tests that kill it: `resume_worker.ts FOLDER EPOCHS`. It prints `step N` after
 * each step and `done` at the end.
 */
import { startEngine } from "../../engine/mod.ts";
import { tinyExamples, tinyModel, tinyRecipe } from "./tiny.ts";
import { train } from "../trainer.ts";

/** Everything that has a state to restore: dropout, validation, a best model, saves within epochs, frozen layers, parts. */
export function workerRecipe(epochs: number) {
  return {
    ...tinyRecipe,
    epochs,
    saveEverySteps: 2,
    evaluateEverySteps: 3,
    microBatchTokens: 60,
    freezeLayers: 1,
    unfreezeGradually: true,
    unfreezeEvery: 0.4,
    keepCheckpoints: 2,
  };
}

export const workerData = { train: tinyExamples(60), validation: tinyExamples(20, 4) };

if (import.meta.main) {
  const [output, epochs] = Deno.args as [string, string];
  await startEngine();
  const encoder = new TextEncoder();
  const tell = (line: string) => void Deno.stdout.writeSync(encoder.encode(`${line}\n`));
  await train(tinyModel(), workerData, workerRecipe(Number(epochs)), {
    output,
    callbacks: [{ onStep: ({ step }) => tell(`step ${step}`), onLog: tell }],
  });
  tell("done");
}

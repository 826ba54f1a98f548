/**
 * Runs one trial that came as files: `worker.ts JOB SIDES PREDICTIONS`, as a task of a cluster starts it. Prints what happens as lines of
 * JSON, and ends with 2 and a sentence where a person can mend what is wrong.
 */
import { startEngine } from "../../engine/mod.ts";
import { codeFingerprint, readIfThere, UserError } from "../../ground/mod.ts";
import { here } from "../run.ts";
import { identityOf, writePredictions } from "../store.ts";
import type { Sides, Trial } from "../trial.ts";
import type { Job, Said } from "./job.ts";

const say = (line: Said) => console.log(JSON.stringify(line));

async function work(job: Job, sides: Sides, output: string): Promise<void> {
  if (await codeFingerprint() !== job.version) {
    throw new UserError(
      "the project is of another version than where the trials come from. Give all machines the same.",
    );
  }
  const trial: Trial = { ...job.trial, sides };
  const identity = await identityOf(trial);
  if (identity !== job.identity) {
    throw new UserError(
      "the model's or the tokenizer's files are others than where the trials come from. Give all machines the same.",
    );
  }
  await startEngine();
  const folder = job.folder !== null &&
      await readIfThere(job.folder.mark.path) === job.folder.mark.contents
    ? job.folder.path
    : null;
  const predictions = await here.run(trial, {
    folder,
    callbacks: [{
      onStart: (start) => say({ start }),
      onStep: (step) => say({ step }),
      onEvaluation: (evaluation) => say({ evaluation }),
    }],
    onNote: (note) => say({ note }),
    onFit: (fit) => say({ fit }),
  });
  await writePredictions(output, predictions, identity);
}

const [jobPath, sidesPath, output] = Deno.args as [string, string, string];
try {
  const [job, sides] = await Promise.all(
    [jobPath, sidesPath].map(async (path) => JSON.parse(await Deno.readTextFile(path))),
  );
  await work(job, sides, output);
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  Deno.exit(error instanceof UserError ? 2 : 1);
}

/**
 * Checkpoints of a training: everything a run needs to go on exactly where it stood. A checkpoint appears under its name
 * only when all of it is on the disk, with a checksum of every file.
 */
import { join } from "node:path";
import {
  differences,
  fileFingerprint,
  filesIn,
  ignoreNotFound,
  removeIfThere,
  UserError,
} from "../ground/mod.ts";
import { openCheckpoint, openSafetensors, writeSafetensors } from "../models/mod.ts";
import { publishFolder, recoverFolders, setAside } from "./folders.ts";
import type { Learner } from "./learner.ts";
import { weightsFingerprint } from "./plan.ts";
import { decisiveFields, type Recipe } from "./recipe.ts";
import type { TrainingOptions, TrainingState } from "./types.ts";

const stateFile = "trainer_state.json",
  manifestFile = "checksums.json",
  momentsFile = "optimizer.safetensors",
  meansFile = "means.safetensors";

function folderOf(output: string): string {
  return join(output, "checkpoints");
}

function nameOf(step: number): string {
  return `step-${String(step).padStart(8, "0")}`;
}

const names = /^step-\d+$/;

/**
 * Lets a learner go on from the newest checkpoint under an output folder. Without one, or with `resume: false`, what an earlier training left
 * there is set aside; of one that came to no result nothing is kept.
 *
 * @returns what to warn of: damaged checkpoints, and where the earlier training is kept
 * @throws UserError where the checkpoint is of another training, with what differs
 */
export async function takeUp(
  learner: Learner,
  output: string,
  { resume }: Pick<TrainingOptions, "resume">,
): Promise<string[]> {
  const warnings: string[] = [];
  // what a killed process left half-done
  await recoverFolders(output, /^best$/);
  await recoverFolders(folderOf(output), names);
  const found = resume === false ? null : await newestCheckpoint(output, (line) => warnings.push(line));
  if (found === null) {
    const kept = await setAside(output, trainingFiles);
    for (const name of trainingFiles) await removeIfThere(join(output, name));
    return kept === null
      ? warnings
      : [...warnings, `What an earlier training left in ${output} is kept in ${kept}.`];
  }
  const { folder, state: { weights, ...state } } = found, { identity } = learner.plan;
  // the interrupted run's own model, still in memory, is as welcome as the one the run began with
  const current = identity.weights === weights ? { ...identity, weights: state.identity.weights } : identity;
  const saved = { ...state.identity, recipe: decisiveFields(state.identity.recipe as Partial<Recipe>) };
  checkIdentity(saved, current, folder);
  Object.assign(learner.state, state);
  restore(folder, learner);
  return warnings;
}

/** What a training leaves in its folder; a finished one, or one that was stopped, has the last. */
const trainingFiles = ["checkpoints", "best", "history.jsonl", "split.json", "metrics.json"] as const;

/** Writes a checkpoint, removes the oldest above the recipe's number, and gives the new one's folder. */
export async function saveTraining(
  output: string,
  { state, optimizer, model, plan, means }: Learner,
): Promise<string> {
  const final = join(folderOf(output), nameOf(state.step));
  const stepped = [...model.parameters.values()].filter((parameter) => optimizer.stepsOf(parameter) > 0);
  const moments = stepped.flatMap((parameter) => [
    ...(["m", "v"] as const).map((key) => ({
      name: `${key}.${parameter.name}`,
      dtype: "F32" as const,
      shape: parameter.shape,
      data: () => optimizer.momentData(parameter, key),
    })),
    {
      name: `steps.${parameter.name}`,
      dtype: "I32" as const,
      shape: [],
      data: Int32Array.of(optimizer.stepsOf(parameter)),
    },
  ]);
  const saved: SavedState = { ...state, weights: weightsFingerprint(model.parameters.values()) };
  await publishFolder(final, async (folder) => {
    await model.save(folder);
    await writeSafetensors(join(folder, momentsFile), moments);
    if (means.size > 0) {
      const dtype = "F32" as const, shapeOf = (name: string) => model.parameters.get(name)!.shape;
      const tensors = [...means].map(([name, data]) => ({ name, dtype, shape: shapeOf(name), data }));
      await writeSafetensors(join(folder, meansFile), tensors);
    }
    await Deno.writeTextFile(join(folder, stateFile), JSON.stringify(saved, null, 2));
    const checksums: Record<string, string> = {};
    for (const name of await filesIn(folder)) checksums[name] = await fileFingerprint(join(folder, name));
    await Deno.writeTextFile(join(folder, manifestFile), JSON.stringify(checksums, null, 2));
  });
  for (const old of (await listCheckpoints(output)).slice(plan.recipe.keepCheckpoints)) {
    await removeIfThere(join(folderOf(output), old));
  }
  return final;
}

/** A state as it is stored: with the fingerprint of the parameters beside it. */
type SavedState = TrainingState & { weights: string };

/** The checkpoints' folder names, newest first. */
async function listCheckpoints(output: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folderOf(output))) {
      if (isDirectory && names.test(name)) found.push(name);
    }
  } catch (error) {
    ignoreNotFound(error);
  }
  return found.sort().reverse();
}

/** What is wrong with a checkpoint, or `null`. */
async function damage(folder: string): Promise<string | null> {
  try {
    const checksums: Record<string, string> = JSON.parse(await Deno.readTextFile(join(folder, manifestFile)));
    for (const name of [momentsFile, stateFile]) {
      if (checksums[name] === undefined) return `${manifestFile} lacks ${name}`;
    }
    // model.safetensors, the index of its shards, or adapter_model.safetensors
    if (!Object.keys(checksums).some((name) => /model\.safetensors(\.index\.json)?$/.test(name))) {
      return `${manifestFile} lacks the model's weights`;
    }
    for (const [name, expected] of Object.entries(checksums)) {
      if (await fileFingerprint(join(folder, name)) !== expected) {
        return `${name} does not match its checksum`;
      }
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * The newest undamaged checkpoint under an output folder. Damaged ones are set aside as `….damaged`.
 *
 * @param warn is told of damaged ones
 */
async function newestCheckpoint(
  output: string,
  warn: (message: string) => void,
): Promise<{ folder: string; state: SavedState } | null> {
  for (const name of await listCheckpoints(output)) {
    const folder = join(folderOf(output), name);
    const problem = await damage(folder);
    if (problem === null) {
      return { folder, state: JSON.parse(await Deno.readTextFile(join(folder, stateFile))) };
    }
    await removeIfThere(`${folder}.damaged`);
    await Deno.rename(folder, `${folder}.damaged`);
    warn(
      `The checkpoint ${folder} is damaged (${problem}). It is set aside as ${name}.damaged, and the one before it is ` +
        "used; without one the training starts over.",
    );
  }
  return null;
}

/** Puts a checkpoint's parameters, moments and means back. */
function restore(folder: string, { model: { parameters, restore }, optimizer, means, state }: Learner): void {
  if (restore !== undefined) restore(folder);
  else {
    using model = openCheckpoint(folder);
    for (const [name, parameter] of parameters) parameter.assign(model.read(name));
  }
  using moments = openSafetensors(join(folder, momentsFile));
  for (const stored of moments.names()) {
    if (!stored.startsWith("m.")) continue;
    const name = stored.slice(2);
    optimizer.restoreMoments(parameters.get(name)!, {
      m: moments.read(stored),
      v: moments.read(`v.${name}`),
      steps: moments.read(`steps.${name}`, "I32")[0]!,
    });
  }
  if (state.averagedEpochs === 0) return;
  using stored = openSafetensors(join(folder, meansFile));
  for (const name of stored.names()) means.set(name, stored.read(name));
}

/** @throws Error that lists what differs between a checkpoint's run and this one. */
function checkIdentity(
  saved: Record<string, unknown>,
  current: Record<string, unknown>,
  folder: string,
): void {
  const found = differences(saved, current);
  if (found.length === 0) return;
  throw new UserError(
    `${folder} belongs to another training, which this one cannot resume:` +
      `${found.map((line) => `\n  ${line}`).join("")}\nUse the same settings, data and model, or ` +
      "another output folder, or start anew there (--anew).",
  );
}

/**
 * Checkpoints of a training: everything a run needs to go on exactly where it stood. A checkpoint appears under its name
 * only when all of it is on the disk, with a checksum of every file.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileFingerprint, filesIn, ignoreNotFound, removeIfThere, UserError } from "../ground/mod.ts";
import type { AdamW, Parameter } from "../engine/mod.ts";
import { openCheckpoint, openSafetensors, writeSafetensors } from "../models/mod.ts";
import { differences } from "./differences.ts";
import { publishFolder, recoverFolders, setAside, startFolder } from "./folders.ts";
import type { Trainable } from "./types.ts";

/** Where a training stands, beside its parameters and moments. */
export interface TrainingState {
  /** Optimizer steps taken. */
  step: number;
  epoch: number;
  /** Batches of this epoch that are done. */
  batchOfEpoch: number;
  /** What the running epoch's averages are made of. */
  sums: { loss: number; weight: number; correct: number; answers: number };
  best: { value: number; step: number; epoch: number } | null;
  evaluationsWithoutImprovement: number;
  elapsedMs: number;
  /** What the run was started with: a resumed one must agree. */
  identity: Record<string, unknown>;
}

const stateFile = "trainer_state.json",
  manifestFile = "checksums.json",
  momentsFile = "optimizer.safetensors";

function folderOf(output: string): string {
  return join(output, "checkpoints");
}

function nameOf(step: number): string {
  return `step-${String(step).padStart(8, "0")}`;
}

const names = /^step-\d+$/;

/** Clears up what a killed process left half-done in an output folder; see {@link recoverFolders}. */
export async function recoverOutput(output: string): Promise<void> {
  await recoverFolders(output, /^best$/);
  await recoverFolders(folderOf(output), names);
}

/** What a training leaves in its folder; a finished one, or one that was stopped, has the last. */
const trainingFiles = ["checkpoints", "best", "history.jsonl", "split.json", "metrics.json"] as const;

/**
 * Moves an earlier training out of the way, into {@link setAside}'s place, which is given; of one that came to no result nothing is kept.
 */
export async function clearOutput(output: string): Promise<string | null> {
  const kept = await setAside(output, trainingFiles);
  for (const name of trainingFiles) await removeIfThere(join(output, name));
  return kept;
}

/**
 * A short number that changes with a model's parameters: names, shapes and up to 1,024 values of each.
 */
export function weightsFingerprint(parameters: Iterable<Parameter>): string {
  const hash = createHash("sha256");
  for (const parameter of parameters) {
    const values = parameter.data(), stride = Math.ceil(values.length / 1024);
    hash.update(`${parameter.name} ${parameter.shape}\n`);
    hash.update(
      new Uint8Array(
        Float32Array.from(
          { length: Math.ceil(values.length / stride) },
          (_, i) => values[i * stride]!,
        ).buffer,
      ),
    );
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Writes a checkpoint and removes the oldest above `keep`.
 *
 * @param saveModel writes the model's own files into a folder
 * @returns the checkpoint's folder
 */
export async function saveTrainingCheckpoint(
  output: string,
  state: TrainingState,
  optimizer: AdamW,
  parameters: Iterable<Parameter>,
  saveModel: (folder: string) => Promise<void>,
  keep: number,
): Promise<string> {
  const final = join(folderOf(output), nameOf(state.step));
  const temporary = await startFolder(final);
  await saveModel(temporary);
  const stepped = [...parameters].filter((parameter) => optimizer.stepsOf(parameter) > 0);
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
  await writeSafetensors(join(temporary, momentsFile), moments);
  const saved: SavedState = { ...state, weights: weightsFingerprint(parameters) };
  await Deno.writeTextFile(join(temporary, stateFile), JSON.stringify(saved, null, 2));
  const checksums: Record<string, string> = {};
  for (const name of await filesIn(temporary)) checksums[name] = await fileFingerprint(join(temporary, name));
  await Deno.writeTextFile(join(temporary, manifestFile), JSON.stringify(checksums, null, 2));
  await publishFolder(final);
  for (const old of (await listCheckpoints(output)).slice(keep)) {
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
export async function newestCheckpoint(
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
        "used; without one the training starts anew.",
    );
  }
  return null;
}

/** Puts a checkpoint's parameters and moments back. */
export function restoreTraining(
  folder: string,
  { parameters, restore }: Pick<Trainable, "parameters" | "restore">,
  optimizer: AdamW,
): void {
  if (restore !== undefined) restore(folder);
  else {
    const model = openCheckpoint(folder);
    try {
      for (const [name, parameter] of parameters) parameter.assign(model.read(name));
    } finally {
      model.close();
    }
  }
  const moments = openSafetensors(join(folder, momentsFile));
  try {
    for (const stored of moments.names()) {
      if (!stored.startsWith("m.")) continue;
      const name = stored.slice(2);
      optimizer.restoreMoments(parameters.get(name)!, {
        m: moments.read(stored),
        v: moments.read(`v.${name}`),
        steps: moments.read(`steps.${name}`, "I32")[0]!,
      });
    }
  } finally {
    moments.close();
  }
}

/** @throws Error that lists what differs between a checkpoint's run and this one. */
export function checkIdentity(
  saved: Record<string, unknown>,
  current: Record<string, unknown>,
  folder: string,
): void {
  const found = differences(saved, current);
  if (found.length === 0) return;
  throw new UserError(
    `${folder} belongs to another training, which this one cannot resume:${
      found.map((line) => `\n  ${line}`).join("")
    }\n` +
      "Use the same settings, data and model, or another output folder, or start anew there (--anew).",
  );
}

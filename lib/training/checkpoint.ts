/**
 * Checkpoints of a training: everything a run needs to go on exactly where it stood. A checkpoint appears under its name
 * only when all of it is on the disk, with a checksum of every file.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { AdamW, Parameter } from "../engine/mod.ts";
import { openSafetensors, writeSafetensors } from "../models/mod.ts";

/** Where a training stands, beside its parameters and moments. */
export interface TrainingState {
  /** Optimizer steps taken. */
  step: number;
  epoch: number;
  /** Batches of this epoch that are done. */
  batchOfEpoch: number;
  /** What the running epoch's averages are made of. */
  sums: { loss: number; weight: number; correct: number; examples: number };
  best: { value: number; step: number; epoch: number } | null;
  evaluationsWithoutImprovement: number;
  elapsedMs: number;
  /** What the run was started with: a resumed one must agree. */
  identity: Record<string, unknown>;
}

const stateFile = "trainer_state.json", manifestFile = "checksums.json";

function folderOf(output: string): string {
  return join(output, "checkpoints");
}

function nameOf(step: number): string {
  return `step-${String(step).padStart(8, "0")}`;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

async function syncFolder(path: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(path)) {
    if (!isFile) continue;
    const file = await Deno.open(join(path, name), { read: true, write: true });
    await file.sync();
    file.close();
  }
}

/** Puts a complete folder in place of another one: whoever reads sees the old or the new one, whole. */
export async function replaceFolder(temporary: string, final: string): Promise<void> {
  const old = `${final}.old`;
  await Deno.remove(old, { recursive: true }).catch(ignoreNotFound);
  await Deno.rename(final, old).catch(ignoreNotFound);
  await Deno.rename(temporary, final);
  await Deno.remove(old, { recursive: true }).catch(ignoreNotFound);
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/**
 * Writes a checkpoint and removes the oldest above `keep`.
 *
 * @param saveModel writes the model's own files into a folder
 */
export async function saveTrainingCheckpoint(
  output: string,
  state: TrainingState,
  optimizer: AdamW,
  parameters: Iterable<Parameter>,
  saveModel: (folder: string) => Promise<void>,
  keep: number,
): Promise<string> {
  const folder = folderOf(output), final = join(folder, nameOf(state.step));
  const temporary = `${final}.tmp`;
  await Deno.remove(temporary, { recursive: true }).catch(ignoreNotFound);
  await Deno.mkdir(temporary, { recursive: true });
  await saveModel(temporary);
  const moments = [...parameters].filter((parameter) => optimizer.hasMoments(parameter)).flatMap((
    parameter,
  ) =>
    (["m", "v"] as const).map((key) => ({
      name: `${key}.${parameter.name}`,
      dtype: "F32" as const,
      shape: parameter.shape,
      data: () => optimizer.momentData(parameter, key),
    }))
  );
  await writeSafetensors(join(temporary, "optimizer.safetensors"), moments);
  await Deno.writeTextFile(join(temporary, stateFile), JSON.stringify(state, null, 2));
  const checksums: Record<string, string> = {};
  for await (const { name, isFile } of Deno.readDir(temporary)) {
    if (isFile) checksums[name] = await sha256(join(temporary, name));
  }
  await Deno.writeTextFile(join(temporary, manifestFile), JSON.stringify(checksums, null, 2));
  await syncFolder(temporary);
  await replaceFolder(temporary, final);
  for (const old of (await listCheckpoints(output)).slice(keep)) {
    await Deno.remove(join(folder, old), { recursive: true });
  }
  return final;
}

/** The checkpoints' folder names, newest first. */
async function listCheckpoints(output: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folderOf(output))) {
      if (isDirectory && /^step-\d+$/.test(name)) names.push(name);
    }
  } catch (error) {
    ignoreNotFound(error);
  }
  return names.sort().reverse();
}

/** What is wrong with a checkpoint, or `null`. */
async function damage(folder: string): Promise<string | null> {
  try {
    const checksums: Record<string, string> = JSON.parse(await Deno.readTextFile(join(folder, manifestFile)));
    for (const [name, expected] of Object.entries(checksums)) {
      if (await sha256(join(folder, name)) !== expected) return `${name} does not match its checksum`;
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * The newest undamaged checkpoint under an output folder.
 *
 * @param warn is told of damaged ones, which are passed over
 */
export async function newestCheckpoint(
  output: string,
  warn: (message: string) => void,
): Promise<{ folder: string; state: TrainingState } | null> {
  for (const name of await listCheckpoints(output)) {
    const folder = join(folderOf(output), name);
    const problem = await damage(folder);
    if (problem === null) {
      return { folder, state: JSON.parse(await Deno.readTextFile(join(folder, stateFile))) };
    }
    warn(`${folder} is damaged (${problem}); the checkpoint before it is used.`);
  }
  return null;
}

/** Puts a checkpoint's parameters and moments back. */
export function restoreTraining(
  folder: string,
  state: TrainingState,
  parameters: Map<string, Parameter>,
  optimizer: AdamW,
): void {
  const model = openSafetensors(join(folder, "model.safetensors"));
  for (const [name, parameter] of parameters) parameter.assign(model.read(name));
  model.close();
  const moments = openSafetensors(join(folder, "optimizer.safetensors"));
  for (const name of moments.names()) {
    if (!name.startsWith("m.")) continue;
    const parameter = parameters.get(name.slice(2))!;
    optimizer.restoreMoments(parameter, { m: moments.read(name), v: moments.read(`v.${parameter.name}`) });
  }
  moments.close();
  optimizer.steps = state.step;
}

/** @throws Error that lists what differs between a checkpoint's run and this one. */
export function checkIdentity(
  saved: Record<string, unknown>,
  current: Record<string, unknown>,
  folder: string,
): void {
  const differing = [...new Set([...Object.keys(saved), ...Object.keys(current)])]
    .filter((key) => JSON.stringify(saved[key]) !== JSON.stringify(current[key]));
  if (differing.length === 0) return;
  const lines = differing.map((key) =>
    `\n  ${key}: ${JSON.stringify(saved[key]) ?? "absent"} there, ${
      JSON.stringify(current[key]) ?? "absent"
    } here`
  );
  throw new Error(
    `${folder} belongs to another training, which this one cannot resume:${lines.join("")}\n` +
      "Use the same settings and data, or another output folder, or start anew with resume off.",
  );
}

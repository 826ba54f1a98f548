/** How much memory a training will take, told before its first step, and whether the machine has it. */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { UserError } from "../ground/mod.ts";
import {
  hasKernels,
  type Parameter,
  type Precision,
  startEngine,
  tableGradientSize,
  Tape,
  trainingPass,
} from "../engine/mod.ts";
import { alone, type Team } from "../team/mod.ts";
import { collate, type Example, inOrder, longestRow, microBatches, rowsOf, shareOfBatch } from "./batches.ts";
import { depthOf } from "./freeze.ts";
import { type Plan, seenIn } from "./plan.ts";
import type { Trainable } from "./types.ts";

/** The parts of a training's memory, in bytes. */
export interface MemoryForecast {
  /** Values, gradients and the optimizer's two moments of all parameters. */
  parameters: number;
  /** What the largest part of a batch keeps for its backward pass, and what works on it meanwhile. */
  activations: number;
  total: number;
  /** Of the total, what is allocated already. */
  held: number;
  /** The largest part of a batch. */
  rows: number;
  length: number;
}

/**
 * What works on a layer's activations in its backward pass, as a multiple of what the layer keeps for it. Measured as the
 * growth of the process with KoBERT's shape, batches of 32 x 64, 8 x 512 and 32 x 512 tokens, in float32 and bf16, with and
 * without checkpointing: with these numbers the forecast was 0.97 to 1.11 of it. The composed operations work in float32
 * whatever the precision.
 */
function workingShare(precision: Precision): number {
  if (hasKernels()) return 2;
  return precision === "bf16" ? 9 : 5;
}

/** Bytes kept by the forward pass of `rows` rows of `length` tokens: a polynomial, as attention is quadratic in length. */
interface Kept {
  perToken: number;
  perTokenSquared: number;
}

const bytesOf = ({ perToken, perTokenSquared }: Kept, rows: number, length: number) =>
  rows * (perToken * length + perTokenSquared * length ** 2);

/** The last tokens of an example. A language model is asked for the very last, whatever else it is asked for. */
function ending(example: Example, length: number): Example {
  const { inputIds, tokenLabels, tokenTypeIds: _, windows: __, textIds, ...rest } = example;
  const start = inputIds.length - length;
  if (tokenLabels === undefined) return { ...rest, inputIds: inputIds.slice(start) };
  const labels = tokenLabels.slice(start);
  labels[length - 1] = inputIds[inputIds.length - 1]!;
  const texts = textIds && { textIds: textIds.slice(start) };
  return { ...rest, ...texts, inputIds: inputIds.slice(start), tokenLabels: labels };
}

/** What a forward pass keeps, and the tables of which it looks up rows. */
interface Measured extends Kept {
  tables: Parameter[];
}

/** Runs the forward pass of one row at two lengths and asks the tape what it keeps. */
function measureKept(model: Trainable, plan: Plan, example: Example, checkpointing: boolean): Measured {
  let tables: Parameter[] = [];
  const keptBy = (length: number) => {
    const batch = collate([ending(example, length)], model);
    const tape = new Tape();
    try {
      const pass = trainingPass(tape, plan.precision, plan.recipe.seed, 0, null, checkpointing);
      tf.dispose(tf.tidy(() => model.loss(pass, batch, {})));
      tables = tape.tables();
      return tape.savedBytes();
    } finally {
      tape.clear();
    }
  };
  const least = model.languageModel === "causal" ? 2 : 1; // a token, and one that predicts it
  const long = Math.min(64, longestRow(example)), short = Math.max(least, long >> 1);
  if (long === short) return { perToken: keptBy(long) / long, perTokenSquared: 0, tables };
  const [a, b] = [keptBy(short) / short, keptBy(long) / long];
  const perTokenSquared = (b - a) / (long - short);
  return { perToken: a - perTokenSquared * short, perTokenSquared, tables };
}

/**
 * What a training will take at its peak: the parameters with gradients and moments, and the activations of the longest
 * rows. Frozen parameters count as they stand now.
 *
 * @param heldMoments bytes of moments that the optimizer has already
 * @param team who shares each batch
 */
export function foreseeMemory(
  model: Trainable,
  plan: Plan,
  heldMoments = 0,
  team: Pick<Team, "size"> = alone,
): MemoryForecast {
  const { recipe, precision } = plan;
  const parameters = [...model.parameters.values()];
  const sizeOf = (list: typeof parameters) => list.reduce((sum, { size }) => sum + size, 0);
  const all = sizeOf(parameters), trained = sizeOf(parameters.filter(({ trainable }) => trainable));
  const layers = Math.max(1, ...parameters.map(({ name }) => depthOf(name)).filter(Number.isFinite));

  const { lengths } = plan.train;
  const longestFirst = Uint32Array.from({ length: plan.train.length }, (_, i) => i)
    .sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const largestBatch = Array.from(
    longestFirst.subarray(0, recipe.batchSize),
    (i) => seenIn(0, model, plan.train.at(i), i),
  );
  const ordered = inOrder(largestBatch);
  // of the shares of a batch the last has the most rows
  const share = shareOfBatch(ordered, { rank: team.size - 1, size: team.size });
  const parts = microBatches(ordered, recipe.microBatchTokens, share);
  const plain = measureKept(model, plan, largestBatch[0]!, false);
  const kept = recipe.gradientCheckpointing ? measureKept(model, plan, largestBatch[0]!, true) : plain;
  const ofParts = parts.map((part) => {
    const rows = part.examples.reduce((sum, example) => sum + rowsOf(example).length, 0);
    const { length } = ordered;
    const ofLayer = bytesOf(plain, rows, length) / layers;
    // with checkpointing, one layer's activations are there again while it goes backward
    const again = recipe.gradientCheckpointing ? ofLayer : 0;
    return {
      rows,
      length,
      activations: bytesOf(kept, rows, length) + again + workingShare(precision) * ofLayer,
    };
  });
  const largest = ofParts.reduce((a, b) => b.activations > a.activations ? b : a);

  const narrow = sizeOf(parameters.filter(({ isNarrow }) => isNarrow));
  const copies = precision === "bf16" ? 2 * (all - narrow) : 0;
  // the mean over epochs' ends, which JavaScript holds
  const mean = recipe.averageEpochs > 1 ? 4 * trained : 0;
  const values = 4 * all - 2 * narrow, fixed = values + copies + mean + 8 * trained;
  // of a table the rows that a batch looks up
  const tokens = ofParts.reduce((sum, { rows, length }) => sum + rows * length, 0);
  const spared = plain.tables.reduce(
    (sum, { size, shape }) => sum + size - tableGradientSize(shape, tokens),
    0,
  );
  const gradients = 4 * (trained - spared);
  // gradients come as activations go, unless those of earlier parts are there already
  const total = fixed +
    (parts.length > 1 ? largest.activations + gradients : Math.max(largest.activations, gradients));
  return { parameters: fixed + gradients, held: values + heldMoments, total, ...largest };
}

const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/**
 * Asks whether a training will fit.
 *
 * @param limit what it may take in all, in bytes; by default what is free here; `null` checks nothing
 * @throws Error where it will not, with the settings to change
 */
export async function checkMemory(forecast: MemoryForecast, limit?: number | null): Promise<void> {
  if (limit === null) return;
  const { rows, length, parameters, activations, held, total } = forecast;
  const free = limit === undefined ? await availableMemory(held) : limit - held;
  const needed = total - held;
  if (free === null || needed <= free) return;
  const left = free - (parameters - held);
  const advice = left <= 0
    ? "Its parameters alone are too many: take a smaller model, freeze its lower layers (freezeLayers), or train adapters alone (loraRank)."
    : rows === 1
    ? "Turn gradientCheckpointing on, or make maxLength smaller."
    : `Set microBatchTokens to ${Math.max(1, Math.floor(rows * left / activations)) * length} (a ` +
      "step's batch in parts, the same gradients), or turn gradientCheckpointing on; a smaller " +
      "batchSize or maxLength helps too.";
  throw new UserError(
    `This training needs about ${gib(needed)} of memory more, and ${gib(free)} are free. In all it ` +
      `takes ${gib(parameters)} for the parameters with gradients and moments, and ${gib(activations)} ` +
      `for ${rows} rows of ${length} tokens. ${advice}`,
  );
}

function read(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null; // another system, or a file that this one lacks
  }
}

function numberIn(path: string): number | null {
  const text = read(path)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

function field(text: string | null, name: RegExp): number | null {
  const found = text?.match(name)?.[1];
  return found === undefined ? null : Number(found);
}

/**
 * Bytes that are free: what /proc/meminfo calls available, or less where a control group (a container) limits this process.
 * `null` where the system does not tell.
 *
 * @param root where /proc and /sys are found
 */
export function freeMemory(root = "/"): number | null {
  const available = field(read(join(root, "proc/meminfo")), /^MemAvailable:\s+(\d+) kB/m);
  const bounds = available === null ? [] : [available * 1024];
  for (const line of (read(join(root, "proc/self/cgroup")) ?? "").split("\n")) {
    const [, controllers, path] = line.match(/^\d+:([^:]*):(.*)$/) ?? [];
    if (path === undefined) continue;
    const version2 = controllers === "";
    if (!version2 && !controllers!.split(",").includes("memory")) continue;
    // a limit of any group above counts as well; in a container the path may be the host's, and the top is one's own group
    const parts = path.split("/").filter((part) => part !== "");
    for (let depth = parts.length; depth >= 0; depth--) {
      const folder = join(root, "sys/fs/cgroup", version2 ? "" : "memory", ...parts.slice(0, depth));
      const limit = numberIn(join(folder, version2 ? "memory.max" : "memory.limit_in_bytes"));
      const used = numberIn(join(folder, version2 ? "memory.current" : "memory.usage_in_bytes"));
      if (limit === null || used === null) continue;
      // what the group's file cache takes is given back when it is needed
      const cache = field(read(join(folder, "memory.stat")), /^(?:total_)?inactive_file (\d+)$/m) ?? 0;
      bounds.push(limit - used + cache);
    }
  }
  return bounds.length === 0 ? null : Math.max(0, Math.min(...bounds));
}

/** The most that WebAssembly can address. */
const wasmLimit = 2 ** 32 - 2 ** 16;

/**
 * Bytes that a training may take beyond what is allocated: of the machine, or of WebAssembly's address space. `null` where
 * that is not known, as for a GPU's own memory.
 *
 * @param held what of the process's memory is in use, beside tensors: TensorFlow's variables
 */
async function availableMemory(held: number): Promise<number | null> {
  const { engine, device } = await startEngine();
  if (device === "gpu") return null;
  const free = freeMemory();
  const { numBytes } = tf.memory();
  if (engine === "wasm") return Math.min(free ?? Infinity, wasmLimit - numBytes);
  // the allocator keeps what an earlier training freed, and hands it out again
  const programAndLibraries = 2 ** 30;
  const kept = Deno.memoryUsage().rss - numBytes - held - programAndLibraries;
  return free === null ? null : free + Math.max(0, kept);
}

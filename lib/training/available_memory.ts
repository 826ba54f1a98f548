/** How much memory a training may still take on this machine. */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { startEngine } from "../engine/mod.ts";

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
export async function availableMemory(held: number): Promise<number | null> {
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

/** Which backend does the maths: TensorFlow by tfjs-node-gpu where it is set up, WebAssembly elsewhere. */
import * as tf from "@tensorflow/tfjs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import util from "node:util";
import { UserError } from "../ground/pure.ts";
import { withoutStderr } from "./quiet.ts";
import { hasNative, loadKernels, nativeInfo, useNativeBackend } from "./raw.ts";

export type EngineName = "tensorflow" | "wasm";
export type Precision = "float32" | "bf16";

/** What runs, and why not something faster. */
export interface EngineInfo {
  engine: EngineName;
  device: "cpu" | "gpu";
  /** One line for a person: the engine, and where it is the slow one, why, and what would make it faster. */
  description: string;
}

export interface EngineOptions {
  /** `auto` takes TensorFlow where it is set up, WebAssembly elsewhere. Default: environment `KOBERT_ENGINE`, else `auto`. */
  engine?: EngineName | "auto";
}

let started: Promise<EngineInfo> | null = null;
let startedAs: EngineName | "auto" | null = null;

/**
 * Starts the engine once; later calls return the running one.
 *
 * @throws Error when an engine is asked for by name and cannot run here, or when another one already runs.
 * @example
 * ```ts
 * const { description } = await startEngine({ engine: "auto" });
 * ```
 */
export async function startEngine(options: EngineOptions = {}): Promise<EngineInfo> {
  const wanted = options.engine ?? engineFromEnvironment();
  if (started === null) {
    startedAs = wanted;
    started = start(wanted).catch((error) => {
      started = null;
      throw error;
    });
  }
  const info = await started;
  if (options.engine !== undefined && options.engine !== "auto" && info.engine !== options.engine) {
    throw new UserError(
      `The ${info.engine} engine already runs in this process (asked for as "${startedAs}"); ` +
        `"${options.engine}" needs a process of its own.`,
    );
  }
  return info;
}

function engineFromEnvironment(): EngineName | "auto" {
  const name = Deno.env.get("KOBERT_ENGINE") ?? "auto";
  if (name === "auto" || name === "tensorflow" || name === "wasm") return name;
  throw new UserError(`KOBERT_ENGINE is "${name}"; it can be auto, tensorflow or wasm.`);
}

async function start(wanted: EngineName | "auto"): Promise<EngineInfo> {
  tf.enableProdMode();
  if (wanted !== "wasm") {
    try {
      return await startTensorFlow();
    } catch (error) {
      const why = whyNotTensorFlow(error);
      if (wanted === "tensorflow") {
        throw new UserError(
          `The TensorFlow engine cannot start: ${why} Run "deno task setup", or ask for --engine wasm.`,
        );
      }
      return await startWasm(
        `TensorFlow is not there (${why}); "deno task setup" makes it, about 20 times faster`,
      );
    }
  }
  return await startWasm('asked for by name; "--engine auto" takes TensorFlow, about 20 times faster');
}

function whyNotTensorFlow(error: unknown): string {
  const state = setUpState();
  if (state !== null && state.engine !== "tensorflow") return state.why;
  // no set-up ran yet, or it went well: the import's own error says more
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0]!.trim();
}

async function startTensorFlow(): Promise<EngineInfo> {
  // tfjs-node 4.22 calls two functions that newer Node versions, and Deno, no longer have.
  const legacy = util as unknown as Record<string, unknown>;
  legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  legacy.isArray ??= Array.isArray;
  const load = () => createRequire(import.meta.url)("@tensorflow/tfjs-node-gpu");
  // at the level of errors alone ../../tools/environment.ts asks for silence; the library's notice of oneDNN comes all the same
  if (Deno.env.get("TF_CPP_MIN_LOG_LEVEL") === "3") withoutStderr(load);
  else load();
  await tf.setBackend("tensorflow");
  await tf.ready();
  useNativeBackend(tf.backend());
  const { version, gpu } = nativeInfo();
  const device = gpu ? "gpu" : "cpu";
  if (!gpu) useKernels();
  return {
    engine: "tensorflow",
    device,
    description: `TensorFlow ${version} on the ${device.toUpperCase()}`,
  };
}

/** The fused operations are compiled by the set-up; without them the same is composed of TensorFlow's own, slower. */
function useKernels(): void {
  const name = setUpState()?.kernels;
  const path = Deno.env.get("KOBERT_KERNELS") ??
    (name === undefined ? "" : fileURLToPath(new URL(`../../.venv/tensorflow/${name}`, import.meta.url)));
  if (path !== "") loadKernels(path);
}

/** What the set-up wrote about the engine; `null` where it never ran. */
function setUpState(): { engine: string; why: string; kernels?: string } | null {
  try {
    return JSON.parse(Deno.readTextFileSync(new URL("../../.venv/engine.json", import.meta.url)));
  } catch {
    return null;
  }
}

async function startWasm(why: string): Promise<EngineInfo> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  const folder = new URL(".", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
  wasm.setWasmPaths(fileURLToPath(new URL("./", folder)));
  if (!await tf.setBackend("wasm")) {
    throw new UserError("The WebAssembly engine cannot start: its backend failed to load.");
  }
  await tf.ready();
  return { engine: "wasm", device: "cpu", description: `WebAssembly (${why})` };
}

/**
 * The precision of matrix products for a wish: `auto` is bf16 where the processor (or GPU) multiplies bfloat16 natively
 * and TensorFlow runs, float32 elsewhere.
 *
 * @throws Error when bf16 is asked for on an engine without it.
 */
export function resolvePrecision(wish: Precision | "auto" = "auto"): Precision {
  if (wish === "float32") return "float32";
  if (wish === "bf16") {
    if (!hasNative()) {
      throw new UserError(
        "bf16 needs the TensorFlow engine; here WebAssembly runs. Use --precision float32.",
      );
    }
    return "bf16";
  }
  return hasNative() && (nativeInfo().gpu || hasNativeBfloat16()) ? "bf16" : "float32";
}

let nativeBfloat16: boolean | undefined;

function hasNativeBfloat16(): boolean {
  if (nativeBfloat16 === undefined) {
    try {
      const flags = Deno.readTextFileSync("/proc/cpuinfo").match(/^(flags|Features)\s*:.*$/m)?.[0] ?? "";
      nativeBfloat16 = /\b(avx512_bf16|amx_bf16|bf16)\b/.test(flags);
    } catch {
      nativeBfloat16 = false;
    }
  }
  return nativeBfloat16;
}

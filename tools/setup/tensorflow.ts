/**
 * tfjs-node-gpu on a current TensorFlow.
 *
 * The package's own installer would fetch libtensorflow 2.9 and, for a GPU, want CUDA 11.2. The wheels that Python's TensorFlow comes in hold
 * the same C library at its current version, and tfjs-node's binding, unchanged, compiles against it. So: the wheel is downloaded,
 * its two libraries and the C headers taken out, and the binding compiled.
 */
import { statfs } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { processEnvironment } from "../environment.ts";
import { exists, inProject, inVenv, program, readText, remove, writeWhole } from "./paths.ts";
import { allOf, ProgramError, run, succeeds } from "./process.ts";
import { type Environment, makeEnvironment, pip, runTied } from "./python.ts";

const tensorflowVersion = "2.21.0";
export const zigVersion = "0.15.2";

/** What lib/engine reads at run time, in `.venv/engine.json`. */
export interface EngineState {
  engine: "tensorflow" | "wasm";
  device: "cpu" | "gpu";
  /** Why it is this one; for wasm, why not TensorFlow. Without a full stop. */
  why: string;
  /** The library of fused operations, in `.venv/tensorflow`; absent on a GPU, and where they do not work. */
  kernels?: string;
  /** The library that could not be made or does not work, and why: TensorFlow's own operations take its place, slower. */
  withoutKernels?: { name: string; why: string };
  /** The versions that `why` was found out with. */
  versions: string;
}

/** TensorFlow cannot be had here: `why`, and `remedy`, what would change that. */
export class NoTensorFlow extends Error {
  constructor(readonly why: string, readonly remedy: string) {
    super(`${why}. ${remedy}`);
  }
}

/** Runs a named step of the set-up; setup.ts gives one that prints a line with the time. */
export type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>;

interface Wheel {
  package: string;
  platform: string;
  libraries: [string, string];
  /** Gigabytes that must be free: wheel, pip's temporary copy of it, what is taken out. */
  room: number;
}

/** The wheel for this platform. Tried: x86-64 Linux, CPU. The others have the same content (looked at) and were never run. */
function wheelFor(device: "cpu" | "gpu"): Wheel {
  const linux: Wheel["libraries"] = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
  const mac: Wheel["libraries"] = ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"];
  switch (`${Deno.build.os}-${Deno.build.arch}-${device}`) {
    case "linux-x86_64-cpu":
      return { package: "tensorflow-cpu", platform: "manylinux_2_27_x86_64", libraries: linux, room: 1.6 };
    case "linux-x86_64-gpu":
      return { package: "tensorflow", platform: "manylinux_2_27_x86_64", libraries: linux, room: 9 };
    case "linux-aarch64-cpu":
      return { package: "tensorflow", platform: "manylinux_2_27_aarch64", libraries: linux, room: 1.7 };
    case "darwin-aarch64-cpu":
      return { package: "tensorflow", platform: "macosx_12_0_arm64", libraries: mac, room: 1.5 };
    default:
      throw new NoTensorFlow(
        `there is no TensorFlow library for ${Deno.build.os} on ${Deno.build.arch}`,
        Deno.build.os === "windows"
          ? "Under WSL the project has one."
          : "Linux (x86-64, aarch64) and Apple silicon have one.",
      );
  }
}

const folder = inVenv("tensorflow");
const libraryFolder = join(folder, "tensorflow");
const statePath = inVenv("engine.json");
const addon = inProject("node_modules", "@tensorflow", "tfjs-node-gpu");
const bindingInPackage = () => join(addon, "lib", "napi-v8", "tfjs_binding.node");
/** Kept beside the libraries: a fresh node_modules needs only a copy. */
const bindingKept = () => join(folder, `tfjs_binding-${addonVersion()}.node`);

function addonVersion(): string {
  return JSON.parse(readText(join(addon, "package.json")) ?? '{"version":"absent"}').version;
}

function versions(device: "cpu" | "gpu"): string {
  return `TensorFlow ${tensorflowVersion} for the ${device.toUpperCase()}, tfjs-node-gpu ${addonVersion()}`;
}

const kernelFolder = inProject("lib", "engine", "native");

/** The sources of the fused operations and what they include, sorted. */
function kernelSources(): string[] {
  return [...Deno.readDirSync(kernelFolder)].map(({ name }) => name)
    .filter((name) => /\.(cc|h)$/.test(name)).sort().map((name) => join(kernelFolder, name));
}

/** Named after what it is made of: another source or processor makes another library. */
async function kernelLibrary(): Promise<string> {
  const processor = (readText("/proc/cpuinfo") ?? "").match(/^(flags|Features)\s*:.*$/m)?.[0] ??
    Deno.build.arch;
  const sources = kernelSources().map((path) => `${basename(path)}\n${Deno.readTextFileSync(path)}`);
  const bytes = new TextEncoder().encode([tensorflowVersion, processor, ...sources].join("\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const name = [...digest.slice(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `kernels-${name}.so`;
}

/** What the last set-up of this very version found, or `undefined`. */
export function engineState(): EngineState | undefined {
  const text = readText(statePath);
  if (text === undefined) return undefined;
  const state = JSON.parse(text) as EngineState;
  return state.versions === versions(state.device) ? state : undefined;
}

/** Whether TensorFlow stands ready. A binding that a fresh node_modules lacks is put back from the kept copy first. */
export async function tensorFlowReady(): Promise<boolean> {
  const state = engineState();
  if (state?.engine !== "tensorflow" || !librariesStand(wheelFor(state.device)) || !exists(bindingKept())) {
    return false;
  }
  if (state.device === "cpu") {
    const name = await kernelLibrary();
    const made = state.kernels === name && exists(join(folder, name));
    if (!made && state.withoutKernels?.name !== name) return false;
  }
  placeBinding();
  return true;
}

function librariesStand(wheel: Wheel): boolean {
  return readText(join(folder, "VERSION")) === versionLine(wheel) &&
    wheel.libraries.every((name) => exists(join(libraryFolder, name)));
}

// raised when more is taken out of the wheel
const contentsVersion = 2;
const versionLine = (wheel: Wheel) =>
  `${wheel.package} ${tensorflowVersion} ${wheel.platform} ${contentsVersion}\n`;

function placeBinding(): void {
  const kept = Deno.readFileSync(bindingKept());
  if (exists(bindingInPackage())) {
    const placed = Deno.readFileSync(bindingInPackage());
    if (placed.length === kept.length && placed.every((byte, i) => byte === kept[i])) return;
  }
  Deno.mkdirSync(dirname(bindingInPackage()), { recursive: true });
  writeWhole(bindingInPackage(), kept);
}

/** Whether the driver's own tool lists a GPU. */
export async function hasGpu(): Promise<boolean> {
  if (`${Deno.build.os}-${Deno.build.arch}` !== "linux-x86_64") return false;
  try {
    return /^GPU \d/m.test(await run("nvidia-smi", ["-L"]));
  } catch (error) {
    if (error instanceof ProgramError) return false;
    throw error;
  }
}

/**
 * Sets TensorFlow up and writes the state file: for the GPU where there is one, else, or should that fail, for the CPU.
 *
 * @param environment the Python environment whose pip downloads; made here if need be.
 * @param packages resolves when node_modules stands.
 * @throws NoTensorFlow after having written the state that says so.
 */
export async function setUpTensorFlow(
  environment: Environment,
  packages: Promise<void>,
  step: Step,
): Promise<void> {
  const gpu = await hasGpu();
  let why = gpu ? "an NVIDIA GPU is there" : "no NVIDIA GPU is there";
  try {
    if (gpu) {
      try {
        return await setUpFor("gpu", why, environment, packages, step);
      } catch (error) {
        why = `the GPU's libraries did not work: ${reason(error).why}`;
      }
    }
    await setUpFor("cpu", why, environment, packages, step);
  } catch (error) {
    // Missing packages are another failure, and say nothing about TensorFlow.
    await packages;
    const failure = reason(error);
    remove(bindingInPackage());
    writeState({ engine: "wasm", device: "cpu", why: failure.why, versions: versions("cpu") });
    throw failure;
  }
}

function reason(error: unknown): NoTensorFlow {
  if (error instanceof NoTensorFlow) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new NoTensorFlow(message.trim().replace(/\.$/, ""), "");
}

function writeState(state: EngineState): void {
  Deno.mkdirSync(dirname(statePath), { recursive: true });
  writeWhole(statePath, JSON.stringify(state, null, 2) + "\n");
}

async function setUpFor(
  device: "cpu" | "gpu",
  why: string,
  environment: Environment,
  packages: Promise<void>,
  step: Step,
): Promise<void> {
  const wheel = wheelFor(device);
  if (!librariesStand(wheel)) {
    await checkRoom(wheel.room, `TensorFlow ${tensorflowVersion}`);
    await makeEnvironment(environment);
    await step(
      `TensorFlow ${tensorflowVersion} (${device.toUpperCase()})`,
      () => getLibraries(wheel, device, environment),
    );
  }
  try {
    const [binding, kernels] = await Promise.allSettled([
      makeBinding(wheel, environment, packages, step),
      device === "cpu" ? makeKernels(wheel, environment, step) : undefined,
    ]);
    if (binding.status === "rejected") throw binding.reason;
    if (kernels.status === "rejected") throw kernels.reason;
    const found = await step("TensorFlow tried out", () => {
      placeBinding();
      return tryOut(device, kernels.value ?? {});
    });
    writeState({ engine: "tensorflow", device, why, ...found, versions: versions(device) });
    // Only now: until then another process may have started with the old one.
    for (const { name } of [...Deno.readDirSync(folder)]) {
      if (name.startsWith("kernels-") && name !== found.kernels) remove(join(folder, name));
    }
  } finally {
    zig = undefined;
    remove(zigFolder);
  }
}

async function makeBinding(
  wheel: Wheel,
  environment: Environment,
  packages: Promise<void>,
  step: Step,
): Promise<void> {
  await packages;
  if (exists(bindingKept())) return;
  await step("binding of tfjs-node-gpu", () => compileBinding(wheel, environment));
}

/** The fused operations: the library that holds them, or why TensorFlow's own operations must do. */
type FusedOperations = Pick<EngineState, "kernels" | "withoutKernels">;

async function makeKernels(wheel: Wheel, environment: Environment, step: Step): Promise<FusedOperations> {
  const name = await kernelLibrary();
  try {
    if (!exists(join(folder, name))) {
      await step(
        "fused operations",
        () => compile(wheel, environment, join(folder, name), fusedOperations()),
      );
    }
    return { kernels: name };
  } catch (error) {
    return { withoutKernels: { name, why: reason(error).why } };
  }
}

async function checkRoom(gigabytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(inProject());
  const free = bavail * bsize / 1e9;
  if (free < gigabytes) {
    throw new NoTensorFlow(
      `${what} needs ${gigabytes} GB of free disk for its set-up, and ${Math.floor(free * 10) / 10} ` +
        "GB are free",
      "Free some.",
    );
  }
}

/** Downloads the wheel and takes out what is needed. The libraries' folder appears whole, by its renaming, or not at all. */
async function getLibraries(wheel: Wheel, device: "cpu" | "gpu", environment: Environment): Promise<void> {
  const scratch = inVenv("tensorflow.partial");
  remove(scratch);
  const download = join(scratch, "download");
  Deno.mkdirSync(download, { recursive: true });
  // Pip's temporary files too: the free room was looked at here, and /tmp may be a small memory disk.
  const options = { env: { TMPDIR: download } };
  // A wheel of any Python will do: only its C library is used.
  const anyPython = [
    "--no-deps",
    "--only-binary=:all:",
    "--python-version",
    "3.12",
    "--platform",
    wheel.platform,
  ];
  await pip(
    environment,
    ["download", "--quiet", ...anyPython, "--dest", download, `${wheel.package}==${tensorflowVersion}`],
    options,
  );
  const python = program(environment.folder, "python");
  await runTied(python, [python, "-c", extractScript, download, scratch, ...wheel.libraries]);
  remove(download);
  if (device === "gpu") {
    // Not tried on a machine with a GPU. The libraries look for ../nvidia/*/lib beside their folder.
    Deno.mkdirSync(download);
    const list = inProject("tools", "requirements-gpu.txt");
    await pip(
      environment,
      ["install", "--quiet", "--no-deps", "--target", scratch, "--requirement", list],
      options,
    );
    remove(download);
  }
  Deno.writeTextFileSync(join(scratch, "VERSION"), versionLine(wheel));
  remove(folder);
  Deno.renameSync(scratch, folder);
}

const extractScript = `import glob, sys, zipfile
download, target, *libraries = sys.argv[1:]
headers = ["tensorflow/c", "tensorflow/core/common_runtime/next_pluggable_device/c",
    "tensorflow/core/platform", "tsl/platform", "xla/tsl/c"]
wanted = tuple("tensorflow/include/%s/" % folder for folder in headers)
[wheel] = glob.glob(download + "/*.whl")
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(wanted) or name in ["tensorflow/" + library for library in libraries]:
            archive.extract(name, target)`;

/** Compiles tfjs-node's binding (its own sources, unchanged) against the libraries. */
async function compileBinding(wheel: Wheel, environment: Environment): Promise<void> {
  const source = Deno.realPathSync(addon);
  const packageLibraries = relative(dirname(join(source, "lib", "napi-v8", "x")), libraryFolder);
  await compile(wheel, environment, bindingKept(), {
    folder: source,
    files: ["binding/tfjs_backend.cc", "binding/tfjs_binding.cc"],
    flags: [
      ...["-O2", "-DNAPI_VERSION=8"],
      ...["-I.", `-I${inProject("node_modules", "node-api-headers", "include")}`],
    ],
    linking: [...(isMac ? ["-undefined", "dynamic_lookup"] : []), ...searchedAt(packageLibraries)],
  });
}

/** The project's fused operations, for this very processor. */
export const fusedOperations = (): Sources => ({
  folder: inProject(),
  files: kernelSources().filter((path) => path.endsWith(".cc")),
  flags: [
    "-O3",
    "-march=native",
    // compilers keep to half the width by themselves, for processors that slow down at the full one
    ...(Deno.build.arch === "x86_64" ? ["-mprefer-vector-width=512"] : []),
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fopenmp-simd",
    "-pthread",
  ],
  // registered with TensorFlow once a process, so it must stay
  linking: ["-pthread", ...searchedAt("tensorflow"), ...(isMac ? [] : ["-Wl,-z,nodelete"])],
});

const isMac = Deno.build.os === "darwin";

/** Where a library finds TensorFlow's, relative to itself: a moved or copied project finds its own. */
function searchedAt(path: string): string[] {
  return ["-Xlinker", "-rpath", "-Xlinker", `${isMac ? "@loader_path" : "$ORIGIN"}/${path}`];
}

/** What a shared library is made of: files in a folder, how they are compiled, how they are linked. */
interface Sources {
  folder: string;
  files: string[];
  flags: string[];
  linking: string[];
}

/** The flags of every file of a library. */
export const compiling = (flags: readonly string[]): string[] => [
  ...["-std=c++17", "-fPIC", `-I${join(libraryFolder, "include")}`],
  ...flags,
];

/** Compiles a shared library with the machine's compiler or, where there is none or it fails, with Zig's, which PyPI has. */
async function compile(
  wheel: Wheel,
  environment: Environment,
  target: string,
  { folder: cwd, files, flags, linking }: Sources,
): Promise<void> {
  await makeEnvironment(environment);
  const python = program(environment.folder, "python");
  const result = `${target}.partial`, objects = `${target}.objects`;
  const objectOf = (file: string) => join(objects, `${basename(file)}.o`);
  const size = (file: string) => Deno.statSync(resolve(cwd, file)).size;
  const largestFirst = files.toSorted((a, b) => size(b) - size(a));
  /** As many files at a time as there are cores; the longest to compile first, so that none is left over in the end. */
  const build = async (compiler: string[], env?: Record<string, string>) => {
    const call = (args: string[]) => runTied(python, [...compiler, ...args], { cwd, env });
    remove(objects);
    Deno.mkdirSync(objects, { recursive: true });
    const left = largestFirst.values();
    await allOf(Array.from({ length: navigator.hardwareConcurrency }, async () => {
      for (const file of left) await call([...compiling(flags), "-c", file, "-o", objectOf(file)]);
    }));
    const libraries = wheel.libraries.map((name) => join(libraryFolder, name));
    await call(["-shared", ...files.map(objectOf), "-o", result, ...libraries, ...linking]);
    remove(objects);
    Deno.renameSync(result, target);
  };
  const own = Deno.env.get("CXX");
  let failure: unknown;
  for (const compiler of own === undefined ? ["c++", "g++", "clang++"] : [own]) {
    if (!await succeeds(compiler, ["--version"])) continue;
    try {
      return await build([compiler]);
    } catch (error) {
      failure = error;
    }
  }
  try {
    const env = {
      ZIG_GLOBAL_CACHE_DIR: join(zigFolder, "cache"),
      ZIG_LOCAL_CACHE_DIR: join(zigFolder, "cache"),
    };
    zig ??= getZig(environment);
    await build([python, "-m", "ziglang", "c++"], { ...env, PYTHONPATH: await zig });
  } catch (error) {
    if (error instanceof NoTensorFlow) throw error;
    throw new NoTensorFlow(
      `no C++ compiler makes ${basename(target)}: ${compilerReason(failure ?? error)}`,
      "Install one (Debian, Ubuntu: g++).",
    );
  }
}

const zigFolder = inVenv("zig.partial");
/** Where Zig is, once it was needed; it is removed when all is compiled. */
let zig: Promise<string> | undefined;

async function getZig(environment: Environment): Promise<string> {
  await checkRoom(1, "the C++ compiler (Zig's, as the machine has none that works)");
  remove(zigFolder);
  Deno.mkdirSync(zigFolder);
  const packages = join(zigFolder, "packages");
  await pip(
    environment,
    ["install", "--quiet", "--no-deps", "--target", packages, `ziglang==${zigVersion}`],
    {
      env: { TMPDIR: zigFolder },
    },
  );
  return packages;
}

/** A compiler's many lines as the one that says what is wrong. */
function compilerReason(error: unknown): string {
  if (!(error instanceof ProgramError)) return error instanceof Error ? error.message : String(error);
  const lines = error.output.trim().split("\n");
  return lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? error.message;
}

/**
 * Computes a little in a process of its own: a library that this processor cannot run ends that one, not this.
 *
 * @returns the fused operations, where TensorFlow works with them; where only they fail, the reason.
 */
async function tryOut(device: "cpu" | "gpu", fused: FusedOperations): Promise<FusedOperations> {
  const { kernels } = fused;
  const failure = await tryWith(device, kernels);
  if (failure === undefined) return fused;
  if (kernels !== undefined && await tryWith(device, undefined) === undefined) {
    return { withoutKernels: { name: kernels, why: failure } };
  }
  throw new NoTensorFlow(
    `the TensorFlow library does not run here: ${failure}`,
    failure.endsWith("SIGILL") ? "It needs a processor with AVX." : "",
  );
}

async function tryWith(device: "cpu" | "gpu", kernels: string | undefined): Promise<string | undefined> {
  try {
    await run(Deno.execPath(), ["run", "-A", inProject("tools", "setup", "try_out.ts"), device], {
      env: {
        ...processEnvironment(),
        NO_COLOR: "1",
        KOBERT_KERNELS: kernels === undefined ? "" : join(folder, kernels),
      },
    });
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    if (error.how.startsWith("was ended")) return `its try-out ${error.how}`;
    const told = error.output.trim().split("\n").find((line) => line.startsWith("error:"));
    return told?.replace(/^error: (Uncaught )?(\(in promise\) )?(Error: )?/, "").replace(/\.$/, "") ??
      "its try-out failed";
  }
}

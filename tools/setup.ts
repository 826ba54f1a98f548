/**
 * Sets the project up, inside its own folder: npm packages, a Python environment with what runs the notebooks, TensorFlow for tfjs-node-gpu, the
 * Jupyter kernel. Pinned, repeatable, and quick when nothing is to do; every task calls it. `deno task setup -- --help` has the options.
 *
 * Each step leaves its mark last (a stamp, or a folder that appears by renaming), so a set-up that was killed is taken up by the next.
 */
import { createHash } from "node:crypto";
import { inBoth, UserError } from "../lib/ground/mod.ts";
import { commandLines } from "./command_lines.ts";
import { readOptions } from "./options.ts";
import { processEnvironment } from "./environment.ts";
import { kernelName, kernelStands, writeKernel } from "./setup/kernel.ts";
import { exists, inProject, inVenv, program, readText, writeWhole } from "./setup/paths.ts";
import { mpiFolder } from "./team.ts";
import { allOf, run } from "./setup/process.ts";
import { type Environment, install, isInstalled, isMade, makeEnvironment } from "./setup/python.ts";
import {
  type EngineState,
  engineState,
  hasGpu,
  NoTensorFlow,
  setUpTensorFlow,
  tensorFlowReady,
} from "./setup/tensorflow.ts";

export interface SetUpOptions {
  /** `wasm` leaves TensorFlow out; `tensorflow` makes its failing an error. */
  engine: "auto" | "tensorflow" | "wasm";
  /** Whether it is an error, too, when the engine's fused operations do not work: for the tests, where nothing may be slow unnoticed. */
  strict: boolean;
  /** Whether the notebooks are to run: nbclient and the kernel. */
  notebooks: boolean;
  /** Whether to try TensorFlow again where an earlier set-up could not have it. Otherwise that answer is believed. */
  retry: boolean;
}

const venv: Environment = { folder: inVenv(), keep: ["engine.json", "setup.lock", "tensorflow"] };
const notebooks = inProject("tools", "requirements.txt");
const lab = inProject("tools", "requirements-lab.txt");
const slides = inProject("tools", "requirements-slides.txt");

/**
 * Does whatever of the set-up is missing. Prints a line for each step that had something to do, and one where TensorFlow cannot be had; nothing when
 * all stands (a tenth of a second).
 *
 * @returns the seconds that it took, those in which Deno itself installed the packages before it started this task included.
 * @throws Error when packages, Python or, with `engine: "tensorflow"`, TensorFlow cannot be set up; the message says what to do.
 */
export async function setUp(options: SetUpOptions): Promise<number> {
  const start = performance.now();
  if ((await missing(options)).length === 0) return 0;
  const before = installedByDeno();
  await withLock(async () => {
    const steps = await missing(options);
    if (steps.length === 0) return;
    console.error(inBoth("Setting up"));
    if (before > 0) reportTime("npm packages, by Deno before", before);
    const packages = steps.includes("packages") ? timed("npm packages", installPackages) : Promise.resolve();
    const work: Promise<void>[] = [packages];
    if (steps.includes("notebooks") || steps.includes("engine")) {
      work.push(pythonAndEngine(steps, packages, options));
    }
    await allOf(work);
    reportTime("set-up in all", secondsSince(start) + before);
  });
  return secondsSince(start) + before;
}

async function pythonAndEngine(steps: Part[], packages: Promise<void>, options: SetUpOptions): Promise<void> {
  const forNotebooks = steps.includes("notebooks");
  try {
    const made = isMade(venv);
    const make = () => makeEnvironment(venv, forNotebooks ? { notebooks, lab, slides } : {});
    await (made ? make() : timed("Python environment", make));
  } catch (error) {
    // Without Python a command that runs no notebook can still train on wasm: the engine's set-up says so.
    if (forNotebooks) throw error;
  }
  const work: Promise<void>[] = [];
  if (forNotebooks) {
    work.push((async () => {
      if (!isInstalled(venv, "notebooks", notebooks)) {
        await timed("notebook runner and its Deno", () => install(venv, "notebooks", notebooks));
      }
      writeKernel();
    })());
  }
  if (steps.includes("engine")) work.push(engine(packages, options));
  await allOf(work);
}

async function engine(packages: Promise<void>, options: SetUpOptions): Promise<void> {
  try {
    await setUpTensorFlow(venv, packages, timed);
  } catch (error) {
    if (!(error instanceof NoTensorFlow)) throw error;
    const remedy = `${error.remedy} "deno task setup" tries again.`.trim();
    if (options.engine === "tensorflow") {
      throw new UserError(`TensorFlow cannot be set up: ${error.why}. ${remedy}`);
    }
    console.error(
      inBoth(`WebAssembly does the maths, several times slower than TensorFlow: ${error.why}. ${remedy}`),
    );
    return;
  }
  const slower = engineState()?.withoutKernels;
  if (slower === undefined) return;
  const told =
    `The engine's fused operations do not work here, TensorFlow's own take their place, slower: ${slower.why}.`;
  if (options.strict) throw new Error(told);
  console.error(`${told} "deno task setup" tries again.`);
}

type Part = "packages" | "notebooks" | "engine";

/** The parts of the set-up that are not as they should be. */
async function missing(options: SetUpOptions): Promise<Part[]> {
  const parts: Part[] = [];
  if (!packagesStand()) parts.push("packages");
  if (options.notebooks && !(isInstalled(venv, "notebooks", notebooks) && kernelStands())) {
    parts.push("notebooks");
  }
  if (options.engine !== "wasm" && await engineMissing(options)) parts.push("engine");
  return parts;
}

async function engineMissing(options: SetUpOptions): Promise<boolean> {
  const state = engineState();
  if (state === undefined) return true;
  if (state.engine === "wasm") return options.retry || options.engine === "tensorflow";
  if (!await tensorFlowReady()) return true;
  if (state.withoutKernels !== undefined && (options.retry || options.strict)) return true;
  return options.retry && state.device === "cpu" && await hasGpu();
}

const packagesStamp = inProject("node_modules", ".setup-stamp");

function packagesVersion(): string {
  const hash = createHash("sha256");
  for (const name of ["deno.lock", "package.json"]) hash.update(readText(inProject(name)) ?? "");
  return hash.digest("hex");
}

function packagesStand(): boolean {
  return readText(packagesStamp) === packagesVersion() &&
    exists(inProject("node_modules", "@tensorflow", "tfjs-node-gpu", "package.json"));
}

/**
 * In a fresh clone `deno task` installs the packages before the task starts. The seconds between the first and the last thing it
 * wrote; 0 where a set-up has taken note of them already.
 */
function installedByDeno(): number {
  if (exists(packagesStamp)) return 0;
  try {
    const began = Deno.statSync(inProject("node_modules")).birthtime;
    const ended = Deno.statSync(inProject("node_modules", ".deno", ".setup-cache.bin")).mtime;
    return began === null || ended === null ? 0 : Math.max(0, (ended.getTime() - began.getTime()) / 1000);
  } catch {
    return 0; // nothing installed yet
  }
}

async function installPackages(): Promise<void> {
  await run(Deno.execPath(), ["install", "--frozen"], { cwd: inProject(), env: processEnvironment() });
  writeWhole(packagesStamp, packagesVersion());
}

/** One line a step, with its time. */
async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  reportTime(name, secondsSince(start));
  return result;
}

const secondsSince = (start: number): number => (performance.now() - start) / 1000;

function reportTime(name: string, seconds: number): void {
  console.error(`  ${name.padEnd(32)} ${seconds.toFixed(1).padStart(6)} s`);
}

/** Holds the system's lock on a file, so that of two set-ups one waits; the system drops it when its holder ends, however that happens. */
async function withLock(work: () => Promise<void>): Promise<void> {
  Deno.mkdirSync(inVenv(), { recursive: true });
  const path = inVenv("setup.lock");
  using file = Deno.openSync(path, { read: true, write: true, create: true });
  if (!await file.tryLock(true)) {
    console.error(
      inBoth(`Another set-up runs (process ${readText(path)?.trim() || "unknown"}); waiting for it.`),
    );
    await file.lock(true);
  }
  Deno.writeTextFileSync(path, `${Deno.pid}\n`);
  await work();
}

/**
 * JupyterLab in the project's Python environment, installed when it is not there.
 *
 * @throws Error with pip's reason.
 */
export async function ensureLab(): Promise<void> {
  if (isInstalled(venv, "lab", lab)) return;
  await withLock(() =>
    timed("JupyterLab", async () => {
      // JupyterLab starts scripts with Node.js, which would read them as ES modules: the project's package.json says so.
      writeWhole(inVenv("package.json"), "{}\n");
      await install(venv, "lab", lab);
    })
  );
}

/**
 * nbconvert in the project's Python environment, installed when it is not there.
 *
 * @throws Error with pip's reason.
 */
export async function ensureSlides(): Promise<void> {
  if (isInstalled(venv, "slides", slides)) return;
  await withLock(() => timed("nbconvert", () => install(venv, "slides", slides)));
}

/**
 * MPICH in an environment of its own, installed when first asked for: it starts processes that train together (`deno task setup -- --mpi`).
 *
 * @returns its `mpiexec`
 * @throws Error with pip's reason.
 */
export async function ensureMpi(): Promise<string> {
  await ensureOwn(mpiFolder, "mpi", "MPICH");
  return program(mpiFolder, "mpiexec");
}

const rayFolder = inProject(".venv-ray");

/**
 * Ray in an environment of its own, installed when first asked for: trials run on its clusters (`--cluster`, `deno task setup -- --ray`).
 *
 * @returns its `ray`
 * @throws Error with pip's reason.
 */
export async function ensureRay(): Promise<string> {
  await ensureOwn(rayFolder, "ray", "Ray");
  return program(rayFolder, "ray");
}

/** Whether {@link ensureRay} has nothing to do. */
export const hasRay = (): boolean =>
  isInstalled({ folder: rayFolder, keep: [] }, "ray", requirementsOf("ray"));

const requirementsOf = (part: string): string => inProject("tools", `requirements-${part}.txt`);

/** An environment for one list of requirements, `tools/requirements-PART.txt`, made when there is none. */
async function ensureOwn(folder: string, part: string, name: string): Promise<void> {
  const environment: Environment = { folder, keep: [] }, requirements = requirementsOf(part);
  if (isInstalled(environment, part, requirements)) return;
  await withLock(async () => {
    if (isInstalled(environment, part, requirements)) return;
    await makeEnvironment(environment, { [part]: requirements });
    await timed(name, () => install(environment, part, requirements));
  });
}

/**
 * The Python environment with PyTorch that benchmarks compare with and that makes the committed fixtures: 6 GB, made when first needed and by no task
 * that a user starts.
 *
 * @returns its Python.
 */
export async function ensureReferenceVenv(): Promise<string> {
  const environment: Environment = { folder: inProject(".venv-reference"), keep: [] };
  const requirements = inProject("tools", "reference", "requirements.txt");
  if (!isInstalled(environment, "reference", requirements)) {
    await withLock(async () => {
      await makeEnvironment(environment, { reference: requirements });
      await timed("PyTorch to compare with", () => install(environment, "reference", requirements));
    });
  }
  return `${environment.folder}/bin/python`;
}

/** What stands in place of a part that is not there: by whom it comes. */
const notYet = (command: string): string => `아직 없음 · not set up; "deno task ${command}" does it`;

/** Prints what stands and what does not. @returns whether `deno task setup` has nothing to do */
async function printState(): Promise<boolean> {
  const parts = await missing({ engine: "auto", strict: false, notebooks: true, retry: false });
  const state = engineState();
  const line = (name: string, text: string) => console.log(`${name.padEnd(14)}${text}`);
  const standing = (part: Part, text: string) => parts.includes(part) ? notYet("setup") : text;
  line("packages", standing("packages", "node_modules as deno.lock has it"));
  line("notebooks", standing("notebooks", `kernel ${kernelName} in ${inVenv()}`));
  line("engine", engineLine(parts.includes("engine"), state));
  line("JupyterLab", isInstalled(venv, "lab", lab) ? "installed" : notYet("lab"));
  line(
    "nbconvert",
    isInstalled(venv, "slides", slides) ? "installed" : notYet("slides"),
  );
  return parts.length === 0;
}

function engineLine(toDo: boolean, state: EngineState | undefined): string {
  if (state === undefined) return notYet("setup");
  if (state.engine === "wasm") return `WebAssembly, because ${state.why}`;
  const slower = state.withoutKernels === undefined
    ? ""
    : `; no fused operations: ${state.withoutKernels.why}`;
  return toDo ? notYet("setup") : `${state.versions} (${state.why}${slower})`;
}

if (import.meta.main) {
  const options = readOptions(commandLines.setup);
  if (options.check) Deno.exit(await printState() ? 0 : 1);
  const engine = options.requireTensorflow ? "tensorflow" : options.engine;
  await setUp({ engine, strict: options.requireTensorflow, notebooks: true, retry: true });
  const mpiexec = options.mpi ? await ensureMpi() : null;
  const ray = options.ray ? await ensureRay() : null;
  await printState();
  if (mpiexec !== null) console.log(`${"MPI".padEnd(14)}${mpiexec}`);
  if (ray !== null) console.log(`${"Ray".padEnd(14)}${ray}`);
}

/** Python environments of the project's own: found, made from scratch, filled with pinned packages. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../lib/ground/mod.ts";
import { exists, program, readText, remove, root, writeWhole } from "./paths.ts";
import { ProgramError, run, type RunOptions } from "./process.ts";

const oldestPython = [3, 10] as const;
const pythonCandidates = [
  "python3",
  "python3.14",
  "python3.13",
  "python3.12",
  "python3.11",
  "python3.10",
  "python",
];

/** Python, or something that only this set-up needs, is missing; the message says what to install. */
export class MissingPython extends UserError {}

/**
 * Finds a Python 3.10 or newer that can make environments.
 *
 * @param named the value of KOBERT_PYTHON: a program to take instead of searching.
 * @throws MissingPython saying what to install.
 */
export async function findPython(named: string | undefined = Deno.env.get("KOBERT_PYTHON")): Promise<string> {
  const probe = "import sys; v = sys.version_info; print(v[0], v[1], end=' ')\n" +
    "try:\n import ensurepip, venv; print('venv')\nexcept ImportError: print('no-venv')";
  const seen: string[] = [];
  for (const candidate of named === undefined ? pythonCandidates : [named]) {
    let answer: string;
    try {
      answer = await run(candidate, ["-c", probe]);
    } catch {
      continue;
    }
    const [major = 0, minor = 0, venv] = answer.trim().split(" ").map((word, i) =>
      i < 2 ? Number(word) : word
    );
    const recent = Number(major) > oldestPython[0] ||
      (major === oldestPython[0] && Number(minor) >= oldestPython[1]);
    if (recent && venv === "venv") return candidate;
    seen.push(`${candidate} is ${major}.${minor}${recent ? " without its venv module" : ""}`);
  }
  const found = seen.length === 0 ? "none was found" : seen.join(", ");
  const withoutVenv = seen.some((line) => line.endsWith("module"));
  throw new MissingPython(
    `Python ${oldestPython.join(".")} or newer with its venv module is needed; ${found}. ` +
      (withoutVenv
        ? 'Install the module, on Debian and Ubuntu "apt install python3-venv".'
        : "Install it from python.org or by the system's packages (Debian, Ubuntu: python3 and python3-venv).") +
      " KOBERT_PYTHON names one that stands elsewhere.",
  );
}

/**
 * Runs a program so that it, and what it starts, ends when this process does, however that happens: an orphan of an interrupted set-up would
 * otherwise still write where the next one writes. Any Python does the watching.
 */
export async function runTied(python: string, command: string[], options: RunOptions = {}): Promise<string> {
  const text = `import os, signal, subprocess, sys, threading
group = hasattr(os, "setpgid")
def end_with_parent():
    while os.read(0, 1): pass
    os.killpg(0, signal.SIGKILL) if group else os._exit(1)
if group: os.setpgid(0, 0)
threading.Thread(target=end_with_parent, daemon=True).start()
code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL)
os._exit(code if code >= 0 else 1)`;
  try {
    return await run(python, ["-c", text, ...command], options);
  } catch (error) {
    if (error instanceof ProgramError) throw new ProgramError(command.join(" "), error.how, error.output);
    throw error;
  }
}

/**
 * A Python environment that is either complete or rebuilt: each part of it (the environment, a list of requirements) leaves a stamp, which says
 * "incomplete" from the part's start to its end. An unfinished or outdated part is not mended (pip takes a half-copied package for
 * installed): the environment is made again.
 */
export interface Environment {
  /** Its folder. */
  folder: string;
  /** Names in the folder that a rebuild leaves alone: not Python's. */
  keep: string[];
}

const incompleteMark = "incomplete\n";
const stampPath = (environment: Environment, part: string) => join(environment.folder, `stamp-${part}`);

/** What the stamp of a part holds when it is done: the environment's place (its programs hold absolute paths), or the pinned versions. */
function wantedStamp(part: string, requirements: string | undefined): string {
  return requirements === undefined ? `${part} at ${root}\n` : Deno.readTextFileSync(requirements);
}

/** The state of a part: never begun, done as it should be, or anything else. */
function partState(
  environment: Environment,
  part: string,
  requirements?: string,
): "absent" | "done" | "stale" {
  const stamp = readText(stampPath(environment, part));
  if (stamp === undefined) return "absent";
  return stamp === wantedStamp(part, requirements) ? "done" : "stale";
}

/** Whether a list of requirements is installed in the environment, at the versions of its file. Reads two small files. */
export function isInstalled(environment: Environment, part: string, requirements: string): boolean {
  return isMade(environment) && partState(environment, part, requirements) === "done";
}

/** Whether the environment itself stands. */
export function isMade(environment: Environment): boolean {
  return partState(environment, "python") === "done" && exists(program(environment.folder, "python"));
}

/**
 * Makes the environment, unless it stands and none of the parts named was left half done or outdated.
 *
 * @param parts the lists of requirements that are about to be installed: name and file.
 * @throws MissingPython, ProgramError
 */
export async function makeEnvironment(
  environment: Environment,
  parts: Record<string, string> = {},
): Promise<void> {
  const stale = Object.entries(parts).some(([part, file]) => partState(environment, part, file) === "stale");
  if (isMade(environment) && !stale) return;
  const python = await findPython();
  Deno.mkdirSync(environment.folder, { recursive: true });
  for (const entry of [...Deno.readDirSync(environment.folder)]) {
    if (!environment.keep.includes(entry.name)) remove(join(environment.folder, entry.name));
  }
  await runTied(python, [python, "-m", "venv", environment.folder]);
  writeWhole(stampPath(environment, "python"), wantedStamp("python", undefined));
}

/** Installs a list of requirements; `makeEnvironment` goes before. Pip's own configuration counts (index, find-links, proxy, cache). */
export async function install(environment: Environment, part: string, requirements: string): Promise<void> {
  if (partState(environment, part, requirements) === "done") return;
  writeWhole(stampPath(environment, part), incompleteMark);
  await pip(environment, ["install", "--quiet", "--requirement", requirements]);
  writeWhole(stampPath(environment, part), wantedStamp(part, requirements));
}

/** Runs the environment's pip. @throws UserError with the folder and pip's reason in a line. */
export async function pip(environment: Environment, args: string[], options: RunOptions = {}): Promise<void> {
  const python = program(environment.folder, "python");
  try {
    await runTied(python, [python, "-m", "pip", "--disable-pip-version-check", ...args], options);
  } catch (error) {
    if (error instanceof ProgramError) {
      throw new UserError(`${environment.folder}: ${pipReason(error.output)}`, { cause: error });
    }
    throw error;
  }
}

/** Pip's many lines as the one that says why. */
export function pipReason(output: string): string {
  if (/No space left on device|Errno 28/.test(output)) {
    return `the disk is full: pip needs room there, and in ${tmpdir()} for what it downloads; make room, or set TMPDIR`;
  }
  const last =
    output.split("\n").filter((line) => line.startsWith("ERROR:")).at(-1)?.slice("ERROR:".length).trim() ??
      output.trim().split("\n").at(-1) ?? "";
  if (/Retrying \(Retry\(/.test(output)) {
    return `the Python package index cannot be reached (pip: ${last}); a proxy or mirror goes into pip's configuration`;
  }
  return `pip failed: ${last}`;
}

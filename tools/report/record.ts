/** What `start` and `train` note of a run beside its results, in `run.json`: what it was told, where it ran, how long it took. */
import { join } from "node:path";
import { differences, earlierFolder, fileFingerprint, UserError, writeJson } from "../../lib/ground/mod.ts";
import { decisiveFields, type Recipe } from "../../lib/training/mod.ts";
import { machine } from "../bench/machine.ts";
import { flagName } from "../options.ts";
import { exists, inProject, inVenv, program, readText } from "../setup/paths.ts";
import { run } from "../setup/process.ts";
import { engineState } from "../setup/tensorflow.ts";

/** A run of all notebooks, or of `train`, which has none. */
export interface RunRecord {
  /** ISO 8601. */
  started: string;
  options: {
    /** The table's path. */
    songs: string;
    /** The genres to tell apart, with commas; `null` for all. */
    genres: string | null;
    /** What parts the table's columns; absent where it is found in the file. */
    separator?: string;
    /** The path of the file with the names of genre codes; absent where there is none. */
    genreNames?: string;
    model: string;
    /** What the model search compares, with commas; `null` for its own choice. */
    models: string | null;
    tokenizer: string | null;
    /** The recipe's name. */
    recipe: string;
    seed: number;
    engine: string;
  };
  /** SHA-256 of the table, in hexadecimal: whether a report that is made later still sees the same songs. `null` where there is no such file. */
  songsDigest: string | null;
  recipe: Recipe;
  machine: ReturnType<typeof machine>;
  /** By name, in the order in which they are shown. */
  versions: Record<string, string>;
  setUpSeconds: number;
  /** The names of all that were to run, in order; absent in a record of before it was kept. */
  planned?: string[];
  /** In the order in which they ran. */
  notebooks: RanNotebook[];
  /** When it was resumed after it had been cut off (ISO 8601), and what was other than before; absent where it never was. */
  resumed?: { at: string; changes: string[] }[];
}

/** A notebook that a run has come to. */
export interface RanNotebook {
  name: string;
  /** Of all times that the run came to it. */
  seconds: number;
  /** Whether it ran to its end. */
  done: boolean;
  /** What ended it before; absent where it ran to its end. */
  stopped?: {
    /** The cell, from 1, texts counted too; `null` where none had started. */
    cell: number | null;
    /** The error's class, or Timeout, DeadKernel, Interrupted, Unfinished. */
    name: string;
    message: string;
  };
}

/** The name of the record's file, in the folder of the run. */
export const recordFile = "run.json";

/** Writes a record into the folder of its run. */
export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  await writeJson(join(folder, recordFile), record);
}

/**
 * What two runs must agree in, or the results of two would stand beside each other; by the options' names. Where the table stands does
 * not matter, nor what computes.
 */
export function identityOf({ options, songsDigest, recipe }: RunRecord): Record<string, unknown> {
  const { songs: _, engine: __, ...decisive } = options;
  const fields = { ...decisiveFields(recipe), ...decisive };
  return {
    // enough of it to tell one table from another
    "--songs, its contents": songsDigest?.slice(0, 12) ?? null,
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`--${flagName(name)}`, value])),
  };
}

/** The record in the folder of a run; `null` where there is none that can be read. */
export function recordIn(folder: string): RunRecord | null {
  try {
    return JSON.parse(readText(join(folder, recordFile)) ?? "null") as RunRecord | null;
  } catch {
    return null;
  }
}

/**
 * The record of the run that is to begin in a folder, or to go on there: then the earlier record, with that noted.
 *
 * @throws UserError where the folder has another run, with what differs
 */
export function goingOn(folder: string, wanted: RunRecord): RunRecord {
  const earlier = recordIn(folder);
  // one that was ended before anything was learnt is nothing to keep
  if (earlier === null || !["best", "checkpoints", "adapt"].some((name) => exists(join(folder, name)))) {
    return wanted;
  }
  const found = differences(identityOf(earlier), identityOf(wanted));
  if (found.length > 0) {
    throw new UserError(
      `${folder} has another run, of ${earlier.started.slice(0, 16).replace("T", " ")} UTC:${
        found.map((line) => `\n  ${line}`).join("")
      }\nGive another --output; or --anew, which keeps that run in ${
        join(folder, earlierFolder)
      } and starts over.`,
    );
  }
  const resumed = { at: wanted.started, changes: differences(earlier.versions, wanted.versions) };
  return { ...earlier, versions: wanted.versions, resumed: [...earlier.resumed ?? [], resumed] };
}

/** The SHA-256 of a file, in hexadecimal; `null` where there is none. */
export async function digestOf(path: string): Promise<string | null> {
  return exists(path) ? await fileFingerprint(path) : null;
}

/**
 * What computes here: Deno, the kernel's Deno, the engine, the project's commit where Git knows it, the packages that deno.json names.
 *
 * @param engine as the option names it
 */
export async function versionsHere(engine: string): Promise<Record<string, string>> {
  const [commit, changes, kernel] = await Promise.all([
    answer("git", ["-C", inProject(), "rev-parse", "--short=10", "HEAD"]),
    answer("git", ["-C", inProject(), "status", "--porcelain", "--untracked-files=no"]),
    answer(program(inVenv(), "deno"), ["--version"]),
  ]);
  const state = engine === "wasm" ? undefined : engineState();
  const { imports } = JSON.parse(readText(inProject("deno.json"))!) as { imports: Record<string, string> };
  return {
    ...(commit === undefined ? {} : { "프로젝트 · project": commit + (changes ? ", with changes" : "") }),
    "Deno": `${Deno.version.deno} (TypeScript ${Deno.version.typescript})`,
    ...(kernel === undefined
      ? {}
      : { "커널의 Deno · the kernel's Deno": kernel.match(/^deno (\S+)/)?.[1] ?? kernel }),
    "엔진 · engine": state === undefined || state.engine === "wasm"
      ? "WebAssembly"
      : `${state.versions}, ${state.device}`,
    "패키지 · packages": Object.values(imports)
      .flatMap((target) =>
        target.match(/^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)$/)?.slice(1, 3).join(" ") ?? []
      )
      .join(", "),
  };
}

/** What a program prints, in one line; `undefined` where it is not there or fails. */
async function answer(command: string, args: string[]): Promise<string | undefined> {
  try {
    return (await run(command, args)).trim();
  } catch {
    return undefined;
  }
}

/** A record of a run that begins now; its notebooks are to come. @param planned their names, in order */
export async function newRecord(
  options: RunRecord["options"],
  recipe: Recipe,
  setUpSeconds: number,
  planned: readonly string[],
): Promise<RunRecord> {
  return {
    started: new Date().toISOString(),
    options,
    songsDigest: await digestOf(options.songs),
    recipe,
    machine: machine(),
    versions: await versionsHere(options.engine),
    setUpSeconds,
    planned: [...planned],
    notebooks: [],
  };
}

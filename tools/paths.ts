/** What a command reads and writes: looked at before it does anything, so that hours of work do not end at a wrong path. */
import { globSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { behindLinks, earlierFolder, nearPath, UserError } from "../lib/ground/mod.ts";

/**
 * What an option's path is: `input`, a file or folder that must be there; `source`, a model, which may be a folder; what the command
 * writes, one file (`-` is standard output) or a folder.
 */
export type PathKind = "input" | "source" | "output file" | "output folder";

/** An option's path, with the option's name for errors. */
export interface Named {
  flag: string;
  path: string;
}

/** Standard input, where an input may be named. */
export const standardInputPath = "-";

/** Standard output, where an output file may be named. */
export const standardOutputPath = "-";

/**
 * The files that a path or a pattern (`2024-*.csv`) names: a pattern's in the order of their names, with numbers by their value.
 *
 * @throws UserError where no file fits a pattern
 */
export function filesOf(flag: string, path: string): string[] {
  if (!/[*?[{]/.test(path) || infoOf(path) !== null) return [path];
  const files = globSync(path).filter((file) => infoOf(file)?.isFile);
  if (files.length > 0) return files.sort(byName);
  throw new UserError(
    `${flag}: no file fits the pattern ${path}${path.startsWith("/") ? "" : ` in ${Deno.cwd()}`}.`,
  );
}

const byName = new Intl.Collator("en", { numeric: true }).compare;

/** @throws UserError where a file or folder is not there, or may not be read. */
export function checkInput(flag: string, path: string): void {
  const info = infoOf(path);
  if (info === null) {
    const near = nearPath(path);
    throw new UserError(
      `${flag}: there is no file or folder ${path}${path.startsWith("/") ? "" : ` in ${Deno.cwd()}`}${
        near === undefined ? "" : ` (did you mean "${near}"?)`
      }.`,
    );
  }
  try {
    if (info.isDirectory) Deno.readDirSync(path)[Symbol.iterator]().next();
    else Deno.openSync(path).close();
  } catch (error) {
    throw new UserError(`${flag}: ${path} cannot be read: ${reasonOf(error)}.`);
  }
}

/**
 * Makes the folder of a file that is to be written, and sees whether it can be.
 *
 * @param inputs what the command reads: none of it is written over, by whatever path
 * @throws UserError where the file cannot be written, is a folder, or is one of the inputs
 */
export function checkOutputFile(flag: string, path: string, inputs: readonly Named[]): void {
  const info = infoOf(path);
  if (info?.isDirectory || /[/\\]$/.test(path)) {
    throw new UserError(
      `${flag}: ${path} is a folder; give a file's name: ${join(path, "predictions.csv")}.`,
    );
  }
  if (info !== null && !info.isFile) return; // a device or a pipe
  refuseInputs(flag, path, inputs);
  tryToWrite(flag, dirname(behindLinks(path)));
}

/** What a command leaves in its output folder. */
export interface Leaves {
  /** The files and folders that it writes there, and replaces. */
  writes?: readonly string[];
  /** Which of them says that a run of it is there; what else lies in such a folder is its owner's matter. */
  mark?: string;
  /** The folder that it takes by default, which may hold anything. */
  default?: string;
}

/**
 * Makes a folder that is to be written to, and sees whether it can be.
 *
 * @param inputs what the command reads: none of it is written over, by whatever path
 * @throws UserError where it cannot be written, is a file, holds things that no run of the command left there, or an input is among what
 * is replaced
 */
export function checkOutputFolder(
  flag: string,
  path: string,
  leaves: Leaves,
  inputs: readonly Named[],
): void {
  const info = infoOf(path);
  if (info !== null && !info.isDirectory) {
    throw new UserError(`${flag}: ${path} is a file, where a folder is needed; choose another.`);
  }
  for (const name of leaves.writes ?? []) refuseInputs(flag, join(path, name), inputs);
  refuseForeign(flag, path, leaves);
  tryToWrite(flag, behindLinks(path));
}

/** @throws UserError where a folder holds what is not a command's own: its results would lie among it. */
function refuseForeign(flag: string, path: string, leaves: Leaves): void {
  const { writes = [], mark, default: standard = join("outputs", "new") } = leaves;
  if (realPath(path) === realPath(standard)) return;
  let names: string[];
  try {
    names = [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch {
    return; // none yet, or tryToWrite says why it is no use
  }
  if (mark !== undefined && names.includes(mark)) return;
  const own = new Set([...writes, earlierFolder]);
  const foreign = names.filter((name) =>
    // a system's hidden files, locks; what a process that was killed had not put in its place yet
    !name.startsWith(".") && !own.has(name.replace(/(\.(tmp|old))+$/, ""))
  ).sort();
  if (foreign.length === 0) return;
  const more = foreign.length > 3 ? ` and ${foreign.length - 3} more` : "";
  throw new UserError(
    `${flag}: ${path} holds what is no result of this command (${
      foreign.slice(0, 3).join(", ")
    }${more}), and its results would lie among that; choose an empty or a new folder, for example ${standard}.`,
  );
}

/** @throws UserError where writing at a path would replace one of the inputs, or a part of one. */
function refuseInputs(flag: string, path: string, inputs: readonly Named[]): void {
  const target = realPath(path), info = infoOf(path);
  for (const input of inputs) {
    const source = infoOf(input.path);
    if (source === null) continue; // a model's name
    const place = realPath(input.path);
    const same = place === target ||
      (info !== null && info.ino !== null && info.ino === source.ino && info.dev === source.dev);
    // a folder that is replaced holds the input; or a file that is there is a part of the input
    const within = isInside(place, target) ||
      (source.isDirectory && info !== null && isInside(target, place));
    if (same || within) {
      throw new UserError(
        `${flag}: ${path} would write over what ${input.flag} ${input.path} reads; choose another place.`,
      );
    }
  }
}

/** Makes a folder where there is none, and writes a file in it for a moment. */
function tryToWrite(flag: string, folder: string): void {
  try {
    Deno.mkdirSync(folder, { recursive: true });
    // several processes on several machines may look at once
    const probe = join(folder, `.probe-${crypto.randomUUID()}.tmp`);
    Deno.openSync(probe, { write: true, createNew: true }).close();
    Deno.removeSync(probe);
  } catch (error) {
    throw new UserError(`${flag}: ${folder} cannot be written to: ${reasonOf(error)}. Choose another place.`);
  }
}

/** What is at a path, whatever links lead there; `null` where nothing is. */
function infoOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch {
    return null;
  }
}

/** A path without links, as far as it is there. */
function realPath(path: string): string {
  const full = resolve(path);
  try {
    return Deno.realPathSync(full);
  } catch {
    const folder = dirname(full);
    return folder === full ? full : join(realPath(folder), basename(full));
  }
}

function isInside(path: string, folder: string): boolean {
  const between = relative(folder, path);
  return between !== "" && !between.startsWith("..");
}

/** A system's reason without its number and call: `Permission denied`. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/ \(os error \d+\).*$/s, "").toLowerCase();

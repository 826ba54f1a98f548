/** Files that are whole or not there, whatever ends the process, or the machine, in between. */
import { basename, dirname, isAbsolute, join } from "node:path";
import { cannotWrite, UserError } from "./errors.ts";

/** What a file is made of. */
export type Contents = string | Uint8Array;

/** The folder, in a command's own, that earlier runs are kept in. */
export const earlierFolder = "earlier";

/** Lets an error pass that says that a file or folder is not there. */
export function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Whether a file or folder is there; a link to nothing is not. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    // a file where a folder of the path should be
    if (!(error instanceof Deno.errors.NotADirectory)) ignoreNotFound(error);
    return false;
  }
}

/** Removes a file or a folder with all in it, if it is there. */
export async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(ignoreNotFound);
}

/** Waits until a file's contents, or a folder's entries, are on the disk. */
export async function sync(path: string): Promise<void> {
  const isFolder = (await Deno.stat(path)).isDirectory;
  if (isFolder && Deno.build.os === "windows") return; // which has no such thing
  using file = await Deno.open(path, { read: true, write: !isFolder });
  await file.sync();
}

/** The files of a folder and its folders, relative to it, sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) found.push(name);
    else for (const inner of await filesIn(join(folder, name))) found.push(join(name, inner));
  }
  return found.sort();
}

/** A file's text; `null` where there is no such file. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    ignoreNotFound(error);
    return null;
  }
}

/**
 * The value of a JSON file; `null` where there is no such file.
 *
 * @throws UserError where the file is not JSON
 */
export async function readJson<T>(path: string): Promise<T | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new UserError(`${path} is not valid JSON: ${(error as Error).message}`);
  }
}

/**
 * Where a path leads by the links that it names, the last of which may lead to what is not there yet: a file that replaces another by its
 * name would take the place of the link.
 *
 * @throws UserError where they lead in a circle
 */
export function behindLinks(path: string): string {
  try {
    // a pipe has a name that is none
    if (!Deno.statSync(path).isFile) return path;
  } catch {
    // nothing is there, or what a link leads to is not
  }
  for (let place = path, links = 0; links < 40; links++) {
    let next: string;
    try {
      next = Deno.readLinkSync(place);
    } catch {
      return place;
    }
    place = isAbsolute(next) ? next : join(Deno.realPathSync(dirname(place)), next);
  }
  throw new UserError(`${path} is a link that leads in a circle; choose another place.`);
}

/**
 * Writes a file that is there whole or as it was before, and makes its folder where there is none. What cannot be written leaves
 * nothing behind. A link stays a link: what it leads to is written; a device or a pipe is written to.
 *
 * @throws UserError naming the file where the disk does not take it
 */
export async function writeWhole(path: string, contents: Contents): Promise<void> {
  const target = behindLinks(path);
  const info = await Deno.stat(target).catch(ignoreNotFound);
  if (info && !info.isFile && !info.isDirectory) { // a device or a pipe
    return await writePlainly(target, contents).catch((error) => Promise.reject(cannotWrite(path, error)));
  }
  const folder = dirname(target);
  await Deno.mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(target)}.${Deno.pid}.tmp`);
  try {
    await writePlainly(temporary, contents);
    await sync(temporary);
    await Deno.rename(temporary, target);
  } catch (error) {
    await removeIfThere(temporary);
    throw cannotWrite(path, error);
  }
  await sync(folder);
}

async function writePlainly(path: string, contents: Contents): Promise<void> {
  if (typeof contents === "string") await Deno.writeTextFile(path, contents);
  else await Deno.writeFile(path, contents);
}

/** Writes all of some bytes where a file stands. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/** Writes a value as JSON, with a line for each field, by {@link writeWhole}. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, JSON.stringify(value, null, 2) + "\n");
}

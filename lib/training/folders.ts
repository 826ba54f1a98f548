/** Files and folders that are whole or not there, whatever ends the process, or the machine, in between. */
import { dirname, join } from "node:path";

export function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

export async function removeFolder(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(ignoreNotFound);
}

/** Waits until a file's contents, or a folder's entries, are on the disk. */
async function sync(path: string): Promise<void> {
  const isFolder = (await Deno.stat(path)).isDirectory;
  if (isFolder && Deno.build.os === "windows") return; // which has no such thing
  const file = await Deno.open(path, { read: true, write: !isFolder });
  try {
    await file.sync();
  } finally {
    file.close();
  }
}

/** The files of a folder and its folders, relative to it. */
export async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) found.push(name);
    else for (const inner of await filesIn(join(folder, name))) found.push(join(name, inner));
  }
  return found.sort();
}

/** An empty folder to fill, which {@link publishFolder} then puts in its place. */
export async function startFolder(final: string): Promise<string> {
  const temporary = `${final}.tmp`;
  await removeFolder(temporary);
  await Deno.mkdir(temporary, { recursive: true });
  return temporary;
}

/**
 * Puts the filled folder of {@link startFolder} in place of the one before. Killed in between, {@link recoverFolders} finds
 * the old or the new one, whole.
 */
export async function publishFolder(final: string): Promise<void> {
  const temporary = `${final}.tmp`, old = `${final}.old`;
  const files = await filesIn(temporary);
  for (const name of files) await sync(join(temporary, name));
  for (const folder of new Set(files.map((name) => dirname(join(temporary, name))))) await sync(folder);
  await sync(temporary);
  await removeFolder(old);
  await Deno.rename(final, old).catch(ignoreNotFound);
  await Deno.rename(temporary, final);
  await sync(dirname(final));
  await removeFolder(old);
}

/**
 * Clears up after a process that was killed in {@link publishFolder} or before: half-written folders go, a replaced one that
 * has no successor yet comes back.
 *
 * @param names which of the parent's folders are meant
 */
export async function recoverFolders(parent: string, names: RegExp): Promise<void> {
  const found: string[] = [];
  try {
    for await (const { name } of Deno.readDir(parent)) found.push(name);
  } catch (error) {
    ignoreNotFound(error);
  }
  for (const leftover of found) {
    const [, name, kind] = leftover.match(/^(.*)\.(tmp|old)$/) ?? [];
    if (name === undefined || !names.test(name)) continue;
    const path = join(parent, leftover);
    if (kind === "old" && !found.includes(name)) await Deno.rename(path, join(parent, name));
    else await removeFolder(path);
  }
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

/** Writes a file that is there whole or as it was before. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.tmp`, text);
  await sync(`${path}.tmp`);
  await Deno.rename(`${path}.tmp`, path);
  await sync(dirname(path));
}

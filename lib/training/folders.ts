/** Folders that are whole or not there, whatever ends the process, or the machine, in between; and what becomes of an earlier run. */
import { dirname, join } from "node:path";
import { earlierFolder, filesIn, ignoreNotFound, isThere, removeIfThere, sync } from "../ground/mod.ts";

/**
 * Fills a folder beside the one before, and puts it in its place. Killed in between, {@link recoverFolders} finds the old or the new one,
 * whole.
 */
export async function publishFolder(final: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const temporary = `${final}.tmp`, old = `${final}.old`;
  await removeIfThere(temporary);
  await Deno.mkdir(temporary, { recursive: true });
  await fill(temporary);
  const files = await filesIn(temporary);
  for (const name of files) await sync(join(temporary, name));
  for (const folder of new Set(files.map((name) => dirname(join(temporary, name))))) await sync(folder);
  await sync(temporary);
  await removeIfThere(old);
  await Deno.rename(final, old).catch(ignoreNotFound);
  await Deno.rename(temporary, final);
  await sync(dirname(final));
  await removeIfThere(old);
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
    else await removeIfThere(path);
  }
}

/**
 * Moves what an earlier run left in a folder into `earlier/WHEN IT WAS` in it, so that another can begin there. Killed in between, the
 * next call moves the rest to the same place.
 *
 * @param names the run's files and folders; the last to be moved says whether there is such a run at all, and its time names the place
 * @returns the place; `null` where there is no such run
 */
export async function setAside(folder: string, names: readonly string[]): Promise<string | null> {
  const last = join(folder, names.at(-1)!);
  if (!await isThere(last)) return null;
  const { mtime } = await Deno.stat(last);
  const when = (mtime ?? new Date(0)).toISOString().slice(0, 19).replaceAll(":", "-");
  let place = join(folder, earlierFolder, when);
  for (let i = 2; await isThere(join(place, names.at(-1)!)); i++) {
    place = join(folder, earlierFolder, `${when}-${i}`);
  }
  await Deno.mkdir(place, { recursive: true });
  for (const name of names) {
    // what an earlier, killed attempt has moved stays
    if (!await isThere(join(place, name))) {
      await Deno.rename(join(folder, name), join(place, name)).catch(ignoreNotFound);
    }
  }
  await sync(folder);
  return place;
}

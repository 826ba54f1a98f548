/**
 * One process at a time writes into a folder. The lock is the operating system's on a file in it, which says who holds it: the lock ends
 * with its holder, however that comes. The file goes with it; one that a kill leaves behind locks nothing.
 */
import { basename, join } from "node:path";
import { hostname } from "node:os";
import { cannotWrite, UserError } from "./errors.ts";
import { ignoreNotFound, readIfThere, writeAll } from "./files.ts";

/** The lock's file in its folder. */
export const lockFileName = ".lock";

/** Who holds a folder. */
export interface Holder {
  pid: number;
  host: string;
  /** What it does, as a person would call it: `deno task train`. */
  command: string;
  /** ISO 8601. */
  since: string;
}

/** The environment's name for folders that the process which started this one holds for it, as a list of paths with line breaks. */
export const heldFoldersVariable = "KOBERT_HELD_FOLDERS";

let here = "jupyter" in Deno && Deno.mainModule.includes("$deno$") ? "a notebook" : basename(Deno.mainModule);

/**
 * Says what this process does, as a person would call it, for those that find a folder held.
 *
 * @example
 * ```ts
 * nameProcess("deno task train")
 * ```
 */
export function nameProcess(name: string): void {
  here = name;
}

/** The folders that this process holds, by their real paths, and how often: a training within a command's run holds its folder again. */
const held = new Map<string, { file: Deno.FsFile; times: number }>();

/**
 * Holds a folder until it is disposed of, or the process ends: no other process that asks may write there meanwhile. A process may hold a
 * folder several times, and so may what it starts ({@link heldFoldersVariable}). The folder is made where there is none.
 *
 * @throws UserError that names who holds it
 * @example
 * ```ts
 * using _ = await holdFolder("outputs/train");
 * ```
 */
export async function holdFolder(folder: string): Promise<Disposable> {
  await Deno.mkdir(folder, { recursive: true });
  const real = await Deno.realPath(folder);
  if (Deno.env.get(heldFoldersVariable)?.split("\n").includes(real)) return { [Symbol.dispose]() {} };
  const path = join(real, lockFileName);
  const mine = held.get(path);
  if (mine !== undefined) mine.times++;
  else held.set(path, { file: await lockedFile(path, folder), times: 1 });
  let open = true;
  return {
    [Symbol.dispose]() {
      const mine = held.get(path);
      if (!open || mine === undefined) return;
      open = false;
      if (--mine.times > 0) return;
      letGo(path);
    },
  };
}

/** The file goes before the lock does: who waits for it sees that it is gone, and makes a new one. */
function letGo(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Windows keeps open files, and a folder may have gone; the file alone locks nothing
  }
  held.get(path)?.file.close();
  held.delete(path);
}

globalThis.addEventListener("unload", () => {
  for (const path of [...held.keys()]) letGo(path);
});

async function lockedFile(path: string, folder: string): Promise<Deno.FsFile> {
  for (;;) {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      if (!await file.tryLock(true)) throw inUse(folder, await holderIn(path));
      // its holder may have let go, file and all, since it was opened
      const [mine, there] = [await file.stat(), await Deno.stat(path).catch(ignoreNotFound)];
      if (there && there.ino === mine.ino) {
        const holder: Holder = {
          pid: Deno.pid,
          host: hostname(),
          command: here,
          since: new Date().toISOString(),
        };
        await file.truncate();
        await writeAll(file, new TextEncoder().encode(JSON.stringify(holder) + "\n"))
          .catch((error) => Promise.reject(cannotWrite(path, error)));
        return file;
      }
      file.close();
    } catch (error) {
      file.close();
      throw error;
    }
  }
}

/** What a lock's file says; `null` where its holder has not written yet. */
async function holderIn(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readIfThere(path) ?? "null");
  } catch {
    return null;
  }
}

function inUse(folder: string, holder: Holder | null): UserError {
  const who = holder === null
    ? "another process"
    : `${holder.command} (process ${holder.pid} on ${holder.host}, since ` +
      `${holder.since.slice(0, 16).replace("T", " ")} UTC)`;
  return new UserError(
    `${folder} is being written by ${who}. Wait for it, end it, or choose another folder with --output.`,
  );
}

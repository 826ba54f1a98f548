/** What an earlier run of `start` left in its folder: whether this one goes on with it, and from which notebook. */
import { basename, join } from "node:path";
import { differences, holdFolder } from "../../lib/ground/mod.ts";
import { setAside } from "../../lib/training/mod.ts";
import { identityOf, recordIn, type RunRecord } from "../report/record.ts";
import { exists, readText } from "../setup/paths.ts";

/** What stands in an output folder. */
export type Earlier =
  | { found: "nothing" }
  /** Something else, which is not to be lost: a run of other songs or settings, or one without a record; in what it differs. */
  | { found: "another"; record: RunRecord | null; differences: string[] }
  /**
   * The same run, cut off or whole: its record, with this going on noted, and the names of the notebooks that need not run again; all of
   * them where there is nothing left to do.
   */
  | { found: "same"; record: RunRecord; done: string[] };

/**
 * Looks for an earlier run. Of its notebooks those need not run again that ran to their end, up to the first whose cells
 * are others now, or whose executed file is gone. Versions may differ: hours of work may be done.
 *
 * @param folders where the run's results and its executed notebooks are
 * @param wanted the record of the run that is to begin
 * @param notebooks the files to run, in order
 */
export function earlierRun(
  folders: { run: string; notebooks: string },
  wanted: RunRecord,
  notebooks: readonly string[],
): Earlier {
  if (!exists(folders.run) || [...Deno.readDirSync(folders.run)].every(({ name }) => name.startsWith("."))) {
    return { found: "nothing" };
  }
  const record = recordIn(folders.run);
  if (record === null) return { found: "another", record, differences: [] };
  const found = differences(identityOf(record), identityOf(wanted));
  if (found.length > 0) return { found: "another", record, differences: found };
  const ended = new Set(record.notebooks.filter(({ done }) => done).map(({ name }) => name));
  const isDone = (path: string) =>
    ended.has(basename(path)) && sameCells(path, join(folders.notebooks, basename(path)));
  const next = notebooks.findIndex((path) => !isDone(path));
  const done = next < 0 ? notebooks : notebooks.slice(0, next);
  const resumed = { at: wanted.started, changes: differences(record.versions, wanted.versions) };
  return {
    found: "same",
    record: next < 0
      ? record
      : { ...record, versions: wanted.versions, resumed: [...record.resumed ?? [], resumed] },
    done: done.map((path) => basename(path)),
  };
}

function sameCells(path: string, executed: string): boolean {
  if (!exists(executed)) return false;
  const [now, then] = [path, executed].map((file) => {
    const { cells } = JSON.parse(readText(file)!) as { cells: { source: string | string[] }[] };
    return JSON.stringify(cells.map(({ source }) => typeof source === "string" ? source : source.join("")));
  });
  return now === then;
}

/** Moves an earlier run out of the way, into the output folder's `earlier/`. @returns where it is kept */
export async function keepEarlier(folders: { output: string; run: string }): Promise<string | null> {
  // nobody writes there, or it is refused
  if (exists(folders.run)) (await holdFolder(folders.run))[Symbol.dispose]();
  return await setAside(folders.output, ["report.html", "notebooks", "run"]);
}

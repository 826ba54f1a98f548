/** A run of `start` that was cut off: whether another one may go on with it, and from which notebook. */
import { basename, join } from "node:path";
import { differences } from "../../lib/training/differences.ts";
import { RECORD, type RunRecord } from "../report/record.ts";
import { exists, readText } from "../setup/paths.ts";

/** What stands in an output folder. */
export type Earlier =
  /** No run, or one that got to its end. */
  | { found: "nothing" }
  /** One that was cut off, of something else: in what it differs. */
  | { found: "another"; differences: string[] }
  /** One to go on with: its record, with this going on noted, and the names of the notebooks that need not run again. */
  | { found: "unfinished"; record: RunRecord; done: string[] };

/** What must agree, or the results of two runs would stand beside each other. Versions need not: hours of work may be done. */
const identityOf = ({ options, songsDigest, recipe }: RunRecord) => ({ options, songsDigest, recipe });

/**
 * Looks for a run to go on with. Of its notebooks those need not run again that ran to their end, up to the first whose cells
 * are others now, or whose executed file is gone.
 *
 * @param folders where the run's results and its executed notebooks are
 * @param wanted the record of the run that is to begin
 * @param notebooks the files to run, in order
 */
export function unfinishedRun(
  folders: { run: string; notebooks: string },
  wanted: RunRecord,
  notebooks: readonly string[],
): Earlier {
  const record = recordIn(folders.run);
  if (record === null) return { found: "nothing" };
  const ended = new Set(record.notebooks.filter(({ done }) => done).map(({ name }) => name));
  if (notebooks.every((path) => ended.has(basename(path)))) return { found: "nothing" };
  const found = differences(identityOf(record), identityOf(wanted));
  if (found.length > 0) return { found: "another", differences: found };
  const isDone = (path: string) =>
    ended.has(basename(path)) && sameCells(path, join(folders.notebooks, basename(path)));
  const done = notebooks.slice(0, notebooks.findIndex((path) => !isDone(path)));
  const resumed = { at: wanted.started, changes: differences(record.versions, wanted.versions) };
  return {
    found: "unfinished",
    record: { ...record, versions: wanted.versions, resumed: [...record.resumed ?? [], resumed] },
    done: done.map((path) => basename(path)),
  };
}

/** `null` where there is no record that can be read. */
function recordIn(run: string): RunRecord | null {
  try {
    return JSON.parse(readText(join(run, RECORD)) ?? "null") as RunRecord | null;
  } catch {
    return null;
  }
}

function sameCells(path: string, executed: string): boolean {
  if (!exists(executed)) return false;
  const [now, then] = [path, executed].map((file) => {
    const { cells } = JSON.parse(readText(file)!) as { cells: { source: string | string[] }[] };
    return JSON.stringify(cells.map(({ source }) => typeof source === "string" ? source : source.join("")));
  });
  return now === then;
}

/** Writes the report of a run. */
import { join } from "node:path";
import { writeWhole } from "../../lib/ground/mod.ts";
import { readRun } from "./data.ts";
import { reportHtml } from "./page.ts";

/**
 * Writes `report.html` into an output folder.
 *
 * @param output the folder of `start`, or of `train`
 * @returns the page's path
 * @throws Error where there is no run.
 */
export async function writeReport(output: string): Promise<string> {
  const path = join(output, "report.html");
  await writeWhole(path, await reportHtml(await readRun(output)));
  return path;
}

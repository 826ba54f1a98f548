/** Results in files. */
import { dirname } from "node:path";
import { holdFolder, writeJson } from "../ground/mod.ts";

/**
 * Writes results as JSON, whole or not at all, and their folder where there is none.
 *
 * @throws UserError where another process writes into the folder
 */
export async function writeResults(path: string, results: unknown): Promise<void> {
  using _ = await holdFolder(dirname(path));
  await writeJson(path, results);
}

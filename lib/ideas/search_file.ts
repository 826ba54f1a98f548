/** The file of a model search: there after each training, so that one that was cut off goes on. */
import { dirname } from "node:path";
import { UserError } from "../ground/errors.ts";
import { differences, readIfThere, writeWhole } from "../training/mod.ts";
import type { ModelSearch, SearchIdentity, SearchRun } from "./search_results.ts";

/** A search's file in its output folder. */
export const SEARCH_FILE = "model_search.json";

/**
 * The trainings that an earlier search has done; none where there is no file.
 *
 * @throws Error when the file is of other songs, another split, recipe or tokenizer, with the differences; or is no such file
 */
export async function readSearchRuns(path: string, identity: SearchIdentity): Promise<SearchRun[]> {
  const text = await readIfThere(path);
  if (text === null) return [];
  const search = parsed(text);
  if (search === null) {
    throw new UserError(`${path} is no model search. Remove it, or begin anew with resume: false.`);
  }
  const found = differences(search.identity, identity);
  if (found.length > 0) {
    throw new UserError(
      `${path} is of another model search, which this one cannot go on with:${
        found.map((line) => `\n  ${line}`).join("")
      }\nUse the same songs, seed of the split and recipe, or another output folder, or begin anew with resume: false.`,
    );
  }
  return search.runs;
}

function parsed(text: string): ModelSearch | null {
  try {
    const search = JSON.parse(text) as ModelSearch;
    return Array.isArray(search.runs) && typeof search.identity === "object" ? search : null;
  } catch {
    return null;
  }
}

/** Writes a search, whole or not at all; its folder where there is none. */
export async function writeSearch(path: string, search: ModelSearch): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await writeWhole(path, JSON.stringify(search, null, 2) + "\n");
}

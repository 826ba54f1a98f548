/** Models that are part of the project, found by their names wherever it is called from. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../ground/pure.ts";
import { configNames } from "./model.ts";

/** Their folders in the project. */
const folders: Readonly<Record<string, string>> = { "kobert-small": "data/kobert-small" };

/** The models of the project: `kobert-small`, pretrained. */
export const shippedNames: readonly string[] = Object.keys(folders);

/** Every name that stands for a model without a folder or the Hub: the project's pretrained ones, and configurations from scratch. */
export const modelNames: readonly string[] = [...shippedNames, ...configNames];

/**
 * The folder of a model that is part of the project; `null` for every other source.
 *
 * @throws UserError where the project lacks it
 */
export function shippedFolder(source: string): string | null {
  const place = Object.hasOwn(folders, source) ? folders[source]! : null;
  if (place === null) return null;
  const folder = fileURLToPath(new URL(`../../${place}`, import.meta.url));
  if (!existsSync(folder)) {
    throw new UserError(
      `${source} is a part of the project, ${place}, which is not there: get the project again; or train a model from scratch, ` +
        `--model ${source}-scratch.`,
    );
  }
  return folder;
}

/** The configuration that a model of the project is without having read anything; `null` of every other source. */
export function scratchOf(source: string): string | null {
  const name = `${source}-scratch`;
  return Object.hasOwn(folders, source) && configNames.includes(name) ? name : null;
}

/** The folder that a source names on this machine: its own path, or the project's model; `null` for others. */
export function localFolder(source: string): string | null {
  return shippedFolder(source) ?? (!configNames.includes(source) && existsSync(source) ? source : null);
}

/**
 * A source as it is understood from everywhere: a folder of one's own by its full path, a name or an id of the Hub as it is.
 *
 * @param from the folder that relative paths start at
 */
export function absoluteSource(source: string, from = "."): string {
  const path = resolve(from, source);
  return !modelNames.includes(source) && existsSync(path) ? path : source;
}

/** @throws UserError where a tokenizer is named for a model of the project, which knows the words of its own */
export function checkOwnTokenizer(source: string, named: string | undefined): void {
  if (named === undefined || !shippedNames.includes(source)) return;
  throw new UserError(
    `${source} has learnt its words by its own tokenizer; by ${named} it would take them for others. A tokenizer of your own goes ` +
      `with a model from scratch: --model ${source}-scratch --tokenizer ${named}`,
  );
}

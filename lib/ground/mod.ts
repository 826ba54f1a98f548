/**
 * What every room may use: errors that a person can mend, files that are whole or not there, a folder that one process writes to, fingerprints,
 * the nearest of known names.
 *
 * `errors.ts`, `nearest.ts` and `values.ts` touch nothing of Deno or Node: what runs in a browser imports them by themselves.
 *
 * @module
 */
export { UserError } from "./errors.ts";
export {
  type Contents,
  filesIn,
  ignoreNotFound,
  isThere,
  readIfThere,
  readJson,
  removeIfThere,
  sync,
  writeJson,
  writeWhole,
} from "./files.ts";
export { fileFingerprint, fingerprint } from "./fingerprint.ts";
export { GrowingFile } from "./growing_file.ts";
export { heldBy, heldFoldersVariable, type Holder, holdFolder, lockFileName, nameProcess } from "./lock.ts";
export { didYouMean, nearestOf, nearOf } from "./nearest.ts";
export { nearPath } from "./near_path.ts";
export { holds, orList, type Rule, wanted } from "./values.ts";

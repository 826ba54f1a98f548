/**
 * What every room may use, and nothing of songs or models: errors that a person can mend, files that are whole or not there, a folder that one
 * process writes to, fingerprints, the nearest of known names, rules for values, differences, seeded random numbers. It imports no other room.
 * `pure.ts` is its other door: what of it touches nothing of Deno or Node, for the rooms that run in a browser too.
 *
 * @module
 */
export * from "./pure.ts";
export {
  type Contents,
  filesIn,
  ignoreNotFound,
  isThere,
  readIfThere,
  readJson,
  removeIfThere,
  sync,
  writeAll,
  writeJson,
  writeWhole,
} from "./files.ts";
export { codeFingerprint } from "./code_fingerprint.ts";
export { fileFingerprint, fingerprint } from "./fingerprint.ts";
export { GrowingFile } from "./growing_file.ts";
export { heldFoldersVariable, type Holder, holdFolder, lockFileName, nameProcess } from "./lock.ts";
export { nearPath } from "./near_path.ts";

/** Where the set-up puts things; all of it inside the project's folder. */
import { fileURLToPath } from "node:url";
import { join } from "node:path";

/** The project's folder. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A path inside the project. */
export const inProject = (...parts: string[]): string => join(root, ...parts);

/** A path inside the Python environment that runs the notebooks. */
export const inVenv = (...parts: string[]): string => inProject(".venv", ...parts);

/** A program of a Python environment. */
export function program(venv: string, name: string): string {
  return Deno.build.os === "windows" ? join(venv, "Scripts", `${name}.exe`) : join(venv, "bin", name);
}

export { existsSync as exists } from "node:fs";

/** The text of a file, or `undefined` when it is not there. */
export function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/** Removes a file or folder, if it is there. */
export function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Writes a whole file or nothing: another process sees the old or the new one, and a kill leaves no half. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const partial = `${path}.${Deno.pid}.partial`;
  if (typeof content === "string") Deno.writeTextFileSync(partial, content);
  else Deno.writeFileSync(partial, content);
  Deno.renameSync(partial, path);
}

/** The project's Jupyter kernel: the pinned Deno of .venv, known only to .venv's Jupyter. */
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { processEnvironment } from "../environment.ts";
import { inProject, inVenv, program, readText, writeWhole } from "./paths.ts";

/** The kernel's name, for `--kernel` and a notebook's metadata. */
export const kernelName = "kobert-genre";

/** The module that a kernel imports before its first cell. */
export const startup = pathToFileURL(inProject("lib", "notebook", "startup.ts")).href;

const path = inVenv("share", "jupyter", "kernels", kernelName, "kernel.json");

function content(): string {
  const kernel = {
    argv: [
      program(inVenv(), "python"),
      inProject("tools", "notebooks", "kernel.py"),
      program(inVenv(), "deno"),
      startup,
      "{connection_file}",
    ],
    display_name: "Deno (KoBERT genre)",
    language: "typescript",
    // By message Deno cancels a cell only while it computes, and one that waits hangs for good; a signal reaches lib/notebook's
    // listener, which lets running work save and end.
    interrupt_mode: "signal",
    env: processEnvironment(() => false),
  };
  return JSON.stringify(kernel, null, 2) + "\n";
}

/** Whether the kernel is registered as it should be. */
export function kernelStands(): boolean {
  return readText(path) === content();
}

/** Registers the kernel. */
export function writeKernel(): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  writeWhole(path, content());
}

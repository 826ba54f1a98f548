/** The fused operations by Zig's compiler, which machines without one of their own get. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { withFolder } from "../../lib/ground/testing/folder.ts";
import { inVenv, program } from "./paths.ts";
import { allOf, run } from "./process.ts";
import { pip } from "./python.ts";
import { compiling, fusedOperations, zigVersion } from "./tensorflow.ts";

Deno.test("every file of the fused operations is C++ to Zig's compiler, too", () =>
  withFolder(async (folder) => {
    const environment = { folder: inVenv(), keep: [] }, packages = join(folder, "packages");
    await pip(environment, [
      "install",
      "--quiet",
      "--no-deps",
      "--target",
      packages,
      `ziglang==${zigVersion}`,
    ], {
      env: { TMPDIR: folder },
    });
    const { folder: cwd, files, flags } = fusedOperations(), left = files.values();
    const env = { PYTHONPATH: packages, ZIG_GLOBAL_CACHE_DIR: folder, ZIG_LOCAL_CACHE_DIR: folder };
    assert.ok(files.length > 5);
    await allOf(Array.from({ length: navigator.hardwareConcurrency }, async () => {
      for (const file of left) {
        const args = [...compiling(flags), "-O0", "-c", file, "-o", join(folder, `${basename(file)}.o`)];
        await run(program(environment.folder, "python"), ["-m", "ziglang", "c++", ...args], { cwd, env });
      }
    }));
  }));

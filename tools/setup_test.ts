import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exists, inProject, inVenv, program } from "./setup/paths.ts";
import { processEnvironment } from "./environment.ts";
import { withFolder } from "../lib/ground/testing/folder.ts";

const notSetUp = !exists(inVenv("engine.json"));

Deno.test({
  name: "set-up: a second one finds nothing to do, quickly and silently",
  ignore: notSetUp,
  fn: async () => {
    const text = `import { setUp } from ${JSON.stringify(new URL("setup.ts", import.meta.url).href)};
      await setUp({ engine: "auto", strict: false, notebooks: true, retry: false });`;
    const start = performance.now();
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", text],
      cwd: inProject(),
      env: processEnvironment(),
    }).output();
    assert.equal(code, 0);
    assert.equal(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr), "");
    assert.ok(performance.now() - start < 3000, "it is a tenth of a second's work");
  },
});

Deno.test({
  name: "set-up: the kernel is registered with the pinned Deno, interrupted by signal, with the environment",
  ignore: notSetUp,
  fn: () => {
    const path = inVenv("share", "jupyter", "kernels", "kobert-genre", "kernel.json");
    const kernel = JSON.parse(Deno.readTextFileSync(path));
    assert.deepEqual(kernel.argv, [
      program(inVenv(), "python"),
      inProject("tools", "notebooks", "kernel.py"),
      program(inVenv(), "deno"),
      pathToFileURL(inProject("lib", "notebook", "startup.ts")).href,
      "{connection_file}",
    ]);
    assert.equal(kernel.interrupt_mode, "signal");
    assert.deepEqual(kernel.env, processEnvironment(() => false));
  },
});

/** `deno task setup -- --check` in a project's folder. */
async function check(folder: string): Promise<{ code: number; lines: string[] }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(folder, "tools", "setup.ts"), "--check"],
    cwd: folder,
    env: processEnvironment(),
  }).output();
  return { code, lines: new TextDecoder().decode(stdout).trim().split("\n") };
}

Deno.test({
  name:
    "set-up: --check ends with 1 exactly where the set-up has something to do, says what, and does none of it",
  ignore: notSetUp,
  fn: () =>
    withFolder(async (folder) => {
      const stands = await check(inProject());
      assert.equal(stands.code, 0, stands.lines.join("\n"));
      assert.ok(!stands.lines.some((line) => line.includes('"deno task setup"')));
      // the project with its packages, and nothing else set up
      for (const name of ["deno.json", "deno.lock", "package.json", "lib", "tools", "node_modules"]) {
        await Deno.symlink(inProject(name), join(folder, name));
      }
      await Deno.remove(join(folder, "tools"));
      await new Deno.Command("cp", { args: ["-r", inProject("tools"), join(folder, "tools")] }).output();
      const before = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
      const { code, lines } = await check(folder);
      assert.equal(code, 1, lines.join("\n"));
      const toDo = lines.filter((line) => line.includes('not set up; "deno task setup" does it'));
      assert.deepEqual(toDo.map((line) => line.split(" ")[0]), ["notebooks", "engine"]);
      assert.match(lines[0]!, /^packages +node_modules as deno\.lock has it$/);
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), before);
    }),
});

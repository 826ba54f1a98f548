import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { exists, inProject, inVenv, program } from "./setup/paths.ts";
import { processEnvironment } from "./environment.ts";

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

import assert from "node:assert/strict";

/** What a program of its own writes to stderr. */
async function stderrOf(program: string): Promise<string> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", program.replaceAll("@", new URL(".", import.meta.url).href)],
    env: { TF_CPP_MIN_LOG_LEVEL: "3", NO_COLOR: "1" },
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stderr);
}

Deno.test("what is written meanwhile is held back, what comes before and after is not", async () => {
  const written = await stderrOf(`
    import { withoutStderr } from "@quiet.ts";
    console.error("before");
    console.error(withoutStderr(() => { console.error("held back"); return "returned"; }));
    try {
      withoutStderr(() => { throw new Error("thrown"); });
    } catch (error) {
      console.error(error.message);
    }
  `);
  assert.equal(written, "before\nreturned\nthrown\n");
});

Deno.test("the engine starts without a line on stderr", async () => {
  const written = await stderrOf(`
    import { startEngine } from "@mod.ts";
    await startEngine();
  `);
  assert.equal(written, "");
});

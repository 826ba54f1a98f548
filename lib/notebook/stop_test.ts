import assert from "node:assert/strict";
import { join } from "node:path";
import { listenForStop } from "./stop.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs `work` with a folder for its stop file and without its notices on standard error. */
async function withFolder(work: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const tell = console.error;
  console.error = () => {};
  try {
    await work(join(folder, "STOP"));
  } finally {
    console.error = tell;
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a stop file aborts the signal, and is used up", () =>
  withFolder(async (file) => {
    using stop = listenForStop({ file });
    assert.equal(stop.requested(), false);
    await Deno.writeTextFile(file, "");
    for (let i = 0; i < 200 && !stop.signal.aborted; i++) await wait(10);
    assert.equal(stop.requested(), true);
    assert.match(String(stop.signal.reason), /Stopped by the file STOP/);
    await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
  }));

Deno.test("work that never waits sees the file too", () =>
  withFolder(async (file) => {
    using stop = listenForStop({ file });
    await Deno.writeTextFile(file, "");
    const start = Date.now();
    while (!stop.requested() && Date.now() - start < 5000);
    assert.equal(stop.signal.aborted, true);
  }));

Deno.test("a stop file from before stops nothing", () =>
  withFolder(async (file) => {
    await Deno.writeTextFile(file, "");
    using stop = listenForStop({ file });
    await wait(400);
    assert.equal(stop.requested(), false);
  }));

Deno.test("who listens next takes the place of who listened before", () =>
  withFolder(async (file) => {
    const before = listenForStop({ file });
    using now = listenForStop({ file });
    await Deno.writeTextFile(file, "");
    await wait(700);
    assert.deepEqual([before.requested(), now.requested()], [false, true]);
    before.close();
  }));

Deno.test({
  name: "Ctrl-C aborts once, and a second one ends the process",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const code = `import { listenForStop } from ${JSON.stringify(new URL("stop.ts", import.meta.url).href)};
      using stop = listenForStop({ file: ${JSON.stringify(join(Deno.makeTempDirSync(), "STOP"))} });
      console.log("ready");
      while (!stop.requested()) await new Promise((next) => setTimeout(next, 5));
      console.log("saved");
      while (true) await new Promise((next) => setTimeout(next, 5));`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--config", new URL("../../deno.json", import.meta.url).pathname, code],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let output = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += text;
      if (output.endsWith("ready\n") || output.endsWith("saved\n")) child.kill("SIGINT");
    }
    assert.equal(output, "ready\nsaved\n");
    assert.equal((await child.status).code, 130);
    assert.match(await new Response(child.stderr).text(), /Stopping, by Ctrl-C/);
  },
});

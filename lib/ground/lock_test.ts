import assert from "node:assert/strict";
import { join } from "node:path";
import { heldFoldersVariable, holdFolder, nameProcess } from "./lock.ts";
import { withFolder } from "./testing/folder.ts";

const lock = new URL("lock.ts", import.meta.url).href;

/** Another process that tries to hold a folder, prints "held" or the error, and stays until its input ends. */
function another(folder: string, env: Record<string, string> = {}) {
  const script = `import { holdFolder, nameProcess } from ${JSON.stringify(lock)};
    nameProcess("deno task other");
    try {
      await holdFolder(${JSON.stringify(folder)});
      console.log("held");
    } catch (error) {
      console.log(error.name + ": " + error.message);
    }
    for await (const _ of Deno.stdin.readable);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", script],
    env,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    says: async () => (await reader.read()).value ?? "",
    async end(how: "kill" | "close") {
      if (how === "kill") child.kill("SIGKILL");
      await child.stdin.close().catch(() => {});
      while (!(await reader.read()).done);
      await child.status;
    },
  };
}

Deno.test("a folder that another process holds is refused, and who holds it is named", () =>
  withFolder(async (parent) => {
    const folder = join(parent, "새로", "run");
    const other = another(folder);
    assert.match(await other.says(), /^held/);
    await assert.rejects(holdFolder(folder), {
      name: "UserError",
      message:
        /run is being written by deno task other \(process \d+ on \S+, since 20\d\d-.* UTC\)\. .*--output/,
    });
    await other.end("close");
    using _ = await holdFolder(folder);
  }));

Deno.test("a lock dies with its holder, even by SIGKILL", () =>
  withFolder(async (folder) => {
    const other = another(folder);
    assert.match(await other.says(), /^held/);
    await other.end("kill");
    using _ = await holdFolder(folder);
  }));

Deno.test("a process holds a folder as often as it likes, by any path to it, until the last lets go", () =>
  withFolder(async (folder) => {
    nameProcess("deno task this");
    const first = await holdFolder(folder);
    const second = await holdFolder(join(folder, "..", folder.split("/").at(-1)!));
    first[Symbol.dispose]();
    first[Symbol.dispose](); // twice is once
    const other = another(folder);
    assert.match(await other.says(), /^UserError: .*written by deno task this \(process/);
    await other.end("close");
    second[Symbol.dispose]();
    const then = another(folder);
    assert.match(await then.says(), /^held/);
    await then.end("close");
    assert.deepEqual([...Deno.readDirSync(folder)], [], "the file goes with the lock");
  }));

Deno.test("what a process starts may write where that process holds", () =>
  withFolder(async (folder) => {
    using _ = await holdFolder(folder);
    const child = another(folder, { [heldFoldersVariable]: `/elsewhere\n${await Deno.realPath(folder)}` });
    assert.match(await child.says(), /^held/);
    await child.end("close");
  }));

Deno.test("many at once: one holds, the others are refused, and the next after it holds", () =>
  withFolder(async (folder) => {
    for (let round = 0; round < 2; round++) {
      const all = Array.from({ length: 3 }, () => another(folder));
      const said = await Promise.all(all.map((other) => other.says()));
      assert.equal(said.filter((text) => text.startsWith("held")).length, 1, said.join(""));
      for (const other of all) await other.end(round === 0 ? "close" : "kill");
    }
  }));

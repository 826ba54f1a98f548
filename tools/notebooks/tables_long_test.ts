/** `start` on tables that lack what notebooks are about: all notebooks on the kernel, and the report. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { processEnvironment } from "../environment.ts";
import { inProject } from "../setup/paths.ts";
import { hopelessTables, poorTables } from "./testing/tables.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

async function start(
  folder: string,
  table: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const songs = join(folder, "songs.csv");
  await Deno.writeTextFile(songs, table);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", inProject("tools", "commands", "start.ts"), "--songs", songs],
      ...["--recipe", "test", "--models", "kobert-small-scratch", "--output", join(folder, "out")],
    ],
    env: processEnvironment(),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

for (const [name, table] of Object.entries(poorTables)) {
  Deno.test(`start goes through a table: ${name}`, () =>
    withFolder(async (folder) => {
      const { code, stdout, stderr } = await start(folder, table());
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /Test songs: .*\n(?: {2}\d\.\d{3} {2}\d\.\d{3} {2}\d\.\d{3} {2}.*\n){4,5}/);
      const page = await Deno.readTextFile(join(folder, "out", "report.html"));
      // no section is missing
      assert.doesNotMatch(page, /class="missing/);
    }));
}

for (const [name, [table, message]] of Object.entries(hopelessTables)) {
  Deno.test(`start says at once why nothing can be learnt: ${name}`, () =>
    withFolder(async (folder) => {
      const { code, stderr } = await start(folder, table());
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n {4}at /);
    }));
}

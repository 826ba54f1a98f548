/** `mpiexec -n 2 deno task train`: as a person runs it, one process killed on the way. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { stringify } from "@std/csv";
import { isThere } from "../lib/ground/mod.ts";
import { withFolder } from "../lib/ground/testing/folder.ts";
import { mpiexec } from "../lib/training/testing/teams.ts";
import { processEnvironment } from "./environment.ts";
import { inProject } from "./setup/paths.ts";

/** The processes that run the command itself, by their command lines. */
function commandProcesses(output: string): number[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    try {
      const line = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      return line.includes("commands/train.ts") && line.includes(output) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

Deno.test(
  "mpiexec: a process of train that is killed ends the others soon, with a sentence, and the command goes on",
  {
    ignore: mpiexec === null,
  },
  () =>
    withFolder(async (folder) => {
      const songs = join(folder, "songs.csv"), output = join(folder, "run");
      const rows = Array.from({ length: 300 }, (_, i) => ({
        id: String(i),
        genre: i % 2 ? "댄스" : "발라드",
        lyrics: `${i % 2 ? "흔들어 리듬" : "눈물 이별"} 노래 ${i}`,
      }));
      await Deno.writeTextFile(songs, stringify(rows, { columns: ["id", "genre", "lyrics"] }));
      const start = () =>
        new Deno.Command(mpiexec!, {
          args: [
            ...[
              "-n",
              "2",
              Deno.execPath(),
              "run",
              "-A",
              "--no-check",
              inProject("tools", "main.ts"),
              "train",
            ],
            ...["--songs", songs, "--model", "kobert-small-scratch", "--recipe", "quick", "--epochs", "3"],
            ...["--max-length", "16", "--save-every-steps", "2", "--output", output],
          ],
          cwd: inProject(),
          env: { ...processEnvironment(), NO_COLOR: "1" },
          stdin: "null",
          stdout: "piped",
          stderr: "piped",
        }).spawn();

      const first = start(), told = first.output();
      while (!await isThere(join(output, "checkpoints", "step-00000004"))) {
        await new Promise((next) => setTimeout(next, 20));
      }
      const killedAt = performance.now();
      Deno.kill(commandProcesses(output).at(-1)!, "SIGKILL");
      const { code, stderr } = await told;
      assert.notEqual(code, 0);
      assert.ok(performance.now() - killedAt < 60_000, "within a minute");
      assert.match(
        new TextDecoder().decode(stderr),
        /Process \d of the 2 that work together \(on \S+\) was ended by signal 9, and the others end with it\. The same command goes on/,
      );
      assert.deepEqual(commandProcesses(output), []);

      const again = await start().output(), out = new TextDecoder().decode(again.stdout);
      assert.equal(again.code, 0, new TextDecoder().decode(again.stderr));
      assert.match(out, /^2 processes train together: 2 on \S+$/m);
      assert.match(out, /^Going on after step \d+ of \d+\.$/m);
      assert.equal(out.match(/^Model: /gm)?.length, 1, "one speaks");
    }),
);

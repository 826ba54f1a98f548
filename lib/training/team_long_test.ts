/** A process of a team that dies ends the work of all soon, and the work goes on from the last checkpoint. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../engine/mod.ts";
import { classifier } from "./testing/team_worker.ts";
import { mpiexec, runTeam } from "./testing/teams.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

Deno.test("a process that is killed ends the others within a minute, and the same command goes on", {
  ignore: mpiexec === null,
}, () =>
  withFolder(async (folder) => {
    const expected = await classifier();
    const start = performance.now();
    const killed = await runTeam(3, "dies", folder);
    assert.notEqual(killed.code, 0);
    assert.ok(performance.now() - start < 60_000, "within a minute");
    const saved = [...Deno.readDirSync(join(folder, "checkpoints"))].map(({ name }) => name);
    assert.deepEqual(saved, ["step-00000005"]);
    const { code, out, text } = await runTeam(2, "resume", folder);
    assert.equal(code, 0, text);
    const { result } = JSON.parse(out.trim().split("\n").at(-1)!);
    assert.equal(result.resumed.history.length, expected.history.length);
    const last = (history: unknown[]) => history.at(-1) as { train: { loss: number } };
    assert.ok(Math.abs(last(result.resumed.history).train.loss - last(expected.history).train.loss) < 1e-4);
  }));

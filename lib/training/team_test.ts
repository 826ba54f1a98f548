/** One training in several processes: the run of one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { hasKernels, startEngine } from "../engine/mod.ts";
import { classifier, language, type Outcome, stopped } from "./testing/team_worker.ts";
import { mpiexec, runTeam } from "./testing/teams.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();
const ignore = mpiexec === null || !hasKernels();

/** Runs a scenario and reads what its first process tells. */
async function told(size: number, scenario: string, folder = ""): Promise<Record<string, Outcome>> {
  const { code, out, text } = await runTeam(size, scenario, folder);
  assert.equal(code, 0, out + text);
  const answer = JSON.parse(out.trim().split("\n").at(-1)!);
  assert.equal(answer.size, size);
  return answer.result;
}

/** Numbers that may differ by rounding, the rest to the letter. */
function nearlyEqual(found: unknown, expected: unknown, what: string): void {
  if (typeof expected === "number") {
    assert.ok(typeof found === "number", what);
    const tolerance = 2e-4 * Math.max(1, Math.abs(expected));
    assert.ok(Math.abs(found - expected) <= tolerance, `${what}: ${found}, not ${expected}`);
  } else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(found as object), Object.keys(expected), what);
    for (const [key, value] of Object.entries(expected)) {
      nearlyEqual((found as Record<string, unknown>)[key], value, `${what}.${key}`);
    }
  } else assert.equal(found, expected, what);
}

Deno.test(
  "a team of two and of three gives one process's run; twice to the bit; what one stopped, another goes on with",
  {
    ignore,
  },
  () =>
    withFolder(async (folder) => {
      const alone = { classifier: await classifier(), language: await language() };
      const two = await told(2, "all", folder);
      nearlyEqual(two.classifier, alone.classifier, "two");
      assert.deepEqual(two.again, two.classifier);
      nearlyEqual(two.parts, alone.classifier, "two, in parts");
      nearlyEqual(two.language, alone.language, "two, a language model");
      assert.equal(two.stopped!.ended, "interrupted");
      assert.equal(
        (two.stopped!.history.at(-1) as { step: number }).step,
        6,
        "all end with the step in which one heard of it",
      );

      await stopped(join(folder, "alone"), 10);
      const three = await told(3, "resume", folder);
      nearlyEqual(three.classifier, alone.classifier, "three");
      nearlyEqual(three.resumed, alone.classifier, "begun by two, ended by three");
      nearlyEqual(three.alone, alone.classifier, "begun by one, ended by three");
    }),
);

Deno.test(
  "processes that would not train the same are told in what they differ, and end",
  { ignore },
  async () => {
    const { code, text } = await runTeam(2, "different", "");
    assert.notEqual(code, 0);
    assert.match(text, /The 2 processes would not train the same:/);
    assert.match(text, /process 1 on \S+: recipe\.seed: 7 for the first on \S+, 8 here/);
    assert.match(text, /process 1 on \S+: recipe\.batchSize: 8 for the first on \S+, 9 here/);
  },
);

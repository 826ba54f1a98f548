import assert from "node:assert/strict";
import { countJunit, plainLine } from "./test.ts";

const report = (cases: string) => `<?xml version="1.0"?>\n<testsuites name="deno test">${cases}</testsuites>`;

Deno.test("test: counts passed, failed and skipped of a report", () => {
  const xml = report(`
    <testcase name="a" classname="./x_test.ts" time="0.1" line="1" col="6">
    </testcase>
    <testcase name="b" classname="./x_test.ts"><skipped/></testcase>
    <testcase name="c"><failure message="1 &lt; 2">Error: &lt;skipped/&gt; is not a tag here</failure></testcase>
    <testcase name="d"/>`);
  assert.deepEqual(countJunit(xml), { passed: 2, failed: 1, skipped: 1 });
});

Deno.test("test: steps belong to their test; a name that only looks like a step counts", () => {
  const xml = report(`
    <testcase name="a"><failure message="1 test step failed">1 test step failed.</failure></testcase>
    <testcase name="a &gt; first"></testcase>
    <testcase name="a &gt; second"><failure message="x">x</failure></testcase>
    <testcase name="a &gt; second &gt; inner"></testcase>
    <testcase name="5 &gt; 3"></testcase>`);
  assert.deepEqual(countJunit(xml), { passed: 1, failed: 1, skipped: 0 });
});

Deno.test("test: what a filter leaves out does not count as skipped", () => {
  const xml = report(`
    <testcase name="quick: a &amp; b"></testcase>
    <testcase name="quick: c"><skipped/></testcase>
    <testcase name="d, quick: no"><skipped/></testcase>`);
  assert.deepEqual(countJunit(xml, "/^quick: /"), { passed: 1, failed: 0, skipped: 1 });
  assert.deepEqual(countJunit(xml, "a & b"), { passed: 1, failed: 0, skipped: 0 });
});

Deno.test("test: an empty report counts nothing, and the last line is plain", () => {
  assert.deepEqual(countJunit(""), { passed: 0, failed: 0, skipped: 0 });
  assert.equal(plainLine({ passed: 12, failed: 0, skipped: 3 }), "12 passed, 0 failed, 3 skipped");
});

Deno.test("test: what Deno itself reports is counted", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const file = `${folder}/sample_test.ts`;
    Deno.writeTextFileSync(
      file,
      `Deno.test("passes", () => {});
       Deno.test("fails <here> & \\"there\\"", () => { throw new Error("<no>"); });
       Deno.test({ name: "ignored", ignore: true, fn() {} });
       Deno.test("steps", async (t) => { await t.step("one", () => {}); await t.step("two", () => {}); });`,
    );
    const junit = `${folder}/report.xml`;
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-check", "--no-config", `--junit-path=${junit}`, file],
      stdout: "null",
      stderr: "null",
    }).output();
    assert.equal(code, 1);
    assert.deepEqual(countJunit(Deno.readTextFileSync(junit)), { passed: 2, failed: 1, skipped: 1 });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

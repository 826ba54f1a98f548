import assert from "node:assert/strict";
import { join } from "node:path";
import {
  checkNotebooks,
  checkOutputs,
  formatNotebooks,
  type NotebookProblem,
  problemText,
  readNotebook,
} from "./testing/check.ts";
import { notebookText, type TestCell } from "./testing/notebooks.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

/** The problems that `check` finds in a notebook, without its name. */
async function problemsOf(
  cells: readonly TestCell[],
  check: (path: string) => NotebookProblem[] | Promise<NotebookProblem[]>,
): Promise<string[]> {
  const problems: string[] = [];
  await withFolder(async (folder) => {
    const path = join(folder, "a.ipynb");
    await Deno.writeTextFile(path, notebookText(cells));
    for (const problem of await check(path)) {
      problems.push(problemText(problem).replace(/^[^:,]*a\.ipynb(, |: )/, ""));
    }
    // Nothing is left behind.
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.ipynb"]);
  });
  return problems;
}

const all = (path: string) => checkNotebooks([path]);
const source = (path: string) => checkNotebooks([path], { outputs: false });
const outputs = (path: string) => checkOutputs(readNotebook(path));

Deno.test("a clean, executed notebook has no problems", async () => {
  const png = {
    output_type: "display_data",
    data: { "image/png": "iVBORw0K", "text/plain": "장르" },
    metadata: {},
  };
  assert.deepEqual(
    await problemsOf([
      { markdown: "# 제목\n\nSee `data/songs.csv`, 랩/힙합 and/or https://example.org/a/b." },
      { code: 'const songs: string[] = ["봄"];\nsongs.length;', count: 1, outputs: [png] },
      { code: "await Promise.resolve(songs);", count: 2 },
    ], all),
    [],
  );
});

Deno.test("types and lint are checked over all cells, and told by cell and line", async () => {
  const problems = await problemsOf([
    { markdown: "text" },
    'const count: number = "하나";\ncount;',
    "const fine = count + 1;\n\nfine.toUpperCase();",
    "let never = 1;\nnever;",
  ], source);
  assert.deepEqual(problems, [
    "cell 2, line 1: TS2322: Type 'string' is not assignable to type 'number'.",
    "cell 3, line 3: TS2339: Property 'toUpperCase' does not exist on type 'number'.",
    "cell 4, line 1: `never` is never reassigned (prefer-const)",
  ]);
});

Deno.test("a name is declared once in a notebook, and used", async () => {
  const problems = await problemsOf(["const a = 1;\na;", "const a = 2;\na;", "const unused = 3;"], source);
  assert.ok(problems.some((problem) => /cell 1.*TS2451.*'a'/.test(problem)), problems.join("\n"));
  assert.ok(problems.some((problem) => /cell 2.*TS2451.*'a'/.test(problem)));
  assert.ok(problems.some((problem) => /cell 3.*'unused'/.test(problem)));
});

Deno.test("a missing module is placed too", async () => {
  const [problem] = await problemsOf(['import { a } from "./nowhere.ts";\na;'], source);
  assert.match(problem!, /^cell 1, line 1: .*nowhere\.ts/);
});

Deno.test("cells that are not formatted are told", async () => {
  const problems = await problemsOf(["const a = [ 1,2 ]\na"], source);
  assert.equal(problems.length, 1);
  assert.match(
    problems[0]!,
    /^The cells are not formatted\. Run "deno run -A tools\/notebooks\/testing\/check\.ts --format"\.$/,
  );
  // Deno's own check of notebooks would find fault with this one too, where its cache has not seen it.
  assert.deepEqual(await problemsOf(["const a = [1, 2];\na;"], source), []);
});

Deno.test("notebooks are formatted where they lie, their outputs as they are", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.ipynb");
    const outputs = [{ output_type: "stream", name: "stdout", text: ["[ 1,2 ]"] }];
    await Deno.writeTextFile(path, notebookText([{ code: "const a = [ 1,2 ]\na", count: 1, outputs }]));
    assert.deepEqual(await formatNotebooks([path]), [path]);
    const [cell] = readNotebook(path).cells;
    assert.equal([cell!.source].flat().join(""), "const a = [1, 2];\na;");
    assert.deepEqual(cell!.outputs, outputs);
    assert.deepEqual(await formatNotebooks([path]), [], "once is enough");
  }));

Deno.test("committed notebooks are executed in order", async () => {
  const problems = await problemsOf([
    { code: "1;", count: 2 },
    "2;",
    { code: "3;", count: 3 },
    { code: " \n", count: null },
  ], outputs);
  assert.deepEqual(problems, [
    "cell 1: The cell was executed as number 2 in place of 1. Run the whole notebook from the start.",
    "cell 2: The cell was not executed. Run the whole notebook.",
    "cell 4: The cell is empty. Remove it.",
  ]);
});

Deno.test("errors, live HTML, SVG and paths of the machine are found in outputs", async () => {
  const output = (data: Record<string, unknown>) => ({ output_type: "display_data", data, metadata: {} });
  const problems = await problemsOf([
    {
      code: "1;",
      count: 1,
      outputs: [{ output_type: "error", ename: "TypeError", evalue: "no", traceback: [] }],
    },
    { code: "2;", count: 2, outputs: [output({ "text/html": ["<p>x</p>", "<script>1</script>"] })] },
    { code: "3;", count: 3, outputs: [output({ "image/svg+xml": "<svg/>" })] },
    {
      code: "4;",
      count: 4,
      outputs: [{ output_type: "stream", name: "stdout", text: ["saved in\n", "/srv/me/run\n"] }],
    },
    {
      code: "5;",
      count: 5,
      outputs: [output({ "text/html": "<b>1</b> / <i>2</i></td></tr>", "text/plain": "50/400 · 1/2" })],
    },
    {
      code: 'const file = "/srv/me/songs.csv";\nfile.replace(/a\\/b/, "");',
      count: 6,
    },
    { markdown: "The file is in C:\\Users\\me." },
  ], outputs);
  assert.deepEqual(problems, [
    "cell 1: The cell ended with TypeError: no. Mend it and run the notebook again.",
    "cell 2: An output is live HTML, which an untrusted notebook does not show. Run the notebook with NOTEBOOK_FIGURES=png.",
    "cell 3: An output is image/svg+xml, which GitHub or an untrusted notebook does not show. Use image/png.",
    "cell 4: An output names /srv/me/run, a path of the machine it ran on.",
    "cell 6: It names /srv/me/songs.csv; a path must not begin at this machine's root.",
    "cell 7: It names C:\\Users\\me; a path must not begin at this machine's root.",
  ]);
});

Deno.test("a notebook of more than half a megabyte is told", async () => {
  const [problem] = await problemsOf([
    {
      code: "1;",
      count: 1,
      outputs: [{ output_type: "display_data", data: { "image/png": "A".repeat(500_000) }, metadata: {} }],
    },
  ], outputs);
  assert.match(problem!, /^The file has 5\d{5} bytes; committed notebooks have at most 500000/);
});

Deno.test("what is no notebook is refused", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.ipynb");
    await Deno.writeTextFile(path, "[]");
    await assert.rejects(checkNotebooks([path]), /a\.ipynb is no Jupyter notebook of format 4/);
    assert.deepEqual(await checkNotebooks([]), []);
  }));

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { kernelName } from "../setup/kernel.ts";
import { exists, inProject, inVenv, program } from "../setup/paths.ts";
import { failureText, runNotebooks, type RunNotebooksOptions } from "./run.ts";
import { notebookText, type TestCell } from "./testing/notebooks.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

// The kernel is there after `deno task setup`, which `deno task test` does first.
const ignore = !exists(inVenv("share", "jupyter", "kernels", kernelName, "kernel.json"));

interface RanCell {
  execution_count: number | null;
  outputs: {
    output_type: string;
    name?: string;
    text?: string[];
    data?: Record<string, string[]>;
    ename?: string;
  }[];
  metadata: Record<string, unknown>;
}

/** Writes notebooks a, b, … and runs them; also reads what came out. */
async function run(folder: string, notebooks: TestCell[][], options: Partial<RunNotebooksOptions> = {}) {
  const paths = notebooks.map((_, i) => join(folder, `${"abc"[i]}.ipynb`));
  for (const [i, path] of paths.entries()) await Deno.writeTextFile(path, notebookText(notebooks[i]!));
  const results = await quiet(() =>
    runNotebooks({ notebooks: paths, outputFolder: join(folder, "out"), ...options })
  );
  const cells = results.map(({ output }) =>
    output === null ? [] : (JSON.parse(Deno.readTextFileSync(output)) as { cells: RanCell[] }).cells
  );
  return { results, cells };
}

/** Keeps what the runner tells on standard error out of the tests' output. */
async function quiet<T>(work: () => Promise<T>): Promise<T> {
  const write = Deno.stderr.writeSync;
  Deno.stderr.writeSync = (bytes) => bytes.length;
  try {
    return await work();
  } finally {
    Deno.stderr.writeSync = write;
  }
}

const textOf = (cell: RanCell) => cell.outputs.map(({ text }) => text?.join("") ?? "").join("");

Deno.test({
  name: "notebooks run in their folder, with parameters, each in a kernel of its own, and keep every output",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const many = 'for (let i = 0; i < 200; i++) console.log("줄", i);';
      const update = 'await Deno.jupyter.display({ "text/plain": "0" }, { raw: true, display_id: "d" });\n' +
        'for (let i = 1; i <= 3; i++) await Deno.jupyter.display({ "text/plain": `${i}` }, { raw: true, display_id: "d", update: true });';
      const { results, cells } = await run(folder, [
        [
          { markdown: "# 제목" },
          "const shared = 1;\nshared + 1",
          'console.log(Deno.cwd(), Deno.env.get("SONGS_FILE"), Deno.env.get("NOTEBOOK_FIGURES"));',
          many,
          update,
          'setTimeout(() => console.log("late"), 20);',
        ],
        ["typeof shared"],
      ], { env: { SONGS_FILE: "노래.csv" }, figures: "png", timeoutSeconds: null });
      assert.deepEqual(results.map(({ status, error }) => [status, error]), [["ok", null], ["ok", null]]);
      assert.ok(results.every(({ seconds }) => seconds > 0));
      const [a, b] = cells;
      assert.deepEqual(a!.map((cell) => cell.execution_count ?? null), [null, 1, 2, 3, 4, 5]);
      assert.equal(textOf(a![2]!), `${folder} 노래.csv png\n`);
      assert.equal(textOf(a![3]!), Array.from({ length: 200 }, (_, i) => `줄 ${i}\n`).join(""));
      assert.equal(a![3]!.outputs.length, 1);
      assert.deepEqual(a![4]!.outputs.map(({ data }) => data), [{ "text/plain": ["3"] }]);
      assert.equal(textOf(a![5]!), "late\n");
      assert.match(b![0]!.outputs[0]!.data!["text/plain"]!.join(""), /undefined/);
      // The sources are untouched.
      assert.equal(await Deno.readTextFile(join(folder, "b.ipynb")), notebookText(["typeof shared"]));
    }),
});

Deno.test({
  name: "a failing cell ends the run; what ran is kept and the error told by cell, code and message",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const told: unknown[] = [];
      const { results, cells } = await run(folder, [
        ["0"],
        ["1", { markdown: "text" }, 'console.log("before");\nthrow new TypeError("노래가 없다");', "4"],
        ["1"],
      ], { onNotebook: ({ notebook, status }) => void told.push([basename(notebook), status]) });
      assert.deepEqual(results.map(({ status }) => status), ["ok", "failed", "not run"]);
      assert.deepEqual(told, [["a.ipynb", "ok"], ["b.ipynb", "failed"]]);
      const { error, output } = results[1]!;
      assert.deepEqual([error!.cell, error!.executionCount, error!.name, error!.message], [
        3,
        2,
        "TypeError",
        "노래가 없다",
      ]);
      assert.equal(textOf(cells[1]![2]!), "before\n");
      assert.ok(cells[1]![2]!.outputs.some(({ ename }) => ename === "TypeError")); // what was printed may come behind it
      assert.equal(cells[1]![3]!.execution_count, null);
      const text = failureText(results[1]!);
      assert.match(text, /b\.ipynb failed in cell 3 \[2\]:\n\n {4}console\.log\("before"\);\n/);
      assert.match(text, /\nTypeError: 노래가 없다\n +at /);
      assert.equal(text.match(/노래가 없다/g)!.length, 2);
      assert.ok(text.endsWith(`What ran is in ${output}.`));
    }),
});

Deno.test({
  name: "a kernel that ends, and a cell that takes too long, are told as what they are",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const dead = (await run(folder, [["1", "Deno.exit(3);"]])).results[0]!;
      assert.deepEqual([dead.error!.name, dead.error!.cell], ["DeadKernel", 2]);
      assert.match(dead.error!.message, /exit code 3/);
      const slow = await run(folder, [[
        'console.log("begun");\nwhile (true) await new Promise((next) => setTimeout(next, 9));',
      ]], {
        timeoutSeconds: 1,
      });
      assert.deepEqual([slow.results[0]!.error!.name, slow.results[0]!.error!.cell], ["Timeout", 1]);
      assert.equal(textOf(slow.cells[0]![0]!), "begun\n");
    }),
});

Deno.test({
  name:
    "a name that no cell has defined since the kernel began: the error says to run from the top; what code asks of names is as ever",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const { results, cells } = await run(folder, [[
        "console.log(typeof songs);\ntry { songs; } catch (error) { console.log(error instanceof ReferenceError); }",
        "await songs.head();",
      ]]);
      assert.equal(textOf(cells[0]![0]!), "undefined\ntrue\n");
      const { name, message } = results[0]!.error!;
      assert.equal(name, "ReferenceError");
      assert.match(
        message,
        /^songs is not defined\n.*맨 위부터 다시 실행하세요.*\n.* run the cells from the top\.$/,
      );
      // what was run before the first cell is none of the notebook's
      assert.deepEqual(cells[0]!.map(({ execution_count }) => execution_count), [1, 2]);
    }),
});

Deno.test({
  name:
    "a cell that comes before the kernel's own start-up is done brings with lib/notebook what errors say: the hint, and Korean",
  ignore: ignore || Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      // Deno's kernel without a start-up, beside .venv's Python
      const spec = join(folder, "share", "jupyter", "kernels", "plain"),
        python = join(folder, "bin", "python");
      for (const path of [spec, join(folder, "bin")]) await Deno.mkdir(path, { recursive: true });
      const argv = [program(inVenv(), "deno"), "jupyter", "--kernel", "--conn", "{connection_file}"];
      await Deno.writeTextFile(
        join(spec, "kernel.json"),
        JSON.stringify({ argv, display_name: "plain", language: "typescript" }),
      );
      const real = program(inVenv(), "python");
      await Deno.writeTextFile(
        python,
        `#!/bin/sh\nJUPYTER_PATH="${join(folder, "share", "jupyter")}" exec "${real}" "$@"\n`,
        { mode: 0o755 },
      );
      // where the project's imports hold
      const notebooks = await Deno.makeTempDir({ dir: inProject("outputs") });
      const failed = async (...cells: string[]) =>
        (await run(notebooks, [cells], { venv: folder, kernel: "plain" })).results[0]!.error!.message;
      try {
        assert.equal(await failed("songs;"), "songs is not defined");
        assert.match(
          await failed('import { show } from "lib/notebook/mod.ts";', "await show(songs);"),
          /^songs is not defined\n.*맨 위부터 다시 실행하세요/,
        );
        assert.match(
          await failed(
            'import { settings } from "lib/notebook/mod.ts";',
            "settings({ songs: [{}] as never });",
          ),
          /^songs 설정은 글이어야 합니다: [^]*\nThe setting songs is /,
        );
      } finally {
        await Deno.remove(notebooks, { recursive: true });
      }
    }),
});

Deno.test({
  name: "in place, a notebook is replaced when it ran to its end, without what changes from run to run",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const cell = 'console.log(Deno.env.get("NOTEBOOK_FIGURES"));';
      const failing: TestCell[] = ["throw new Error();"];
      const { results, cells } = await run(folder, [[{ code: cell, count: 7, outputs: [] }], failing], {
        outputFolder: null,
      });
      const [a, b] = ["a.ipynb", "b.ipynb"].map((name) => join(folder, name));
      assert.deepEqual(results.map(({ status }) => status), ["ok", "failed"]);
      assert.equal(results[0]!.output, a);
      assert.deepEqual([cells[0]![0]!.execution_count, textOf(cells[0]![0]!)], [1, "png\n"]);
      assert.equal(await Deno.readTextFile(b!), notebookText(failing));
      assert.match(results[1]!.output!, /outputs.notebooks.b\.ipynb$/);
      await Deno.remove(results[1]!.output!);

      const first = await Deno.readTextFile(a!);
      assert.ok(!/"execution":/.test(first));
      // as JupyterLab saves it
      assert.match(first, /"pygments_lexer": "typescript",\n +"version": "[\d.]+"/);
      await quiet(() => runNotebooks({ notebooks: [a!], outputFolder: null }));
      assert.equal(await Deno.readTextFile(a!), first);
    }),
});

Deno.test({
  name: "an interrupt lets the running cell end, keeps what ran and stops there",
  ignore: ignore || Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const stop = new URL("../../lib/notebook/stop.ts", import.meta.url).href;
      const loop = "using stop = listenForStop();\nlet steps = 0;\n" +
        "for (; steps < 1000 && !stop.signal.aborted; steps++) await new Promise((next) => setTimeout(next, 20));\n" +
        'console.log(steps < 1000 ? "stopped" : "not stopped");';
      // The interrupt goes to run.py, this process's only Python child, as a terminal would send it.
      const { results, cells } = await run(folder, [[
        `import { listenForStop } from ${JSON.stringify(stop)};`,
        `new Deno.Command("kill", { args: ["-INT", String(Deno.ppid)] }).spawn();\n${loop}`,
        "3",
      ]]);
      assert.deepEqual([results[0]!.status, results[0]!.error!.name], ["failed", "Interrupted"]);
      assert.match(textOf(cells[0]![1]!), /what is done will be kept\.\nstopped\n$/);
      assert.equal(cells[0]![2]!.execution_count, null);
      assert.match(
        failureText(results[0]!),
        /a\.ipynb was interrupted in cell 2 \[2\]\.\n.*\nWhat ran is in /,
      );
    }),
});

Deno.test("what cannot be run is refused before anything runs", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "a.ipynb"), notebookText(["1"]));
    await assert.rejects(
      runNotebooks({ notebooks: [], outputFolder: folder, venv: folder }),
      /has no Jupyter kernel "kobert-genre"\. Run "deno task setup" first\./,
    );
    if (ignore) return;
    const a = join(folder, "a.ipynb");
    await assert.rejects(
      runNotebooks({ notebooks: [join(folder, "b.ipynb")], outputFolder: "x" }),
      /There is no notebook .*b\.ipynb/,
    );
    await assert.rejects(runNotebooks({ notebooks: [a], outputFolder: folder }), /would be written over/);
    await assert.rejects(
      runNotebooks({ notebooks: [a, a], outputFolder: join(folder, "x") }),
      /Two notebooks would be written/,
    );
    assert.deepEqual(await runNotebooks({ notebooks: [], outputFolder: "x" }), []);
  }));

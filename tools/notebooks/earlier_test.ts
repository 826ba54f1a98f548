import assert from "node:assert/strict";
import { join } from "node:path";
import { type RunRecord, writeRecord } from "../report/record.ts";
import { testRecord } from "../report/testing/run.ts";
import { notebookText } from "./testing/notebooks.ts";
import { earlierRun } from "./earlier.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

/** A run of a, b and c that was cut off in c, with the executed notebooks of a and b. */
async function cutOff(folder: string) {
  const folders = { run: join(folder, "run"), notebooks: join(folder, "executed") };
  const record: RunRecord = {
    ...testRecord(),
    notebooks: [
      { name: "a.ipynb", seconds: 1, done: true },
      { name: "b.ipynb", seconds: 2, done: true },
      { name: "c.ipynb", seconds: 3, done: false },
    ],
  };
  await writeRecord(folders.run, record);
  await Deno.mkdir(folders.notebooks);
  const notebooks: string[] = [];
  for (const name of ["a", "b", "c"]) {
    const path = join(folder, `${name}.ipynb`);
    await Deno.writeTextFile(path, notebookText([{ markdown: "# 제목\n" }, `const ${name} = 1;\n${name};`]));
    notebooks.push(path);
    const ran = [{ markdown: "# 제목\n" }, { code: `const ${name} = 1;\n${name};`, count: 1 }];
    await Deno.writeTextFile(join(folders.notebooks, `${name}.ipynb`), notebookText(ran));
  }
  const b = notebooks[1]!;
  return { folders, record, notebooks, b };
}

Deno.test("a run that was cut off goes on at the first notebook that did not end", () =>
  withFolder(async (folder) => {
    const { folders, record, notebooks } = await cutOff(folder);
    // the new run begins later, and came to no notebook yet
    const wanted = { ...record, started: "2026-02-03T04:05:06.000Z", setUpSeconds: 9, notebooks: [] };
    assert.deepEqual(earlierRun(folders, wanted, notebooks), {
      found: "same",
      record: { ...record, resumed: [{ at: "2026-02-03T04:05:06.000Z", changes: [] }] },
      done: ["a.ipynb", "b.ipynb"],
    });
  }));

Deno.test("notebooks run again from the first whose cells have changed, or whose executed file is gone", () =>
  withFolder(async (folder) => {
    const { folders, record, notebooks, b } = await cutOff(folder);
    const done = () => {
      const earlier = earlierRun(folders, record, notebooks);
      return earlier.found === "same" ? earlier.done : earlier.found;
    };
    await Deno.writeTextFile(b, notebookText([{ markdown: "# 제목\n" }, "const b = 2;\nb;"]));
    assert.deepEqual(done(), ["a.ipynb"]);
    await Deno.remove(join(folders.notebooks, "a.ipynb"));
    assert.deepEqual(done(), []);
  }));

Deno.test("a run of other songs, options or recipe is not resumed, and the differences are told", () =>
  withFolder(async (folder) => {
    const { folders, record, notebooks } = await cutOff(folder);
    const differences = (wanted: Partial<RunRecord>) => {
      const earlier = earlierRun(folders, { ...record, ...wanted }, notebooks);
      return earlier.found === "another" ? earlier.differences : earlier.found;
    };
    assert.deepEqual(differences({ songsDigest: "abc" }), ['--songs, its contents: null there, "abc" here']);
    assert.deepEqual(differences({ options: { ...record.options, seed: 8 } }), [
      "--seed: 7 there, 8 here",
    ]);
    assert.deepEqual(differences({ recipe: { ...record.recipe, epochs: 1 } }), [
      "--epochs: 10 there, 1 here",
    ]);
  }));

Deno.test("a run is resumed by other versions, which are noted each time", () =>
  withFolder(async (folder) => {
    const { folders, record, notebooks } = await cutOff(folder);
    const going = (wanted: RunRecord) => {
      const earlier = earlierRun(folders, wanted, notebooks);
      assert.ok(earlier.found === "same");
      return earlier.record;
    };
    const once = going({ ...record, started: "2026-02-03T04:05:06.000Z", versions: { Deno: "3.0.0" } });
    await writeRecord(folders.run, once);
    const twice = going({ ...record, started: "2026-02-03T05:05:06.000Z", versions: { Deno: "3.0.0" } });
    assert.deepEqual(twice.versions, { Deno: "3.0.0" });
    assert.deepEqual(twice.resumed, [
      { at: "2026-02-03T04:05:06.000Z", changes: ['Deno: "2.9.6" there, "3.0.0" here'] },
      { at: "2026-02-03T05:05:06.000Z", changes: [] },
    ]);
  }));

Deno.test("a whole run has nothing left to do, until a notebook changes", () =>
  withFolder(async (folder) => {
    const { folders, record, notebooks, b } = await cutOff(folder);
    const whole = { ...record, notebooks: record.notebooks.map((notebook) => ({ ...notebook, done: true })) };
    await writeRecord(folders.run, whole);
    await Deno.copyFile(notebooks[2]!, join(folders.notebooks, "c.ipynb"));
    assert.deepEqual(earlierRun(folders, record, notebooks), {
      found: "same",
      record: whole,
      done: ["a.ipynb", "b.ipynb", "c.ipynb"],
    });
    await Deno.writeTextFile(b, notebookText(["const b = 3;"]));
    const earlier = earlierRun(folders, record, notebooks);
    assert.deepEqual(earlier.found === "same" && earlier.done, ["a.ipynb"]);
  }));

Deno.test("the table's place is no difference, its contents are", () =>
  withFolder(async (folder) => {
    const { folders, record, notebooks } = await cutOff(folder);
    const moved = {
      ...record,
      options: { ...record.options, songs: "/elsewhere/songs.csv", engine: "wasm" },
    };
    assert.equal(earlierRun(folders, moved, notebooks).found, "same");
  }));

Deno.test("what has no record, or one that cannot be read, is another run: nothing of it is lost", () =>
  withFolder(async (folder) => {
    const { folders, record, notebooks } = await cutOff(folder);
    await Deno.writeTextFile(join(folders.run, "run.json"), "{");
    assert.equal(earlierRun(folders, record, notebooks).found, "another");
    await Deno.remove(join(folders.run, "run.json"));
    await Deno.writeTextFile(join(folders.run, ".lock"), "");
    assert.equal(earlierRun(folders, record, notebooks).found, "nothing");
    await Deno.remove(folders.run, { recursive: true });
    assert.equal(earlierRun(folders, record, notebooks).found, "nothing");
  }));

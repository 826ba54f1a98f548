/** What a kill can leave behind, state by state. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { filesIn } from "../ground/mod.ts";
import { publishFolder, recoverFolders, setAside } from "./folders.ts";
import { Journal } from "./journal.ts";
import type { StepRecord } from "./types.ts";
import { withFolder } from "../ground/testing/folder.ts";

async function fill(folder: string, text: string): Promise<void> {
  await Deno.mkdir(join(folder, "inner"), { recursive: true });
  await Deno.writeTextFile(join(folder, "a.txt"), text);
  await Deno.writeTextFile(join(folder, "inner", "b.txt"), text);
}

const read = (folder: string) => Deno.readTextFile(join(folder, "inner", "b.txt"));
const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("publishFolder puts a folder in another's place and leaves nothing beside it", async () => {
  await withFolder(async (parent) => {
    const best = join(parent, "best");
    for (const text of ["one", "two"]) {
      await publishFolder(best, (folder) => fill(folder, text));
      assert.equal(await read(best), text);
      assert.deepEqual(names(parent), ["best"]);
    }
    assert.deepEqual(await filesIn(best), ["a.txt", join("inner", "b.txt")]);
  });
});

Deno.test("publishFolder: what an earlier attempt wrote is gone", async () => {
  await withFolder(async (parent) => {
    await fill(join(parent, "best.tmp"), "half");
    await publishFolder(
      join(parent, "best"),
      (folder) => Promise.resolve(assert.deepEqual(names(folder), [])),
    );
  });
});

const left = {
  "while the new one was written": ["best", "best.tmp"],
  "before the old one was moved away": ["best", "best.tmp", "best.old"],
  "between the two renames": ["best.old", "best.tmp"],
  "before the old one was removed": ["best", "best.old"],
};
for (const [when, folders] of Object.entries(left)) {
  Deno.test(`recoverFolders: killed ${when}, one whole folder stands`, async () => {
    await withFolder(async (parent) => {
      for (const name of folders) await fill(join(parent, name), name);
      await recoverFolders(parent, /^best$/);
      assert.deepEqual(names(parent), ["best"]);
      assert.equal(await read(join(parent, "best")), folders.includes("best") ? "best" : "best.old");
    });
  });
}

Deno.test("recoverFolders leaves alone what is not meant, and a folder that is not there", async () => {
  await withFolder(async (parent) => {
    await fill(join(parent, "mine.tmp"), "mine");
    await recoverFolders(parent, /^best$/);
    assert.deepEqual(names(parent), ["mine.tmp"]);
    await recoverFolders(join(parent, "none"), /^best$/);
  });
});

const record = (step: number): StepRecord => ({
  kind: "step",
  step,
  epoch: step / 4,
  loss: 1 / step,
  learningRate: 1e-3,
  gradientNorm: 1,
  examples: 8,
  tokens: 100,
  elapsedMs: step,
});

Deno.test("the journal cuts off what came after the checkpoint and a line that a kill cut short", async () => {
  await withFolder(async (output) => {
    const path = join(output, "history.jsonl");
    const first = await Journal.open(output, 0);
    [1, 2, 3, 4].forEach((step) => first.add(record(step)));
    first.close();
    await Deno.writeTextFile(path, '{"kind":"step","st', { append: true });

    const second = await Journal.open(output, 3);
    assert.deepEqual(second.records, [1, 2, 3].map(record));
    second.add(record(4));
    second.close();
    const text = await Deno.readTextFile(path);
    assert.deepEqual(text.trimEnd().split("\n").map((line) => JSON.parse(line)), [1, 2, 3, 4].map(record));

    const anew = await Journal.open(output, 0);
    assert.deepEqual(anew.records, []);
    anew.close();
    assert.equal(await Deno.readTextFile(path), "");
  });
});

Deno.test("the journal without a folder keeps its records in memory", async () => {
  const journal = await Journal.open(undefined, 0);
  journal.add(record(1));
  await journal.flush();
  journal.close();
  assert.deepEqual(journal.records, [record(1)]);
});

const files = ["best", "history.jsonl", "metrics.json"];
/** An earlier run that ended at a time, in seconds since 1970. */
async function earlierRun(folder: string, text: string, ended: number): Promise<void> {
  await fill(join(folder, "best"), text);
  for (const name of files.slice(1)) await Deno.writeTextFile(join(folder, name), text);
  await Deno.utime(join(folder, "metrics.json"), ended, ended);
}

Deno.test("setAside keeps earlier runs beside each other, each whole, and leaves what is not theirs", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "notes.txt"), "mine");
    for (const [text, ended] of [["one", 0], ["two", 3600], ["three", 3600]] as const) {
      await earlierRun(folder, text, ended);
      const kept = await setAside(folder, files);
      assert.equal(await read(join(kept!, "best")), text);
      assert.deepEqual(names(folder), ["earlier", "notes.txt"]);
    }
    assert.deepEqual(names(join(folder, "earlier")), [
      "1970-01-01T00-00-00",
      "1970-01-01T01-00-00",
      "1970-01-01T01-00-00-2",
    ]);
    assert.equal(await setAside(folder, files), null);
  });
});

Deno.test("setAside, killed in between, is ended by the next call, in the same place", async () => {
  await withFolder(async (folder) => {
    await earlierRun(folder, "one", 0);
    const place = join(folder, "earlier", "1970-01-01T00-00-00");
    await Deno.mkdir(place, { recursive: true });
    await Deno.rename(join(folder, "best"), join(place, "best"));
    // what has come in its place meanwhile is not that run's
    await fill(join(folder, "best"), "two");
    assert.equal(await setAside(folder, files), place);
    assert.deepEqual(names(place), files);
    assert.deepEqual([await read(join(place, "best")), await read(join(folder, "best"))], ["one", "two"]);
  });
});

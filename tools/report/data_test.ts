import assert from "node:assert/strict";
import { join } from "node:path";
import { inProject } from "../setup/paths.ts";
import { newestRun, readRun, shownPath } from "./data.ts";
import { digestOf, newRecord, writeRecord } from "./record.ts";
import { testData, testRecord } from "./testing/run.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

Deno.test("a run's folder: of start the run inside, of train itself; files that cannot be read are noted", async () => {
  await withFolder(async (folder) => {
    const { history, verdicts } = testData();
    await Deno.mkdir(join(folder, "run"));
    await Deno.writeTextFile(
      join(folder, "run", "history.jsonl"),
      history!.map((record) => JSON.stringify(record)).join("\n") + "\n",
    );
    await Deno.writeTextFile(join(folder, "run", "test_metrics.json"), JSON.stringify(verdicts));
    await Deno.writeTextFile(join(folder, "run", "metrics.json"), '{"ended": ');
    await writeRecord(join(folder, "run"), testRecord());
    const { unread, made, ...whole } = await readRun(folder);
    assert.deepEqual(whole.history, history);
    assert.deepEqual(Object.keys(whole.verdicts!), ["TF-IDF", "kobert-small"]);
    assert.deepEqual(whole.recipe, testRecord().recipe);
    assert.equal(whole.songs, null);
    assert.deepEqual(unread.map(({ file }) => file), ["metrics.json"]);
    assert.ok(made.getTime() > 0);
    assert.deepEqual((await readRun(join(folder, "run"))).history, history);
  });
});

Deno.test("the newest run: of start's and train's folders the one written last, the first where none has run", async () => {
  await withFolder(async (start) => {
    const train = join(start, "train"), found = () => newestRun([start, train]);
    await Deno.mkdir(join(start, "run"));
    await Deno.mkdir(train);
    assert.equal(found(), start);
    const write = async (path: string, second: number) => {
      await Deno.writeTextFile(path, "{}\n");
      await Deno.utime(path, second, second);
    };
    await write(join(train, "history.jsonl"), 1000);
    assert.equal(found(), train);
    await write(join(start, "run", "run.json"), 2000);
    assert.equal(found(), start);
    await write(join(train, "test_metrics.json"), 3000);
    assert.equal(found(), train);
  });
});

Deno.test("a run's folder: one that is not there", async () => {
  await assert.rejects(readRun("/nowhere/at/all"), /There is no folder .*deno task start/);
});

Deno.test("a run's songs are cleaned and split as in the notebooks; a table that changed since is noted", async () => {
  await withFolder(async (folder) => {
    const songs = inProject("data", "songs.csv");
    const record = testRecord();
    const options = { ...record.options, songs };
    await writeRecord(folder, { ...record, options, songsDigest: await digestOf(songs) });
    const { songs: summary, unread } = await readRun(folder);
    assert.deepEqual(unread, []);
    assert.equal(summary!.file, join("data", "songs.csv"));
    assert.equal(summary!.changed, false);
    assert.equal(summary!.cleaning.kept, summary!.songs.length);
    const { train, validation, test } = summary!.sizes;
    assert.equal(train + validation + test, summary!.songs.length);
    await writeRecord(folder, { ...record, options, songsDigest: "another" });
    assert.equal((await readRun(folder)).songs!.changed, true);
  });
});

Deno.test("record: machine and versions of here; a table that is not there has no digest", async () => {
  const { options, recipe } = testRecord();
  const record = await newRecord(options, recipe, 3, ["01_eda.ipynb"]);
  assert.equal(record.songsDigest, null);
  assert.match(record.versions["Deno"]!, /^\d+\.\d+\.\d+ /);
  assert.match(record.versions["패키지 · packages"]!, /@tensorflow\/tfjs 4\.\d+/);
  assert.ok(record.machine.cores >= 1);
});

Deno.test("paths: those of this machine are not shown", () => {
  assert.equal(shownPath("/home/someone/private/songs.csv"), "songs.csv");
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { GrowingFile } from "./growing_file.ts";
import { withFolder } from "./testing/folder.ts";

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("GrowingFile: work that was cut off goes on after what is known to be good; the whole file stands alone", () =>
  withFolder(async (folder) => {
    const path = join(folder, "새 줄.csv"), of = { songs: "a.csv" };
    {
      using file = await GrowingFile.open<number>(path, of);
      assert.equal(file.mark, null);
      await file.append("하나\n", 1);
      await file.append("둘\n", 2);
    }
    assert.deepEqual(namesIn(folder), ["새 줄.csv.part", "새 줄.csv.part.json"]);
    // half a row, which nobody has vouched for
    await Deno.writeTextFile(`${path}.part`, "세", { append: true });
    {
      using file = await GrowingFile.open<number>(path, of);
      assert.equal(file.mark, 2);
      await file.append("셋\n", 3);
      await file.finish();
    }
    assert.deepEqual(namesIn(folder), ["새 줄.csv"]);
    assert.equal(await Deno.readTextFile(path), "하나\n둘\n셋\n");
    using next = await GrowingFile.open<number>(path, of);
    assert.equal(next.mark, null, "what is whole is not continued");
    assert.equal(await Deno.readTextFile(path), "하나\n둘\n셋\n", "and stays until the next is whole");
  }));

Deno.test("GrowingFile: what belongs to something else, is shorter than it should be, or is not wanted, is started over", () =>
  withFolder(async (folder) => {
    const path = join(folder, "rows.csv");
    const leave = async () => {
      using file = await GrowingFile.open<number>(path, { of: "a" }, true);
      await file.append("1\n2\n", 2);
    };
    const markOf = async (identity: unknown, anew?: boolean) => {
      using file = await GrowingFile.open<number>(path, identity, anew);
      return file.mark;
    };
    await leave();
    assert.deepEqual(await GrowingFile.belongsTo(path), { of: "a" });
    assert.equal(await markOf({ of: "a" }), 2);
    assert.equal(await markOf({ of: "b" }), null);
    await leave();
    assert.equal(await markOf({ of: "a" }, true), null);
    await leave();
    await Deno.truncate(`${path}.part`, 3);
    assert.equal(await markOf({ of: "a" }), null);
    assert.equal(await GrowingFile.belongsTo(path), null);
    assert.deepEqual(namesIn(folder), [], "an empty beginning leaves nothing");
  }));

Deno.test("GrowingFile: one process writes at a time; what it is converted to is whole or not there", () =>
  withFolder(async (folder) => {
    const path = join(folder, "rows.txt");
    using file = await GrowingFile.open<number>(path, 1);
    await assert.rejects(
      GrowingFile.open(path, 1),
      /rows\.txt is being written by another process\. .*--output/,
    );
    await file.append("a", 1);
    await assert.rejects(file.finish(() => Promise.reject(new Error("no room"))), /no room/);
    assert.deepEqual(namesIn(folder), ["rows.txt.part", "rows.txt.part.json"]);
    await file.finish(async (from, to) =>
      Deno.writeTextFile(to, (await Deno.readTextFile(from)).toUpperCase())
    );
    assert.deepEqual(namesIn(folder), ["rows.txt"]);
    assert.equal(await Deno.readTextFile(path), "A");
  }));

Deno.test({
  name: "GrowingFile: a link stays a link, whether what it leads to is there or not",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      await Deno.mkdir(join(folder, "real"));
      const real = join(folder, "real", "rows.csv"), link = join(folder, "rows.csv");
      await Deno.symlink("real/rows.csv", link);
      for (const text of ["first\n", "second\n"]) {
        {
          using file = await GrowingFile.open<number>(link, text);
          await file.append(text, 1);
          assert.equal(await GrowingFile.belongsTo(link), text);
          assert.equal(await Deno.readTextFile(GrowingFile.unfinished(link)), text);
          assert.equal(
            GrowingFile.unfinished(link),
            `${join(await Deno.realPath(folder), "real", "rows.csv")}.part`,
          );
          await file.finish();
        }
        assert.equal(await Deno.readTextFile(real), text);
        assert.equal(await Deno.readLink(link), "real/rows.csv");
      }
      assert.deepEqual(namesIn(folder), ["real", "rows.csv"]);
    }),
});

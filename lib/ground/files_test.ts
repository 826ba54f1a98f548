import assert from "node:assert/strict";
import { join } from "node:path";
import { filesIn, isThere, readIfThere, readJson, writeJson, writeWhole } from "./files.ts";
import { withFolder } from "./testing/folder.ts";

Deno.test("writeWhole replaces a file, makes its folder, and leaves nothing beside it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "새 폴더", "a # b%.txt");
    await writeWhole(path, "one");
    await writeWhole(path, new TextEncoder().encode("two"));
    assert.equal(await Deno.readTextFile(path), "two");
    assert.deepEqual(await filesIn(folder), [join("새 폴더", "a # b%.txt")]);
  }));

Deno.test({
  name: "writeWhole: what cannot be written whole leaves the old file, and nothing beside it",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const path = join(folder, "metrics.json");
      await Deno.writeTextFile(path, "old");
      // the limit on a file's size stands for a full disk
      const script = `import { writeWhole } from ${JSON.stringify(new URL("files.ts", import.meta.url).href)};
        await writeWhole(${JSON.stringify(path)}, "x".repeat(3_000_000));`;
      const { success, stderr } = await new Deno.Command("sh", {
        args: [
          "-c",
          'trap "" XFSZ; ulimit -f 1000; exec "$0" eval --no-config "$1"',
          Deno.execPath(),
          script,
        ],
        env: { NO_COLOR: "1" },
      }).output();
      assert.equal(success, false);
      assert.match(
        new TextDecoder().decode(stderr),
        /Cannot write \S+\/metrics\.json: File too large \(os error 27\)\.\n/,
      );
      assert.equal(await Deno.readTextFile(path), "old");
      assert.deepEqual(await filesIn(folder), ["metrics.json"]);
    }),
});

Deno.test({
  name: "writeWhole: a link stays a link, a pipe is written to",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      await Deno.mkdir(join(folder, "real"));
      const [real, link] = [join(folder, "real", "a.txt"), join(folder, "a.txt")];
      await Deno.writeTextFile(real, "old");
      await Deno.symlink(real, link);
      await writeWhole(link, "new");
      assert.equal(await Deno.readTextFile(real), "new");
      assert.equal((await Deno.lstat(link)).isSymlink, true);
      // also where it leads to nothing yet, by way of another one
      const [later, next] = [join(folder, "later.txt"), join(folder, "real", "next.txt")];
      await Deno.symlink("new/b.txt", next);
      await Deno.symlink("real/next.txt", later);
      await writeWhole(later, "first");
      assert.equal(await Deno.readTextFile(join(folder, "real", "new", "b.txt")), "first");
      assert.equal(await Deno.readLink(later), "real/next.txt");
      const round = join(folder, "round");
      await Deno.symlink("round", round);
      await assert.rejects(writeWhole(round, "x"), {
        name: "UserError",
        message: /round is a link that leads in a circle/,
      });
      await writeWhole("/dev/null", "gone");
      assert.equal((await Deno.lstat("/dev/null")).isCharDevice, true);
    }),
});

Deno.test("readJson: null where there is none, the file's name where it is not JSON", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.json");
    assert.equal(await readJson(path), null);
    assert.equal(await readIfThere(path), null);
    await writeJson(path, { a: [1] });
    assert.deepEqual(await readJson(path), { a: [1] });
    await Deno.writeTextFile(path, "{");
    await assert.rejects(readJson(path), { name: "UserError", message: /a\.json is not valid JSON/ });
  }));

Deno.test("isThere: a path through a file is none", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await Deno.writeTextFile(path, "");
    assert.equal(await isThere(path), true);
    assert.equal(await isThere(join(path, "b")), false);
    assert.equal(await isThere(join(folder, "b")), false);
  }));

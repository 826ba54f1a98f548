import assert from "node:assert/strict";
import { join } from "node:path";
import { newestOf } from "./find_model.ts";
import { withFolder } from "../lib/ground/testing/folder.ts";

Deno.test("find model: the newest of the own ones, whole model or adapter; where there is none it is said how to make one", () =>
  withFolder(async (folder) => {
    const [first, second] = [join(folder, "train", "best"), join(folder, "run", "best")] as const;
    assert.throws(() => newestOf([first, second]), {
      name: "UserError",
      message:
        /There is no model yet in .*train\/best or .*run\/best: "deno task train" or "deno task start"/,
    });
    const write = async (path: string, day: number) => {
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeTextFile(path, "{}");
      await Deno.utime(path, new Date(2026, 1, day), new Date(2026, 1, day));
    };
    await write(join(first, "config.json"), 3);
    assert.equal(newestOf([first, second]).folder, first);
    await write(join(second, "adapter_config.json"), 4);
    const newest = newestOf([first, second]);
    assert.equal(newest.folder, second);
    assert.match(newest.more, /newer than .*train\/best/);
    await write(join(first, "config.json"), 5);
    assert.equal(newestOf([first, second]).folder, first);
  }));

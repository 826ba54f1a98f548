import assert from "node:assert/strict";
import { join } from "node:path";
import { nearPath } from "./near_path.ts";

Deno.test("nearPath: each part, or the nearest to it; nothing where a part has none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "outputs", "train", "best"), { recursive: true });
    await Deno.writeTextFile(join(folder, "노래 목록.csv"), "");
    const near = (...parts: string[]) => nearPath(join(folder, ...parts))?.slice(folder.length + 1);
    assert.equal(near("outptus", "trian", "best"), "outputs/train/best");
    assert.equal(near("outputs", "train", "bset/"), "outputs/train/best");
    assert.equal(near("노래 몰록.csv"), "노래 목록.csv");
    assert.equal(near("outputs", "zzz", "best"), undefined);
    assert.equal(near("노래 목록.csv", "best"), undefined);
    assert.equal(nearPath("zzzz-zzzz"), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

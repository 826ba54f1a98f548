import assert from "node:assert/strict";
import { join } from "node:path";
import { startFakeHub } from "../lib/models/testing/fake_hub.ts";
import { findModel, newestOf } from "./find_model.ts";
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
    assert.deepEqual(newest.older, [first]);
    await write(join(first, "config.json"), 5);
    assert.equal(newestOf([first, second]).folder, first);
  }));

Deno.test("find model: a download shows how far it is, and what is in the cache is not downloaded again", () =>
  withFolder(async (folder) => {
    const config = JSON.stringify({ model_type: "bert", vocab_size: 8 });
    const hub = startFakeHub({ "config.json": config, "model.safetensors": new Uint8Array(3e6) });
    const environment = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: folder };
    const before = Object.keys(environment).map((name) => [name, Deno.env.get(name)] as const);
    const shown: string[] = [], write = Deno.stderr.writeSync;
    Deno.stderr.writeSync = (bytes) => shown.push(new TextDecoder().decode(bytes)) && bytes.length;
    try {
      for (const [name, value] of Object.entries(environment)) Deno.env.set(name, value);
      // all its files are there before they are looked at
      const withoutTokenizer = /^UserError: --model: .* has no tokenizer/;
      await assert.rejects(findModel("owner/name", undefined), withoutTokenizer);
      assert.match(shown.join(""), /downloading the model.*3 MB/s);
      shown.length = 0;
      await assert.rejects(findModel("owner/name", undefined), withoutTokenizer);
      assert.deepEqual(shown, []);
    } finally {
      Deno.stderr.writeSync = write;
      for (const [name, value] of before) {
        value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
      }
      await hub.close();
    }
  }));

/** The example in the module's comment runs as it stands. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { messageOf } from "./testing/files.ts";
import { withFolder } from "../ground/testing/folder.ts";

Deno.test("the example of mod.ts runs, its loss falls, and what it saves opens", async () => {
  const source = await Deno.readTextFile(new URL("mod.ts", import.meta.url));
  const example = source.match(/```ts\n([\s\S]*?)```/)![1]!.replace(/^ \* ?/gm, "");
  await withFolder(async (folder) => {
    const checkpoint = new URL("testdata/parity/bert-classifier", import.meta.url).pathname;
    const code = example.replaceAll(
      /from "(\.[^"]+)"/g,
      (_, path) => `from "${new URL(path, import.meta.url)}"`,
    )
      .replace("@tensorflow/tfjs", import.meta.resolve("@tensorflow/tfjs"))
      .replace("path/to/checkpoint", checkpoint).replace("path/to/fine-tuned", join(folder, "fine-tuned"))
      .replace("2e-5", "1e-2").replaceAll("console.log", "globalThis.said.push");
    const said: unknown[] = [];
    (globalThis as unknown as { said: unknown[] }).said = said;
    const file = join(folder, "example.ts");
    await Deno.writeTextFile(file, code);
    await import(new URL(`file://${file}`).href);
    const losses = said.filter((_, i) =>
      typeof said[i - 1] === "number" && typeof said[i] === "number"
    ) as number[];
    assert.deepEqual(said.slice(0, 2), ["freshly drawn:", ["classifier.weight", "classifier.bias"]]);
    assert.ok(losses.at(-1)! < losses[1]!, losses.join(", "));
    const { loadCheckpoint } = await import("./mod.ts");
    assert.equal(
      await messageOf(() => loadCheckpoint(join(folder, "fine-tuned"))).catch(() => "opens"),
      "opens",
    );
  });
});

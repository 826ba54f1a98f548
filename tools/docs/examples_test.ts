import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { withFolder } from "../../lib/ground/testing/folder.ts";
import { inProject, root } from "../setup/paths.ts";
import { checkExamples, filesWithExamples } from "./testing/examples.ts";

Deno.test("examples: a wrong one is told with its place; what the file exports and what examples speak of is known", () =>
  withFolder(async (folder) => {
    const write = async (name: string, example: string) => {
      const path = join(folder, name);
      await Deno.writeTextFile(
        path,
        `/**\n * Doubles.\n *\n * @example\n * \`\`\`ts\n * ${example}\n * \`\`\`\n */\nexport const twice = (n: number) => 2 * n;\n`,
      );
      return path;
    };
    const good = await write("good.ts", "twice(songs.height) + classifier.labels.length;");
    const bad = await write("bad.ts", 'twice("songs");');
    const page = join(folder, "page.md");
    await Deno.writeTextFile(page, "```ts\nnowhere();\n```\n");
    const { success, output } = await checkExamples([good, bad, page]);
    assert.equal(success, false);
    assert.doesNotMatch(output, /good\.ts/);
    assert.match(output, /'string' is not assignable to parameter of type 'number'[^]*bad\.ts/);
    assert.match(output, /Cannot find name 'nowhere'[^]*page\.md/);
  }));

Deno.test("examples: every one in lib/ is a block, and so is checked", async () => {
  const files = await filesWithExamples();
  assert.ok(files.length > 80, `${files.length} files`);
  const folders = [inProject("lib")];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      if (isDirectory) folders.push(path);
      if (!name.endsWith(".ts")) continue;
      for (const [found, next] of Deno.readTextFileSync(path).matchAll(/@example\b.*\n(.*)/g)) {
        // a word for a field is no example
        if (/@example ["{]/.test(found)) continue;
        assert.match(next!, /^ *\* ```ts$/, `${relative(root, path)}: ${found}`);
      }
    }
  }
});

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import conventions from "./testing/conventions.ts";

const head = "/** What it is. */\n";

/** The names and messages of the rules that a file would break, were it at that place with that text. */
function broken(place: string, source: string): string[] {
  const path = fileURLToPath(new URL(`../${place}`, import.meta.url));
  return Deno.lint.runPlugin(conventions, path, source).map(({ id, message }) => `${id}: ${message}`);
}

const one = (place: string, source: string, expected: RegExp) => {
  const found = broken(place, source);
  assert.equal(found.length, 1, `${place}: ${found}`);
  assert.match(found[0]!, expected);
};

Deno.test("conventions: constants, private members, heads and links are written one way", () => {
  one("lib/songs/new.ts", `${head}const MOST = 3;`, /^house\/camel-case-constants: .*MOST/);
  one("tools/new.ts", `${head}export const SOME_TEXT = "";`, /camel-case-constants/);
  one(
    "lib/songs/new.ts",
    `${head}export class Reader { #lines = 0; }`,
    /^house\/private-members: .*private lines/,
  );
  one("lib/plots/new.ts", "export const a = 1;", /^house\/file-header/);
  const [first, second] = ["/** One. */\nexport const a = 1;\n", "/** Another. */\nexport const b = 2;\n"];
  one("lib/plots/new.ts", first + second, /^house\/file-header/);
  assert.deepEqual(broken("lib/plots/new.ts", first), [], "the comment of all there is");
  assert.deepEqual(broken("lib/plots/new.ts", `${head}\n${first}${second}`), []);
  one("lib/plots/new.ts", `/** A {@link${"code"} b}. */\nexport const a = 1;`, /^house\/doc-links/);
  assert.deepEqual(
    broken("lib/plots/new.ts", `${head}const C = 3, mostBars = 2;\nclass A { private x = C; }\n`),
    [],
  );
  assert.deepEqual(broken("lib/plots/new_test.ts", "export const a = 1;"), [], "a test says it by its name");
  assert.deepEqual(
    broken("notebooks/x.ts", "const MOST = 3;"),
    [],
    "notebooks have conventions of their own",
  );
});

Deno.test("conventions: a room is imported through its door, and by rooms below it alone", () => {
  one("lib/training/new.ts", `${head}import { a } from "../engine/raw.ts";`, /door, lib\/engine\/mod\.ts/);
  one("tools/new.ts", `${head}export * from "../lib/engine/raw.ts";`, /door, lib\/engine\/mod\.ts/);
  one("tools/new.ts", `${head}await import("../lib/plots/songs.ts");`, /door, lib\/plots\/mod\.ts/);
  one("lib/songs/new.ts", `${head}import { a } from "../training/mod.ts";`, /may not import lib\/training/);
  one("lib/engine/new.ts", `${head}import { a } from "../songs/mod.ts";`, /may not import lib\/songs/);
  one("lib/songs/new_test.ts", `import { a } from "../training/mod.ts";`, /may not import lib\/training/);
  one("lib/songs/new.ts", `${head}import { a } from "../../tools/paths.ts";`, /nothing of tools/);
  one("lib/garden/new.ts", `${head}import { a } from "../songs/mod.ts";`, /garden is not in/);
  one("lib/trials/new.ts", `${head}import { a } from "./testing/runner.ts";`, /for tests alone/);
  assert.deepEqual(broken("lib/training/new.ts", `${head}import { a } from "../engine/mod.ts";`), []);
  assert.deepEqual(broken("lib/models/new.ts", `${head}import { a } from "../ground/pure.ts";`), []);
  assert.deepEqual(
    broken("lib/trials/new_test.ts", `import { a } from "../evaluation/testing/fixtures.ts";`),
    [],
  );
});

Deno.test("conventions: imports go in no circle", () => {
  one(
    "lib/ground/errors.ts",
    `${head}import { readIfThere } from "./files.ts";`,
    /circle: lib\/ground\/errors\.ts → lib\/ground\/files\.ts → lib\/ground\/errors\.ts/,
  );
  assert.deepEqual(broken("lib/ground/new.ts", `${head}import { readIfThere } from "./files.ts";`), []);
});

Deno.test("conventions: no structured binding in C++, which Zig's compiler refuses where a loop of vectors in a lambda takes it", async () => {
  const folder = fileURLToPath(new URL("../lib/engine/native", import.meta.url));
  const binding = /\bauto\s*(?:const\s*)?&{0,2}\s*\[/;
  assert.match("    const auto& [own, at] = piece;", binding);
  for await (const { name } of Deno.readDir(folder)) {
    const lines = (await Deno.readTextFile(`${folder}/${name}`)).split("\n");
    assert.deepEqual(lines.filter((line) => binding.test(line)), [], name);
  }
});

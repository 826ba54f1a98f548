/** What the notebooks show is shown by VS Code, too: its built-in renderers have every output, and what it picks of each is worth seeing. */
import assert from "node:assert/strict";
import { basename } from "node:path";
import { bundleOf, html, markdown } from "./show.ts";
import { genreDistribution } from "../plots/mod.ts";
import { projectNotebooks } from "../../tools/notebooks/run.ts";

/**
 * The types of the built-in renderers, in the order in which one of several is picked (notebookCommon.ts of VS Code; the setting
 * `notebook.displayOrder` comes before it). A type that is not there needs an extension.
 */
const displayOrder = [
  "application/json",
  "application/javascript",
  "text/html",
  "image/svg+xml",
  "text/latex",
  "text/markdown",
  "image/png",
  "image/jpeg",
  "text/plain",
];

/** The type that VS Code picks. @throws AssertionError where it has no renderer for one */
function pickedOf(types: readonly string[], where: string): string {
  const unknown = types.filter((type) => !displayOrder.includes(type));
  assert.deepEqual(unknown, [], `${where}: VS Code shows ${unknown} only with an extension`);
  return displayOrder.find((type) => types.includes(type))!;
}

Deno.test("VS Code: every output of the notebooks has a built-in renderer, and a text for where nothing else is shown", () => {
  for (const path of projectNotebooks()) {
    const { cells } = JSON.parse(Deno.readTextFileSync(path)) as {
      cells: { outputs?: { output_type: string; data?: Record<string, string | string[]> }[] }[];
    };
    cells.forEach(({ outputs = [] }, i) => {
      for (const { output_type, data } of outputs) {
        const where = `${basename(path)}, cell ${i + 1}`;
        assert.ok(
          ["stream", "display_data", "execute_result"].includes(output_type),
          `${where}: ${output_type}`,
        );
        if (data === undefined) continue;
        const picked = pickedOf(Object.keys(data), where);
        assert.ok(!/^application/.test(picked), `${where}: data in place of something to look at`);
        assert.notEqual([data[picked]!].flat().join("").trim(), "", `${where}: ${picked} is empty`);
        assert.ok("text/plain" in data, `${where}: no text`);
      }
    });
  }
});

Deno.test("VS Code: figures, tables and texts as show makes them; a figure that cannot come alive is its picture", async () => {
  const figure = genreDistribution([{ genres: ["발라드"] }, { genres: ["댄스"] }]);
  const things = [figure, [{ 장르: "발라드" }], html("<b>12</b>"), markdown("**12**"), "12"];
  const bundles = await Promise.all(things.map((thing) => bundleOf(thing)));
  const types = bundles.map(({ bundle }) => Object.keys(bundle));
  assert.deepEqual(types.map((of, i) => pickedOf(of, `thing ${i}`)), [
    "text/html",
    "text/html",
    "text/html",
    "text/markdown",
    "text/plain",
  ]);
  // in a workspace that is not trusted scripts do not run: the picture stands in the HTML itself
  assert.match(bundles[0]!.bundle["text/html"]!, /<img [^>]*src="data:image\/png;base64,/);
});

import assert from "node:assert/strict";
import { slideTypeOf, withSlideTypes } from "./slide_types.ts";
import { notebookText, type TestCell } from "./testing/notebooks.ts";

const cell = (code: string, metadata = {}): TestCell => ({ code, count: 1, metadata });
const text = (markdown: string): TestCell => ({ markdown, metadata: {} });

const typesOf = (notebook: string) =>
  JSON.parse(notebook).cells.map(({ metadata }: { metadata: { slideshow: { slide_type: string } } }) =>
    metadata.slideshow.slide_type
  );

Deno.test("slide types: headings begin slides, further figures stand beneath, code that shows nothing is left out", () => {
  const notebook = notebookText([
    text("# 제목"),
    cell('import { show } from "./a.ts";\n36;'),
    text("## 장르\n\nHow many?"),
    cell("const bar = progressBar({ total: 3 });"),
    cell("await show(figure);"),
    cell("await show(table);"),
    text("Many."),
    cell("await train(songs, { callbacks: [trainingProgress()] });"),
  ]);
  assert.deepEqual(typesOf(withSlideTypes(notebook)), [
    "slide",
    "skip",
    "slide",
    "skip",
    "-",
    "subslide",
    "subslide",
    "-",
  ]);
});

Deno.test("slide types: an author's choice and other metadata stay; a second time changes nothing", () => {
  const chosen = { slideshow: { slide_type: "notes" } };
  const first = withSlideTypes(
    notebookText([text("# a"), cell("show(1);", { tags: ["x"] }), cell("show(2);", chosen)]),
  );
  assert.deepEqual(typesOf(first), ["slide", "-", "notes"]);
  assert.deepEqual(JSON.parse(first).cells[1].metadata, { slideshow: { slide_type: "-" }, tags: ["x"] });
  assert.equal(withSlideTypes(first), first);
});

Deno.test("slide types: a text that has them all is left to the byte; unknown names are none", () => {
  const whole = notebookText([{ markdown: "# a" }]).replaceAll("\n ", "\n   ");
  assert.equal(withSlideTypes(whole), whole);
  assert.equal(
    slideTypeOf({ cell_type: "code", source: "", metadata: { slideshow: { slide_type: "slides" } } }),
    undefined,
  );
});

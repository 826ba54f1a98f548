import assert from "node:assert/strict";
import { slideTypeOf, withSlideTypes } from "./slide_types.ts";
import { notebookText, type TestCell } from "./testing.ts";

const shown = (data: Record<string, unknown>) => ({ output_type: "display_data", data, metadata: {} });
const figure = shown({ "image/png": "iVBORw0K", "text/html": "<div></div>" });
const tableShown = shown({ "text/html": ["<table>", "</table>"] });
const bar = shown({ "text/html": '<div class="progress">분류</div>' });
const value = { output_type: "execute_result", data: { "text/plain": "36 songs" }, metadata: {} };
const cell = (outputs: unknown[], metadata = {}): TestCell => ({ code: "a();", count: 1, outputs, metadata });
const text = (markdown: string): TestCell => ({ markdown, metadata: {} });

const typesOf = (notebook: string) =>
  JSON.parse(notebook).cells.map(({ metadata }: { metadata: { slideshow: { slide_type: string } } }) =>
    metadata.slideshow.slide_type
  );

Deno.test("slide types: headings begin slides, further figures stand beneath, code without a result is left out", () => {
  const notebook = notebookText([
    text("# 제목"),
    cell([value]),
    text("## 장르\n\nHow many?"),
    cell([]),
    cell([bar]),
    cell([bar, figure]),
    cell([tableShown]),
    text("Many."),
    cell([figure]),
  ]);
  assert.deepEqual(typesOf(withSlideTypes(notebook)), [
    "slide",
    "skip",
    "slide",
    "skip",
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
    notebookText([text("# a"), cell([figure], { tags: ["x"] }), cell([figure], chosen)]),
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

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureSlides } from "../setup.ts";
import { makeSlides } from "./slides.ts";
import { findChromium, openBrowser } from "./testing/browser.ts";
import { notebookText } from "./testing/notebooks.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

const png = "iVBORw0KGgo=";
const figure = {
  output_type: "display_data",
  data: { "image/png": png, "text/html": "<script>live()</script>", "text/plain": "장르 분포" },
  metadata: { "image/png": { width: 900, height: 480, alt: '장르 분포: 발라드 "490" (31.5%)' } },
};
/** As a notebook of before has it. */
const untold = { ...figure, metadata: { "image/png": { width: 900, height: 480 } } };
const table = {
  output_type: "display_data",
  data: { "text/html": "<table><tr><td>95 % of all</td></tr></table>", "text/plain": "" },
  metadata: {},
};
const log = {
  output_type: "stream",
  name: "stdout",
  text: Array.from({ length: 40 }, (_, i) => `step ${i + 1} of 40\n`).join(""),
};
const bar = {
  output_type: "display_data",
  data: { "text/html": '<div class="progress">분류 12 songs</div>' },
  metadata: {},
};
const hostile = {
  output_type: "execute_result",
  execution_count: 3,
  data: { "text/plain": "<script>alert(1)</script>" },
  metadata: {},
};
const slide = (slide_type: string) => ({ slideshow: { slide_type } });

const notebook = notebookText([
  {
    markdown:
      "# 5 · 평가 <Evaluation>\n\n$$\\log P(\\text{genre}) + \\alpha$$\n\nIt costs $5 or $6; $x$ is a share of 5 %.",
    metadata: slide("slide"),
  },
  { code: 'import { setUpThings } from "./a.ts";', count: 1, metadata: slide("skip") },
  {
    code: 'import {\n  plots,\n} from "./b.ts";\n\nawait show(plots.genres(rows));',
    count: 2,
    outputs: [bar, figure, untold, table, log],
    metadata: slide("subslide"),
  },
  { code: "lyrics;", count: 3, outputs: [hostile], metadata: slide("-") },
  { markdown: "for the speaker only", metadata: slide("notes") },
]);

/** The pages of the notebook above: its own, and the index. */
async function pages(code: boolean): Promise<{ deck: string; index: string }> {
  let read = { deck: "", index: "" };
  await ensureSlides();
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "05_evaluation.ipynb"), notebook);
    const output = join(folder, "slides");
    const written = await makeSlides({ notebooks: [join(folder, "05_evaluation.ipynb")], output, code });
    assert.deepEqual(written, [join(output, "index.html"), join(output, "05_evaluation.html")]);
    read = { index: await Deno.readTextFile(written[0]!), deck: await Deno.readTextFile(written[1]!) };
  });
  return read;
}

Deno.test("slides: sections by slide type, pictures, MathML, no progress bars, the letters inside; nothing is fetched", async () => {
  const { deck, index } = await pages(true);
  const { JSDOM } = await import("jsdom");
  const { document } = new JSDOM(deck).window;
  const slides = document.querySelector(".slides");
  assert.equal(slides.children.length, 1);
  assert.equal(slides.children[0].children.length, 2);
  const [first, second] = [...slides.children[0].children];
  assert.match(first.textContent, /5 · 평가/);
  assert.equal(first.querySelectorAll("math").length, 2);
  assert.match(first.textContent, /It costs \$5 or \$6; x is a share of 5\u00a0%\./);
  assert.doesNotMatch(second.textContent, /import/);
  assert.match(second.textContent, /plots\.genres\(rows\)/);
  assert.match(second.textContent, /<script>alert\(1\)<\/script>/);
  assert.equal(second.querySelector("aside.notes").textContent.trim(), "for the speaker only");
  const image = second.querySelector("img");
  assert.equal(image.getAttribute("src"), `data:image/png;base64,${png}`);
  assert.equal(image.getAttribute("width"), "900");
  const alts = [...second.querySelectorAll("img")].map((image) => image.getAttribute("alt"));
  assert.deepEqual(alts, ['장르 분포: 발라드 "490" (31.5%)', "장르 분포"]);
  assert.match(second.textContent, /95\u00a0% of all/);
  // a log by its first and last lines
  assert.match(second.textContent, /step 3 of 40\s+… 31줄 · lines …\s+step 35 of 40/);
  assert.doesNotMatch(second.textContent, /step 20 of 40/);
  assert.doesNotMatch(slides.innerHTML, /setUpThings|12 songs|live\(\)/);
  assert.equal(slides.querySelectorAll("script").length, 0);
  for (const page of [deck, index]) {
    const { document } = new JSDOM(page).window;
    assert.equal(document.querySelectorAll("link, iframe, script[src]").length, 0);
    const sources = [...document.querySelectorAll("[src]")].map((element) => element.getAttribute("src"));
    assert.ok(sources.every((source) => source.startsWith("data:")));
    for (const style of document.querySelectorAll("style")) {
      assert.doesNotMatch(style.textContent, /@import|url\((?!["']?data:)/);
      assert.match(style.textContent, /@font-face/);
    }
  }
  assert.equal(
    new JSDOM(index).window.document.querySelector("a").getAttribute("href"),
    "05_evaluation.html",
  );
});

Deno.test("slides: without code, what it shows stays", async () => {
  const { deck } = await pages(false);
  assert.ok(!/plots\.genres|class="highlight/.test(deck));
  assert.ok(/<img[^>]* src="data:image\/png/.test(deck.replaceAll(/\s+/g, " ")));
});

Deno.test({
  name:
    "slides in a browser: letters are there before anything is measured; code is whole, or folded away where there is no room",
  ignore: findChromium() === null,
  fn: () =>
    withFolder(async (folder) => {
      await ensureSlides();
      const lines = (count: number) =>
        Array.from({ length: count }, (_, i) => `const line${i} = "가나다라마바사 ${i}";`).join("\n");
      const rows = Array.from({ length: 24 }, (_, i) => `<tr><td>줄 ${i}</td></tr>`).join("");
      const tall = { ...table, data: { "text/html": `<table>${rows}</table>`, "text/plain": "" } };
      const path = join(folder, "deck.ipynb");
      await Deno.writeTextFile(
        path,
        notebookText([
          { markdown: "# 제목", metadata: slide("slide") },
          { code: lines(12), count: 1, outputs: [table], metadata: slide("-") },
          { markdown: "## 가득 찬 장", metadata: slide("slide") },
          { code: lines(12), count: 2, outputs: [tall], metadata: slide("-") },
        ]),
      );
      const [, deck] = await makeSlides({ notebooks: [path], output: join(folder, "slides"), code: true });
      await using browser = await openBrowser({ width: 1280, height: 720 });
      const { page } = browser;
      await page.goto(pathToFileURL(deck!).href);
      await page.until("globalThis.Reveal?.isReady()");
      const faces = await page.evaluate<string[]>("[...document.fonts].map(({ status }) => status)");
      assert.ok(faces.length > 0 && faces.every((status) => status === "loaded"), faces.join(" "));
      const looked = await page.evaluate<{ cut: boolean; folded: boolean; fits: boolean }[]>(`
        [...document.querySelectorAll(".slides > section > section")].map((slide) => {
          slide.style.display = "block";
          const code = slide.querySelector(".highlight pre");
          const { maxHeight } = getComputedStyle(code);
          return {
            cut: maxHeight !== "none" || code.scrollHeight > code.clientHeight + 1,
            folded: code.closest("details:not([open])") !== null,
            fits: slide.scrollHeight <= 721,
          };
        })`);
      assert.deepEqual(looked, [
        { cut: false, folded: false, fits: true },
        { cut: false, folded: true, fits: true },
      ]);
    }),
});

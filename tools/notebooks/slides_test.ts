import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureSlides } from "../setup.ts";
import { makeSlides } from "./slides.ts";
import { findChromium, openBrowser } from "./testing/browser.ts";
import { notebookText } from "./testing/notebooks.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

const png = "iVBORw0KGgo=";
/** A picture that a browser can show. */
const onePixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
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
      "# 5 · 평가 <Evaluation>\n\n$$\\log P(\\text{genre}) + \\alpha$$\n\nIt costs $5 or $6; $x$ is a share of 5 % by kobert-small.",
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
  assert.match(first.textContent, /5\u00a0· 평가/);
  assert.equal(first.querySelectorAll("math").length, 2);
  assert.match(first.textContent, /It costs \$5 or \$6; x is a share of 5\u00a0% by kobert-small\./);
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
  assert.match(first.innerHTML, /<span[^>]*nowrap[^>]*>kobert-small<\/span>/);
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

/** A row's text for each number. */
const tableOf = (rows: number) => ({
  ...table,
  data: {
    "text/html": `<table><caption>곡이 많은 가수와 그 장르 · artists with the most songs</caption>${
      Array.from({ length: rows }, (_, i) => `<tr><td>줄 ${i}</td></tr>`).join("")
    }</table>`,
    "text/plain": "",
  },
});

/** What a page of the deck has, and whether all of it is seen. */
interface SeenPage {
  heading: string;
  code: "" | "whole" | "folded" | "cut";
  rows: number;
  /** Pixels of the table's caption, before zoom. */
  caption: number;
  zoom: number;
  fits: boolean;
}

/** Looks at every page of a deck, in a script of the page. */
const seenPages = `
  [...document.querySelectorAll(".slides > section > section")].map((slide, i) => {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    const code = slide.querySelector(".highlight pre"), content = slide.querySelector(".fitted");
    const cut = code !== null && code.scrollHeight > code.clientHeight + 1;
    return {
      heading: slide.querySelector("h1, h2")?.textContent ?? "",
      code: code === null ? "" : code.closest("details:not([open])") !== null ? "folded" : cut ? "cut" : "whole",
      rows: slide.querySelectorAll("tr").length,
      caption: slide.querySelector("caption")?.offsetHeight ?? 0,
      zoom: Number(content.style.zoom),
      fits: slide.scrollHeight <= 721 && slide.scrollWidth <= 1281,
    };
  })`;

Deno.test({
  name:
    "slides in a browser: letters are there before anything is measured; what does not fit is set smaller, goes to a page below, or has its code folded",
  ignore: findChromium() === null,
  fn: () =>
    withFolder(async (folder) => {
      await ensureSlides();
      const lines = (count: number) =>
        Array.from({ length: count }, (_, i) => `const line${i} = "가나다라마바사 ${i}";`).join("\n");
      const text = (count: number) =>
        Array.from({ length: count }, () => "가나다라 마바사. ".repeat(12)).join("\n\n");
      const small = {
        ...figure,
        data: { ...figure.data, "image/png": onePixel },
        metadata: { "image/png": { width: 400, height: 200, alt: "" } },
      };
      const large = { ...small, metadata: { "image/png": { width: 600, height: 520, alt: "" } } };
      const path = join(folder, "deck.ipynb");
      await Deno.writeTextFile(
        path,
        notebookText([
          { markdown: "# 제목", metadata: slide("slide") },
          { code: lines(12), count: 1, outputs: [table], metadata: slide("-") },
          { markdown: "## 조금 넘치는 장", metadata: slide("slide") },
          { code: lines(2), count: 2, outputs: [tableOf(16)], metadata: slide("-") },
          { markdown: `## 글이 긴 장\n\n${text(6)}`, metadata: slide("slide") },
          { code: lines(3), count: 3, outputs: [tableOf(6)], metadata: slide("-") },
          { code: lines(3), count: 4, outputs: [tableOf(12)], metadata: slide("-") },
          { markdown: "## 가득 찬 장", metadata: slide("slide") },
          { code: lines(12), count: 5, outputs: [tableOf(24)], metadata: slide("-") },
          { markdown: "## 작은 그림", metadata: slide("slide") },
          { code: lines(1), count: 6, outputs: [small], metadata: slide("-") },
          { markdown: "## 큰 그림", metadata: slide("slide") },
          { code: lines(1), count: 7, outputs: [large], metadata: slide("-") },
        ]),
      );
      const [, deck] = await makeSlides({ notebooks: [path], output: join(folder, "slides"), code: true });
      // says which letters were there when the first slide was measured
      const watch = `<script>
        const { add } = DOMTokenList.prototype;
        DOMTokenList.prototype.add = function (...names) {
          if (names.includes("measuring")) globalThis.lettersThen = [...document.fonts].map(({ status }) => status);
          return add.apply(this, names);
        };
      </script>`;
      await Deno.writeTextFile(deck!, (await Deno.readTextFile(deck!)).replace("<body>", `<body>${watch}`));
      await using browser = await openBrowser({ width: 1280, height: 720 });
      const { page } = browser;
      await page.goto(pathToFileURL(deck!).href);
      await page.until("globalThis.Reveal?.isReady()");
      const faces = await page.evaluate<string[]>("globalThis.lettersThen");
      assert.ok(faces.length > 1 && faces.every((status) => status === "loaded"), faces.join(" "));
      const pages = await page.evaluate<SeenPage[]>(seenPages);
      assert.deepEqual(pages.map(({ heading, code, rows, fits }) => [heading, code, rows, fits]), [
        ["제목", "whole", 1, true],
        ["조금 넘치는 장", "whole", 16, true],
        ["글이 긴 장", "", 0, true],
        ["글이 긴 장", "whole", 6, true],
        ["글이 긴 장", "whole", 12, true],
        ["가득 찬 장", "folded", 24, true],
        ["작은 그림", "whole", 0, true],
        ["큰 그림", "whole", 0, true],
      ]);
      assert.ok(pages.every(({ caption }) => caption < 40), "a narrow table's caption is one line");
      // nothing is smaller than it must be
      assert.equal(pages[0]!.zoom, 1);
      assert.ok(pages[1]!.zoom < 1 && pages[1]!.zoom >= 0.75, String(pages[1]!.zoom));
      assert.equal(pages[2]!.zoom, 1);
      const widths = await page.evaluate<number[]>(
        `[...document.querySelectorAll("img")].map((picture) => picture.width)`,
      );
      assert.ok(widths[0]! > 1.25 * 400, "a small picture takes the room that is left");
      assert.ok(widths[1]! < 1.3 * 600, "a large one no more than that");
      const { speaker, hash } = await page.evaluate<{ speaker: boolean; hash: boolean }>(
        `({ speaker: Reveal.hasPlugin("notes"), hash: Reveal.getConfig().hash })`,
      );
      assert.ok(speaker && hash);
    }),
});

/** Where lines end within words of the page's first paragraph, at many widths, in a script of the page. */
const endsWithinWords = `
  (() => {
    const paragraph = document.querySelector(".slides p"), range = document.createRange(), found = new Set();
    paragraph.closest(".fitted").style.zoom = 1;
    for (let width = 300; width < 900; width += 7) {
      paragraph.style.width = width + "px";
      const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
      let text = "", line = null;
      for (let node; (node = walker.nextNode());) {
        for (let i = 0; i < node.length; i++) {
          range.setStart(node, i);
          range.setEnd(node, i + 1);
          const box = [...range.getClientRects()].at(-1);
          if (/[ \\n]/.test(node.data[i])) line = null;
          else if (box !== undefined && box.width > 0) {
            if (line !== null && box.top > line + 12) found.add(text.slice(-6) + "|" + node.data.slice(i, i + 3));
            line = box.top;
          }
          text += node.data[i];
        }
      }
    }
    return [...found];
  })()`;

Deno.test({
  name: "slides in a browser: a line ends between words, not between a sign and its particle, at any width",
  ignore: findChromium() === null,
  fn: () =>
    withFolder(async (folder) => {
      await ensureSlides();
      const path = join(folder, "deck.ipynb");
      await Deno.writeTextFile(
        path,
        notebookText([{
          markdown:
            "정확도는 42.9%로 가장 높고 <b>74%</b>가 남아 80 %여야 (머리)는 [CLS]에서 ‘연구’라고 `f()`를 kobert-small은 " +
            "72%–85%의 p = 0.48, 0.77 [0.69, 0.83]은 69% – 83%로 질문·답과 macro-F1(0.5)을 12 : 5 인데",
          metadata: slide("slide"),
        }]),
      );
      const [, deck] = await makeSlides({ notebooks: [path], output: join(folder, "slides"), code: true });
      await using browser = await openBrowser({ width: 1280, height: 720 });
      await browser.page.goto(pathToFileURL(deck!).href);
      await browser.page.until("globalThis.Reveal?.isReady()");
      assert.deepEqual(await browser.page.evaluate<string[]>(endsWithinWords), []);
    }),
});

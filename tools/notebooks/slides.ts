/** Notebooks as slides: nbconvert's sections on a page of ours, with reveal.js and the letters inside, so that it opens without a network. */
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWhole } from "../../lib/ground/mod.ts";
import { escapeHtml, fontFaces, unbroken } from "../../lib/notebook/mod.ts";
import { htmlPage } from "../report/html.ts";
import { inVenv, program } from "../setup/paths.ts";
import { run } from "../setup/process.ts";
import { withSlideTypes } from "./slide_types.ts";
import { slideStyle } from "./slide_style.ts";

export interface SlidesOptions {
  /** Executed notebooks. */
  notebooks: readonly string[];
  /** The folder of the slides: one page a notebook under its name, and `index.html`. */
  output: string;
  /** Whether cells show their code above what it shows. */
  code: boolean;
  /** The Python environment that has nbconvert; the project's own by default. */
  venv?: string;
}

/**
 * Writes slides of notebooks. Figures are pictures; cells are laid out by their slide types, and by the rule of
 * {@link withSlideTypes} where they have none.
 *
 * @returns the pages' paths, the index first
 * @throws ProgramError with nbconvert's reason.
 */
export async function makeSlides(
  { notebooks, output, code, venv = inVenv() }: SlidesOptions,
): Promise<string[]> {
  await Deno.mkdir(output, { recursive: true });
  const folder = await Deno.makeTempDir();
  let decks: string[];
  try {
    const typed = notebooks.map((path) => join(folder, basename(path)));
    notebooks.forEach((path, i) =>
      Deno.writeTextFileSync(typed[i]!, withSlideTypes(Deno.readTextFileSync(path)))
    );
    const script = fileURLToPath(new URL("slides.py", import.meta.url));
    decks = JSON.parse(
      await run(program(venv, "python"), [script, JSON.stringify({ notebooks: typed, code })]),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const parts = notebooks.map((path, i) => {
    const name = basename(path, ".ipynb");
    const heading = decks[i]!.match(/<h1[^>]*>(.*?)<\/h1>/s)?.[1]?.replaceAll(/<[^>]*>/g, "").trim();
    return { file: `${name}.html`, title: heading ?? escapeHtml(name), sections: decks[i]! };
  });
  for (const { file, title, sections } of parts) {
    await writeWhole(join(output, file), await slidesPage(title, unbroken(sections)));
  }
  const links = parts.map(({ file, title }) => `<li><a href="${encodeURIComponent(file)}">${title}</a></li>`);
  const contents = "노래 가사로 장르 맞히기 · A Korean song's genre from its lyrics";
  await writeWhole(
    join(output, "index.html"),
    await page(
      contents,
      `<div class="contents"><h1>${contents}</h1><ol>${links.join("\n")}</ol>
<p>→ 다음 · next, ↓ 아래 · below, Esc 한눈에 · overview, S 발표자 화면 · speaker's view, ?print-pdf 인쇄 · to print</p></div>`,
      "",
    ),
  );
  return [join(output, "index.html"), ...parts.map(({ file }) => join(output, file))];
}

/** Where the files of npm's reveal.js are. */
const reveal = (path: string): string => createRequire(import.meta.url).resolve(`reveal.js/${path}`);

/** One notebook's page. */
async function slidesPage(title: string, sections: string): Promise<string> {
  const [script, notes, ...css] = await Promise.all(
    ["dist/reveal.js", "plugin/notes/notes.js", "dist/reset.css", "dist/reveal.css"].map((path) =>
      Deno.readTextFile(reveal(path))
    ),
  );
  return await page(
    title,
    `<div class="reveal"><div class="slides">\n${sections}\n</div></div>
${[script!, notes!, startScript].map((code) => `<script>${code}</script>`).join("\n")}`,
    css.join("\n"),
  );
}

async function page(title: string, body: string, css: string): Promise<string> {
  return htmlPage(title, `${await fontFaces(title + body)}\n${css}\n${slideStyle}`, body);
}

/**
 * Fits every slide to its page, then starts reveal.js. What is too high is set a little smaller. Beyond that what a text announces gets a page
 * of its own below it, cell by cell, under the same heading; a cell that is too high alone has its code folded away behind a line that opens
 * it, is set smaller still, and beyond that scrolls.
 */
const startScript = `
addEventListener("load", async () => {
  // Other letters have other widths. They are asked for by name, since slides that are not shown ask for none, and waited for.
  await Promise.allSettled([...document.fonts].map((face) => face.load()));
  await document.fonts.ready;
  const [width, height] = [1280, 720];

  function fits(slide, least) {
    for (let zoom = 1; zoom >= least; zoom -= 0.05) {
      slide.firstElementChild.style.zoom = zoom;
      if (slide.scrollHeight <= height) return true;
    }
    return false;
  }

  // pictures take what room is left
  function enlarge(slide) {
    const pictures = [...slide.querySelectorAll("img")];
    for (let scale = 1.3; scale > 1 && pictures.length > 0; scale -= 0.05) {
      for (const picture of pictures) picture.style.width = scale * picture.width + "px";
      if (slide.scrollHeight <= height) return;
      for (const picture of pictures) picture.style.width = "";
    }
  }

  function foldCode(slide) {
    for (const code of slide.querySelectorAll(".jp-InputArea .highlight")) {
      const folded = document.createElement("details"), name = document.createElement("summary");
      name.textContent = "코드 · code";
      code.replaceWith(folded);
      folded.append(name, code);
    }
  }

  // a slide's content in one element, which can be zoomed
  function wrapped(slide, nodes) {
    const content = document.createElement("div");
    content.className = "fitted";
    content.append(...nodes);
    slide.append(content);
  }

  function fit(slide) {
    if (fits(slide, 0.75)) return enlarge(slide);
    const content = slide.firstElementChild, cells = [...content.querySelectorAll(".jp-Cell")];
    const first = cells.findIndex((cell) => cell.classList.contains("jp-CodeCell"));
    // the text stays; where there is none but a heading, the first cell
    const title = content.querySelector("h1, h2, h3");
    const text = cells.slice(0, first).map((cell) => cell.textContent).join("").trim();
    const announced = text !== "" && text !== title?.textContent.trim();
    const moved = first < 0 ? [] : cells.slice(announced ? first : first + 1);
    if (moved.length > 0) {
      const below = document.createElement("section");
      const heading = title?.cloneNode(true);
      wrapped(below, heading === undefined ? moved : [heading, ...moved]);
      slide.after(below);
      fit(slide);
      return fit(below);
    }
    content.classList.add("crowded");
    foldCode(slide);
    fits(slide, 0.5);
  }

  document.body.classList.add("measuring");
  for (const slide of document.querySelectorAll(".slides > section > section")) {
    wrapped(slide, [...slide.childNodes]);
    fit(slide);
  }
  document.body.classList.remove("measuring");
  Reveal.initialize({
    width, height, margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true, slideNumber: "c/t",
    transition: "none", controlsTutorial: false, pdfSeparateFragments: false, plugins: [RevealNotes],
  });
});
`;

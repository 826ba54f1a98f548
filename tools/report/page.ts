/** The report: what a run left, as one page that needs nothing else. */
import { fontFaces, unbroken } from "../../lib/notebook/mod.ts";
import type { ReportData } from "./data.ts";
import { type Draw, drawSharp, type Picture, picturesBy } from "./figures.ts";
import { captioned, Html, htmlPage, markup } from "./html.ts";
import { closerLook, verdicts } from "./evaluation.ts";
import * as ideas from "./ideas.ts";
import * as sections from "./sections.ts";
import { stateNote, unfinishedOf, whyMissing } from "./state.ts";
import { reportStyle } from "./style.ts";

interface Section {
  id: string;
  title: string;
  /** What the run must have left. */
  needs: string;
  /** How the name of the notebook begins that leaves it; `null` where none does. */
  notebook: string | null;
  make: (data: ReportData, picture: Picture) => Html | null | Promise<Html | null>;
}

const reportSections: readonly Section[] = [
  {
    id: "summary",
    title: "요약 · Summary",
    needs: "test_metrics.json",
    notebook: "05",
    make: sections.summary,
  },
  {
    id: "songs",
    title: "노래 · The songs",
    needs: "run.json, and the table of songs that it names: deno task start",
    notebook: null,
    make: sections.theSongs,
  },
  {
    id: "search",
    title: "모델 탐색 · Model search",
    needs: "model_search.json",
    notebook: "03",
    make: ideas.modelSearch,
  },
  {
    id: "training",
    title: "학습 · Training",
    needs: "history.jsonl",
    notebook: "04",
    make: sections.training,
  },
  {
    id: "evaluation",
    title: "평가 · Evaluation",
    needs: "test_metrics.json",
    notebook: "05",
    make: verdicts,
  },
  {
    id: "look",
    title: "자세히 보기 · A closer look",
    needs: "evaluation.json",
    notebook: "05",
    make: closerLook,
  },
  {
    id: "artist",
    title: "가수 · The artist",
    needs: "artist.json",
    notebook: "06",
    make: ideas.artist,
  },
  {
    id: "columns",
    title: "모든 열 · All columns",
    needs: "columns.json",
    notebook: "07",
    make: ideas.columns,
  },
  {
    id: "multilabel",
    title: "여러 장르 · Several genres",
    needs: "multilabel.json",
    notebook: "08",
    make: ideas.multilabel,
  },
  {
    id: "qa",
    title: "질문과 답 · Question and answer",
    needs: "qa_metrics.json",
    notebook: "09",
    make: ideas.questions,
  },
  {
    id: "run",
    title: "실행 · The run",
    needs: "run.json: deno task start",
    notebook: null,
    make: sections.theRun,
  },
];

/**
 * The page of a run. Sections whose files the run did not leave say so; one that cannot be made of its file says why.
 *
 * @param draw makes the pictures of the figures
 * @returns HTML that fetches nothing: figures and letters are inside, and there is no script
 */
export async function reportHtml(data: ReportData, draw: Draw = drawSharp): Promise<string> {
  const picture = picturesBy(draw);
  const made: { section: Section; body: Html; missing: boolean }[] = [];
  for (const section of reportSections) made.push({ section, ...await bodyOf(section, data, picture) });
  const title = "노래 가사로 장르 맞히기 · A Korean song's genre from its lyrics";
  const page = markup`<header>
<h1>${title}</h1>
<p>실행 보고서 · Report of a run${
    data.record && ` · ${data.record.options.model}, ${data.record.options.recipe}`
  } · ${data.made.toISOString().slice(0, 10)}${
    unfinishedOf(data.record) && markup` · <a href="#unfinished">끝나지 않음 · not finished</a>`
  }</p>
</header>
<div class="body">
<nav aria-label="차례 · Contents"><ol>
${
    made.map(({ section, missing }) =>
      markup`<li${new Html(
        missing ? ' class="missing"' : "",
      )}><a href="#${section.id}">${section.title}</a></li>`
    )
  }
</ol></nav>
<main>
${stateNote(data, made.filter(({ missing }) => missing).map(({ section }) => section.title))}
${
    data.unread.map(({ file, problem }) =>
      markup`<p class="missing-note"><code>${file}</code> 읽을 수 없습니다 · cannot be read: ${problem}</p>`
    )
  }
${
    made.map(({ section, body }) =>
      markup`<section id="${section.id}"><h2>${section.title}</h2>\n${body}</section>`
    )
  }
</main>
</div>`;
  const body = captioned(unbroken(page.code));
  // The pictures' base64 is in the page's text, too, but its letters are few.
  const faces = await fontFaces(title + body);
  return htmlPage(
    `실행 보고서 · ${title}`,
    `${faces}\n${reportStyle}`,
    `<div class="page">\n${body}\n</div>`,
  );
}

async function bodyOf(
  { make, needs, notebook }: Section,
  data: ReportData,
  picture: Picture,
): Promise<{ body: Html; missing: boolean }> {
  let why: string;
  try {
    const body = await make(data, picture);
    if (body !== null) return { body, missing: false };
    why = `${whyMissing(data.record, notebook)} (${needs}).`;
  } catch (error) {
    why = `보여 줄 수 없습니다 · This cannot be shown (${needs}): ` +
      `${error instanceof Error ? error.message : error}`;
  }
  return { body: markup`<p class="missing-note">${why}</p>`, missing: true };
}

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { withFolder } from "../../lib/ground/testing/folder.ts";
import { broken } from "../../lib/notebook/mod.ts";
import { findChromium, openBrowser } from "../notebooks/testing/browser.ts";
import { reportHtml } from "./page.ts";
import { nothing, testData } from "./testing/run.ts";

/** The page as a browser reads it. */
async function parsed(page: string) {
  const { JSDOM } = await import("jsdom");
  return new JSDOM(page).window.document;
}

let made: Promise<string> | undefined;
/** The page of a whole run, made once. */
const wholePage = () => made ??= reportHtml(testData());

/** For tests that look at the text alone. */
const undrawn = () => Promise.resolve(new Uint8Array([1]));

const hostileText = `<img src=x onerror=alert(1)></script></style>"'\`&amp;{{7*7}}`;

Deno.test("report: every section of a whole run, with its numbers", async () => {
  const page = await wholePage();
  const document = await parsed(page);
  const section = (id: string) => broken(document.getElementById(id).textContent).replaceAll(/\s+/g, " ");
  assert.equal(document.querySelectorAll(".missing").length, 0);
  // 15 of 30 songs by the model, 24 by the baseline
  const headline =
    /kobert-small은 테스트 곡 30곡 중 15곡\(50\.0%, .* 가장 나은 기준 모델인 TF-IDF\(80\.0%\)보다 30\.0점 낮습니다\./;
  for (const id of ["summary", "evaluation"]) assert.match(section(id), headline);
  assert.match(
    section("summary"),
    /30\.0 points below the best baseline, TF-IDF \(80\.0%\), more than chance \(p = 0\.004\)/,
  );
  assert.match(section("songs"), /읽은 곡 · songs read32/);
  assert.match(section("songs"), /no lyrics 2/);
  assert.match(section("training"), /끝까지 실행 · ran to its end, 2스텝 · steps, 1분 5초 · 1 min 5 s/);
  assert.match(section("training"), /learningRate 0\.0003 0\.00002/);
  assert.match(section("evaluation"), /0\.800 \[0\.\d{3}, 0\.\d{3}\]/);
  assert.match(section("evaluation"), /TF-IDF 가사 전체 · whole lyrics 0\.800 \[/);
  assert.match(section("evaluation"), /kobert-small 토큰의 46% · of tokens 0\.500 \[/);
  assert.match(section("evaluation"), /kobert-small reads 46% of the lyrics, the n-grams all of them\./);
  assert.match(section("search"), /tfidf 신경망 아님 · no network 0\.750 \[0\.600, 0\.900\]/);
  assert.match(section("search"), /tfidf roberta \+6\.0 9 : 3 0\.012 0\.025 예 · yes/);
  assert.match(section("look"), /with the temperature 1\.75 0\.700 0\.900 0\.050 1\.500/);
  assert.match(section("look"), /노래 1 · 가수 1 발라드 \(1\.5%\) → 댄스 \(87\.5%\) 밤하늘의 별 \/ 다시/);
  assert.match(section("columns"), /모든 열 − 가수 0\.675 0\.600 0\.100 \+12\.5 \[\+5\.0, \+20\.0\]/);
  assert.match(section("artist"), /가수별 분할 · split by artist: kobert-small/);
  assert.match(
    section("artist"),
    /×2\.50 \(맞춘 규칙 · rule, fitted\)\. 규칙 그대로 낮춘 로짓 · lowered by the rule as it was: 12 \/ 20\./,
  );
  assert.match(
    section("multilabel"),
    /sigmoid 0\.750 \[0\.600, 0\.900\] 0\.550 0\.600 0\.650 \[0\.500, 0\.800\] 0\.700 0\.600 0\.650 \[0\.500, 0\.800\] 1\.25 –/,
  );
  assert.match(section("qa"), /TF-IDF 0\.800 \[0\.\d{3}, 0\.\d{3}\]/);
  assert.match(section("run"), /seed7/);
  assert.match(section("run"), /합계 · in all 72\.3/);
  for (const table of document.querySelectorAll("table")) {
    assert.ok(table.querySelector("caption").textContent.length > 2);
    for (const head of table.querySelectorAll("thead th")) assert.equal(head.getAttribute("scope"), "col");
  }
  for (const image of document.querySelectorAll("img")) {
    assert.match(image.getAttribute("alt"), / · .*[:.] /, "a picture tells its facts");
  }
  // Korean first, the English below it
  for (const english of document.querySelectorAll("small[lang=en]")) {
    const before = english.parentElement.textContent.split(english.textContent)[0] ||
      english.parentElement.previousElementSibling.textContent;
    assert.match(before, /[가-힣]/, english.textContent);
  }
  assert.doesNotMatch(document.body.textContent, /\d %/, "a share and its sign stay in one line");
  const links = [...document.querySelectorAll("nav a")].map((link) => link.getAttribute("href").slice(1));
  assert.deepEqual(links, [...document.querySelectorAll("main section")].map(({ id }) => id));
});

Deno.test("report: the page fetches nothing, runs nothing, and is small", async () => {
  const page = await wholePage();
  const document = await parsed(page);
  assert.equal(document.querySelectorAll("script, link, iframe, object, embed, base").length, 0);
  const sources = [...document.querySelectorAll("[src], [href], [srcset], [action], [poster]")]
    .map((element) => element.getAttribute("src") ?? element.getAttribute("href"));
  assert.ok(sources.length > 10);
  for (const source of sources) assert.match(source, /^(#[a-z-]+$|data:image\/png;base64,iVBOR)/);
  for (const [, url] of page.matchAll(/url\(([^)]{0,20})/g)) assert.match(url!, /^data:font\/ttf;base64/);
  assert.doesNotMatch(page, /@import|https?:\/\//);
  assert.ok(page.length < 5_000_000, `${page.length} bytes`);
  // Letters of the page are in it.
  assert.match(page, /@font-face/);
});

Deno.test("report: texts from the songs are texts, wherever they stand", async () => {
  const page = await reportHtml(testData((text) => `${text} ${hostileText}`), undrawn);
  const document = await parsed(page);
  const images = [...document.querySelectorAll("img")];
  assert.ok(images.every((image) => image.getAttribute("src").startsWith("data:image/png;base64,")));
  const attributes = [...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames());
  assert.deepEqual(attributes.filter((name) => name.startsWith("on")), []);
  assert.equal(document.querySelectorAll("script, .missing").length, 0);
  assert.equal(document.querySelectorAll("style").length, 1);
  for (
    const id of [
      "songs",
      "search",
      "evaluation",
      "look",
      "artist",
      "columns",
      "multilabel",
      "qa",
      "summary",
      "run",
    ]
  ) {
    assert.ok(document.getElementById(id).textContent.includes(hostileText), `${id} shows the name as it is`);
  }
});

Deno.test("report: what the run did not leave is said to be missing, in its section and in the contents", async () => {
  const document = await parsed(
    await reportHtml({ ...nothing, unread: [{ file: "metrics.json", problem: "<b>" }] }),
  );
  const sections = [...document.querySelectorAll("main section")];
  assert.ok(sections.length >= 5);
  for (const section of sections) assert.match(section.textContent, /This run did not leave it/);
  assert.equal(document.querySelectorAll("nav .missing").length, sections.length);
  assert.match(
    broken(document.querySelector("main").textContent),
    /metrics\.json 읽을 수 없습니다 · cannot be read: <b>/,
  );
});

Deno.test("report: a run that ended early says so at the top, and each missing section why", async () => {
  const whole = testData();
  const planned = [
    "03_model_search.ipynb",
    "04_fine_tuning.ipynb",
    "05_evaluation.ipynb",
    "06_artist.ipynb",
  ];
  const record = {
    ...whole.record!,
    planned,
    notebooks: [
      { name: planned[0]!, seconds: 3, done: true },
      { name: planned[1]!, seconds: 2, done: true },
      {
        name: planned[2]!,
        seconds: 1,
        done: false,
        stopped: { cell: 19, name: "RangeError", message: "all 8 <examples> are one\n at x" },
      },
    ],
  };
  const early = { evaluation: null, artist: null, columns: null, multilabel: null, qa: null };
  const document = await parsed(await reportHtml({ ...whole, ...early, record }, undrawn));
  const text = (id: string) => broken(document.getElementById(id).textContent).replaceAll(/\s+/g, " ");
  assert.match(document.querySelector("header").textContent, /not finished/);
  assert.match(
    text("unfinished"),
    /05_evaluation\.ipynb failed in cell 19: RangeError: all 8 <examples> are one\. /,
  );
  assert.match(text("unfinished"), /did not run: 06_artist\.ipynb\./);
  assert.match(
    text("unfinished"),
    /without: 자세히 보기 · A closer look; 가수 · The artist; .*Question and answer\./,
  );
  assert.match(text("look"), /05_evaluation\.ipynb failed in cell 19: .*\(evaluation\.json\)/);
  assert.match(
    text("artist"),
    /06_artist\.ipynb did not run, for 05_evaluation\.ipynb failed in cell 19/,
  );
  assert.match(text("summary"), /2 of 4 notebooks done/);
  assert.match(text("run"), /05_evaluation\.ipynb, 끝나지 않음 · not finished/);
  assert.match(text("evaluation"), /TF-IDF/, "what is there is shown");

  const stopped = [record.notebooks[0]!, {
    ...record.notebooks[1]!,
    done: false,
    stopped: { cell: 8, name: "Interrupted", message: "" },
  }];
  const halted = await parsed(
    await reportHtml({ ...whole, record: { ...record, notebooks: stopped } }, undrawn),
  );
  assert.match(
    halted.getElementById("unfinished").textContent,
    /04_fine_tuning\.ipynb was stopped in cell 8\./,
  );
  const finished = await parsed(await reportHtml(whole, undrawn));
  assert.equal(finished.getElementById("unfinished"), null);
  assert.doesNotMatch(finished.querySelector("header").textContent, /not finished/);
});

Deno.test("report: a section that cannot be made says why; the others stand", async () => {
  const data = testData();
  const document = await parsed(
    await reportHtml({ ...data, history: [{ ...data.history![0]!, loss: NaN } as never] }, undrawn),
  );
  assert.match(
    document.getElementById("training").textContent,
    /cannot be shown .*the loss of step 1 is NaN/,
  );
  assert.match(document.getElementById("evaluation").textContent, /TF-IDF/);
});

Deno.test({
  name: "report on a phone: nothing but tables and figures is wider than the screen, and those move sideways",
  ignore: findChromium() === null,
  fn: () =>
    withFolder(async (folder) => {
      const path = join(folder, "report.html");
      await Deno.writeTextFile(path, await wholePage());
      await using browser = await openBrowser({ width: 390, height: 844 });
      const { page } = browser;
      await page.goto(pathToFileURL(path).href);
      const seen = await page.evaluate<{ page: number; values: number; pictures: number[]; loose: string[] }>(
        `({
        page: document.documentElement.scrollWidth,
        values: Math.min(...[...document.querySelectorAll("dd")].map((value) => value.clientWidth)),
        pictures: [...document.querySelectorAll("figure img")].map((picture) => picture.width),
        // what sticks out of the screen and of nothing that moves
        loose: [...document.querySelectorAll("main *")].filter((element) =>
          element.getBoundingClientRect().right > innerWidth + 1 && element.closest(".table, figure") === null
        ).map(({ outerHTML }) => outerHTML.slice(0, 80)),
      })`,
      );
      assert.ok(seen.page <= 390, `the page is ${seen.page} wide`);
      assert.deepEqual(seen.loose, []);
      assert.ok(seen.values > 300, `a value has ${seen.values} pixels`);
      assert.ok(
        seen.pictures.length > 5 && seen.pictures.every((width) => width >= 600),
        String(seen.pictures),
      );
    }),
});

/** JupyterLab as a person has it, in a headless Chromium: own songs through `deno task lab`, a cell after a restart. */
import assert from "node:assert/strict";
import { basename, join, relative } from "node:path";
import { stringify } from "@std/csv";
import { processEnvironment } from "../environment.ts";
import { findChromium, openBrowser, type Page } from "../notebooks/testing/browser.ts";
import { projectNotebooks } from "../notebooks/run.ts";
import { inProject, remove } from "../setup/paths.ts";

/** Where the notebooks' copies, the songs and the pictures are: inside the project, and no file of its own is changed. */
const folder = inProject("outputs", "test", "lab");

/** A table of songs of two genres. */
async function writeSongs(path: string): Promise<void> {
  const rows = Array.from({ length: 120 }, (_, i) => ({
    song_name: `노래 ${i}`,
    artist: `가수 ${i % 9}`,
    genre: i % 2 === 0 ? "발라드" : "댄스",
    lyrics: i % 2 === 0 ? `눈물이 흐르는 이별의 밤 ${i}` : `신나게 춤을 추자 흔들어 ${i}`,
  }));
  await Deno.writeTextFile(path, stringify(rows, { columns: Object.keys(rows[0]!) }));
}

/** JupyterLab by the command, and its address with its token. */
async function startLab(...args: string[]): Promise<{ url: string; token: string } & AsyncDisposable> {
  const token = crypto.randomUUID();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", inProject("tools", "commands", "lab.ts"), ...args, "--no-browser", "--"],
      ...[`--IdentityProvider.token=${token}`, "--LabApp.expose_app_in_browser=True"],
    ],
    cwd: inProject(),
    env: processEnvironment(),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "", ended = false;
  child.status.then(() => ended = true);
  const reading = [child.stdout, child.stderr].map(async (stream) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) said += text;
  });
  const lab = {
    token,
    url: "",
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill("SIGTERM");
      await child.status;
      await Promise.all(reading);
    },
  };
  for (const end = performance.now() + 120_000; performance.now() < end && !ended;) {
    const found = said.match(/http:\/\/127\.0\.0\.1:\d+\/lab/)?.[0];
    if (found !== undefined) return { ...lab, url: found };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await lab[Symbol.asyncDispose]();
  throw new Error(`JupyterLab did not start:\n${said}`);
}

/** The notebook that is open, in the page. */
const panel = '[...jupyterapp.shell.widgets("main")][0]';
const kernel = `${panel}.context.sessionContext.session.kernel`;

async function openNotebook(page: Page, { url, token }: { url: string; token: string }, path: string) {
  await page.goto(`${url}/tree/${path}?reset&token=${token}`);
  await page.until(`document.querySelector(".jp-Notebook .jp-Cell") && ${kernel}?.status === "idle"`, 300);
}

const runCommand = (page: Page, name: string) =>
  page.evaluate(`(jupyterapp.shell.activateById(${panel}.id), jupyterapp.commands.execute("${name}"), 1)`);

/** What stands below the code cells. */
const outputsOf = (page: Page) =>
  page.evaluate<string[]>(
    `${panel}.content.widgets.filter(({ model }) => model.type === "code")` +
      ".map(({ model }) => JSON.stringify(model.outputs.toJSON()))",
  );

/** What is wrong with the live figures that the page shows: their buttons lie on a title or a legend, or send the figure somewhere. */
async function liveFigures(page: Page): Promise<string[]> {
  await page.evaluate(`document.querySelector(".jp-RenderedHTML img").scrollIntoView()`);
  await page.until(`document.querySelector(".js-plotly-plot .modebar")`);
  return await page.evaluate(`
    [...document.querySelectorAll(".js-plotly-plot")].flatMap((figure) => {
      const { right, left, top, bottom } = figure.querySelector(".modebar").getBoundingClientRect();
      const under = [...figure.querySelectorAll(".gtitle, .legend")].filter((element) => {
        const box = element.getBoundingClientRect();
        return box.left < right && left < box.right && box.top < bottom && top < box.bottom;
      }).map((element) => "under the buttons: " + element.textContent);
      const titles = [...figure.querySelectorAll(".modebar-btn")].map((button) => button.dataset.title);
      return [...under, ...titles.filter((title) => !title || /share|chart studio|send/i.test(title))];
    })`);
}

Deno.test({
  name:
    `lab: each notebook opens as it was committed, all of its figures and tables seen, none wider than its place${
      findChromium() === null ? " (skipped: there is no Chromium here; on Debian: apt install chromium)" : ""
    }`,
  ignore: findChromium() === null,
  async fn() {
    await Deno.mkdir(folder, { recursive: true });
    await using lab = await startLab("--output", join(folder, "none"));
    // as high as a notebook, since JupyterLab draws only what is seen
    await using browser = await openBrowser({ width: 1280, height: 7000 });
    const { page } = browser;
    for (const path of projectNotebooks()) {
      const { cells } = JSON.parse(await Deno.readTextFile(path)) as {
        cells: { outputs?: { data?: Record<string, unknown> }[] }[];
      };
      const shown = cells.flatMap(({ outputs = [] }) => outputs.map(({ data = {} }) => data));
      const pictures = shown.filter((data) => "image/png" in data).length;
      const tables = shown.filter((data) => String(data["text/html"] ?? "").startsWith("<table")).length;
      await openNotebook(page, lab, relative(inProject(), path));
      await page.evaluate("(jupyterapp.shell.collapseLeft(), 1)");
      const count = (what: string) =>
        `document.querySelectorAll(".jp-Notebook .jp-OutputArea-output ${what}").length`;
      await page.until(`${count("img")} === ${pictures} && ${count("table")} === ${tables}`, 60);
      const wrong = await page.evaluate<string[]>(`
        [...document.querySelectorAll(".jp-Notebook .jp-OutputArea-output")]
          .filter((output) => output.scrollWidth > output.clientWidth + 1 || output.querySelector(".jp-mod-error, .jp-RenderedText[data-mime-type*=stderr]"))
          .map((output) => output.textContent.slice(0, 80))`);
      assert.deepEqual(wrong, [], path);
      await page.screenshot(join(folder, `${basename(path, ".ipynb")}.png`));
    }
  },
});

Deno.test({
  name: `lab: own songs in JupyterLab; a late cell after a restart says to run from the top${
    findChromium() === null ? " (skipped: there is no Chromium here; on Debian: apt install chromium)" : ""
  }`,
  ignore: findChromium() === null,
  async fn() {
    remove(folder);
    await Deno.mkdir(folder, { recursive: true });
    const songs = inProject("outputs", "test", "내 노래.csv"), [first] = projectNotebooks();
    await writeSongs(songs);
    // where executed notebooks stand after `start`
    const notebook = join(folder, "notebooks", "1.ipynb");
    await Deno.mkdir(join(folder, "notebooks"));
    await Deno.copyFile(first!, notebook);
    const before = await Deno.readTextFile(notebook);

    await using lab = await startLab("--songs", songs, "--output", folder);
    await using browser = await openBrowser();
    const { page } = browser;
    await openNotebook(page, lab, relative(inProject(), notebook));

    // opening and saving changes nothing
    await page.evaluate(`${panel}.context.save()`);
    assert.equal(await Deno.readTextFile(notebook), before);

    await runCommand(page, "notebook:clear-all-cell-outputs");
    await runCommand(page, "notebook:run-all-cells");
    await page.until(
      `${kernel}.status === "idle" && ${panel}.content.widgets.filter(({ model }) => model.type === "code")` +
        ".every(({ model }) => model.executionCount !== null)",
      300,
    );
    const outputs = await outputsOf(page);
    assert.ok(!outputs.some((text) => text.includes('"output_type":"error"')), outputs.join("\n"));
    assert.match(outputs.join(), /120/);
    assert.doesNotMatch(outputs.join(), /1,?556/, "the bundled songs are not meant");
    await page.evaluate(`${panel}.content.scrollToItem(0)`);
    await page.screenshot(join(folder, "own songs.png"));
    assert.deepEqual(await liveFigures(page), []);

    // a late cell in a new kernel
    await page.evaluate(`${kernel}.restart()`);
    // Deno's kernel says nothing of its state before it is asked something: JupyterLab calls that unknown
    await page.until(
      `${kernel}.connectionStatus === "connected" && ["idle", "unknown"].includes(${kernel}.status)`,
      60,
    );
    await page.evaluate(
      `(${panel}.content.activeCellIndex = ${panel}.content.widgets.findLastIndex(({ model }) => model.type === "code"), 1)`,
    );
    await runCommand(page, "notebook:run-cell");
    await page.until(`document.body.innerText.includes("run the cells from the top")`, 60);
    await page.screenshot(join(folder, "after a restart.png"));
  },
});

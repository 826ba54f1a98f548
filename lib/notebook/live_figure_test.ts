import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { JSDOM } from "jsdom";
import { genreDistribution } from "../plots/mod.ts";
import { liveFigureHtml, packedPlotly } from "./live_figure.ts";

const figure = genreDistribution([{ genre: "</script><b>댄스" }]);

/** In plotly.js's place: marks where it drew what. */
const stub = gzipSync(
  `globalThis.loaded = (globalThis.loaded ?? 0) + 1; module.exports = { async newPlot(place, data, layout, config) {
  if (globalThis.failing) throw new Error("no WebGL");
  place.textContent = [data[0].type, layout.title.text, layout.height, layout.width, config.responsive, config.showSendToCloud].join("|");
} };`,
).toString("base64");

const htmlOf = (plotly: string | null) =>
  liveFigureHtml(figure, { png: "aGVsbG8=", width: 900, height: 480, plotly });

/** A page with these outputs, added one after the other as a notebook does; scripts run where it is trusted. */
async function page(outputs: string[], options: { trusted: boolean; failing?: boolean }) {
  const { window } = new JSDOM("<!doctype html><body></body>", {
    runScripts: options.trusted ? "dangerously" : undefined,
  });
  const watched: { target: unknown; draw: () => void }[] = [];
  Object.assign(window, {
    failing: options.failing,
    Response,
    Blob,
    DecompressionStream,
    console: { error: () => {} },
    IntersectionObserver: class {
      constructor(readonly seen: (entries: unknown[]) => void) {}
      observe(target: unknown) {
        watched.push({ target, draw: () => this.seen([{ target, isIntersecting: true }]) });
      }
      unobserve() {}
    },
  });
  const { document } = window;
  for (const output of outputs) {
    const cell = document.createElement("div");
    document.body.append(cell);
    cell.innerHTML = output;
    // As JupyterLab does: scripts that came as text run only when made again.
    for (const script of [...cell.querySelectorAll("script")]) {
      const made = document.createElement("script");
      made.textContent = script.textContent;
      script.replaceWith(made);
    }
    await new Promise((next) => setTimeout(next, 30));
  }
  await new Promise((next) => setTimeout(next, 100));
  return {
    watched,
    loaded: () => window.loaded,
    cells: () =>
      [...document.body.children].map((cell) => ({
        live: cell.querySelector("div > div > div")?.textContent ?? null,
        picture: (cell.querySelector("img") as { style: { display: string } }).style.display !== "none",
      })),
    settle: () => new Promise((next) => setTimeout(next, 20)),
  };
}

const drawn = "bar|장르 분포 · Genre distribution|480||true|false";

Deno.test("trusted, every figure becomes live once it is on the screen, in whatever order plotly.js comes", async () => {
  for (
    const outputs of [[htmlOf(stub), htmlOf(null)], [htmlOf(null), htmlOf(stub)], [
      htmlOf(stub),
      htmlOf(stub),
    ]]
  ) {
    const { watched, cells, settle, loaded } = await page(outputs, { trusted: true });
    assert.equal(watched.length, 2);
    assert.ok(cells().every(({ live, picture }) => live === null && picture));
    for (const { draw } of watched) draw();
    await settle();
    assert.deepEqual(cells(), [{ live: drawn, picture: false }, { live: drawn, picture: false }]);
    assert.equal(loaded(), 1);
  }
});

Deno.test("untrusted, without plotly.js, or where it fails, the picture stays", async () => {
  const untrusted = await page([htmlOf(stub)], { trusted: false });
  assert.deepEqual(untrusted.cells(), [{ live: null, picture: true }]);
  const without = await page([htmlOf(null)], { trusted: true });
  assert.deepEqual([without.watched.length, without.cells()], [0, [{ live: null, picture: true }]]);
  const failing = await page([htmlOf(stub)], { trusted: true, failing: true });
  failing.watched[0]!.draw();
  await failing.settle();
  assert.deepEqual(failing.cells(), [{ live: null, picture: true }]);
});

Deno.test("what is packed is plotly.js, and small", async () => {
  assert.ok(packedPlotly().length < 3_000_000);
  const bytes = new Blob([Uint8Array.fromBase64(packedPlotly())]);
  const source = await new Response(bytes.stream().pipeThrough(new DecompressionStream("gzip"))).text();
  assert.match(source.slice(0, 200), /plotly\.js v\d/);
  // It stands inside <script>…</script>.
  assert.match(htmlOf(null), /^<div[^]*<script>[^<]*<\/script>$/);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import pl from "nodejs-polars";
import { genreDistribution } from "../plots/mod.ts";
import { bundleOf, html, markdown, saveFigure, show } from "./show.ts";

const figure = genreDistribution([{ genre: "댄스" }, { genre: "발라드" }]);

/** What is printed meanwhile. */
async function printed(work: () => Promise<void>): Promise<string> {
  const log = console.log;
  const lines: string[] = [];
  console.log = (...parts: unknown[]) => lines.push(parts.join(" "));
  try {
    await work();
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

async function withFigures<T>(wanted: string, work: () => Promise<T>): Promise<T> {
  const before = Deno.env.get("NOTEBOOK_FIGURES");
  Deno.env.set("NOTEBOOK_FIGURES", wanted);
  try {
    return await work();
  } finally {
    if (before === undefined) Deno.env.delete("NOTEBOOK_FIGURES");
    else Deno.env.set("NOTEBOOK_FIGURES", before);
  }
}

Deno.test("outside a notebook tables and texts are printed", async () => {
  assert.equal(await printed(() => show([{ a: 1 }])), "a\n─\n1");
  assert.equal(
    await printed(() => show(pl.DataFrame({ 장르: ["댄스"], n: [2] }))),
    "장르  n\n────  ─\n댄스  2",
  );
  assert.equal(await printed(() => show(html("<p>안녕 <b>song</b></p>"))), "안녕 song");
  assert.equal(await printed(() => show(markdown("**안녕**"))), "**안녕**");
  assert.equal(await printed(() => show("안녕")), "안녕");
});

Deno.test("a long frame shows its first rows and says how many follow", async () => {
  const frame = pl.DataFrame({ n: Array.from({ length: 1000 }, (_, i) => i) });
  const text = await printed(() => show(frame, { maxRows: 2 }));
  assert.equal(text, "n\n─\n0\n1\n… 998행 더 · more rows");
});

Deno.test("outside a notebook a figure is a file, named by its title", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const text = await printed(() => show(figure, { folder: join(folder, "new") }));
    const path = join(folder, "new", "genre-distribution.png");
    assert.equal(text, `장르 분포 · Genre distribution: ${path}`);
    assert.deepEqual(
      [...(await Deno.readFile(path)).subarray(1, 4)],
      [..."PNG"].map((letter) => letter.charCodeAt(0)),
    );
    await saveFigure(figure, join(folder, "a.svg"), { width: 300, height: 200 });
    assert.match(await Deno.readTextFile(join(folder, "a.svg")), /^<svg [^>]*width="300" height="200"/);
    await assert.rejects(saveFigure(figure, join(folder, "a.pdf")), /saved as \.png or \.svg/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what cannot be shown is refused with what can", async () => {
  await assert.rejects(
    show({ loss: 1 } as unknown as string),
    /show takes a figure .* this has the fields loss/,
  );
  await assert.rejects(show([1] as unknown as string), /rows as plain objects; one of these is 1/);
  await assert.rejects(show([["a"]] as unknown as string), /one of these is an array/);
});

Deno.test("a notebook gets a table as HTML, and as text for where it shows none", async () => {
  const { bundle } = await bundleOf([{ 장르: "<댄스>" }]);
  assert.match(bundle["text/html"]!, /<th scope="row"[^>]*>&lt;댄스&gt;<\/th>/);
  assert.match(bundle["text/plain"], /<댄스>/);
});

Deno.test("NOTEBOOK_FIGURES=png shows pictures only", () =>
  withFigures("png", async () => {
    const { bundle, metadata } = await bundleOf(figure);
    assert.deepEqual(Object.keys(bundle).sort(), ["image/png", "text/plain"]);
    assert.equal(bundle["text/plain"], "장르 분포 · Genre distribution");
    const alt = "장르 분포 · Genre distribution: 2곡 · songs. 댄스 1 (50.0%), 발라드 1 (50.0%)";
    assert.deepEqual(metadata, { "image/png": { width: 900, height: 480, alt } });
    // 1350 pixels wide, for sharp screens.
    assert.equal(new DataView(Uint8Array.fromBase64(bundle["image/png"]!).buffer).getUint32(16), 1350);
  }));

Deno.test("interactive figures bring plotly.js once, and again where its bringer is shown again", () =>
  withFigures("interactive", async () => {
    const other = { data: [], layout: { title: { text: "다른 그림 · Another" } } };
    const sizes: number[] = [];
    // of the same title, with other data
    const again = genreDistribution([{ genre: "트로트" }]);
    for (const shown of [figure, other, other, again, figure]) {
      const { bundle } = await bundleOf(shown);
      assert.match(bundle["text/html"]!, / alt="(장르 분포 · Genre distribution: |다른 그림 · Another")/);
      assert.match(bundle["text/html"]!, /^<div class="figure-[^]*<img src="data:image\/png;base64,/);
      sizes.push(bundle["text/html"]!.length);
    }
    assert.deepEqual(sizes.map((size) => size > 1_000_000), [true, false, false, false, true]);
    assert.ok(sizes[0]! < 3_500_000);
  }));

Deno.test("an unknown NOTEBOOK_FIGURES says what is possible", () =>
  withFigures("svg", async () => {
    await assert.rejects(bundleOf(figure), /NOTEBOOK_FIGURES is "svg"; it can be "interactive" or "png"/);
  }));

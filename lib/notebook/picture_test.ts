import assert from "node:assert/strict";
import { Resvg } from "@resvg/resvg-js";
import * as plots from "../plots/mod.ts";
import { figurePng, figureSvg, plotly } from "./picture.ts";

const genres = [
  "발라드",
  "댄스",
  "랩/힙합",
  "R&B/Soul",
  "록/메탈",
  "트로트",
  "포크/블루스",
  "인디음악",
  "일렉트로니카",
  "애니메이션/웹툰",
];

/** A number from 0 to 1 that looks random but never changes. */
const noise = (i: number) => Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1;

const songs = Array.from({ length: 400 }, (_, i) => ({
  genres: [genres[Math.floor(noise(i) ** 2 * genres.length)]!],
  artists: [`아주 긴 이름의 가수 ${Math.floor(noise(i + 0.5) * 30)}`],
  date: { year: 1990 + Math.floor(noise(i + 0.2) * 30) },
  lyrics: "가".repeat(1 + Math.floor(noise(i + 0.7) * 900)),
}));

const figures: Record<string, plots.Figure> = {
  genreDistribution: plots.genreDistribution(songs),
  "genreDistribution of a split": plots.genreDistribution({
    "학습 · train": songs.slice(80),
    "시험 · test": songs.slice(0, 80),
  }),
  songsByYear: plots.songsByYear(songs),
  genreByArtist: plots.genreByArtist(songs),
  lyricLengths: plots.lyricLengths(songs),
  tokenLengths: plots.tokenLengths(songs.map(({ lyrics }) => lyrics.length), { maxLength: 512 }),
  lossCurve: plots.lossCurve(
    Array.from({ length: 60 }, (_, i) => [
      { kind: "step" as const, step: i + 1, loss: 2 + noise(i) },
      ...(i % 20 === 19
        ? [{
          kind: "evaluation" as const,
          step: i + 1,
          epoch: (i + 1) / 20,
          train: { loss: 2, accuracy: 0.3 },
          validation: { loss: 2.2, accuracy: 0.2 },
          best: i < 20,
        }]
        : []),
    ]).flat(),
  ),
  confusionMatrix: plots.confusionMatrix({
    labels: genres,
    counts: genres.map((_, r) => genres.map((_, c) => r === c ? 40 : Math.floor(noise(r * 10 + c) * 9))),
  }),
  perGenreScores: plots.perGenreScores(
    genres.map((label, i) => ({
      label,
      precision: noise(i),
      recall: noise(i + 30),
      f1: noise(i + 60),
      support: i * 20,
    })),
  ),
  modelComparison: plots.modelComparison([
    { name: "KoBERT-small", accuracy: { value: 0.7, low: 0.65, high: 0.75 }, macroF1: 0.6 },
    { name: "최다 장르 · majority class", accuracy: 0.99, macroF1: 0.05, baseline: true },
  ]),
  alphaCurve: plots.alphaCurve([
    {
      name: "가수 사전확률 · artist prior",
      curve: [{ alpha: 0, accuracy: 0.6 }, { alpha: 1.5, accuracy: 0.7 }],
      alpha: 1.5,
    },
  ]),
};

/** The pixels of a PNG. */
function pixelsOf(
  png: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
): (x: number, y: number) => number[] {
  const { pixels } = new Resvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><image width="${width}" height="${height}" ` +
      `href="data:image/png;base64,${png.toBase64()}"/></svg>`,
  ).render();
  return (x, y) => [...pixels.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
}

for (const [name, figure] of Object.entries(figures)) {
  Deno.test(`${name}: Plotly knows every attribute, and nothing of the picture is cut off`, async () => {
    const { validate } = await plotly() as unknown as { validate(data: unknown, layout: unknown): unknown };
    // Plotly's own validation knows what a template may hold only by drawing it.
    const { template: _, ...layout } = structuredClone(figure.layout);
    assert.equal(validate(structuredClone(figure.data), layout), undefined);

    const size = { width: 900, height: Number(figure.layout.height ?? 480) };
    const png = await figurePng(figure);
    assert.deepEqual([new DataView(png.buffer).getUint32(16), new DataView(png.buffer).getUint32(20)], [
      size.width,
      size.height,
    ]);
    assert.ok(png.length < 50_000, `${png.length} bytes`);
    const at = pixelsOf(png, size.width, size.height);
    const border = [
      ...Array.from({ length: size.width }, (_, x) => [[x, 0], [x, size.height - 1]] as const).flat(),
      ...Array.from({ length: size.height }, (_, y) => [[0, y], [size.width - 1, y]] as const).flat(),
    ];
    assert.deepEqual(border.filter(([x, y]) => at(x, y).some((value) => value !== 255)), []);
  });
}

Deno.test("Hangul is drawn: other syllables, other pixels", async () => {
  const [one, other, none] = await Promise.all(
    ["가나다", "힣뷁쐐", ""].map((text) =>
      figurePng({ data: [], layout: { title: { text } } }, { width: 200, height: 100 })
    ),
  );
  assert.notDeepEqual(one, other);
  assert.ok(one!.length > none!.length && other!.length > none!.length);
});

Deno.test("the plot leaves room for long names beside it", async () => {
  const left = async (name: string) => {
    const svg = await figureSvg(plots.genreDistribution([{ genre: name }]));
    return Number(svg.match(/class="axesclip" id="clip\w+x"><rect x="(\d+)"/)![1]);
  };
  const [short, long] = [await left("댄스"), await left("아주아주 긴 장르 이름 하나")];
  // Twelve more characters of 13 px, the spaces narrower.
  assert.ok(long - short > 80, `${short}, ${long}`);
});

Deno.test("cells of a heatmap are sharp rectangles of their colour", async () => {
  const figure: plots.Figure = {
    data: [{
      type: "heatmap",
      z: [[0, 1]],
      colorscale: [[0, "#FF0000"], [1, "#0000FF"]],
      showscale: false,
      xgap: 2,
      ygap: 2,
    }],
    layout: { margin: { l: 0, r: 0, t: 0, b: 0 }, xaxis: { visible: false }, yaxis: { visible: false } },
  };
  const at = pixelsOf(await figurePng(figure, { width: 100, height: 40 }), 100, 40);
  const row = Array.from({ length: 100 }, (_, x) => at(x, 20).join());
  assert.deepEqual([...new Set(row)].sort(), ["0,0,255", "255,0,0", "255,255,255"].sort());
  assert.ok(row.slice(2, 48).every((color) => color === "255,0,0"));
  assert.ok(row.slice(52, 98).every((color) => color === "0,0,255"));
});

Deno.test("a figure is not changed by drawing it", async () => {
  const figure = figures.songsByYear!;
  const before = structuredClone(figure);
  await figureSvg(figure);
  assert.deepEqual(figure, before);
});

Deno.test("text of the data is drawn, not read as SVG", async () => {
  const svg = await figureSvg(plots.genreDistribution([{ genre: "<b>록</b> & <script>" }]));
  assert.ok(svg.includes("&#60;b&#62;록&#60;/b&#62; &amp; &#60;script&#62;</text>"));
});

Deno.test("sizes that are no picture's are refused", async () => {
  await assert.rejects(figurePng({ data: [], layout: {} }, { width: 0 }), /0 x 480 pixels/);
  await assert.rejects(figurePng({ data: [], layout: {} }, { scale: 0 }), /scale is 0/);
});

/** Shows figures, tables and texts: in a notebook below the cell, in a terminal as text and files. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fingerprint, UserError } from "../ground/mod.ts";
import { type Figure, percent } from "../plots/mod.ts";
import { type Finding, findingHtml, findingText, isFinding } from "./finding.ts";
import { display, inKernel, type MediaBundle } from "./kernel.ts";
import { figureAlt, figureTitle } from "./figure_text.ts";
import { liveFigureHtml, packedPlotly } from "./live_figure.ts";
import { figurePng, figureSvg, type PictureSize, pictureSize } from "./picture.ts";
import { type Table, tableHtml, tableOf, type TableOptions, tableText } from "./table.ts";

/** What is used of a polars DataFrame: any object like it will do. */
export interface Frame {
  readonly height: number;
  readonly columns: string[];
  head(rows: number): { toRecords(): Record<string, unknown>[] };
}

/** Text with a media type, made by {@link html} and {@link markdown}. */
export interface RichText {
  readonly bundle: MediaBundle;
}

/** What {@link show} takes. */
export type Showable =
  | Figure
  | Frame
  | readonly Readonly<Record<string, unknown>>[]
  | Finding
  | RichText
  | string;

export interface ShowOptions extends TableOptions, PictureSize {
  /** The picture's file name outside a notebook, without ending; by default it is made of the figure's title. */
  name?: string;
  /** The folder for pictures outside a notebook, `outputs/figures` of the project by default. */
  folder?: string;
}

/**
 * HTML for {@link show}. It is shown as it is: escape what comes from data.
 *
 * @example
 * ```ts
 * await show(html("<b>12</b> songs"));
 * ```
 */
export const html = (text: string): RichText => ({
  bundle: { "text/html": text, "text/plain": text.replaceAll(/<[^>]*>/g, "").trim() },
});

/**
 * Markdown for {@link show}.
 *
 * @example
 * ```ts
 * await show(markdown(`**${songs.height}** songs`));
 * ```
 */
export const markdown = (text: string): RichText => ({
  bundle: { "text/markdown": text, "text/plain": text },
});

/**
 * Shows something: a figure, a table (a polars DataFrame, or rows as plain objects), sentences in both languages, a text.
 *
 * In a notebook a figure is a picture that becomes interactive where scripts may run; with `NOTEBOOK_FIGURES=png` in the
 * environment it is the picture alone (small files, for notebooks that are committed). Outside a notebook tables and texts are printed, and a
 * figure is written to `outputs/figures` and its path printed.
 *
 * @throws TypeError for what is none of these
 * @example
 * ```ts
 * await show([{ 장르: "발라드", 곡: 120 }, { 장르: "댄스", 곡: 80 }]);
 * ```
 */
export async function show(thing: Showable, options: ShowOptions = {}): Promise<void> {
  if (inKernel()) {
    const { bundle, metadata } = await bundleOf(thing, options);
    await display(bundle, { metadata });
  } else if (typeof thing === "object" && isFigure(thing)) {
    const folder = options.folder ?? fileURLToPath(new URL("../../outputs/figures/", import.meta.url));
    const path = join(folder, `${options.name ?? fileName(thing)}.png`);
    await saveFigure(thing, path, options);
    console.log(`${figureTitle(thing)}: ${path}`);
  } else {
    console.log((await bundleOf(thing, options)).bundle["text/plain"]);
  }
}

/** What a notebook shows of a thing, and what it should know of it by media type. */
export async function bundleOf(
  thing: Showable,
  options: ShowOptions = {},
): Promise<{ bundle: MediaBundle; metadata?: Record<string, unknown> }> {
  if (typeof thing === "string") return { bundle: { "text/plain": thing } };
  if ("bundle" in thing) return { bundle: thing.bundle };
  if (isFinding(thing)) {
    return { bundle: { "text/html": findingHtml(thing), "text/plain": findingText(thing) } };
  }
  if (!isFigure(thing)) {
    const set = table(thing, options);
    return { bundle: { "text/html": tableHtml(set), "text/plain": tableText(set) } };
  }
  const wanted = figuresWanted();
  const size = pictureSize(thing, options);
  const png = (await figurePng(thing, { ...size, scale: pictureScale })).toBase64();
  const bundle: MediaBundle = { "image/png": png, "text/plain": figureTitle(thing) };
  if (wanted === "interactive") {
    bundle["text/html"] = liveFigureHtml(thing, {
      png,
      ...size,
      plotly: bringsPlotly(thing) ? packedPlotly() : null,
    });
  }
  // pages and slides made of the notebook take the text from here
  return { bundle, metadata: { "image/png": { ...size, alt: figureAlt(thing) } } };
}

function isFigure(thing: object): thing is Figure {
  return "data" in thing && Array.isArray(thing.data) && "layout" in thing &&
    typeof thing.layout === "object";
}

function table(thing: Frame | readonly Readonly<Record<string, unknown>>[], options: TableOptions): Table {
  if (Array.isArray(thing)) {
    const odd = thing.find((row) => typeof row !== "object" || row === null || Array.isArray(row));
    if (odd === undefined) return tableOf(thing, options);
    throw new TypeError(
      `show takes rows as plain objects; one of these is ${Array.isArray(odd) ? "an array" : odd}.`,
    );
  }
  const frame = thing as Frame;
  if (typeof frame.head === "function" && Array.isArray(frame.columns) && typeof frame.height === "number") {
    const rows = frame.head(options.maxRows ?? 20).toRecords();
    return tableOf(rows.map(titled), options, frame.height);
  }
  throw new TypeError(
    "show takes a figure ({ data, layout }), a polars DataFrame, an array of plain objects, sentences ({ ko, en }), html(…), " +
      "markdown(…) or a text; " +
      `this has the fields ${Object.keys(thing).slice(0, 6).join(", ") || "(none)"}.`,
  );
}

/** The columns that lib/songs makes of a table, in both languages; those of the file keep the names that they have there. */
const titles: Readonly<Record<string, string>> = {
  column: "열 · column",
  missing: "빠진 곡 · missing",
  genre: "장르 · genre",
  genres: "장르 수 · genres",
  artists: "가수 수 · artists",
  songs: "곡 · songs",
  share: "비율 · share",
  artist: "가수 · artist",
  genre_share: "그 장르의 비율 · its share",
  train: "학습 · train",
  validation: "검증 · validation",
  test: "테스트 · test",
};

/** A row of a frame under titles in both languages, shares as percentages; a row of the table itself stays as it is. */
function titled(row: Record<string, unknown>): Record<string, unknown> {
  if ("id" in row) return row;
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      titles[name] ?? name,
      name.endsWith("share") && typeof value === "number" ? percent(value) : value,
    ]),
  );
}

/** Picture pixels for each CSS pixel: sharp, and some 25 kB a figure. */
const pictureScale = 1.5;

/** How notebooks get their figures: the environment's `NOTEBOOK_FIGURES`. */
function figuresWanted(): "interactive" | "png" {
  const wanted = Deno.env.get("NOTEBOOK_FIGURES") || "interactive";
  if (wanted === "interactive" || wanted === "png") return wanted;
  throw new UserError(`NOTEBOOK_FIGURES is "${wanted}"; it can be "interactive" or "png".`);
}

/** Fingerprint of the figure that brought plotly.js into this kernel's notebook. */
let bringer: string | null = null;

/**
 * The first figure brings plotly.js, once a notebook; and so does that figure where it is shown again, for its cell then loses the output
 * that held it. (Shown again with other data it does not: the notebook's figures then live until it is closed, and are pictures after that.)
 */
function bringsPlotly(figure: Figure): boolean {
  const own = fingerprint([JSON.stringify(figure)]);
  bringer ??= own;
  return own === bringer;
}

/** `장르 분포 · Genre distribution` as `genre-distribution`. */
function fileName(figure: Figure): string {
  const title = figureTitle(figure);
  const name = (title.split("·").at(-1) ?? title).toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");
  return name || "figure";
}

/**
 * Writes a figure's picture to a file, and its folder where there is none.
 *
 * @param path ends in `.png` or `.svg`
 * @throws Error for another ending
 * @example
 * ```ts
 * await saveFigure(lossCurve(run.history), "outputs/figures/loss.png");
 * ```
 */
export async function saveFigure(figure: Figure, path: string, size: PictureSize = {}): Promise<void> {
  const kind = path.match(/\.(png|svg)$/)?.[1];
  if (kind === undefined) {
    throw new UserError(`${path}: a figure is saved as .png or .svg; give the file such an ending.`);
  }
  await Deno.mkdir(dirname(path), { recursive: true });
  if (kind === "svg") await Deno.writeTextFile(path, await figureSvg(figure, size));
  else {await Deno.writeFile(
      path,
      await figurePng(figure, { width: size.width, height: size.height, scale: pictureScale }),
    );}
}

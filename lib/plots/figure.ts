/** What the figures share: their type, palette, type face, layout, and the checks of their input. */
import type { Data, Layout, LayoutAxis, Template } from "plotly.js-dist";
import { type Estimate, grouped } from "../ground/pure.ts";

/** A Plotly figure as plain data: what `Plotly.newPlot` draws, what `show` and `figurePng` of `lib/notebook` take. */
export interface Figure {
  data: Data[];
  layout: Partial<Layout>;
}

/**
 * Eight colours that stay apart for colour-blind readers (Okabe and Ito, "Color Universal Design", 2008), the strongest
 * first; their black is a dark grey here, and the yellow, weak on white, comes last but one.
 */
export const paletteColours = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#E69F00",
  "#56B4E9",
  "#CC79A7",
  "#F0E442",
  "#4D4D4D",
] as const;

/** Colours with a meaning, the same in every figure. */
export const roleColours = {
  train: paletteColours[0],
  validation: paletteColours[1],
  test: paletteColours[2],
  /** What is measured against, or gathers the rest. */
  background: "#A3A3A3",
  text: "#262626",
  faint: "#6B6B6B",
  grid: "#E6E6E6",
} as const;

/** White to light blue, for a share from 0 to 1: darker is more, and dark text reads well on all of it. */
const shareColours: [number, string][] = [[0, "#FFFFFF"], [1, paletteColours[4]]];

/** Faces with Hangul, of the usual systems; pictures made without a browser are set in the first of them. */
export const fontFamily =
  '"Gothic A1", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", "Nanum Gothic", sans-serif';

const axis: Partial<LayoutAxis> = {
  automargin: true,
  gridcolor: roleColours.grid,
  linecolor: roleColours.grid,
  zeroline: false,
  ticks: "outside",
  tickcolor: roleColours.grid,
  ticklabelstandoff: 6,
  title: { standoff: 10, font: { size: 13, color: roleColours.faint } },
};

/** The look of every figure, as Plotly's `layout.template`. */
export const figureTemplate: Template = {
  layout: {
    font: { family: fontFamily, size: 13, color: roleColours.text },
    colorway: [...paletteColours],
    paper_bgcolor: "#FFFFFF",
    plot_bgcolor: "#FFFFFF",
    xaxis: axis,
    yaxis: axis,
    margin: { l: 64, r: 32, t: 84, b: 56 },
    title: {
      x: 0,
      xref: "container",
      xanchor: "left",
      y: 1,
      yref: "container",
      yanchor: "top",
      pad: { l: 20, t: 18 },
      font: { size: 19 },
      subtitle: { font: { size: 13, color: roleColours.faint } },
    },
    legend: { itemsizing: "constant", bgcolor: "rgba(255,255,255,0.85)" },
    bargap: 0.25,
    hoverlabel: { font: { family: fontFamily } },
    separators: ".,",
  },
};

/**
 * A name in both languages.
 *
 * @example
 * ```ts
 * both("장르 분포", "Genre distribution") // "장르 분포 · Genre distribution"
 * ```
 */
export const both = (korean: string, english: string): string => `${korean} · ${english}`;

/**
 * A figure of the project's look.
 *
 * @param title in both languages
 * @param facts a line below it
 * @param layout what else this one has
 */
export function figureOf(
  [korean, english]: readonly [string, string],
  facts: string | undefined,
  data: Data[],
  layout: Partial<Layout>,
): Figure {
  const title = { text: both(korean, english), ...(facts ? { subtitle: { text: facts } } : {}) };
  return { data, layout: { template: figureTemplate, title, ...layout } };
}

/**
 * The legend in a row of its own right above the plot: no bar, line or fact runs there, and the buttons of a live figure stand above it.
 *
 * @param margin the figure's other margins, in pixels
 */
export const legendAbove = (margin: { r?: number } = {}): Pick<Layout, "legend" | "margin"> => ({
  legend: { orientation: "h", x: 1, xanchor: "right", y: 1, yanchor: "bottom", traceorder: "normal" },
  margin: { t: 106, ...margin },
});

/** The legend below the plot, for names of any length. @param b the margin that it takes, in pixels */
export const legendBelow = (b = 96): Pick<Layout, "legend" | "margin"> => ({
  legend: { orientation: "h", x: 0, xanchor: "left", y: -0.2, yanchor: "top" },
  margin: { b },
});

/** The height of a figure with one row of `pixels` a name: the usual 480, or more where the rows need it. */
export const heightFor = (rows: number, pixels: number): Partial<Layout> =>
  rows * pixels + 140 > 480 ? { height: rows * pixels + 140 } : {};

/** An axis of counts up to `most`: whole numbers only, each once. */
export const countAxis = (most: number): Partial<LayoutAxis> => ({
  tickformat: ",d",
  rangemode: "tozero",
  ...(most < 8 ? { dtick: 1 } : {}),
});

/** An axis of shares in percent, from 0 to 1 and a little more: a dot at 0 or 1 does not lie on the labels. */
export const shareAxis = (korean: string, english: string): Partial<LayoutAxis> => ({
  title: { text: both(korean, english) },
  tickformat: ".0%",
  range: [-0.03, 1.03],
});

/** An axis of names, each with its row or column. */
export const namedAxis = (korean: string, english: string): Partial<LayoutAxis> => ({
  title: { text: both(korean, english) },
  ticks: "",
  showgrid: false,
  type: "category",
  dtick: 1,
});

/** Rows from the top down that stand at numbers and have labels: Plotly would draw equal names on top of each other. */
export const labelledRows = (
  labels: readonly string[],
  places: readonly number[] = labels.map((_, row) => row),
): Partial<LayoutAxis> => ({
  autorange: "reversed",
  ticks: "",
  showgrid: false,
  tickvals: [...places],
  ticktext: [...labels],
});

/** A dotted line from the bottom to the top, behind all else. */
export const dottedLine = (x: number, color: string = roleColours.background, xref: "x" | "x2" = "x") => ({
  type: "line" as const,
  xref,
  yref: "paper" as const,
  x0: x,
  x1: x,
  y0: 0,
  y1: 1,
  layer: "below" as const,
  line: { color, width: 1, dash: "dot" as const },
});

/** A table of shares as a heat map: dark text on white to light blue. */
export const shareTable = (trace: Partial<Data> & { z: number[][] }, textSize: number): Data => ({
  type: "heatmap",
  texttemplate: "%{text}",
  textfont: { size: textSize, color: roleColours.text },
  colorscale: shareColours,
  zmin: 0,
  zmax: 1,
  xgap: 2,
  ygap: 2,
  showscale: false,
  ...trace,
} as Data);

/** `0.1234` as `12.3%`. */
export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)}%`;

/** A text of the data as Plotly shows it: Plotly reads `<b>`, `<br>` and `&lt;` in every text, and data may hold them. */
export const plain = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The first characters of a name, with an ellipsis where it was longer. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : characters.slice(0, length - 1).join("") + "…";
}

/**
 * A figure that has nothing to draw and says so, in place of empty axes: a table may lack what a figure is about.
 *
 * @param why in both languages, as a part of a sentence: what there is none of
 * @param facts below the title, where there are any
 */
export function emptyFigure(
  title: readonly [string, string],
  why: readonly [string, string],
  facts?: string,
): Figure {
  return figureOf(title, facts, [], {
    height: 220,
    xaxis: { visible: false, range: [0, 1] },
    yaxis: { visible: false, range: [0, 1] },
    annotations: [{
      xref: "paper",
      yref: "paper",
      x: 0.5,
      y: 0.5,
      showarrow: false,
      text: `그릴 것이 없습니다: ${why[0]}<br>Nothing to draw: ${why[1]}`,
      font: { size: 15, color: roleColours.faint },
    }],
  });
}

/** Genres that a figure names; more of them are neither read nor drawn. */
export const mostGenres = 30;

/** Parts names into those that are shown, the first ones, and those that are gathered; one alone is not worth gathering. */
export function shownAndGathered<T>(names: readonly T[], most = mostGenres): { shown: T[]; gathered: T[] } {
  const shown = names.slice(0, names.length <= most + 1 ? names.length : most);
  return { shown, gathered: names.slice(shown.length) };
}

/** The name of what stands for `count` gathered genres. */
export const gatheredName = (count: number): string => both(`그 밖 ${grouped(count)}개`, "others");

/** @throws RangeError when `value` is not a number that can be drawn; the message says where it stands. */
export function needFinite(figure: string, where: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value)) return;
  throw new RangeError(`${figure}: ${where} is ${String(value)}; it must be a finite number.`);
}

/** @throws RangeError when `value` is no share; the message says where it stands. */
export function needShare(figure: string, where: string, value: unknown): void {
  needFinite(figure, where, value);
  if ((value as number) < 0 || (value as number) > 1) {
    throw new RangeError(
      `${figure}: ${where} is ${value}; it must be a share from 0 to 1, not a percentage.`,
    );
  }
}

/** @throws RangeError when an estimate has a number that cannot be drawn, or does not lie in its interval. */
export function needEstimate(
  figure: string,
  where: string,
  { value, low, high }: Estimate,
  need = needShare,
): void {
  for (const number of [value, low, high]) need(figure, where, number);
  if (!(low <= value && value <= high)) {
    throw new RangeError(`${figure}: ${where} is ${value}, outside its interval ${low} to ${high}.`);
  }
}

/** Error bars of estimates, in units of the axis. */
export const errorBars = (estimates: readonly Estimate[], unit = 1) => ({
  type: "data" as const,
  symmetric: false,
  array: estimates.map(({ value, high }) => unit * (high - value)),
  arrayminus: estimates.map(({ value, low }) => unit * (value - low)),
  thickness: 1.2,
  width: 3,
});

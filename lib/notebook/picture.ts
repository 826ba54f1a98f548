/**
 * Pictures of figures without a browser: Plotly draws into jsdom's document, which knows no layout, so the few measures
 * that Plotly asks for are taken here from the typeface; resvg turns the SVG into a PNG.
 */
import { createRequire } from "node:module";
import type { Figure } from "../plots/mod.ts";
import { encodePng } from "./png.ts";
import { type Typeface, typeface, typefaceFamily, typefacePath } from "./typeface.ts";

/** Size of a picture, in CSS pixels. */
export interface PictureSize {
  /** 900 by default, or the layout's own width. */
  width?: number;
  /** 480 by default, or the layout's own height. */
  height?: number;
}

/** Width and height of a figure's picture: what is asked for, else the layout's, else 900 x 480. */
export function pictureSize(figure: Figure, size: PictureSize = {}): { width: number; height: number } {
  const width = size.width ?? figure.layout.width ?? 900;
  const height = size.height ?? figure.layout.height ?? 480;
  if (!(width >= 10 && height >= 10 && width <= 10_000 && height <= 10_000)) {
    throw new RangeError(`A picture of ${width} x ${height} pixels: both must be from 10 to 10,000.`);
  }
  return { width, height };
}

/**
 * A figure as SVG text, without a browser. The first call loads Plotly (about a second), later ones take a tenth of one.
 *
 * @throws RangeError for a size that is no picture's; Error when Plotly cannot draw the figure (3D, maps and smoothed
 *   heatmaps need a browser)
 * @example
 * ```ts
 * const svg = await figureSvg({ data: [{ type: "bar", x: ["발라드"], y: [3] }], layout: {} });
 * ```
 */
export async function figureSvg(figure: Figure, size: PictureSize = {}): Promise<string> {
  const { width, height } = pictureSize(figure, size);
  // Plotly writes its defaults into what it is given.
  const { data, layout } = structuredClone(figure);
  const svg = await (await plotly()).toImage(
    { data, layout: { ...layout, width, height } },
    { format: "svg", imageDataOnly: true, width, height },
  );
  return svg.replace(/^data:image\/svg\+xml,/, "");
}

/**
 * A figure as a PNG file's bytes, without a browser, set in Gothic A1; the few characters that it lacks (Chinese ones, emoji)
 * come from the system's fonts, where there are any.
 *
 * @param size.scale picture pixels for each CSS pixel, 1 by default; 2 is sharp on every screen
 * @throws as {@link figureSvg}
 * @example
 * ```ts
 * await Deno.writeFile("genres.png", await figurePng(genreDistribution(songRows(songs)), { scale: 2 }));
 * ```
 */
export async function figurePng(
  figure: Figure,
  size: PictureSize & { scale?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { scale = 1 } = size;
  if (!(scale > 0 && scale <= 8)) {
    throw new RangeError(`scale is ${scale}; it must be above 0 and at most 8.`);
  }
  // The stack of faces is for browsers; of two that stand on this machine resvg would take another than was measured.
  const svg = (await figureSvg(figure, size)).replaceAll(/font-family:[^;"]*;?/g, "");
  const { Resvg } = await import("@resvg/resvg-js");
  const { has } = await typeface();
  const { pixels, width, height } = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    background: "#FFFFFF",
    font: {
      loadSystemFonts: [...new Set(svg)].some((character) => character > "~" && !has(character)),
      fontFiles: [typefacePath()],
      defaultFontFamily: typefaceFamily,
    },
  }).render();
  return encodePng(pixels, width, height);
}

/** The one function of Plotly that is needed here. */
interface Plotly {
  toImage(figure: object, options: object): Promise<string>;
}

let loaded: Promise<Plotly> | undefined;

/** Plotly in a document of its own, loaded once. */
export const plotly = (): Promise<Plotly> => loaded ??= loadPlotly();

async function loadPlotly(): Promise<Plotly> {
  const { JSDOM } = await import("jsdom");
  const { window } = new JSDOM("<!doctype html><body></body>", {
    runScripts: "outside-only",
    pretendToBeVisual: true,
  });
  const face = await typeface();
  const svg = window.SVGElement.prototype;
  svg.getBBox = function (this: DomElement) {
    return rectangle(boxOf(this, face));
  };
  svg.getBoundingClientRect = function (this: DomElement) {
    return rectangle(toPage(this, boxOf(this, face)));
  };
  svg.getComputedTextLength = function (this: DomElement) {
    return textWidth(this, face);
  };
  window.HTMLCanvasElement.prototype.getContext = function (this: DomCanvas, kind: string) {
    return kind === "2d" ? rectanglesOf(this) : null;
  };
  window.HTMLCanvasElement.prototype.toDataURL = function (this: DomCanvas) {
    return rectanglesOf(this).dataUrl();
  };
  // Maps make their worker while they load.
  window.URL.createObjectURL = () => "";
  window.TextDecoder = TextDecoder;
  window.eval(await Deno.readTextFile(plotlyPath()));
  return window.Plotly;
}

/** The file of plotly.js, one script for browsers. */
export const plotlyPath = (): string => createRequire(import.meta.url).resolve("plotly.js-dist");

// Heatmaps are painted on a canvas, which becomes an <image>. Of a canvas they use rectangles only (where cells have gaps): these
// are kept as an SVG, which stays sharp at any scale and needs no native canvas.

interface Rectangles {
  fillStyle: string;
  fillRect(x: number, y: number, width: number, height: number): void;
  dataUrl(): string;
}

const canvases = new WeakMap<object, Rectangles>();

function rectanglesOf(canvas: DomCanvas): Rectangles {
  let rectangles = canvases.get(canvas);
  if (rectangles === undefined) {
    const drawn: string[] = [];
    rectangles = {
      fillStyle: "#000",
      fillRect(x, y, width, height) {
        if (width <= 0 || height <= 0) return;
        drawn.push(`<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${this.fillStyle}"/>`);
      },
      dataUrl: () =>
        "data:image/svg+xml;base64," + btoa(
          `<svg xmlns="http://www.w3.org/2000/svg" width="${canvas.width}" height="${canvas.height}" ` +
            `shape-rendering="crispEdges">${drawn.join("")}</svg>`,
        ),
    };
    canvases.set(canvas, rectangles);
  }
  return rectangles;
}

// What a browser's layout would answer, for the elements whose size Plotly asks for: texts, and groups of them.

/** What is used here of jsdom's elements: their types would need TypeScript's `dom` library, which contradicts Deno's own. */
interface DomNode {
  readonly nodeType: number;
  readonly textContent: string | null;
}
interface DomElement extends DomNode {
  readonly tagName: string;
  readonly style?: { display: string; fontSize: string; textAnchor?: string };
  readonly parentElement: DomElement | null;
  readonly children: Iterable<DomElement>;
  readonly childNodes: Iterable<DomNode>;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<DomElement>;
}
interface DomCanvas {
  readonly width: number;
  readonly height: number;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const emptyBox: Box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };

const isEmpty = (box: Box): boolean => box.left > box.right;

const union = (a: Box, b: Box): Box => ({
  left: Math.min(a.left, b.left),
  top: Math.min(a.top, b.top),
  right: Math.max(a.right, b.right),
  bottom: Math.max(a.bottom, b.bottom),
});

/** As the DOM gives a rectangle; an empty one is a point at the origin. */
function rectangle(box: Box): Record<string, number> {
  const { left, top, right, bottom } = isEmpty(box) ? { left: 0, top: 0, right: 0, bottom: 0 } : box;
  return { x: left, y: top, left, top, right, bottom, width: right - left, height: bottom - top };
}

/** The box of an element in its own coordinates. */
function boxOf(element: DomElement, face: Typeface): Box {
  if (element.style?.display === "none") return emptyBox;
  const number = (name: string) => parseFloat(element.getAttribute(name) ?? "0") || 0;
  switch (element.tagName.toLowerCase()) {
    case "text":
    case "tspan":
      return textBox(element, face);
    case "rect":
    case "image": {
      const [x, y] = [number("x"), number("y")];
      return { left: x, top: y, right: x + number("width"), bottom: y + number("height") };
    }
    case "g":
    case "svg":
    case "a":
      return [...element.children]
        .map((child) => transformed(boxOf(child, face), transformOf(child)))
        .reduce((all, box) => isEmpty(box) ? all : union(all, box), emptyBox);
    default:
      return emptyBox;
  }
}

/** Em between the baselines of two lines, as Plotly sets them. */
const lineHeight = 1.3;

function textBox(text: DomElement, face: Typeface): Box {
  const lines = [...text.querySelectorAll("tspan.line")];
  const size = fontSize(text);
  const x = parseFloat(text.getAttribute("x") ?? "0") || 0;
  const shift = text.getAttribute("dy") ?? "0";
  const baseline = (parseFloat(text.getAttribute("y") ?? "0") || 0) +
    (parseFloat(shift) || 0) * (shift.endsWith("em") ? size : 1);
  const width = lines.length === 0
    ? textWidth(text, face)
    : lines.reduce((widest, line) => Math.max(widest, textWidth(line, face)), 0);
  if (width === 0) return emptyBox;
  const anchor = textAnchor(text);
  const left = x - (anchor === "middle" ? width / 2 : anchor === "end" ? width : 0);
  return {
    left,
    right: left + width,
    top: baseline - size * face.ascent,
    bottom: baseline + size * (face.descent + lineHeight * Math.max(0, lines.length - 1)),
  };
}

function textWidth(element: DomElement, face: Typeface): number {
  let width = 0;
  for (const node of element.childNodes) {
    if (node.nodeType === 3) {
      const size = fontSize(element);
      // Plotly sets a zero-width space before subscripts.
      for (const character of node.textContent ?? "") {
        if (character !== "\u200b") width += size * face.advance(character);
      }
    } else if (node.nodeType === 1) width += textWidth(node as DomElement, face);
  }
  return width;
}

function fontSize(element: DomElement): number {
  const size = element.style?.fontSize || element.getAttribute("font-size") || "";
  const parent = element.parentElement;
  if (size === "") return parent === null ? 12 : fontSize(parent);
  const value = parseFloat(size);
  if (size.endsWith("%")) return (parent === null ? 12 : fontSize(parent)) * value / 100;
  return value || 12;
}

function textAnchor(element: DomElement): string {
  for (let at: DomElement | null = element; at !== null; at = at.parentElement) {
    const value = at.style?.textAnchor || at.getAttribute("text-anchor");
    if (value) return value;
  }
  return "";
}

/** An affine map: x' = a x + c y + e, y' = b x + d y + f. */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

const times = (m: Matrix, n: Matrix): Matrix => [
  m[0] * n[0] + m[2] * n[1],
  m[1] * n[0] + m[3] * n[1],
  m[0] * n[2] + m[2] * n[3],
  m[1] * n[2] + m[3] * n[3],
  m[0] * n[4] + m[2] * n[5] + m[4],
  m[1] * n[4] + m[3] * n[5] + m[5],
];

/** An element's own `transform` attribute. */
function transformOf(element: DomElement): Matrix {
  let matrix: Matrix = [1, 0, 0, 1, 0, 0];
  for (const [, name, list] of (element.getAttribute("transform") ?? "").matchAll(/(\w+)\s*\(([^)]*)\)/g)) {
    const [p = 0, q, r = 0, s = 1, t = 0, u = 0] = list!.trim().split(/[\s,]+/).map(Number);
    if (name === "translate") matrix = times(matrix, [1, 0, 0, 1, p, q ?? 0]);
    else if (name === "scale") matrix = times(matrix, [p, 0, 0, q ?? p, 0, 0]);
    else if (name === "matrix") matrix = times(matrix, [p, q ?? 0, r, s, t, u]);
    else if (name === "rotate") {
      const [sin, cos] = [Math.sin(p * Math.PI / 180), Math.cos(p * Math.PI / 180)];
      const [x, y] = [q ?? 0, r];
      matrix = times(matrix, [cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y]);
    }
  }
  return matrix;
}

function transformed(box: Box, [a, b, c, d, e, f]: Matrix): Box {
  if (isEmpty(box)) return box;
  const corners = [box.left, box.right].flatMap((x) =>
    [box.top, box.bottom].map((y) => [a * x + c * y + e, b * x + d * y + f] as const)
  );
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/** A box of an element's coordinates in the page's. */
function toPage(element: DomElement, box: Box): Box {
  for (let at: DomElement | null = element; at !== null; at = at.parentElement) {
    box = transformed(box, transformOf(at));
  }
  return box;
}

/** Figures as pictures inside the page. */
import { figureAlt, figurePng, pictureSize } from "../../lib/notebook/mod.ts";
import type { Figure } from "../../lib/plots/mod.ts";
import { Html, markup } from "./html.ts";

/** A figure as a picture that the page carries, with a sentence below it. */
export type Picture = (figure: Figure, caption?: string) => Promise<Html>;

/** Draws a figure: the bytes of a PNG. */
export type Draw = (figure: Figure) => Promise<Uint8Array>;

/** Two picture pixels for each CSS pixel: sharp on a projector and on paper, some 40 kB a figure. */
export const drawSharp: Draw = (figure) => figurePng(figure, { scale: 2 });

/** Pictures drawn by a function. */
export const picturesBy = (draw: Draw): Picture => async (figure, caption) => {
  const { width, height } = pictureSize(figure);
  const png = (await draw(figure)).toBase64();
  const below = caption === undefined ? null : markup`<figcaption>${caption}</figcaption>`;
  return markup`<figure><img src="data:image/png;base64,${new Html(
    png,
  )}" width="${width}" height="${height}" alt="${figureAlt(figure)}">${below}</figure>`;
};

/** Figures as pictures inside the page. */
import { figureTitle } from "../../lib/notebook/live_figure.ts";
import { figurePng, pictureSize } from "../../lib/notebook/picture.ts";
import type { Figure } from "../../lib/plots/mod.ts";
import { Html, markup } from "./html.ts";

/** Picture pixels for each CSS pixel: sharp on a projector and on paper, some 40 kB a figure. */
const SCALE = 2;

/** A figure as a picture that the page carries. @param caption a sentence below it */
export async function picture(figure: Figure, caption?: string): Promise<Html> {
  const { width, height } = pictureSize(figure);
  const png = (await figurePng(figure, { scale: SCALE })).toBase64();
  const below = caption === undefined ? null : markup`<figcaption>${caption}</figcaption>`;
  return markup`<figure><img src="data:image/png;base64,${new Html(
    png,
  )}" width="${width}" height="${height}" alt="${figureTitle(figure)}">${below}</figure>`;
}

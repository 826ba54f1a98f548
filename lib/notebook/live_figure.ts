/**
 * A figure in a notebook: a picture that shows everywhere, and where scripts may run (a trusted notebook in JupyterLab, VS
 * Code, an exported page) the live Plotly figure in its place.
 *
 * plotly.js (10 MB, packed 2.6 MB) stands once in a notebook: in the first figure shown. Figures wait for it in whatever order a page
 * meets them, and stay pictures where it never comes.
 */
import { gzipSync } from "node:zlib";
import type { Figure } from "../plots/mod.ts";
import { figureAlt } from "./figure_text.ts";
import { plotlyPath } from "./picture.ts";
import { escapeHtml } from "./table.ts";

/**
 * The HTML of a figure: its picture, and the script that puts the live figure in its place.
 *
 * @param options.png base64
 * @param options.plotly {@link packedPlotly} in one figure of a page, `null` in the others
 */
export function liveFigureHtml(
  figure: Figure,
  options: { png: string; width: number; height: number; plotly: string | null },
): string {
  const { png, width, height, plotly } = options;
  const name = `figure-${crypto.randomUUID()}`;
  const call = [inScript(name), inScript({ ...figure, height }), inScript(plotly)];
  return `<div class="${name}" style="max-width: ${width}px">` +
    `<img src="data:image/png;base64,${png}" width="${width}" style="max-width: 100%; height: auto" ` +
    `alt="${escapeHtml(figureAlt(figure))}"></div>\n` +
    `<script>(${drawLive})(${call.join(", ")});</script>`;
}

/** A value as JavaScript that is safe inside a <script>. */
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");

let packed: string | undefined;

/** plotly.js, gzipped and in base64. */
export const packedPlotly = (): string =>
  packed ??= gzipSync(Deno.readFileSync(plotlyPath()), { level: 9 }).toString("base64");

/** Runs in the page. Plain JavaScript, as text, since it is no part of this process. */
const drawLive = String.raw`(name, figure, packed) => {
  const page = globalThis.plotlyOfNotebook ??= (() => {
    let arrived;
    return { plotly: new Promise((resolve) => arrived = resolve), arrived, loading: false };
  })();
  if (packed !== null && !page.loading) {
    page.loading = true;
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text().then((source) => {
      const script = document.createElement("script");
      script.textContent = "{ const module = { exports: {} };\n" + source +
        "\nglobalThis.plotlyOfNotebook.arrived(module.exports); }";
      document.head.append(script);
      script.remove();
    });
  }
  page.plotly.then((Plotly) => {
    const draw = async (holder) => {
      const picture = holder.querySelector("img");
      const place = document.createElement("div");
      place.style.height = figure.height + "px";
      holder.prepend(place);
      try {
        const layout = { ...figure.layout, autosize: true, height: figure.height };
        delete layout.width;
        // no button that would send the figure somewhere
        const config = { responsive: true, displaylogo: false, showSendToCloud: false };
        await Plotly.newPlot(place, figure.data, layout, config);
        picture.style.display = "none";
      } catch (error) {
        place.remove();
        console.error(error);
      }
    };
    // A figure measures its place, so it waits until it has one on the screen.
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        draw(target);
      }
    });
    for (const holder of document.querySelectorAll("." + name + ":not([data-live])")) {
      holder.dataset.live = "";
      seen.observe(holder);
    }
  });
}`;

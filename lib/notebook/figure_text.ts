/** What a figure says, as text: for its title, and for those who do not see it. */
import type { Data } from "plotly.js-dist";
import { grouped } from "../ground/mod.ts";
import type { Figure } from "../plots/mod.ts";

/** A text of a figure as it is read: no markup, no line breaks. */
const plainText = (text: string): string =>
  text.replaceAll(/<br\s*\/?>/g, " ").replaceAll(/<[^>]*>/g, " ").replaceAll("&lt;", "<").replaceAll(
    "&gt;",
    ">",
  )
    .replaceAll("&amp;", "&").replaceAll(/\s+/g, " ").trim();

interface Title {
  text?: string;
  subtitle?: { text?: string };
}

const titleOf = (figure: Figure): Title => {
  const title = figure.layout.title as Title | string | undefined;
  return typeof title === "string" ? { text: title } : title ?? {};
};

/** A figure's title as plain text. */
export const figureTitle = (figure: Figure): string => plainText(titleOf(figure).text ?? "Plotly");

/** Bars, or curves, that a text names; more of them nobody listens to. */
const mostNamed = 6;

/**
 * A figure in words, as an `alt` text: its title, the facts below it, and what its bars show, the first of each series with their
 * numbers.
 *
 * @example
 * ```ts
 * figureAlt(genreDistribution(songRows(songs))); // "장르 분포 · Genre distribution: 1,556곡 · songs. 발라드 490 (31.5%), 댄스 301 (19.3%) …"
 * ```
 */
export function figureAlt(figure: Figure): string {
  const facts = titleOf(figure).subtitle?.text;
  const head = [figureTitle(figure), ...(facts === undefined ? [] : [plainText(facts)])].join(": ");
  const notes = figure.data.length > 0
    ? []
    : (figure.layout.annotations ?? []).map(({ text }) => plainText(text ?? ""));
  const series = figure.data.flatMap((trace) => inWords(trace, figure) ?? []);
  return [head, ...notes, ...series].join(". ");
}

/** A series in words; `null` of one that is no bars, or has nothing to tell. */
function inWords(trace: Data, { data, layout }: Figure): string | null {
  const { type, orientation, x, y, text, name } = trace as {
    type?: string;
    orientation?: string;
    x?: ArrayLike<unknown>;
    y?: ArrayLike<unknown>;
    text?: unknown;
    name?: string;
  };
  if (type !== "bar" || x === undefined || y === undefined) return null;
  const upright = orientation !== "h";
  const [names, values] = upright ? [x, y] : [y, x];
  const axis = upright ? layout.xaxis : layout.yaxis, scale = upright ? layout.yaxis : layout.xaxis;
  // bars over a numbered axis with no names of its own are a histogram: it has its facts
  const ticks = new Map(
    (axis?.tickvals as unknown[] | undefined)?.map((at, i) => [at, String(axis!.ticktext![i])]),
  );
  if (typeof names[0] === "number" && ticks.size === 0) return null;
  const share = typeof scale?.tickformat === "string" && scale.tickformat.includes("%");
  const written = Array.isArray(text) && text.length === names.length && !share ? text : null;
  const told = Array.from({ length: Math.min(names.length, mostNamed) }, (_, i) => {
    const value = Number(values[i]);
    const number = written?.[i] ?? (share ? `${(100 * value).toFixed(1)}%` : grouped(value));
    return `${plainText(ticks.get(names[i]) ?? String(names[i]))} ${number}`;
  });
  if (told.length === 0) return null;
  const several = data.filter((other) => (other as { type?: string }).type === "bar").length > 1;
  return (several && name ? `${plainText(name)}: ` : "") + told.join(", ") +
    (names.length > mostNamed ? ` … (${names.length})` : "");
}

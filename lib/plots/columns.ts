/** The figure of what each part of the table adds. */
import type { Data } from "plotly.js-dist";
import type { Estimate } from "../ground/pure.ts";
import {
  both,
  emptyFigure,
  errorBars,
  type Figure,
  figureOf,
  heightFor,
  labelledRows,
  legendAbove,
  needEstimate,
  needFinite,
  paletteColours,
  plain,
  roleColours,
} from "./figure.ts";

/** A part of a model, and what the model loses without it. */
export interface Contribution {
  readonly name: string;
  /** Accuracy with the part minus accuracy without it, as a share (0.05 is 5 points); negative where it harms. */
  readonly adds: Estimate;
}

/**
 * What each part adds to a model, found by leaving it out: a bar a part with its interval, one colour a model, the
 * largest on top.
 *
 * @param models by name, each with its parts
 * @throws RangeError when a number is not finite or outside its interval
 * @example
 * ```ts
 * contributions({
 *   "모든 열 · all columns": [{ name: "가수 · artist", adds: { value: 0.09, low: 0.05, high: 0.13 } }],
 * });
 * ```
 */
export function contributions(models: Readonly<Record<string, readonly Contribution[]>>): Figure {
  const rows = Object.entries(models).flatMap(([model, parts], group) =>
    parts.toSorted((a, b) => b.adds.value - a.adds.value).map((part) => ({ ...part, model, group }))
  );
  const title = ["각 부분의 몫", "What each part adds"] as const;
  if (rows.length === 0) return emptyFigure(title, ["측정한 부분이 없습니다", "no part was measured"]);
  for (const { name, adds } of rows) {
    needEstimate("contributions", `what "${name}" adds`, adds, needFinite);
  }
  const numbered = rows.map((row, y) => ({ ...row, y }));
  const points = (share: number) => {
    const size = Math.abs(100 * share).toFixed(1);
    return Number(size) === 0 ? size : `${share < 0 ? "−" : "+"}${size}`;
  };
  const data = Object.keys(models).map((model, group): Data => {
    const own = numbered.filter((row) => row.group === group);
    return {
      type: "bar",
      orientation: "h",
      name: plain(model),
      y: own.map(({ y }) => y),
      x: own.map(({ adds }) => 100 * adds.value),
      marker: { color: paletteColours[group % paletteColours.length]! },
      customdata: own.map(({ name }) => plain(name)),
      hovertemplate: "%{customdata}: %{x:+.1f}<extra></extra>",
      error_x: { ...errorBars(own.map(({ adds }) => adds), 100), color: roleColours.text },
    };
  });
  return figureOf(
    title,
    "빼면 잃는 정확도, 가는 선은 95% 구간 · accuracy lost without it, thin lines: 95% intervals",
    data,
    {
      xaxis: {
        title: { text: both("정확도, 점", "accuracy, points") },
        zeroline: true,
        zerolinecolor: roleColours.faint,
      },
      yaxis: labelledRows(numbered.map(({ name }) => plain(name))),
      ...legendAbove({ r: 70 }),
      ...heightFor(rows.length, 38),
      annotations: numbered.map(({ y, adds }) => ({
        xref: "paper",
        x: 1,
        xanchor: "left",
        xshift: 10,
        y,
        showarrow: false,
        text: points(adds.value),
      })),
    },
  );
}

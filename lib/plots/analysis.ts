/** Figures that look closer at a model: how sure it is, whom it fails, what more songs would bring. */
import type { Data } from "plotly.js-dist";
import { type Estimate, grouped } from "../ground/pure.ts";
import {
  both,
  dottedLine,
  emptyFigure,
  errorBars,
  type Figure,
  figureOf,
  heightFor,
  labelledRows,
  legendAbove,
  legendBelow,
  needEstimate,
  needShare,
  paletteColours,
  percent,
  plain,
  roleColours,
  shareAxis,
} from "./figure.ts";

/** Some examples' mean confidence and accuracy: `calibrateSongs(…)` of lib/trials has them. */
export interface ReliabilitySeries {
  readonly name: string;
  /** Expected calibration error, 0 to 1. */
  readonly error: number;
  readonly bins: readonly {
    readonly count: number;
    readonly confidence: number;
    readonly accuracy: number;
  }[];
}

/**
 * Accuracy over confidence, one line a series; on the diagonal a model is right as often as it is sure. The larger a dot, the
 * more songs.
 *
 * @throws RangeError when a number is no share from 0 to 1
 * @example
 * ```ts
 * reliability([{ name: "그대로 · as it is", error: 0.1, bins: [{ count: 20, confidence: 0.7, accuracy: 0.6 }] }]);
 * ```
 */
export function reliability(series: readonly ReliabilitySeries[]): Figure {
  const title = ["신뢰도", "Reliability"] as const;
  if (series.every(({ bins }) => bins.every(({ count }) => count === 0))) {
    return emptyFigure(title, ["측정한 곡이 없습니다", "no song was measured"]);
  }
  const data = series.map(({ name, error, bins }, index): Data => {
    const filled = bins.filter(({ count }) => count > 0);
    for (const { confidence, accuracy } of filled) {
      needShare("reliability", `a confidence of "${name}"`, confidence);
      needShare("reliability", `an accuracy of "${name}"`, accuracy);
    }
    const total = filled.reduce((sum, { count }) => sum + count, 0);
    return {
      type: "scatter",
      mode: "lines+markers",
      name: `${plain(name)}, ECE ${percent(error)}`,
      x: filled.map(({ confidence }) => confidence),
      y: filled.map(({ accuracy }) => accuracy),
      cliponaxis: false,
      customdata: filled.map(({ count }) => count),
      hovertemplate: "%{x:.0%} → %{y:.0%}, %{customdata} songs",
      line: { color: paletteColours[index % paletteColours.length], width: 1.5 },
      // the area is the share of songs
      marker: { size: filled.map(({ count }) => 6 + 34 * Math.sqrt(count / total)), opacity: 0.75 },
    };
  });
  return figureOf(
    title,
    "점의 크기는 곡 수 · dots: number of songs; 선 아래는 과신 · below the diagonal: too sure",
    [{
      type: "scatter",
      mode: "lines",
      name: both("완벽한 보정", "perfect"),
      x: [0, 1],
      y: [0, 1],
      line: { color: roleColours.background, width: 1, dash: "dot" },
      hoverinfo: "skip",
    }, ...data],
    {
      xaxis: shareAxis("확신", "Confidence"),
      yaxis: shareAxis("정확도", "Accuracy"),
      ...legendBelow(),
    },
  );
}

/** A group of songs with an accuracy and its interval. */
export interface AccuracyGroup {
  readonly group: string;
  readonly count: number;
  /** 0 to 1. */
  readonly accuracy: Estimate;
}

/**
 * Accuracy of groups of songs with 95% intervals, in sections (by decade, by length…), and a line at the accuracy of all.
 *
 * @param sections groups by the section's name
 * @param overall accuracy of all songs, 0 to 1
 * @throws RangeError when an accuracy does not lie in its interval
 */
export function groupAccuracy(
  sections: Readonly<Record<string, readonly AccuracyGroup[]>>,
  overall: number,
): Figure {
  const rows = Object.entries(sections).flatMap(([section, groups], index) =>
    groups.map((group) => ({ ...group, section, index }))
  );
  const title = ["집단별 정확도", "Accuracy by group"] as const;
  if (rows.length === 0) return emptyFigure(title, ["측정한 곡이 없습니다", "no song was measured"]);
  needShare("groupAccuracy", "the accuracy of all songs", overall);
  for (const { group, accuracy } of rows) needEstimate("groupAccuracy", `accuracy of ${group}`, accuracy);
  // an empty row parts the sections
  const places = rows.map(({ index }, i) => i + index * 0.8);
  const names = Object.keys(sections);
  return figureOf(
    title,
    `점선은 전체 ${percent(overall)} · dotted: all songs; 선은 95% 구간 · lines: 95% intervals`,
    names.flatMap((section, index): Data[] => {
      const own = rows.map((row, i) => ({ ...row, place: places[i]! })).filter((row) =>
        row.section === section
      );
      if (own.length === 0) return [];
      return [{
        type: "scatter",
        mode: "markers",
        name: plain(section),
        x: own.map(({ accuracy }) => accuracy.value),
        y: own.map(({ place }) => place),
        cliponaxis: false,
        marker: { size: 10, color: paletteColours[index % paletteColours.length] },
        customdata: own.map(({ group, count }) => `${plain(group)}, ${grouped(count)} songs`),
        hovertemplate: "%{customdata}: %{x:.1%}<extra></extra>",
        error_x: errorBars(own.map(({ accuracy }) => accuracy)),
      }];
    }),
    {
      xaxis: shareAxis("곡별 정확도", "Accuracy per song"),
      yaxis: labelledRows(rows.map(({ group, count }) => `${plain(group)} (${grouped(count)})`), places),
      ...legendAbove(),
      ...heightFor(rows.length + names.length, 30),
      shapes: [dottedLine(overall)],
    },
  );
}

/**
 * Accuracy of several methods in the same groups of songs (artists with one song, with many…), with 95% intervals.
 *
 * @param methods each with its groups, in one order; a group's name may have several lines
 * @throws RangeError when an accuracy does not lie in its interval
 */
export function methodsByGroup(
  methods: readonly { readonly name: string; readonly groups: readonly AccuracyGroup[] }[],
  options: { title: readonly [korean: string, english: string]; facts?: string },
): Figure {
  const first = methods[0]?.groups ?? [];
  if (first.length === 0) return emptyFigure(options.title, ["측정한 곡이 없습니다", "no song was measured"]);
  return figureOf(
    options.title,
    options.facts,
    methods.map(({ name, groups }, index): Data => {
      for (const { group, accuracy } of groups) {
        needEstimate("methodsByGroup", `accuracy of "${name}", ${group},`, accuracy);
      }
      return {
        type: "scatter",
        mode: "markers",
        name: plain(name),
        // side by side within the group
        x: groups.map((_, i) => i + (index - (methods.length - 1) / 2) * 0.14),
        y: groups.map(({ accuracy }) => accuracy.value),
        cliponaxis: false,
        marker: { size: 10, color: paletteColours[index % paletteColours.length] },
        hovertemplate: "%{y:.1%}",
        error_y: errorBars(groups.map(({ accuracy }) => accuracy)),
      };
    }),
    {
      xaxis: {
        ticks: "",
        showgrid: false,
        range: [-0.5, first.length - 0.5],
        tickvals: first.map((_, i) => i),
        tickangle: 0,
        ticktext: first.map(({ group, count }) =>
          `${plain(group).replaceAll("\n", "<br>")}<br>(${grouped(count)})`
        ),
      },
      yaxis: shareAxis("곡별 정확도", "Accuracy per song"),
      ...legendBelow(110),
    },
  );
}

/** A method's accuracy by the number of training songs: `learningCurves(…)` of lib/trials. */
export interface LearningSeries {
  readonly method: string;
  readonly points: readonly { readonly songs: number; readonly accuracy: Estimate }[];
  /** Numbers of training songs of which nothing could be learnt, for they have one genre only. */
  readonly leftOut?: readonly number[];
}

/**
 * Accuracy over the number of training songs, on a logarithmic axis: where a curve still rises, more songs would help.
 *
 * @throws RangeError when an accuracy does not lie in its interval
 */
export function learningCurve(curves: readonly LearningSeries[]): Figure {
  const drawn = curves.filter(({ points }) => points.length > 0);
  const title = ["학습 곡 수에 따른 정확도", "Accuracy over training songs"] as const;
  const leftOut = [...new Set(curves.flatMap(({ leftOut = [] }) => leftOut))].sort((a, b) => a - b);
  const oneGenre = leftOut.length === 0 ? [] : [
    `장르가 하나뿐이라 뺀 크기 · left out, for they have one genre only: ${leftOut.map(grouped).join(", ")}`,
  ];
  if (drawn.length === 0) {
    return emptyFigure(title, ["배울 수 있는 크기가 없습니다", "no size could be learnt"], oneGenre[0]);
  }
  const sizes = [...new Set(drawn.flatMap(({ points }) => points.map(({ songs }) => songs)))]
    .sort((a, b) => a - b);
  return figureOf(
    title,
    ["선은 95% 구간 · lines: 95% intervals", ...oneGenre].join(" · "),
    drawn.map(({ method, points }, index): Data => {
      for (const { songs, accuracy } of points) {
        needEstimate("learningCurve", `accuracy of "${method}", ${songs} songs,`, accuracy);
      }
      const color = paletteColours[index % paletteColours.length];
      return {
        type: "scatter",
        mode: "lines+markers",
        name: plain(method),
        // curves at the same sizes stand a little apart, so that intervals do not cover each other
        x: points.map(({ songs }) => songs * (1 + index * 0.015)),
        y: points.map(({ accuracy }) => accuracy.value),
        line: { color, width: 2 },
        marker: { color, size: 9 },
        cliponaxis: false,
        customdata: points.map(({ songs }) => songs),
        hovertemplate: "%{customdata:,} songs: %{y:.1%}",
        error_y: errorBars(points.map(({ accuracy }) => accuracy)),
      };
    }),
    {
      xaxis: {
        type: "log",
        title: { text: both("학습 곡 수, 로그 축", "training songs, logarithmic axis") },
        tickvals: sizes,
        ticktext: sizes.map(grouped),
        // a single size, too, has its place, and not the whole axis
        range: [Math.log10(sizes[0]! * 0.8), Math.log10(sizes.at(-1)! * 1.25)],
      },
      yaxis: shareAxis("곡별 정확도", "Accuracy per song"),
      ...legendBelow(),
    },
  );
}

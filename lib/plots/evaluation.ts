/** Figures of how well a model does. They take what lib/evaluation and lib/trials return, or any objects with the same fields. */
import type { Data } from "plotly.js-dist";
import { type Estimate, grouped } from "../ground/pure.ts";
import {
  both,
  dottedLine,
  emptyFigure,
  errorBars,
  type Figure,
  figureOf,
  gatheredName,
  heightFor,
  labelledRows,
  legendAbove,
  legendBelow,
  namedAxis,
  needEstimate,
  needFinite,
  needShare,
  paletteColours,
  percent,
  plain,
  roleColours,
  shareAxis,
  shareTable,
  shownAndGathered,
} from "./figure.ts";

/**
 * Which genres are taken for which: rows are the true genres, columns the predicted ones. The number is the count, the colour
 * its share of the true genre's songs (the diagonal: recall). Of very many genres those with the most songs have a row and a column,
 * and one more gathers the rest.
 *
 * @param matrix.labels the genres' names, in the order of rows and columns
 * @param matrix.counts `counts[true][predicted]`, numbers of songs (not shares)
 * @throws RangeError when the matrix is not square, or holds negative or infinite numbers
 * @example
 * ```ts
 * confusionMatrix({ labels: ["발라드", "댄스"], counts: [[8, 2], [1, 9]] });
 * ```
 */
export function confusionMatrix(
  matrix: {
    readonly labels: readonly (string | number)[];
    readonly counts: readonly (readonly number[])[];
  },
): Figure {
  const { labels, counts } = matrix;
  const title = ["혼동 행렬", "Confusion matrix"] as const;
  if (labels.length === 0) return emptyFigure(title, ["장르가 없습니다", "there are no genres"]);
  if (counts.length !== labels.length || counts.some((row) => row.length !== labels.length)) {
    const sizes = `${counts.length} rows of ${[...new Set(counts.map((row) => row.length))].join(", ")}`;
    throw new RangeError(
      `confusionMatrix: ${labels.length} labels but ${sizes}; give a row and a column for each label.`,
    );
  }
  counts.forEach((row, r) =>
    row.forEach((count, c) => {
      needFinite("confusionMatrix", `counts[${r}][${c}]`, count);
      if (count < 0) {
        throw new RangeError(`confusionMatrix: counts[${r}][${c}] is ${count}; it cannot be negative.`);
      }
    })
  );
  const sumOf = (row: readonly number[]) => row.reduce((sum, count) => sum + count, 0);
  const total = sumOf(counts.map(sumOf));
  const right = counts.reduce((sum, row, k) => sum + row[k]!, 0);
  const drawn = gatheredMatrix(labels.map(String), counts);
  const totals = drawn.counts.map(sumOf);
  const share = (r: number, c: number) => totals[r] === 0 ? 0 : drawn.counts[r]![c]! / totals[r]!;
  const small = drawn.names.length > 10;
  const names = drawn.names.map(plain);
  return figureOf(
    title,
    `정답 · right ${grouped(right)} / ${grouped(total)}${
      total === 0 ? "" : ` (${percent(right / total)})`
    }, ` +
      "색은 실제 장르 중 비율 · colour: share of the true genre",
    [shareTable({
      x: names,
      y: names,
      z: drawn.counts.map((row, r) => row.map((_, c) => share(r, c))),
      text: drawn.counts.map((row, r) =>
        row.map((count, c) => {
          if (count === 0) return "";
          return small ? grouped(count) : `${grouped(count)}<br>${percent(share(r, c), 0)}`;
        })
      ),
      customdata: drawn.counts.map((row) => [...row]),
      hovertemplate: "%{y} → %{x}: %{customdata:,d} (%{z:.1%})<extra></extra>",
    }, small ? 10 : 12)],
    {
      xaxis: namedAxis("예측", "Predicted"),
      ...heightFor(names.length, small ? 26 : 34),
      yaxis: { ...namedAxis("실제", "True"), autorange: "reversed" },
    },
  );
}

/** A matrix of counts whose genres with the fewest songs are gathered in a last row and column, where there are very many. */
function gatheredMatrix(
  labels: readonly string[],
  counts: readonly (readonly number[])[],
): { names: string[]; counts: number[][] } {
  const songs = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const { shown, gathered } = shownAndGathered(labels.map((_, k) => k).sort((a, b) => songs[b]! - songs[a]!));
  if (gathered.length === 0) return { names: [...labels], counts: counts.map((row) => [...row]) };
  const kept = shown.sort((a, b) => a - b);
  const groups = [...kept.map((k) => [k]), gathered];
  return {
    names: [...kept.map((k) => labels[k]!), gatheredName(gathered.length)],
    counts: groups.map((rows) =>
      groups.map((columns) =>
        rows.reduce((sum, r) => columns.reduce((sum, c) => sum + counts[r]![c]!, sum), 0)
      )
    ),
  };
}

/**
 * Precision, recall and F1 of each genre beside each other, in the order given, with the number of its songs. A genre without
 * songs here has no recall, and is left out; of very many genres those with the most songs are shown, and the mean of the rest.
 *
 * @param scores one object a genre: `classificationReport(…).perLabel`
 * @throws RangeError when a score is not a share from 0 to 1
 * @example
 * ```ts
 * perGenreScores([{ label: "발라드", precision: 0.8, recall: 0.7, f1: 0.75, support: 40 }]);
 * ```
 */
export function perGenreScores(
  scores: readonly {
    readonly label: string | number;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
    readonly support: number;
  }[],
): Figure {
  const title = ["장르별 점수", "Scores by genre"] as const;
  const fields = ["precision", "recall", "f1"] as const;
  for (const row of scores) {
    for (const field of fields) needShare("perGenreScores", `${field} of ${row.label}`, row[field]);
  }
  const present = scores.filter(({ support }) => support > 0);
  if (present.length === 0) return emptyFigure(title, ["장르가 있는 곡이 없습니다", "no song has a genre"]);
  const bySongs = present.map((_, i) => i).sort((a, b) => present[b]!.support - present[a]!.support);
  const { shown, gathered } = shownAndGathered(bySongs);
  const mean = (field: typeof fields[number], rows: readonly number[]) =>
    rows.reduce((sum, i) => sum + present[i]![field], 0) / rows.length;
  const rows = shown.sort((a, b) => a - b).map((i) => present[i]!);
  if (gathered.length > 0) {
    rows.push({
      label: gatheredName(gathered.length),
      precision: mean("precision", gathered),
      recall: mean("recall", gathered),
      f1: mean("f1", gathered),
      support: gathered.reduce((sum, i) => sum + present[i]!.support, 0),
    });
  }
  const names = {
    precision: both("정밀도", "precision"),
    recall: both("재현율", "recall"),
    f1: "F1",
  } as const;
  // Many genres stand below each other: names aslant or upright take the room of the bars.
  const many = rows.length > 10, between = many ? " " : "<br>";
  const labels = rows.map(({ label, support }) => `${plain(String(label))}${between}(${grouped(support)})`);
  const data = fields.map((field, index): Data => {
    return {
      type: "bar",
      name: names[field],
      ...(many
        ? { orientation: "h", y: labels, x: rows.map((row) => row[field]) }
        : { x: labels, y: rows.map((row) => row[field]) }),
      text: rows.map((row) => (row[field] * 100).toFixed(0)),
      textposition: "outside",
      textfont: { size: 11 },
      textangle: 0,
      cliponaxis: false,
      marker: { color: [paletteColours[4], paletteColours[3], paletteColours[0]][index] },
      hovertemplate: many ? "%{y}: %{x:.1%}" : "%{x}: %{y:.1%}",
    };
  });
  const scoreAxis = {
    title: { text: both("점수", "Score") },
    tickformat: ".0%",
    // room for the numbers of full bars
    range: [0, 1.1] as [number, number],
    dtick: 0.2,
  };
  const nameAxis = { ticks: "" as const, type: "category" as const, dtick: 1 };
  const absent = scores.length - present.length;
  return figureOf(
    title,
    [
      `macro-F1 ${percent(mean("f1", bySongs))}`,
      "괄호 안은 곡 수 · songs in brackets",
      ...(absent === 0 ? [] : [`곡이 없는 장르 ${absent}개 제외 · without ${absent} of no song here`]),
      ...(gathered.length === 0 ? [] : ["그 밖은 평균 · others: their mean"]),
    ].join(" · "),
    data,
    {
      bargap: 0.2,
      ...(many
        ? { xaxis: scoreAxis, yaxis: { ...nameAxis, autorange: "reversed" }, ...heightFor(rows.length, 38) }
        : { xaxis: nameAxis, yaxis: scoreAxis }),
      ...legendAbove(),
    },
  );
}

/** One bar pair of {@link modelComparison}. */
export interface ComparedModel {
  readonly name: string;
  /** 0 to 1, with its interval where there is one. */
  readonly accuracy: number | Estimate;
  readonly macroF1: number | Estimate;
  /** A baseline is drawn in grey, and the best one's accuracy as a line to compare with. */
  readonly baseline?: boolean;
}

/**
 * Accuracy and macro-F1 of models beside baselines, the best accuracy on top; error bars where estimates are given.
 *
 * @throws RangeError when a score is no share from 0 to 1, or does not lie in its interval
 * @example
 * ```ts
 * modelComparison([
 *   { name: "KoBERT", accuracy: { value: 0.71, low: 0.66, high: 0.76 }, macroF1: 0.62 },
 *   { name: "최다 장르 · majority", accuracy: 0.31, macroF1: 0.06, baseline: true },
 * ]);
 * ```
 */
export function modelComparison(models: readonly ComparedModel[]): Figure {
  const title = ["모델 비교", "Models compared"] as const;
  if (models.length === 0) return emptyFigure(title, ["모델이 없습니다", "there is no model"]);
  const bars = [
    { field: "accuracy", name: both("정확도", "accuracy"), color: paletteColours[0], grey: "#8C8C8C" },
    { field: "macroF1", name: "macro-F1", color: paletteColours[4], grey: "#C4C4C4" },
  ] as const;
  const estimated = (score: number | Estimate): Estimate =>
    typeof score === "number" ? { value: score, low: score, high: score } : score;
  const sorted = models.map((model) => ({
    ...model,
    accuracy: estimated(model.accuracy),
    macroF1: estimated(model.macroF1),
    intervals: { accuracy: typeof model.accuracy !== "number", macroF1: typeof model.macroF1 !== "number" },
  })).sort((a, b) => b.accuracy.value - a.accuracy.value);
  for (const model of sorted) {
    for (const { field } of bars) needEstimate("modelComparison", `${field} of ${model.name}`, model[field]);
  }
  // Equal names would be drawn on top of each other: rows are numbered and labelled by ticktext.
  const numbered = sorted.map((model, row) => ({ ...model, row }));
  const data = bars.flatMap(({ field, name, color, grey }): Data[] => {
    const trace = (models: typeof numbered, marker: string, showlegend: boolean): Data => ({
      type: "bar",
      orientation: "h",
      name,
      showlegend,
      legendgroup: field,
      offsetgroup: field,
      y: models.map((model) => model.row),
      x: models.map((model) => model[field].value),
      marker: { color: marker },
      customdata: models.map((model) => plain(model.name)),
      hovertemplate: "%{customdata}: %{x:.1%}",
      ...(models.some(({ intervals }) => intervals[field]) && {
        error_x: { ...errorBars(models.map((model) => model[field])), color: roleColours.text },
      }),
    });
    const baselines = numbered.filter((model) => model.baseline);
    const others = numbered.filter((model) => !model.baseline);
    return [
      ...(others.length > 0 ? [trace(others, color, true)] : []),
      ...(baselines.length > 0 ? [trace(baselines, grey, others.length === 0)] : []),
    ];
  });
  const bar = sorted.find((model) => model.baseline);
  const facts = [
    ...(bar === undefined
      ? []
      : [both("회색은 기준 모델, 점선은 그중 가장 나은 것", "baselines in grey, the best of them dotted")]),
    ...(sorted.some(({ intervals }) => intervals.accuracy || intervals.macroF1)
      ? [both("가는 선은 95% 구간", "thin lines: 95% intervals")]
      : []),
  ];
  return figureOf(title, facts.join(" · "), data, {
    xaxis: { ...shareAxis("점수", "Score"), range: [0, 1] },
    yaxis: labelledRows(sorted.map((model) => plain(model.name))),
    ...legendAbove({ r: 70 }),
    bargap: 0.28,
    ...heightFor(models.length, 46),
    // Beside the plot, where no error bar crosses them.
    annotations: sorted.flatMap((model, row) =>
      bars.map(({ field }, index) => ({
        xref: "paper" as const,
        x: 1,
        xanchor: "left" as const,
        xshift: 10,
        y: row + (index - 0.5) * 0.36,
        showarrow: false,
        text: percent(model[field].value),
      }))
    ),
    shapes: bar === undefined ? [] : [dottedLine(bar.accuracy.value, "#8C8C8C")],
  });
}

/** A curve of {@link alphaCurve}. */
export interface AlphaSeries {
  readonly name: string;
  readonly curve: readonly { readonly alpha: number; readonly accuracy: number }[];
  /** The α that was chosen, marked on the curve. */
  readonly alpha?: number;
}

/**
 * Accuracy over α, the weight of the artist beside the lyrics (0: lyrics alone), one line a form of the idea; the legend has the
 * chosen α.
 *
 * @param series curves by α, e.g. `fitAlpha(…)` of lib/trials with a name
 * @param options.songs what the accuracies were measured on, for the title; validation songs by default
 * @throws RangeError when an accuracy is no share from 0 to 1
 * @example
 * ```ts
 * alphaCurve([{ name: "가수 사전확률 · artist prior", curve: [{ alpha: 0, accuracy: 0.6 }], alpha: 0 }]);
 * ```
 */
export function alphaCurve(
  series: readonly AlphaSeries[],
  options: { songs?: "validation" | "test" } = {},
): Figure {
  const title = ["α에 따른 정확도", "Accuracy over α"] as const;
  if (series.every(({ curve }) => curve.length === 0)) {
    return emptyFigure(title, ["측정한 점이 없습니다", "nothing was measured"]);
  }
  for (const { name, curve } of series) {
    for (const { alpha, accuracy } of curve) {
      needFinite("alphaCurve", `an α of "${name}"`, alpha);
      needShare("alphaCurve", `accuracy of "${name}" at α = ${alpha}`, accuracy);
    }
  }
  const points = series.flatMap(({ curve }) => curve);
  const largest = points.reduce((most, { alpha }) => Math.max(most, alpha), 0) || 1;
  // curves that are level, as where no artist is known, are no reason for an axis beyond 0 and 100 %
  const least = points.reduce((least, { accuracy }) => Math.min(least, accuracy), 1);
  const most = points.reduce((most, { accuracy }) => Math.max(most, accuracy), 0);
  const margin = Math.max(0.02, 0.06 * (most - least));
  const [low, high] = [Math.max(-0.01, least - margin), Math.min(1.01, most + margin)];
  const data: Data[] = [];
  series.forEach(({ name, curve, alpha }, index) => {
    const points = curve.toSorted((a, b) => a.alpha - b.alpha);
    const color = paletteColours[index % paletteColours.length];
    const chosen = points.find((point) => point.alpha === alpha);
    if (points.length === 0) return;
    data.push({
      type: "scatter",
      // beside the point it would lie on the lines, or on another's label
      name: plain(name) + (chosen === undefined ? "" : `: α = ${chosen.alpha}, ${percent(chosen.accuracy)}`),
      legendgroup: String(index),
      x: points.map((point) => point.alpha),
      y: points.map((point) => point.accuracy),
      ...(points.length === 1 ? { mode: "markers", marker: { color } } : {
        mode: "lines",
        line: { color, width: 2, dash: (["solid", "dash", "dot", "dashdot"] as const)[index % 4] },
      }),
      hovertemplate: "α = %{x:.3~g}: %{y:.1%}",
    });
    if (chosen === undefined) return;
    data.push({
      type: "scatter",
      mode: "markers",
      legendgroup: String(index),
      showlegend: false,
      x: [chosen.alpha],
      y: [chosen.accuracy],
      marker: { color, size: 11, line: { color: "#FFFFFF", width: 1.5 } },
      hoverinfo: "skip",
    });
  });
  const songs = options.songs === "test"
    ? both("테스트 곡", "test songs")
    : both("검증 곡", "validation songs");
  return figureOf(title, `${songs} · 점은 고른 α · dots: the chosen α`, data, {
    xaxis: {
      title: { text: both("α, 가수의 비중", "weight of the artist") },
      range: [-0.02 * largest, 1.02 * largest],
    },
    yaxis: { title: { text: both("정확도", "Accuracy") }, tickformat: ".1~%", range: [low, high] },
    ...legendBelow(),
  });
}

/** The figure of what a model's accuracy costs. */
import type { Data } from "plotly.js-dist";
import type { Estimate } from "../ground/pure.ts";
import {
  both,
  emptyFigure,
  errorBars,
  type Figure,
  figureOf,
  needEstimate,
  needFinite,
  needShare,
  paletteColours,
  plain,
  roleColours,
} from "./figure.ts";

/** One point of {@link accuracyByCost}. */
export interface CostedModel {
  readonly name: string;
  /** Training time in seconds; 0 for a model that is not trained. */
  readonly seconds: number;
  /** 0 to 1. */
  readonly accuracy: Estimate;
  /** Accuracies of single trainings, where there are several. */
  readonly trainings?: readonly number[];
  /** A baseline is drawn in grey. */
  readonly baseline?: boolean;
}

/** Of baselines, which share a colour. */
const markerSymbols = ["diamond", "square", "triangle-up", "cross", "star"] as const;

/** The least time drawn: the axis is logarithmic, and a model that is not trained takes none. */
const leastSeconds = 0.1;

/**
 * Accuracy over training time, with its interval; single trainings as small dots.
 *
 * @throws RangeError when a time is negative, or an accuracy or bound is no share from 0 to 1
 * @example
 * ```ts
 * accuracyByCost([
 *   { name: "KoBERT", seconds: 18, accuracy: { value: 0.45, low: 0.38, high: 0.53 } },
 *   { name: "TF-IDF", seconds: 3, accuracy: { value: 0.6, low: 0.52, high: 0.68 }, baseline: true },
 * ]);
 * ```
 */
export function accuracyByCost(models: readonly CostedModel[]): Figure {
  const title = ["정확도와 비용", "Accuracy and its cost"] as const;
  if (models.length === 0) return emptyFigure(title, ["모델이 없습니다", "there is no model"]);
  for (const { name, seconds, accuracy, trainings = [] } of models) {
    needFinite("accuracyByCost", `seconds of ${name}`, seconds);
    if (seconds < 0) {
      throw new RangeError(`accuracyByCost: seconds of ${name} is ${seconds}; it cannot be negative.`);
    }
    needEstimate("accuracyByCost", `accuracy of ${name}`, accuracy);
    for (const value of trainings) needShare("accuracyByCost", `accuracy of ${name}`, value);
  }
  const timeOf = ({ seconds }: CostedModel) => Math.max(leastSeconds, seconds);
  const networks = models.filter(({ baseline }) => !baseline);
  const baselines = models.filter(({ baseline }) => baseline);
  const data = models.flatMap((model): Data[] => {
    const { name, accuracy, trainings = [], baseline } = model;
    const color = baseline
      ? roleColours.faint
      : paletteColours[networks.indexOf(model) % paletteColours.length];
    const symbol = baseline ? markerSymbols[baselines.indexOf(model) % markerSymbols.length] : "circle";
    const dots: Data = {
      type: "scatter",
      mode: "markers",
      showlegend: false,
      legendgroup: name,
      x: trainings.map(() => timeOf(model)),
      y: [...trainings],
      marker: { color, size: 5, opacity: 0.6 },
      hoverinfo: "skip",
    };
    return [{
      type: "scatter",
      mode: "markers",
      name: plain(name),
      legendgroup: name,
      x: [timeOf(model)],
      y: [accuracy.value],
      marker: { color, symbol, size: 11 },
      error_y: { ...errorBars([accuracy]), color, width: 4 },
      hovertemplate: "%{y:.1%}, %{x:.1f} s",
    }, ...(trainings.length > 1 ? [dots] : [])];
  });
  const single = models.some(({ trainings = [] }) => trainings.length > 1);
  return figureOf(
    title,
    both("세로선은 95% 구간", "vertical lines: 95% intervals") +
      (single ? ` · ${both("작은 점은 한 번의 학습", "small dots: single trainings")}` : ""),
    data,
    {
      xaxis: {
        title: { text: both("학습 시간 (초, 로그)", "training time (seconds, logarithmic)") },
        type: "log",
        dtick: 1,
      },
      yaxis: {
        title: { text: both("곡별 정확도", "accuracy per song") },
        tickformat: ".0%",
        rangemode: "tozero",
      },
      legend: { orientation: "v", x: 1.01, xanchor: "left", y: 1, yanchor: "top" },
    },
  );
}

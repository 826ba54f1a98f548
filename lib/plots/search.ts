/** The figure of what a model's accuracy costs. */
import type { Data } from "plotly.js-dist";
import {
  both,
  type Figure,
  needFinite,
  needShare,
  needSome,
  PALETTE,
  plain,
  ROLES,
  TEMPLATE,
  titleOf,
} from "./figure.ts";

/** One point of {@link accuracyByCost}. */
export interface CostedModel {
  readonly name: string;
  /** Training time in seconds; 0 for a model that is not trained. */
  readonly seconds: number;
  /** 0 to 1. */
  readonly accuracy: number;
  /** Lower and upper bound of the accuracy. */
  readonly interval: readonly [number, number];
  /** Accuracies of single trainings, where there are several. */
  readonly trainings?: readonly number[];
  /** A baseline is drawn in grey. */
  readonly baseline?: boolean;
}

/** The least time drawn: the axis is logarithmic, and a model that is not trained takes none. */
const LEAST_SECONDS = 0.1;

/**
 * Accuracy over training time, with its interval; single trainings as small dots.
 *
 * @throws RangeError when there is no model, a time is negative, or an accuracy or bound is no share from 0 to 1
 * @example
 * ```ts
 * accuracyByCost([
 *   { name: "KoBERT", seconds: 18, accuracy: 0.45, interval: [0.38, 0.53] },
 *   { name: "TF-IDF", seconds: 3, accuracy: 0.6, interval: [0.52, 0.68], baseline: true },
 * ]);
 * ```
 */
export function accuracyByCost(models: readonly CostedModel[]): Figure {
  needSome("accuracyByCost", "model", models);
  for (const { name, seconds, accuracy, interval, trainings = [] } of models) {
    needFinite("accuracyByCost", `seconds of ${name}`, seconds);
    if (seconds < 0) {
      throw new RangeError(`accuracyByCost: seconds of ${name} is ${seconds}; it cannot be negative.`);
    }
    for (const value of [accuracy, ...interval, ...trainings]) {
      needShare("accuracyByCost", `accuracy of ${name}`, value);
    }
  }
  const timeOf = ({ seconds }: CostedModel) => Math.max(LEAST_SECONDS, seconds);
  const baselineName = both("기준선", "baselines"), networkName = both("신경망", "networks");
  const data = [false, true].flatMap((baseline): Data[] => {
    const group = models.filter((model) => (model.baseline ?? false) === baseline);
    if (group.length === 0) return [];
    const color = baseline ? ROLES.faint : PALETTE[0];
    const dots = group.flatMap((model) =>
      (model.trainings ?? []).length < 2
        ? []
        : model.trainings!.map((accuracy) => ({ seconds: timeOf(model), accuracy }))
    );
    return [
      {
        type: "scatter",
        mode: "text+markers",
        name: baseline ? baselineName : networkName,
        x: group.map(timeOf),
        y: group.map(({ accuracy }) => accuracy),
        text: group.map(({ name }) => plain(name)),
        textposition: group.map((model) =>
          timeOf(model) < 1 ? "middle right" as const : "middle left" as const
        ),
        textfont: { color },
        marker: { color, size: 10, symbol: baseline ? "diamond" : "circle" },
        error_y: {
          type: "data",
          symmetric: false,
          array: group.map(({ accuracy, interval: [, high] }) => high - accuracy),
          arrayminus: group.map(({ accuracy, interval: [low] }) => accuracy - low),
          color,
          thickness: 1.2,
          width: 4,
        },
        hovertemplate: "%{text}: %{y:.1%}, %{x:.1f} s<extra></extra>",
      },
      ...(dots.length === 0 ? [] : [{
        type: "scatter" as const,
        mode: "markers" as const,
        name: both("한 번의 학습", "single trainings"),
        x: dots.map(({ seconds }) => seconds),
        y: dots.map(({ accuracy }) => accuracy),
        marker: { color, size: 5, opacity: 0.5 },
        hoverinfo: "skip" as const,
      }]),
    ];
  });
  return {
    data,
    layout: {
      template: TEMPLATE,
      ...titleOf(
        "정확도와 비용",
        "Accuracy and its cost",
        both("세로선은 95 % 구간", "vertical lines: 95 % intervals"),
      ),
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
      showlegend: false,
    },
  };
}

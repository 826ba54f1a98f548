/** The figure of a training run. */
import type { Data } from "plotly.js-dist";
import { grouped } from "../ground/pure.ts";
import {
  both,
  dottedLine,
  emptyFigure,
  type Figure,
  figureOf,
  legendBelow,
  needFinite,
  percent,
  roleColours,
} from "./figure.ts";

/** A step of a run's history, as the trainer logs it. */
export interface StepPoint {
  readonly kind: "step";
  readonly step: number;
  /** Mean loss of the step's batch, in nats. */
  readonly loss: number;
}

/** An evaluation of a run's history: at an epoch's end, or between. */
export interface EvaluationPoint {
  readonly kind: "evaluation";
  readonly step: number;
  /** Epochs done. */
  readonly epoch: number;
  readonly train: { readonly loss: number; readonly accuracy: number };
  /** `null` for a run without validation songs. */
  readonly validation: { readonly loss: number; readonly accuracy: number } | null;
  /** Whether it was the best so far. */
  readonly best: boolean;
  /** Of how many epochs' ends the model is the mean, where it is one. */
  readonly averagedEpochs?: number;
}

/** More steps than this are drawn by their means over equally long stretches: no screen shows more. */
const mostPoints = 1500;

/**
 * Loss and accuracy of a training run over its steps. Left: the loss of each step (thin), the same smoothed, and training and
 * validation loss at each evaluation. Right: training and validation accuracy. A run that has not been evaluated yet
 * shows its loss alone; the last evaluation marked best is pointed out.
 *
 * @param history the run's records (`run.history`, or the lines of `history.jsonl`)
 * @param options.tokens whether it is a language model, whose loss is of tokens: e to the loss is the perplexity, which is told too
 * @throws RangeError when a loss is not finite
 * @example
 * ```ts
 * lossCurve([
 *   { kind: "step", step: 1, loss: 2.1 },
 *   { kind: "step", step: 2, loss: 1.9 },
 *   { kind: "evaluation", step: 2, epoch: 1, train: { loss: 2, accuracy: 0.2 }, validation: null, best: true },
 * ]);
 * ```
 */
export function lossCurve(
  history: readonly (StepPoint | EvaluationPoint)[],
  options: { tokens?: boolean } = {},
): Figure {
  const { tokens = false } = options;
  const title = tokens
    ? ["언어 모델 학습 곡선", "Loss and accuracy of the tokens asked for"] as const
    : ["학습 곡선", "Loss and accuracy"] as const;
  if (history.length === 0) return emptyFigure(title, ["학습한 스텝이 없습니다", "no step was trained"]);
  const steps = history.filter((record) => record.kind === "step");
  const evaluations = history.filter((record) => record.kind === "evaluation");
  for (const { step, loss } of steps) needFinite("lossCurve", `the loss of step ${step}`, loss);
  for (const { step, train, validation } of evaluations) {
    for (const [side, scores] of Object.entries({ training: train, ...(validation ? { validation } : {}) })) {
      needFinite("lossCurve", `the ${side} loss of the evaluation at step ${step}`, scores.loss);
      needFinite("lossCurve", `the ${side} accuracy of the evaluation at step ${step}`, scores.accuracy);
    }
  }
  const data: Data[] = [];
  if (steps.length > 0) {
    const drawn = thinned(steps);
    const smooth = smoothed(steps.map(({ loss }) => loss), Math.max(1, steps.length * 0.02));
    data.push(
      {
        type: "scatter",
        mode: "lines",
        name: both("스텝", "step"),
        x: drawn.map(({ step }) => step),
        y: drawn.map(({ loss }) => loss),
        line: { color: "#BBD9EC", width: 1 },
        hovertemplate: "%{x:,d}: %{y:.4f}",
      },
      {
        type: "scatter",
        mode: "lines",
        name: both("스텝 평균", "step, smoothed"),
        ...pointsOf(thinned(steps.map(({ step }, i) => ({ step, loss: smooth[i]! })))),
        line: { color: "#56A3CF", width: 2 },
        hovertemplate: "%{x:,d}: %{y:.4f}",
      },
    );
  }
  const validated = evaluations.filter(({ validation }) => validation !== null);
  for (const field of ["loss", "accuracy"] as const) {
    const line = (side: "train" | "validation", records: readonly EvaluationPoint[]): Data => ({
      type: "scatter",
      mode: "lines+markers",
      name: side === "train" ? both("학습", "train") : both("검증", "validation"),
      legendgroup: side,
      showlegend: field === "loss",
      x: records.map(({ step }) => step),
      y: records.map((record) => (side === "train" ? record.train : record.validation!)[field]),
      customdata: tokens
        ? records.map((record) => [
          record.epoch,
          Math.exp((side === "train" ? record.train : record.validation!).loss),
        ])
        : records.map(({ epoch }) => [epoch]),
      hovertemplate: `epoch %{customdata[0]:.3~g} (%{x:,d}): %{y:${field === "loss" ? ".4f" : ".1%"}}` +
        (tokens && field === "loss" ? ", perplexity %{customdata[1]:.1f}" : ""),
      line: { color: roleColours[side], width: 2, dash: side === "train" ? "solid" : "dash" },
      marker: { size: 8, symbol: side === "train" ? "circle" : "square" },
      ...(field === "accuracy" ? { xaxis: "x2", yaxis: "y2" } : {}),
    });
    if (evaluations.length > 0) data.push(line("train", evaluations));
    if (validated.length > 0) data.push(line("validation", validated));
  }
  const last = history.reduce((most, { step }) => Math.max(most, step), 0);
  const best = evaluations.findLast((record) => record.best);
  const bestScores = best?.validation ?? best?.train;
  const stepAxis = {
    title: { text: both("스텝", "Step") },
    tickformat: ",d",
    range: [0, last * 1.03] as [number, number],
  };
  const evaluated = evaluations.length > 0;
  return figureOf(
    title,
    [
      `${grouped(last)}스텝 · steps`,
      ...(best === undefined || bestScores === undefined ? [] : [
        `${
          best.averagedEpochs === undefined
            ? `최고는 ${Number(best.epoch.toFixed(2))}에폭 · best: epoch ${Number(best.epoch.toFixed(2))}`
            : `마지막 ${best.averagedEpochs}개 에폭의 평균 · mean of the last ${best.averagedEpochs} epochs`
        }, ${
          best.validation ? both("검증 정확도", "validation accuracy") : both("학습 정확도", "train accuracy")
        } ${percent(bestScores.accuracy)}`,
        ...(tokens ? [`perplexity ${Math.exp(bestScores.loss).toFixed(1)}`] : []),
      ]),
    ].join(" · "),
    data,
    {
      xaxis: { ...stepAxis, domain: evaluated ? [0, 0.55] : [0, 1] },
      yaxis: { title: { text: both("손실", "Loss") }, rangemode: "tozero" },
      ...(evaluated
        ? {
          xaxis2: { ...stepAxis, domain: [0.66, 1], anchor: "y2" },
          yaxis2: {
            title: { text: both("정확도", "Accuracy") },
            tickformat: ".0%",
            range: [0, 1],
            anchor: "x2",
          },
        }
        : {}),
      shapes: evaluated && best !== undefined
        ? [dottedLine(best.step), dottedLine(best.step, undefined, "x2")]
        : [],
      ...legendBelow(),
    },
  );
}

const pointsOf = (points: readonly { step: number; loss: number }[]) => ({
  x: points.map(({ step }) => step),
  y: points.map(({ loss }) => loss),
});

/** Means over equally long stretches where there are more points than can be seen. */
function thinned(
  points: readonly { readonly step: number; readonly loss: number }[],
): { step: number; loss: number }[] {
  const stretch = Math.ceil(points.length / mostPoints);
  if (stretch === 1) return [...points];
  const means: { step: number; loss: number }[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch);
    means.push({
      step: part.at(-1)!.step,
      loss: part.reduce((sum, { loss }) => sum + loss, 0) / part.length,
    });
  }
  return means;
}

/** Exponential mean that forgets over `window` values, without the pull of its start (Adam's bias correction). */
function smoothed(values: readonly number[], window: number): number[] {
  const keep = 1 - 1 / window;
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return sum / weight;
  });
}

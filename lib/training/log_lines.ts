/** Log lines for a person. */
import type { EvaluationRecord, StepRecord } from "./types.ts";

/** `90 s`, `12 min`, `3 h 20 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000), minutes = Math.round(seconds / 60);
  if (seconds < 120) return `${seconds} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * A step: loss, rate, speed and the time left.
 *
 * @param from the step and time the speed is counted from
 */
export function stepLine(
  record: StepRecord,
  steps: number,
  from: { step: number; elapsedMs: number },
): string {
  const { step, epoch, loss, learningRate, gradientNorm, elapsedMs } = record;
  const msPerStep = (elapsedMs - from.elapsedMs) / (step - from.step);
  return `step ${step}/${steps}  epoch ${epoch.toFixed(2)}  loss ${loss.toFixed(4)}  ` +
    `learning rate ${learningRate.toExponential(2)}  gradient norm ${gradientNorm.toFixed(2)}  ` +
    `${(1000 / msPerStep).toPrecision(3)} steps/s  ${duration(msPerStep * (steps - step))} left`;
}

/** An evaluation: the epoch's training and validation figures. */
export function evaluationLine({ epoch, train, validation, best, averagedEpochs }: EvaluationRecord): string {
  const of = ({ loss, accuracy }: { loss: number; accuracy: number }) =>
    `loss ${loss.toFixed(4)} accuracy ${accuracy.toFixed(4)}`;
  const kept = averagedEpochs !== undefined
    ? `  (mean of ${averagedEpochs} epochs' parameters: kept)`
    : best
    ? "  (best so far)"
    : "";
  return `epoch ${epoch.toFixed(2)}  train ${of(train)}` +
    (validation === null ? "" : `  validation ${of(validation)}${kept}`);
}

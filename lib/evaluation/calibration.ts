/** Whether a classifier is as sure as it is right, and a temperature that makes it so. */
import { argmax } from "../ground/pure.ts";
import {
  checkLengths,
  checkProbabilities,
  checkRows,
  checkWeights,
  columnsOf,
  type Label,
  type Labels,
  type Rows,
  softmax,
} from "./labels.ts";

/** One bar of a reliability diagram. */
export interface ReliabilityBin {
  /** The bin holds confidences above `from` (the first bin: from 0 on) up to and including `to`. */
  from: number;
  to: number;
  count: number;
  /** Mean confidence of the bin's examples; 0 where there are none. */
  confidence: number;
  /** Share of the bin's predictions that are right; 0 where there are none. */
  accuracy: number;
}

/** Intervals of confidence, as many as in the paper. */
const binCount = 15;

/**
 * Expected calibration error: does a confidence of 80 % mean right four times in five?
 *
 * Each example's confidence is its largest probability. The confidences fall into 15 intervals of equal width, `(k / 15, (k + 1) / 15]`; the error is the mean over examples of |accuracy − confidence| of their bin
 * (Guo et al., On Calibration of Modern Neural Networks, 2017, equations 3 and 5). 0 is perfect.
 *
 * @param truth the true label of each example
 * @param probabilities rows [example][class]
 * @param options.classes the columns' labels; by default a label is its column's index
 * @returns the error, the largest bin's gap (maximum calibration error), and the bins for a reliability diagram
 * @throws RangeError on empty or unequally long input, NaN, rows that do not sum to 1
 * @example
 * ```ts
 * expectedCalibrationError([0, 1], [[0.9, 0.1], [0.9, 0.1]]).error; // 0.4: sure at 90 %, right half the time
 * ```
 */
export function expectedCalibrationError(
  truth: Labels,
  probabilities: Rows,
  options: { classes?: readonly Label[] } = {},
): { error: number; largestGap: number; bins: ReliabilityBin[] } {
  const where = "expectedCalibrationError";
  const count = checkLengths(where, { truth, probabilities });
  const columns = columnsOf(where, truth, checkProbabilities(where, probabilities), options.classes);
  const bins = Array.from({ length: binCount }, (_, k): ReliabilityBin => ({
    from: k / binCount,
    to: (k + 1) / binCount,
    count: 0,
    confidence: 0,
    accuracy: 0,
  }));
  for (let i = 0; i < count; i++) {
    const predicted = argmax(probabilities[i]!);
    const confidence = probabilities[i]![predicted]!;
    const bin = bins.find((candidate) => confidence <= candidate.to) ?? bins[binCount - 1]!;
    bin.count++;
    bin.confidence += confidence;
    if (predicted === columns[i]) bin.accuracy++;
  }
  let error = 0;
  let largestGap = 0;
  for (const bin of bins) {
    if (bin.count === 0) continue;
    bin.confidence /= bin.count;
    bin.accuracy /= bin.count;
    const gap = Math.abs(bin.accuracy - bin.confidence);
    error += gap * bin.count / count;
    largestGap = Math.max(largestGap, gap);
  }
  return { error, largestGap, bins };
}

/** {@link fitTemperature}'s result. */
export interface TemperatureFit {
  /** Divide logits by it: above 1 softens an overconfident model, below 1 sharpens. */
  temperature: number;
  /** True where the best temperature lies outside 0.01 to 100 and the bound was taken: the data cannot tell. */
  atBound: boolean;
}

const lowestTemperature = 0.01;
const highestTemperature = 100;

/**
 * Temperature scaling: the one number T for which softmax(logits / T) has the smallest log loss. Predictions stay as
 * they are; only the confidence changes. Fit it on **validation**, never on test or training examples.
 *
 * The loss is convex in 1 / T; its derivative's root is found to machine precision by Newton steps inside a shrinking
 * bracket. Source: Guo et al. 2017, section 4.2.
 *
 * @param truth the column of each validation example's true label
 * @param logits rows [example][class] (log-probabilities will do)
 * @throws RangeError on empty or unequally long input, NaN, a label without a column
 * @example
 * ```ts
 * const { temperature } = fitTemperature(truth, logits); // of validation songs
 * const calibrated = applyTemperature(logits, temperature); // of those to tell
 * ```
 */
export function fitTemperature(
  truth: Labels,
  logits: Rows,
  { sampleWeight }: { sampleWeight?: ArrayLike<number> } = {},
): TemperatureFit {
  const where = "fitTemperature";
  checkLengths(where, { truth, logits, sampleWeight });
  checkWeights(where, sampleWeight);
  const columns = columnsOf(where, truth, checkRows(where, "logits", logits));

  /** First and second derivative in beta of the log loss at softmax(beta * logits). */
  const derivativesAt = (beta: number) => {
    let slope = 0, curvature = 0, total = 0;
    for (let i = 0; i < logits.length; i++) {
      const row = logits[i]!;
      const largest = row[argmax(row)]!;
      let sum = 0, mean = 0, square = 0;
      for (let k = 0; k < row.length; k++) {
        const below = row[k]! - largest;
        const share = Math.exp(beta * below);
        sum += share;
        mean += share * below;
        square += share * below * below;
      }
      mean /= sum;
      square /= sum;
      const weight = sampleWeight?.[i] ?? 1;
      const own = row[columns[i]!]! - largest;
      slope += weight * (mean - own);
      curvature += weight * (square - mean * mean);
      total += weight;
    }
    return { slope: slope / total, curvature: curvature / total };
  };

  let low = 1 / highestTemperature;
  let high = 1 / lowestTemperature;
  let beta = 1;
  let atBound = true;
  if (derivativesAt(low).slope >= 0) beta = low;
  else if (derivativesAt(high).slope <= 0) beta = high;
  else {
    atBound = false;
    for (let step = 0; step < 200 && high - low > 1e-15 * high; step++) {
      const { slope, curvature } = derivativesAt(beta);
      if (slope === 0) break;
      if (slope < 0) low = beta;
      else high = beta;
      const newton = beta - slope / curvature;
      const next = newton > low && newton < high ? newton : (low + high) / 2;
      if (Math.abs(next - beta) <= 1e-15 * beta) break;
      beta = next;
    }
  }
  return { temperature: 1 / beta, atBound };
}

/**
 * softmax(logits / temperature), row by row.
 *
 * @throws RangeError unless the temperature is above 0
 */
export function applyTemperature(logits: Rows, temperature: number): Float64Array[] {
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(
      `applyTemperature: the temperature is ${temperature}; it must be above 0 (1 changes nothing).`,
    );
  }
  return softmax(Array.from(logits, (row) => Float64Array.from(row, (logit) => logit / temperature)));
}

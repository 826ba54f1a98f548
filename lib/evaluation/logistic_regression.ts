import { checkLabels, checkLengths, checkWeights, labelsOf, softmax } from "./labels.ts";
import type { Label, Labels } from "./labels.ts";
import { minimizeLbfgs } from "./lbfgs.ts";
import type { LbfgsProgress } from "./lbfgs.ts";
import type { SparseMatrix } from "./tfidf.ts";

/** Options of {@link fitLogisticRegression}, under scikit-learn's names. */
export interface LogisticRegressionOptions {
  /** Inverse strength of the L2 penalty, 1 by default; larger fits the training data more closely. */
  C?: number;
  /** One weight per example. */
  sampleWeight?: ArrayLike<number>;
  /** `"balanced"`: each class weighs the same in sum, however rare. */
  classWeight?: "balanced";
  /** The fit ends when the largest component of the mean loss's gradient is at most this; 1e-9 by default. */
  tolerance?: number;
  /** 1,000 by default. */
  maxIterations?: number;
  /**
   * Where the fit begins, a model of the same features and classes; all zeros by default. The minimum is the same one,
   * and a near start is there sooner.
   */
  start?: LogisticRegression;
  /** Called (and awaited) after each iteration. */
  onIteration?: (progress: LbfgsProgress) => void | Promise<void>;
}

/** A fitted linear classifier: plain data, to be given to {@link decisionScores} and {@link linearProbabilities}. */
export interface LogisticRegression {
  /** Label of each column of the probabilities: all labels of the training examples, sorted. */
  classes: Label[];
  /**
   * Coefficients [feature][output], flat. One output per class, but a single one for two classes: the log-odds of the
   * second (scikit-learn's form, whose penalty differs from that of two outputs).
   */
  coefficients: Float64Array;
  /** [output] */
  intercepts: Float64Array;
  features: number;
  iterations: number;
  /** False where maxIterations or rounding ended the fit before the tolerance. */
  converged: boolean;
}

/**
 * Multinomial logistic regression with an L2 penalty on the coefficients (not on the intercepts): minimises
 *
 *   Σ wᵢ · −ln P(labelᵢ | xᵢ) / Σ wᵢ + ‖coefficients‖² / (2 C Σ wᵢ),
 *
 * the objective of scikit-learn's `LogisticRegression(C=…)`, by L-BFGS on float64. The minimum is unique, so
 * probabilities agree with scikit-learn's as far as both have converged (its default `tol=1e-4` stops early).
 *
 * @param matrix [examples, features]
 * @param labels one per example
 * @throws RangeError on empty or unequally long input, a single class, C that is not above 0; TypeError on mixed labels
 * @example
 * ```ts
 * const model = await fitLogisticRegression(matrix, trainGenres, { C: 10 });
 * const probabilities = linearProbabilities(model, testMatrix);
 * ```
 */
export async function fitLogisticRegression(
  matrix: SparseMatrix,
  labels: Labels,
  options: LogisticRegressionOptions = {},
): Promise<LogisticRegression> {
  const where = "fitLogisticRegression";
  const { C = 1, tolerance = 1e-9, maxIterations = 1000 } = options;
  checkLengths(where, {
    labels,
    "the matrix's rows": { length: matrix.rows },
    sampleWeight: options.sampleWeight,
  });
  checkLabels(where, { labels });
  checkWeights(where, options.sampleWeight);
  if (!(C > 0 && C < Infinity)) throw new RangeError(`${where}: C is ${C}; give a number above 0.`);
  const classes = labelsOf(labels);
  if (classes.length < 2) {
    throw new RangeError(
      `${where}: all ${labels.length} examples are ${
        JSON.stringify(classes[0])
      }; a classifier needs two classes. ` +
        `Check the split, or use majorityClass.`,
    );
  }
  const classOf = new Map(classes.map((label, k) => [label, k]));
  const target = Int32Array.from({ length: labels.length }, (_, i) => classOf.get(labels[i]!)!);
  const weights = exampleWeights(target, classes.length, options);
  const outputs = classes.length === 2 ? 1 : classes.length;
  const { sorted, order } = byFrequency(matrix);
  const parameters = new Float64Array((matrix.columns + 1) * outputs);
  if (options.start) startFrom(options.start, parameters, order, classes);
  const result = await minimizeLbfgs(parameters, regularizedLoss(sorted, target, weights, outputs, C), {
    tolerance,
    maxIterations,
    onIteration: options.onIteration,
  });
  const coefficients = new Float64Array(matrix.columns * outputs);
  order.forEach((column, rank) => {
    for (let k = 0; k < outputs; k++) coefficients[column * outputs + k] = parameters[rank * outputs + k]!;
  });
  return {
    classes,
    coefficients,
    intercepts: parameters.slice(matrix.columns * outputs),
    features: matrix.columns,
    iterations: result.iteration,
    converged: result.converged,
  };
}

/** Fills the parameters, [rank of the feature][output] and then the intercepts, with a model's. */
function startFrom(
  { classes, features, coefficients, intercepts }: LogisticRegression,
  parameters: Float64Array,
  order: Int32Array,
  labels: readonly Label[],
): void {
  if (
    features !== order.length || classes.length !== labels.length || classes.some((c, k) => c !== labels[k])
  ) {
    throw new RangeError(
      `fitLogisticRegression: start has ${features} features and the classes ${
        classes.join(", ")
      }, but the data ` +
        `${order.length} and ${labels.join(", ")}; start from a model of the same ones, or leave it out.`,
    );
  }
  const outputs = intercepts.length;
  order.forEach((column, rank) => {
    for (let k = 0; k < outputs; k++) parameters[rank * outputs + k] = coefficients[column * outputs + k]!;
  });
  parameters.set(intercepts, features * outputs);
}

/** Sample weight times class weight; balanced: total / (classes × the class's weight), as scikit-learn. */
function exampleWeights(
  target: Int32Array,
  classes: number,
  options: LogisticRegressionOptions,
): Float64Array {
  const weights = Float64Array.from(target, (_, i) => options.sampleWeight?.[i] ?? 1);
  if (options.classWeight !== "balanced") return weights;
  const ofClass = new Float64Array(classes);
  target.forEach((k, i) => ofClass[k]! += weights[i]!);
  const total = ofClass.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, i) => weight === 0 ? 0 : weight * total / (classes * ofClass[target[i]!]!));
}

/**
 * The matrix with its columns by falling number of rows: most non-zeros then meet coefficients that lie close together
 * and stay in the processor's cache, which saves about a third of the time.
 *
 * @returns `order[newColumn]` is the old column
 */
function byFrequency(matrix: SparseMatrix): { sorted: SparseMatrix; order: Int32Array } {
  const frequency = new Int32Array(matrix.columns);
  for (const column of matrix.columnIndices) frequency[column]!++;
  const order = Int32Array.from(frequency, (_, column) => column).sort((a, b) =>
    frequency[b]! - frequency[a]!
  );
  const rankOf = new Int32Array(matrix.columns);
  order.forEach((column, rank) => rankOf[column] = rank);
  return {
    sorted: { ...matrix, columnIndices: matrix.columnIndices.map((column) => rankOf[column]!) },
    order,
  };
}

/** The objective for {@link minimizeLbfgs}; parameters are [feature][output] and then the intercepts. */
function regularizedLoss(
  matrix: SparseMatrix,
  target: Int32Array,
  weights: Float64Array,
  outputs: number,
  C: number,
): (parameters: Float64Array, gradient: Float64Array) => number {
  const { rows, columns, rowStarts, columnIndices, values } = matrix;
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
  const penalty = 1 / (C * totalWeight);
  const interceptsAt = columns * outputs;
  const scores = new Float64Array(outputs);
  const inFours = outputs - outputs % 4;
  return (parameters, gradient) => {
    let square = 0;
    for (let j = 0; j < interceptsAt; j++) {
      square += parameters[j]! * parameters[j]!;
      gradient[j] = penalty * parameters[j]!;
    }
    gradient.fill(0, interceptsAt);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const start = rowStarts[row]!;
      const end = rowStarts[row + 1]!;
      // four outputs at a time, in local variables: a third faster than all of them in an array
      for (let k = 0; k < inFours; k += 4) {
        let s0 = parameters[interceptsAt + k]!;
        let s1 = parameters[interceptsAt + k + 1]!;
        let s2 = parameters[interceptsAt + k + 2]!;
        let s3 = parameters[interceptsAt + k + 3]!;
        for (let i = start; i < end; i++) {
          const value = values[i]!;
          const at = columnIndices[i]! * outputs + k;
          s0 += value * parameters[at]!;
          s1 += value * parameters[at + 1]!;
          s2 += value * parameters[at + 2]!;
          s3 += value * parameters[at + 3]!;
        }
        scores[k] = s0;
        scores[k + 1] = s1;
        scores[k + 2] = s2;
        scores[k + 3] = s3;
      }
      for (let k = inFours; k < outputs; k++) {
        let score = parameters[interceptsAt + k]!;
        for (let i = start; i < end; i++) score += values[i]! * parameters[columnIndices[i]! * outputs + k]!;
        scores[k] = score;
      }
      const share = weights[row]! / totalWeight;
      loss += share * lossAndResidual(scores, target[row]!);
      for (let k = 0; k < outputs; k++) {
        scores[k]! *= share;
        gradient[interceptsAt + k]! += scores[k]!;
      }
      for (let k = 0; k < inFours; k += 4) {
        const r0 = scores[k]!, r1 = scores[k + 1]!, r2 = scores[k + 2]!, r3 = scores[k + 3]!;
        for (let i = start; i < end; i++) {
          const value = values[i]!;
          const at = columnIndices[i]! * outputs + k;
          gradient[at]! += value * r0;
          gradient[at + 1]! += value * r1;
          gradient[at + 2]! += value * r2;
          gradient[at + 3]! += value * r3;
        }
      }
      for (let k = inFours; k < outputs; k++) {
        const residual = scores[k]!;
        for (let i = start; i < end; i++) {
          gradient[columnIndices[i]! * outputs + k]! += values[i]! * residual;
        }
      }
    }
    return loss + 0.5 * penalty * square;
  };
}

/** −ln P(target); turns the scores into their gradient, probabilities minus truth, in place. */
function lossAndResidual(scores: Float64Array, target: number): number {
  if (scores.length === 1) {
    const score = scores[0]!;
    const towards = target === 1 ? score : -score;
    const decay = Math.exp(-Math.abs(score));
    const probability = score >= 0 ? 1 / (1 + decay) : decay / (1 + decay);
    scores[0] = probability - target;
    return Math.log1p(decay) + Math.max(0, -towards);
  }
  let largest = scores[0]!;
  for (let k = 1; k < scores.length; k++) if (scores[k]! > largest) largest = scores[k]!;
  const own = scores[target]! - largest;
  let sum = 0;
  for (let k = 0; k < scores.length; k++) sum += scores[k] = Math.exp(scores[k]! - largest);
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum;
  scores[target]! -= 1;
  return Math.log(sum) - own;
}

/**
 * The linear scores before softmax, rows [example][class]; for two classes (0, log-odds of the second), whose softmax
 * is the model's probability.
 *
 * @throws RangeError when the matrix has other columns than the model was fitted on
 */
export function decisionScores(model: LogisticRegression, matrix: SparseMatrix): Float64Array[] {
  if (matrix.columns !== model.features) {
    throw new RangeError(
      `decisionScores: the matrix has ${matrix.columns} columns but the model was fitted on ${model.features}; ` +
        `make it with the vectorizer that made the training matrix.`,
    );
  }
  const classes = model.classes.length;
  const outputs = model.intercepts.length;
  const first = classes - outputs;
  return Array.from({ length: matrix.rows }, (_, row) => {
    const scores = new Float64Array(classes);
    scores.set(model.intercepts, first);
    for (let i = matrix.rowStarts[row]!; i < matrix.rowStarts[row + 1]!; i++) {
      const value = matrix.values[i]!;
      const at = matrix.columnIndices[i]! * outputs;
      for (let k = 0; k < outputs; k++) scores[first + k]! += value * model.coefficients[at + k]!;
    }
    return scores;
  });
}

/** P(class | example), rows [example][class] in the order of `model.classes`; scikit-learn's `predict_proba`. */
export function linearProbabilities(model: LogisticRegression, matrix: SparseMatrix): Float64Array[] {
  return softmax(decisionScores(model, matrix));
}

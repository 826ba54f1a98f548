/** Minimising smooth functions: what fits the linear models. */

/** One finished iteration of {@link minimizeLbfgs}. */
export interface LbfgsProgress {
  iteration: number;
  /** Value of the objective. */
  loss: number;
  /** How large the gradient is. */
  gradient: number;
  /** About how much of the way it is, from 0 to 1: how far the gradient has fallen to the tolerance, by its logarithm. */
  share: number;
}

/** {@link minimizeLbfgs}'s result. */
export interface LbfgsResult extends Omit<LbfgsProgress, "share"> {
  /** Whether the gradient fell to the tolerance; false when the iterations ran out or rounding stopped the descent. */
  converged: boolean;
}

/**
 * Minimises a smooth convex function with limited-memory BFGS: Nocedal and Wright, Numerical Optimization, algorithm
 * 7.4 (two loops), and a line search for the Wolfe conditions, in the approximate form of Hager and Zhang (2005, (4.1)
 * and (4.3)) once the value is flat to rounding, which is what lets the gradient fall to 1e-10.
 *
 * @param point where to start; holds the minimum in the end
 * @param objective fills the gradient at a point and returns the value there
 * @param options.tolerance stop when `sizeOf` the gradient is at most this
 * @param options.maxIterations stop after so many steps
 * @param options.onIteration called (and awaited) after each step
 * @param options.dot the inner product of two points
 * @param options.sizeOf what is held to the tolerance, asked only of the gradient the objective filled last
 */
export async function minimizeLbfgs(
  point: Float64Array,
  objective: (point: Float64Array, gradient: Float64Array) => number | Promise<number>,
  options: {
    tolerance: number;
    maxIterations: number;
    onIteration?: (progress: LbfgsProgress) => void | Promise<void>;
    dot: Dot;
    sizeOf: (gradient: Float64Array) => number;
  },
): Promise<LbfgsResult> {
  const { dot, sizeOf } = options;
  const pairs: Pair[] = [];
  const direction = new Float64Array(point.length);
  let gradient = new Float64Array(point.length);
  let trialGradient = new Float64Array(point.length);
  const trial = new Float64Array(point.length);
  let loss = await objective(point, gradient);
  let size = sizeOf(gradient);
  const whole = Math.log(size / options.tolerance);
  let iteration = 0, share = 0;
  while (iteration < options.maxIterations && size > options.tolerance) {
    descentDirection(gradient, pairs, direction, dot);
    let slope = dot(gradient, direction);
    if (!(slope < 0)) {
      pairs.length = 0;
      descentDirection(gradient, pairs, direction, dot);
      slope = dot(gradient, direction);
    }
    const found = await wolfeStep(
      loss,
      slope,
      pairs.length === 0 ? 1 / Math.sqrt(-slope) : 1,
      async (step) => {
        for (let i = 0; i < point.length; i++) trial[i] = point[i]! + step * direction[i]!;
        const value = await objective(trial, trialGradient);
        return { step, value, slope: dot(trialGradient, direction) };
      },
    );
    if (!found) break;

    const pair = pairs.length === memorySize ? pairs.shift()! : newPair(point.length);
    for (let i = 0; i < point.length; i++) {
      pair.step[i] = trial[i]! - point[i]!;
      pair.change[i] = trialGradient[i]! - gradient[i]!;
      point[i] = trial[i]!;
    }
    pair.curvature = dot(pair.step, pair.change);
    if (pair.curvature > 0) pairs.push(pair);
    [gradient, trialGradient] = [trialGradient, gradient];
    loss = found.value;
    size = sizeOf(gradient);
    iteration++;
    share = Math.max(share, Math.min(1, 1 - Math.log(size / options.tolerance) / whole));
    await options.onIteration?.({ iteration, loss, gradient: size, share });
  }
  return { iteration, loss, gradient: size, converged: size <= options.tolerance };
}

/** An inner product of two points, directions or gradients. */
type Dot = (a: Float64Array, b: Float64Array) => number;

const memorySize = 10;

/** A past step s, the change y of the gradient over it, and sᵀy. */
interface Pair {
  step: Float64Array;
  change: Float64Array;
  curvature: number;
}

function newPair(length: number): Pair {
  return { step: new Float64Array(length), change: new Float64Array(length), curvature: 0 };
}

/** direction = −H gradient, with H the inverse Hessian that the pairs imply. */
function descentDirection(
  gradient: Float64Array,
  pairs: readonly Pair[],
  direction: Float64Array,
  dot: Dot,
): void {
  for (let i = 0; i < gradient.length; i++) direction[i] = -gradient[i]!;
  const factors = new Float64Array(pairs.length);
  for (let p = pairs.length - 1; p >= 0; p--) {
    const { step, change, curvature } = pairs[p]!;
    factors[p] = dot(step, direction) / curvature;
    addScaled(direction, -factors[p]!, change);
  }
  const newest = pairs.at(-1);
  if (newest) {
    const scale = newest.curvature / dot(newest.change, newest.change);
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  pairs.forEach(({ step, change, curvature }, p) =>
    addScaled(direction, factors[p]! - dot(change, direction) / curvature, step)
  );
}

/** A point on the line: its distance, and the objective's value and slope there. */
interface LinePoint {
  step: number;
  value: number;
  slope: number;
}

/**
 * A step that lowers the value enough and flattens the slope enough; undefined where rounding allows none. The last
 * point that `at` was asked for is the one returned.
 */
async function wolfeStep(
  value: number,
  slope: number,
  firstStep: number,
  at: (step: number) => Promise<LinePoint>,
): Promise<LinePoint | undefined> {
  const rounding = 1e-12 * Math.abs(value);
  let low: LinePoint = { step: 0, value, slope };
  let high: LinePoint | undefined;
  let step = firstStep;
  for (let tries = 0; tries < 40; tries++) {
    const point = await at(step);
    const lowersEnough = point.value <= value + 1e-4 * step * slope ||
      (point.value <= value + rounding && point.slope <= (2e-4 - 1) * slope);
    if (lowersEnough && Math.abs(point.slope) <= 0.9 * Math.abs(slope)) return point;
    if (!lowersEnough || point.slope > 0) high = point;
    else low = point;
    step = high ? between(low, high) : 2 * point.step;
    if (high && high.step - low.step <= 1e-16 * high.step) return undefined;
  }
  return undefined;
}

/** Minimum of the cubic through both points' values and slopes, kept inside the middle 80 % of the bracket. */
function between(low: LinePoint, high: LinePoint): number {
  const width = high.step - low.step;
  const bend = low.slope + high.slope - 3 * (high.value - low.value) / width;
  const root = Math.sqrt(Math.max(0, bend * bend - low.slope * high.slope));
  const cubic = high.step - width * (high.slope + root - bend) / (high.slope - low.slope + 2 * root);
  const inside = Number.isFinite(cubic) ? cubic : low.step + width / 2;
  return Math.min(Math.max(inside, low.step + 0.1 * width), high.step - 0.1 * width);
}

function addScaled(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * source[i]!;
}

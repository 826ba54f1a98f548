/** A team's step: the gradients of its members added up, and each parameter stepped once. */
import * as tf from "@tensorflow/tfjs";
import {
  type AdamW,
  denseGradient,
  globalNorm,
  type Gradient,
  type Gradients,
  gradientValues,
  hasKernels,
  isBfloat16,
  isLargeTable,
  narrowRest,
  numbersInPlace,
  type Parameter,
  PartGradient,
  RowGradient,
  type StepGradients,
  sumOfParts,
  toBfloat16,
  toFloat32,
  unwritten,
} from "../engine/mod.ts";
import { shareOf, type Team } from "../team/mod.ts";

/** Arrays of fewer numbers are sent together. */
const fewNumbers = 1 << 16;

/** A share of fewer numbers costs more to exchange than to step. */
const leastShare = 1 << 12;

/**
 * Adds up the gradients of all members, float32, and disposes them. Of a parameter with many numbers each member has the sum of its share,
 * {@link shareOf} them, and steps that alone: {@link takeStep} gives it what the others have stepped (ZeRO's first stage, Rajbhandari et
 * al. 2020). Of the others all have the whole sum; of a table of which all have rows alone, that of the rows that any of them has.
 *
 * @param parameters all that are trained, in the same order for all; a member without a gradient of one counts as zeros
 */
export function sumGradients(
  team: Team,
  parameters: readonly Parameter[],
  gradients: Gradients,
): StepGradients {
  // of each whether anybody has a gradient, and whether it is one of float32
  const flags = Float32Array.from(parameters.flatMap((parameter) => {
    const own = gradients.get(parameter);
    return [own === undefined ? 0 : 1, own === undefined || isBfloat16Gradient(own) ? 0 : 1];
  }));
  team.sum(flags);
  const found = parameters.filter((_, i) => flags[2 * i]! > 0),
    low = new Set(parameters.filter((_, i) => flags[2 * i + 1] === 0));
  const rows = sharedRows(team, found, gradients);
  const isShared = (parameter: Parameter) =>
    rows.get(parameter) === null && hasKernels() && parameter.size >= leastShare * team.size;
  const shares = new Map(
    found.filter(isShared).map((
      parameter,
    ) => [parameter, shareOfSum(team, parameter, gradients.get(parameter), low.has(parameter))]),
  );
  const others = found.filter((parameter) => !shares.has(parameter));
  const sums = others.map((parameter) => valuesOf(gradients.get(parameter), parameter, rows.get(parameter)!));
  for (const gradient of gradients.values()) gradient.dispose();
  gradients.clear();
  sumArrays(team, sums);
  const wholes = new Map(others.map((parameter, i) => {
    const [values, some] = [sums[i]!, rows.get(parameter)!], shape = [...parameter.shape];
    const sum: Gradient = some === null ? tf.keep(tf.tensor(values, shape)) : new RowGradient(
      some,
      tf.keep(tf.tensor2d(values, [some.length, shape[1]!])),
      shape as [number, number],
    );
    return [parameter, sum];
  }));
  // in the same order for all: what is summed over gradients is summed alike
  return new Map(found.map((parameter) => [parameter, shares.get(parameter) ?? wholes.get(parameter)!]));
}

const isBfloat16Gradient = (gradient: Gradient) => gradient instanceof tf.Tensor && isBfloat16(gradient);

/** The sum of this member's share of a parameter's gradient: sent in bfloat16 where all have it so, and added up in float32. */
function shareOfSum(
  team: Team,
  { size, shape }: Parameter,
  own: Gradient | undefined,
  low: boolean,
): PartGradient {
  const { from, to } = shareOf(team, size);
  const sum = tf.tidy(() => {
    const float = own === undefined ? tf.zeros([...shape]) : denseGradient(own);
    const sent = low ? toBfloat16(float) : toFloat32(float);
    const received = unwritten([team.size, to - from], sent);
    const [values, into] = numbersInPlace([sent, received]) as [Float32Array, Float32Array];
    team.exchange(values, into);
    return sumOfParts(received);
  });
  return new PartGradient(from, tf.keep(sum));
}

/** √(Σ g²) over what {@link sumGradients} gave all members: the same for all. */
export function normOfSum(team: Team, gradients: StepGradients): number {
  if (team.size === 1) return globalNorm(gradients);
  const parts = new Map([...gradients].filter(([, gradient]) => gradient instanceof PartGradient));
  const wholes = new Map([...gradients].filter(([parameter]) => !parts.has(parameter)));
  // of one for all: how its sum is rounded depends on the cores
  const squares = Float64Array.of(globalNorm(parts) ** 2 + (team.rank === 0 ? globalNorm(wholes) ** 2 : 0));
  team.sum(squares);
  return Math.sqrt(squares[0]!);
}

/**
 * Steps parameters by what {@link sumGradients} gave, which is disposed: each member its shares, and all have the same parameters then.
 *
 * @param scale multiplies every gradient first (clipping)
 */
export function takeStep(
  team: Team,
  optimizer: AdamW,
  gradients: StepGradients,
  learningRate: number,
  scale: number,
): void {
  const isPart = (parameter: Parameter) => gradients.get(parameter) instanceof PartGradient;
  const shared = [...gradients.keys()].filter(isPart);
  // one of which rows were looked up, and shares were stepped before
  gatherMoments(team, optimizer, [...gradients.keys()].filter((parameter) => !isPart(parameter)));
  optimizer.step(gradients, learningRate, scale);
  for (const numbers of numbersInPlace(shared.map((parameter) => parameter.value()))) {
    team.gatherShares(numbers);
  }
  narrowRest(new Map(shared.map((parameter) => [parameter, shareOf(team, parameter.size)])));
}

/**
 * Gives all members the moments of the parameters of which each has stepped its share. All call it.
 *
 * @param parameters default all
 */
export function gatherMoments(team: Team, optimizer: AdamW, parameters?: Iterable<Parameter>): void {
  for (const numbers of numbersInPlace(optimizer.takeParts(parameters))) team.gatherShares(numbers);
}

/** Adds up arrays over all members, in place: large ones where they lie, the others in one. */
function sumArrays(team: Team, arrays: readonly Float32Array[]): void {
  const few = arrays.filter(({ length }) => length < fewNumbers);
  const together = new Float32Array(few.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of few) {
    together.set(array, at);
    at += array.length;
  }
  if (at > 0) team.sum(together);
  at = 0;
  for (const array of few) array.set(together.subarray(at, at += array.length));
  for (const array of arrays) if (array.length >= fewNumbers) team.sum(array);
}

/** Of each parameter the rows that any member has a gradient of; `null` where one has the whole, or it is no table. */
function sharedRows(
  team: Team,
  parameters: readonly Parameter[],
  gradients: Gradients,
): Map<Parameter, Int32Array | null> {
  // of each table its rows, and whether somebody has the whole
  const marks = parameters.map((parameter) => {
    const own = gradients.get(parameter);
    const marks = new Float32Array(isLargeTable(parameter.shape) ? parameter.shape[0] + 1 : 0);
    if (own instanceof RowGradient) own.rows.forEach((row) => marks[row] = 1);
    else if (own !== undefined) marks.fill(1, -1);
    return marks;
  });
  sumArrays(team, marks);
  const rowsOf = (marks: Float32Array) =>
    marks.length === 0 || marks.at(-1)! > 0
      ? null
      : Int32Array.from(marks.keys()).filter((row) => marks[row]! > 0);
  return new Map(parameters.map((parameter, i) => [parameter, rowsOf(marks[i]!)]));
}

/** A gradient's numbers, or those of these rows: a copy. */
function valuesOf(
  gradient: Gradient | undefined,
  { size, shape }: Parameter,
  rows: Int32Array | null,
): Float32Array {
  if (gradient instanceof RowGradient && rows !== null) {
    const width = shape[1]!, own = gradient.values.dataSync() as Float32Array;
    const values = new Float32Array(rows.length * width);
    let place = 0;
    rows.forEach((row, to) => {
      if (gradient.rows[place] !== row) return;
      values.set(own.subarray(place * width, ++place * width), to * width);
    });
    return values;
  }
  if (gradient === undefined) return new Float32Array(rows === null ? size : rows.length * shape[1]!);
  return gradientValues(gradient);
}

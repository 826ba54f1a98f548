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
  joinShares,
  narrowRest,
  numbersInPlace,
  type Parameter,
  PartGradient,
  RowGradient,
  spreadShares,
  type StepGradients,
  sumOfRows,
  sumShares,
  toBfloat16,
  toFloat32,
  unwritten,
} from "../engine/mod.ts";
import {
  gatherParts,
  numbersOf,
  othersOf,
  partOf,
  type Parts,
  shareOf,
  sharesOf,
  type Team,
} from "../team/mod.ts";

/** Tensors of fewer numbers are joined: one message in place of many. Larger ones go out of their own memory, and come to it. */
const largeNumbers = 1 << 19;

/**
 * Adds up the gradients of all members, float32, and disposes them. Of a parameter each member has the sum of its share, {@link shareOf} its
 * numbers, and steps that alone: {@link takeStep} gives it what the others have stepped (ZeRO's first stage, Rajbhandari et al. 2020). Of a
 * table of which all have rows alone, all have the sum of the rows that any of them has; and all of everything without the fused operations.
 *
 * @param parameters all that are trained, in the same order for all; a member without a gradient of one counts as zeros
 */
export function sumGradients(
  team: Team,
  parameters: readonly Parameter[],
  gradients: Gradients,
): StepGradients {
  const known = tellEachOther(team, parameters, gradients);
  const found = parameters.filter((parameter) => known.has(parameter));
  const rows = found.filter((parameter) => known.get(parameter)!.rows !== null);
  const others = found.filter((parameter) => known.get(parameter)!.rows === null);
  const sums = new Map<Parameter, Gradient | PartGradient>();
  for (const parameter of rows) {
    const { rows } = known.get(parameter)!;
    sums.set(
      parameter,
      sumOfAllRows(team, parameter, gradients.get(parameter) as RowGradient | undefined, rows!),
    );
  }
  for (const low of [true, false]) {
    const same = others.filter((parameter) => known.get(parameter)!.low === low);
    if (!hasKernels() || same.length === 0) continue;
    for (const [parameter, part] of sharesOfSum(team, same, gradients, low)) sums.set(parameter, part);
  }
  for (const parameter of others) {
    if (!sums.has(parameter)) sums.set(parameter, wholeSum(team, parameter, gradients.get(parameter)));
  }
  for (const gradient of gradients.values()) gradient.dispose();
  gradients.clear();
  // in the same order for all: what is summed over gradients is summed alike
  return new Map(found.map((parameter) => [parameter, sums.get(parameter)!]));
}

/** What all know of a parameter's gradients. */
interface Known {
  /** Whether all that have one have it in bfloat16. */
  low: boolean;
  /** Of a table of which all have rows alone: how many each has; else `null`. */
  rows: Int32Array | null;
}

/** What the members have: of each parameter that any of them has a gradient of. */
function tellEachOther(
  team: Team,
  parameters: readonly Parameter[],
  gradients: Gradients,
): Map<Parameter, Known> {
  // of each: has one, has one of float32, has a whole one; of tables each member's number of rows
  const numbers = parameters.flatMap((parameter) => {
    const own = gradients.get(parameter), ofRows = own instanceof RowGradient;
    const has = own === undefined ? [0, 0, 0] : [1, ofRows || !isBfloat16(own) ? 1 : 0, ofRows ? 0 : 1];
    const counts = new Array<number>(isLargeTable(parameter.shape) ? team.size : 0).fill(0);
    if (ofRows) counts[team.rank] = own.rows.length;
    return [...has, ...counts];
  });
  const sums = Float32Array.from(numbers);
  team.sum(sums);
  let at = 0;
  return new Map(parameters.flatMap((parameter) => {
    const [has, float, whole] = sums.subarray(at, at += 3) as unknown as [number, number, number];
    if (!isLargeTable(parameter.shape)) return has > 0 ? [[parameter, { low: float === 0, rows: null }]] : [];
    const rows = Int32Array.from(sums.subarray(at, at += team.size));
    // more rows than the table has are more to send than the table
    const few = whole === 0 && rows.reduce((sum, count) => sum + count) <= parameter.shape[0];
    return has > 0 ? [[parameter, { low: float === 0, rows: few ? rows : null }]] : [];
  }));
}

/** Tensors as they are exchanged, each member's shares. */
interface Exchanged {
  /** Small ones first, then large ones. */
  tensors: tf.Tensor[];
  /** The small ones joined, then the large ones themselves. */
  parts: Parts[];
  /** What the small ones are joined in. */
  joined: tf.Tensor | null;
  small: tf.Tensor[];
}

/** @param whose shares of them are to be sent */
function exchanged(team: Team, tensors: readonly tf.Tensor[], whose: "own" | "others"): Exchanged {
  const [small, large] = [true, false].map((few) =>
    tensors.filter(({ size }) => size < largeNumbers === few)
  );
  const joined = small!.length === 0 ? null : joinShares(small!, whose, team);
  const numbers = numbersInPlace([...(joined === null ? [] : [joined]), ...large!]);
  const sizes = [...(joined === null ? [] : [small!]), ...large!.map((one) => [one])];
  const parts = numbers.map((numbers, i) => ({ numbers, counts: sharesOfAll(team, sizes[i]!) }));
  return { tensors: [...small!, ...large!], parts, joined, small: small! };
}

/** How many numbers each member's shares have together. */
function sharesOfAll(team: Team, all: readonly { size: number }[]): Int32Array {
  const shares = all.map(({ size }) => sharesOf(team, size));
  return Int32Array.from(
    { length: team.size },
    (_, rank) => shares.reduce((sum, one) => sum + one[rank]!, 0),
  );
}

/** The sums of this member's shares of parameters' gradients: sent in bfloat16 where all have them so, and added up in float32. */
function sharesOfSum(
  team: Team,
  parameters: readonly Parameter[],
  gradients: Gradients,
  low: boolean,
): Map<Parameter, PartGradient> {
  const found = new Map<tf.Tensor, Parameter>();
  let order: Parameter[] = [];
  const sums = tf.tidy(() => {
    const own = parameters.map((parameter) => {
      const gradient = gradients.get(parameter);
      const whole = gradient === undefined ? tf.zeros([...parameter.shape]) : denseGradient(gradient);
      const sent = low ? toBfloat16(whole) : toFloat32(whole);
      found.set(sent, parameter);
      return sent;
    });
    const { tensors, parts } = exchanged(team, own, "others");
    order = tensors.map((tensor) => found.get(tensor)!);
    const counts = parts.map(({ counts }) => counts[team.rank]!);
    const all = counts.reduce((sum, count) => sum + count, 0);
    const received = unwritten([team.size - 1, all], own[0]!), [into] = numbersInPlace([received]);
    const others = othersOf(team);
    /** Where what one of the others sends comes to, one part after the other. */
    const row = (member: number): Parts => {
      const place = member < team.rank ? member : member - 1, { address, bytes } = into!;
      return {
        numbers: { address: address + BigInt(place * all * bytes), length: all, bytes },
        counts: Int32Array.from(counts),
      };
    };
    team.exchange(
      others.flatMap((member) => parts.map((one) => ({ member, numbers: partOf(one, member) }))),
      others.flatMap((member) => counts.map((_, i) => ({ member, numbers: partOf(row(member), i) }))),
    );
    return sumShares(tensors, received, team);
  });
  tf.keep(sums);
  let at = 0;
  return new Map(order.map((parameter) => {
    const { from, to } = shareOf(team, parameter.size), place = at;
    at += to - from;
    return [parameter, new PartGradient(from, to - from, sums, place)];
  }));
}

/** The sum of the rows of a table that any member has, the same for all. */
function sumOfAllRows(
  team: Team,
  { shape }: Parameter,
  own: RowGradient | undefined,
  counts: Int32Array,
): Gradient {
  const [size, width] = shape as [number, number], all = counts.reduce((sum, count) => sum + count);
  const before = counts.subarray(0, team.rank).reduce((sum, count) => sum + count, 0);
  const rows = new Int32Array(all), values = new Float32Array(all * width);
  if (own !== undefined) {
    rows.set(own.rows, before);
    values.set(own.values.dataSync() as Float32Array, before * width);
  }
  gatherParts(team, [
    { numbers: numbersOf(rows), counts },
    { numbers: numbersOf(values), counts: counts.map((count) => count * width) },
  ]);
  const sent = tf.tensor2d(values, [all, width]);
  const sum = sumOfRows(sent, rows, [size, width]);
  tf.keep(sum.values);
  sent.dispose();
  return sum;
}

/** The sum of whole gradients, the same for all. */
function wholeSum(team: Team, { size, shape }: Parameter, own: Gradient | undefined): Gradient {
  const values = own === undefined ? new Float32Array(size) : gradientValues(own);
  team.sum(values);
  return tf.keep(tf.tensor(values, [...shape]));
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
  giveShares(team, shared.map((parameter) => parameter.value()));
  narrowRest(new Map(shared.map((parameter) => [parameter, shareOf(team, parameter.size)])));
}

/** Gives all members the numbers of float32 tensors of which each has its share. */
function giveShares(team: Team, tensors: readonly tf.Tensor[]): void {
  if (tensors.length === 0) return;
  tf.tidy(() => {
    const { parts, joined, small } = exchanged(team, tensors, "own");
    gatherParts(team, parts);
    if (joined !== null) spreadShares(joined, small, team);
  });
}

/**
 * Gives all members the moments of the parameters of which each has stepped its share. All call it.
 *
 * @param parameters in the same order for all
 */
export function gatherMoments(team: Team, optimizer: AdamW, parameters: Iterable<Parameter>): void {
  giveShares(team, optimizer.takeParts(parameters));
}

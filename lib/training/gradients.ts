/** Gradients of a team's members, added up. */
import * as tf from "@tensorflow/tfjs";
import {
  denseGradient,
  type Gradient,
  type Gradients,
  isLargeTable,
  type Parameter,
  RowGradient,
  toFloat32,
} from "../engine/mod.ts";
import type { Team } from "../team/mod.ts";

/** Numbers that are sent at once: 25 MB, as PyTorch's DistributedDataParallel has it. */
const bucketNumbers = 6_250_000;

/**
 * Adds up the gradients of all members, bucket by bucket, in place: each has the same then, float32. Of a table of which all have rows
 * alone, the rows that any of them has are sent.
 *
 * @param parameters of which at least one member has a gradient, in the same order for all; a member without counts as zeros
 */
export function sumGradients(team: Team, parameters: readonly Parameter[], gradients: Gradients): void {
  const rows = parameters.map((parameter) => sharedRows(team, parameter, gradients.get(parameter)));
  const widthOf = (parameter: Parameter) => parameter.size / parameter.shape[0]!;
  const sizes = parameters.map((parameter, i) =>
    rows[i] === null ? parameter.size : rows[i]!.length * widthOf(parameter)
  );
  const bucket = new Float32Array(Math.min(bucketNumbers, sizes.reduce((sum, size) => sum + size, 0)));
  /** What the bucket holds: numbers of a parameter from one place on. */
  let held: { values: Float32Array; from: number; count: number; at: number }[] = [], filled = 0;
  const send = () => {
    team.sum(bucket.subarray(0, filled));
    for (const { values, from, count, at } of held) values.set(bucket.subarray(at, at + count), from);
    held = [];
    filled = 0;
  };
  const sums = parameters.map((parameter, i) => {
    const values = valuesOf(gradients.get(parameter), sizes[i]!, rows[i]!);
    for (let from = 0; from < values.length;) {
      const count = Math.min(values.length - from, bucket.length - filled);
      bucket.set(values.subarray(from, from + count), filled);
      held.push({ values, from, count, at: filled });
      from += count;
      filled += count;
      if (filled === bucket.length) send();
    }
    return values;
  });
  if (filled > 0) send();
  for (const gradient of gradients.values()) gradient.dispose();
  // in the same order for all: what is summed over gradients is summed alike
  gradients.clear();
  parameters.forEach((parameter, i) => {
    const [values, found] = [sums[i]!, rows[i]!], shape = [...parameter.shape];
    gradients.set(
      parameter,
      found === null ? tf.keep(tf.tensor(values, shape)) : new RowGradient(
        found,
        tf.keep(tf.tensor2d(values, [found.length, shape[1]!])),
        shape as [number, number],
      ),
    );
  });
}

/** The rows of a table that any member has a gradient of; `null` where one has the whole, or it is no table. */
function sharedRows(team: Team, { shape }: Parameter, own: Gradient | undefined): Int32Array | null {
  if (!isLargeTable(shape)) return null;
  const counts = new Float32Array(shape[0] + 1);
  if (own instanceof RowGradient) own.rows.forEach((row) => counts[row] = 1);
  else if (own !== undefined) counts[shape[0]] = 1;
  team.sum(counts);
  if (counts[shape[0]]! > 0) return null;
  return Int32Array.from(counts.keys()).filter((row) => counts[row]! > 0);
}

/** A gradient's numbers, or those of these rows: a copy. */
function valuesOf(gradient: Gradient | undefined, size: number, rows: Int32Array | null): Float32Array {
  const values = new Float32Array(size);
  if (gradient instanceof RowGradient && rows !== null) {
    const width = gradient.shape[1], own = gradient.values.dataSync() as Float32Array;
    let place = 0;
    rows.forEach((row, to) => {
      if (gradient.rows[place] !== row) return;
      values.set(own.subarray(place * width, ++place * width), to * width);
    });
  } else if (gradient !== undefined) {
    values.set(tf.tidy(() => toFloat32(denseGradient(gradient)).clone().dataSync()) as Float32Array);
  }
  return values;
}

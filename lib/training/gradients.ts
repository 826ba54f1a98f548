/** Gradients of a team's members, added up. */
import * as tf from "@tensorflow/tfjs";
import {
  type Gradient,
  type Gradients,
  gradientValues,
  isLargeTable,
  type Parameter,
  RowGradient,
} from "../engine/mod.ts";
import type { Team } from "../team/mod.ts";

/** Arrays of fewer numbers are sent together. */
const fewNumbers = 1 << 16;

/**
 * Adds up the gradients of all members, in place: each has the same then, float32. Of a table of which all have rows alone, the rows
 * that any of them has are sent.
 *
 * @param parameters of which at least one member has a gradient, in the same order for all; a member without counts as zeros
 */
export function sumGradients(team: Team, parameters: readonly Parameter[], gradients: Gradients): void {
  const rows = sharedRows(team, parameters, gradients);
  const sums = parameters.map((parameter, i) => valuesOf(gradients.get(parameter), parameter, rows[i]!));
  for (const gradient of gradients.values()) gradient.dispose();
  // in the same order for all: what is summed over gradients is summed alike
  gradients.clear();
  sumArrays(team, sums);
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
): (Int32Array | null)[] {
  // of each table its rows, and whether somebody has the whole
  const marks = parameters.map((parameter) => {
    const own = gradients.get(parameter);
    const marks = new Float32Array(isLargeTable(parameter.shape) ? parameter.shape[0] + 1 : 0);
    if (own instanceof RowGradient) own.rows.forEach((row) => marks[row] = 1);
    else if (own !== undefined) marks.fill(1, -1);
    return marks;
  });
  sumArrays(team, marks);
  return marks.map((marks) =>
    marks.length === 0 || marks.at(-1)! > 0
      ? null
      : Int32Array.from(marks.keys()).filter((row) => marks[row]! > 0)
  );
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

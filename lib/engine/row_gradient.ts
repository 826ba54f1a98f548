/** Gradients of large tables of which a batch looks up few rows. */
import * as tf from "@tensorflow/tfjs";
import { kernels } from "./kernels.ts";
import { sumIntoRows } from "./low.ts";
import { hasKernels, hasNative, toFloat32 } from "./raw.ts";

/** A parameter's gradient: a tensor of its shape, or the rows of a table that have one. */
export type Gradient = tf.Tensor | RowGradient;

/** Whether a gradient of few of its rows pays: that of a smaller table costs little, and adds up simply. */
export function isLargeTable(shape: readonly number[]): shape is readonly [number, number] {
  return shape.length === 2 && shape[0]! * shape[1]! >= 1 << 20;
}

/**
 * The gradient of a table [all rows, width] in which no other row than these has one. Of a multilingual checkpoint's 250,000 rows a batch
 * looks up one or two thousand: the rest, 96 of 118 million numbers, is neither filled with zeros nor added up nor normed. AdamW's
 * parameters and moments are those of the whole gradient, to the bit; without the project's kernels (GPU, WebAssembly) it makes it whole.
 */
export class RowGradient {
  /**
   * @param rows ascending, each once
   * @param values [rows, width], float32
   * @param shape the table's
   */
  constructor(
    readonly rows: Int32Array,
    readonly values: tf.Tensor,
    readonly shape: readonly [number, number],
  ) {}

  /** The whole table's gradient. */
  dense(): tf.Tensor {
    return sumIntoRows(this.values, this.rows, this.shape[0], null);
  }

  dispose(): void {
    this.values.dispose();
  }
}

/** The gradient as a tensor of the parameter's shape: itself, or the table. */
export function denseGradient(gradient: Gradient): tf.Tensor {
  return gradient instanceof RowGradient ? gradient.dense() : gradient;
}

/** A gradient's numbers, a copy: of a table all rows. */
export function gradientValues(gradient: Gradient): Float32Array {
  // what tf.tidy is handed back it walks through, number by number: not the array
  const float = tf.tidy(() => toFloat32(denseGradient(gradient)).clone());
  const values = float.dataSync() as Float32Array;
  float.dispose();
  // TensorFlow gives a copy; elsewhere the numbers are the tensor's own, which can be the gradient of several parameters
  return hasNative() ? values : values.slice();
}

/** How many numbers the gradient of a table has at most of which so many rows were looked up: of those rows, or of the whole table. */
export function tableGradientSize(shape: readonly number[], rows: number): number {
  return isLargeTable(shape) && 2 * rows <= shape[0] && rows > 0 && hasKernels()
    ? rows * shape[1]
    : tf.util.sizeFromShape([...shape]);
}

/**
 * Adds each row of `values` [n, width] float32 to the row of a table that `rows` names.
 *
 * @param skipped a row that gets nothing
 * @returns those rows alone where the table is large and they are half of it at most
 */
export function tableGradient(
  values: tf.Tensor,
  rows: Int32Array,
  shape: readonly [number, number],
  skipped: number | null,
): Gradient {
  const [size] = shape;
  if (!isLargeTable(shape)) return sumIntoRows(values, rows, size, skipped);
  const found = distinct(rows, size, skipped);
  if (2 * found.length > size || found.length === 0) return sumIntoRows(values, rows, size, skipped);
  return sumOfRows(values, rows, shape, skipped, found);
}

/** The rows that are named, ascending, each once. */
function distinct(rows: Int32Array, size: number, skipped: number | null): Int32Array {
  const named = new Uint8Array(size);
  for (const row of rows) named[row] = 1;
  if (skipped !== null) named[skipped] = 0;
  const found = new Int32Array(Math.min(rows.length, size));
  let count = 0;
  named.forEach((is, row) => is === 1 && (found[count++] = row));
  return found.slice(0, count);
}

/** {@link tableGradient} as those rows alone, however many they are. */
export function sumOfRows(
  values: tf.Tensor,
  rows: Int32Array,
  shape: readonly [number, number],
  skipped: number | null = null,
  found: Int32Array = distinct(rows, shape[0], skipped),
): RowGradient {
  const places = new Int32Array(shape[0]).fill(-1);
  found.forEach((row, place) => places[row] = place);
  const target = rows.map((row) => places[row]!);
  return new RowGradient(found, sumIntoRows(values, target, found.length, -1), shape);
}

/** A gradient that outlives the `tf.tidy` around it; what it shares memory with stays its owner's. */
export function keepGradient(gradient: Gradient): Gradient {
  return gradient instanceof RowGradient
    ? new RowGradient(gradient.rows, tf.keep(tf.clone(gradient.values)), gradient.shape)
    : tf.keep(tf.clone(gradient));
}

/** The sum of two gradients of a parameter. */
export function addGradients(a: Gradient, b: Gradient): Gradient {
  if (!(a instanceof RowGradient && b instanceof RowGradient)) {
    return kernels().add(denseGradient(a), denseGradient(b));
  }
  const rows = Int32Array.from([...a.rows, ...b.rows]);
  return tableGradient(tf.concat([a.values, b.values], 0), rows, a.shape, null);
}

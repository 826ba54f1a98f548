/** What this folder's tests share: random tensors, comparison, gradients by finite differences. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import type { Pass } from "../ops.ts";
import { Parameter } from "../parameters.ts";
import type { NumbersInPlace } from "../parts.ts";
import { normalValues, randomKey } from "../../ground/pure.ts";
import { toFloat32 } from "../raw.ts";
import { type Gradient, gradientValues } from "../row_gradient.ts";
import { Tape } from "../tape.ts";

/** Normal numbers of a shape, the same for the same seed. */
export function randomValues(shape: number[], seed: number, scale = 1): Float32Array {
  return normalValues(tf.util.sizeFromShape(shape), scale, randomKey(seed, 99));
}

/** The same as an operand of {@link gradientsOf}. */
export const given = (
  shape: number[],
  seed: number,
  scale = 1,
): { values: Float32Array; shape: number[] } => ({
  values: randomValues(shape, seed, scale),
  shape,
});

/** A pass without tape and dropout. */
export const inference: Pass = { tape: null, precision: "float32", nextKey: null };

/** The same keys at every call, so that finite differences see one function. */
export const fixedKeys = (): Pass["nextKey"] => {
  let place = 0;
  return () => randomKey(1, place++);
};

/** A parameter of normal numbers. */
export function randomParameter(name: string, shape: number[], seed: number, scale = 1): Parameter {
  return new Parameter(name, tf.tensor(randomValues(shape, seed, scale), shape));
}

/** Asserts that numbers agree within a tolerance, absolute, or relative for numbers above 1. */
export function closeTo(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, `${what}: another size`);
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!, e = expected[i]!;
    const allowed = tolerance * Math.max(1, Math.abs(e));
    assert.ok(Math.abs(a - e) <= allowed, `${what}[${i}]: ${a} instead of ${e} (allowed ${allowed})`);
  }
}

/** A tensor's values, or a whole table's gradient, as float32 numbers; it is disposed. */
export function take(tensor: Gradient): Float32Array {
  const values = gradientValues(tensor);
  tensor.dispose();
  return values;
}

/** What {@link gradientsOf} differentiates: parameters and plain tensors by name. */
export interface Operands {
  parameters?: Record<string, Parameter>;
  tensors?: Record<string, { values: Float32Array; shape: number[] }>;
}

type Compute = (pass: Pass, tensors: Record<string, tf.Tensor>) => tf.Tensor;

function makeTensors({ tensors = {} }: Operands): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]),
  );
}

/** The output and the gradients, by name, of Σ output · direction. */
export function gradientsOf(
  compute: Compute,
  operands: Operands,
  direction: (size: number) => Float32Array,
  pass: Omit<Pass, "tape"> = { precision: "float32", nextKey: null },
): { output: Float32Array; gradients: Record<string, Float32Array> } {
  const tape = new Tape();
  const tensors = makeTensors(operands);
  Object.values(tensors).forEach((tensor) => tape.watch(tensor));
  const output = tf.tidy(() => compute({ ...pass, tape }, tensors));
  const size = output.size, shape = output.shape;
  const values = (tf.tidy(() => toFloat32(output).clone()).dataSync() as Float32Array).slice();
  const ofParameters = tape.backward(output, new Map(), tf.tensor(direction(size), shape));
  output.dispose();
  const gradients: Record<string, Float32Array> = {};
  for (const [name, parameter] of Object.entries(operands.parameters ?? {})) {
    const gradient = ofParameters.get(parameter);
    if (gradient !== undefined) gradients[name] = take(gradient);
    parameter.release();
  }
  for (const [name, tensor] of Object.entries(tensors)) {
    const gradient = tape.inputGradients.get(tensor);
    if (gradient !== undefined) gradients[name] = take(gradient);
    tensor.dispose();
  }
  return { output: values, gradients };
}

/**
 * Asserts that the backward pass of `compute` agrees with central differences, for every entry of every operand.
 *
 * The differences are of float32 results: with steps of 1/64 their error is about 1e-4 of the largest gradient, so the
 * tolerance is 2e-3 of it.
 */
export function checkBackward(compute: Compute, operands: Operands, nextKey?: () => Pass["nextKey"]): void {
  const step = 1 / 64, tolerance = 2e-3;
  const direction = (size: number) => randomValues([size], 5);
  const passOf = () => ({ precision: "float32" as const, nextKey: nextKey?.() ?? null });
  const objective = () => {
    const output = tf.tidy(() => compute({ ...passOf(), tape: null }, makeTensors(operands)));
    const values = take(output);
    const weights = direction(values.length);
    for (const parameter of Object.values(operands.parameters ?? {})) parameter.release();
    return values.reduce((sum, value, i) => sum + value * weights[i]!, 0);
  };
  const { gradients } = gradientsOf(compute, operands, direction, passOf());
  const numerical = (values: Float32Array, put: (values: Float32Array) => void) =>
    Float64Array.from(values, (value, i) => {
      const shifted = (by: number) => {
        const copy = values.slice();
        copy[i] = value + by;
        put(copy);
        return objective();
      };
      const difference = (shifted(step) - shifted(-step)) / (2 * step);
      put(values);
      return difference;
    });
  const expected: [string, Float64Array][] = [];
  for (const [name, parameter] of Object.entries(operands.parameters ?? {})) {
    expected.push([name, numerical(parameter.data(), (values) => parameter.assign(values))]);
  }
  for (const [name, tensor] of Object.entries(operands.tensors ?? {})) {
    expected.push([name, numerical(tensor.values, (values) => tensor.values = values)]);
  }
  const largestOf = (values: Float64Array) =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const overall = Math.max(...expected.map(([, values]) => largestOf(values)));
  for (const [name, values] of expected) {
    const actual = gradients[name];
    assert.ok(actual, `${name} has no gradient`);
    // a gradient that is all but zero beside the others is lost in the rounding of the objective
    const unit = Math.max(largestOf(values), overall / 30);
    closeTo(Float64Array.from(actual, (x) => x / unit), values.map((x) => x / unit), tolerance, name);
  }
}

/** The numbers that stand in memory, to read and to write: of four bytes as float32, of two as their bits. */
export function numbersAt({ address, length, bytes }: NumbersInPlace): Float32Array | Uint16Array {
  if (length === 0) return new Float32Array();
  const memory = Deno.UnsafePointerView.getArrayBuffer(Deno.UnsafePointer.create(address)!, length * bytes);
  return bytes === 4 ? new Float32Array(memory) : new Uint16Array(memory);
}

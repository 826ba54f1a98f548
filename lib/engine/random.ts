/**
 * Random numbers that depend on nothing but their key: the same seed, step and place give the same numbers on every run,
 * so that a resumed training repeats the uninterrupted one.
 */
import * as tf from "@tensorflow/tfjs";
import { attribute, DataType, hasNative, runOne } from "./raw.ts";

/** Two 32-bit words that name one draw. */
export type RandomKey = readonly [number, number];

/** Mixes integers into a key (the finalizer of MurmurHash3, applied word by word). */
export function randomKey(...parts: number[]): RandomKey {
  let a = 0x9e3779b9, b = 0x85ebca6b;
  for (const part of parts) {
    a = mix(a ^ (part >>> 0));
    b = mix(b + (Math.floor(part / 2 ** 32) >>> 0) + a);
  }
  return [a | 0, b | 0];
}

function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A small generator for choices made in TypeScript (sfc32): numbers in [0, 1), seeded by a key. */
export function generator(key: RandomKey): () => number {
  let a = key[0] | 0, b = key[1] | 0, c = 0x2545f491, counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** Normally distributed float32 numbers (Box-Muller), the same on every engine. */
export function normalValues(size: number, standardDeviation: number, key: RandomKey): Float32Array {
  const random = generator(key);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < size) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Uniform float32 numbers in [0, 1) of the given shape, drawn by the engine from the key. */
export function uniform(shape: number[], key: RandomKey): tf.Tensor {
  if (hasNative()) {
    return tf.tidy(() =>
      runOne("StatelessRandomUniform", [
        attribute.type("dtype", DataType.float32),
        attribute.type("T", DataType.int32),
        attribute.type("Tseed", DataType.int32),
      ], [tf.tensor1d(shape, "int32"), tf.tensor1d([...key], "int32")])
    );
  }
  const random = generator(key);
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i++) values[i] = random();
  return tf.tensor(values, shape);
}

/** The Fisher-Yates shuffle of 0 … length - 1 for a key. */
export function permutation(length: number, key: RandomKey): Uint32Array {
  const random = generator(key);
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

/**
 * Random numbers that follow from a seed alone: the same on every machine and in every run, so that a training which was cut off repeats
 * the whole one.
 *
 * There is a generator for each kind of seed, and both stay as they are: splits, bootstraps and the bundled songs are drawn by a whole number
 * (mulberry32), whatever happens within a training by a key of many parts (sfc32, seeded through MurmurHash3's finalizer).
 */

/** A stream of numbers in [0, 1). */
export type Random = () => number;

/**
 * Tommy Ettinger's mulberry32: a 32-bit counter and a mixing function. The seed is a whole number; its low 32 bits count.
 *
 * @throws {RangeError} for a seed that is no whole number.
 */
export function seededRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`The seed must be a whole number, and is ${seed}.`);
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

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

/** Chris Doty-Humphrey's sfc32, seeded by a key. */
export function generator(key: RandomKey): Random {
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

/** Puts items into a random order (Fisher and Yates), in place. */
function shuffle<T>(items: { length: number; [index: number]: T }, random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const held = items[i]!;
    items[i] = items[j]!;
    items[j] = held;
  }
}

/** The items in a random order, as a new array. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  shuffle(order, random);
  return order;
}

/** 0 … length - 1 in a random order. */
export function permutation(length: number, key: RandomKey): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  shuffle(order, generator(key));
  return order;
}

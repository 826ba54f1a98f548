/**
 * The number types of checkpoint files, under safetensors' names, and their conversion to and from float32.
 *
 * JavaScript has no bfloat16 array, and a Float16Array only lately: both travel as their 16 bits in a
 * Uint16Array. BOOL travels as one byte, 0 or 1.
 */
import { UserError } from "../../ground/pure.ts";

/** The array that holds each dtype's stored values. F16 and BF16 are bit patterns, BOOL bytes of 0 and 1. */
export interface StoredArrays {
  F64: Float64Array<ArrayBuffer>;
  F32: Float32Array<ArrayBuffer>;
  F16: Uint16Array<ArrayBuffer>;
  BF16: Uint16Array<ArrayBuffer>;
  I64: BigInt64Array<ArrayBuffer>;
  U64: BigUint64Array<ArrayBuffer>;
  I32: Int32Array<ArrayBuffer>;
  U32: Uint32Array<ArrayBuffer>;
  I16: Int16Array<ArrayBuffer>;
  U16: Uint16Array<ArrayBuffer>;
  I8: Int8Array<ArrayBuffer>;
  U8: Uint8Array<ArrayBuffer>;
  BOOL: Uint8Array<ArrayBuffer>;
}

/** A number type, spelt as in a safetensors header. */
export type Dtype = keyof StoredArrays;
/** Any array that holds stored values. */
export type StoredArray = StoredArrays[Dtype];

type ArrayConstructorOf<D extends Dtype> = {
  new (length: number): StoredArrays[D];
  BYTES_PER_ELEMENT: number;
};

/** In the order in which safetensors' own writer lays tensors out (its enum, widest first). */
const constructors: { [D in Dtype]: ArrayConstructorOf<D> } = {
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  BF16: Uint16Array,
  F16: Uint16Array,
  U16: Uint16Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/** All dtypes, in the order in which safetensors' writer lays them out. */
export const dtypes = Object.keys(constructors) as Dtype[];

/** Whether `name` is one of the dtypes read here. */
export function isDtype(name: unknown): name is Dtype {
  return typeof name === "string" && Object.hasOwn(constructors, name);
}

/** Bytes of one value. */
export function bytesPerValue(dtype: Dtype): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/** An array of `length` zeros for stored values of `dtype`; where memory does not suffice an error that names `what`. */
export function newStoredArray<D extends Dtype>(dtype: D, length: number, what: string): StoredArrays[D] {
  try {
    return new constructors[dtype](length);
  } catch (cause) {
    throw new UserError(`There is no memory for ${what}: ${length} values of ${dtype}.`, { cause });
  }
}

/** Whether `data` is the array type that stores `dtype`. */
export function isStoredArrayOf(data: ArrayBufferView, dtype: Dtype): boolean {
  return data instanceof (constructors[dtype] as unknown as new () => StoredArray);
}

/** The bytes of a typed array, not copied. */
export function bytesOf(data: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

/** The number of values in a tensor of this shape: 1 for the shape of a scalar, `[]`. */
export function valuesIn(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/**
 * Stored values as float32. F32 comes back as the very array given, not copied; the narrower floats are exact,
 * subnormals, infinities and NaN included; F64 and the integers are rounded to the nearest float32, ties to even.
 */
export function toFloat32(dtype: Dtype, stored: StoredArray): Float32Array<ArrayBuffer> {
  switch (dtype) {
    case "F32":
      return stored as StoredArrays["F32"];
    case "F16":
      return new Float32Array(new Float16Array(stored.buffer, stored.byteOffset, stored.length));
    case "BF16": {
      const patterns = stored as StoredArrays["BF16"];
      const result = new Uint32Array(patterns.length);
      for (let i = 0; i < result.length; i++) result[i] = patterns[i]! << 16;
      return new Float32Array(result.buffer);
    }
    case "I64":
    case "U64":
      return bigIntegersToFloat32(stored as StoredArrays["I64" | "U64"]);
    default:
      return new Float32Array(stored as Exclude<StoredArray, StoredArrays["I64" | "U64"]>);
  }
}

function bigIntegersToFloat32(stored: StoredArrays["I64" | "U64"]): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(stored.buffer, stored.byteOffset, stored.length * 2);
  const signed = stored instanceof BigInt64Array;
  const result = new Float32Array(stored.length);
  for (let i = 0; i < result.length; i++) {
    const high = signed ? words[2 * i + 1]! | 0 : words[2 * i + 1]!;
    let low = words[2 * i]!;
    // Beyond 53 bits the sum below would be rounded twice, to float64 and then to float32. Of the lowest 16 bits
    // only "some bit is set" matters to float32 there, so one bit says it and the sum stays exact.
    if ((high > 0x1fffff || high < -0x200000) && (low & 0xffff) !== 0) {
      low = ((low & 0xffff0000) | 0x8000) >>> 0;
    }
    result[i] = high * 4294967296 + low;
  }
  return result;
}

/**
 * Float32 values as stored values of a float dtype, rounded to nearest, ties to even, as PyTorch's `.to(dtype)` does:
 * too large for F16 becomes infinity, too small a subnormal or zero, NaN stays NaN. F32 is not copied.
 */
export function fromFloat32<D extends "F32" | "F64" | "F16" | "BF16">(
  dtype: D,
  values: Float32Array,
): StoredArrays[D];
export function fromFloat32(dtype: Dtype, values: Float32Array): StoredArray {
  switch (dtype) {
    case "F32":
      return values as StoredArrays["F32"];
    case "F64":
      return new Float64Array(values);
    case "F16":
      return new Uint16Array(new Float16Array(values).buffer);
    default:
      return toBfloat16(values);
  }
}

function toBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const patterns = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < result.length; i++) {
    const pattern = patterns[i]!;
    result[i] = (pattern & 0x7fffffff) > 0x7f800000
      ? (pattern >>> 16) | 0x40 // NaN: rounding could carry it into infinity; quiet it instead
      : (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
  }
  return result;
}

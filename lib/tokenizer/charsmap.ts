/**
 * SentencePiece's precompiled character map: a darts-clone double array over UTF-8 bytes that sends character
 * sequences to their replacements.
 * Source: src/normalizer.cc of google/sentencepiece and darts.h of s-yata/darts-clone.
 */

import { UserError } from "../ground/pure.ts";

/** A character map as it lies in the model file. */
export interface Charsmap {
  /** Units of the double array. */
  readonly units: Uint32Array;
  /** Replacements, UTF-8, each ended by a zero byte. */
  readonly replacements: Uint8Array;
}

/**
 * Reads a `precompiled_charsmap`: the size of the double array, the double array, the replacements.
 *
 * @throws Error where the sizes do not fit.
 */
export function parseCharsmap(blob: Uint8Array): Charsmap {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const size = blob.length > 4 ? view.getUint32(0, true) : 0;
  if (size === 0 || size % 4 !== 0 || 4 + size >= blob.length) {
    throw new UserError(`its character map is broken: a table of ${size} bytes in ${blob.length}`);
  }
  const units = new Uint32Array(size / 4);
  for (let i = 0; i < units.length; i++) units[i] = view.getUint32(4 + 4 * i, true);
  return { units, replacements: blob.subarray(4 + size) };
}

/** Where every walk through the double array starts. */
export function charsmapRoot(map: Charsmap): number {
  return offsetOf(map.units[0]!);
}

/**
 * One byte further. The result is the position whose unit holds the value, if `charsmapValue` finds one there.
 *
 * @returns the next position, or -1 where nothing goes on with this byte.
 */
export function charsmapStep(map: Charsmap, position: number, byte: number): number {
  const at = position ^ byte;
  const unit = map.units[at];
  // The label must be the byte, and the unit must not be a leaf (highest bit).
  if (unit === undefined || (unit & 0x800000ff) !== byte) return -1;
  return at ^ offsetOf(unit);
}

/** The place of the replacement of the sequence that ends with `byte` read at `position`, or -1 for none. */
export function charsmapValue(map: Charsmap, position: number, byte: number): number {
  const at = position ^ byte;
  const unit = map.units[at]!;
  if (((unit >>> 8) & 1) === 0) return -1;
  const leaf = map.units[at ^ offsetOf(unit)];
  return leaf === undefined ? -1 : leaf & 0x7fffffff;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The replacement at a place that `charsmapValue` gave. */
export function charsmapReplacement(map: Charsmap, place: number): string {
  const end = map.replacements.indexOf(0, place);
  return utf8.decode(map.replacements.subarray(place, end < 0 ? undefined : end));
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

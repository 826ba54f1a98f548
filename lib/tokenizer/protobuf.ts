/**
 * The little of Protocol Buffers that SentencePiece's model files need: a message's fields in order.
 * Source: protobuf.dev, "Encoding".
 */

import { UserError } from "../ground/pure.ts";

/** One field of a message: its number and either a number (varint, fixed) or bytes. */
export interface Field {
  number: number;
  /** varint: the number; fixed32: the float32; else 0. */
  numeric: number;
  /** Length-delimited fields; empty for the others. */
  bytes: Uint8Array;
  wireType: number;
}

const nothing = new Uint8Array(0);

/**
 * Reads the fields of one message.
 *
 * @throws Error that says at which byte the message breaks.
 */
export function* readFields(message: Uint8Array): Generator<Field> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const varint = (): number => {
    // Up to 64 bits; what lies above 2^53 (negative int32) is brought back to a signed number.
    let low = 0, high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= message.length) throw new UserError(`the file ends within a number at byte ${at}`);
      const byte = message[at++]!;
      if (shift < 28) low += (byte & 0x7f) * 2 ** shift;
      else high += (byte & 0x7f) * 2 ** (shift - 28);
      if (byte < 0x80) {
        const value = low + high * 2 ** 28;
        return value >= 2 ** 63 ? value - 2 ** 64 : value;
      }
    }
    throw new UserError(`a number of more than 10 bytes at byte ${at}`);
  };
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > message.length) {
      throw new UserError(`a field at byte ${at} says ${length} bytes where ${message.length - at} are left`);
    }
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const wireType = key & 7;
    if (number < 1 || number > 0x1fffffff) throw new UserError(`field number ${number} at byte ${at}`);
    switch (wireType) {
      case 0:
        yield { number, wireType, numeric: varint(), bytes: nothing };
        break;
      case 1:
        yield { number, wireType, numeric: 0, bytes: take(8) };
        break;
      case 2:
        yield { number, wireType, numeric: 0, bytes: take(varint()) };
        break;
      case 5: {
        const start = at;
        take(4);
        yield { number, wireType, numeric: view.getFloat32(start, true), bytes: nothing };
        break;
      }
      default:
        throw new UserError(`wire type ${wireType} at byte ${at}`);
    }
  }
}

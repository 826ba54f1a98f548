/**
 * Python's pickle format, protocols 2 to 5, for plain data. A pickle is a program for a small stack machine; the dangerous
 * instructions are those that fetch a Python object by name and call it. Here a name means only what the caller says it
 * means, nothing is ever imported or run, and all other names are refused.
 * https://github.com/python/cpython/blob/main/Lib/pickletools.py documents the instructions.
 */

import { UserError } from "../../ground/pure.ts";
import type { FileBytes } from "./file_bytes.ts";

/** A name that a pickle may fetch, with what calling it does, where it may be called. */
export interface PickleGlobal {
  /** Module and name, as `torch.FloatStorage`. */
  name: string;
  call?(args: unknown[]): unknown;
}

/** What the caller of `readPickle` lets a pickle do. */
export interface PickleRules {
  /** What a name means; throws to refuse it. */
  resolve(name: string): PickleGlobal;
  /** The object outside the pickle that an id stands for; throws to refuse it. */
  persistent(id: unknown): unknown;
}

/** A place in a file from which bytes are taken one after another. */
export interface ByteCursor {
  /** The position in the file of the next byte. */
  position(): number;
  /** The next `count` bytes. Throws where the file, or the part of it that counts, ends before. */
  take(count: number): Uint8Array<ArrayBuffer>;
}

const bufferBytes = 1 << 16;

/** A cursor over the bytes of a file from `begin` to before `end`. */
export function cursorOver(file: FileBytes, begin: number, end: number): ByteCursor {
  let buffer = new Uint8Array(0);
  let used = 0;
  let next = begin; // the position in the file of the byte after the buffer
  return {
    position: () => next - (buffer.length - used),
    take(count) {
      if (count > buffer.length - used) {
        const rest = buffer.subarray(used);
        const position = next - rest.length;
        if (count > end - position) {
          throw new UserError(`its pickled part breaks off at byte ${end}: it is truncated or corrupt`);
        }
        const length = Math.min(Math.max(count, bufferBytes), end - position);
        const grown = new Uint8Array(length);
        grown.set(rest);
        file.readInto(grown.subarray(rest.length), next);
        buffer = grown;
        used = 0;
        next = position + length;
      }
      used += count;
      return buffer.subarray(used - count, used);
    },
  };
}

/**
 * Reads one pickle, leaving the cursor behind it. Dictionaries become Maps, lists and tuples arrays, integers numbers
 * (bigints beyond 2^53), bytes Uint8Arrays, sets Sets.
 *
 * @throws on a refused name, an instruction that plain data does not need, or a broken pickle.
 */
export function readPickle(cursor: ByteCursor, rules: PickleRules): unknown {
  let stack: unknown[] = [];
  const marked: unknown[][] = []; // the stacks below each open mark
  const memo = new Map<number, unknown>();

  const corrupt = (problem: string) => new UserError(`its pickled part is corrupt: ${problem}`);
  const pop = (): unknown => {
    if (stack.length === 0) throw corrupt("its stack ran empty");
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length === 0) throw corrupt("its stack ran empty");
    return stack.at(-1);
  };
  const popMark = (): unknown[] => {
    const items = stack;
    const below = marked.pop();
    if (below === undefined) throw corrupt("a mark is missing");
    stack = below;
    return items;
  };
  const popTuple = (length: number): unknown[] => Array.from({ length }, pop).reverse();
  const view = (length: number): DataView => {
    const bytes = cursor.take(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  };
  const uint8 = () => view(1).getUint8(0);
  const uint16 = () => view(2).getUint16(0, true);
  const int32 = () => view(4).getInt32(0, true);
  const uint32 = () => view(4).getUint32(0, true);
  const uint64 = () => Number(view(8).getBigUint64(0, true));
  const text = (length: number) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(cursor.take(length));
  const line = () => {
    const bytes: number[] = [];
    for (let byte = uint8(); byte !== 0x0a; byte = uint8()) bytes.push(byte);
    return new TextDecoder().decode(Uint8Array.from(bytes));
  };
  const append = (items: unknown[]) => {
    const target = top();
    if (!Array.isArray(target)) throw corrupt("items are appended to what is not a list");
    for (const item of items) target.push(item);
  };
  const set = (items: unknown[]) => {
    const target = top();
    if (!(target instanceof Map) || items.length % 2 !== 0) {
      throw corrupt("items are set in what is not a dictionary");
    }
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  };
  const add = (items: unknown[]) => {
    const target = top();
    if (!(target instanceof Set)) throw corrupt("items are added to what is not a set");
    for (const item of items) target.add(item);
  };
  const call = (callee: unknown, args: unknown) => {
    const { name, call } = (callee ?? {}) as Partial<PickleGlobal>;
    if (call === undefined || !Array.isArray(args)) {
      throw corrupt(`it calls ${name ?? "what is not a function"}`);
    }
    return call(args);
  };

  const recall = (index: number) => {
    if (!memo.has(index)) throw corrupt(`it recalls item ${index}, which was never stored`);
    return memo.get(index);
  };
  const push = (value: unknown) => void stack.push(value);

  /** By its byte, what each instruction does. */
  const instructions: Record<number, () => void> = {
    0x80: () => { // PROTO
      const protocol = uint8();
      if (protocol >= 2 && protocol <= 5) return;
      throw new UserError(`its pickle protocol is ${protocol}; known are 2 to 5`);
    },
    0x95: () => void cursor.take(8), // FRAME
    0x28: () => { // MARK
      marked.push(stack);
      stack = [];
    },
    0x30: pop, // POP
    0x31: popMark, // POP_MARK
    0x32: () => push(top()), // DUP

    0x71: () => memo.set(uint8(), top()), // BINPUT
    0x72: () => memo.set(uint32(), top()), // LONG_BINPUT
    0x94: () => memo.set(memo.size, top()), // MEMOIZE
    0x68: () => push(recall(uint8())), // BINGET
    0x6a: () => push(recall(uint32())), // LONG_BINGET

    0x4e: () => push(null), // NONE
    0x88: () => push(true), // NEWTRUE
    0x89: () => push(false), // NEWFALSE
    0x4b: () => push(uint8()), // BININT1
    0x4d: () => push(uint16()), // BININT2
    0x4a: () => push(int32()), // BININT
    0x8a: () => push(longOf(cursor.take(uint8()))), // LONG1
    0x8b: () => push(longOf(cursor.take(uint32()))), // LONG4
    0x47: () => push(view(8).getFloat64(0, false)), // BINFLOAT

    0x8c: () => push(text(uint8())), // SHORT_BINUNICODE
    0x55: () => push(text(uint8())), // SHORT_BINSTRING, Python 2's strings
    0x58: () => push(text(uint32())), // BINUNICODE
    0x54: () => push(text(uint32())), // BINSTRING
    0x8d: () => push(text(uint64())), // BINUNICODE8
    0x43: () => push(cursor.take(uint8()).slice()), // SHORT_BINBYTES
    0x42: () => push(cursor.take(uint32()).slice()), // BINBYTES
    0x8e: () => push(cursor.take(uint64()).slice()), // BINBYTES8
    0x96: () => push(cursor.take(uint64()).slice()), // BYTEARRAY8

    0x5d: () => push([]), // EMPTY_LIST
    0x29: () => push([]), // EMPTY_TUPLE
    0x7d: () => push(new Map()), // EMPTY_DICT
    0x8f: () => push(new Set()), // EMPTY_SET
    0x85: () => push(popTuple(1)), // TUPLE1
    0x86: () => push(popTuple(2)), // TUPLE2
    0x87: () => push(popTuple(3)), // TUPLE3
    0x74: () => push(popMark()), // TUPLE
    0x61: () => append(popTuple(1)), // APPEND
    0x65: () => append(popMark()), // APPENDS
    0x73: () => set(popTuple(2)), // SETITEM
    0x75: () => set(popMark()), // SETITEMS
    0x90: () => add(popMark()), // ADDITEMS
    0x91: () => push(new Set(popMark())), // FROZENSET

    0x63: () => { // GLOBAL
      const module = line();
      push(rules.resolve(`${module}.${line()}`));
    },
    0x93: () => push(rules.resolve(popTuple(2).join("."))), // STACK_GLOBAL
    0x52: () => { // REDUCE
      const args = pop();
      push(call(pop(), args));
    },
    0x62: () => { // BUILD: attributes of a dictionary, such as a state dict's `_metadata`
      pop();
      if (!(top() instanceof Map)) {
        throw new UserError("it sets attributes of an object that is not a dictionary");
      }
    },
    0x51: () => push(rules.persistent(pop())), // BINPERSID
  };

  while (true) {
    const instruction = uint8();
    if (instruction === 0x2e) { // STOP
      if (marked.length > 0) throw corrupt("a mark was never used");
      return pop();
    }
    const act = instructions[instruction];
    if (act === undefined) {
      throw new UserError(
        `its pickled part has the instruction 0x${instruction.toString(16).padStart(2, "0")} before byte ` +
          `${cursor.position()}, which tensors and plain data do not need: it is corrupt or holds other things`,
      );
    }
    act();
  }
}

/** A little-endian two's-complement integer of any length. */
function longOf(bytes: Uint8Array): number | bigint {
  if (bytes.length > 1024) {
    throw new UserError(`its pickled part has an integer of ${bytes.length} bytes: it is corrupt`);
  }
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = value << 8n | BigInt(bytes[i]!);
  value = BigInt.asIntN(bytes.length * 8, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

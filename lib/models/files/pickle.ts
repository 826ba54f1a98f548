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
  const appendTo = (target: unknown, items: unknown[]) => {
    if (!Array.isArray(target)) throw corrupt("items are appended to what is not a list");
    for (const item of items) target.push(item);
  };
  const setIn = (target: unknown, items: unknown[]) => {
    if (!(target instanceof Map) || items.length % 2 !== 0) {
      throw corrupt("items are set in what is not a dictionary");
    }
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  };
  const call = (callee: unknown, args: unknown) => {
    const { name, call } = (callee ?? {}) as Partial<PickleGlobal>;
    if (call === undefined || !Array.isArray(args)) {
      throw corrupt(`it calls ${name ?? "what is not a function"}`);
    }
    return call(args);
  };

  while (true) {
    const instruction = uint8();
    switch (instruction) {
      case 0x80: { // PROTO
        const protocol = uint8();
        if (protocol < 2 || protocol > 5) {
          throw new UserError(`its pickle protocol is ${protocol}; known are 2 to 5`);
        }
        break;
      }
      case 0x95: // FRAME
        cursor.take(8);
        break;
      case 0x2e: // STOP
        if (marked.length > 0) throw corrupt("a mark was never used");
        return pop();

      case 0x28: // MARK
        marked.push(stack);
        stack = [];
        break;
      case 0x30: // POP
        pop();
        break;
      case 0x31: // POP_MARK
        popMark();
        break;
      case 0x32: // DUP
        stack.push(top());
        break;

      case 0x71: // BINPUT
        memo.set(uint8(), top());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(uint32(), top());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 0x68: // BINGET
      case 0x6a: { // LONG_BINGET
        const index = instruction === 0x68 ? uint8() : uint32();
        if (!memo.has(index)) throw corrupt(`it recalls item ${index}, which was never stored`);
        stack.push(memo.get(index));
        break;
      }

      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
        stack.push(true);
        break;
      case 0x89: // NEWFALSE
        stack.push(false);
        break;
      case 0x4b: // BININT1
        stack.push(uint8());
        break;
      case 0x4d: // BININT2
        stack.push(uint16());
        break;
      case 0x4a: // BININT
        stack.push(int32());
        break;
      case 0x8a: // LONG1
        stack.push(longOf(cursor.take(uint8())));
        break;
      case 0x8b: // LONG4
        stack.push(longOf(cursor.take(uint32())));
        break;
      case 0x47: // BINFLOAT
        stack.push(view(8).getFloat64(0, false));
        break;

      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING, Python 2's strings
        stack.push(text(uint8()));
        break;
      case 0x58: // BINUNICODE
      case 0x54: // BINSTRING
        stack.push(text(uint32()));
        break;
      case 0x8d: // BINUNICODE8
        stack.push(text(uint64()));
        break;
      case 0x43: // SHORT_BINBYTES
        stack.push(cursor.take(uint8()).slice());
        break;
      case 0x42: // BINBYTES
        stack.push(cursor.take(uint32()).slice());
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        stack.push(cursor.take(uint64()).slice());
        break;

      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        stack.push([]);
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        break;
      case 0x8f: // EMPTY_SET
        stack.push(new Set());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(popTuple(instruction - 0x84));
        break;
      case 0x74: { // TUPLE
        const items = popMark();
        stack.push(items);
        break;
      }
      case 0x61: { // APPEND
        const item = pop();
        appendTo(top(), [item]);
        break;
      }
      case 0x65: { // APPENDS
        const items = popMark();
        appendTo(top(), items);
        break;
      }
      case 0x73: { // SETITEM
        const item = popTuple(2);
        setIn(top(), item);
        break;
      }
      case 0x75: { // SETITEMS
        const items = popMark();
        setIn(top(), items);
        break;
      }
      case 0x90: { // ADDITEMS
        const items = popMark();
        const target = top();
        if (!(target instanceof Set)) throw corrupt("items are added to what is not a set");
        for (const item of items) target.add(item);
        break;
      }
      case 0x91: { // FROZENSET
        const items = popMark();
        stack.push(new Set(items));
        break;
      }

      case 0x63: { // GLOBAL
        const module = line();
        stack.push(rules.resolve(`${module}.${line()}`));
        break;
      }
      case 0x93: { // STACK_GLOBAL
        const [module, name] = popTuple(2);
        stack.push(rules.resolve(`${module}.${name}`));
        break;
      }
      case 0x52: { // REDUCE
        const args = pop();
        stack.push(call(pop(), args));
        break;
      }
      case 0x62: // BUILD: attributes of a dictionary, such as a state dict's `_metadata`
        pop();
        if (!(top() instanceof Map)) {
          throw new UserError("it sets attributes of an object that is not a dictionary");
        }
        break;
      case 0x51: // BINPERSID
        stack.push(rules.persistent(pop()));
        break;

      default:
        throw new UserError(
          `its pickled part has the instruction 0x${instruction.toString(16).padStart(2, "0")} before byte ` +
            `${cursor.position()}, which tensors and plain data do not need: it is corrupt or holds other things`,
        );
    }
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

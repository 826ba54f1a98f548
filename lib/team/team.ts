/** Processes that do one piece of work together, each a part of it. */
import { UserError } from "../ground/mod.ts";

/** Numbers in memory, which go from one member to another as they are. */
export interface Numbers {
  /** Where they stand. */
  address: bigint;
  length: number;
  /** Of each. */
  bytes: 2 | 4;
}

/** Numbers that go to a member or come from it. */
export interface Message {
  member: number;
  numbers: Numbers;
}

/** A process among those that work together; alone it is a team of one. */
export interface Team extends Disposable {
  /** Which of them this is, from 0. The first leads: it alone writes files and tells people. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** The machine that this one runs on. */
  readonly host: string;
  /** Adds up numbers over all, in place, to the bit the same for each. All call it, with as many numbers. */
  sum(values: Float32Array | Float64Array): void;
  /**
   * Sends numbers to other members and writes those that they send: all call it. Of what two send to one another the first fills the first, as
   * long as it, and so on.
   */
  exchange(sent: readonly Message[], received: readonly Message[]): void;
  /** Gives all of them the bytes of the first, in place. All call it, with as many bytes. */
  broadcast(bytes: Uint8Array): void;
  /** What each of them says, by rank. All call it. */
  gather(text: string): string[];
  /** Ends the others, too, where this one ends by an error. */
  abort(code: number): void;
}

/** A team of one. */
export const alone: Team = {
  rank: 0,
  size: 1,
  host: "",
  sum() {},
  exchange() {},
  broadcast() {},
  gather: (text) => [text],
  abort() {},
  [Symbol.dispose]() {},
};

/** The first one's value, plain data, for all of them. All call it. */
export function agreed<T>(team: Team, value: T): T {
  if (team.size === 1) return value;
  const text = new TextEncoder().encode(team.rank === 0 ? JSON.stringify(value) : "");
  const length = agreedNumber(team, text.length);
  const bytes = team.rank === 0 ? text : new Uint8Array(length);
  team.broadcast(bytes);
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}

/** The first one's number for all of them. All call it. */
export function agreedNumber(team: Team, value: number): number {
  const numbers = Float64Array.of(value);
  team.broadcast(new Uint8Array(numbers.buffer));
  return numbers[0]!;
}

/** A member's share of things in a row, as equal as can be: from one to another, which is not in it. */
export function shareOf(
  { rank, size }: Pick<Team, "rank" | "size">,
  count: number,
): { from: number; to: number } {
  return { from: Math.floor(count * rank / size), to: Math.floor(count * (rank + 1) / size) };
}

/** How many of as many numbers each member's share has. */
export function sharesOf({ size }: Pick<Team, "size">, count: number): Int32Array {
  return Int32Array.from({ length: size }, (_, rank) => {
    const { from, to } = shareOf({ rank, size }, count);
    return to - from;
  });
}

/** Numbers of which each member has its own, one after the other. */
export interface Parts {
  numbers: Numbers;
  /** How many are each one's. */
  counts: Int32Array;
}

/** A member's own. */
export function partOf({ numbers: { address, bytes }, counts }: Parts, member: number): Numbers {
  const from = counts.subarray(0, member).reduce((sum, count) => sum + count, 0);
  return { address: address + BigInt(from * bytes), length: counts[member]!, bytes };
}

/** An array's numbers, which must outlive their use. */
export function numbersOf(array: Float32Array | Int32Array): Numbers {
  // asked for its buffer, a small array gets memory that stays where it is
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const address = array.length === 0 ? 0n : Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
  return { address: BigInt(address), length: array.length, bytes: 4 };
}

/** The others of a team, from the next one on. */
export function othersOf({ rank, size }: Pick<Team, "rank" | "size">): number[] {
  return Array.from({ length: size - 1 }, (_, i) => (rank + 1 + i) % size);
}

/** Gives all members what each one has as its own, in place. All call it. */
export function gatherParts(team: Team, all: readonly Parts[]): void {
  const others = othersOf(team);
  const own = all.map((parts) => partOf(parts, team.rank));
  team.exchange(
    others.flatMap((member) => own.map((numbers) => ({ member, numbers }))),
    others.flatMap((member) => all.map((parts) => ({ member, numbers: partOf(parts, member) }))),
  );
}

/** Lets the first one do some work, then the others: what it has written to a disk that they share, they find there. */
export async function firstBeforeOthers<T>(team: Team, work: () => T | Promise<T>): Promise<T> {
  if (team.rank > 0) agreed(team, null);
  const result = await work();
  if (team.rank === 0) agreed(team, null);
  return result;
}

/** An error that all of a team have at once: the first one tells it for all. */
export class SharedError extends UserError {
  override readonly name = "SharedError";
}

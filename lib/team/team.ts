/** Processes that do one piece of work together, each a part of it. */
import { UserError } from "../ground/mod.ts";

/** Numbers that go from one member to another as they are, of four bytes or of two. */
export type Numbers = Float32Array | Int32Array | Uint16Array;

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
   * Gives each member the others' numbers that are meant for it. All call it, with as many numbers.
   *
   * @param values those for the first member, then those for the second, and so on; its own stay where they are
   * @param received [members - 1, as many as are meant for this one], of the others, by rank
   * @param counts how many are meant for each; default {@link shareOf} them
   */
  exchange(values: Numbers, received: Numbers, counts?: Int32Array<ArrayBuffer>): void;
  /**
   * Gives all of them each one's part of as many numbers, in place. All call it.
   *
   * @param counts how many each one has; default {@link shareOf} them
   */
  gatherShares(values: Numbers, counts?: Int32Array<ArrayBuffer>): void;
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
  gatherShares() {},
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
export function sharesOf({ size }: Pick<Team, "size">, count: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: size }, (_, rank) => {
    const { from, to } = shareOf({ rank, size }, count);
    return to - from;
  });
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

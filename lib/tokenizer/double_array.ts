/**
 * A trie over UTF-16 code units in typed arrays (double array: J. Aoe, "An Efficient Digital Search Algorithm by
 * Using a Double-Array Structure", 1989). A step is two array reads; no string is made on the way.
 */

/** A set of strings with a number each. Walk it with `step`. */
export interface Trie {
  /** Code unit to a dense code from 1; 0: no string has this unit. `[65536]` */
  readonly codes: Uint16Array;
  /** `base[s] + code` is the child of state `s`, if `check` agrees. */
  readonly base: Int32Array;
  readonly check: Int32Array;
  /** The number of the string that ends at a state, -1 for none. */
  readonly value: Int32Array;
}

/** The state every walk starts from. */
export const rootState = 0;

/**
 * Builds a trie of strings and their numbers (>= 0). Empty strings are left out; of equal strings the last counts.
 */
export function buildTrie(entries: Iterable<readonly [string, number]>): Trie {
  const unique = new Map(entries);
  unique.delete("");
  const keys = [...unique.keys()].sort(byCodeUnit);

  const frequency = new Map<number, number>();
  for (const key of keys) {
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i);
      frequency.set(unit, (frequency.get(unit) ?? 0) + 1);
    }
  }
  // Frequent units get small codes, so that children lie close together and the arrays stay small.
  const codes = new Uint16Array(65536);
  [...frequency].sort((a, b) => b[1] - a[1] || a[0] - b[0]).forEach(([unit], i) => codes[unit] = i + 1);
  const highestCode = frequency.size;

  let size = Math.max(1024, highestCode + 2);
  let base: Int32Array = new Int32Array(size);
  let check: Int32Array = new Int32Array(size).fill(-1);
  let value: Int32Array = new Int32Array(size).fill(-1);
  check[rootState] = rootState;
  let firstFree = 1;

  const grow = (least: number) => {
    if (least <= size) return;
    const larger = Math.max(least, size * 2);
    const extend = (old: Int32Array, fill: number) => {
      const next = new Int32Array(larger).fill(fill);
      next.set(old);
      return next;
    };
    base = extend(base, 0);
    check = extend(check, -1);
    value = extend(value, -1);
    size = larger;
  };

  // Depth first over ranges of the sorted keys that share their first `depth` units.
  const stack: { from: number; to: number; depth: number; state: number }[] = [];
  if (keys.length > 0) stack.push({ from: 0, to: keys.length, depth: 0, state: rootState });
  while (stack.length > 0) {
    const { from, to, depth, state } = stack.pop()!;
    let first = from;
    const here = keys[first]!;
    if (here.length === depth) {
      value[state] = unique.get(here)!;
      first++;
    }
    const children: { code: number; from: number; to: number }[] = [];
    for (let i = first; i < to;) {
      const unit = keys[i]!.charCodeAt(depth);
      let end = i + 1;
      while (end < to && keys[end]!.charCodeAt(depth) === unit) end++;
      children.push({ code: codes[unit]!, from: i, to: end });
      i = end;
    }
    if (children.length === 0) continue;
    children.sort((a, b) => a.code - b.code);
    const lowest = children[0]!.code;

    while (firstFree < size && check[firstFree] !== -1) firstFree++;
    let offset = Math.max(firstFree - lowest, 0);
    for (;; offset++) {
      grow(offset + highestCode + 2);
      // State 0 is the root and nobody's child.
      if (offset + lowest > 0 && children.every((child) => check[offset + child.code] === -1)) break;
    }
    base[state] = offset;
    for (const child of children) check[offset + child.code] = state;
    for (const child of children) {
      stack.push({ from: child.from, to: child.to, depth: depth + 1, state: offset + child.code });
    }
  }

  // Room for every code beyond the last base, so that a step needs no bounds check.
  let last = 0;
  for (let s = 0; s < size; s++) if (check[s] !== -1) last = Math.max(last, s, base[s]!);
  const length = last + highestCode + 2;
  grow(length);
  return { codes, base: base.slice(0, length), check: check.slice(0, length), value: value.slice(0, length) };
}

/** The state after `unit`, or -1 where no string goes on with it. */
export function step(trie: Trie, state: number, unit: number): number {
  const code = trie.codes[unit]!;
  if (code === 0) return -1;
  const next = trie.base[state]! + code;
  return trie.check[next] === state ? next : -1;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

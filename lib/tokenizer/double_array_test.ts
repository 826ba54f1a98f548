import assert from "node:assert/strict";
import { buildTrie, rootState, step, type Trie } from "./double_array.ts";

/** The number of a string, -1 where the trie does not have it. */
function lookUp(trie: Trie, text: string): number {
  let state = rootState;
  for (let i = 0; i < text.length; i++) {
    state = step(trie, state, text.charCodeAt(i));
    if (state < 0) return -1;
  }
  return trie.value[state]!;
}

Deno.test("a trie finds exactly its strings, with their numbers", () => {
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below;
  const unit = () =>
    [0x61 + random(4), 0xac00 + random(3000), 0xd83d, 0xde00 + random(20), 0xffff, 0x2581][random(6)]!;
  const entries = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    const text = String.fromCharCode(...Array.from({ length: 1 + random(5) }, unit));
    entries.set(text, i);
  }
  const trie = buildTrie(entries);
  for (const [text, number] of entries) assert.equal(lookUp(trie, text), number);
  for (let i = 0; i < 5000; i++) {
    const text = String.fromCharCode(...Array.from({ length: 1 + random(6) }, unit));
    assert.equal(lookUp(trie, text), entries.get(text) ?? -1);
  }
});

Deno.test("a trie of nothing, of the empty string, and of strings within strings", () => {
  assert.equal(lookUp(buildTrie([]), "가"), -1);
  assert.equal(step(buildTrie([["", 3]]), rootState, 0x61), -1);
  const trie = buildTrie([["가나다", 7], ["가", 1], ["가나", 0], ["가", 2]]);
  assert.deepEqual(["가", "가나", "가나다", "나", "가다"].map((text) => lookUp(trie, text)), [
    2,
    0,
    7,
    -1,
    -1,
  ]);
});

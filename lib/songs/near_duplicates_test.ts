import assert from "node:assert/strict";
import { nearDuplicates } from "./near_duplicates.ts";
import { seededRandom } from "../ground/mod.ts";

const pairsOf = (texts: string[]) => {
  const pairs: [number, number][] = [];
  nearDuplicates(texts, (a, b) => pairs.push([a, b]));
  return [...new Set(pairs.map((pair) => pair.join("-")))];
};

/** So many words drawn from a small vocabulary, as lyrics of one genre are. */
function lyrics(random: () => number, words: number): string[] {
  return Array.from({ length: words }, () => `말${Math.floor(random() * 40)}`);
}

Deno.test("nearDuplicates: a word more, fewer, or another is nearly the same; a fifth of the words is not", () => {
  const random = seededRandom(3);
  for (let trial = 0; trial < 200; trial++) {
    const words = lyrics(random, 60), other = lyrics(random, 60);
    const text = words.join(" ");
    const changed = (every: number) =>
      words.map((word, i) => i % every === every - 1 ? "딴말" : word).join(" ");
    assert.deepEqual(pairsOf([text, other.join(" "), `${text}\n라이브`]), ["0-2"]);
    assert.deepEqual(pairsOf([text, words.slice(1).join("\n")]), ["0-1"]);
    assert.deepEqual(pairsOf([text, changed(50)]), ["0-1"]);
    assert.deepEqual(pairsOf([text, changed(5)]), []);
    assert.deepEqual(pairsOf([text, other.join(" ")]), []);
  }
});

Deno.test("nearDuplicates: short texts are too short to tell, and many alike are joined in a chain", () => {
  assert.deepEqual(
    pairsOf(["사랑해 너를", "사랑해 너를", "", "", "가 나 다 라 마 바", "가 나 다 라 마 바"]),
    [],
  );
  const base = lyrics(seededRandom(5), 50).join(" ");
  const all = Array.from({ length: 20 }, (_, i) => `${base} 끝${i}`);
  const parent = all.map((_, i) => i);
  const root = (i: number): number => parent[i] === i ? i : root(parent[i]!);
  let compared = 0;
  nearDuplicates(all, (a, b) => {
    compared++;
    parent[root(b)] = root(a);
  }, (a, b) => root(a) === root(b));
  assert.equal(new Set(all.map((_, i) => root(i))).size, 1);
  assert.equal(compared, 19);
});

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { generator, randomKey } from "../ground/mod.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import type { Example } from "./batches.ts";
import { continuingTokens, maskTokens } from "./pretrain.ts";

const bundled = fileURLToPath(new URL("../../data/tokenizer", import.meta.url));
const tokenizer = await loadTokenizer(bundled);
const { clsId, sepId, maskId, vocabSize, specialIds } = tokenizer;

Deno.test("maskTokens: 15 % are asked for, 80 % of them masked, 10 % replaced, 10 % left; special tokens never", () => {
  const inputIds = Int32Array.from({ length: 40_000 }, (_, i) => i % 50 === 0 ? clsId : 100 + i % 500);
  const example: Example = { songId: "a", inputIds, label: -100, weight: 1 };
  const vocabulary = { maskId, vocabSize, specialIds, rate: 0.15 };
  const draw = (epoch: number) => maskTokens(example, vocabulary, generator(randomKey(7, epoch)));
  const { inputIds: seen, tokenLabels } = draw(0);
  const counts = { asked: 0, masked: 0, same: 0, other: 0 };
  tokenLabels!.forEach((label, i) => {
    if (label === -100) return assert.equal(seen[i], inputIds[i]);
    assert.equal(label, inputIds[i]);
    assert.notEqual(label, clsId);
    counts.asked++;
    counts[seen[i] === maskId ? "masked" : seen[i] === label ? "same" : "other"]++;
  });
  const near = (value: number, expected: number) =>
    assert.ok(Math.abs(value - expected) < 0.02, `${value} instead of ${expected}`);
  near(counts.asked / (40_000 * 0.98), 0.15);
  near(counts.masked / counts.asked, 0.8);
  near(counts.same / counts.asked, 0.1);
  near(counts.other / counts.asked, 0.1);
  assert.deepEqual(draw(0), draw(0));
  assert.notDeepEqual(draw(1).tokenLabels, tokenLabels);
  const short = maskTokens(
    { ...example, inputIds: Int32Array.of(clsId, 300, sepId) },
    vocabulary,
    () => 0.99,
  );
  assert.deepEqual([...short.tokenLabels!], [-100, 300, -100], "at least one is asked for");
});

Deno.test("maskTokens: the rate is what is asked for", () => {
  const inputIds = Int32Array.from({ length: 20_000 }, (_, i) => 100 + i % 500);
  const { tokenLabels } = maskTokens(
    { songId: "a", inputIds, label: -100, weight: 1 },
    { maskId, vocabSize, specialIds, rate: 0.4 },
    generator(randomKey(1)),
  );
  const asked = tokenLabels!.filter((label) => label !== -100).length / 20_000;
  assert.ok(Math.abs(asked - 0.4) < 0.02, `${asked}`);
});

Deno.test("maskTokens: whole words are asked for or none of their pieces, over no border of texts", () => {
  const continues = continuingTokens(tokenizer);
  const words = ["밤하늘의", "별을", "헤아리다가", "잠들었습니다"];
  const ids = tokenizer.encode(words.join(" "), { addSpecialTokens: false }).ids;
  assert.ok(ids.length > words.length, "some words have several pieces");
  const starts = ids.flatMap((id, i) => continues[id] === 0 ? [i] : []);
  assert.deepEqual(starts.map((i) => tokenizer.idToToken(ids[i]!)![0]), words.map(() => "▁"));
  const inputIds = Int32Array.from([clsId, ...ids, sepId, ...ids, sepId]);
  let several = 0;
  for (let epoch = 0; epoch < 50; epoch++) {
    const example = { songId: "a", inputIds, label: -100, weight: 1 };
    const { tokenLabels } = maskTokens(
      example,
      { maskId, vocabSize, specialIds, rate: 0.3, continues },
      generator(randomKey(epoch)),
    );
    for (let i = 1; i < inputIds.length; i++) {
      if (specialIds.includes(inputIds[i]!)) assert.equal(tokenLabels![i], -100);
      else if (continues[inputIds[i]!] === 1) {
        assert.equal(tokenLabels![i] === -100, tokenLabels![i - 1] === -100, `epoch ${epoch}, place ${i}`);
        several++;
      }
    }
  }
  assert.ok(several > 50);
});

Deno.test("continuingTokens: by the vocabulary's own marks, an error where it has none", () => {
  const of = (tokens: string[]): Tokenizer =>
    Object.create(tokenizer, {
      source: { value: "made up" },
      vocabSize: { value: tokens.length },
      specialIds: { value: [0] },
      idToToken: { value: (id: number) => tokens[id] ?? null },
    });
  assert.deepEqual([...continuingTokens(of(["[MASK]", "노래", "##는", "!"]))], [0, 0, 1, 0]);
  assert.deepEqual([...continuingTokens(of(["<mask>", "▁노래", "는", "▁"]))], [0, 0, 1, 0]);
  assert.deepEqual([...continuingTokens(of(["<mask>", "Ġsong", "s", "a"]))], [0, 0, 1, 1]);
  assert.throws(() => continuingTokens(of(["[MASK]", "노래", "는"])), /made up.*whole-word/);
});

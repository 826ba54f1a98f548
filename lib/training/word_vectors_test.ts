import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { generator, randomKey } from "../ground/mod.ts";
import { startEngine } from "../engine/mod.ts";
import { createModel, disposeModel } from "../models/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { examplesOfList } from "./examples.ts";
import type { LanguageModel } from "./language_model.ts";
import { packTexts } from "./pretrain.ts";
import { tinyTextConfig } from "./testing/tiny.ts";
import { startWithWordVectors, wordVectors } from "./word_vectors.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const vocabulary = { vocabSize: 60, specialIds: [0, 1, 2, 3, 4] };

/** Rows of texts whose tokens are of one topic: 10 to 24, 25 to 39, or 40 to 54; 55 to 57 come in all, 58 and 59 never. */
function topics(rows: number) {
  const random = generator(randomKey(4)), draw = (size: number) => Math.floor(random() * size);
  return examplesOfList(Array.from({ length: rows }, (_, i) => ({
    songId: `${i}`,
    inputIds: Int32Array.from(
      [1, 2, 3].flatMap(() => {
        const topic = 10 + 15 * draw(3);
        return [2, ...Array.from({ length: 8 }, () => draw(6) === 0 ? 55 + draw(3) : topic + draw(15)), 3];
      }),
    ),
    label: -100,
    weight: 1,
  })));
}

const of = (vectors: Float32Array, token: number, width: number) =>
  vectors.subarray(token * width, (token + 1) * width);

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0, aa = 0, bb = 0;
  a.forEach((x, i) => {
    dot += x * b[i]!;
    aa += x * x;
    bb += b[i]! ** 2;
  });
  return dot / Math.sqrt(aa * bb);
}

Deno.test("wordVectors: tokens of like surroundings have like vectors, of the usual scale; others random ones", async () => {
  const width = 16, vectors = await wordVectors(topics(600), vocabulary, { width, seed: 7 });
  assert.equal(vectors.length, 60 * width);
  let same = 0, other = 0;
  for (let i = 0; i < 14; i++) {
    same += cosine(of(vectors, 10 + i, width), of(vectors, 11 + i, width)) / 14;
    other += cosine(of(vectors, 10 + i, width), of(vectors, 25 + i, width)) / 14;
  }
  assert.ok(same > 0.7 && other < 0.2, `${same}, ${other}`);
  const root = (token: number) =>
    Math.sqrt(of(vectors, token, width).reduce((sum, x) => sum + x * x, 0) / width);
  for (const token of [0, 4, 58, 59]) {
    assert.ok(root(token) > 0.02 && root(token) < 0.1, `${token}: ${root(token)}`);
  }
  const known = Array.from({ length: 48 }, (_, i) => root(10 + i) ** 2).reduce((a, b) => a + b, 0) / 48;
  assert.ok(Math.abs(Math.sqrt(known) - 0.05) < 0.001, `${known}`);
  assert.deepEqual(await wordVectors(topics(600), vocabulary, { width, seed: 7 }), vectors);
});

Deno.test("wordVectors: the products of vectors give the information between tokens, as a full decomposition does", async () => {
  // as many directions as contexts: nothing is cut off, and U √S has the matrix' own geometry
  const rows = topics(300), width = 48;
  const vectors = await wordVectors(rows, vocabulary, { width, seed: 7, window: 2 });
  const counts = Array.from({ length: 60 }, () => new Float64Array(60));
  for (let row = 0; row < rows.length; row++) {
    const { inputIds } = rows.at(row);
    for (const [i, id] of inputIds.entries()) {
      for (const distance of [1, 2]) {
        const near = [...inputIds.slice(i, i + distance + 1)];
        if (near.length <= distance || near.some((token) => token < 5)) continue;
        counts[id]![near.at(-1)!]! += 1 / distance;
        counts[near.at(-1)!]![id]! += 1 / distance;
      }
    }
  }
  const sums = counts.map((line) => line.reduce((a, b) => a + b, 0));
  const smoothed = sums.map((sum) => sum ** 0.75), all = smoothed.reduce((a, b) => a + b, 0);
  const information = counts.map((line, i) =>
    line.map((count, j) => count === 0 ? 0 : Math.max(0, Math.log(count * all / (sums[i]! * smoothed[j]!))))
  );
  // U S Uᵀ = √(M Mᵀ): its square is M Mᵀ, up to the scale
  const inner = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
  const tokens = Array.from({ length: 48 }, (_, i) => 10 + i);
  const root = tokens.map((i) => tokens.map((j) => inner(of(vectors, i, width), of(vectors, j, width))));
  const ours = tokens.map((_, i) => tokens.map((_, j) => inner(root[i]!, root.map((line) => line[j]!))));
  const theirs = tokens.map((i) => tokens.map((j) => inner(information[i]!, information[j]!)));
  const factor = theirs[0]![0]! / ours[0]![0]!;
  for (let i = 0; i < 48; i++) {
    for (let j = 0; j < 48; j++) {
      const [a, b] = [ours[i]![j]! * factor, theirs[i]![j]!];
      assert.ok(Math.abs(a - b) < 0.01 * Math.max(1, theirs[0]![0]!), `${i}, ${j}: ${a} instead of ${b}`);
    }
  }
});

Deno.test("wordVectors: stops when asked to", async () => {
  const stop = new AbortController();
  stop.abort();
  await assert.rejects(
    wordVectors(topics(10), vocabulary, { width: 8, seed: 1, signal: stop.signal }),
    { name: "AbortError" },
  );
});

Deno.test("startWithWordVectors: the embeddings begin with the vectors, the same ones when resumed; special tokens keep theirs", async () => {
  const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
  const config = tinyTextConfig(tokenizer, {
    vocab_size: tokenizer.vocabSize + 3,
    hidden_size: 8,
    intermediate_size: 16,
  });
  const model = createModel(config, { task: "masked-lm", seed: 1 });
  const language: LanguageModel = { model, tokenizer, kind: "masked", notes: [] };
  const texts = ["눈물이 흐르는 이별의 밤", "신나게 춤을 추자 흔들어", "눈물이 마르는 이별의 밤"];
  const table = model.parameters.get("bert.embeddings.word_embeddings.weight")!;
  const before = table.data().slice();
  await withFolder(async (folder) => {
    const file = `${folder}/vectors.safetensors`, rows = packTexts(language, texts, 32);
    const begin = async (seed: number) => {
      await startWithWordVectors(language, rows, { file, seed });
      return table.data().slice();
    };
    const after = await begin(7);
    const changed = (id: number) => of(after, id, 8).some((value, i) => value !== of(before, id, 8)[i]);
    for (const id of tokenizer.specialIds) assert.ok(!changed(id));
    assert.ok(changed(tokenizer.encode("눈물이").ids[1]!));
    assert.ok(!changed(tokenizer.vocabSize), "rows of no token");
    // found in the file: nothing is read
    const silent = { ...rows, at: () => assert.fail("the file is there") };
    await startWithWordVectors(language, silent, { file, seed: 7 });
    assert.deepEqual(table.data(), after);
    assert.notDeepEqual(await begin(8), after);
  });
  disposeModel(model);
});

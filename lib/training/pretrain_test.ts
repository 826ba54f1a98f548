import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { generator, randomKey, startEngine } from "../engine/mod.ts";
import { createModel, disposeModel, type JsonObject } from "../models/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import type { Example } from "./batches.ts";
import { loadClassifier } from "./fine_tune.ts";
import { type LanguageModel, loadLanguageModel } from "./language_model.ts";
import { maskTokens, pretrain, type Text, textExamples, textsOfFile } from "./pretrain.ts";
import { tinyRecipe, withFolder, withoutTimes } from "./testing.ts";
import type { EvaluationRecord, StepRecord } from "./types.ts";

await startEngine();
const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
const { clsId, sepId, maskId, vocabSize, specialIds } = tokenizer;

function language(change: JsonObject = { model_type: "bert" }): LanguageModel {
  const kind = change.model_type === "llama" ? "causal" : "masked";
  const model = createModel({
    vocab_size: vocabSize,
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 64,
    pad_token_id: tokenizer.padId,
    eos_token_id: sepId,
    initializer_range: 0.1,
    ...change,
  }, { task: kind === "causal" ? "causal-lm" : "masked-lm", seed: 1 });
  return { model, tokenizer, kind, notes: [] };
}

const lines = [
  "눈물이 흐르는 이별의 밤",
  "신나게 춤을 추자 흔들어",
  "고향 어머니 구성진 가락",
  "봄이 오면 꽃이 피네",
];
const texts = (count: number): Text[] =>
  Array.from({ length: count }, (_, i) => ({ id: `t${i}`, text: `${lines[i % 4]} ${lines[i % 4]}` }));

Deno.test("textExamples: all of a text in rows that fit, each a text with beginning and end", () => {
  const text = lines.join(" "), ids = tokenizer.encode(text, { addSpecialTokens: false }).ids;
  for (const made of [language(), language({ model_type: "llama" })]) {
    const rows = textExamples(
      made,
      [{ id: "a", text }, { id: "b", text: " " }, { id: "c", text: lines[0]! }],
      10,
    );
    assert.deepEqual(rows.map(({ songId }) => songId), [...Array(Math.ceil(ids.length / 8)).fill("a"), "c"]);
    const inner = rows.filter(({ songId }) => songId === "a").map(({ inputIds }) => [...inputIds]);
    assert.deepEqual(inner.flatMap((row) => row.slice(1, -1)), ids);
    for (const { inputIds, tokenLabels } of rows) {
      assert.ok(inputIds.length <= 10);
      assert.deepEqual([inputIds[0], inputIds.at(-1)], [clsId, sepId]);
      if (made.kind === "masked") assert.equal(tokenLabels, undefined);
      else assert.deepEqual([...tokenLabels!], [-100, ...inputIds.slice(1)]);
    }
    assert.throws(() => textExamples(made, texts(1), 2), /no room/);
    disposeModel(made.model);
  }
});

Deno.test("maskTokens: 15 % are asked for, 80 % of them masked, 10 % replaced, 10 % left; special tokens never", () => {
  const inputIds = Int32Array.from({ length: 40_000 }, (_, i) => i % 50 === 0 ? clsId : 100 + i % 500);
  const example: Example = { songId: "a", inputIds, label: -100, weight: 1 };
  const vocabulary = { maskId, vocabSize, specialIds };
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

Deno.test("pretrain: the loss falls, masks change with the epoch, and a run cut off goes on as if it had not been", async () => {
  await withFolder(async (folder) => {
    const run = async (output: string, stopAt = Infinity) => {
      const made = language(), stop = new AbortController();
      const done = await pretrain(made, { train: texts(32), validation: texts(8) }, {
        ...tinyRecipe,
        epochs: 8,
        maxLength: 32,
        learningRate: 1e-2,
        bestMetric: "loss",
        saveEverySteps: 3,
      }, {
        output: `${folder}/${output}`,
        signal: stop.signal,
        callbacks: [{ onStep: ({ step }) => step === stopAt ? stop.abort() : undefined }],
      });
      disposeModel(made.model);
      return done;
    };
    const whole = await run("whole");
    const evaluations = whole.history.filter((r): r is EvaluationRecord => r.kind === "evaluation");
    const [first, last] = [evaluations[0]!.validation!, evaluations.at(-1)!.validation!];
    assert.ok(last.loss < 0.8 * first.loss, `${first.loss} to ${last.loss}`);
    assert.ok(last.perplexity! > 1);
    const losses = whole.history.filter((r): r is StepRecord => r.kind === "step").map(({ loss }) => loss);
    assert.equal(new Set(losses).size, 32);
    await run("cut", 10);
    assert.deepEqual(withoutTimes((await run("cut")).history), withoutTimes(whole.history));

    // the result is a start for a classifier, whose head is fresh
    const classifier = await loadClassifier(whole.bestFolder!, { labels: ["발라드", "댄스", "트로트"] });
    const { model } = await loadLanguageModel(whole.bestFolder!);
    const word = "bert.encoder.layer.0.output.dense.weight";
    assert.deepEqual(classifier.model.parameters.get(word)!.data(), model.parameters.get(word)!.data());
    assert.match(classifier.notes.join(), /freshly drawn: .*classifier\.weight/);
    [classifier.model, model].forEach(disposeModel);
  });
});

Deno.test("pretrain: a causal model learns the next token", async () => {
  const made = language({ model_type: "llama", tie_word_embeddings: true });
  const { history } = await pretrain(made, { train: texts(32), validation: texts(8) }, {
    ...tinyRecipe,
    epochs: 10,
    maxLength: 32,
    learningRate: 2e-2,
  });
  const last = history.findLast((r): r is EvaluationRecord => r.kind === "evaluation")!;
  assert.ok(last.validation!.accuracy > 0.5, `${last.validation!.accuracy}`);
  disposeModel(made.model);
});

Deno.test("textsOfFile: paragraphs where empty lines part them, else lines", () => {
  const texts = (content: string) => textsOfFile(content).map(({ text }) => text);
  assert.deepEqual(texts("\ufeff첫 줄\r\n둘째 줄\r\n\r\n셋째\n \n\n넷째\n"), [
    "첫 줄\n둘째 줄",
    "셋째",
    "넷째",
  ]);
  assert.deepEqual(texts("첫 줄\n둘째 줄\n"), ["첫 줄", "둘째 줄"]);
  assert.deepEqual(texts(" \n"), []);
});

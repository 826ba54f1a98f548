/**
 * Generation: token for token as transformers' `generate` (tools/reference/make_parity_decoders.py makes the fixture), and
 * with a cache as without one.
 */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { inferencePass, resolvePrecision, startEngine } from "../engine/mod.ts";
import { type TokenBatch, tokenBatch } from "./batch.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import type { Task } from "./config.ts";
import { disposeCache, extend, generate, scoresByRow, startCache } from "./generate.ts";
import { createModel, disposeModel, lossOf, predictLogits } from "./model.ts";

await startEngine();
const at = (name: string) => new URL(`testdata/${name}`, import.meta.url);
const fixture = JSON.parse(Deno.readTextFileSync(at("generation/expected.json")));
const load = (name: string, task: Task = "causal-lm") =>
  loadCheckpoint(at(`parity/${name}`).pathname, { task }).model;

const prompts: TokenBatch = {
  batch: 3,
  length: 9,
  inputIds: Int32Array.from(fixture.input_ids.flat()),
  attentionMask: Int32Array.from(fixture.attention_mask.flat()),
};

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(difference <= tolerance, `${what}, ${i}: ${actual[i]} instead of ${expected[i]}`);
  }
}

Deno.test("smoke: generate: greedy, token for token as transformers from prompts padded on the left", () => {
  const model = load("llama-lm-untied");
  const free = generate(model, prompts, { maxNewTokens: 20, endIds: [] });
  assert.deepEqual(free, fixture.free);
  const ended = generate(model, prompts, { maxNewTokens: 20, endIds: [fixture.end] });
  const cut = fixture.ended.map((row: number[]) => {
    const end = row.indexOf(fixture.end);
    return end < 0 ? row : row.slice(0, end + 1);
  });
  assert.deepEqual(ended, cut);
  assert.ok(cut.some((row: number[]) => row.length < 20) && cut.some((row: number[]) => row.length === 20));

  const { cache, logits } = startCache(model, prompts);
  near(logits, fixture.next_logits.flat(), 1e-4, "logits after the prompts");
  disposeCache(cache);
  disposeModel(model);
});

Deno.test("generate: a row alone gives what it gives in a batch, whichever side is padded", () => {
  const model = load("llama-lm-untied");
  fixture.free.forEach((expected: number[], row: number) => {
    const ids = fixture.input_ids[row].filter((_: number, i: number) => fixture.attention_mask[row][i] === 1);
    assert.deepEqual(generate(model, tokenBatch([ids], 0), { maxNewTokens: 20, endIds: [] }), [expected]);
  });
  const rows = fixture.input_ids.map((ids: number[], row: number) =>
    ids.filter((_, i) => fixture.attention_mask[row][i] === 1)
  );
  assert.deepEqual(generate(model, tokenBatch(rows, 0), { maxNewTokens: 20, endIds: [] }), fixture.free);
  disposeModel(model);
});

Deno.test("generate: eos_token_id of the config ends a row, one or several; no tokens where none are asked", () => {
  const model = load("llama-lm-untied");
  assert.deepEqual(model.config.endIds, [2]);
  assert.deepEqual(generate(model, tokenBatch([[4, 5]], 0), { maxNewTokens: 0 }), [[]]);
  disposeModel(model);
  const { json } = load("llama-lm");
  const several = createModel({ ...json, eos_token_id: Array.from({ length: 53 }, (_, i) => i) }, {
    task: "causal-lm",
  });
  assert.deepEqual(generate(several, tokenBatch([[4, 5]], 0), { maxNewTokens: 9 }).map((row) => row.length), [
    1,
  ]);
  disposeModel(several);
  assert.throws(
    () => createModel({ ...json, eos_token_id: "end" }, { task: "causal-lm" }),
    /"eos_token_id" is "end"/,
  );
});

// llama-lm: rope scaling, one head of keys for four of queries, biases, tied head
for (const name of ["llama-lm", "llama-lm-untied"]) {
  Deno.test(`extend: in pieces as at once, ${name}`, () => {
    const model = load(name), width = model.config.vocabularySize;
    const rows = [[5, 9, 30, 11, 7, 22, 41], [8, 14, 3, 50, 12, 6, 9]];
    const whole = predictLogits(model, tokenBatch(rows, 0));
    const first = startCache(model, tokenBatch(rows.map((row) => row.slice(0, 3)), 0), { logits: "all" });
    const second = extend(first.cache, tokenBatch(rows.map((row) => row.slice(3, 4)), 0));
    const third = extend(second.cache, tokenBatch(rows.map((row) => row.slice(4)), 0), { logits: "all" });
    const part = (row: number, from: number, to: number) =>
      whole.slice((row * 7 + from) * width, (row * 7 + to) * width);
    near(first.logits, [...part(0, 0, 3), ...part(1, 0, 3)], 1e-5, "the first three");
    near(second.logits, [...part(0, 3, 4), ...part(1, 3, 4)], 1e-5, "the fourth");
    near(third.logits, [...part(0, 4, 7), ...part(1, 4, 7)], 1e-5, "the last three");
    assert.deepEqual(third.cache.counts, Int32Array.of(7, 7));
    [first, second, third].forEach(({ cache }) => disposeCache(cache));
    disposeModel(model);
  });
}

Deno.test("scoresByRow: the log-likelihood the whole text has, from one shared context", () => {
  const model = load("llama-lm");
  const context = [5, 9, 30, 11, 7], continuations = [[22, 41, 6], [8], [14, 3, 50, 12], [8, 8]];
  const reading = startCache(model, tokenBatch([context], 0));
  const scores = scoresByRow(reading, continuations)[0]!;
  const again = scoresByRow(reading, continuations.toReversed())[0]!;
  near(again, scores.toReversed(), 1e-5, "the cache is as it was");
  disposeCache(reading.cache);
  const expected = continuations.map((tokens) => {
    const row = [...context, ...tokens];
    const labels = Int32Array.from(row, (id, i) => i < context.length ? -100 : id);
    const { loss } = tf.tidy(() => lossOf(model, inferencePass("float32"), tokenBatch([row], 0), labels));
    return -loss.dataSync()[0]! * tokens.length;
  });
  near(scores, expected, 2e-5, "scores");
  disposeModel(model);
});

Deno.test("extend: rows that share a context go on by themselves", () => {
  const model = load("llama-lm");
  const context = startCache(model, tokenBatch([[5, 9, 30]], 0));
  const shared = extend(context.cache, tokenBatch([[11, 7], [22, 41], [6]], 0));
  const next = extend(shared.cache, tokenBatch([[3], [4], [8]], 0));
  const alone = [[5, 9, 30, 11, 7, 3], [5, 9, 30, 22, 41, 4], [5, 9, 30, 6, 8]].map((row) => {
    const { cache, logits } = startCache(model, tokenBatch([row], 0));
    disposeCache(cache);
    return [...logits];
  });
  near(next.logits, alone.flat(), 1e-5, "logits");
  [context, shared, next].forEach(({ cache }) => disposeCache(cache));
  disposeModel(model);
});

Deno.test("a cache leaves nothing behind", () => {
  const model = load("llama-lm");
  generate(model, tokenBatch([[5, 9]], 0), { maxNewTokens: 2, endIds: [] });
  const before = tf.memory().numTensors;
  generate(model, tokenBatch([[5, 9, 30], [4]], 0), { maxNewTokens: 5, endIds: [] });
  const reading = startCache(model, tokenBatch([[5, 9, 30]], 0));
  scoresByRow(reading, [[4, 5], [6]]);
  disposeCache(reading.cache);
  assert.equal(tf.memory().numTensors, before);
  disposeModel(model);
});

Deno.test({
  name: "generation in bf16 follows float32's likelihoods",
  ignore: resolvePrecision() === "float32",
  fn() {
    const model = load("llama-lm");
    const scores = (["float32", "bf16"] as const).map((precision) => {
      const reading = startCache(model, tokenBatch([[5, 9, 30, 11, 7]], 0), { precision });
      const result = scoresByRow(reading, [[22, 41, 6], [8], [14, 3, 50, 12]])[0]!;
      disposeCache(reading.cache);
      return result;
    });
    near(scores[1]!, scores[0]!, 0.3, "scores");
    assert.notDeepEqual(scores[1], scores[0], "bf16 really runs");
    disposeModel(model);
  },
});

Deno.test("generation refuses what it cannot do, and says what to do", () => {
  const classifier = load("llama-classifier", "sequence-classification");
  assert.throws(
    () => startCache(classifier, tokenBatch([[5]], 0)),
    /does not generate; load it with the task "causal-lm"/,
  );
  disposeModel(classifier);
  const model = load("llama-lm");
  assert.throws(() => startCache(model, tokenBatch([[5, 99]], 0)), /Token id 99 at row 0, position 1/);
  const { cache } = startCache(model, tokenBatch([[5], [6]], 0));
  assert.throws(() => extend(cache, tokenBatch([[5], [6], [7]], 0)), /3 rows cannot follow a cache of 2/);
  disposeCache(cache);
  const one = startCache(model, tokenBatch([[5]], 0));
  assert.throws(() => scoresByRow(one, [[4], []]), /Continuation 1 has no tokens/);
  assert.throws(() => scoresByRow(one, [[99]]), /Token id 99 is outside the model's 53/);
  disposeCache(one.cache);
  disposeModel(model);
});

Deno.test("scoresByRow: of several texts at once as of each alone", () => {
  const model = load("llama-lm-untied");
  const rows = [[4, 9, 17, 30], [8], [21, 5, 6]], continuations = [[11, 12, 2], [15, 2], [7]];
  const before = tf.memory().numTensors;
  const { cache, logits } = startCache(model, tokenBatch(rows, 0));
  const together = scoresByRow({ cache, logits }, continuations);
  disposeCache(cache);
  rows.forEach((row, i) => {
    const alone = startCache(model, tokenBatch([row], 0));
    near(together[i]!, scoresByRow(alone, continuations)[0]!, 1e-4, `row ${i}`);
    disposeCache(alone.cache);
  });
  assert.equal(tf.memory().numTensors, before);
  const again = startCache(model, tokenBatch(rows, 0));
  assert.throws(() => scoresByRow(again, [[1], []]), /Continuation 1 has no tokens/);
  disposeCache(again.cache);
  disposeModel(model);
});

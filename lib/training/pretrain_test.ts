import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startEngine } from "../engine/mod.ts";
import { createModel, disposeModel, type JsonObject } from "../models/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { loadClassifier } from "./classifier.ts";
import { type LanguageModel, loadLanguageModel } from "./language_model.ts";
import { packTexts, pretrain } from "./pretrain.ts";
import { tinyRecipe, tinyTextConfig, withoutTimes } from "./testing/tiny.ts";
import type { EvaluationRecord, StepRecord } from "./types.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();
const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
const { sepId } = tokenizer;

function language(change: JsonObject = { model_type: "bert" }): LanguageModel {
  const kind = change.model_type === "llama" ? "causal" : "masked";
  const model = createModel(tinyTextConfig(tokenizer, { eos_token_id: sepId, ...change }), {
    task: kind === "causal" ? "causal-lm" : "masked-lm",
    seed: 1,
  });
  return { model, tokenizer, kind, notes: [] };
}

const lines = [
  "눈물이 흐르는 이별의 밤",
  "신나게 춤을 추자 흔들어",
  "고향 어머니 구성진 가락",
  "봄이 오면 꽃이 피네",
];
const texts = (count: number) => Array.from({ length: count }, (_, i) => `${lines[i % 4]} ${lines[i % 4]}`);

/** 32 rows to train on, 8 that validate. */
function rowsOf(made: LanguageModel) {
  const [train, validation] = [64, 16].map((count) => packTexts(made, texts(count), 32));
  assert.deepEqual([train!.length, validation!.length], [32, 8]);
  return { train: train!, validation: validation! };
}

Deno.test("pretrain: the loss falls, masks change with the epoch, and a run cut off goes on as if it had not been", async () => {
  await withFolder(async (folder) => {
    const run = async (output: string, stopAt = Infinity) => {
      const made = language(), stop = new AbortController();
      const done = await pretrain(made, rowsOf(made), {
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
  const { history } = await pretrain(made, rowsOf(made), {
    ...tinyRecipe,
    epochs: 10,
    maxLength: 32,
    learningRate: 2e-2,
  });
  const last = history.findLast((r): r is EvaluationRecord => r.kind === "evaluation")!;
  assert.ok(last.validation!.accuracy > 0.5, `${last.validation!.accuracy}`);
  disposeModel(made.model);
});

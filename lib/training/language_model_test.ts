/** Language models in the trainer: labels by token, micro-batches, resume, evaluation. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inferencePass, startEngine } from "../engine/mod.ts";
import {
  createModel,
  disposeModel,
  type JsonObject,
  lossOf,
  predictLogits,
  tokenBatch,
} from "../models/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { answersOf, collate, type Example } from "./batches.ts";
import { evaluateTokens } from "./evaluate.ts";
import {
  generates,
  type LanguageModel,
  loadLanguageModel,
  saveLanguageModel,
  trainableLanguageModel,
} from "./language_model.ts";
import { foreseeMemory } from "./memory.ts";
import { makePlan } from "./plan.ts";
import type { Recipe } from "./recipe.ts";
import { tinyRecipe, tinyTextConfig, weightsOf, withoutTimes } from "./testing/tiny.ts";
import { train } from "./trainer.ts";
import type { EvaluationRecord, StepRecord, Trainable } from "./types.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();
const tokenizer = await loadTokenizer(
  fileURLToPath(new URL("../tokenizer/testdata/songs.model", import.meta.url)),
);

const llama: JsonObject = {
  model_type: "llama",
  vocab_size: tokenizer.vocabSize,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 32,
  pad_token_id: 0,
  attention_dropout: 0.1,
  tie_word_embeddings: true,
  initializer_range: 0.1,
};
const bert = tinyTextConfig({ vocabSize: tokenizer.vocabSize, padId: 0 }, {
  num_hidden_layers: 2,
  max_position_embeddings: 32,
});

function language(config = llama, seed = 1): LanguageModel {
  const kind = config.model_type === "llama" ? "causal" : "masked";
  const model = createModel(config, { task: kind === "causal" ? "causal-lm" : "masked-lm", seed });
  return { model, tokenizer, kind, notes: [] };
}

/** Rows that end in the token that stands second, asked for it and for the token before the last. */
function echoes(count: number, offset = 0): Example[] {
  return Array.from({ length: count }, (_, i) => {
    const length = 6 + (i * 5 + offset) % 8, told = 10 + (i * 7 + offset) % 4;
    const inputIds = Int32Array.from({ length }, (_, t) => 20 + (i * 11 + t * 3 + offset) % 9);
    inputIds[1] = inputIds[length - 1] = told;
    inputIds[length - 2] = 15;
    const tokenLabels = new Int32Array(length).fill(-100);
    tokenLabels[length - 2] = 15;
    tokenLabels[length - 1] = told;
    return { songId: `song-${i}`, inputIds, tokenLabels, label: -100, weight: 1 + i % 2 };
  });
}

const data = { train: echoes(40), validation: echoes(12, 3) };
const stepsOf = (run: { history: unknown[] }) =>
  run.history.filter((r): r is StepRecord => (r as StepRecord).kind === "step");

async function trained(
  recipe: Partial<Recipe>,
  options = {},
  change: Partial<Trainable> = {},
  config = llama,
) {
  const { model, ...rest } = language(config);
  const trainable = { ...trainableLanguageModel({ model, ...rest }), ...change };
  try {
    const run = await train(trainable, data, { ...tinyRecipe, bestMetric: "loss", ...recipe }, options);
    return { ...run, weights: weightsOf(trainable) };
  } finally {
    disposeModel(model);
  }
}

Deno.test("collate: token labels are padded with -100 on the side of the tokens, answers keep their order", () => {
  const [a, b] = [
    {
      ...data.train[0]!,
      inputIds: Int32Array.of(5, 6, 7),
      tokenLabels: Int32Array.of(-100, 6, 7),
      weight: 2,
    },
    { ...data.train[1]!, inputIds: Int32Array.of(8, 9), tokenLabels: Int32Array.of(-100, 9), weight: 3 },
  ];
  assert.deepEqual([...collate([a, b], { padId: 0 }).tokenLabels!], [-100, 6, 7, -100, 9, -100]);
  assert.deepEqual([...collate([a, b], { padId: 0, paddingSide: "left" }).tokenLabels!], [
    -100,
    6,
    7,
    -100,
    -100,
    9,
  ]);
  const { labels, weights } = answersOf([a, b]);
  assert.deepEqual([[...labels], [...weights]], [[6, 7, 9], [2, 2, 3]]);
});

Deno.test("a causal language model learns what its rows end with, and tells loss, perplexity and accuracy", async () => {
  const { history } = await trained({ epochs: 30, learningRate: 1e-2 });
  const evaluations = history.filter((r): r is EvaluationRecord => r.kind === "evaluation");
  const [first, last] = [evaluations[0]!, evaluations.at(-1)!];
  assert.ok(last.train.loss < 0.3 * first.train.loss, `${first.train.loss} to ${last.train.loss}`);
  assert.ok(last.train.accuracy > 0.8, `${last.train.accuracy}`);
  const { loss, perplexity, accuracy, tokens } = last.validation!;
  assert.equal(perplexity, Math.exp(loss));
  assert.equal(tokens, 24);
  assert.ok(accuracy! >= 0.5 && accuracy! <= 1);
});

Deno.test("a step's loss is the mean over all labelled tokens, in parts as in one", async () => {
  const still = { epochs: 1, learningRate: 1e-3, warmupRatio: 0, sortWindow: 0 };
  const config = { ...llama, attention_dropout: 0 };
  const whole = await trained(still, {}, {}, config);
  const parts = await trained({ ...still, microBatchTokens: 30 }, {}, {}, config);
  stepsOf(whole).forEach(({ loss, gradientNorm }, i) => {
    assert.ok(Math.abs(stepsOf(parts)[i]!.loss / loss - 1) < 1e-4, `step ${i}`);
    assert.ok(Math.abs(stepsOf(parts)[i]!.gradientNorm / gradientNorm - 1) < 1e-3, `step ${i}`);
  });
  // by hand: −ln P of each labelled token, weighted, from the logits of one row at a time
  const { model, ...rest } = language(config);
  let sum = 0, weight = 0, correct = 0;
  for (const { inputIds, tokenLabels, weight: w } of data.validation) {
    const logits = predictLogits(model, tokenBatch([inputIds], 0)), width = tokenizer.vocabSize;
    tokenLabels!.forEach((label, t) => {
      if (label === -100) return;
      const row = [...logits.subarray((t - 1) * width, t * width)];
      sum += w * (Math.log(row.reduce((a, x) => a + Math.exp(x), 0)) - row[label]!);
      weight += w;
      correct += row.indexOf(Math.max(...row)) === label ? 1 : 0;
    });
  }
  const trainable = trainableLanguageModel({ model, ...rest });
  for (const batchSize of [1, 5]) {
    const told = await evaluateTokens(trainable, data.validation, { batchSize, precision: "float32" });
    assert.ok(Math.abs(told.loss - sum / weight) < 1e-4, `${told.loss} instead of ${sum / weight}`);
    assert.equal(told.accuracy, correct / 24);
  }
  disposeModel(model);
});

Deno.test("a language model's training that was cut off and resumed repeats the uninterrupted one, draws included", async () => {
  // what is asked changes with the epoch: the last token only in odd ones
  const draw = (example: Example, epoch: number): Example => {
    const tokenLabels = example.tokenLabels!.slice();
    if (epoch % 2 === 1) tokenLabels[tokenLabels.length - 2] = -100;
    return { ...example, tokenLabels };
  };
  const recipe = { epochs: 4, saveEverySteps: 3 };
  const whole = await trained(recipe, {}, { draw });
  await withFolder(async (output) => {
    const stop = new AbortController();
    const callbacks = [{ onStep: ({ step }: StepRecord) => step === 8 ? stop.abort() : undefined }];
    const cut = await trained(recipe, { output, signal: stop.signal, callbacks }, { draw });
    assert.equal(cut.ended, "interrupted");
    const resumed = await trained(recipe, { output }, { draw });
    assert.deepEqual(withoutTimes(resumed.history), withoutTimes(whole.history));
    assert.deepEqual(resumed.weights, whole.weights);
    const card = await Deno.readTextFile(`${resumed.bestFolder}/README.md`);
    assert.match(card, /pipeline_tag: text-generation[^]*language model[^]*perplexity/);
  });
  const fixed = await trained(recipe);
  assert.notDeepEqual(stepsOf(fixed).map(({ loss }) => loss), stepsOf(whole).map(({ loss }) => loss));
});

Deno.test("a model that validates itself decides which one is the best", async () => {
  const values = [0.2, 0.9, 0.4];
  const validate = () => Promise.resolve({ loss: 1, accuracy: values.shift()! });
  const { best } = await trained({ epochs: 3, bestMetric: "accuracy" }, {}, { validate });
  assert.deepEqual([best?.value, best?.epoch], [0.9, 2]);
});

Deno.test("a saved language model tells the same when loaded; a classifier's checkpoint says what it lacks", async () => {
  await withFolder(async (folder) => {
    for (const config of [llama, bert]) {
      const made = language(config);
      await saveLanguageModel(made, `${folder}/${made.kind}`);
      const loaded = await loadLanguageModel(`${folder}/${made.kind}`);
      assert.deepEqual([loaded.kind, loaded.notes], [made.kind, []]);
      const batch = tokenBatch([[5, 9, 11]], 0);
      assert.deepEqual(predictLogits(loaded.model, batch), predictLogits(made.model, batch));
      assert.equal(await generates(`${folder}/${made.kind}`), made.kind === "causal");
      [made, loaded].forEach(({ model }) => disposeModel(model));
    }
    const classifier = createModel(bert, { labels: ["발라드", "댄스"] });
    await saveLanguageModel({ model: classifier, tokenizer }, `${folder}/classifier`);
    disposeModel(classifier);
    const { model, notes } = await loadLanguageModel(`${folder}/classifier`);
    assert.match(notes.join("\n"), /freshly drawn: cls\.predictions/);
    disposeModel(model);
  });
});

Deno.test("the named configurations: one masked, one causal, whose texts end as the tokenizer's do", async () => {
  const bundled = await loadLanguageModel("llama-small");
  assert.equal(bundled.kind, "causal");
  assert.deepEqual(bundled.model.config.endIds, [bundled.tokenizer.sepId]);
  disposeModel(bundled.model);
  assert.deepEqual([await generates("llama-small"), await generates("kobert-small")], [true, false]);
});

Deno.test("the forecast of memory takes rows that are asked at their end only", () => {
  const { model, ...rest } = language();
  const trainable = trainableLanguageModel({ model, ...rest });
  const before = tf.memory().numTensors;
  const plan = makePlan(trainable, { train: data.train }, tinyRecipe);
  assert.ok(foreseeMemory(trainable, plan).activations > 0);
  const short = data.train.map((example) => ({
    ...example,
    inputIds: example.inputIds.slice(-2),
    tokenLabels: Int32Array.of(-100, example.tokenLabels!.at(-1)!),
  }));
  assert.ok(foreseeMemory(trainable, makePlan(trainable, { train: short }, tinyRecipe)).activations > 0);
  for (const parameter of model.parameters.values()) parameter.release();
  assert.ok(tf.memory().numTensors <= before);
  disposeModel(model);
});

Deno.test("examples that a language model cannot learn from are refused by name", () => {
  const { model, ...rest } = language();
  const trainable = trainableLanguageModel({ model, ...rest });
  const plan = (change: Partial<Example>, recipe = {}) => () =>
    makePlan(trainable, { train: [{ ...data.train[0]!, ...change }] }, { ...tinyRecipe, ...recipe });
  const labels = data.train[0]!.tokenLabels!;
  assert.throws(plan({ tokenLabels: undefined }), /Song song-0 .* has no tokenLabels/);
  assert.throws(plan({ tokenLabels: labels.slice(1) }), /has 5 tokenLabels for 6 tokens/);
  assert.throws(plan({ tokenLabels: labels.map(() => -100) }), /no token with a label/);
  assert.throws(plan({ tokenLabels: labels.map(() => 5) }), /labels its first token/);
  assert.throws(plan({}, { balanceClasses: true }), /balanceClasses/);
  disposeModel(model);
});

Deno.test("two sets of token labels are two trainings", () => {
  const { model, ...rest } = language();
  const trainable = trainableLanguageModel({ model, ...rest });
  const identity = (train: Example[]) => makePlan(trainable, { train }, tinyRecipe).identity.train;
  const [first, ...others] = data.train;
  const other = { ...first!, tokenLabels: first!.tokenLabels!.with(-1, 16) };
  assert.equal(identity([...data.train]), identity(data.train));
  assert.notEqual(identity([other, ...others]), identity(data.train));
  disposeModel(model);
});

Deno.test("a masked language model's first token may be asked for", () => {
  const { model } = language(bert);
  const { tokens, tokenLabels } = collate([{ ...data.train[0]!, tokenLabels: data.train[0]!.inputIds }], {
    padId: 0,
  });
  const { logits } = tf.tidy(() => lossOf(model, inferencePass("float32"), tokens, tokenLabels!));
  assert.deepEqual(logits.shape, [data.train[0]!.inputIds.length, tokenizer.vocabSize]);
  logits.dispose();
  disposeModel(model);
});

/** The training loop: what it writes, keeps, repeats and refuses. Resuming is tested in resume_test.ts. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "node:path";
import { hasKernels, startEngine } from "../engine/mod.ts";
import { disposeModel, loadCheckpoint, predictLogits } from "../models/mod.ts";
import { collate, type Example } from "./batches.ts";
import { evaluateExamples } from "./evaluate.ts";
import { depthOf } from "./freeze.ts";
import type { Recipe } from "./recipe.ts";
import { tinyExamples, tinyModel, tinyRecipe, weightsOf, withoutTimes } from "./testing/tiny.ts";
import { train } from "./trainer.ts";
import type {
  EvaluationRecord,
  HistoryRecord,
  StepRecord,
  TrainingCallback,
  TrainingOptions,
} from "./types.ts";
import { withFolder } from "../ground/testing/folder.ts";

const { engine } = await startEngine();

const data = { train: tinyExamples(60), validation: tinyExamples(20, 4) };
const stepsOf = (history: HistoryRecord[]) => history.filter((r): r is StepRecord => r.kind === "step");
const evaluationsOf = (history: HistoryRecord[]) =>
  history.filter((r): r is EvaluationRecord => r.kind === "evaluation");

/** Trains a fresh tiny model; gives the run and its final weights. */
async function run(
  recipe: Partial<Recipe> = {},
  options: TrainingOptions & { data?: { train: Example[]; validation?: Example[] } } = {},
) {
  const model = tinyModel();
  try {
    const run = await train(model, options.data ?? data, { ...tinyRecipe, ...recipe }, options);
    return { ...run, weights: weightsOf(model) };
  } finally {
    model.dispose();
  }
}

/** A callback that notes what it is told. */
function listener(): TrainingCallback & { told: string[]; lines: string[] } {
  const told: string[] = [], lines: string[] = [];
  return {
    told,
    lines,
    onStart: ({ steps, stepsPerEpoch, resumedAt }) =>
      void told.push(`start ${steps} ${stepsPerEpoch} ${resumedAt}`),
    onStep: ({ step }) => void told.push(`step ${step}`),
    onLog: (line) => void lines.push(line),
    onEvaluation: ({ step, best }) => void told.push(`evaluation ${step}${best ? " best" : ""}`),
    onSave: (folder) => void told.push(`save ${Number(folder.slice(-8))}`),
    onEnd: ({ ended }) => void told.push(`end ${ended}`),
  };
}

Deno.test("a training learns, and its history has every step and every epoch", async () => {
  const { history, ended, steps, bestFolder } = await run({ epochs: 12, learningRate: 1e-2 });
  assert.equal(ended, "finished");
  assert.equal(steps, 96);
  assert.equal(bestFolder, null);
  assert.deepEqual(stepsOf(history).map(({ step }) => step), Array.from({ length: 96 }, (_, i) => i + 1));
  const evaluations = evaluationsOf(history);
  assert.deepEqual(
    evaluations.map(({ step, epoch }) => [step, epoch]),
    Array.from({ length: 12 }, (_, i) => [8 * (i + 1), i + 1]),
  );
  assert.ok(evaluations.at(-1)!.train.loss < 0.5 * evaluations[0]!.train.loss);
  assert.ok(evaluations.at(-1)!.validation!.accuracy >= 0.9, JSON.stringify(evaluations.at(-1)));
  const [first] = stepsOf(history);
  assert.equal(first!.learningRate, 0);
  assert.equal(first!.examples, 8);
  assert.ok(first!.tokens >= 8 * 4 && first!.tokens <= 8 * 14);
  assert.ok(first!.gradientNorm > 0);
});

Deno.test("training figures of an epoch are the means over its examples", async () => {
  // no dropout and a learning rate of next to nothing: every example is met by the same model
  const model = tinyModel({ config: { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 } });
  const weighted = data.train.map((example, i) => ({ ...example, weight: 1 + i % 3 }));
  const recipe = { ...tinyRecipe, learningRate: 1e-12 };
  const { history } = await train(model, { train: weighted }, recipe);
  const { loss, predicted } = await evaluateExamples(model, weighted, { batchSize: 7, precision: "float32" });
  const correct = weighted.filter(({ label }, i) => label === predicted[i]).length;
  const evaluations = evaluationsOf(history);
  assert.equal(evaluations.length, 2);
  for (const evaluation of evaluations) {
    assert.ok(Math.abs(evaluation.train.loss - loss) < 1e-5, `${evaluation.train.loss} instead of ${loss}`);
    assert.equal(evaluation.train.accuracy, correct / weighted.length);
    assert.equal(evaluation.validation, null);
  }
  model.dispose();
});

Deno.test("training figures begin at nothing with each epoch", async () => {
  const { history } = await run({ epochs: 8, learningRate: 1e-2 });
  const last = stepsOf(history).slice(-8);
  const mean = last.reduce((sum, { loss, examples }) => sum + loss * examples, 0) / 60;
  assert.ok(Math.abs(evaluationsOf(history).at(-1)!.train.loss - mean) < 1e-6);
});

Deno.test("every step has its own dropout", async () => {
  // one song over and over, and a model that stays as it is: only dropout tells the steps apart
  const same = { train: Array.from({ length: 8 }, () => data.train[0]!) };
  const { history } = await run({ epochs: 4, learningRate: 1e-12 }, { data: same });
  assert.equal(new Set(stepsOf(history).map(({ loss }) => loss)).size, 4);
});

Deno.test("gradClip bounds the gradients, gradientNorm is told as it was before", async () => {
  // Adam forgets the gradients' scale unless epsilon is large
  const change = { adamEpsilon: 1, weightDecay: 0, warmupRatio: 0, epochs: 1 };
  const free = await run({ ...change, gradClip: null }), bound = await run({ ...change, gradClip: 1e-4 });
  const fresh = tinyModel();
  const before = weightsOf(fresh);
  fresh.dispose();
  const moved = (after: Record<string, Float32Array>) =>
    Object.entries(before).reduce(
      (sum, [name, values]) =>
        sum + values.reduce((inner, x, i) => inner + Math.abs(x - after[name]![i]!), 0),
      0,
    );
  assert.ok(
    moved(bound.weights) < 0.01 * moved(free.weights),
    `${moved(bound.weights)}, ${moved(free.weights)}`,
  );
  assert.ok(stepsOf(bound.history)[0]!.gradientNorm > 0.1);
});

Deno.test("label smoothing: the loss is of smoothed targets", async () => {
  const config = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
  const model = tinyModel({ config });
  const recipe = { ...tinyRecipe, epochs: 1, batchSize: 60, labelSmoothing: 0.3 };
  const { probabilities } = await evaluateExamples(model, data.train, {
    batchSize: 60,
    precision: "float32",
  });
  const { history } = await train(model, { train: data.train }, recipe);
  model.dispose();
  const losses = data.train.map(({ label }, i) =>
    probabilities[i]!.reduce((sum, p, c) => sum - ((c === label ? 0.7 : 0) + 0.1) * Math.log(p), 0)
  );
  const expected = losses.reduce((a, b) => a + b) / losses.length;
  assert.ok(
    Math.abs(stepsOf(history)[0]!.loss - expected) < 1e-5,
    `${stepsOf(history)[0]!.loss}, ${expected}`,
  );
});

Deno.test("logs and saves come by interval and at an epoch's end", async () => {
  await withFolder(async (output) => {
    const { told, lines, ...callback } = listener();
    await run({ epochs: 2, logEverySteps: 3, saveEverySteps: 5, keepCheckpoints: 3 }, {
      output,
      callbacks: [callback],
    });
    const logged = lines.filter((line) => line.startsWith("스텝 · step ")).map((line) =>
      line.match(/^스텝 · step (\d+)\/16/)![1]
    );
    assert.deepEqual(logged, ["3", "6", "8", "9", "12", "15", "16"]);
    assert.match(lines[0]!, /loss \d\.\d{4} .*learning rate .*gradient norm .*steps\/s .*left \d+ s$/);
    const saved = told.filter((line) => line.startsWith("save"));
    assert.deepEqual(saved, ["save 5", "save 8", "save 10", "save 15", "save 16"]);
    assert.deepEqual(
      [...Deno.readDirSync(join(output, "checkpoints"))].map(({ name }) => name).sort(),
      ["step-00000010", "step-00000015", "step-00000016"],
    );
    assert.equal(told[0], "start 16 8 0");
    assert.equal(told.at(-1), "end finished");
    assert.equal(told.filter((line) => line.startsWith("step")).length, 16);
  });
});

Deno.test("without intervals, logs and saves come at an epoch's end only", async () => {
  await withFolder(async (output) => {
    const { told, lines, ...callback } = listener();
    await run({ logEverySteps: null, saveEverySteps: null }, { output, callbacks: [callback] });
    assert.equal(lines.filter((line) => line.startsWith("스텝 · step ")).length, 2);
    assert.deepEqual(told.filter((line) => line.startsWith("save")), ["save 8", "save 16"]);
  });
});

Deno.test("history.jsonl and metrics.json hold what the run returned", async () => {
  await withFolder(async (output) => {
    const { history, best } = await run({}, { output });
    const lines = (await Deno.readTextFile(join(output, "history.jsonl"))).trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line)), history);
    const metrics = JSON.parse(await Deno.readTextFile(join(output, "metrics.json")));
    assert.equal(metrics.ended, "finished");
    assert.deepEqual(metrics.last, evaluationsOf(history).at(-1));
    assert.deepEqual(metrics.best, evaluationsOf(history).find(({ step }) => step === best!.step));
  });
});

Deno.test("the best model is kept: what stands in best/ gives the best evaluation's accuracy", async () => {
  await withFolder(async (output) => {
    // a learning rate far too large: the last epoch is not the best
    const { history, best, bestFolder, weights } = await run(
      { epochs: 5, learningRate: 3e-2, bestMetric: "loss" },
      { output },
    );
    const evaluations = evaluationsOf(history);
    const least = evaluations.reduce((a, b) => b.validation!.loss < a.validation!.loss ? b : a);
    assert.equal(best!.step, least.step);
    assert.equal(best!.value, -least.validation!.loss);
    assert.equal(bestFolder, join(output, "best"));
    const { model } = loadCheckpoint(bestFolder!);
    const batch = collate(data.validation, { padId: 0 });
    const logits = predictLogits(model, batch.tokens);
    const correct = data.validation.filter(({ label }, i) => {
      const row = logits.slice(i * 3, i * 3 + 3);
      return row.indexOf(Math.max(...row)) === label;
    }).length;
    assert.equal(correct / data.validation.length, least.validation!.accuracy);
    const isLast = least === evaluations.at(-1);
    const same = [...model.parameters].every(([name, p]) =>
      p.data().every((x, i) => x === weights[name]![i])
    );
    assert.equal(same, isLast);
    disposeModel(model);
  });
});

Deno.test("best/ has a model card with the result", async () => {
  await withFolder(async (output) => {
    const { history, best, bestFolder } = await run({}, {
      output,
      dataDescription: "Songs made up for a test.",
    });
    const card = await Deno.readTextFile(join(bestFolder!, "README.md"));
    const { validation } = evaluationsOf(history).find(({ step }) => step === best!.step)!;
    assert.match(card, /^---\nlanguage: ko\n/);
    assert.ok(card.includes(`| accuracy | ${validation!.accuracy.toFixed(4)} |`), card);
    assert.ok(card.includes("Songs made up for a test."));
    assert.ok(card.includes("Training: 60 examples of 60 songs. Validation: 20 examples of 20 songs."));
    const inTraining = data.train.filter(({ label }) => label === 2).length;
    const inValidation = data.validation.filter(({ label }) => label === 2).length;
    assert.ok(card.includes(`| 랩/힙합 | ${inTraining} | ${inValidation} |`));
    assert.ok(card.includes("| learningRate | 0.003 |"));
    assert.ok(!card.includes("| weightDecay |"), "what is as in the study is not listed");
  });
});

for (const precision of engine === "tensorflow" ? ["float32", "bf16"] as const : ["float32"] as const) {
  Deno.test(`one seed gives one curve and one model, to the bit; another seed another (${precision})`, async () => {
    const first = await run({ precision }),
      second = await run({ precision }),
      other = await run({ precision, seed: 8 });
    assert.deepEqual(withoutTimes(second.history), withoutTimes(first.history));
    assert.deepEqual(second.weights, first.weights);
    assert.notDeepEqual(withoutTimes(other.history), withoutTimes(first.history));
  });
}

Deno.test("evaluation never changes training", async () => {
  const plain = await run({}, { data: { train: data.train } });
  const often = await run({ evaluateEverySteps: 1 });
  assert.deepEqual(withoutTimes(stepsOf(often.history)), withoutTimes(stepsOf(plain.history)));
  assert.deepEqual(often.weights, plain.weights);
  assert.equal(evaluationsOf(often.history).length, 16);
});

Deno.test("log and save intervals never change training", async () => {
  await withFolder(async (output) => {
    const plain = await run();
    const saving = await run({ saveEverySteps: 1, logEverySteps: 1 }, { output });
    assert.deepEqual(saving.weights, plain.weights);
  });
});

Deno.test("gradient checkpointing gives the same curve and model to the bit", async () => {
  const plain = await run(), again = await run({ gradientCheckpointing: true });
  assert.deepEqual(withoutTimes(again.history), withoutTimes(plain.history));
  assert.deepEqual(again.weights, plain.weights);
});

Deno.test("micro-batches give the whole batch's loss and gradients, class and example weights included", async () => {
  // what dropout drops does not depend on the parts where the engine has fused operations
  const rate = hasKernels() ? 0.2 : 0;
  const config = { hidden_dropout_prob: rate, attention_probs_dropout_prob: rate };
  const weighted = data.train.map((example, i) => ({ ...example, weight: 1 + i % 3 }));
  const curve = async (microBatchTokens: number | null) => {
    const model = tinyModel({ config });
    const recipe = {
      ...tinyRecipe,
      microBatchTokens,
      sortWindow: 0,
      balanceClasses: true,
      labelSmoothing: 0.1,
    };
    const { history } = await train(model, { train: weighted }, recipe);
    const weights = weightsOf(model);
    model.dispose();
    return { steps: stepsOf(history), weights };
  };
  const whole = await curve(null), parts = await curve(30);
  assert.equal(parts.steps[0]!.tokens, whole.steps[0]!.tokens, "parts are padded alike");
  parts.steps.forEach(({ loss, gradientNorm }, i) => {
    assert.ok(Math.abs(loss - whole.steps[i]!.loss) < 1e-4, `loss of step ${i + 1}`);
    assert.ok(
      Math.abs(gradientNorm / whole.steps[i]!.gradientNorm - 1) < 1e-3,
      `gradient norm of step ${i + 1}`,
    );
  });
  const first = Math.abs(parts.steps[0]!.gradientNorm / whole.steps[0]!.gradientNorm - 1);
  assert.ok(first < 1e-5, `gradient norm of the first step, off by ${first}`);
});

Deno.test("balanced classes: a rare class counts as much as a common one", async () => {
  const rare = data.train.filter(({ label }, i) => label !== 2 || i % 8 === 0);
  const config = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
  const model = tinyModel({ config });
  const recipe = { ...tinyRecipe, epochs: 1, batchSize: rare.length, balanceClasses: true };
  const { history } = await train(model, { train: rare }, recipe);
  model.dispose();
  // the first step's loss, before any update, is the mean over classes of the class's own mean
  const fresh = tinyModel({ config });
  const means = await Promise.all([0, 1, 2].map(async (label) => {
    const ofClass = rare.filter((example) => example.label === label);
    return (await evaluateExamples(fresh, ofClass, { batchSize: 64, precision: "float32" })).loss;
  }));
  fresh.dispose();
  const expected = means.reduce((a, b) => a + b) / 3;
  assert.ok(
    Math.abs(stepsOf(history)[0]!.loss - expected) < 1e-5,
    `${stepsOf(history)[0]!.loss}, ${expected}`,
  );
});

Deno.test("maxSteps ends a training within an epoch, with an evaluation and a save", async () => {
  await withFolder(async (output) => {
    const { told, lines: _, ...callback } = listener();
    const { steps, ended } = await run({ epochs: 5, maxSteps: 11 }, { output, callbacks: [callback] });
    assert.deepEqual([steps, ended], [11, "finished"]);
    assert.deepEqual(told.slice(-4).map((line) => line.replace(" best", "")), [
      "step 11",
      "evaluation 11",
      "save 11",
      "end finished",
    ]);
    assert.equal(told[0], "start 11 8 0");
  });
});

Deno.test("early stopping: after as many evaluations without improvement as patience says", async () => {
  // a delta that nothing reaches: only the first evaluation counts as an improvement
  const { ended, history, best } = await run({ epochs: 9, earlyStoppingPatience: 3, earlyStoppingDelta: 1 });
  assert.equal(ended, "stopped early");
  assert.deepEqual(evaluationsOf(history).map((record) => record.best), [true, false, false, false]);
  assert.equal(best!.epoch, 1);

  const within = await run({
    epochs: 9,
    evaluateEverySteps: 2,
    earlyStoppingPatience: 2,
    earlyStoppingDelta: 1,
  });
  assert.equal(within.steps, 6);
});

Deno.test("maxTrainSamples and maxValidationSamples take that many, drawn by the seed", async () => {
  const seen: number[] = [];
  const { history } = await run({ maxTrainSamples: 20, maxValidationSamples: 6 }, {
    validationMetrics: (predicted, examples) => {
      seen.push(examples.length);
      return { share: predicted.length / examples.length };
    },
  });
  assert.equal(stepsOf(history).length, 2 * 3);
  assert.deepEqual(seen, [6, 6]);
  assert.equal(evaluationsOf(history)[0]!.validation!.share, 1);
});

Deno.test("bestMetric can be one of the caller's; an unknown one is an error that lists the known", async () => {
  let value = 0;
  const validationMetrics = () => ({ macroF1: value-- });
  const { best } = await run({ bestMetric: "macroF1" }, { validationMetrics });
  assert.equal(best!.epoch, 1);
  await assert.rejects(run({ bestMetric: "f1" }, { validationMetrics }), /"f1", .*macroF1, loss, accuracy/);
  let steps = 0;
  const counting = { callbacks: [{ onStep: () => void steps++ }] };
  await assert.rejects(
    run({ bestMetric: "f1" }, counting),
    /bestMetric is "f1", but validation gives loss, accuracy/,
  );
  assert.equal(steps, 0, "what is known before the first step is told before it");
});

Deno.test("frozen layers stay as they are to the bit, and thaw one by one", async () => {
  const fresh = tinyModel();
  const before = weightsOf(fresh);
  fresh.dispose();
  const changed = (after: Record<string, Float32Array>) =>
    new Set(
      Object.keys(before).filter((name) => after[name]!.some((x, i) => x !== before[name]![i])).map(depthOf),
    );
  const half = await run({ freezeLayers: 1 });
  assert.deepEqual(changed(half.weights), new Set([2, Infinity]));
  const patterns = await run({ freeze: ["classifier.*", "*.layer.0.*"] });
  assert.deepEqual(changed(patterns.weights), new Set([0, 2, Infinity]));
  assert.deepEqual(patterns.weights["classifier.weight"], before["classifier.weight"]);

  const depths: number[][] = [];
  const model = tinyModel();
  await train(model, data, { ...tinyRecipe, epochs: 4, freezeLayers: 2, unfreezeGradually: true }, {
    callbacks: [{
      onEvaluation: () => void depths.push([...changed(weightsOf(model))].sort((a, b) => a - b)),
    }],
  });
  assert.deepEqual(depths, [[Infinity], [2, Infinity], [1, 2, Infinity], [0, 1, 2, Infinity]]);
  // within an epoch: eight steps each, a layer more after four, the embeddings after eight
  const again = tinyModel(), seen: number[] = [];
  const gradual = { freezeLayers: 1, unfreezeGradually: true, unfreezeEvery: 0.5 };
  await train(again, data, { ...tinyRecipe, epochs: 2, warmupRatio: 0, ...gradual }, {
    callbacks: [{ onStep: () => void seen.push(changed(weightsOf(again)).size) }],
  });
  assert.deepEqual(seen, [2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]);
  again.dispose();
  await train(model, data, { ...tinyRecipe, epochs: 1, freezeLayers: 2 });
  assert.ok([...model.parameters.values()].every(({ trainable }) => trainable), "as trainable as before");
  model.dispose();
});

Deno.test("a loss that is no number stops the training and names the step, the songs and what to try", async () => {
  const model = tinyModel();
  const loss: typeof model.loss = (pass, batch, options) => {
    const result = model.loss(pass, batch, options);
    const broken = batch.examples.some(({ songId }) => songId === "song-3-7");
    return broken ? { ...result, loss: tf.mul(result.loss, NaN) } : result;
  };
  const before = tf.memory().numTensors;
  await assert.rejects(
    train({ ...model, loss }, data, tinyRecipe),
    (error: Error) => {
      assert.match(
        error.message,
        /^Step \d: the loss is NaN\. Songs of the batch: .*song-3-7.*smaller learning rate/,
      );
      return true;
    },
  );
  for (const parameter of model.parameters.values()) parameter.release();
  assert.ok(tf.memory().numTensors <= before);
  assert.ok(Object.values(weightsOf(model)).every((values) => values.every(Number.isFinite)));
  model.dispose();
});

Deno.test("a gradient that is no number stops the training and names the parameter", async () => {
  const model = tinyModel();
  const loss: typeof model.loss = (pass, batch, options) => {
    const result = model.loss(pass, batch, options);
    pass.tape?.record(
      result.loss,
      [model.parameters.get("classifier.bias")!],
      [],
      () => [tf.fill([3], Infinity)],
    );
    return result;
  };
  await assert.rejects(
    train({ ...model, loss }, data, tinyRecipe),
    /Step 1: the gradient of classifier\.bias is not finite/,
  );
  model.dispose();
});

Deno.test("the number of tensors is constant from step to step, and all is freed at the end", async () => {
  const before = tf.memory().numTensors;
  const model = tinyModel();
  const counts: number[] = [];
  await train(model, data, { ...tinyRecipe, microBatchTokens: 50 }, {
    callbacks: [{ onStep: () => void counts.push(tf.memory().numTensors) }],
  });
  assert.deepEqual(counts.slice(1), counts.slice(1).map(() => counts[1]));
  model.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("what cannot be trained on is refused, with the song named", async () => {
  const one = data.train[0]!;
  const cases: [Example[], RegExp][] = [
    [[], /nothing to train on/],
    [[{ ...one, inputIds: new Int32Array() }], /Song song-3-0 of the training examples has no token/],
    [[{ ...one, label: 3 }], /song-3-0 .* has the label 3; the model's 3 classes are 0 to 2/],
    [[{ ...one, label: -100 }], /label -100/],
    [[{ ...one, weight: 0 }], /weight 0; it must be above 0/],
  ];
  for (const [examples, message] of cases) {
    await assert.rejects(run({}, { data: { train: examples } }), message);
  }
  await assert.rejects(run({ freezeLayers: 3 }), /freezeLayers is 3; the model has 2 layers/);
  await assert.rejects(run({ freeze: ["decoder"] }), /"decoder", which no parameter is named/);
  await assert.rejects(run({ freeze: ["*"] }), /every parameter is frozen/);
});

Deno.test("validation songs of an unknown genre count as wrong and have no part in the loss", async () => {
  const model = tinyModel();
  const options = { batchSize: 4, precision: "float32" as const };
  const known = await evaluateExamples(model, data.validation, options);
  const strange = data.validation.slice(0, 6).map((example) => ({ ...example, label: -100 }));
  const mixed = await evaluateExamples(model, [...data.validation, ...strange], options);
  assert.ok(Math.abs(mixed.loss - known.loss) < 1e-6);
  assert.equal((await evaluateExamples(model, strange, options)).loss, 0);
  model.dispose();
  const { history } = await run({ epochs: 1 }, { data: { train: data.train, validation: strange } });
  assert.deepEqual(evaluationsOf(history)[0]!.validation, { loss: 0, accuracy: 0 });
});

Deno.test("evaluateExamples: results in the order given, whatever the batches", async () => {
  const model = tinyModel();
  const one = await evaluateExamples(model, data.validation, { batchSize: 1, precision: "float32" });
  const done: number[] = [];
  const many = await evaluateExamples(model, data.validation, {
    batchSize: 7,
    precision: "float32",
    onBatch: (count) => void done.push(count),
  });
  assert.deepEqual(done, [7, 14, 20]);
  assert.deepEqual(many.predicted, one.predicted);
  many.probabilities.forEach((row, i) => {
    assert.ok(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-6);
    row.forEach((p, j) => assert.ok(Math.abs(p - one.probabilities[i]![j]!) < 1e-5, `${i}, ${j}`));
  });
  assert.ok(Math.abs(many.loss - one.loss) < 1e-5);
  model.dispose();
});

Deno.test("evaluateExamples: a model that gives NaN is an error that names the songs", async () => {
  const model = tinyModel();
  const bias = model.parameters.get("classifier.bias")!;
  bias.assign(Float32Array.of(NaN, 0, 0));
  await assert.rejects(
    evaluateExamples(model, data.validation.slice(0, 2), { batchSize: 2, precision: "float32" }),
    /no number .* song-4-\d+, song-4-\d+/,
  );
  model.dispose();
});

Deno.test("parameters that were frozen before stay frozen, during and after", async () => {
  const model = tinyModel();
  const table = model.parameters.get("bert.embeddings.word_embeddings.weight")!;
  table.trainable = false;
  const before = table.data();
  await train(model, data, tinyRecipe);
  assert.deepEqual(table.data(), before);
  assert.equal(table.trainable, false);
  model.dispose();
});

Deno.test("averageEpochs: what is kept is the mean of the parameters at the last epochs' ends", async () => {
  await withFolder(async (output) => {
    const change = { epochs: 4, keepCheckpoints: 4, saveEverySteps: null }, each = join(output, "each");
    const plain = await run(change, { output: each });
    const ends = [...Deno.readDirSync(join(each, "checkpoints"))].map(({ name }) => name).sort();
    assert.equal(ends.length, 4);
    const weights = ends.map((name) => weightsOf(loadCheckpoint(join(each, "checkpoints", name)).model));

    const mean = await run({ ...change, averageEpochs: 3 }, { output: join(output, "mean") });
    const kept = weightsOf(loadCheckpoint(mean.bestFolder!).model);
    for (const [name, values] of Object.entries(kept)) {
      const expected = values.map((_, i) => weights.slice(1).reduce((sum, w) => sum + w[name]![i]!, 0) / 3);
      const apart = Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)));
      assert.ok(apart < 1e-6, `${name}: ${apart}`);
    }
    assert.notDeepEqual(kept["classifier.weight"], weights[3]!["classifier.weight"]);
    assert.deepEqual(mean.weights, kept, "the model in memory, too");
    assert.deepEqual(
      stepsOf(withoutTimes(mean.history) as HistoryRecord[]),
      stepsOf(withoutTimes(plain.history) as HistoryRecord[]),
      "training itself is the same",
    );
    assert.deepEqual(evaluationsOf(mean.history).map(({ averagedEpochs }) => averagedEpochs), [
      ...Array(3).fill(undefined),
      3,
    ]);
    assert.equal(mean.best!.step, mean.steps, "whatever a single epoch reached");
  });
});

Deno.test("averageEpochs of more epochs than there are takes all; of a run cut off by maxSteps its last", async () => {
  const averaged = async (change: Partial<Recipe>) =>
    evaluationsOf((await run(change)).history).map((record) => record.averagedEpochs ?? 0);
  assert.deepEqual(await averaged({ epochs: 2, averageEpochs: 5 }), [0, 2]);
  // eight steps an epoch: the second ends early
  assert.deepEqual(await averaged({ epochs: 3, maxSteps: 12, averageEpochs: 2 }), [0, 2]);
});

Deno.test("evaluateEveryEpochs: validates after every so manyth epoch and the last, with that epoch's training figures", async () => {
  const [each, some] = [await run({ epochs: 5 }), await run({ epochs: 5, evaluateEveryEpochs: 2 })];
  const expected = evaluationsOf(each.history).filter(({ epoch }) => [2, 4, 5].includes(epoch));
  const plain = (records: EvaluationRecord[]) =>
    withoutTimes(records).map((record) => ({ ...record as EvaluationRecord, best: null }));
  assert.deepEqual(plain(evaluationsOf(some.history)), plain(expected));
  assert.deepEqual(some.weights, each.weights);
  const cut = await run({ epochs: 3, maxSteps: 4, evaluateEveryEpochs: 2 });
  assert.deepEqual(evaluationsOf(cut.history).map(({ step }) => step), [4]);
});

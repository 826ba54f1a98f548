/** What the tests against PyTorch share: a case's file, and the comparison of a model with it. */
import * as tf from "@tensorflow/tfjs";
import { take } from "../../engine/testing/gradients.ts";
import assert from "node:assert/strict";
import {
  AdamW,
  clippingScale,
  globalNorm,
  inferencePass,
  startEngine,
  Tape,
  trainingPass,
} from "../../engine/mod.ts";
import type { TokenBatch } from "../batch.ts";
import type { Task } from "../config.ts";
import { disposeModel, logitsOf, lossOf, type Model, predictLogits } from "../model.ts";

interface Sample {
  l2: number;
  first: number[];
  largest: [number, number][];
  rows?: Record<string, number[]>;
}

interface LogitsSample {
  positions: [number, number][];
  columns: number[];
  values: number[][];
  logsumexp: number[];
  argmax: number[];
}

interface CaseBatch {
  inputs: { input_ids: number[][]; attention_mask: number[][]; token_type_ids?: number[][] };
  labels: number[] | number[][];
  /** By row; of a causal language model by row and token. */
  logits?: number[][] | number[][][];
  logits_sample?: LogitsSample;
  loss: number;
}

export interface Case {
  class: string;
  batches: CaseBatch[];
  gradients: Record<string, Sample | null>;
  training: {
    lr: number;
    betas: [number, number];
    eps: number;
    weight_decay: number;
    max_grad_norm: number;
    batch_of_step: number[];
    lrs: number[];
    losses: number[];
    grad_norms: number[];
    decayed: string[];
    final_logits?: number[][] | number[][][];
    final_logits_sample?: LogitsSample;
    final_parameters: Record<string, Sample | null>;
  };
  float64: { training: { grad_norms: number[] } };
  difference_float32_float64: {
    zero_gradient_parameters: string[];
    amplified_parameters: Record<string, number> | string[];
  };
  tolerance: Record<
    | "logits_abs"
    | "loss_abs"
    | "grad_l2_rel"
    | "grad_value_abs"
    | "training_losses_abs"
    | "training_grad_norms_rel"
    | "final_logits_abs"
    | "final_parameters_abs",
    number
  >;
}

export function caseTokens({ inputs }: CaseBatch): TokenBatch {
  const batch = inputs.input_ids.length, length = inputs.input_ids[0]!.length;
  const flat = (rows: number[][]) => Int32Array.from(rows.flat());
  return {
    batch,
    length,
    inputIds: flat(inputs.input_ids),
    attentionMask: flat(inputs.attention_mask),
    ...(inputs.token_type_ids && { tokenTypeIds: flat(inputs.token_type_ids) }),
  };
}

function labelsOf({ labels }: CaseBatch): Int32Array {
  return Int32Array.from(labels.flat());
}

function close(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${what}: ${actual} instead of ${expected} (off by ${Math.abs(actual - expected)}, allowed ${tolerance})`,
  );
}

export function closeLogits(model: Model, batch: CaseBatch, tolerance: number, what: string): void {
  const tokens = caseTokens(batch);
  if (batch.logits !== undefined) {
    const expected = batch.logits.flat(2);
    const actual = predictLogits(model, tokens);
    assert.equal(actual.length, expected.length, what);
    // of a language model those at tokens: what stands at padding is nobody's
    const width = expected.length / batch.logits.flat().length;
    const counts = (i: number) =>
      model.task !== "causal-lm" || tokens.attentionMask[Math.floor(i / width)] !== 0;
    expected.forEach((value, i) => {
      if (counts(i)) close(actual[i]!, value, tolerance, `${what}, logit ${i}`);
    });
    return;
  }
  const sample = batch.logits_sample!;
  const rows = Int32Array.from(sample.positions, ([row, time]) => row * tokens.length + time);
  const logits = tf.tidy(() => logitsOf(model, inferencePass("float32"), tokens, rows));
  const width = logits.shape[1]!;
  const values = logits.dataSync() as Float32Array;
  logits.dispose();
  rows.forEach((_, i) => {
    const row = values.slice(i * width, (i + 1) * width);
    sample.columns.forEach((column, j) => {
      close(row[column]!, sample.values[i]![j]!, tolerance, `${what}, position ${i}, column ${column}`);
    });
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const logSumExp = most + Math.log(row.reduce((sum, x) => sum + Math.exp(x - most), 0));
    close(logSumExp, sample.logsumexp[i]!, tolerance, `${what}, log-sum-exp ${i}`);
    assert.equal(row.indexOf(most), sample.argmax[i], `${what}, argmax ${i}`);
  });
}

function closeSample(
  values: Float32Array,
  width: number,
  sample: Sample,
  tolerance: { l2: number; value: number },
  what: string,
): void {
  const l2 = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  close(l2, sample.l2, tolerance.l2 * Math.max(sample.l2, 1e-12), `${what}, l2`);
  sample.first.forEach((value, i) => close(values[i]!, value, tolerance.value, `${what}[${i}]`));
  sample.largest.forEach(([i, value]) => close(values[i]!, value, tolerance.value, `${what}[${i}]`));
  for (const [row, expected] of Object.entries(sample.rows ?? {})) {
    expected.forEach((value, i) =>
      close(values[Number(row) * width + i]!, value, tolerance.value, `${what}, row ${row}[${i}]`)
    );
  }
}

const tasks: Record<string, Task> = {
  SequenceClassification: "sequence-classification",
  MaskedLM: "masked-lm",
  CausalLM: "causal-lm",
};

/** Reads a case's expected numbers, and the task of its model. */
export function readCase(path: string, file = "expected.json"): { expected: Case; task: Task } {
  const expected: Case = JSON.parse(Deno.readTextFileSync(`${path}/${file}`));
  return { expected, task: tasks[expected.class.split("For")[1]!]! };
}

/**
 * Registers the tests of a case: logits, loss and gradients; the losses, gradient norms, logits and parameters of AdamW steps.
 *
 * @param load makes a fresh model for each
 */
export function testCase(title: string, load: () => { expected: Case; model: Model }): void {
  Deno.test(`${title}, logits, loss and gradients`, async () => {
    await startEngine();
    const { expected, model } = load();
    const { tolerance } = expected;
    expected.batches.forEach((batch, i) => {
      closeLogits(model, batch, tolerance.logits_abs, `batch ${i}`);
      const { loss } = lossOf(model, inferencePass("float32"), caseTokens(batch), labelsOf(batch));
      close(loss.dataSync()[0]!, batch.loss, tolerance.loss_abs, `batch ${i}, loss`);
    });

    const tape = new Tape();
    const first = expected.batches[0]!;
    const { loss } = tf.tidy(() =>
      lossOf(model, trainingPass(tape, "float32", 0, 0), caseTokens(first), labelsOf(first))
    );
    const gradients = tape.backward(loss);
    const seen = new Set<string>();
    for (const [name, sample] of Object.entries(expected.gradients)) {
      const parameter = model.parameters.get(name);
      seen.add(name);
      if (sample === null) {
        assert.ok(parameter === undefined || !gradients.has(parameter), `${name} takes no part`);
        continue;
      }
      assert.ok(parameter, `the model has no ${name}`);
      const gradient = gradients.get(parameter);
      assert.ok(gradient, `${name} has no gradient`);
      gradients.delete(parameter);
      const zero = expected.difference_float32_float64.zero_gradient_parameters.includes(name);
      closeSample(take(gradient), parameter.shape[1] ?? 1, sample, {
        l2: zero ? Infinity : tolerance.grad_l2_rel,
        value: tolerance.grad_value_abs,
      }, `gradient of ${name}`);
    }
    assert.deepEqual([...model.parameters.keys()].filter((name) => !seen.has(name)), [], "not in PyTorch's");
    gradients.forEach((gradient) => gradient.dispose());
    disposeModel(model);
  });

  Deno.test(`${title}, steps of AdamW`, async () => {
    await startEngine();
    const { expected, model } = load();
    const { tolerance, training } = expected;
    const optimizer = new AdamW({
      beta1: training.betas[0],
      beta2: training.betas[1],
      epsilon: training.eps,
      weightDecay: training.weight_decay,
    });
    training.batch_of_step.forEach((index, step) => {
      const batch = expected.batches[index]!;
      const tape = new Tape();
      const { loss } = tf.tidy(() =>
        lossOf(model, trainingPass(tape, "float32", 0, step), caseTokens(batch), labelsOf(batch))
      );
      const gradients = tape.backward(loss);
      const value = loss.dataSync()[0]!;
      loss.dispose();
      close(value, training.losses[step]!, tolerance.training_losses_abs, `loss of step ${step}`);
      const norm = globalNorm(gradients);
      const wantedNorm = expected.float64.training.grad_norms[step]!;
      close(norm / wantedNorm, 1, tolerance.training_grad_norms_rel, `gradient norm of step ${step}`);
      optimizer.step(gradients, training.lrs[step]!, clippingScale(norm, training.max_grad_norm));
    });
    const final = { ...expected.batches[0]! };
    delete final.logits;
    delete final.logits_sample;
    if (training.final_logits) final.logits = training.final_logits;
    if (training.final_logits_sample) final.logits_sample = training.final_logits_sample;
    closeLogits(model, final, tolerance.final_logits_abs, "after training");
    const { zero_gradient_parameters, amplified_parameters } = expected.difference_float32_float64;
    const left = new Set([
      ...zero_gradient_parameters,
      ...(Array.isArray(amplified_parameters) ? amplified_parameters : Object.keys(amplified_parameters)),
    ]);
    for (const [name, sample] of Object.entries(training.final_parameters)) {
      if (sample === null || left.has(name)) continue;
      const parameter = model.parameters.get(name)!;
      closeSample(parameter.data(), parameter.shape[1] ?? 1, sample, {
        l2: Infinity,
        value: tolerance.final_parameters_abs,
      }, `${name} after training`);
    }
    disposeModel(model);
    optimizer.dispose();
  });
}

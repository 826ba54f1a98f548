/** AdamW and clipping against torch's numbers (tools/reference/training_fixtures.py). */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { AdamW, clippingScale, decaysByName, globalNorm } from "./optimizer.ts";
import { Parameter } from "./parameters.ts";
import type { Gradients } from "./tape.ts";
import { closeTo, randomValues } from "./testing/gradients.ts";

const { adamw } = JSON.parse(Deno.readTextFileSync(new URL("testdata/torch.json", import.meta.url)));
await startEngine();

function setUp() {
  const parameters = Object.entries<number[]>(adamw.initial).map(([name, values]) =>
    new Parameter(name, tf.tensor(values, adamw.shapes[name]))
  );
  const optimizer = new AdamW({
    beta1: adamw.betas[0],
    beta2: adamw.betas[1],
    epsilon: adamw.epsilon,
    weightDecay: adamw.weightDecay,
  });
  const gradientsOf = (step: number): Gradients =>
    new Map(
      parameters.filter(({ name }) => name in adamw.steps[step].gradients).map((parameter) => [
        parameter,
        tf.tensor(adamw.steps[step].gradients[parameter.name], [...parameter.shape]),
      ]),
    );
  const step = (i: number) => {
    const gradients = gradientsOf(i);
    const norm = globalNorm(gradients);
    optimizer.step(gradients, adamw.steps[i].rate, clippingScale(norm, adamw.clip));
    return norm;
  };
  const dispose = () => {
    parameters.forEach((parameter) => parameter.dispose());
    optimizer.dispose();
  };
  return { parameters, optimizer, step, dispose };
}

Deno.test("AdamW: ten steps as torch's, decay, clipping and a parameter that starts late included", () => {
  const { parameters, step, dispose } = setUp();
  adamw.steps.forEach((expected: { norm: number; parameters: Record<string, number[]> }, i: number) => {
    closeTo([step(i)], [expected.norm], 1e-6, `norm of step ${i}`);
    for (const parameter of parameters) {
      closeTo(
        parameter.data(),
        expected.parameters[parameter.name]!,
        2e-6,
        `${parameter.name} after step ${i}`,
      );
    }
  });
  assert.ok(adamw.steps.some(({ norm }: { norm: number }) => norm > adamw.clip));
  assert.ok(adamw.steps.some(({ norm }: { norm: number }) => norm < adamw.clip));
  dispose();
});

Deno.test("AdamW: restored moments go on to the bit", () => {
  const whole = setUp(), first = setUp(), second = setUp();
  for (let i = 0; i < 10; i++) whole.step(i);
  for (let i = 0; i < 6; i++) first.step(i);
  first.parameters.forEach((parameter, i) => {
    const other = second.parameters[i]!;
    other.assign(parameter.data());
    second.optimizer.restoreMoments(other, {
      m: first.optimizer.momentData(parameter, "m"),
      v: first.optimizer.momentData(parameter, "v"),
      steps: first.optimizer.stepsOf(parameter),
    });
  });
  for (let i = 6; i < 10; i++) second.step(i);
  whole.parameters.forEach((parameter, i) =>
    assert.deepEqual(second.parameters[i]!.data(), parameter.data())
  );
  assert.deepEqual(whole.parameters.map((parameter) => whole.optimizer.stepsOf(parameter)), [10, 10, 6]);
  [whole, first, second].forEach(({ dispose }) => dispose());
});

Deno.test("what Parameter.data() gives stays as it was when the parameter is stepped", () => {
  const { parameters, step, dispose } = setUp();
  const before = parameters.map((parameter) => parameter.data());
  const copies = before.map((values) => values.slice());
  step(0);
  assert.deepEqual(before, copies);
  assert.notDeepEqual(parameters[0]!.data(), copies[0]);
  dispose();
});

Deno.test("Parameter.assign: another size is an error that names the parameter", () => {
  const parameter = new Parameter("some.weight", tf.zeros([2, 3]));
  assert.throws(() => parameter.assign(new Float32Array(5)), /some\.weight has 6 values \[2,3\], but 5/);
  parameter.dispose();
});

Deno.test("clippingScale: torch's clip_grad_norm_", () => {
  assert.equal(clippingScale(0.5, 1), 1);
  assert.equal(clippingScale(100, null), 1);
  closeTo([clippingScale(4, 2)], [2 / 4.000001], 1e-12, "scale");
});

Deno.test("decaysByName: neither biases nor normalisations, whatever an architecture calls them", () => {
  const none = [
    "bert.encoder.layer.0.output.LayerNorm.weight",
    "bert.encoder.layer.0.output.dense.bias",
    "distilbert.transformer.layer.0.sa_layer_norm.weight",
    "transformer.layer.0.rel_attn.layer_norm.weight",
    "model.layers.0.input_layernorm.weight",
    "model.norm.weight",
    "lm_head.layer_norm.weight",
  ];
  const all = [
    "bert.embeddings.word_embeddings.weight",
    "classifier.weight",
    "model.layers.0.mlp.up_proj.weight",
  ];
  assert.deepEqual(none.filter(decaysByName), []);
  assert.deepEqual(all.filter(decaysByName), all);
});

Deno.test("smoke: globalNorm of 256,000 numbers is exact to seven digits, whatever the engine", () => {
  for (const [size, seed] of [[1, 1], [255, 2], [256_000, 3]] as const) {
    const values = randomValues([size], seed).map((x) => Math.abs(x) + 1);
    const parameter = new Parameter("weight", tf.zeros([size]));
    const gradient = tf.tensor(values);
    const exact = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
    const norm = globalNorm(new Map([[parameter, gradient]]));
    assert.ok(Math.abs(norm / exact - 1) < 2e-7, `${size} numbers: ${norm} instead of ${exact}`);
    tf.dispose(gradient);
    parameter.dispose();
  }
});

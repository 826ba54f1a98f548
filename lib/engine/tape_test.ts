import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { checkpointed } from "./checkpointing.ts";
import {
  activate,
  addNorm,
  attend,
  crossEntropy,
  embed,
  linear,
  type Pass,
  tanh,
  trainingPass,
} from "./ops.ts";
import { AdamW } from "./optimizer.ts";
import { Parameter } from "./parameters.ts";
import { hasNative } from "./raw.ts";
import { type Gradients, Tape } from "./tape.ts";
import { closeTo, randomParameter, take } from "./testing/gradients.ts";

await startEngine();

/** A small Transformer with everything a real one has. */
function tinyModel(layers = 2) {
  const width = 8, inner = 16, heads = 2, batch = 3, length = 5;
  let seed = 1;
  const p = (name: string, ...shape: number[]) => randomParameter(name, shape, seed++, 0.3);
  const table = p("table", 11, width), head = p("head", 4, width);
  const blocks = Array.from({ length: layers }, (_, i) => ({
    qkv: [p(`${i}.q`, width, width), p(`${i}.k`, width, width), p(`${i}.v`, width, width)],
    biases: [p(`${i}.bq`, width), p(`${i}.bk`, width), p(`${i}.bv`, width)],
    out: p(`${i}.out`, width, width),
    outBias: p(`${i}.outBias`, width),
    norm: { weight: p(`${i}.norm`, width), bias: p(`${i}.normBias`, width), epsilon: 1e-12 },
    up: p(`${i}.up`, inner, width),
    upBias: p(`${i}.upBias`, inner),
    down: p(`${i}.down`, width, inner),
    downBias: p(`${i}.downBias`, width),
  }));
  const parameters = [table, head, ...blocks.flatMap((b) => Object.values(b).flat())]
    .flatMap((part) => part instanceof Parameter ? [part] : [part.weight, part.bias]);
  const rows = Int32Array.from({ length: batch * length }, (_, i) => (i * 7) % 11);
  const labels = Int32Array.from(rows, (row) => row % 4);
  const loss = (pass: Pass) =>
    tf.tidy(() => {
      const kept = tf.tensor(
        Float32Array.from({ length: batch * length }, (_, i) => i % 5 === 4 ? -3e38 : 0),
      );
      const mask = tf.reshape(kept, [batch, 1, 1, length]);
      let x = embed(pass, [{ table, rows, paddingRow: 0 }]);
      for (const block of blocks) {
        x = checkpointed(pass, [x, mask], (pass, x, mask) =>
          tf.tidy(() => {
            const options = { batch, length, heads, scale: 0.5, mask, dropout: 0.2 };
            const context = attend(pass, linear(pass, x, ...block.qkv), block.biases, options);
            const middle = addNorm(pass, linear(pass, context, block.out), block.outBias, x, block.norm, 0.2);
            const hidden = activate(pass, linear(pass, middle, block.up), block.upBias, "gelu");
            return addNorm(pass, linear(pass, hidden, block.down), block.downBias, middle, block.norm, 0.2);
          }));
      }
      return crossEntropy(pass, linear(pass, x, head), labels);
    });
  return { parameters, loss, dispose: () => parameters.forEach((parameter) => parameter.dispose()) };
}

function valuesOf(gradients: Gradients): Record<string, Float32Array> {
  return Object.fromEntries([...gradients].map(([{ name }, gradient]) => [name, take(gradient)]));
}

const precisions = hasNative() ? ["float32", "bf16"] as const : ["float32"] as const;

for (const precision of precisions) {
  Deno.test(`checkpointed, ${precision}: the same loss and gradients to the bit, with dropout and a mask`, () => {
    const model = tinyModel();
    const run = (checkpointing: boolean) => {
      const tape = new Tape();
      const loss = model.loss(trainingPass(tape, precision, 7, 3, null, checkpointing));
      const waiting = tape.savedBytes();
      const gradients = valuesOf(tape.backward(loss));
      return { loss: take(loss), waiting, gradients };
    };
    const plain = run(false), again = run(true);
    assert.deepEqual(again.loss, plain.loss);
    assert.deepEqual(Object.keys(again.gradients).sort(), model.parameters.map(({ name }) => name).sort());
    for (const [name, gradient] of Object.entries(plain.gradients)) {
      assert.deepEqual(again.gradients[name], gradient, name);
    }
    assert.ok(
      again.waiting < plain.waiting / 4,
      `${again.waiting} bytes wait with checkpointing, ${plain.waiting} without`,
    );
    model.dispose();
  });
}

Deno.test("checkpointed: frozen lower layers get no gradient, those above do", () => {
  const model = tinyModel();
  for (const parameter of model.parameters) parameter.trainable = /^1\.|head/.test(parameter.name);
  const run = (checkpointing: boolean) => {
    const tape = new Tape();
    const loss = model.loss(trainingPass(tape, "float32", 7, 3, null, checkpointing));
    const gradients = valuesOf(tape.backward(loss));
    loss.dispose();
    return gradients;
  };
  const plain = run(false), again = run(true);
  assert.deepEqual(
    Object.keys(plain).sort(),
    model.parameters.filter((p) => p.trainable).map((p) => p.name).sort(),
  );
  assert.deepEqual(again, plain);
  model.dispose();
});

Deno.test("gradients add up over several backward passes", () => {
  const model = tinyModel(1);
  const run = (step: number, into?: Gradients) => {
    const tape = new Tape();
    const loss = model.loss(trainingPass(tape, "float32", 7, step));
    const gradients = tape.backward(loss, into);
    loss.dispose();
    return gradients;
  };
  const first = valuesOf(run(0)), second = valuesOf(run(1));
  const both = valuesOf(run(1, run(0)));
  for (const [name, sum] of Object.entries(both)) {
    closeTo(sum, first[name]!.map((value, i) => value + second[name]![i]!), 1e-6, name);
  }
  model.dispose();
});

for (const checkpointing of [false, true]) {
  const label = checkpointing ? " with checkpointing" : "";
  Deno.test(`the number of tensors is constant from step to step${label}, and nothing is left at the end`, () => {
    const before = tf.memory().numTensors;
    const model = tinyModel();
    const optimizer = new AdamW();
    const counts = [0, 1, 2, 3, 4].map((step) => {
      const tape = new Tape();
      const loss = model.loss(trainingPass(tape, precisions.at(-1)!, 7, step, null, checkpointing));
      optimizer.step(tape.backward(loss), 1e-3);
      loss.dispose();
      return tf.memory().numTensors;
    });
    assert.deepEqual(counts.slice(1), counts.slice(1).map(() => counts[1]));
    optimizer.dispose();
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
}

Deno.test("clear() frees what a forward pass kept", () => {
  const model = tinyModel();
  model.loss({ tape: null, precision: "float32", nextKey: null }).dispose();
  const before = tf.memory().numTensors;
  const tape = new Tape();
  const loss = model.loss(trainingPass(tape, "float32", 7, 0));
  assert.ok(tf.memory().numTensors > before + 10);
  assert.ok(tape.savedBytes() > 1000);
  loss.dispose();
  tape.clear();
  assert.equal(tf.memory().numTensors, before);
  assert.equal(tape.savedBytes(), 0);
  model.dispose();
});

Deno.test("an error in a backward pass leaks nothing", () => {
  const w = randomParameter("w", [3, 3], 1);
  w.value();
  const before = tf.memory().numTensors;
  const tape = new Tape();
  const pass: Pass = { tape, precision: "float32", nextKey: null };
  const x = tf.ones([2, 3]);
  const first = linear(pass, x, w), second = tanh(pass, first);
  const third = tf.clone(second);
  tape.record(third, [second], [], () => {
    throw new Error("broken");
  });
  assert.throws(() => tape.backward(third), /broken/);
  tf.dispose([x, first, second, third]);
  assert.equal(tf.memory().numTensors, before);
  w.dispose();
});

Deno.test("nothing is recorded where no parameter is trainable", () => {
  const model = tinyModel();
  for (const parameter of model.parameters) parameter.trainable = false;
  const tape = new Tape();
  const loss = model.loss(trainingPass(tape, "float32", 7, 0));
  assert.equal(tape.savedBytes(), 0);
  assert.equal(tape.backward(loss).size, 0);
  loss.dispose();
  model.dispose();
});

/**
 * Our side of `deno task bench`: a process that answers requests, one line of JSON each, on its standard input.
 * tools/reference/bench_peer.py is the other side and makes the same batches.
 */
import * as tf from "@tensorflow/tfjs";
import {
  AdamW,
  clippingScale,
  globalNorm,
  hasKernels,
  inferencePass,
  linear,
  low,
  Parameter,
  type Precision,
  startEngine,
  Tape,
  trainingPass,
} from "../../lib/engine/mod.ts";
import { generator, normalValues, randomKey } from "../../lib/ground/mod.ts";
import {
  createModel,
  disposeModel,
  type JsonObject,
  loadCheckpoint,
  logitsOf,
  lossOf,
  type Model,
  saveCheckpoint,
  type TokenBatch,
} from "../../lib/models/mod.ts";
import { type Example, maskTokens, studyRecipe, train, type Trainable } from "../../lib/training/mod.ts";
import type { Answer, Request } from "./protocol.ts";

const paddingId = 1, maskId = 4, classCount = 10, vocabularySize = 8002;

const engine = await startEngine({ engine: "tensorflow" });
let model: Model | null = null, optimizer = new AdamW(), precision: Precision = "float32", steps = 0;

function loaded(): Model {
  if (model === null) throw new Error("No model is loaded.");
  return model;
}

function idsOf(row: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => 5 + (row * length + i) * 7919 % (vocabularySize - 10));
}

/** Rows of full length, but that up to seven tokens at their ends are padding. */
function batchOf(batch: number, length: number): { tokens: TokenBatch; labels: Int32Array } {
  const inputIds = new Int32Array(batch * length), attentionMask = new Int32Array(batch * length);
  for (let row = 0; row < batch; row++) {
    const padding = length > 8 ? row % 8 : 0, end = (row + 1) * length;
    inputIds.set(idsOf(row, length), row * length);
    inputIds.fill(paddingId, end - padding, end);
    attentionMask.fill(1, row * length, end - padding);
  }
  return {
    tokens: { batch, length, inputIds, attentionMask },
    labels: Int32Array.from({ length: batch }, (_, i) => i % classCount),
  };
}

function gradientsOf({ tokens, labels }: ReturnType<typeof batchOf>) {
  const tape = new Tape();
  const pass = trainingPass(tape, precision, 7, steps++);
  const { loss, logits } = tf.tidy(() => lossOf(loaded(), pass, tokens, labels));
  const gradients = tape.backward(loss);
  const value = loss.dataSync()[0]!;
  tf.dispose([loss, logits]);
  return { gradients, value };
}

function update({ gradients }: ReturnType<typeof gradientsOf>): void {
  optimizer.step(gradients, 5e-5, clippingScale(globalNorm(gradients), 1));
}

const seconds = (start: number) => (performance.now() - start) / 1000;

function examplesOf(lengths: number[]): Example[] {
  return lengths.map((length, i) => ({
    songId: String(i),
    inputIds: idsOf(i, length),
    label: i % classCount,
    weight: 1,
  }));
}

function trainable(model: Model): Trainable {
  return {
    parameters: model.parameters,
    padId: paddingId,
    labels: model.config.labels,
    loss: (pass, batch, options) => lossOf(model, pass, batch.tokens, batch.labels, options),
    save: (folder) => saveCheckpoint(model, folder),
    identity: { config: model.json },
  };
}

const handlers: { [Name in Request["do"]]: (request: Request & { do: Name }) => Answer | Promise<Answer> } = {
  /** Writes a fresh model's checkpoint, which both sides load. */
  async make({ config, task, folder }) {
    const labels = Array.from({ length: classCount }, (_, i) => `LABEL_${i}`);
    const made = createModel(config as JsonObject, {
      task,
      seed: 7,
      ...(task === "sequence-classification" && { labels }),
    });
    await saveCheckpoint(made, folder);
    disposeModel(made);
    return {};
  },
  load(request) {
    if (model !== null) disposeModel(model);
    optimizer.dispose();
    const { architectures } = JSON.parse(Deno.readTextFileSync(`${request.folder}/config.json`));
    const task = String(architectures).includes("Masked") ? "masked-lm" : "sequence-classification";
    model = loadCheckpoint(request.folder, { task }).model;
    optimizer = new AdamW();
    precision = request.precision;
    return {};
  },
  train({ batch, length, steps }) {
    const inputs = batchOf(batch, length);
    const start = performance.now();
    const losses = Array.from({ length: steps }, () => {
      const result = gradientsOf(inputs);
      update(result);
      return result.value;
    });
    return { seconds: seconds(start), losses };
  },
  infer({ batch, length, steps }) {
    const { tokens } = batchOf(batch, length);
    const start = performance.now();
    let sum = 0;
    for (let i = 0; i < steps; i++) {
      // as an evaluation does: the weights are cast to bf16 once, as within PyTorch's autocast
      const logits = tf.tidy(() => logitsOf(loaded(), inferencePass(precision), tokens));
      sum = (logits.dataSync() as Float32Array).reduce((sum, logit) => sum + logit, 0);
      logits.dispose();
    }
    return { seconds: seconds(start), losses: [sum] };
  },
  /** Clipping and update alone, on the gradients of a small batch. */
  optimize({ steps }) {
    const inputs = batchOf(2, 16);
    let total = 0;
    for (let i = 0; i < steps; i++) {
      const result = gradientsOf(inputs);
      const start = performance.now();
      update(result);
      total += seconds(start);
    }
    return { seconds: total };
  },
  reload({ folder }) {
    const start = performance.now();
    const { model } = loadCheckpoint(folder);
    const spent = seconds(start);
    disposeModel(model);
    return { seconds: spent };
  },
  async epoch({ lengths }) {
    const examples = examplesOf(lengths);
    const recipe = { ...studyRecipe, epochs: 1, learningRate: 5e-5, precision };
    const start = performance.now();
    await train(trainable(loaded()), { train: examples }, recipe, { memoryLimit: null });
    return { seconds: seconds(start) };
  },
  /** One epoch of a masked language model on full rows, with fresh masks. */
  async pretrain({ rows, length }) {
    const model = loaded(), recipe = { ...studyRecipe, epochs: 1, learningRate: 5e-5, precision };
    const examples = Array.from({ length: rows }, (_, i): Example => ({
      songId: String(i),
      inputIds: idsOf(i, length),
      label: -100,
      weight: 1,
    }));
    const masking = { maskId, vocabSize: vocabularySize, specialIds: [paddingId, maskId], rate: 0.15 };
    const masked: Trainable = {
      ...trainable(model),
      labels: [],
      languageModel: "masked",
      loss: (pass, batch, options) => lossOf(model, pass, batch.tokens, batch.tokenLabels!, options),
      draw: (example, epoch, i) => maskTokens(example, masking, generator(randomKey(7, epoch ?? 0, i))),
    };
    const start = performance.now();
    await train(masked, { train: examples }, recipe, { memoryLimit: null });
    return { seconds: seconds(start) };
  },
  /** A plain large product: how fast the machine multiplies. */
  products({ precision, size }) {
    return tf.tidy(() => {
      const values = normalValues(size * size, 1, randomKey(7));
      const weight = new Parameter("weight", tf.tensor2d(values, [size, size]));
      const x = low(tf.tensor2d(values, [size, size]), precision), pass = inferencePass(precision);
      try {
        linear(pass, x, weight); // makes the weight's copy in bfloat16
        const start = performance.now();
        linear(pass, x, weight);
        return { seconds: seconds(start) };
      } finally {
        weight.dispose();
      }
    });
  },
  peak() {
    const line = Deno.readTextFileSync("/proc/self/status").match(/VmHWM:\s+(\d+)/)!;
    return { bytes: Number(line[1]) * 1024 };
  },
  versions: () => ({
    engine: engine.description + (hasKernels() ? ", fused operations" : ", no fused operations"),
    tfjs: tf.version_core,
    deno: Deno.version.deno,
  }),
};

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) {
    const request = JSON.parse(line) as Request;
    let answer: Answer;
    try {
      // the table's types hold each handler to its own request, which an index by a union cannot express
      answer = await (handlers[request.do] as (request: Request) => Answer | Promise<Answer>)(request);
    } catch (error) {
      answer = { error: error instanceof Error ? error.message : String(error) };
    }
    console.log(JSON.stringify(answer));
  }
}

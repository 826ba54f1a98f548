/**
 * `deno task check-real-size`: how exact a training step of KoBERT-base's shape is (12 layers, 768 wide, 4 rows of 256 tokens, seeded random weights),
 * beside PyTorch's on the same weights, batch and dropout masks: float32 against float64, and bf16 against float32. KOBERT_KERNELS= (empty) checks
 * the operations that are composed of TensorFlow's own.
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import {
  type Gradient,
  gradientValues,
  inferencePass,
  kernels,
  type Pass,
  type Precision,
  resolvePrecision,
  startEngine,
  Tape,
  trainingPass,
} from "../../lib/engine/mod.ts";
import type { RandomKey } from "../../lib/ground/mod.ts";
import { loadCheckpoint, lossOf, tokenBatch, writeSafetensors } from "../../lib/models/mod.ts";
import { processEnvironment } from "../environment.ts";
import { commandLines } from "../command_lines.ts";
import { launch } from "../launch.ts";
import { readOptions } from "../options.ts";
import { inProject } from "../setup/paths.ts";
import { ensureReferenceVenv } from "../setup.ts";

const step = Deno.env.get("REAL_SIZE_STEP");
const values = step === undefined ? readOptions(commandLines["check-real-size"]) : { folder: step, seed: 0 };
const folder = values.folder ?? await Deno.makeTempDir();

/** Runs a program to its end, and ends with it where it fails. */
async function run(command: string, args: string[], env: Record<string, string>): Promise<void> {
  if (await launch(command, args, env) !== 0) Deno.exit(1);
}

/** The steps: loss, logits and gradients of each precision, with and without dropout; and the masks of the dropouts. */
async function steps(): Promise<void> {
  const { description } = await startEngine();
  const { model } = loadCheckpoint(folder);
  const given = JSON.parse(await Deno.readTextFile(join(folder, "batch.json")));
  const batch = tokenBatch(given.input_ids, 1);
  batch.attentionMask.set((given.attention_mask as number[][]).flat());
  const labels = Int32Array.from(given.labels);
  const rate = Number(model.json.hidden_dropout_prob);
  const low = resolvePrecision("auto") === "bf16";
  console.log(`${description}${low ? "" : "; bf16 is left out: this processor has none"}`);

  const keys: RandomKey[] = [];
  const passOf = (tape: Tape, precision: Precision, dropped: boolean): Pass => {
    if (!dropped) return { ...inferencePass(precision), tape };
    const pass = trainingPass(tape, precision, 7, 0);
    const draw = () => {
      const key = pass.nextKey!();
      keys.push(key);
      return key;
    };
    keys.length = 0;
    return { ...pass, nextKey: draw };
  };
  await Deno.mkdir(join(folder, "ours"), { recursive: true });
  for (const precision of low ? ["float32", "bf16"] as const : ["float32"] as const) {
    for (const dropped of [true, false]) {
      const tape = new Tape();
      const result = tf.tidy(() => lossOf(model, passOf(tape, precision, dropped), batch, labels));
      const gradients = tape.backward(result.loss);
      // gradients may be bfloat16, or a table's rows: the optimizer steps with their float32
      const stored = (name: string, value: Gradient) => (
        { name, dtype: "F32" as const, shape: [...value.shape], data: gradientValues(value) }
      );
      await writeSafetensors(
        join(folder, "ours", `${precision}-${dropped ? "dropout" : "plain"}.safetensors`),
        [
          stored("loss", result.loss),
          stored("logits", result.logits),
          ...[...gradients].map(([{ name }, gradient]) => stored(name, gradient)),
        ],
      );
      tf.dispose(result);
      gradients.forEach((gradient) => gradient.dispose());
      for (const parameter of model.parameters.values()) parameter.release();
    }
  }

  // every pass with dropout drew the same keys: in BERT's order, embeddings, then attention and both ends of each layer, then
  // the classifier
  const { batch: rows, length } = batch, { width, layers } = model.config;
  const heads = Number(model.json.num_attention_heads);
  const tokens = [rows * length, width], weights = [rows, heads, length, length];
  const shapes = [tokens, ...Array.from({ length: layers }, () => [weights, tokens, tokens]).flat(), [
    rows,
    width,
  ]];
  if (keys.length !== shapes.length) throw new Error(`${keys.length} dropouts, ${shapes.length} expected.`);
  const keptOf = (shape: number[], key: RandomKey) => {
    const factors = tf.tidy(() => kernels().dropout(tf.ones(shape), { rate, key }));
    const kept = Uint8Array.from(factors.dataSync(), (factor) => factor > 0 ? 1 : 0);
    factors.dispose();
    return kept;
  };
  // the ends of the last layer compute each row's first token alone: what others would lose is read by nobody
  const ofFirstTokens = (kept: Uint8Array) => {
    const all = new Uint8Array(rows * length * width).fill(1);
    for (let row = 0; row < rows; row++) {
      all.set(kept.subarray(row * width, (row + 1) * width), row * length * width);
    }
    return all;
  };
  const file = await Deno.open(join(folder, "masks.bin"), { write: true, create: true, truncate: true });
  for (const [i, shape] of shapes.entries()) {
    const key = keys[i]!, ends = [shapes.length - 3, shapes.length - 2].includes(i);
    const kept = ends ? ofFirstTokens(keptOf([rows, width], key)) : keptOf(shape, key);
    for (let done = 0; done < kept.length;) done += await file.write(kept.subarray(done));
  }
  file.close();
  await Deno.writeTextFile(
    join(folder, "masks.json"),
    JSON.stringify(shapes.map((shape) => ({ shape, rate }))),
  );
}

if (step !== undefined) {
  await steps();
} else {
  const python = await ensureReferenceVenv(), script = inProject("tools", "reference", "real_size.py");
  const seed = { REAL_SIZE_SEED: String(values.seed) };
  await Deno.mkdir(folder, { recursive: true });
  await run(python, [script, "make", folder], seed);
  // this script once more, in a process that has the right environment from its start
  const again = ["run", "-A", "--no-check", inProject("tools", "commands", "check-real-size.ts")];
  await run(Deno.execPath(), again, { ...processEnvironment(), REAL_SIZE_STEP: folder });
  await run(python, [script, "compare", folder], seed);
  if (values.folder === undefined) await Deno.remove(folder, { recursive: true });
}

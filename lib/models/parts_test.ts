/** A batch that is computed in parts, by one process or several, drops what it would drop at once: the same logits with dropout. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import {
  type BatchPart,
  hasKernels,
  type Precision,
  resolvePrecision,
  startEngine,
  Tape,
  trainingPass,
} from "../engine/mod.ts";
import { type TokenBatch, tokenBatch } from "./batch.ts";
import { createModel, disposeModel, logitsOf, type Model } from "./model.ts";
import { smallConfigs } from "./testing/small.ts";

await startEngine();

const configs = smallConfigs(0.3, 24);
const labels = ["가", "나", "다"];

/** Rows of tokens, of which some of a masked language model's are asked for. */
const rows = [[2, 9, 17, 21, 3], [2, 30, 3], [2, 8, 9, 10, 3], [2, 31, 32, 3], [2, 33, 14, 15, 3]];
const asked = [[1], [1], [2, 3], [1], [1, 3]];

/** Logits with dropout of the rows from one to another: of the whole batch, or as a part of it. */
function logits(model: Model, precision: Precision, from: number, to: number): number[] {
  const length = Math.max(...rows.map((row) => row.length));
  const side = model.architecture.paddingSide;
  const batch: TokenBatch = tokenBatch(rows.slice(from, to), 1, side, length);
  const wanted = model.task === "masked-lm"
    ? Int32Array.from(
      asked.slice(from, to).flatMap((places, row) => places.map((place) => row * length + place)),
    )
    : undefined;
  const part: BatchPart = {
    batch: to - from,
    length,
    before: from,
    ...(wanted && { asked: { here: wanted.length, before: asked.slice(0, from).flat().length } }),
  };
  const tape = new Tape();
  try {
    const isWhole = from === 0 && to === rows.length;
    const pass = trainingPass(tape, precision, 7, 3, isWhole ? null : part);
    const result = tf.tidy(() => logitsOf(model, pass, batch, wanted));
    const values = [...result.dataSync()];
    result.dispose();
    return values;
  } finally {
    tape.clear();
  }
}

const cases = [
  ...Object.keys(configs).map((name) => [name, "sequence-classification"] as const),
  ...["bert", "electra"].map((name) => [name, "masked-lm"] as const),
];
for (const [name, task] of cases) {
  const precisions: Precision[] = resolvePrecision("auto") === "bf16" && name !== "xlnet"
    ? ["float32", "bf16"]
    : ["float32"];
  for (const precision of precisions) {
    Deno.test(`${name}, ${task}, ${precision}: parts of a batch drop what the whole drops`, {
      ignore: !hasKernels(),
    }, () => {
      const model = createModel(configs[name]!, { labels, seed: 7, task });
      try {
        const whole = logits(model, precision, 0, rows.length);
        const tolerance = precision === "bf16" ? 2e-2 : 1e-5;
        for (const cuts of [[0, 2, 5], [0, 1, 4, 5]]) {
          const parts = cuts.slice(1).flatMap((to, i) => logits(model, precision, cuts[i]!, to));
          assert.equal(parts.length, whole.length);
          parts.forEach((value, i) =>
            assert.ok(Math.abs(value - whole[i]!) < tolerance, `${cuts}: ${value}, ${whole[i]}`)
          );
        }
      } finally {
        disposeModel(model);
      }
    });
  }
}

/** Prints a digest of what every fused kernel computes, as often as its argument says: kernels_test.ts runs it on one core and on several. */
import * as tf from "@tensorflow/tfjs";
import { createHash } from "node:crypto";
import { type Precision, startEngine } from "../backend.ts";
import { wholeEncoderLayer } from "../encoder_layer.ts";
import { fused } from "../fused.ts";
import { lookUp, product, sumIntoRows } from "../low.ts";
import { AdamW } from "../optimizer.ts";
import { Parameter } from "../parameters.ts";
import { trainingPass } from "../ops.ts";
import { hasProducts, toBfloat16 } from "../raw.ts";
import { Tape } from "../tape.ts";
import { randomParameter, randomValues, take } from "./gradients.ts";

await startEngine({ engine: "tensorflow" });

const [rows, width] = [150, 96], heads = { batch: 5, length: 30, heads: 4 };
const dropping = { rate: 0.1, key: [1, 2] } as const;

function everything(low: boolean): tf.Tensor[] {
  const float = (shape: number[], seed: number) => tf.tensor(randomValues(shape, seed), shape);
  const make = (shape: number[], seed: number) => low ? toBfloat16(float(shape, seed)) : float(shape, seed);
  const x = make([rows, width], 1),
    dy = make([rows, width], 2),
    vector = float([width], 3),
    residual = float([rows, width], 4);
  const norm = { weight: vector, bias: vector, epsilon: 1e-5 };
  const forward = fused.addNorm(x, vector, residual, norm, dropping);
  const [q, k, v] = fused.splitHeads(make([rows, 3 * width], 5), float([3 * width], 6), heads);
  const scores = make([5, 4, 30, 30], 7);
  const grouped = { batch: 5, length: 30, heads: 4, keyHeads: 2, headWidth: 24 };
  const rotary = { cos: float([1, 1, 30, 24], 11), sin: float([1, 1, 30, 24], 12) };
  const rotated = fused.rotaryHeads(make([rows, 192], 13), null, grouped, rotary);
  const scaled = fused.rmsNorm(residual, vector, 1e-5, low);
  const mask = float([5, 1, 1, 30], 8);
  const targets = {
    labels: Int32Array.from({ length: rows }, (_, i) => i % width),
    weights: new Float32Array(rows).fill(0.5),
    spread: { rows: new Float32Array(rows).fill(1), classes: new Float32Array(width).fill(0.001) },
  };
  const loss = fused.crossEntropy(residual, targets);
  const looked = Int32Array.from({ length: rows }, (_, i) => i * i % 37);
  return [
    fused.activate(x, vector, "gelu"),
    ...Object.values(fused.activateGradient(dy, x, vector, "gelu")),
    fused.gate(make([rows, 2 * width], 14), null, "silu"),
    ...Object.values(fused.gateGradient(dy, make([rows, 2 * width], 14), null, "silu")),
    ...Object.values(scaled),
    ...Object.values(fused.rmsNormGradient(dy, scaled.normal, scaled.inverse, vector)),
    ...rotated,
    ...Object.values(fused.rotaryHeadsGradient(...rotated, grouped, rotary)),
    ...Object.values(forward),
    ...Object.values(fused.addNormGradient(residual, forward.normal, forward.inverse, vector, dropping, low)),
    ...Object.values(fused.norm(x, norm)),
    ...[q, k, v],
    ...Object.values(fused.mergeHeads(q, k, v)),
    fused.attentionWeights(scores, mask, 0.2, dropping),
    ...Object.values(fused.attentionWeightsGradient(make([5, 4, 30, 30], 10), scores, mask, 0.2, dropping)),
    fused.dropout(x, dropping),
    lookUp([x, dy], [looked, looked.toReversed()]),
    sumIntoRows(residual, looked, rows, 0),
    ...Object.values(loss),
    fused.crossEntropyGradient(residual, loss.norms, targets, tf.scalar(0.3), low),
    fused.addBias(x, vector),
    fused.sumRows(x),
    fused.argMax(x),
    fused.add(residual, x),
    tf.scalar(fused.sumOfSquares([make([123457], 9), x])),
  ];
}

function products(low: boolean): tf.Tensor[] {
  const make = (shape: number[], seed: number) => {
    const values = tf.tensor(randomValues(shape, seed), shape);
    return low ? toBfloat16(values) : values;
  };
  const qkv = make([70, 384], 24), sizes = { batch: 2, length: 35, heads: 2 };
  const parts = { bias: tf.zeros([384]), mask: null, sizes, scale: 0.1, dropping, queries: null };
  return [
    fused.linearActivate(make([300, 1100], 20), make([530, 1100], 26), tf.zeros([530]), "gelu", false).output,
    fused.attention(qkv, parts),
    ...Object.values(fused.attentionGradient(make([70, 128], 25), qkv, parts)),
    product(make([300, 1100], 20), make([1100, 530], 21)),
    product(make([300, 96], 22), make([530, 96], 23), false, true),
    product(make([1100, 300], 20), make([1100, 530], 21), true, false),
  ];
}

/** A whole layer's result and gradients. */
function layerValues(precision: Precision): Float32Array[] {
  const [width, inner] = [128, 500], tape = new Tape();
  const linear = (out: number, from: number) => ({
    weight: randomParameter("weight", [out, from], out, 0.1),
    bias: randomParameter("bias", [out], 2),
  });
  const norm = () => ({ ...linear(width, 1), weight: randomParameter("norm", [width], 3), epsilon: 1e-5 });
  const layer = {
    ...{ query: linear(width, width), key: linear(width, width), value: linear(width, width) },
    ...{ attentionOutput: linear(width, width), intermediate: linear(inner, width) },
    ...{ output: linear(width, inner), attentionNorm: norm(), outputNorm: norm() },
  };
  const x = tf.tensor2d(randomValues([210, width], 4), [210, width]);
  tape.watch(x);
  const y = tf.tidy(() =>
    wholeEncoderLayer(trainingPass(tape, precision, 7, 1), x, layer, {
      ...{ batch: 6, length: 35, heads: 4, scale: 0.2, mask: null, queries: null },
      ...{ activation: "gelu", dropout: 0.1, attentionDropout: 0.1 },
    })!
  );
  const gradients = tape.backward(y, new Map(), tf.tensor2d(randomValues([210, width], 5), [210, width]));
  return [y, tape.inputGradients.get(x)!, ...gradients.values()].map(take);
}

for (let repeat = 0; repeat < Number(Deno.args[0]); repeat++) {
  const hash = createHash("sha256");
  for (const low of [false, true]) {
    tf.tidy(() =>
      [...everything(low), ...products(low)].forEach((tensor) =>
        hash.update(new Uint8Array(take(tensor).buffer))
      )
    );
    const parameter = new Parameter("weight", tf.tensor(randomValues([12345], 1)));
    const optimizer = new AdamW();
    optimizer.step(new Map([[parameter, tf.tensor(randomValues([12345], 2))]]), 0.01);
    hash.update(new Uint8Array(parameter.data().buffer));
    optimizer.dispose();
    parameter.dispose();
  }
  for (const precision of ["float32", "bf16"] as const) {
    if (!hasProducts(precision)) continue;
    for (const values of layerValues(precision)) hash.update(new Uint8Array(values.buffer));
  }
  console.log(hash.digest("hex"));
}

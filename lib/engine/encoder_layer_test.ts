/** A whole layer as one operation against its pieces, which ops_test.ts and the parity cases hold against PyTorch. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Precision, startEngine } from "./backend.ts";
import { type EncoderLayerParameters, wholeEncoderLayer } from "./encoder_layer.ts";
import { addNorm, attend, linear, linearActivate, type Pass, selectRows, trainingPass } from "./ops.ts";
import type { Parameter } from "./parameters.ts";
import { hasProducts } from "./raw.ts";
import { Tape } from "./tape.ts";
import { closeTo, randomParameter, randomValues, take } from "./testing/gradients.ts";

await startEngine();

function test(name: string, fn: (precision: Precision) => void): void {
  for (const precision of ["float32", "bf16"] as const) {
    const ignore = !hasProducts(precision);
    Deno.test({ name: `encoder layer: ${name} (${precision})`, ignore, fn: () => fn(precision) });
  }
}

interface Case {
  batch: number;
  length: number;
  width: number;
  heads: number;
  inner: number;
  masked: boolean;
  dropout: number;
  queries: Int32Array | null;
}

const cases: Record<string, Case> = {
  "all tokens": {
    ...{ batch: 3, length: 35, width: 64, heads: 4, inner: 136, masked: true, dropout: 0 },
    queries: null,
  },
  "all tokens, with dropout, no mask": {
    ...{ batch: 2, length: 7, width: 24, heads: 2, inner: 34, masked: false, dropout: 0.2 },
    queries: null,
  },
  "a few tokens, with dropout": {
    ...{ batch: 3, length: 40, width: 48, heads: 3, inner: 96, masked: true, dropout: 0.1 },
    queries: Int32Array.of(0, 5, 41, 119),
  },
  "more rows than a task has, wider than a group of columns": {
    ...{ batch: 4, length: 50, width: 288, heads: 4, inner: 1100, masked: true, dropout: 0.1 },
    queries: null,
  },
};

function parametersOf({ width, inner }: Case): EncoderLayerParameters & { all: Parameter[] } {
  const all: Parameter[] = [];
  const make = (name: string, shape: number[], scale: number) => {
    const parameter = randomParameter(name, shape, all.length, scale);
    all.push(parameter);
    return parameter;
  };
  const linearOf = (name: string, out: number, from: number) => ({
    weight: make(`${name}.weight`, [out, from], 1 / Math.sqrt(from)),
    bias: make(`${name}.bias`, [out], 0.3),
  });
  const normOf = (name: string) => ({
    weight: make(`${name}.weight`, [width], 1),
    bias: make(`${name}.bias`, [width], 0.3),
    epsilon: 1e-5,
  });
  return {
    query: linearOf("query", width, width),
    key: linearOf("key", width, width),
    value: linearOf("value", width, width),
    attentionOutput: linearOf("attentionOutput", width, width),
    attentionNorm: normOf("attentionNorm"),
    intermediate: linearOf("intermediate", inner, width),
    output: linearOf("output", width, inner),
    outputNorm: normOf("outputNorm"),
    all,
  };
}

function optionsOf({ batch, length, width, heads, dropout, queries }: Case, mask: tf.Tensor | null) {
  const shape = { batch, length, heads, scale: Math.sqrt(heads / width), mask, queries };
  return { ...shape, activation: "gelu" as const, dropout, attentionDropout: dropout };
}

function inPieces(
  pass: Pass,
  x: tf.Tensor,
  layer: EncoderLayerParameters,
  options: ReturnType<typeof optionsOf>,
): tf.Tensor {
  const { query, key, value, attentionOutput, intermediate, output } = layer;
  const qkv = linear(pass, x, query.weight, key.weight, value.weight);
  const context = attend(pass, qkv, [query.bias, key.bias, value.bias], {
    ...options,
    dropout: options.attentionDropout,
  });
  const residual = options.queries === null ? x : selectRows(pass, x, options.queries);
  const attended = linear(pass, context, attentionOutput.weight);
  const middle = addNorm(
    pass,
    attended,
    attentionOutput.bias,
    residual,
    layer.attentionNorm,
    options.dropout,
  );
  const inner = linearActivate(pass, middle, intermediate.weight, intermediate.bias, options.activation);
  const outer = linear(pass, inner, output.weight);
  return addNorm(pass, outer, output.bias, middle, layer.outputNorm, options.dropout);
}

/** The result and all gradients of a layer, by name. */
function resultsOf(of: Case, precision: Precision, compute: typeof inPieces): Record<string, Float32Array> {
  const layer = parametersOf(of), tape = new Tape();
  const x = tf.tensor(randomValues([of.batch * of.length, of.width], 50), [of.batch * of.length, of.width]);
  const mask = of.masked
    ? tf.tensor4d(
      Float32Array.from(
        { length: of.batch * of.length },
        (_, i) => i % of.length > of.length - 4 ? -3e38 : 0,
      ),
      [of.batch, 1, 1, of.length],
    )
    : null;
  tape.watch(x);
  const y = tf.tidy(() => compute(trainingPass(tape, precision, 7, 1), x, layer, optionsOf(of, mask)));
  const results: Record<string, Float32Array> = { y: take(tf.clone(y)) };
  const gradients = tape.backward(y, new Map(), tf.tensor(randomValues([...y.shape], 51), y.shape));
  results.x = take(tape.inputGradients.get(x)!);
  for (const [{ name }, gradient] of gradients) results[name] = take(gradient);
  tf.dispose([x, y, ...(mask ? [mask] : [])]);
  for (const parameter of layer.all) parameter.dispose();
  return results;
}

for (const [name, of] of Object.entries(cases)) {
  test(`${name}: the same as its pieces, forward and backward`, (precision) => {
    const before = tf.memory().numTensors;
    const pieces = resultsOf(of, precision, inPieces);
    const whole = resultsOf(of, precision, (pass, x, layer, options) => {
      const output = wholeEncoderLayer(pass, x, layer, options);
      assert.ok(output !== null);
      return output;
    });
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(Object.keys(whole).sort(), Object.keys(pieces).sort());
    // the forward pass rounds at the same places
    assert.deepEqual(whole.y, pieces.y);
    for (const [name, expected] of Object.entries(pieces)) {
      const size = Math.sqrt(expected.reduce((sum, x) => sum + x * x, 0) / expected.length) || 1;
      const scaled = (values: Float32Array) => values.map((x) => x / size);
      closeTo(scaled(whole[name]!), scaled(expected), precision === "bf16" ? 0.04 : 2e-5, name);
    }
  });
}

test("without a tape nothing is kept, and the result is the same", (precision) => {
  const of = { ...cases["all tokens"]! }, layer = parametersOf(of);
  const x = tf.tensor2d(randomValues([105, 64], 1), [105, 64]), options = optionsOf(of, null);
  const [inference, kept] = tf.tidy(() => {
    const tape = new Tape();
    const results = [null, tape].map((tape) =>
      wholeEncoderLayer({ tape, precision, nextKey: null }, x, layer, options)!
    );
    tape.clear();
    return results;
  });
  assert.deepEqual(take(inference!), take(kept!));
  x.dispose();
  for (const parameter of layer.all) parameter.dispose();
});

test("in pieces where a parameter is frozen, or the activation is another", (precision) => {
  const of = cases["all tokens"]!, layer = parametersOf(of);
  const x = tf.zeros([105, 64]), options = optionsOf(of, null), tape = new Tape();
  const whole = (pass: Partial<Pass>, more: object = {}) =>
    tf.tidy(() =>
      wholeEncoderLayer({ tape, precision, nextKey: null, ...pass }, x, layer, {
        ...options,
        ...more,
      }) !== null
    );
  assert.equal(whole({}, { activation: "relu" }), false);
  assert.equal(whole({}, { queries: Int32Array.of(4, 3) }), false);
  layer.key.bias.trainable = false;
  assert.equal(whole({}), false);
  assert.equal(whole({ tape: null }), true);
  tape.clear();
  x.dispose();
  for (const parameter of layer.all) parameter.dispose();
});

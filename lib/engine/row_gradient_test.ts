/** Gradients of few rows of a large table: the dense ones' numbers, everywhere. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { sumIntoRows } from "./low.ts";
import { embed, linear, type Pass } from "./ops.ts";
import { AdamW, globalNorm } from "./optimizer.ts";
import { Parameter } from "./parameters.ts";
import { denseGradient, type Gradient, RowGradient, tableGradient } from "./row_gradient.ts";
import { Tape } from "./tape.ts";
import { closeTo, randomParameter, randomValues, take } from "./testing/gradients.ts";

await startEngine();

/** A table that is just large enough. */
const size = 4096, width = 256, shape = [size, width] as const;

const given = (rows: readonly number[], seed: number, skipped: number | null = null) => {
  const values = tf.tensor2d(randomValues([rows.length, width], seed), [rows.length, width]);
  const gradient = tableGradient(values, Int32Array.from(rows), shape, skipped);
  const whole = sumIntoRows(values, Int32Array.from(rows), size, skipped);
  values.dispose();
  return { gradient, whole };
};

Deno.test("rows of a large table: each once, in order, with the sums of the whole table's gradient", () => {
  const { gradient, whole } = given([4000, 7, 7, 0, 4000, 12, 7], 1, 12);
  assert.ok(gradient instanceof RowGradient);
  assert.deepEqual([...gradient.rows], [0, 7, 4000]);
  closeTo(
    [globalNorm(new Map([[new Parameter("a", tf.zeros([1])), gradient]]))],
    [
      Math.sqrt(take(whole.clone()).reduce((sum, x) => sum + x * x, 0)),
    ],
    1e-5,
    "norm",
  );
  assert.deepEqual(take(gradient), take(whole));
});

Deno.test("a small table, and a table of which most rows are looked up, have a whole gradient", () => {
  const few = tableGradient(tf.ones([2, 4]), Int32Array.of(1, 5), [50, 4], null);
  assert.ok(!(few instanceof RowGradient));
  const { gradient, whole } = given(Array.from({ length: size / 2 + 1 }, (_, row) => row), 2);
  assert.ok(!(gradient instanceof RowGradient));
  assert.deepEqual(take(gradient), take(whole));
  few.dispose();
});

Deno.test("AdamW: rows give the whole gradient's parameters, moments and bfloat16 copies, to the bit", () => {
  /** What each step has: rows, the whole table's gradient, or rows after the moments were written down and read again. */
  const steps: [kind: "rows" | "whole" | "restored", rows: number[]][] = [
    ["rows", [3, 9, 9, 4095]],
    ["rows", [0, 9]],
    ["restored", [5]],
    ["rows", [3]],
    ["whole", [1, 2]],
    ["rows", [2, 4094]],
  ];
  const run = (inRows: boolean, weightDecay: number, low: boolean) => {
    const parameter = randomParameter("weight", [...shape], 3);
    if (low) parameter.lowValue();
    let optimizer = new AdamW({ weightDecay });
    steps.forEach(([kind, rows], i) => {
      if (kind === "restored") {
        const [m, v] = [optimizer.momentData(parameter, "m"), optimizer.momentData(parameter, "v")];
        const taken = optimizer.stepsOf(parameter);
        optimizer.dispose();
        optimizer = new AdamW({ weightDecay });
        optimizer.restoreMoments(parameter, { m, v, steps: taken });
      }
      const { gradient, whole } = given(rows, 10 + i);
      const [used, unused] = inRows && kind !== "whole" ? [gradient, whole] : [whole, gradient];
      optimizer.step(new Map([[parameter, used as Gradient]]), 0.1, 0.5);
      unused.dispose();
    });
    const found = [
      parameter.data(),
      optimizer.momentData(parameter, "m"),
      optimizer.momentData(parameter, "v"),
      low ? take(parameter.lowValue().clone()) : null,
    ];
    optimizer.dispose();
    parameter.dispose();
    return found;
  };
  for (const [decay, low] of [[0.1, true], [0.1, false], [0, true]] as const) {
    assert.deepEqual(run(true, decay, low), run(false, decay, low), `decay ${decay}, a copy ${low}`);
  }
});

Deno.test("a table looked up twice, in parts, and tied to the head: its gradients add up", () => {
  const words = randomParameter("words", [...shape], 4);
  const lookups = (...rows: number[][]) =>
    rows.map((some) => ({ table: words, rows: Int32Array.from(some) }));
  const direction = (rows: number) => tf.tensor2d(randomValues([rows, width], 5), [rows, width]);
  const pass = (tape: Tape): Pass => ({ tape, precision: "float32", nextKey: null });
  const gradientOf = (parts: number[][][]) => {
    const into = new Map<Parameter, Gradient>();
    for (const rows of parts) {
      const tape = new Tape();
      const output = tf.tidy(() => embed(pass(tape), lookups(...rows)));
      tape.backward(output, into, direction(rows[0]!.length));
      output.dispose();
    }
    return into.get(words)!;
  };
  const expected = (rows: number[]) =>
    take(tf.tidy(() => sumIntoRows(direction(rows.length), Int32Array.from(rows), size, null)));
  const together = gradientOf([[[8, 1, 8], [2, 1, 0]], [[1, 4000, 3]]]);
  assert.ok(together instanceof RowGradient);
  assert.deepEqual([...together.rows], [0, 1, 2, 3, 8, 4000]);
  const sum = [[8, 1, 8], [2, 1, 0], [1, 4000, 3]].map(expected).reduce((a, b) => a.map((x, i) => x + b[i]!));
  closeTo(take(together), sum, 1e-6, "two lookups and a part");

  const tape = new Tape();
  const logits = tf.tidy(() => linear(pass(tape), embed(pass(tape), lookups([9, 11])), words));
  const tied = tape.backward(logits, new Map());
  assert.ok(!(tied.get(words) instanceof RowGradient), "the head asks for every row");
  // d Σ logits / d words: the head's part is the same in every row, the lookup's stands in two
  const values = tf.tidy(() => denseGradient(tied.get(words)!).clone()), rest = take(values);
  const row = (i: number) => rest.slice(i * width, (i + 1) * width);
  const columns = words.data(), sums = new Float64Array(width);
  columns.forEach((x, i) => sums[i % width]! += x);
  closeTo(row(9).map((x, i) => x - row(10)[i]!), sums, 2e-3, "of the lookup");
  assert.deepEqual(row(10), row(12));
  tf.dispose(logits);
  tied.forEach((gradient) => gradient.dispose());
  words.dispose();
});

/** Gradients of a team, added up. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import {
  type Gradient,
  type Gradients,
  gradientValues,
  Parameter,
  RowGradient,
  startEngine,
} from "../engine/mod.ts";
import { alone, type Team } from "../team/mod.ts";
import { sumGradients } from "./gradients.ts";

await startEngine();
const size = 1 << 16, width = 16;
const table = new Parameter("table", tf.zeros([size, width])), bias = new Parameter("bias", tf.zeros([3]));

const rows = (...some: number[]): Gradient =>
  new RowGradient(
    Int32Array.from(some),
    tf.keep(tf.tidy(() => tf.add(tf.zeros([some.length, width]), tf.tensor2d(some, [some.length, 1])))),
    [size, width],
  );

/** What each of two members has afterwards; what one sends before it knows of the other is sent again with what it knows then. */
function summed(given: (() => Gradients)[]): Gradients[] {
  const sent: (Float32Array | Float64Array)[][] = given.map(() => []);
  let found: Gradients[] = [];
  for (let round = 0; round < 4; round++) {
    found = given.map((own, rank) => {
      const gradients = own(), others = sent[1 - rank]!, mine: typeof others = [];
      const team: Team = {
        ...alone,
        rank,
        size: 2,
        sum(values) {
          const other = others[mine.length];
          mine.push(values.slice());
          if (other?.length === values.length) values.forEach((x, i) => values[i] = x + other[i]!);
        },
      };
      sumGradients(team, [table, bias], gradients);
      sent[rank] = mine;
      return gradients;
    });
  }
  assert.deepEqual(sent[0]!.map(({ length }) => length), sent[1]!.map(({ length }) => length));
  return found;
}

const valuesAt = (gradient: Gradient, row: number) => gradientValues(gradient)[row * width + 3];

Deno.test("members with different rows of a table send those of any of them, and have the same sum", () => {
  const [first, second] = summed([
    () => new Map([[table, rows(2, 5, 70)], [bias, tf.tensor1d([1, 2, 3])]]),
    () => new Map([[table, rows(5, 60000)]]),
  ]) as [Gradients, Gradients];
  for (const gradients of [first, second]) {
    const sum = gradients.get(table)!;
    assert.ok(sum instanceof RowGradient);
    assert.deepEqual([...sum.rows], [2, 5, 70, 60000]);
    assert.deepEqual([2, 5, 70, 60000, 3].map((row) => valuesAt(sum, row)), [2, 10, 70, 60000, 0]);
    assert.deepEqual([...gradientValues(gradients.get(bias)!)], [1, 2, 3]);
  }
});

Deno.test("where one member has the whole table's gradient, all have", () => {
  const whole = () => tf.ones([size, width]);
  for (const gradients of summed([() => new Map([[table, rows(2)]]), () => new Map([[table, whole()]])])) {
    const sum = gradients.get(table)!;
    assert.ok(!(sum instanceof RowGradient));
    assert.deepEqual([2, 3].map((row) => valuesAt(sum, row)), [3, 1]);
  }
});

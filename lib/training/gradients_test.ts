/** Gradients of a team, added up. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import {
  AdamW,
  denseGradient,
  type Gradient,
  type Gradients,
  gradientValues,
  hasKernels,
  Parameter,
  PartGradient,
  RowGradient,
  startEngine,
  type StepGradients,
  toBfloat16,
  toFloat32,
} from "../engine/mod.ts";
import { numbersAt, randomValues } from "../engine/testing/gradients.ts";
import { alone, type Numbers, type Team } from "../team/mod.ts";
import { gatherMoments, normOfSum, sumGradients, takeStep } from "./gradients.ts";

await startEngine();
const size = 1 << 16, width = 16;
const table = new Parameter("table", tf.zeros([size, width])), bias = new Parameter("bias", tf.zeros([3]));

const rows = (...some: number[]): Gradient =>
  new RowGradient(
    Int32Array.from(some),
    tf.keep(tf.tidy(() => tf.add(tf.zeros([some.length, width]), tf.tensor2d(some, [some.length, 1])))),
    [size, width],
  );

/** What each of several members comes to. What one sends before it knows of the others is sent again with what it knows then. */
function together<T>(members: ((team: Team) => T)[]): T[] {
  /** What one says in a call: to each member a list of numbers. */
  type Said = (Float32Array | Float64Array | Uint16Array)[][];
  const { length: size } = members;
  let sent: Said[][] = members.map(() => []);
  for (let round = 0;; round++) {
    assert.ok(round < 40, "all call the same, with as many numbers");
    const now: Said[][] = members.map(() => []);
    const found = members.map((work, rank) => {
      /** What each of the others has said to this one at this point; nothing where it has not come to it. */
      const heard = (said: Said) => {
        const place = now[rank]!.push(said.map((list) => list.map((numbers) => numbers.slice()))) - 1;
        return sent.map((those, other) => other === rank ? said[rank]! : those[place]?.[rank] ?? []);
      };
      const write = (to: Numbers, from: Said[number][number] | undefined) => {
        const place = numbersAt(to);
        from?.length === to.length && from.constructor === place.constructor
          ? place.set(from)
          : place.fill(0);
      };
      return work({
        ...alone,
        rank,
        size,
        sum(values) {
          const all = heard(members.map(() => [values.slice()])).map(([one]) => one);
          values.fill(0);
          for (const one of all) if (one?.length === values.length) one.forEach((x, i) => values[i]! += x);
        },
        exchange(out, received) {
          const all = heard(
            members.map((_, member) =>
              out.filter((one) => one.member === member).map(({ numbers }) => numbersAt(numbers))
            ),
          );
          const next = members.map(() => 0);
          for (const { member, numbers } of received) write(numbers, all[member]![next[member]!++]);
        },
      });
    });
    const same = (a: Said[number][number] | undefined, b: Said[number][number]) =>
      a?.length === b.length && b.every((x: number, i: number) => Object.is(x, a[i]));
    const settled = now.every((calls, rank) =>
      calls.length === sent[rank]!.length &&
      calls.every((said, call) =>
        said.every((list, to) =>
          list.length === sent[rank]![call]![to]!.length &&
          list.every((numbers, i) => same(sent[rank]![call]![to]![i], numbers))
        )
      )
    );
    if (settled) return found;
    sent = now;
  }
}

/** What each of the members has afterwards. */
const summed = (given: (() => Gradients)[]): StepGradients[] =>
  together(given.map((own) => (team) => sumGradients(team, [table, bias], own())));

const valuesAt = (gradient: Gradient, row: number) => gradientValues(gradient)[row * width + 3];

Deno.test("members with different rows of a table send those of any of them, and have the same sum", () => {
  const found = summed([
    () => new Map<Parameter, Gradient>([[table, rows(2, 5, 70)], [bias, tf.tensor1d([1, 2, 3])]]),
    () => new Map([[table, rows(5, 60000)]]),
  ]);
  found.forEach((gradients, rank) => {
    const sum = gradients.get(table)!;
    assert.ok(sum instanceof RowGradient);
    assert.deepEqual([...sum.rows], [2, 5, 70, 60000]);
    assert.deepEqual([2, 5, 70, 60000, 3].map((row) => valuesAt(sum, row)), [2, 10, 70, 60000, 0]);
    const others = gradients.get(bias)!;
    if (!hasKernels()) return assert.deepEqual([...gradientValues(others as Gradient)], [1, 2, 3]);
    assert.ok(others instanceof PartGradient);
    assert.deepEqual([others.from, ...others.values.dataSync()], rank === 0 ? [0, 1] : [1, 2, 3]);
  });
});

Deno.test("where one member has the whole table's gradient, all have it, each its share", () => {
  const whole = () => tf.ones([size, width]);
  const found = summed([() => new Map([[table, rows(2, 40000)]]), () => new Map([[table, whole()]])]);
  found.forEach((gradients, rank) => {
    const sum = gradients.get(table)!;
    assert.ok(!(sum instanceof RowGradient));
    if (!hasKernels()) return assert.deepEqual([2, 3].map((row) => valuesAt(sum as Gradient, row)), [3, 1]);
    assert.ok(sum instanceof PartGradient);
    assert.equal(sum.from, rank * size * width / 2);
    const at = (row: number) => sum.values.dataSync()[row * width - sum.from + 3];
    assert.deepEqual(rank === 0 ? [at(2), at(3)] : [at(40000), at(39999)], rank === 0 ? [3, 1] : [40001, 1]);
  });
});

Deno.test(
  "members that step their shares have one process's parameters, moments and norm, to the bit",
  { ignore: !hasKernels() },
  () => {
    const shapes = { table: [4096, 256], weight: [130, 200], mixed: [127, 201], bias: [7] };
    /** A member's gradients in a step: of a table's rows or whole, bfloat16 and float32, one that a member lacks. */
    const given = (parameters: Parameter[], step: number, member: number): Gradients => {
      const [table, weight, mixed, bias] = parameters as [Parameter, Parameter, Parameter, Parameter];
      const values = ({ shape }: Parameter, seed: number) =>
        tf.tensor(randomValues([...shape], 100 * step + 10 * member + seed), [...shape]);
      const some = Int32Array.of(member, 100, 4000 + step);
      return new Map<Parameter, Gradient>([
        [bias, values(bias, 1)],
        [
          table,
          step === 1
            ? values(table, 2)
            : new RowGradient(some, tf.tensor2d(randomValues([3, 256], member), [3, 256]), [4096, 256]),
        ],
        ...(member === 2 ? [] : [[weight, toBfloat16(values(weight, 3))] as const]),
        [mixed, member === 1 ? values(mixed, 4) : toBfloat16(values(mixed, 4))],
      ]);
    };
    const run = (team: Team, gradientsOf: (parameters: Parameter[], step: number) => Gradients) => {
      const parameters = Object.entries(shapes).map(([name, shape], i) => {
        const parameter = new Parameter(name, tf.tensor(randomValues(shape, i), shape));
        parameter.lowValue();
        return parameter;
      });
      const optimizer = new AdamW(), norms: number[] = [];
      for (const step of [0, 1, 2]) {
        const own = gradientsOf(parameters, step);
        const sum = team.size === 1 ? own : sumGradients(team, parameters, own);
        norms.push(normOfSum(team, sum));
        takeStep(team, optimizer, sum, 0.1, 0.5);
      }
      gatherMoments(team, optimizer, parameters);
      const numbers = parameters.map((parameter) => [
        gradientValues(parameter.heldLowValue()!),
        parameter.data(),
        optimizer.momentData(parameter, "m"),
        optimizer.momentData(parameter, "v"),
      ]);
      parameters.forEach((parameter) => parameter.dispose());
      optimizer.dispose();
      return { numbers, norms };
    };
    const members = [0, 1, 2];
    const expected = run(alone, (parameters, step) => {
      const all = members.map((member) => given(parameters, step, member));
      return new Map(parameters.map((parameter) => {
        const those = all.map((gradients) => gradients.get(parameter)).filter((one) => one !== undefined);
        return [parameter, those.map((one) => toFloat32(denseGradient(one))).reduce((a, b) => tf.add(a, b))];
      }));
    });
    const found = together(
      members.map((member) => (team) => run(team, (parameters, step) => given(parameters, step, member))),
    );
    for (const { numbers, norms } of found) {
      assert.deepEqual(norms, found[0]!.norms, "the norm is the same for all");
      norms.forEach((norm, i) => assert.ok(Math.abs(norm / expected.norms[i]! - 1) < 1e-6));
      numbers.forEach((those, i) =>
        those.forEach((values, k) =>
          assert.ok(
            values.every((x, at) => x === expected.numbers[i]![k]![at]),
            `${Object.keys(shapes)[i]}, ${k}`,
          )
        )
      );
    }
  },
);

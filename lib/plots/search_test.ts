import assert from "node:assert/strict";
import { accuracyByCost, type CostedModel, type Figure } from "./mod.ts";

interface Trace {
  name?: string;
  x: number[];
  y: number[];
  marker: { color: string; symbol?: string };
  error_y?: { array: number[]; arrayminus: number[] };
}
const tracesOf = (figure: Figure) => figure.data as unknown as Trace[];

const bert: CostedModel = {
  name: "BERT",
  seconds: 20,
  accuracy: { value: 0.5, low: 0.4, high: 0.625 },
  trainings: [0.45, 0.55],
};
const majority: CostedModel = {
  name: "<majority>",
  seconds: 0,
  accuracy: { value: 0.25, low: 0.25, high: 0.25 },
  baseline: true,
};

Deno.test("accuracyByCost draws a point with its interval a model, and single trainings where there are several", () => {
  const figure = accuracyByCost([bert, majority, { ...majority, name: "n-grams", trainings: [0.25] }]);
  const [point, trainings, least, other, ...more] = tracesOf(figure);
  assert.equal(more.length, 0);
  assert.deepEqual([point!.name, point!.x, point!.y], ["BERT", [20], [0.5]]);
  assert.deepEqual(point!.error_y!.array, [0.125]);
  assert.ok(Math.abs(point!.error_y!.arrayminus[0]! - 0.1) < 1e-12);
  assert.deepEqual([trainings!.x, trainings!.y], [[20, 20], [0.45, 0.55]]);
  // no training: at the axis's beginning, since a logarithm has no 0; names are no HTML
  assert.deepEqual([least!.name, least!.x], ["&lt;majority&gt;", [0.1]]);
  assert.equal(figure.layout.xaxis!.type, "log");
  // baselines share a grey, not a symbol
  assert.equal(least!.marker.color, other!.marker.color);
  assert.notEqual(least!.marker.symbol, other!.marker.symbol);
  assert.notEqual(least!.marker.color, point!.marker.color);
});

Deno.test("accuracyByCost refuses percentages and negative times", () => {
  assert.throws(
    () => accuracyByCost([{ ...bert, accuracy: { value: 50, low: 40, high: 60 } }]),
    /accuracy of BERT is 50/,
  );
  assert.throws(
    () => accuracyByCost([{ ...bert, accuracy: { value: 0.5, low: 0.4, high: 60 } }]),
    /accuracy of BERT is 60/,
  );
  assert.throws(() => accuracyByCost([{ ...bert, seconds: -1 }]), /seconds of BERT is -1/);
});

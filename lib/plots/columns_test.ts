import assert from "node:assert/strict";
import { contributions } from "./mod.ts";

Deno.test("contributions: largest on top within each model, in points, with intervals", () => {
  const figure = contributions({
    "모든 열": [
      { name: "연도 <br>", adds: { value: -0.01, low: -0.02, high: 0.005 } },
      { name: "가수", adds: { value: 0.09, low: 0.05, high: 0.13 } },
    ],
    "쌓기": [{ name: "가수", adds: { value: 0.02, low: 0.02, high: 0.02 } }],
  });
  const [columns, stacking] = figure.data as { x: number[]; y: number[]; error_x: { array: number[] } }[];
  assert.deepEqual(columns!.x, [9, -1]);
  assert.deepEqual([columns!.y, stacking!.y], [[0, 1], [2]]);
  assert.ok(Math.abs(columns!.error_x.array[0]! - 4) < 1e-9);
  assert.deepEqual(figure.layout.yaxis!.ticktext, ["가수", "연도 &lt;br&gt;", "가수"]);
  assert.deepEqual(figure.layout.annotations!.map(({ text }) => text), ["+9.0", "−1.0", "+2.0"]);
});

Deno.test("contributions: nothing has no sign", () => {
  const adds = (value: number) => ({ value, low: value, high: value });
  const parts = [{ name: "연도", adds: adds(0) }, { name: "길이", adds: adds(-0.0004) }];
  assert.deepEqual(contributions({ "모든 열": parts }).layout.annotations!.map(({ text }) => text), [
    "0.0",
    "0.0",
  ]);
});

Deno.test("contributions: refuses what it cannot draw", () => {
  assert.throws(
    () => contributions({ a: [{ name: "가수", adds: { value: 0.2, low: 0.05, high: 0.13 } }] }),
    /what "가수" adds is 0\.2, outside its interval 0\.05 to 0\.13/,
  );
  assert.throws(
    () => contributions({ a: [{ name: "가수", adds: { value: NaN, low: 0, high: 1 } }] }),
    /is NaN/,
  );
});

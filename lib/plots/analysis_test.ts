import assert from "node:assert/strict";
import { type Figure, groupAccuracy, learningCurve, methodsByGroup, reliability } from "./mod.ts";

type Trace = Record<string, unknown> & {
  x: number[];
  y: number[];
  name: string;
  marker: { size: number[] };
  error_x: { array: number[]; arrayminus: number[] };
  error_y: { array: number[]; arrayminus: number[] };
};
const tracesOf = (figure: Figure) => figure.data as unknown as Trace[];
const facts = ({ layout }: Figure) => (layout.title as { subtitle: { text: string } }).subtitle.text;
const rounded = (values: number[]) => values.map((value) => Math.round(value * 1000) / 1000);

Deno.test("reliability draws the diagonal and a dot for each bin with songs, its area their share", () => {
  const figure = reliability([{
    name: "<b>그대로</b>",
    error: 0.125,
    bins: [
      { count: 0, confidence: 0, accuracy: 0 },
      { count: 1, confidence: 0.5, accuracy: 1 },
      { count: 3, confidence: 0.9, accuracy: 0.8 },
    ],
  }]);
  const [diagonal, series] = tracesOf(figure);
  assert.deepEqual([diagonal!.x, diagonal!.y], [[0, 1], [0, 1]]);
  assert.deepEqual([series!.x, series!.y], [[0.5, 0.9], [1, 0.8]]);
  assert.equal(series!.name, "&lt;b&gt;그대로&lt;/b&gt;, ECE 12.5%");
  assert.ok(series!.marker.size[1]! > series!.marker.size[0]!);
});

const group = (name: string, count: number, value: number, low: number, high: number) => ({
  group: name,
  count,
  accuracy: { value, low, high },
});

Deno.test("groupAccuracy parts the sections, counts the songs and draws the intervals", () => {
  const figure = groupAccuracy({
    "시대 · decade": [group("1990s", 1200, 0.5, 0.4, 0.7), group("2000s", 3, 1, 0.4, 1)],
    "길이 · length": [group("<short>", 7, 0, 0, 0.3)],
  }, 0.55);
  const [decades, lengths] = tracesOf(figure);
  assert.deepEqual([decades!.x, lengths!.x], [[0.5, 1], [0]]);
  assert.deepEqual(rounded(decades!.error_x.array), [0.2, 0]);
  assert.deepEqual(rounded(decades!.error_x.arrayminus), [0.1, 0.6]);
  assert.ok(lengths!.y[0]! - decades!.y[1]! > decades!.y[1]! - decades!.y[0]!, "a gap between sections");
  assert.deepEqual(figure.layout.yaxis!.ticktext, ["1990s (1,200)", "2000s (3)", "&lt;short&gt; (7)"]);
  assert.match(facts(figure), /전체 55\.0%/);
  assert.throws(
    () => groupAccuracy({ a: [group("x", 1, 0.9, 0, 0.5)] }, 0.5),
    /accuracy of x is 0\.9, outside/,
  );
  assert.throws(() => groupAccuracy({ a: [group("x", 1, 0.5, 0, 1)] }, 55), /0 to 1/);
});

Deno.test("methodsByGroup sets the methods side by side within each group", () => {
  const figure = methodsByGroup([
    {
      name: "가사만 · lyrics",
      groups: [group("1곡", 9, 0.5, 0.2, 0.8), group("6곡\n<many>", 80, 0.6, 0.5, 0.7)],
    },
    {
      name: "사전확률 · prior",
      groups: [group("1곡", 9, 0.6, 0.3, 0.9), group("6곡\n<many>", 80, 0.8, 0.7, 0.9)],
    },
  ], { title: ["가수별", "By artist"], facts: "곡 · songs" });
  const [lyrics, prior] = tracesOf(figure);
  assert.deepEqual(rounded(lyrics!.x), [-0.07, 0.93]);
  assert.deepEqual(rounded(prior!.x), [0.07, 1.07]);
  assert.deepEqual(rounded(prior!.error_y.arrayminus), [0.3, 0.1]);
  assert.deepEqual(figure.layout.xaxis!.ticktext, ["1곡<br>(9)", "6곡<br>&lt;many&gt;<br>(80)"]);
});

Deno.test("learningCurve: sizes on a logarithmic axis, methods a little apart, empty ones left out", () => {
  const point = (songs: number, value: number) => ({
    songs,
    accuracy: { value, low: value - 0.1, high: value + 0.1 },
  });
  const figure = learningCurve([
    { method: "n-grams", points: [point(100, 0.5), point(1000, 0.7)] },
    { method: "none", points: [] },
    { method: "kobert", points: [point(50, 0.3), point(1000, 0.6)] },
  ]);
  const traces = tracesOf(figure);
  assert.deepEqual(traces.map(({ name }) => name), ["n-grams", "kobert"]);
  assert.deepEqual(traces[0]!.x, [100, 1000]);
  assert.ok(traces[1]!.x[1]! > 1000 && traces[1]!.x[1]! < 1050);
  assert.deepEqual((traces[1] as { customdata?: number[] }).customdata, [50, 1000], "what a pointer is told");
  assert.equal(figure.layout.xaxis!.type, "log");
  assert.deepEqual(figure.layout.xaxis!.tickvals, [50, 100, 1000]);
  const range = (figure: Figure) =>
    (figure.layout.xaxis!.range as number[]).map((log) => Math.round(10 ** log));
  assert.deepEqual(range(figure), [40, 1250]);
  // one size alone stands in the middle, its methods beside each other
  assert.deepEqual(range(learningCurve([{ method: "a", points: [point(20, 0.5)] }])), [16, 25]);
  assert.equal(facts(figure), "선은 95% 구간 · lines: 95% intervals");
  const lopsided = [
    { method: "n-grams", points: [point(1000, 0.7)], leftOut: [50, 1200] },
    { method: "kobert", points: [point(1000, 0.6)], leftOut: [50] },
  ];
  assert.match(facts(learningCurve(lopsided)), /left out, for they have one genre only: 50, 1,200$/);
});

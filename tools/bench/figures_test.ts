import assert from "node:assert/strict";
import { bestPeer, between, figureOf, longTable, shortTable } from "./figures.ts";
import { allRows } from "./rows.ts";

const row = (name: string) => allRows().find((row) => row.name === name)!;
const speed = { what: "speed", unit: "rows/s", better: "more" } as const;

Deno.test("figures: the best peer is the one with the least ratio, each from its own rounds", () => {
  const shared = [10, 12, 11];
  const figure = figureOf(row("infer small 32x64 float32"), speed, [
    { peer: "eager", ours: shared, theirs: [5, 6, 5.5] },
    { peer: "openvino", ours: shared, theirs: [20, 24, 11] },
  ]);
  assert.equal(figure.ours, 11);
  assert.deepEqual(figure.peers.eager, { value: 5.5, ratio: 2, spread: [2, 2] });
  assert.deepEqual(bestPeer(figure), ["openvino", { value: 20, ratio: 0.55, spread: [0.5, 1] }]);
});

Deno.test("figures: peers of several groups have rounds of ours of their own; ours is the median of all", () => {
  const figure = figureOf(row("train base 32x256 bf16 dropout 0.1"), speed, [
    { peer: "eager", ours: [1, 1, 1], theirs: [1, 1, 1] },
    { peer: "compile", ours: [3, 3, 3], theirs: [1, 1, 1] },
  ]);
  assert.equal(figure.ours, 2);
  assert.equal(figure.peers.compile!.ratio, 3);
});

Deno.test("tables: a line a figure with ratio and share; the short one joins the precisions", () => {
  const of = (precision: string, theirs: number) =>
    figureOf(row(`train small 32x64 ${precision} dropout 0.1`), speed, [
      { peer: "eager", ours: [200, 200], theirs: [theirs, theirs] },
    ]);
  const figures = [{ ...of("bf16", 100), share: 0.604 }, of("float32", 160)];
  assert.deepEqual(longTable(figures).slice(2), [
    "| train small 32x64 bf16 dropout 0.1 | 200 rows/s | 100 |  |  |  | **2.00** (2.00 to 2.00) | 60 % |",
    "| train small 32x64 float32 dropout 0.1 | 200 rows/s | 160 |  |  |  | **1.25** (1.25 to 1.25) |  |",
  ]);
  assert.deepEqual(shortTable(figures).slice(2), [
    "| `kobert-small` learns, 64 tokens a row | 200 / 100 (PyTorch) | **2.00** | 200 / 160 (PyTorch) | **1.25** |",
  ]);
  const korean = shortTable(figures, "ko");
  assert.match(korean[0]!, /^\| 초당 행 수/);
  assert.equal(
    korean[2],
    "| `kobert-small` 학습, 행마다 64토큰 | 200 / 100 (PyTorch) | **2.00** | 200 / 160 (PyTorch) | **1.25** |",
  );
});

Deno.test("between: replaces what stands between the markers, once and no more", () => {
  const text = "a\n<!-- bench -->\nold\n<!-- /bench -->\nb\n";
  const once = between(text, ["new"])!;
  assert.equal(once, "a\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\nb\n");
  assert.equal(between(once, ["new"]), once);
  assert.equal(between("nothing", ["new"]), null);
  assert.equal(between(text + text, ["new"]), null);
});

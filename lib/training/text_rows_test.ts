import assert from "node:assert/strict";
import { generator, randomKey } from "../ground/mod.ts";
import { type RowLayout, RowPacker, RunningTexts, textIdsOf } from "./text_rows.ts";

const layout: RowLayout = { start: [2], end: [3], maxLength: 10 };

function pack(layout: RowLayout, texts: number[][]): number[][] {
  const rows: number[][] = [];
  const packer = new RowPacker(layout, (row) => rows.push(row));
  for (const text of texts) packer.add(text);
  packer.finish();
  return rows;
}

const text = (length: number, first = 10) => Array.from({ length }, (_, i) => first + i);

Deno.test("RowPacker: short texts share a row, each with its own marks; a text goes where it leaves the least room", () => {
  assert.deepEqual(pack(layout, [text(3, 10), text(3, 20)]), [[2, 10, 11, 12, 3, 2, 20, 21, 22, 3]]);
  assert.deepEqual(pack({ ...layout, start: [] }, [text(3, 10), text(5, 20)]), [
    [10, 11, 12, 3, 20, 21, 22, 23, 24, 3],
  ]);
  // two open rows with room for 3 and for 5 tokens: the text of 1 goes into the first, the one of 3 into the other
  assert.deepEqual(pack(layout, [text(5, 10), text(3, 20), text(1, 30), text(3, 40)]), [
    [2, ...text(5, 10), 3, 2, 30, 3],
    [2, ...text(3, 20), 3, 2, ...text(3, 40), 3],
  ]);
});

Deno.test("RowPacker: a text longer than a row is cut into pieces, all of it kept; an empty one is left out", () => {
  assert.deepEqual(pack(layout, [text(19), []]), [
    [2, ...text(8), 3],
    [2, ...text(8, 18), 3],
    [2, ...text(3, 26), 3],
  ]);
});

Deno.test("RunningTexts: texts that follow one another are read together, whole, as many as a row holds", () => {
  const rows: number[][] = [];
  const running = new RunningTexts(layout, new RowPacker(layout, (row) => rows.push(row)));
  for (const ids of [text(3, 10), text(4, 20), text(2, 30), text(12, 40), text(1, 60)]) running.add(ids);
  running.finish();
  assert.deepEqual(rows, [
    [2, ...text(8, 40), 3],
    [2, ...text(2, 30), 3, 2, ...text(4, 48), 3],
    [2, ...text(3, 10), ...text(4, 20), 3],
    [2, 60, 3],
  ]);
});

Deno.test("textIdsOf: counts the texts of a row", () => {
  assert.deepEqual([...textIdsOf(Int32Array.of(2, 10, 3, 2, 20, 21, 3), 2)], [1, 1, 1, 2, 2, 2, 2]);
});

Deno.test("RowPacker: of many texts nothing is lost, no row is too long, and the rows are nearly full", () => {
  const random = generator(randomKey(5)), longer = { ...layout, maxLength: 64 };
  const texts = Array.from(
    { length: 3000 },
    (_, i) => text(1 + Math.floor(40 * random() ** 2), 100 * (i + 1)),
  );
  const rows = pack(longer, texts);
  const found = rows.flatMap((row) => {
    assert.ok(row.length <= 64 && row[0] === 2 && row.at(-1) === 3);
    return row.slice(1, -1).join(" ").split(" 3 2 ");
  });
  assert.deepEqual(found.sort(), texts.map((ids) => ids.join(" ")).sort());
  const full = rows.reduce((sum, row) => sum + row.length, 0) / (64 * rows.length);
  assert.ok(full > 0.97, `${full}`);
  assert.deepEqual(pack(longer, texts), rows);
});

import assert from "node:assert/strict";
import { generator, randomKey } from "../engine/mod.ts";
import { type RowLayout, RowPacker } from "./text_rows.ts";

const masked: RowLayout = { head: [2], start: [], end: [3], maxLength: 10 };
const causal: RowLayout = { head: [], start: [1], end: [3], maxLength: 10 };

function pack(layout: RowLayout, texts: number[][]): number[][] {
  const rows: number[][] = [];
  const packer = new RowPacker(layout, (row) => rows.push(row));
  for (const text of texts) packer.add(text);
  packer.finish();
  return rows;
}

const text = (length: number, first = 10) => Array.from({ length }, (_, i) => first + i);

Deno.test("RowPacker: short texts share a row, their borders marked; a text goes where it leaves the least room", () => {
  assert.deepEqual(pack(masked, [text(3, 10), text(4, 20)]), [[2, 10, 11, 12, 3, 20, 21, 22, 23, 3]]);
  assert.deepEqual(pack(causal, [text(3, 10), text(3, 20)]), [[1, 10, 11, 12, 3, 1, 20, 21, 22, 3]]);
  // two open rows with room for 1 and for 4: the text of 1 goes into the first, the one of 3 into the other
  assert.deepEqual(
    pack(masked, [text(6, 10), text(3, 20), text(1, 30), text(3, 40)]),
    [
      [2, ...text(6, 10), 3, 30, 3],
      [2, ...text(3, 20), 3, ...text(3, 40), 3],
    ].map((row) => row.slice(0, 10)),
  );
});

Deno.test("RowPacker: a text longer than a row is cut into pieces, all of it kept; an empty one is left out", () => {
  assert.deepEqual(pack(masked, [text(19), []]), [
    [2, ...text(8), 3],
    [2, ...text(8, 18), 3],
    [2, ...text(3, 26), 3],
  ]);
});

Deno.test("RowPacker: of many texts nothing is lost, no row is too long, and the rows are nearly full", () => {
  const random = generator(randomKey(5)), layout = { ...masked, maxLength: 64 };
  const texts = Array.from(
    { length: 3000 },
    (_, i) => text(1 + Math.floor(40 * random() ** 2), 100 * (i + 1)),
  );
  const rows = pack(layout, texts);
  const found = rows.flatMap((row) => {
    assert.ok(row.length <= 64 && row[0] === 2 && row.at(-1) === 3);
    return row.slice(1, -1).join(" ").split(" 3 ");
  });
  assert.deepEqual(found.sort(), texts.map((ids) => ids.join(" ")).sort());
  const full = rows.reduce((sum, row) => sum + row.length, 0) / (64 * rows.length);
  assert.ok(full > 0.97, `${full}`);
  assert.deepEqual(pack(layout, texts), rows);
});

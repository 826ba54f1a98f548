import assert from "node:assert/strict";
import displayWidth from "string-width";
import { textTable } from "./text_table.ts";

Deno.test("textTable: Hangul, full-width letters and emoji take two columns, combining marks none", () => {
  assert.equal(textTable([["장르", "곡"], ["a", "12"], []]), "장르  곡\na     12\n");
  const cells = ["R&B", "발라드", "ㄱㅏ", "Ａ", "\u1100\u1161\u11a8", "e\u0301", "😀", "한 a", ""];
  const lines = textTable(cells.map((cell) => [cell, "|"])).split("\n");
  assert.deepEqual(new Set(lines.map((line) => displayWidth(line))).size, 1);
  assert.deepEqual(lines.map((line) => line.lastIndexOf("|") - line.search(/ *\|$/)), [
    5,
    2,
    4,
    6,
    6,
    7,
    6,
    4,
    8,
  ]);
});

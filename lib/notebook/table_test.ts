import assert from "node:assert/strict";
import { tableHtml, tableOf, tableText } from "./table.ts";

const text = (...args: Parameters<typeof tableOf>) => tableText(tableOf(...args));

Deno.test("columns line up with Korean, numbers to the right and with equal decimals", () => {
  assert.equal(
    text([{ 장르: "발라드", songs: 1200, share: 0.25 }, { 장르: "R&B", songs: 8, share: 0.123456 }]),
    "장르    songs   share\n" +
      "──────  ─────  ──────\n" +
      "발라드   1200  0.2500\n" +
      "R&B         8  0.1235",
  );
});

Deno.test("counts of columns in both languages have commas, as sentences write them; what a file holds stays as it is", () => {
  const { cells } = tableOf([
    { "곡 · songs": 1556, "수 · number": 12345.6, "몫 · share": 0.5, year: 2003, id: 31716 },
    { "곡 · songs": 7, "수 · number": 1, "몫 · share": 0.25, year: 1999, id: 1 },
  ]);
  assert.deepEqual(cells, [
    ["1,556", "12,346", "0.50", "2003", "31716"],
    ["7", "1", "0.25", "1999", "1"],
  ]);
});

Deno.test("years and ids are not grouped; decimals are as many as the column's largest number bears", () => {
  const { cells } = tableOf([
    { year: 2003, big: 12345.678, share: 0.0327763, half: 0.5, rate: 0.00002, none: 0 },
    { year: 1999, big: 0.001, share: 0, half: 2, rate: 0.0003, none: 0 },
  ]);
  assert.deepEqual(cells, [
    ["2003", "12346", "0.0328", "0.5", "0.00002", "0"],
    ["1999", "0", "0.0000", "2.0", "0.00030", "0"],
  ]);
});

Deno.test("what is missing is empty; lists, dates, line breaks and objects are one line", () => {
  const { cells } = tableOf([
    {
      a: null,
      b: ["달", "별"],
      c: new Date("2001-03-16T00:00:00Z"),
      d: "한 줄\r\n두 줄",
      e: { x: 1 },
      f: true,
      g: 3n,
    },
    { a: 1, b: [], c: undefined, d: "", e: new Float32Array([1, 2]), f: NaN, g: 4n },
  ]);
  assert.deepEqual(cells, [
    ["", "달, 별", "2001-03-16", "한 줄 / 두 줄", '{"x":1}', "true", "3"],
    ["1", "", "", "", "1, 2", "NaN", "4"],
  ]);
});

Deno.test("rows may have different columns", () => {
  const { columns, cells } = tableOf([{ a: 1 }, { b: "x" }]);
  assert.deepEqual(columns.map(({ name }) => name), ["a", "b"]);
  assert.deepEqual(cells, [["1", ""], ["", "x"]]);
});

Deno.test("long tables and long cells are cut, and say so", () => {
  const rows = Array.from({ length: 1234 }, (_, i) => ({ i, lyrics: "🎵".repeat(100) }));
  const table = tableOf(rows, { maxRows: 3, maxCell: 10 });
  assert.equal(table.cells.length, 3);
  assert.equal(table.cells[0]![1], "🎵".repeat(9) + "…");
  assert.match(tableText(table), /\n… 1,231행 더 · more rows$/);
  assert.match(tableHtml(table), /<p>… 1,231행 더 · more rows<\/p>$/);
  // The rest may be elsewhere: a frame gives its first rows only.
  assert.equal(tableOf(rows.slice(0, 5), {}, 77).more, 72);
  assert.equal(tableOf(rows.slice(0, 5)).more, 0);
});

Deno.test("HTML is escaped in names and cells", () => {
  const html = tableHtml(tableOf([{ "<i>": '"><script>alert(1)</script>&' }]));
  assert.ok(html.includes("&lt;i&gt;</th>"));
  assert.ok(
    html.includes('normal">&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;</th>'),
  );
  assert.ok(!html.includes("<script"));
});

Deno.test("a table says what it is of, and its first column names the rows unless it counts them", () => {
  const html = (rows: Parameters<typeof tableOf>[0]) =>
    tableHtml(tableOf(rows, { caption: "곡 <b> · of 12 %" })).replaceAll(/ style="[^"]*"/g, "");
  assert.equal(
    html([{ genre: "록", songs: 2 }]),
    "<table>\n<caption>곡 &lt;b&gt;\u00a0· of 12\u00a0%</caption>\n" +
      '<thead><tr><th scope="col">genre</th><th scope="col">songs</th></tr></thead>\n' +
      '<tbody>\n<tr><th scope="row">록</th><td>2</td></tr>\n</tbody>\n</table>',
  );
  assert.match(html([{ songs: 2, genre: "록" }]), /<tr><td>2<\/td><td>록<\/td><\/tr>/);
  assert.equal(text([{ songs: 2 }], { caption: "곡 · songs" }), "곡 · songs\nsongs\n─────\n    2");
});

Deno.test("no rows give a table without columns, not an error", () => {
  assert.equal(tableOf([]).columns.length, 0);
});

Deno.test("a table without rows says so", () => {
  assert.equal(tableText(tableOf([])), "행이 없습니다 · no rows");
  assert.equal(tableHtml(tableOf([])), "<p>행이 없습니다 · no rows</p>");
  // none is shown, but there are some
  assert.match(tableText(tableOf([{ a: 1 }], { maxRows: 0 })), /1행 더 · more rows/);
});

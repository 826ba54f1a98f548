import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { textReader } from "../training/mod.ts";
import { howMuchIsRead, piecesTable, shareRead, windowsTable } from "./reading.ts";

const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
/** Songs whose tokens are all different, so that rows tell which of them they hold. */
const words = [
  "밤",
  "별",
  "달",
  "꿈",
  "눈",
  "비",
  "길",
  "맘",
  "손",
  "잔",
  "술",
  "강",
  "산",
  "꽃",
  "나",
  "너",
];
const songs = [3, 7, 8, 15, 16].map((count) => ({ lyrics: words.slice(0, count).join(" ") }));

for (
  const [maxLength, maxWindows, windowOverlap] of [[10, 1, 0], [10, 2, 2], [10, 3, 2], [8, 8, 1], [
    6,
    2,
    4,
  ]] as const
) {
  Deno.test(`how much is read is what the rows hold: ${maxWindows} rows of ${maxLength}, ${windowOverlap} shared`, () => {
    const reading = { maxLength, maxWindows, windowOverlap }, read = textReader(tokenizer, reading);
    const { lengths, read: counted } = howMuchIsRead(tokenizer, reading, songs);
    songs.forEach(({ lyrics }, i) => {
      const whole = tokenizer.encode(lyrics, { addSpecialTokens: false }).ids;
      assert.equal(new Set(whole).size, whole.length, "the test's words are one token each");
      const { inputIds, windows = [inputIds] } = read(lyrics);
      const held = new Set(windows.flatMap((row) => [...row]));
      assert.equal(counted[i], whole.filter((id) => held.has(id)).length + 2);
      assert.equal(lengths[i], whole.length + 2);
    });
  });
}

Deno.test("shareRead: of all tokens; of no text all is read", () => {
  assert.equal(shareRead({ lengths: [10, 30], read: [10, 20] }), 0.75);
  assert.equal(shareRead({ lengths: [], read: [] }), 1);
});

Deno.test("tokens and rows of a text as tables", () => {
  const [row] = piecesTable(tokenizer, ["밤 별"]);
  assert.equal(row!["수 · count"], tokenizer.tokenize("밤 별").length);
  assert.equal(row!["토큰 · tokens"], tokenizer.tokenize("밤 별").join(" · "));
  const rows = windowsTable(tokenizer, { maxLength: 10, maxWindows: 4, windowOverlap: 2 }, songs[4]!.lyrics);
  assert.ok(rows.length > 1);
  assert.equal(rows[0]!["창 · window"], `1 / ${rows.length}`);
  for (const row of rows) {
    assert.match(row["처음 · begins"], /^\[CLS\] /);
    assert.match(row["끝 · ends"], / \[SEP\]$/);
    assert.ok(row["토큰 · tokens"] <= 10);
  }
});

import assert from "node:assert/strict";
import type { Instance } from "../songs/mod.ts";
import { ngramTeacher } from "./teacher.ts";

const labels = ["발라드", "댄스", "트로트"];
const lines: Record<string, string> = { 발라드: "눈물이 흐르는 이별의 밤", 댄스: "신나게 춤을 추자 흔들어" };
const rows: Instance[] = Array.from({ length: 40 }, (_, i) => {
  const genre = ["발라드", "댄스"][i % 2]!;
  return { songId: String(i), text: `${lines[genre]} ${Math.floor(i / 2)}`, genre, weight: 1 } as Instance;
});

Deno.test("ngramTeacher: what other songs teach of a text, whatever its own genre is said to be", async () => {
  const shares = (await ngramTeacher(rows, labels))!;
  rows.forEach(({ genre }, i) => {
    const row = Array.from(shares[i]!);
    assert.ok(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-6);
    assert.ok(row[labels.indexOf(genre)]! > 0.8, `${row}`);
    assert.equal(row[2], 0, "no song teaches it");
  });
  // called otherwise, it is told as before: it has not taught itself, in any of its rows
  const twice = [...rows, { ...rows[3]!, songId: "again" }];
  const said = (await ngramTeacher(twice, labels))!;
  const other = (await ngramTeacher(
    twice.map((row) => row.text === rows[3]!.text ? { ...row, genre: "발라드" } : row),
    labels,
  ))!;
  assert.deepEqual(other[3], said[3]);
  assert.deepEqual(said[3], said.at(-1));
  assert.notDeepEqual(other[1], said[1], "it teaches others");
});

Deno.test("ngramTeacher: none where there are too few texts, or one without a word teaches others nothing", async () => {
  assert.equal(await ngramTeacher(rows.slice(0, 4), labels), null);
  const wordless = [...rows, { ...rows[0]!, songId: "!", text: "!!!" }];
  assert.ok(Math.abs((await ngramTeacher(wordless, labels))!.at(-1)!.reduce((a, b) => a + b) - 1) < 1e-6);
});

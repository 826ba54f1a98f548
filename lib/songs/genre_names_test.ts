import assert from "node:assert/strict";
import { SongsError } from "./errors.ts";
import { readGenreNames } from "./genre_names.ts";

async function fromFile(text: string): Promise<[string, string][]> {
  const file = await Deno.makeTempFile({ prefix: "genres" });
  try {
    await Deno.writeTextFile(file, text);
    return [...await readGenreNames(file)];
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("readGenreNames: every form gives the same names", async () => {
  const expected = [["0", "발라드"], ["1", "R&B/Soul"]];
  for (
    const text of [
      '["발라드", "R&B/Soul"]',
      '{"0": "발라드", "1": "R&B/Soul"}',
      '{"발라드": 0, "R&B/Soul": 1}',
      '{"발라드": "0", "R&B/Soul": "1"}',
      "발라드,0\nR&B/Soul,1",
      "00,발라드\n1.0,R&B/Soul",
      "0,발라드\n1,R&B/Soul\n",
      "\ufeffcode,name\r\n0,발라드\r\n1,R&amp;B/Soul\r\n",
      '코드\t장르\n0\t발라드\n1\t"R&B/Soul"',
      "0: 발라드\n1: R&B/Soul",
      "발라드\nR&B/Soul\n",
    ]
  ) {
    assert.deepEqual(await fromFile(text), expected, text);
  }
  assert.deepEqual([...await readGenreNames(["발라드", "R&B/Soul"])], expected);
  assert.deepEqual([...await readGenreNames({ "0": "발라드", "1": "R&B/Soul" })], expected);
  assert.deepEqual(await fromFile("7,댄스"), [["7", "댄스"]]);
});

Deno.test("readGenreNames: codes with letters, and genres by other names", async () => {
  const codes = [["GN0100", "발라드"], ["GN0200", "댄스"]];
  for (
    const text of [
      '{"GN0100": "발라드", "GN0200": "댄스"}',
      "code,name\nGN0100,발라드\nGN0200,댄스\n",
      "GN0100 : 발라드\nGN0200 : 댄스",
      "GN0100\t발라드\nGN0200\t댄스",
      '{"발라드": "GN0100", "댄스": "GN0200"}',
      "장르,코드\n발라드,GN0100\n댄스, GN0200\n",
    ]
  ) {
    assert.deepEqual(await fromFile(text), codes, text);
  }
  assert.deepEqual(await fromFile("Ballad,발라드\nDance,댄스"), [["Ballad", "발라드"], ["Dance", "댄스"]]);
});

Deno.test("readGenreNames: what cannot be used is an error that says why", async () => {
  await assert.rejects(readGenreNames("no-such-genres.json"), (error) => {
    assert(error instanceof SongsError);
    assert.match(error.message, /^no-such-genres\.json: there is no such file\. Check the path/);
    return true;
  });
  await assert.rejects(fromFile(" \n"), /the file of genre names is empty/);
  await assert.rejects(fromFile('{"0": "발라드"'), /the genre names cannot be read \(.*JSON/);
  await assert.rejects(fromFile("0,발라드\n0,댄스"), /value "0,댄스": code 0 is there twice/);
  await assert.rejects(fromFile("0,발라드\n1,"), /value "1,": the code has no name/);
  await assert.rejects(fromFile('{"": "발라드", "x": ""}'), /2 problems/);
  await assert.rejects(fromFile("[1, 2]"), /the code has no name/);
  // whether the line counts, nobody can tell
  for (
    const [text, line] of [["발라드\n\n댄스\n", 2], ["\n발라드\n댄스", 1], [
      "발라드\r\n댄스\r\n \t\r\n록",
      3,
    ]] as const
  ) {
    await assert.rejects(
      fromFile(text),
      new RegExp(`line ${line}: this line is empty.* code ${line - 1} has`),
      text,
    );
  }
  assert.deepEqual(await fromFile("0,발라드\n\n1,댄스\n\n"), [["0", "발라드"], ["1", "댄스"]]);
  assert.deepEqual(await fromFile("발라드\n댄스\n\n \n"), [["0", "발라드"], ["1", "댄스"]]);
});

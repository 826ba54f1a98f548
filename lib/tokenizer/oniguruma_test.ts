import assert from "node:assert/strict";
import { patternOf, translate } from "./oniguruma.ts";

const split = (pattern: string, text: string) =>
  text.match(patternOf({ Regex: pattern }, "tokenizer.json")) ?? [];

// What Hugging Face `tokenizers` finds, tried there.
Deno.test("patterns mean what Oniguruma means by them", () => {
  assert.deepEqual(split("\\s+", "a\u0085\ufeff\u3000b"), ["\u0085", "\u3000"]);
  assert.deepEqual(split("\\w+", "가_a1²½①\u0301-"), ["가_a1²½", "\u0301"]);
  assert.deepEqual(split("[^\\s\\d]+", "a1 ２b"), ["a", "b"]);
  assert.deepEqual(split("(?i:'s|'ll)", "'ſ'S'LL"), ["'ſ", "'S", "'LL"]);
  assert.deepEqual(split("^ +| +$", " a \n b "), [" ", " ", " ", " "]);
  assert.deepEqual(split("\\A +| +\\z", " a \n b "), [" ", " "]);
  assert.deepEqual(split("a.", "a\ra\u2028a\n"), ["a\r", "a\u2028"]);
  // Possessive: the letters are not given back.
  assert.deepEqual(split("\\p{L}++b|c", "aabc"), ["c"]);
  assert.deepEqual(split("(?:\\p{Han}|\\p{Hiragana})+", "漢字かカ"), ["漢字か"]);
  assert.deepEqual(split("[\\p{^L}]", "a1"), ["1"]);
  assert.deepEqual(split("[a\\-c-]+", "b-a-c"), ["-a-c"]);
  assert.deepEqual(split("\\x{AC00}|\\u3131", "가ㄱ나"), ["가", "ㄱ"]);
});

Deno.test("what a pattern may mean otherwise is an error that says what", () => {
  for (
    const [pattern, says] of [
      ["a\\b", /it has \\b/],
      ["(a)\\1", /it has \\1/],
      ["(?>a)", /it has \(\?>/],
      ["[a&&b]", /it has & within a class/],
      ["[[:alpha:]]", /it has \[ within a class/],
      ["\\p{Emoji}", /it has \\p\{Emoji\}/],
      ["\\d{1,3}+", /it has \{1,3\}\+/],
      ["[^\\W]", /the opposite of .* within a class/],
      ["[a", /a class does not end/],
    ] as const
  ) {
    assert.throws(() => translate(pattern), says, pattern);
  }
  assert.throws(
    () => patternOf({ Regex: "a\\b" }, "tokenizer.json"),
    /tokenizer\.json: the pattern a\\b is not supported: it has \\b/,
  );
  assert.deepEqual("a.b".match(patternOf({ String: "." }, "tokenizer.json")), ["."]);
});

import assert from "node:assert/strict";
import { type AddedToken, makeTokenFinder } from "./added_tokens.ts";

const token = (id: number, content: string, more: Partial<AddedToken> = {}): AddedToken => ({
  id,
  content,
  singleWord: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...more,
});

function found(tokens: AddedToken[], text: string): string[] {
  return makeTokenFinder(tokens)(text).map(({ from, to, id }) => `${id}:${text.slice(from, to)}`);
}

Deno.test("added tokens: the longest at the leftmost place, whatever their order", () => {
  assert.deepEqual(found([token(1, "a"), token(2, "abc"), token(3, "ab"), token(4, "bcd")], "xabcdab"), [
    "-1:x",
    "2:abc",
    "-1:d",
    "3:ab",
  ]);
});

Deno.test("added tokens: characters that mean something in a pattern are plain", () => {
  const odd = ["[UNK]", "a.b", "(x)", "^$", "\\d", "a|b", "-", "/", "😀*"];
  const tokens = odd.map((content, id) => token(id, content));
  odd.forEach((content, id) =>
    assert.deepEqual(found(tokens, `가${content}나`), ["-1:가", `${id}:${content}`, "-1:나"])
  );
  assert.deepEqual(found(tokens, "aXb 5"), ["-1:aXb 5"]);
});

Deno.test("added tokens: whole words only, with any letter beside them", () => {
  const tokens = [token(1, "new", { singleWord: true })];
  for (const text of ["anew", "news", "가new", "new가", "new_", "\u{10ad3}new", "new\u{1d400}"]) {
    assert.deepEqual(found(tokens, text), [`-1:${text}`]);
  }
  for (const text of ["new", "-new-", " new ", "😀new😀"]) {
    assert.ok(found(tokens, text).includes("1:new"), text);
  }
});

Deno.test("added tokens: white space around goes along where it is asked for, but not what another token has", () => {
  const tokens = [token(1, "<l>", { lstrip: true }), token(2, "<r>", { rstrip: true })];
  assert.deepEqual(found(tokens, "a \u3000<l> b"), ["-1:a", "1: \u3000<l>", "-1: b"]);
  assert.deepEqual(found(tokens, "a <r>\t\nb"), ["-1:a ", "2:<r>\t\n", "-1:b"]);
  assert.deepEqual(found(tokens, "<r>  <l>"), ["2:<r>  ", "1:<l>"]);
  assert.deepEqual(found(tokens, ""), []);
  assert.deepEqual(found([], "가"), ["-1:가"]);
});

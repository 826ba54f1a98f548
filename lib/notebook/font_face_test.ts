import assert from "node:assert/strict";
import { fontFaces, subsetFont } from "./font_face.ts";
import { readTypeface, typefacePath } from "./typeface.ts";

const font = await Deno.readFile(typefacePath());

Deno.test("subsetFont: the text's letters with their widths, and no others", async () => {
  const whole = await readTypeface(font), part = await readTypeface(await subsetFont(font, "가사 abc"));
  for (const character of "가사abc ") {
    assert.ok(part.has(character), `${character} is kept`);
    assert.equal(part.advance(character), whole.advance(character));
  }
  for (const character of "나Z힣") {
    assert.ok(whole.has(character) && !part.has(character), `${character} is left out`);
  }
});

Deno.test("subsetFont: characters that the font lacks are no error", async () => {
  assert.ok((await subsetFont(font, "가😀\u{20000}")).length < font.length / 50);
});

Deno.test("subsetFont: bytes that are no font", async () => {
  await assert.rejects(
    subsetFont(new Uint8Array(5000).fill(7), "가"),
    /no font that HarfBuzz can read \(5000 bytes\)/,
  );
});

Deno.test("fontFaces: a rule a weight, each with its letters inside", async () => {
  const css = await fontFaces("노래 · Song");
  const rules = [...css.matchAll(/font-weight: (\d+); src: url\(data:font\/ttf;base64,([^)]+)\)/g)];
  assert.deepEqual(rules.map(([, weight]) => weight), ["400", "700"]);
  for (const [, , letters] of rules) {
    assert.ok((await readTypeface(Uint8Array.fromBase64(letters!))).has("래"));
  }
  assert.doesNotMatch(css, /https?:/);
});

import assert from "node:assert/strict";
import { Resvg } from "@resvg/resvg-js";
import { readTypeface, typeface, typefaceFamily, typefacePath } from "./typeface.ts";

Deno.test("widths are those that resvg draws", async () => {
  const face = await typeface();
  for (const text of ["가나다라마바사", "Genre distribution", "R&amp;B 1,234 · α → ≥"]) {
    // Between two bars, whose ink ends where it ends, the advances of the text are all that differs.
    const width = (text: string) =>
      new Resvg(
        `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="90"><text x="20" y="50" font-size="30">${text}</text></svg>`,
        { font: { loadSystemFonts: false, fontFiles: [typefacePath()], defaultFontFamily: typefaceFamily } },
      ).getBBox()!.width;
    const drawn = width(`|${text}|`) - width("||");
    const measured = [...text.replace("&amp;", "&")].reduce(
      (sum, character) => sum + 30 * face.advance(character),
      0,
    );
    assert.ok(Math.abs(drawn - measured) < 0.01 * measured, `${text}: drawn ${drawn}, measured ${measured}`);
  }
  assert.ok(face.ascent > 0.5 && face.ascent < 1.2 && face.descent > 0.1 && face.descent < 0.5);
});

Deno.test("the face has what the figures write, and knows what it lacks", async () => {
  const { has } = await typeface();
  for (const character of "가힣뷁azAZ09·–…→≥α()%,.é") assert.ok(has(character), character);
  for (const character of "愛🎵") assert.ok(!has(character), character);
});

Deno.test("what is no font is refused", async () => {
  await assert.rejects(readTypeface(new Uint8Array(64)), /This is no font/);
});

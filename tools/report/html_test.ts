import assert from "node:assert/strict";
import { captioned, facts, Html, markup, table } from "./html.ts";

Deno.test("markup: texts are escaped, HTML is not, lists follow each other, nothing is nothing", () => {
  assert.equal(
    markup`<p title="${'" onload="x'}">${"<script>"}${markup`<b>${"&"}</b>`}${[
      "a",
      new Html("<br>"),
    ]}${null}</p>`
      .code,
    '<p title="&quot; onload=&quot;x">&lt;script&gt;<b>&amp;</b>a\n<br></p>',
  );
});

Deno.test("table: names and values escaped, numbers to the right, missing values empty", () => {
  const { code } = table([{ "<i>": "<td>", n: "0.565 [0.487, 0.643]" }, { "<i>": "b", n: null }]);
  assert.match(code, /<th scope="col">&lt;i&gt;<\/th>/);
  assert.match(code, /<th scope="row">&lt;td&gt;<\/th>/);
  assert.match(code, /<th scope="col" class="number">n<\/th>/);
  assert.match(code, /<td class="number"><\/td>/);
  assert.match(code, /<td class="number">0\.565 \[0\.487, 0\.643\]</, "an interval is a number");
  assert.match(table([{ p: "< 0.001" }]).code, />&lt;\u00a00\.001</, "a few characters stay in one line");
});

Deno.test("table: counts have commas, as sentences write them", () => {
  assert.match(table([{ "곡 · songs": 1556, year: 2003 }]).code, /"number">1,556<[\s\S]*>2003</);
});

Deno.test("table: a column with one word in it is a column of texts", () => {
  assert.doesNotMatch(table([{ n: 1 }, { n: "none" }]).code, /number/);
});

Deno.test("facts: missing values are left out", () => {
  const { code } = facts({ "씨앗 · seed": 7, none: null, empty: "" });
  assert.match(code, /<dt>씨앗 · seed<\/dt><dd>7<\/dd>/);
  assert.doesNotMatch(code, /none|empty/);
});

Deno.test("captioned: a table has the heading above it as caption", () => {
  assert.equal(
    captioned(
      '<table class="a"><tr></tr></table><h2 id="x">가 <b>&lt;나&gt;</b></h2><p></p><table><tr></tr></table>',
    ),
    '<table class="a"><tr></tr></table><h2 id="x">가 <b>&lt;나&gt;</b></h2><p></p><table><caption>가 &lt;나&gt;</caption><tr></tr></table>',
  );
});

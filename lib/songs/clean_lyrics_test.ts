import assert from "node:assert/strict";
import { cleanLyrics, decodeEntities, normalizeLineBreaks } from "./clean_lyrics.ts";

Deno.test("decodeEntities: named, decimal, hexadecimal, doubled; what it does not know stays", () => {
  assert.equal(
    decodeEntities("R&amp;B/Soul &lt;3 &quot;봄&quot; &#39;&#x27;&apos;"),
    "R&B/Soul <3 \"봄\" '''",
  );
  assert.equal(decodeEntities("Rock &amp;amp; Roll &#44032;"), "Rock & Roll 가");
  assert.equal(decodeEntities("caf&eacute; &hearts; &#146; &frac12; &AMP;"), "café ♥ ’ ½ &");
  for (
    const kept of ["R&B;", "&unknown;", "&#0;", "&#xD800;", "&#9999999;", "a & b", "&", "AT&T", "you&not me"]
  ) {
    assert.equal(decodeEntities(kept), kept);
  }
});

Deno.test("normalizeLineBreaks: every way to break a line is one line break", () => {
  for (
    const way of [
      "\n",
      "\r\n",
      "\r",
      "\\n",
      "\\r\\n",
      "\\\\n",
      "<br>",
      "<br/>",
      "<br />",
      "<BR>",
      "<br clear='all'>",
      "</br>",
    ]
      .concat(["<br>\n", "<br/> \r\n", "\u2028", "\u2029", "\u0085", "\v", "\f"])
  ) {
    assert.equal(normalizeLineBreaks(`봄${way}밤`), "봄\n밤", JSON.stringify(way));
  }
  assert.equal(normalizeLineBreaks("봄<br><br>밤"), "봄\n\n밤");
  assert.equal(normalizeLineBreaks("브라운 <bride>"), "브라운 <bride>");
});

Deno.test("cleanLyrics: each rule", () => {
  const cases: [rule: string, before: string, after: string][] = [
    ["entities", "나 &amp; 너&nbsp;우리", "나 & 너 우리"],
    ["line breaks", "가<br>나\\n다\r\n라", "가\n나\n다\n라"],
    ["escaped break", "가&lt;br&gt;나", "가\n나"],
    ["comments", "<!-- height:auto;\n 확장됨 -->사랑", "사랑"],
    ["tags", '<p>가</p><div class="x">나</div><span>다</span> <b>라</b>', "가\n\n나\n다 라"],
    [
      "not a tag",
      "I <3 you <후렴> <Rap> 1 < 2 > 0 <a 사랑> <bride>",
      "I <3 you <후렴> <Rap> 1 < 2 > 0 <a 사랑> <bride>",
    ],
    ["invisible", "사\u200b랑\ufeff해\u00ad요\u0007", "사랑해요"],
    ["isolates and other marks", "\u2068사\u2069\u2066랑\u061c해\u034f\u180e요\u206f\ufffb", "사랑해요"],
    ["a joiner that joins nothing", "사\u200d랑 👩\u200d", "사랑 👩"],
    ["emoji joiner", "👩‍🎤 ❤️‍🔥 👩🏽‍🎤", "👩‍🎤 ❤️‍🔥 👩🏽‍🎤"],
    ["list of a page", "<ul><li>가</li><li>나</li></ul>", "가\n\n나"],
    ["NFC", "사랑".normalize("NFD"), "사랑"],
    ["spaces", "\t가 \u3000 나\u00a0다\u3164라  \n  마", "가 나 다 라\n마"],
    ["blank lines", "\n\n가\n \n\t\n\n나\n\n다\n\n", "가\n\n나\n\n다"],
    ["kept", "Ｙｏｕ! “사랑” (Hey)\nLa la\nLa la\n~♡ 愛", "Ｙｏｕ! “사랑” (Hey)\nLa la\nLa la\n~♡ 愛"],
    ["nothing", " <br> &nbsp; ", ""],
  ];
  for (const [rule, before, after] of cases) assert.equal(cleanLyrics(before), after, rule);
});

Deno.test("cleanLyrics: cleaning again changes nothing, and no word is lost, whatever the text", () => {
  const pieces = [
    "사랑",
    "love",
    " ",
    "\n",
    "\r\n",
    "\\n",
    "<br>",
    "<b",
    "r>",
    "&",
    "amp;",
    "lt;",
    "gt;",
    "&#60;",
    "br",
  ]
    .concat([
      "<!--",
      "-->",
      "<p>",
      "</b>",
      "\u200b",
      "\u00a0",
      "ㅇ",
      "\u1161",
      "ᄒ",
      "\u1160",
      "\\",
      "n",
      "3",
      "❤️",
    ]);
  let state = 7;
  const draw = (below: number) => (state = state * 48271 % 2147483647) % below;
  for (let trial = 0; trial < 3000; trial++) {
    const text = Array.from({ length: draw(12) }, () => pieces[draw(pieces.length)]).join("");
    const once = cleanLyrics(text);
    assert.equal(cleanLyrics(once), once, JSON.stringify(text));
    assert(!/^\s|\s$| {2}|\n{3}|[^\S\n ]|\u200b/.test(once), JSON.stringify([text, once]));
    if (!text.includes("<!--")) {
      assert.equal(once.match(/사랑/g)?.length, text.match(/사랑/g)?.length, JSON.stringify([text, once]));
    }
  }
});

import assert from "node:assert/strict";
import { tableHtml, tableOf } from "./table.ts";
import { broken, unbroken } from "./unbroken.ts";

const whole = (name: string) => `<span style="white-space: nowrap">${name}</span>`;

/** As {@link unbroken} writes it, with `_` for its no-break space and `+` for its joiner. */
const seen = (html: string): string => unbroken(html).replaceAll("\u00a0", "_").replaceAll("\u2060", "+");

Deno.test("what belongs together stays in one line: shares, units, equations, intervals, ratios, names with hyphens", () => {
  for (
    const [html, together] of [
      ["12 % of 3 % x", "12_% of 3_% x"],
      ["0.48 s or 12 GiB, 3 songs", "0.48_s or 12_GiB, 3 songs"],
      ["(p = 0.289), p &lt; 0.001, Σ a = 3", "(p_=_0.289), p_&lt;_0.001, Σ a_=_3"],
      ["0.766 [0.693, 0.826]", "0.766 [0.693,_0.826]"],
      ["[−3.9%, 0.5%] a, b [c, d]", "[−3.9%,_0.5%] a, b [c, d]"],
      ["69% – 83%, 72%–85%, 12 : 5", "69%_–+_83%, 72%–+85%, 12_:+_5"],
      ["질문·답, 예/아니오, 장르 · genre", "질문+·+답, 예/+아니오, 장르_· genre"],
    ]
  ) assert.equal(seen(html!), together);
  assert.equal(
    unbroken("kobert-small이 macro-F1로 n-gram보다"),
    `${whole("kobert-small")}이 ${whole("macro-F1")}로 ${whole("n-gram")}보다`,
  );
});

Deno.test("a particle stays with the sign that it stands behind, over tags within the line", () => {
  for (
    const [html, together] of [
      ["72%로 (머리)는 [CLS]에서 ‘연구’라고", "72%+로 (머리)+는 [CLS]+에서 ‘연구’+라고"],
      ["&quot;연구&quot;라고", "&quot;+연구&quot;+라고"],
      ["<b>72%</b>로 <code>f()</code>를", "<b>72%</b>+로 <code>f()</code>+를"],
      ["<td>72%</td><td>로</td> 72% 로", "<td>72%</td><td>로</td> 72% 로"],
    ]
  ) assert.equal(seen(html!), together);
});

Deno.test("tags, code, long names and what went through already stay as they are", () => {
  for (
    const same of [
      '<a title="a-b 5 %" alt="5%로" href="x-y">x</a>',
      '<pre><span>"봄"</span>이 5 % kobert-small</pre>',
      "<code>5 % (가)나</code>",
      "--max-length",
      "koelectra-small-v3-discriminator",
      "a - b",
      "2024-01",
      "앞-뒤",
    ]
  ) assert.equal(unbroken(same), same);
  const once = unbroken("72 %로 (p = 0.5)은 12 : 5 질문·답 1%–2%");
  assert.equal(unbroken(once), once);
  assert.equal(broken(once), "72 %로 (p = 0.5)은 12 : 5 질문·답 1%–2%");
});

Deno.test("a table's names and cells are kept together", () => {
  const cells = tableHtml(tableOf([{ "macro-F1": "0.7 [0.6, 0.8]", model: "xlnet-small" }]));
  assert.ok(cells.includes(whole("macro-F1")) && cells.includes(whole("xlnet-small")));
  assert.ok(cells.includes("0.7 [0.6,\u00a00.8]"));
});

import assert from "node:assert/strict";
import { findingHtml, joinFindings } from "./finding.ts";
import { bundleOf } from "./show.ts";

Deno.test("a finding is shown with the Korean first and the English below it, names of the data escaped", async () => {
  const finding = { ko: "R&B <Soul>은 12 %입니다.", en: "R&B <Soul> has 12 %." };
  const { bundle } = await bundleOf(finding);
  assert.equal(bundle["text/plain"], `${finding.ko}\n${finding.en}`);
  assert.equal(bundle["text/html"], findingHtml(finding));
  assert.match(
    findingHtml(finding),
    /^<p class="finding" style="word-break: keep-all">R&amp;B &lt;Soul&gt;은 12\u00a0%\u2060입니다\.<br>\n<small lang="en">R&amp;B &lt;Soul&gt; has 12\u00a0%\.<\/small><\/p>$/,
  );
});

Deno.test("findings are joined in order; what there is nothing to say of is left out", () => {
  assert.deepEqual(joinFindings({ ko: "가.", en: "A." }, null, { ko: "나.", en: "B." }), {
    ko: "가. 나.",
    en: "A. B.",
  });
});

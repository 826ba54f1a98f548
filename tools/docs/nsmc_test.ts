import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { UserError } from "../../lib/ground/mod.ts";
import { memoryStore } from "../../lib/trials/mod.ts";
import { measureNsmc, readReviews, withOthers } from "./nsmc.ts";
import { nsmcFile, type NsmcResults } from "./pages.ts";
import { inProject, readText } from "../setup/paths.ts";

/** A table as NSMC's: good and bad reviews by turns. */
const table = (rows: number, first: number): string =>
  "id\tdocument\tlabel\n" +
  Array.from({ length: rows }, (_, i) =>
    `${first + i}\t${i % 2 ? "정말 재미있는" : "지루하고 뻔한"} 영화 ${i}\t${i % 2}\n`)
    .join("");

Deno.test("measureNsmc: a few reviews, in the form of docs/results/nsmc.json", async () => {
  await startEngine();
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "nsmc_train.tsv"), table(40, 1));
  await Deno.writeTextFile(join(folder, "nsmc_test.tsv"), table(10, 101));
  const { measured, methods } = await measureNsmc(folder, {
    seeds: [7, 8],
    changed: { maxSteps: 1, maxLength: 16 },
    store: memoryStore(),
  });
  const kept: NsmcResults = JSON.parse(readText(inProject(nsmcFile))!);
  for (const [method, values] of Object.entries(methods)) {
    assert.ok(method in kept.methods, method);
    assert.equal(values.length, /^(TF-IDF|나이브)/.test(method) ? 1 : 2);
    for (const value of values) assert.ok(value >= 0 && value <= 1);
  }
  assert.deepEqual(methods["TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression"], [1]);
  // the same sentences, of other numbers
  const plain = (text: string) => text.replaceAll(/\b[\d,]+(?=개|토큰|에폭| )/g, "N");
  assert.equal(plain(measured.ko), plain(kept.measured.ko));
  assert.match(measured.en, /^10 reviews of NSMC's test sample; of 40 of its training sample 37 to learn/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("readReviews: a line that is no review is named", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "id\tdocument\tlabel\n1\t좋다\t1\n2\t\t\n");
  await assert.rejects(
    readReviews(path),
    (error: Error) => error instanceof UserError && /line 3: id, document and label/.test(error.message),
  );
  await Deno.remove(path);
});

Deno.test("withOthers: a row that was measured elsewhere stays beside the same reviews, and goes with others", () => {
  const of = (en: string, methods: NsmcResults["methods"]) => ({ measured: { ko: "", en }, methods });
  const before = of("5 reviews", { ours: [0.8], theirs: [0.7] });
  assert.deepEqual(withOthers(before, of("5 reviews", { ours: [0.9] })).methods, {
    ours: [0.9],
    theirs: [0.7],
  });
  assert.deepEqual(withOthers(before, of("6 reviews", { ours: [0.9] })).methods, { ours: [0.9] });
  assert.deepEqual(withOthers(null, before), before);
});

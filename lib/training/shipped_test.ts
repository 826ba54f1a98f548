/** `kobert-small`: the model of the project, found from anywhere, with its own tokenizer; from scratch it has a name of its own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inferencePass, startEngine } from "../engine/mod.ts";
import { fileFingerprint } from "../ground/mod.ts";
import { disposeModel, localFolder, lossOf, predictLogits, resolveModel, tokenBatch } from "../models/mod.ts";
import { checkTrained, loadClassifier } from "./classifier.ts";
import { tokenizerOf } from "./sources.ts";
import { loadLanguageModel } from "./language_model.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const labels = ["발라드", "댄스"];

Deno.test("kobert-small is the project's own folder, wherever one stands and whatever else has that name", () =>
  withFolder(async (folder) => {
    const before = Deno.cwd();
    await Deno.mkdir(join(folder, "kobert-small"));
    Deno.chdir(folder);
    try {
      const { folder: found, commit } = await resolveModel("kobert-small", { offline: true });
      assert.match(found, /[/\\]data[/\\]kobert-small$/);
      assert.equal(commit, null);
      assert.equal(localFolder("kobert-small"), found);
      assert.deepEqual([localFolder("kobert-small-scratch"), localFolder("klue/bert-base")], [null, null]);
      assert.equal(await tokenizerOf("kobert-small"), found);
      await assert.rejects(checkTrained("kobert-small"), /deno task train -- --model kobert-small/);
    } finally {
      Deno.chdir(before);
    }
  }));

Deno.test("kobert-small has read Korean: it tells masked words far better than the same from scratch", async () => {
  const lossOfMasked = async (source: string) => {
    const { model, tokenizer, kind, notes } = await loadLanguageModel(source, { seed: 3 });
    assert.equal(kind, "masked");
    const text = "이 영화는 정말 재미있었다. 배우들의 연기도 좋고 음악도 좋았다.";
    const { ids } = tokenizer.encode(text), asked = [...ids.keys()].slice(1, -1).filter((i) => i % 4 === 2);
    const batch = tokenBatch([ids.map((id, i) => asked.includes(i) ? tokenizer.specialId("mask")! : id)], 1);
    const wanted = Int32Array.from(ids, (id, i) => asked.includes(i) ? id : -100);
    const { loss, logits } = lossOf(model, inferencePass("float32"), batch, wanted);
    const [value] = await loss.data();
    for (const tensor of [loss, logits]) tensor.dispose();
    disposeModel(model);
    return { value: value!, notes: notes.join(" "), vocabulary: tokenizer.vocabSize };
  };
  const pretrained = await lossOfMasked("kobert-small");
  const fresh = await lossOfMasked("kobert-small-scratch");
  assert.doesNotMatch(pretrained.notes, /fresh/);
  assert.match(fresh.notes, /kobert-small-scratch: all weights are freshly drawn/);
  // chance is the logarithm of the vocabulary's size
  assert.ok(pretrained.value < Math.log(pretrained.vocabulary) - 1, `${pretrained.value}`);
  assert.ok(fresh.value > Math.log(fresh.vocabulary) - 1, `${fresh.value}`);
});

/** What transformers says of masked words: tools/reference/kobert_small.py. */
interface Told {
  weights: string;
  cases: {
    text: string;
    ids: number[];
    masked: number[];
    best: number[][];
    logits: number[][];
    logsumexp: number[];
  }[];
}

Deno.test("kobert-small says of masked words what Python's AutoModelForMaskedLM says, and its tokenizer the same ids", async () => {
  const told: Told = JSON.parse(
    await Deno.readTextFile(new URL("testdata/kobert_small.json", import.meta.url)),
  );
  assert.equal(
    await fileFingerprint(join(localFolder("kobert-small")!, "model.safetensors")),
    told.weights,
    "the weights are others than Python was asked with: run tools/reference/kobert_small.py",
  );
  const { model, tokenizer } = await loadLanguageModel("kobert-small");
  const width = tokenizer.vocabSize;
  for (const { text, ids, masked, best, logits, logsumexp } of told.cases) {
    assert.deepEqual(tokenizer.encode(text).ids, ids);
    const given = ids.map((id, i) => masked.includes(i) ? tokenizer.maskId : id);
    const values = predictLogits(model, tokenBatch([given], 1));
    masked.forEach((place, i) => {
      const row = values.subarray(place * width, (place + 1) * width);
      best[i]!.forEach((id, k) =>
        assert.ok(Math.abs(row[id]! - logits[i]![k]!) < 2e-4, `${text}, ${place}: ${row[id]}`)
      );
      assert.equal(row.indexOf(row.reduce((a, b) => Math.max(a, b))), best[i]![0]);
      const sum = Math.log(row.reduce((total, value) => total + Math.exp(value), 0));
      assert.ok(Math.abs(sum - logsumexp[i]!) < 2e-4, `${text}, ${place}: ${sum}`);
    });
  }
  disposeModel(model);
});

Deno.test("kobert-small as a classifier: a new head on what it has read; its adapters name the folder", async () => {
  const { model, notes, origin } = await loadClassifier("kobert-small", { labels, seed: 1 });
  assert.match(notes.join(" "), /freshly drawn: .*classifier\.weight/);
  assert.doesNotMatch(notes.join(" "), /freshly drawn: .*embeddings/);
  assert.equal(origin!.source, localFolder("kobert-small"));
  disposeModel(model);
});

Deno.test("another tokenizer does not go with kobert-small; the remedy is the name of the model from scratch", async () => {
  const refused = /--model kobert-small-scratch --tokenizer data\/tokenizer/;
  const tokenizer = "data/tokenizer";
  await assert.rejects(tokenizerOf("kobert-small", tokenizer), refused);
  await assert.rejects(loadClassifier("kobert-small", { labels, tokenizer }), refused);
  await assert.rejects(loadLanguageModel("kobert-small", { tokenizer }), refused);
  assert.equal(await tokenizerOf("kobert-small-scratch", tokenizer), tokenizer);
});

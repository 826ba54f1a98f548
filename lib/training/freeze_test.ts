import assert from "node:assert/strict";
import { depthOf, type FreezeOptions, frozenAfter } from "./freeze.ts";

Deno.test("depthOf: embeddings, layers and heads of every architecture", () => {
  const depths: Record<string, number> = {
    "bert.embeddings.word_embeddings.weight": 0,
    "bert.embeddings.LayerNorm.bias": 0,
    "bert.encoder.layer.0.attention.self.query.weight": 1,
    "bert.encoder.layer.11.output.dense.bias": 12,
    "bert.pooler.dense.weight": Infinity,
    "classifier.weight": Infinity,
    "electra.embeddings_project.weight": 0,
    "distilbert.transformer.layer.3.ffn.lin1.weight": 4,
    "transformer.word_embedding.weight": 0,
    "transformer.mask_emb": 0,
    "transformer.layer.2.rel_attn.q": 3,
    "model.embed_tokens.weight": 0,
    "model.layers.21.mlp.up_proj.weight": 22,
    "model.norm.weight": Infinity,
    "lm_head.weight": Infinity,
  };
  for (const [name, depth] of Object.entries(depths)) assert.equal(depthOf(name), depth, name);
});

const names = [
  "bert.embeddings.word_embeddings.weight",
  "bert.encoder.layer.0.output.dense.weight",
  "bert.encoder.layer.1.output.dense.weight",
  "bert.encoder.layer.10.output.dense.weight",
  "classifier.weight",
];
const none: FreezeOptions = { freeze: [], freezeLayers: 0, unfreezeGradually: false, unfreezeEvery: 1 };

Deno.test("frozenAfter: the lower layers with the embeddings, patterns, and both", () => {
  const frozen = (
    options: Partial<typeof none & { freeze: string[] }>,
  ) => [...frozenAfter(0, names, { ...none, ...options })];
  assert.deepEqual(frozen({}), []);
  assert.deepEqual(frozen({ freezeLayers: 2 }), names.slice(0, 3));
  assert.deepEqual(frozen({ freeze: ["*.layer.1.*"] }), [names[2]], "a dot is a dot");
  assert.deepEqual(frozen({ freezeLayers: 1, freeze: ["classifier.weight"] }), [
    names[0],
    names[1],
    names[4],
  ]);
});

Deno.test("frozenAfter: thaws a layer an epoch from the top, the embeddings last; patterns stay", () => {
  const options = { freezeLayers: 2, unfreezeGradually: true, unfreezeEvery: 1, freeze: ["*.layer.10.*"] };
  const counts = [0, 1, 2, 3, 9].map((epoch) => [...frozenAfter(epoch, names, options)]);
  assert.deepEqual(counts, [
    [names[0], names[1], names[2], names[3]],
    [names[0], names[1], names[3]],
    [names[0], names[3]],
    [names[3]],
    [names[3]],
  ]);
});

Deno.test("frozenAfter: layers thaw within an epoch, or every few", () => {
  const frozen = (epochs: number, unfreezeEvery: number) =>
    frozenAfter(epochs, names, { ...none, freezeLayers: 2, unfreezeGradually: true, unfreezeEvery }).size;
  // the embeddings and two layers: three groups
  assert.deepEqual([0, 0.24, 0.25, 0.5, 0.74, 0.75].map((epochs) => frozen(epochs, 0.25)), [
    3,
    3,
    2,
    1,
    1,
    0,
  ]);
  assert.deepEqual([0, 1, 2, 3, 4, 6].map((epochs) => frozen(epochs, 2)), [3, 3, 2, 2, 1, 0]);
  // thirds and tenths are not exact in binary
  assert.deepEqual([1 / 10, 2 / 10, 3 / 10].map((epochs) => frozen(epochs, 0.1)), [2, 1, 0]);
});

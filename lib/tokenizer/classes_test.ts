import assert from "node:assert/strict";
import { classConventions } from "./classes.ts";
import { loadTokenizer } from "./mod.ts";
import { fixture, withFolder } from "./testing/fixtures.ts";

Deno.test("classes' special tokens and padding sides are those of transformers", () => {
  const wanted = fixture<Record<string, { names: Record<string, string>; paddingSide: string }>>(
    "class_conventions.json",
  );
  assert.deepEqual([...classConventions.keys()].sort(), Object.keys(wanted).sort());
  for (const [name, { names, paddingSide }] of classConventions) {
    assert.deepEqual({ names: { ...names }, paddingSide }, wanted[name], name);
  }
});

/** A tokenizer.json of whole words, as `tokenizers` saves them, without anything beside it. */
const json = {
  pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
  post_processor: { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0] },
  decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
  model: {
    type: "Unigram",
    unk_id: 3,
    vocab: ["<s>", "<pad>", "</s>", "<unk>", "▁나는", "▁봄", "<mask>"].map((token, i) => [token, -i]),
  },
};

Deno.test("a tokenizer.json alone: special tokens by the class that the model's config.json names", async () => {
  const config = { model_type: "bert", tokenizer_class: "XLMRobertaTokenizer" };
  await withFolder({ "tokenizer.json": json, "config.json": config }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const { clsId, padId, sepId, unkId, maskId, bosId, eosId, specialIds } = tokenizer;
    assert.deepEqual([clsId, padId, sepId, unkId, maskId, bosId, eosId], [0, 1, 2, 3, 6, 0, 2]);
    assert.deepEqual(specialIds, [0, 1, 2, 3, 6]);
    assert.deepEqual(tokenizer.encodeBatch(["나는 봄", "봄"]).ids, [[0, 4, 5, 2], [0, 5, 2, 1]]);
    assert.equal(tokenizer.decode([0, 4, 5, 2, 1]), "나는 봄");
  });
});

Deno.test("a tokenizer.json alone: special tokens by the model's type where no class is named", async () => {
  for (const [type, ids] of [["roberta", [0, 1, 6]], ["xlm-roberta", [0, 1, 6]]] as const) {
    await withFolder({ "tokenizer.json": json, "config.json": { model_type: type } }, async (folder) => {
      const { clsId, padId, maskId } = await loadTokenizer(folder);
      assert.deepEqual([clsId, padId, maskId], ids);
    });
  }
  // what the class takes for granted and the vocabulary lacks is no token of this one
  await withFolder({ "tokenizer.json": json, "config.json": { model_type: "bert" } }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    assert.throws(() => tokenizer.padId, /has no pad token/);
    assert.equal(tokenizer.vocabSize, 7);
  });
});

Deno.test("tokenizer_config.json goes before the model's config.json", async () => {
  const files = {
    "tokenizer.json": json,
    "config.json": { model_type: "bert", tokenizer_class: "XLMRobertaTokenizer" },
    "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast", pad_token: "</s>" },
  };
  await withFolder(files, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    assert.equal(tokenizer.padId, 2);
    assert.throws(() => tokenizer.clsId, /has no cls token/);
  });
});

Deno.test("JSON files with a mark of their byte order, as Windows' editors write it, are read", async () => {
  const marked = (value: object) => `\ufeff${JSON.stringify(value)}`;
  const files = {
    "tokenizer.json": marked(json),
    "tokenizer_config.json": marked({ tokenizer_class: "XLMRobertaTokenizer" }),
  };
  await withFolder(files, async (folder) => {
    assert.equal((await loadTokenizer(folder)).padId, 1);
  });
});

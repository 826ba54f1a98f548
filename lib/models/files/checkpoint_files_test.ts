import assert from "node:assert/strict";
import { join } from "node:path";
import { canonicalNames, openCheckpoint } from "./checkpoint_files.ts";
import { writeSafetensors } from "./safetensors.ts";
import { fixture, messageOf } from "../testing/files.ts";
import { withFolder } from "../../ground/testing/folder.ts";

Deno.test("a folder's weights are found in transformers' order of preference", async () => {
  await withFolder(async (folder) => {
    const copy = (name: string, as = name) => Deno.copyFileSync(fixture(name), join(folder, as));
    const namesIn = () => {
      const checkpoint = openCheckpoint(folder);
      const names = checkpoint.names().sort();
      checkpoint.close();
      return names;
    };
    const joined = ["a.bias", "a.weight", "b.weight"];
    copy("pytorch_model.bin.index.json");
    copy("pytorch_model-00001-of-00002.bin");
    copy("pytorch_model-00002-of-00002.bin");
    assert.deepEqual(namesIn(), joined);
    copy("wrapped.bin", "pytorch_model.bin");
    assert.deepEqual(namesIn(), ["bias", "weight"]);
    copy("model.safetensors.index.json");
    copy("model-00001-of-00002.safetensors");
    copy("model-00002-of-00002.safetensors");
    assert.deepEqual(namesIn(), joined);
    await writeSafetensors(join(folder, "model.safetensors"), [
      { name: "only", dtype: "BF16", shape: [2], data: new Float32Array([1, -2]) },
    ]);
    const checkpoint = openCheckpoint(folder);
    assert.deepEqual(checkpoint.names(), ["only"]);
    assert.equal(checkpoint.info("only").dtype, "BF16");
    assert.deepEqual(checkpoint.read("only"), new Float32Array([1, -2]));
    checkpoint.close();
  });
});

Deno.test("a single file of weights is opened too", () => {
  for (const name of ["wrapped.legacy.bin", "dtypes.safetensors", "model.safetensors.index.json"]) {
    const checkpoint = openCheckpoint(fixture(name));
    assert.ok(checkpoint.names().length > 0);
    checkpoint.close();
  }
});

Deno.test("a folder without weights says what was looked for, and what is there of other frameworks", async () => {
  await withFolder(async (folder) => {
    assert.match(
      await messageOf(() => openCheckpoint(folder)),
      /holds no weights\. Looked for model\.safetensors, model\.safetensors\.index\.json, pytorch_model\.bin, .*folder of a model/,
    );
    Deno.writeTextFileSync(join(folder, "tf_model.h5"), "");
    assert.match(await messageOf(() => openCheckpoint(folder)), /It has tf_model\.h5, .*convert/);
    assert.match(await messageOf(() => openCheckpoint(join(folder, "none"))), /no checkpoint at .*none/);
  });
});

Deno.test("names of other times and wrappers become the model's", () => {
  const cases: [string[], string | undefined, Record<string, string>][] = [
    // skt/kobert-base-v1, monologg/kobert: saved from the bare encoder
    [["embeddings.word_embeddings.weight", "pooler.dense.bias"], "bert", {
      "bert.embeddings.word_embeddings.weight": "embeddings.word_embeddings.weight",
      "bert.pooler.dense.bias": "pooler.dense.bias",
    }],
    // gluonnlp-era
    [["embeddings.LayerNorm.gamma", "encoder.layer.0.output.LayerNorm.beta"], "bert", {
      "bert.embeddings.LayerNorm.weight": "embeddings.LayerNorm.gamma",
      "bert.encoder.layer.0.output.LayerNorm.bias": "encoder.layer.0.output.LayerNorm.beta",
    }],
    // with a head: what does not begin with the prefix stays
    [["module.bert.embeddings.LayerNorm.gamma", "module.classifier.weight"], "bert", {
      "bert.embeddings.LayerNorm.weight": "module.bert.embeddings.LayerNorm.gamma",
      "classifier.weight": "module.classifier.weight",
    }],
    [["_orig_mod.module.model.layers.0.weight", "lm_head.weight"], "model", {
      "model.layers.0.weight": "_orig_mod.module.model.layers.0.weight",
      "lm_head.weight": "lm_head.weight",
    }],
    // only a whole last part is an old name, and only a whole first part a prefix
    [["alphabeta", "gamma.weight", "module_a.weight"], undefined, {
      "alphabeta": "alphabeta",
      "gamma.weight": "gamma.weight",
      "module_a.weight": "module_a.weight",
    }],
    [["bertha.weight"], "bert", { "bert.bertha.weight": "bertha.weight" }],
    [["gamma"], undefined, { weight: "gamma" }],
    [[], "bert", {}],
  ];
  for (const [names, prefix, expected] of cases) {
    assert.deepEqual(canonicalNames(names, { prefix }), new Map(Object.entries(expected)));
  }
  assert.throws(
    () => canonicalNames(["a.weight", "a.gamma"]),
    /both a\.weight and a\.gamma, which are two names for a\.weight/,
  );
});

Deno.test("what stands before all of an encoder's names goes, its own prefix does not", () => {
  const cases: [string, string[], string[], Record<string, string>][] = [
    // Llama's own prefix is Lightning's
    ["model", ["embed_tokens.weight", "norm.weight"], ["model.embed_tokens.weight", "lm_head.weight"], {
      "model.embed_tokens.weight": "model.embed_tokens.weight",
      "lm_head.weight": "lm_head.weight",
    }],
    ["model", ["embed_tokens.weight"], ["model.model.embed_tokens.weight", "model.lm_head.weight"], {
      "model.embed_tokens.weight": "model.model.embed_tokens.weight",
      "lm_head.weight": "model.lm_head.weight",
    }],
    // DistilBERT's layers are under XLNet's prefix
    ["distilbert", ["transformer.layer.0.weight"], ["encoder.transformer.layer.0.weight", "head.weight"], {
      "distilbert.transformer.layer.0.weight": "encoder.transformer.layer.0.weight",
      "head.weight": "head.weight",
    }],
    ["transformer", ["layer.0.q", "mask_emb"], ["net.transformer.layer.0.q", "net.transformer.mask_emb"], {
      "transformer.layer.0.q": "net.transformer.layer.0.q",
      "transformer.mask_emb": "net.transformer.mask_emb",
    }],
    // a few names alike are no encoder
    ["bert", ["a", "b", "c"], ["other.a", "bert.a", "bert.b", "bert.c"], {
      "other.a": "other.a",
      "bert.a": "bert.a",
      "bert.b": "bert.b",
      "bert.c": "bert.c",
    }],
  ];
  for (const [prefix, known, names, expected] of cases) {
    assert.deepEqual(
      canonicalNames(names, { prefix, known: new Set(known) }),
      new Map(Object.entries(expected)),
      names.join(" "),
    );
  }
});

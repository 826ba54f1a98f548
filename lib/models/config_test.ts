/** Every field of every config: honoured, refused by name, or without effect on results; and transformers' defaults. */
import assert from "node:assert/strict";
import { ConfigReader, type JsonObject } from "./config.ts";
import { describeModel, modelTypes } from "./model.ts";

/** Every field of transformers' config classes with its default, made by tools/reference/make_parity.py. */
const defaults: Record<string, JsonObject> = JSON.parse(
  Deno.readTextFileSync(new URL("testdata/config_defaults.json", import.meta.url)),
);
/** Fields that transformers 4 wrote and 5 no longer has. */
const earlier = [
  ..."torchscript pruned_heads cross_attention_hidden_size tie_encoder_decoder finetuning_task num_labels"
    .split(" "),
  ..."task_specific_params tokenizer_class prefix sep_token_id decoder_start_token_id torch_dtype".split(" "),
  ..."gradient_checkpointing transformers_version tf_legacy_loss use_bfloat16 output_past".split(" "),
];
const ofBert = [...earlier, "position_embedding_type"], ofDistilBert = [...earlier, "tie_weights_"];

/** Fields that change the result, and a value other than the default. */
const bertFields: JsonObject = {
  vocab_size: 77,
  hidden_size: 48,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  intermediate_size: 99,
  hidden_act: "relu",
  hidden_dropout_prob: 0.3,
  attention_probs_dropout_prob: 0.3,
  classifier_dropout: 0.3,
  max_position_embeddings: 33,
  type_vocab_size: 5,
  initializer_range: 0.5,
  layer_norm_eps: 0.5,
  pad_token_id: 7,
  tie_word_embeddings: false,
  id2label: { 0: "가", 1: "나", 2: "다" },
  num_labels: 9,
};
const honoured: Record<string, JsonObject> = {
  bert: bertFields,
  roberta: bertFields,
  electra: { ...bertFields, embedding_size: 31 },
  distilbert: {
    vocab_size: 77,
    dim: 48,
    n_layers: 3,
    n_heads: 2,
    hidden_dim: 99,
    activation: "relu",
    dropout: 0.3,
    attention_dropout: 0.3,
    seq_classif_dropout: 0.3,
    max_position_embeddings: 33,
    sinusoidal_pos_embds: true,
    initializer_range: 0.5,
    pad_token_id: 7,
    tie_word_embeddings: false,
    id2label: { 0: "가", 1: "나", 2: "다" },
    num_labels: 9,
  },
};
/** Fields that would change the result, and values that are refused. */
const refused: JsonObject = {
  problem_type: "regression",
  pruned_heads: { 0: [1] },
  quantization_config: { quant_method: "bitsandbytes" },
  per_layer_config: { 0: { intermediate_size: 8 } },
  torchscript: true,
};
const refusedByBert: JsonObject = {
  ...refused,
  is_decoder: true,
  add_cross_attention: true,
  position_embedding_type: "relative_key",
};
const refusedByDistilBert: JsonObject = {
  ...refused,
  hidden_size: 48,
  num_attention_heads: 2,
  num_hidden_layers: 3,
};
/** Fields without effect: outputs that are not asked for, other tasks' heads, generation, how much memory is taken, notes. */
const harmless: JsonObject = {
  _name_or_path: "skt/kobert-base-v1",
  architectures: ["BertModel"],
  model_type: undefined, // decides which architecture reads the rest
  transformers_version: "4.42.3",
  tokenizer_class: "BertTokenizer",
  finetuning_task: "nsmc",
  task_specific_params: { a: 1 },
  label2id: { 가: 0 },
  dtype: "float16", // weights of any type are computed with as float32
  torch_dtype: "float16",
  use_bfloat16: true,
  tf_legacy_loss: true,
  gradient_checkpointing: true,
  chunk_size_feed_forward: 2,
  use_cache: false,
  output_attentions: true,
  output_hidden_states: true,
  output_past: true,
  return_dict: false,
  bos_token_id: 5,
  eos_token_id: 5,
  sep_token_id: 5,
  decoder_start_token_id: 5,
  prefix: "say",
  is_encoder_decoder: true,
  tie_encoder_decoder: true,
  cross_attention_hidden_size: 5,
  summary_type: "last", // of ElectraForMultipleChoice
  summary_use_proj: false,
  summary_activation: "tanh",
  summary_last_dropout: 0.5,
  qa_dropout: 0.5, // of DistilBertForQuestionAnswering
  tie_weights_: false, // written by DistilBERT's authors, never read
};

const parsed = (json: JsonObject) => {
  const { task: _, architecture: _a, json: _j, ...rest } = describeModel(json, "config.json", {});
  return rest;
};

for (const modelType of Object.keys(honoured)) {
  const base = { model_type: modelType, intermediate_size: 64 };
  const isDistil = modelType === "distilbert";
  const refusedHere = isDistil ? refusedByDistilBert : refusedByBert;

  Deno.test(`${modelType}: what a config leaves out is as in transformers`, () => {
    const { id2label: _, label2id: _2, ...written } = defaults[modelType]!;
    assert.deepEqual(parsed({ model_type: modelType }), parsed(written));
    assert.deepEqual(parsed({ model_type: modelType }).config.labels, ["LABEL_0", "LABEL_1"]);
  });

  Deno.test(`${modelType}: every field of transformers' config is honoured, refused or harmless`, () => {
    const fields = [...Object.keys(defaults[modelType]!), ...(isDistil ? ofDistilBert : ofBert)];
    const known = { ...honoured[modelType], ...refusedHere, ...harmless };
    assert.deepEqual(fields.filter((field) => !(field in known)), []);
  });

  Deno.test(`${modelType}: fields that change the result are read`, () => {
    for (const [field, value] of Object.entries(honoured[modelType]!)) {
      assert.notDeepEqual(parsed({ ...base, [field]: value }), parsed(base), field);
      const wrong = field === "id2label" ? { 1: "가", 2: "나" } : "wrong";
      assert.throws(
        () => parsed({ ...base, [field]: wrong }),
        (error: Error) =>
          error.message.startsWith(`config.json: "${field}" is ${JSON.stringify(wrong)}; it must be`),
        field,
      );
    }
  });

  Deno.test(`${modelType}: what is not implemented is refused by name`, () => {
    for (const [field, value] of Object.entries(refusedHere)) {
      assert.throws(
        () => parsed({ ...base, [field]: value }),
        (error: Error) =>
          error.message.startsWith(`config.json: "${field}" is ${JSON.stringify(value)}; it must be`),
        field,
      );
    }
    assert.throws(() => parsed({ ...base, num_labels: 1 }), /one class .*means regression/);
    assert.throws(() => parsed({ ...base, id2label: { 0: "LABEL_0" } }), /one class .*means regression/);
  });

  Deno.test(`${modelType}: the other fields change nothing`, () => {
    for (const [field, value] of Object.entries(harmless)) {
      if (value !== undefined) assert.deepEqual(parsed({ ...base, [field]: value }), parsed(base), field);
    }
  });

  Deno.test(`${modelType}: heads must divide the width`, () => {
    const widths = isDistil ? { dim: 50, n_heads: 7 } : { hidden_size: 50, num_attention_heads: 7 };
    assert.throws(() => parsed({ ...base, ...widths }), /50 is not a multiple of "\w+" 7/);
  });
}

Deno.test("problem_type says whether each class gets its own yes or no; null and absent are one choice", () => {
  for (const model_type of modelTypes) {
    const multiLabelOf = (problem_type: unknown) =>
      describeModel({ model_type, problem_type }, "config.json", {}).multiLabel;
    assert.equal(multiLabelOf("multi_label_classification"), true, model_type);
    for (const one of ["single_label_classification", null, undefined]) {
      assert.equal(multiLabelOf(one), false);
    }
  }
});

Deno.test("a masked language model does not care about classes", () => {
  const json = { model_type: "bert", num_labels: 1, problem_type: "regression" };
  assert.equal(describeModel(json, "config.json", { task: "masked-lm" }).task, "masked-lm");
});

Deno.test("RoBERTa needs a padding id that leaves positions", () => {
  assert.throws(() => parsed({ model_type: "roberta", pad_token_id: null }), /"pad_token_id" is null/);
  assert.throws(
    () => parsed({ model_type: "roberta", pad_token_id: 9, max_position_embeddings: 10 }),
    /"max_position_embeddings" 10 leaves none/,
  );
  assert.equal(
    parsed({ model_type: "roberta", pad_token_id: 1, max_position_embeddings: 514 }).config.maxLength,
    512,
  );
});

Deno.test("a padding id outside the vocabulary is refused", () => {
  for (const id of [-1, 30522]) {
    assert.throws(
      () => parsed({ model_type: "bert", pad_token_id: id }),
      /"pad_token_id" is .* from 0 to 30521/,
    );
  }
  assert.equal(parsed({ model_type: "bert", pad_token_id: null }).config.padId, null);
});

Deno.test("an unknown model_type lists those known", () => {
  assert.throws(
    () => parsed({ model_type: "gpt2" }),
    { message: `config.json: "model_type" is "gpt2"; known are ${modelTypes.join(", ")}.` },
  );
  assert.throws(() => parsed({}), /"model_type" is undefined; known are bert/);
});

Deno.test("activations by any of their names; unknown ones list those known", () => {
  const of = (name: string) =>
    (parsed({ model_type: "bert", hidden_act: name }).config as unknown as JsonObject).activation;
  assert.equal(of("gelu_pytorch_tanh"), "gelu_new");
  assert.equal(of("swish"), "silu");
  assert.throws(
    () => of("mish"),
    /"hidden_act" is "mish"; it must be one of gelu, .*swish, the ones known here/,
  );
});

Deno.test("labels: id2label, else num_labels, else two", () => {
  const of = (json: JsonObject) => new ConfigReader(json).labels();
  assert.deepEqual(of({ id2label: { 1: "b", 0: "a", 2: "c" }, num_labels: 7 }), ["a", "b", "c"]);
  assert.deepEqual(of({ num_labels: 3 }), ["LABEL_0", "LABEL_1", "LABEL_2"]);
  assert.deepEqual(of({}), ["LABEL_0", "LABEL_1"]);
  assert.deepEqual(of({ id2label: { 0: 4, 1: 9 } }), ["4", "9"]);
});

Deno.test("layers and classes are counted off one by one: a number of them that no model has is refused at once", () => {
  const fields = {
    bert: "num_hidden_layers",
    roberta: "num_hidden_layers",
    electra: "num_hidden_layers",
    distilbert: "n_layers",
    xlnet: "n_layer",
    llama: "num_hidden_layers",
  };
  for (const [type, layers] of Object.entries(fields)) {
    for (const field of [layers, "num_labels"]) {
      assert.throws(
        () => describeModel({ model_type: type, [field]: 1e9 }, "here/config.json", {}),
        new RegExp(`here/config.json: "${field}" is 1000000000; it must be a whole number from 1 to 25,000`),
      );
    }
  }
  assert.equal(
    describeModel({ model_type: "bert", num_labels: 21_841 }, "here", {}).config.labels.length,
    21_841,
  );
});

// config.json as it stands in the repositories of the Hub
const published: Record<string, JsonObject> = {
  "skt/kobert-base-v1": {
    architectures: ["BertModel"],
    attention_probs_dropout_prob: 0.1,
    gradient_checkpointing: false,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.1,
    hidden_size: 768,
    initializer_range: 0.02,
    intermediate_size: 3072,
    layer_norm_eps: 1e-12,
    max_position_embeddings: 512,
    model_type: "bert",
    num_attention_heads: 12,
    num_hidden_layers: 12,
    pad_token_id: 1,
    type_vocab_size: 2,
    vocab_size: 8002,
    author: "",
    kobert_version: 1.0,
  },
  "klue/roberta-base": {
    architectures: ["RobertaForMaskedLM"],
    attention_probs_dropout_prob: 0.1,
    bos_token_id: 0,
    eos_token_id: 2,
    gradient_checkpointing: false,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.1,
    hidden_size: 768,
    initializer_range: 0.02,
    intermediate_size: 3072,
    layer_norm_eps: 1e-5,
    max_position_embeddings: 514,
    model_type: "roberta",
    num_attention_heads: 12,
    num_hidden_layers: 12,
    pad_token_id: 1,
    type_vocab_size: 1,
    vocab_size: 32000,
    tokenizer_class: "BertTokenizer",
  },
  "monologg/koelectra-base-v3-discriminator": {
    architectures: ["ElectraForPreTraining"],
    attention_probs_dropout_prob: 0.1,
    embedding_size: 768,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.1,
    hidden_size: 768,
    initializer_range: 0.02,
    intermediate_size: 3072,
    layer_norm_eps: 1e-12,
    max_position_embeddings: 512,
    model_type: "electra",
    num_attention_heads: 12,
    num_hidden_layers: 12,
    pad_token_id: 0,
    type_vocab_size: 2,
    vocab_size: 35000,
  },
  "monologg/distilkobert": {
    activation: "gelu",
    architectures: ["DistilBertForMaskedLM"],
    attention_dropout: 0.1,
    dim: 768,
    dropout: 0.1,
    hidden_dim: 3072,
    initializer_range: 0.02,
    max_position_embeddings: 512,
    model_type: "distilbert",
    n_heads: 12,
    n_layers: 3,
    pad_token_id: 1,
    qa_dropout: 0.1,
    seq_classif_dropout: 0.2,
    sinusoidal_pos_embds: false,
    tie_weights_: true,
    vocab_size: 8002,
  },
};

Deno.test("published configs: their sizes", () => {
  const parametersOf = (name: string, labels: string[]) => {
    const { specs, config } = describeModel(published[name]!, name, { labels });
    const count = specs.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
    return { count, maxLength: config.maxLength, padId: config.padId };
  };
  const eight = Array.from({ length: 8 }, (_, i) => `장르 ${i}`);
  // as torch counts them
  assert.deepEqual(parametersOf("skt/kobert-base-v1", eight), { count: 92193032, maxLength: 512, padId: 1 });
  assert.deepEqual(parametersOf("klue/roberta-base", eight), { count: 110624264, maxLength: 512, padId: 1 });
  assert.deepEqual(parametersOf("monologg/koelectra-base-v3-discriminator", eight), {
    count: 112927496,
    maxLength: 512,
    padId: 0,
  });
  assert.deepEqual(parametersOf("monologg/distilkobert", eight), {
    count: 28400648,
    maxLength: 512,
    padId: 1,
  });
});

/** What XLNet and Llama do beside giving PyTorch's numbers: configs, fresh weights, dropout, padding, files, errors. */
import * as tf from "@tensorflow/tfjs";
import { take } from "../engine/testing/gradients.ts";
import assert from "node:assert/strict";
import { inferencePass, startEngine, Tape, trainingPass } from "../engine/mod.ts";
import { type TokenBatch, tokenBatch } from "./batch.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { JsonObject, Task } from "./config.ts";
import { openSafetensors, writeSafetensors } from "./files/mod.ts";
import { createModel, describeModel, disposeModel, lossOf, predictLogits } from "./model.ts";
import { droppedLogits, smallConfigs, using } from "./testing/small.ts";

await startEngine();

/** Every field of transformers' config classes with its default, made by tools/reference/make_parity_decoders.py. */
const defaults: Record<string, JsonObject> = JSON.parse(
  Deno.readTextFileSync(new URL("testdata/config_defaults_decoders.json", import.meta.url)),
);
/** Fields that change the result, and a value other than the default. */
const honoured: Record<string, JsonObject> = {
  xlnet: {
    vocab_size: 77,
    d_model: 48,
    n_layer: 3,
    n_head: 2,
    d_inner: 99,
    ff_activation: "relu",
    dropout: 0.3,
    layer_norm_eps: 0.5,
    clamp_len: 9,
    bi_data: true,
    summary_type: "mean",
    summary_use_proj: false,
    summary_first_dropout: 0.3,
    summary_last_dropout: 0.3,
    initializer_range: 0.5,
    pad_token_id: 7,
    id2label: { 0: "가", 1: "나", 2: "다" },
  },
  llama: {
    vocab_size: 77,
    hidden_size: 64,
    intermediate_size: 99,
    num_hidden_layers: 3,
    num_attention_heads: 2,
    num_key_value_heads: 8,
    head_dim: 6,
    hidden_act: "gelu",
    max_position_embeddings: 33,
    rms_norm_eps: 0.5,
    attention_bias: true,
    mlp_bias: true,
    attention_dropout: 0.3,
    tie_word_embeddings: true,
    rope_parameters: { rope_type: "linear", factor: 2 },
    rope_scaling: { type: "linear", factor: 3 },
    rope_theta: 500,
    eos_token_id: [4, 5],
    initializer_range: 0.5,
    pad_token_id: 7,
    id2label: { 0: "가", 1: "나", 2: "다" },
  },
};
/** Fields that would change the result, and values that are refused. */
const refused: Record<string, JsonObject> = {
  xlnet: {
    attn_type: "uni",
    d_head: 7,
    summary_activation: "relu",
    summary_proj_to_labels: true,
    problem_type: "regression",
    pruned_heads: { 0: [1] },
    quantization_config: { quant_method: "bitsandbytes" },
  },
  llama: {
    is_causal: false,
    partial_rotary_factor: 0.5,
    problem_type: "regression",
    pruned_heads: { 0: [1] },
    quantization_config: { quant_method: "bitsandbytes" },
  },
};
/** Fields without effect: memories that nothing hands over, other tasks' heads, generation, notes. */
const harmless: JsonObject = {
  _name_or_path: "xlnet-base-cased",
  architectures: ["XLNetModel"],
  bos_token_id: 9,
  chunk_size_feed_forward: 2,
  dtype: "float16", // weights of any type are computed with as float32
  torch_dtype: "bfloat16",
  end_n_top: 2,
  start_n_top: 2,
  is_encoder_decoder: true,
  label2id: { 가: 0 },
  mem_len: 4,
  model_type: undefined, // decides which architecture reads the rest
  output_attentions: true,
  output_hidden_states: true,
  pretraining_tp: 4, // the same products in pieces
  return_dict: false,
  reuse_len: 4,
  same_length: true, // of attn_type "uni"
  untie_r: false, // transformers has the biases in every layer, whatever this says
  use_cache: false,
  use_mems_eval: false,
  use_mems_train: true,
};

const parsed = (json: JsonObject, task: Task = "sequence-classification") => {
  const { config, specs } = describeModel(json, "config.json", { task });
  return { config, specs };
};

for (const modelType of ["xlnet", "llama"]) {
  const base = { model_type: modelType };

  Deno.test(`${modelType}: what a config leaves out is as in transformers`, () => {
    const { id2label: _, label2id: _2, ...written } = defaults[modelType]!;
    assert.deepEqual(parsed(base), parsed(written));
  });

  Deno.test(`${modelType}: every field of transformers' config is honoured, refused or harmless`, () => {
    const known = { ...honoured[modelType], ...refused[modelType], ...harmless };
    const others = modelType === "xlnet" ? ["eos_token_id", "tie_word_embeddings"] : [];
    const fields = Object.keys(defaults[modelType]!).filter((field) => !others.includes(field));
    assert.deepEqual(fields.filter((field) => !(field in known)), []);
    for (const [field, value] of Object.entries(honoured[modelType]!)) {
      assert.notDeepEqual(parsed({ ...base, [field]: value }), parsed(base), field);
      assert.throws(
        () => parsed({ ...base, [field]: "wrong" }),
        (error: Error) => error.message.startsWith(`config.json: "${field}" is "wrong"; it must be`),
        field,
      );
    }
    for (const [field, value] of Object.entries(refused[modelType]!)) {
      assert.throws(
        () => parsed({ ...base, [field]: value }),
        (error: Error) =>
          error.message.startsWith(`config.json: "${field}" is ${JSON.stringify(value)}; it must be`),
        field,
      );
    }
    for (const [field, value] of Object.entries(harmless)) {
      if (value !== undefined) assert.deepEqual(parsed({ ...base, [field]: value }), parsed(base), field);
    }
  });
}

Deno.test("xlnet: shapes that cannot be, and a summary without activation", () => {
  const json = { model_type: "xlnet" };
  assert.throws(
    () => parsed({ ...json, d_model: 50, n_head: 7 }),
    /"d_model" 50 is not a multiple of "n_head" 7/,
  );
  assert.throws(() => parsed({ ...json, d_model: 15, n_head: 5 }), /"d_model" 15 is odd/);
  assert.notDeepEqual(parsed({ ...json, summary_activation: null }), parsed(json));
  assert.deepEqual(parsed({ ...json, summary_type: "cls_index" }), parsed(json));
  assert.throws(
    () => parsed({ ...json, summary_type: "attn" }),
    /"summary_type" is "attn"; it must be one of last/,
  );
});

Deno.test("llama: shapes that cannot be", () => {
  const json = { model_type: "llama" };
  assert.throws(() => parsed({ ...json, hidden_size: 50, num_attention_heads: 7 }), /50 is not a multiple/);
  assert.throws(
    () => parsed({ ...json, num_key_value_heads: 5 }),
    /32 is not a multiple of "num_key_value_heads" 5/,
  );
  assert.throws(() => parsed({ ...json, head_dim: 7 }), /"head_dim" 7 is odd/);
  assert.throws(() => parsed({ ...json, pad_token_id: -1 }), /"pad_token_id" is -1; it must be null or/);
});

Deno.test("llama: rope in the spellings of transformers 4 and 5", () => {
  const of = (
    json: JsonObject,
  ) => [
    ...(parsed({ model_type: "llama", hidden_size: 64, num_attention_heads: 8, ...json })
      .config as unknown as {
        frequencies: Float32Array;
      }).frequencies,
  ];
  const scaling = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  };
  const five = of({ rope_parameters: { rope_type: "llama3", rope_theta: 500000, ...scaling } });
  assert.deepEqual(of({ rope_theta: 500000, rope_scaling: { rope_type: "llama3", ...scaling } }), five);
  assert.deepEqual(of({ rope_theta: 500000, rope_scaling: { type: "llama3", ...scaling } }), five);
  const { original_max_position_embeddings: _, ...rest } = scaling;
  const unsaid = { rope_theta: 500000, rope_scaling: { type: "llama3", ...rest } };
  assert.deepEqual(of({ ...unsaid, max_position_embeddings: 64 }), five, "by default the model's length");
  assert.deepEqual(of({ ...unsaid, original_max_position_embeddings: 64 }), five, "or beside it");
  // a wavelength of 2π is short; 500000^(1/4) and (2/4) times that are above 64
  const plain = of({ rope_theta: 500000 });
  assert.equal(five[0], plain[0]);
  assert.deepEqual(five.slice(1), plain.slice(1).map((x) => x / 8).map(Math.fround));
  assert.deepEqual(of({ rope_theta: 500000, rope_scaling: null }), plain);
  assert.deepEqual(of({ rope_scaling: { type: "linear", factor: 2 } }), of({}).map((x) => x / 2));

  assert.throws(
    () => of({ rope_scaling: { type: "dynamic", factor: 2 } }),
    {
      message: /config.json, "rope_scaling": "type" is "dynamic"; it must be one of default, linear, llama3/,
    },
  );
  assert.throws(
    () => of({ rope_parameters: { rope_type: "yarn" } }),
    /"rope_parameters": "rope_type" is "yarn"/,
  );
  assert.throws(() => of({ rope_scaling: { type: "linear" } }), /"factor" is undefined; it must be a number/);
  assert.throws(
    () => of({ rope_scaling: { type: "llama3", ...scaling, high_freq_factor: 1 } }),
    /"high_freq_factor" 1 must be above "low_freq_factor" 1/,
  );
});

Deno.test("a task that an architecture is not made for is refused", () => {
  assert.throws(
    () => parsed({ model_type: "xlnet" }, "causal-lm"),
    { message: 'config.json: "xlnet" is implemented for sequence-classification, not for causal-lm.' },
  );
  assert.throws(
    () => parsed({ model_type: "llama" }, "masked-lm"),
    /sequence-classification and causal-lm, not/,
  );
  assert.throws(() => parsed({ model_type: "bert" }, "causal-lm"), /and masked-lm, not for causal-lm/);
});

Deno.test("rows are padded where the architecture wants it", () => {
  assert.deepEqual(tokenBatch([[2, 3], [2, 9, 3]], 5, "left"), {
    batch: 2,
    length: 3,
    inputIds: Int32Array.of(5, 2, 3, 2, 9, 3),
    attentionMask: Int32Array.of(0, 1, 1, 1, 1, 1),
  });
  const side = (model_type: string) =>
    describeModel({ model_type }, "config.json", {}).architecture.paddingSide;
  assert.deepEqual(["xlnet", "llama", "bert", "roberta"].map(side), ["left", "right", "right", "right"]);
});

const { xlnet, llama } = smallConfigs(0),
  configs: Record<string, JsonObject> = { xlnet: xlnet!, llama: llama! };
const labels = ["가", "나", "다"];
const rows = [[2, 9, 17, 3], [2, 30, 3]];
const batch = tokenBatch(rows, 1);

/** Rows with padding before them, up to a length. */
function leftPadded(rows: number[][], length: number): TokenBatch {
  const { inputIds, attentionMask } = tokenBatch([...rows, new Array(length).fill(1)], 1, "left");
  const size = rows.length * length;
  return {
    batch: rows.length,
    length,
    inputIds: inputIds.slice(0, size),
    attentionMask: attentionMask.slice(0, size),
  };
}

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what = ""): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= tolerance,
      `${what} ${i}: ${actual[i]}, not ${expected[i]}`,
    );
  }
}

for (const [name, config] of Object.entries(configs)) {
  Deno.test(`${name}: fresh weights follow from the seed`, () => {
    const values = (seed: number) =>
      using(
        createModel(config, { labels, seed }),
        (model) => new Map([...model.parameters].map(([key, parameter]) => [key, [...parameter.data()]])),
      );
    const first = values(7), other = values(8);
    assert.deepEqual(values(7), first);
    for (const [key, numbers] of first) {
      if (/norm\.weight$/.test(key)) assert.ok(numbers.every((x) => x === 1), key);
      else if (key.endsWith(".bias")) assert.ok(numbers.every((x) => x === 0), key);
      else assert.notDeepEqual(other.get(key), numbers, key);
    }
    const words = first.get(
      name === "llama" ? "model.embed_tokens.weight" : "transformer.word_embedding.weight",
    )!;
    // XLNet's padding is a token as any other
    assert.equal(words.slice(16, 32).every((x) => x === 0), name === "llama");
  });

  const rates = name === "llama"
    ? ["attention_dropout"]
    : ["dropout", "summary_first_dropout", "summary_last_dropout"];
  for (const rate of rates) {
    Deno.test(`${name}: ${rate} drops in training, by the seed, and not otherwise`, () => {
      const json = { ...config, initializer_range: 0.5 };
      using(createModel(json, { labels }), (model) => {
        assert.deepEqual(droppedLogits(model, batch, 1), [...predictLogits(model, batch)]);
      });
      using(createModel({ ...json, [rate]: 0.5 }, { labels }), (model) => {
        const dropped = droppedLogits(model, batch, 1);
        assert.deepEqual(droppedLogits(model, batch, 1), dropped);
        assert.notDeepEqual(droppedLogits(model, batch, 2), dropped);
        assert.notDeepEqual([...predictLogits(model, batch)], dropped);
      });
    });
  }

  Deno.test(`${name}: with gradient checkpointing the gradients are the same, with dropout`, () => {
    const segments = Int32Array.of(0, 0, 1, 2, 0, 1, 2, 3);
    using(createModel({ ...config, dropout: 0.2, attention_dropout: 0.2 }, { labels }), (model) => {
      const gradients = (checkpointing: boolean) => {
        const tape = new Tape();
        const pass = trainingPass(tape, "float32", 3, 0, null, checkpointing);
        const { loss } = tf.tidy(() =>
          lossOf(model, pass, { ...batch, tokenTypeIds: segments }, Int32Array.of(2, 0))
        );
        const found = tape.backward(loss);
        loss.dispose();
        const values = [...model.parameters.values()].map((parameter) => {
          const gradient = found.get(parameter);
          return gradient ? [...take(gradient)] : parameter.name;
        });
        for (const parameter of model.parameters.values()) parameter.release();
        return values;
      };
      const kept = gradients(false);
      assert.deepEqual(gradients(true), kept);
      const without = name === "xlnet" ? ["transformer.mask_emb"] : [];
      assert.deepEqual(kept.filter((values) => typeof values === "string"), without);
    });
  });

  Deno.test(`${name}: predictions and steps leave nothing in memory, frozen layers neither`, () => {
    using(createModel(config, { labels }), (model) => {
      const step = () => {
        predictLogits(model, batch);
        const tape = new Tape();
        const pass = trainingPass(tape, "float32", 3, 0);
        const { loss } = tf.tidy(() => ({ loss: lossOf(model, pass, batch, Int32Array.of(2, 0)).loss }));
        tape.backward(loss).forEach((gradient) => gradient.dispose());
        loss.dispose();
        for (const parameter of model.parameters.values()) parameter.release();
        return tf.memory().numTensors;
      };
      const before = step();
      assert.equal(step(), before);
      for (const [key, parameter] of model.parameters) parameter.trainable = !/layers?\.0|emb/.test(key);
      assert.equal(step(), before);
    });
  });

  Deno.test(`smoke: ${name}: a text's logits do not depend on how much padding stands before it`, () => {
    using(createModel({ ...config, initializer_range: 0.4 }, { labels }), (model) => {
      const short = predictLogits(model, leftPadded(rows, 4)),
        long = predictLogits(model, leftPadded(rows, 9));
      if (name === "xlnet") near(long, short, 1e-5);
      // Llama counts positions from the start of the row: only their distances matter
      else near(long, short, 1e-4);
      const alone = predictLogits(model, leftPadded([rows[1]!], 3));
      near(short.slice(3), alone, 1e-4);
    });
  });

  Deno.test(`smoke: ${name}: a row that is nothing but padding has numbers, not NaN, and finite gradients`, () => {
    using(createModel({ ...config, initializer_range: 0.4 }, { labels }), (model) => {
      const blank = leftPadded([[2, 9, 3], []], 3);
      const tape = new Tape();
      const { loss } = tf.tidy(() => ({
        loss: lossOf(model, trainingPass(tape, "float32", 3, 0), blank, Int32Array.of(2, 0)).loss,
      }));
      assert.ok(Number.isFinite(loss.dataSync()[0]));
      for (const [parameter, gradient] of tape.backward(loss)) {
        assert.ok([...take(gradient)].every(Number.isFinite), parameter.name);
      }
      loss.dispose();
      near(predictLogits(model, blank).slice(0, 3), predictLogits(model, leftPadded([[2, 9, 3]], 3)), 1e-5);
    });
  });

  Deno.test(`smoke: ${name}: F16 and BF16 checkpoints load, as the numbers they hold`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const model = createModel({ ...config, initializer_range: 0.4 }, { labels });
      await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(model.json));
      const expected = predictLogits(model, batch);
      for (const [dtype, bits] of [["F16", 10], ["BF16", 7]] as const) {
        await writeSafetensors(
          `${folder}/model.safetensors`,
          [...model.parameters.values()].map((parameter) => ({
            name: parameter.name,
            shape: parameter.shape,
            dtype,
            data: parameter.data(),
          })),
        );
        const { model: loaded, report } = loadCheckpoint(folder);
        assert.deepEqual(report, { initialised: [], unused: [] });
        for (const [key, parameter] of loaded.parameters) {
          const original = model.parameters.get(key)!.data();
          parameter.data().forEach((x, i) => {
            // values below 2⁻¹⁴ are coarser in F16
            const allowed = Math.max(Math.abs(original[i]!) * 2 ** (-bits - 1), 2 ** -25);
            assert.ok(Math.abs(x - original[i]!) <= allowed, key);
          });
        }
        const actual = predictLogits(loaded, batch);
        near(actual, expected, dtype === "F16" ? 0.02 : 0.2, dtype);
        assert.notDeepEqual(actual, expected, "really rounded");
        disposeModel(loaded);
      }
      disposeModel(model);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  Deno.test(`${name}: what is saved loads as the same model`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const model = createModel({ ...config, initializer_range: 0.4 }, { labels });
      const expected = predictLogits(model, batch);
      await saveCheckpoint(model, folder);
      disposeModel(model);
      const { model: loaded, report } = loadCheckpoint(folder);
      assert.deepEqual(report, { initialised: [], unused: [] });
      assert.deepEqual(predictLogits(loaded, batch), expected);
      assert.deepEqual(loaded.json.architectures, [
        name === "llama" ? "LlamaForSequenceClassification" : "XLNetForSequenceClassification",
      ]);
      disposeModel(loaded);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("xlnet: segments are the same or different, whatever their numbers; none are not all the same", () => {
  using(createModel({ ...configs.xlnet, initializer_range: 0.4 }, { labels }), (model) => {
    const of = (...tokenTypeIds: number[]) =>
      predictLogits(model, { ...batch, tokenTypeIds: Int32Array.from(tokenTypeIds) });
    const pair = of(0, 0, 1, 2, 0, 1, 2, 3);
    assert.deepEqual(of(5, 5, 0, 9, 7, 3, 2, 8), pair);
    assert.notDeepEqual(of(0, 0, 0, 2, 0, 0, 2, 3), pair);
    assert.notDeepEqual(of(0, 0, 0, 0, 0, 0, 0, 0), predictLogits(model, batch));
  });
});

Deno.test("xlnet: bi_data wants an even number of rows", () => {
  using(createModel({ ...configs.xlnet, bi_data: true }, { labels }), (model) => {
    predictLogits(model, batch);
    assert.throws(() => predictLogits(model, tokenBatch([[2, 3]], 1)), /"bi_data": half of a batch's rows/);
  });
});

Deno.test("llama: without a padding id, the last token of a row is the last that the mask keeps", () => {
  const { pad_token_id: _, ...json } = configs.llama!;
  using(createModel({ ...json, initializer_range: 0.4 }, { labels }), (model) => {
    assert.equal(model.config.padId, null);
    const alone = rows.flatMap((row) => [...predictLogits(model, tokenBatch([row], 0))]);
    near(predictLogits(model, tokenBatch(rows, 0)), alone, 1e-5);
  });
});

Deno.test("llama: rows longer than the model's positions are computed, as transformers does", () => {
  using(createModel(configs.llama!, { labels }), (model) => {
    const logits = predictLogits(model, tokenBatch([new Int32Array(20).fill(5)], 1));
    assert.ok(logits.every(Number.isFinite));
  });
});

Deno.test("causal language model: a token is predicted by those before it, its loss is the mean over labels", () => {
  using(createModel({ ...configs.llama, initializer_range: 0.4 }, { task: "causal-lm" }), (model) => {
    const logits = predictLogits(model, batch);
    const changed = predictLogits(model, { ...batch, inputIds: Int32Array.of(2, 9, 33, 3, 2, 30, 3, 1) });
    near(changed.slice(0, 80), logits.slice(0, 80), 1e-6, "what stands before the change");
    assert.ok(Math.abs(changed[80]! - logits[80]!) > 1e-3, "what follows it");

    const surprise = (row: number, label: number) => {
      const values = [...logits.slice(row * 40, (row + 1) * 40)];
      return Math.log(values.reduce((sum, x) => sum + Math.exp(x), 0)) - values[label]!;
    };
    // the labels of a row's first token count for nothing
    const given = Int32Array.of(2, -100, 17, 3, 2, 30, -100, -100);
    const { loss, logits: chosen } = tf.tidy(() => lossOf(model, inferencePass("float32"), batch, given));
    assert.deepEqual(chosen.shape, [3, 40]);
    near(loss.dataSync(), [(surprise(1, 17) + surprise(2, 3) + surprise(4, 30)) / 3], 1e-5);
    tf.dispose([loss, chosen]);
    assert.throws(
      () =>
        lossOf(
          model,
          inferencePass("float32"),
          batch,
          Int32Array.of(2, -100, -100, -100, 2, -100, -100, -100),
        ),
      /None of the batch's 8 labels counts: all are -100 or at a row's first token/,
    );
  });
});

Deno.test("tied heads are not in the file, and not missed; Llama's old tables of frequencies are passed over", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const model = createModel({ ...configs.llama, tie_word_embeddings: true }, { task: "causal-lm" });
    await saveCheckpoint(model, folder);
    const file = openSafetensors(`${folder}/model.safetensors`);
    assert.ok(!file.names().includes("lm_head.weight"));
    file.close();
    const tensors = [...model.parameters.values()].map((parameter) => ({
      name: parameter.name,
      shape: parameter.shape,
      dtype: "F32" as const,
      data: parameter.data(),
    }));
    const old = { name: "model.layers.0.self_attn.rotary_emb.inv_freq", shape: [2], dtype: "F32" as const };
    await writeSafetensors(`${folder}/model.safetensors`, [...tensors, {
      ...old,
      data: new Float32Array(2),
    }]);
    const { model: loaded, report } = loadCheckpoint(folder, { task: "causal-lm" });
    assert.deepEqual(report, { initialised: [], unused: [] });
    assert.deepEqual(predictLogits(loaded, batch), predictLogits(model, batch));
    disposeModel(loaded);
    disposeModel(model);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

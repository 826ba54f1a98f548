/** What every architecture does beside giving PyTorch's numbers: fresh weights, dropout, errors, nothing left behind. */
import * as tf from "@tensorflow/tfjs";
import { take } from "../engine/testing/gradients.ts";
import assert from "node:assert/strict";
import { inferencePass, startEngine, Tape, trainingPass } from "../engine/mod.ts";
import { tokenBatch } from "./batch.ts";
import {
  configNames,
  createModel,
  describeModel,
  logitsOf,
  lossOf,
  namedConfig,
  parameterCount,
  predictLogits,
} from "./model.ts";
import { droppedLogits, smallConfigs, using } from "./testing/small.ts";

await startEngine();

const { xlnet: _, llama: __, ...configs } = smallConfigs(0);
const labels = ["가", "나", "다"];
const batch = tokenBatch([[2, 9, 17, 3], [2, 30, 3]], 1);

for (const [name, config] of Object.entries(configs)) {
  Deno.test(`${name}: fresh weights follow from the seed, as the config says`, () => {
    const values = (seed: number, json = config) =>
      using(
        createModel(json, { labels, seed }),
        (model) => new Map([...model.parameters].map(([key, parameter]) => [key, [...parameter.data()]])),
      );
    const first = values(7);
    assert.deepEqual(values(7), first);
    const other = values(8);
    const wide = values(7, { ...config, initializer_range: 0.5 });
    for (const [key, numbers] of first) {
      const isNorm = /norm\.weight$/i.test(key);
      if (key.endsWith("bias")) assert.ok(numbers.every((x) => x === 0), key);
      else if (isNorm) assert.ok(numbers.every((x) => x === 1), key);
      else {
        assert.notDeepEqual(other.get(key), numbers, key);
        const deviation = Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length);
        assert.ok(deviation > 0.013 && deviation < 0.027, `${key}: ${deviation}`);
        wide.get(key)!.forEach((x, i) => assert.ok(Math.abs(x - numbers[i]! * 25) < 1e-5, key));
      }
    }
    const matrices = [...first].filter(([key]) => key.endsWith("weight") && !/norm\.weight$/i.test(key));
    const starts = matrices.map(([, numbers]) => numbers.find((x) => x !== 0));
    assert.equal(new Set(starts).size, matrices.length, "no two parameters draw the same numbers");
    const word = first.get(`${name}.embeddings.word_embeddings.weight`)!;
    const width = word.length / 40;
    assert.ok(word.slice(width, 2 * width).every((x) => x === 0), "the padding token starts at zero");
    const position = first.get(`${name}.embeddings.position_embeddings.weight`)!.slice(width, 2 * width);
    assert.equal(position.every((x) => x === 0), name === "roberta", "so does RoBERTa's padding position");
  });

  const rates = name === "distilbert"
    ? ["dropout", "attention_dropout", "seq_classif_dropout"]
    : ["hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"];
  for (const rate of rates) {
    Deno.test(`${name}: ${rate} drops in training, by the seed, and not otherwise`, () => {
      // weights large enough for an attention that prefers some tokens
      const json = { ...config, classifier_dropout: 0, initializer_range: 0.5 };
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

  Deno.test(`${name}: as many dropouts as transformers has, each with a key of its own`, () => {
    const all = Object.fromEntries([...rates, "classifier_dropout"].map((rate) => [rate, 0.1]));
    using(createModel({ ...config, ...all }, { labels }), (model) => {
      const keys: string[] = [];
      const tape = new Tape();
      const pass = trainingPass(tape, "float32", 1, 0);
      const nextKey = () => {
        const key = pass.nextKey!();
        keys.push(String(key));
        return key;
      };
      tf.tidy(() => logitsOf(model, { ...pass, nextKey }, batch)).dispose();
      tape.clear();
      // the embeddings; attention and both sub-layers' ends; before the classes, in RoBERTa and ELECTRA before the layer above too
      const inHead = name === "roberta" || name === "electra" ? 2 : 1;
      assert.equal(keys.length, 1 + 3 * 2 + inHead);
      assert.equal(new Set(keys).size, keys.length);
    });
  });

  Deno.test(`${name}: with gradient checkpointing the gradients are the same`, () => {
    const rate = { hidden_dropout_prob: 0.2, dropout: 0.2, attention_probs_dropout_prob: 0.2 };
    using(createModel({ ...config, ...rate }, { labels }), (model) => {
      const gradients = (checkpointing: boolean) => {
        const tape = new Tape();
        const pass = trainingPass(tape, "float32", 3, 0, null, checkpointing);
        const { loss } = tf.tidy(() => lossOf(model, pass, batch, Int32Array.of(2, 0)));
        const found = tape.backward(loss);
        loss.dispose();
        const values = [...model.parameters.values()].map((
          parameter,
        ) => [...take(found.get(parameter)!)]);
        for (const parameter of model.parameters.values()) parameter.release();
        return values;
      };
      assert.deepEqual(gradients(true), gradients(false));
    });
  });

  Deno.test(`${name}: predictions and steps leave nothing in memory`, () => {
    using(createModel(config, { labels }), (model) => {
      // the first keeps the parameters' values at hand for the next
      predictLogits(model, batch);
      const before = tf.memory().numTensors;
      predictLogits(model, batch);
      assert.equal(tf.memory().numTensors, before);
      const step = () => {
        const tape = new Tape();
        const pass = trainingPass(tape, "float32", 3, 0);
        const { loss } = tf.tidy(() => ({ loss: lossOf(model, pass, batch, Int32Array.of(2, 0)).loss }));
        tape.backward(loss).forEach((gradient) => gradient.dispose());
        loss.dispose();
        for (const parameter of model.parameters.values()) parameter.release();
        return tf.memory().numTensors;
      };
      assert.equal(step(), step());
    });
  });

  Deno.test(`${name}: what a model cannot take is an error that says where`, () => {
    using(createModel(config, { labels }), (model) => {
      const throws = (change: Partial<typeof batch>, message: RegExp) =>
        assert.throws(() => predictLogits(model, { ...batch, ...change }), message);
      throws(
        { inputIds: Int32Array.of(2, 9, 17, 3, 2, 40, 3, 1) },
        /Token id 40 at row 1, position 1 is outside the model's 40: the tokenizer is another model's/,
      );
      throws({ inputIds: Int32Array.of(2, -1, 17, 3, 2, 4, 3, 1) }, /Token id -1 at row 0, position 1/);
      throws({ inputIds: Int32Array.of(2, 3) }, /inputIds has 2 entries; a batch of 2 x 4 has 8/);
      throws({ attentionMask: new Int32Array(9) }, /attentionMask has 9 entries/);
      throws({ tokenTypeIds: new Int32Array(1) }, /tokenTypeIds has 1 entries/);
      throws({ batch: 0, inputIds: new Int32Array(0) }, /A batch of 0 x 4 has no tokens/);
      const most = model.config.maxLength;
      predictLogits(model, tokenBatch([new Int32Array(most).fill(5)], 1));
      assert.throws(
        () => predictLogits(model, tokenBatch([new Int32Array(most + 1).fill(5)], 1)),
        { message: `A row has ${most + 1} tokens; the model takes ${most} at most. Truncate when encoding.` },
      );
      const loss = (given: Int32Array) => lossOf(model, inferencePass("float32"), batch, given);
      assert.throws(() => loss(Int32Array.of(1)), /1 labels are given for 2 texts/);
      assert.throws(() => loss(Int32Array.of(1, 3)), /Label 3 of example 1 is outside the model's 3 classes/);
    });
  });

  Deno.test(`${name}: a masked language model gives the rows asked for`, () => {
    using(createModel(config, { task: "masked-lm" }), (model) => {
      const all = predictLogits(model, batch);
      assert.equal(all.length, 2 * 4 * 40);
      const some = tf.tidy(() => logitsOf(model, inferencePass("float32"), batch, Int32Array.of(5, 1)));
      const expected = [...all.slice(5 * 40, 6 * 40), ...all.slice(40, 80)];
      some.dataSync().forEach((x, i) => assert.ok(Math.abs(x - expected[i]!) < 1e-5));
      some.dispose();
      assert.throws(
        () => lossOf(model, inferencePass("float32"), batch, Int32Array.of(1, 2)),
        /2 labels are given for 8 tokens/,
      );
    });
  });
}

for (const [name, config] of Object.entries(configs)) {
  Deno.test(`${name}: texts that share a row do not see one another`, () => {
    const logits = (rows: number[][], textIds?: number[]) =>
      using(createModel({ ...config, initializer_range: 0.3 }, { task: "masked-lm", seed: 5 }), (model) => {
        const tokens = tokenBatch(rows, 1);
        return [
          ...predictLogits(model, { ...tokens, ...(textIds && { textIds: Int32Array.from(textIds) }) }),
        ];
      });
    const of = (values: number[], from: number, to: number) => values.slice(40 * from, 40 * to);
    const close = (a: number[], b: number[]) => a.every((x, i) => Math.abs(x - b[i]!) < 1e-5);
    const alone = logits([[2, 9, 17, 3]]);
    const ids = [7, 7, 7, 7, 9, 9, 9];
    const shared = logits([[2, 9, 17, 3, 2, 30, 3]], ids), other = logits([[2, 8, 20, 3, 2, 30, 3]], ids);
    assert.ok(close(of(shared, 0, 4), alone));
    assert.ok(close(of(shared, 4, 7), of(other, 4, 7)), "the second text does not see the first");
    assert.ok(
      !close(of(logits([[2, 9, 17, 3, 2, 30, 3]]), 0, 4), alone),
      "without the texts' numbers all is one",
    );
    // a shorter row beside it: its padding is seen by nobody
    const padded = logits([[2, 9, 17, 3, 2, 30, 3], [2, 9, 17, 3]], [...ids, 7, 7, 7, 7, -1, -1, -1]);
    assert.ok(close(of(padded, 7, 11), alone));
  });
}

Deno.test("segments: checked where the model has several, not looked at where it has one, as KLUE-RoBERTa", () => {
  const pair = { ...batch, tokenTypeIds: Int32Array.of(0, 0, 1, 1, 0, 1, 1, 0) };
  using(createModel(configs.bert!, { labels }), (model) => {
    assert.notDeepEqual(predictLogits(model, pair), predictLogits(model, batch));
    assert.throws(
      () => predictLogits(model, { ...batch, tokenTypeIds: Int32Array.of(0, 0, 0, 0, 0, 0, 2, 0) }),
      /Token type 2 at row 1, position 2 is outside the model's 2/,
    );
  });
  using(createModel({ ...configs.roberta, type_vocab_size: 1 }, { labels }), (model) => {
    assert.deepEqual(predictLogits(model, pair), predictLogits(model, batch));
  });
});

Deno.test("RoBERTa counts the positions of tokens, not of padding", () => {
  using(createModel(configs.roberta!, { labels }), (model) => {
    // 12 rows of positions, the first two not for tokens: ten tokens fit, however much padding there is
    const row = [...new Array(10).fill(5), ...new Array(20).fill(1)];
    const tokens = tokenBatch([row], 1);
    tokens.attentionMask.fill(0, 10);
    const long = predictLogits(model, tokens),
      short = predictLogits(model, tokenBatch([row.slice(0, 10)], 1));
    long.forEach((x, i) => assert.ok(Math.abs(x - short[i]!) < 1e-5));
  });
});

Deno.test("DistilBERT: sinusoidal positions", () => {
  using(createModel({ ...configs.distilbert, sinusoidal_pos_embds: true }, { labels }), (model) => {
    const values = model.parameters.get("distilbert.embeddings.position_embeddings.weight")!.data();
    const expected = [
      Math.sin(3),
      Math.cos(3),
      Math.sin(3 / 10000 ** (2 / 16)),
      Math.cos(3 / 10000 ** (2 / 16)),
    ];
    expected.forEach((x, i) => assert.ok(Math.abs(values[3 * 16 + i]! - x) < 1e-6));
  });
});

Deno.test("tokenBatch pads on the right", () => {
  assert.deepEqual(batch, {
    batch: 2,
    length: 4,
    inputIds: Int32Array.of(2, 9, 17, 3, 2, 30, 3, 1),
    attentionMask: Int32Array.of(1, 1, 1, 1, 1, 1, 1, 0),
  });
});

Deno.test("named configurations take the tokenizer's vocabulary", () => {
  for (const name of configNames) {
    using(createModel(namedConfig(name, { vocabSize: 60, padId: 4 }), { labels }), (model) => {
      assert.deepEqual([model.config.vocabularySize, model.config.padId], [60, 4]);
      assert.ok(parameterCount(model) > 2e6);
    });
  }
  assert.throws(() => namedConfig("kobert-huge", { vocabSize: 1, padId: 0 }), /Known: kobert-small-scratch/);
});

Deno.test("named configurations classify a text alike alone and padded, whatever the padding id", () => {
  for (const name of configNames) {
    const padId = 50, json = namedConfig(name, { vocabSize: 60, padId, clsId: 2, sepId: 3 });
    using(createModel(json, { labels, seed: 3 }), (model) => {
      const logits = (...rows: number[][]) =>
        [...predictLogits(model, tokenBatch(rows, padId, model.architecture.paddingSide))].slice(0, 3);
      const short = [2, 30, 41, 3], alone = logits(short);
      logits(short, [2, 9, 17, 22, 30, 41, 8, 3]).forEach((x, i) =>
        assert.ok(Math.abs(x - alone[i]!) < 1e-5, `${name}: ${x} instead of ${alone[i]}`)
      );
      assert.ok(logits([2, ...new Array(510).fill(9), 3]).every(Number.isFinite), name);
    });
  }
});

Deno.test("named configurations are of comparable size with the bundled vocabulary", () => {
  for (const name of configNames) {
    const { specs } = describeModel(namedConfig(name, { vocabSize: 6000, padId: 1 }), name, { labels });
    const millions = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0) / 1e6;
    assert.ok(millions > 4 && millions < 5.1, `${name}: ${millions} million`);
  }
});

Deno.test("labels that are given take the place of the config's", () => {
  const json = { ...configs.bert, num_labels: 5, id2label: { 0: "x", 1: "y" }, label2id: { x: 0, y: 1 } };
  using(createModel(json, { labels }), (model) => {
    assert.deepEqual(model.config.labels, labels);
    assert.deepEqual(model.json, {
      ...configs.bert,
      id2label: { 0: "가", 1: "나", 2: "다" },
      label2id: { 가: 0, 나: 1, 다: 2 },
    });
  });
});

Deno.test("two classes of one name are refused", () => {
  assert.throws(
    () => createModel(configs.bert!, { labels: ["발라드", "댄스", "발라드"] }),
    /the name "발라드"/,
  );
});

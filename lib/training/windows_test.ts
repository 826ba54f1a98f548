import { take } from "../engine/testing/gradients.ts";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../ground/mod.ts";
import { startEngine, Tape, trainingPass } from "../engine/mod.ts";
import { createModel, disposeModel, type JsonObject, lossOf, predictLogits } from "../models/mod.ts";
import { type Song, songOf, songsFrame } from "../songs/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { collate, type Example, inOrder, microBatches } from "./batches.ts";
import { type Classifier, loadClassifier, saveClassifier } from "./classifier.ts";
import { classifySongs } from "./classify.ts";
import { fineTune } from "./fine_tune.ts";
import { tinyRecipe, tinyTextConfig } from "./testing/tiny.ts";
import { pieceOf, textReader, windowsOf } from "./windows.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();
const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
const { clsId, sepId, padId } = tokenizer;

Deno.test("windowsOf: as few as reach over all, of equal length, neighbours sharing the overlap at least", () => {
  for (
    const [tokens, room, overlap] of [[10, 10, 2], [11, 10, 2], [100, 10, 2], [267, 254, 32], [
      900,
      254,
      32,
    ]] as const
  ) {
    const spans = windowsOf(tokens, room, overlap, 1000);
    assert.equal(spans[0]![0], 0);
    assert.equal(spans.at(-1)![1], tokens);
    const lengths = spans.map(([from, to]) => to - from);
    assert.ok(lengths.every((length) => length === lengths[0] && length <= room), `${lengths}`);
    spans.slice(1).forEach(([from], i) => assert.ok(spans[i]![1] - from >= overlap, JSON.stringify(spans)));
    const shared = Math.min(overlap, room >> 2);
    assert.ok(
      spans.length === 1 || (spans.length - 1) * (room - shared) + shared < tokens,
      "one less would not do",
    );
  }
  assert.deepEqual(windowsOf(1000, 10, 2, 3), [[0, 10], [495, 505], [990, 1000]]);
  assert.deepEqual(windowsOf(12, 10, 0, 1), [[0, 10]]);
  assert.deepEqual(windowsOf(0, 10, 2, 3), [[0, 0]]);
});

Deno.test("textReader: every token of a text is in a window, each with its special tokens; 1 window cuts", () => {
  const text = "막차가 떠난 정류장에서 네 이름을 불러 본다 ".repeat(10);
  const { ids } = tokenizer.encode(text, { addSpecialTokens: false });
  const { windows, inputIds } = textReader(tokenizer, { maxLength: 24, maxWindows: 99, windowOverlap: 4 })(
    text,
  );
  assert.deepEqual([...inputIds], [clsId, ...ids, sepId]);
  assert.ok(windows!.every((row) => row[0] === clsId && row.at(-1) === sepId && row.length <= 24));
  const seen = windows!.flatMap((row, i) => [...row.slice(1, -1)].slice(i === 0 ? 0 : -1));
  assert.equal(windows!.length, Math.ceil((ids.length - 4) / (22 - 4)));
  assert.equal(seen[0], ids[0]);
  assert.equal(seen.at(-1), ids.at(-1));
  const cut = textReader(tokenizer, { maxLength: 24, maxWindows: 1, windowOverlap: 4 })(text);
  assert.deepEqual(cut, { inputIds: Int32Array.from([clsId, ...ids.slice(0, 22), sepId]) });
});

Deno.test("pieceOf: tokens of a text that follow one another, each place as likely, between the special tokens; a short text whole", () => {
  const text = Int32Array.from([2, 10, 11, 12, 13, 14, 3]), random = seededRandom(7);
  const piece = (length: number) => pieceOf({ inputIds: text }, length, [[2], [3]], random).join(" ");
  const counts = new Map<string, number>();
  for (let i = 0; i < 3000; i++) counts.set(piece(5), (counts.get(piece(5)) ?? 0) + 1);
  assert.deepEqual([...counts.keys()].sort(), ["2 10 11 12 3", "2 11 12 13 3", "2 12 13 14 3"]);
  assert.ok([...counts.values()].every((count) => Math.abs(count - 1000) < 100), `${[...counts]}`);
  assert.equal(piece(7), text.join(" "));
  assert.equal(piece(100), text.join(" "));
  assert.match(piece(2), /^2 1[0-4] 3$/, "never nothing but special tokens");
  // special tokens behind the text alone, and none at all
  assert.deepEqual(
    [...pieceOf({ inputIds: Int32Array.from([10, 4, 5]) }, 3, [[], [4, 5]], random)],
    [10, 4, 5],
  );
  assert.match(
    pieceOf({ inputIds: Int32Array.from([7, 8, 9]) }, 2, [[], []], random).join(" "),
    /^7 8$|^8 9$/,
  );
});

const config = (change: JsonObject): JsonObject =>
  tinyTextConfig(tokenizer, {
    initializer_range: 0.2,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    ...change,
  });

const kinds: Record<string, JsonObject> = {
  bert: {},
  roberta: { model_type: "roberta", max_position_embeddings: 70 },
  electra: { model_type: "electra", embedding_size: 16 },
  distilbert: {
    model_type: "distilbert",
    dim: 16,
    n_heads: 2,
    n_layers: 1,
    hidden_dim: 32,
    dropout: 0,
    attention_dropout: 0,
    seq_classif_dropout: 0,
  },
  xlnet: {
    model_type: "xlnet",
    d_model: 16,
    n_head: 2,
    n_layer: 1,
    d_inner: 32,
    dropout: 0,
    summary_last_dropout: 0,
  },
  llama: { model_type: "llama" },
};

for (const [kind, change] of Object.entries(kinds)) {
  Deno.test(`windows of ${kind}: the song's logits are the mean of its windows', its gradients the mean of theirs`, () => {
    const model = createModel(config(change), { labels: ["a", "b", "c"], seed: 3 });
    const { paddingSide } = model.architecture;
    const row = (length: number, first: number) => Int32Array.from({ length }, (_, i) => first + i);
    const windows = [row(9, 100), row(9, 300), row(7, 500)];
    const song: Example = { songId: "long", inputIds: row(20, 100), windows, label: 1, weight: 1 };
    const other: Example = { songId: "short", inputIds: row(5, 700), label: 2, weight: 1 };
    const batchOf = (examples: Example[]) => collate(examples, { padId, paddingSide }).tokens;
    const apart = [...windows, other.inputIds].map((inputIds) => [
      ...predictLogits(model, batchOf([{ ...other, inputIds }])),
    ]);
    const together = predictLogits(model, batchOf([song, other]));
    assert.equal(together.length, 6);
    for (let k = 0; k < 3; k++) {
      const mean = (apart[0]![k]! + apart[1]![k]! + apart[2]![k]!) / 3;
      assert.ok(Math.abs(together[k]! - mean) < 1e-5, `${together[k]} instead of ${mean}`);
      assert.ok(Math.abs(together[3 + k]! - apart[3]![k]!) < 1e-5);
    }
    // the gradient by finite differences, of one weight of the head
    const parameter = [...model.parameters.values()].findLast(({ shape }) => shape.length === 2)!;
    const lossAt = (shift: number) => {
      const values = parameter.data().slice();
      values[5] = values[5]! + shift;
      const held = parameter.data().slice();
      parameter.assign(values);
      const tape = new Tape();
      const { loss, logits } = lossOf(
        model,
        trainingPass(tape, "float32", 7, 0),
        batchOf([song, other]),
        Int32Array.of(1, 2),
      );
      const gradient = take(tape.backward(loss).get(parameter)!)[5]!;
      const value = loss.dataSync()[0]!;
      loss.dispose();
      logits.dispose();
      parameter.assign(held);
      return { value, gradient };
    };
    const expected = (lossAt(1e-2).value - lossAt(-1e-2).value) / 2e-2;
    assert.ok(Math.abs(lossAt(0).gradient - expected) < 2e-4 + 1e-2 * Math.abs(expected), `${expected}`);
    disposeModel(model);
  });
}

Deno.test("microBatches: a song's windows stay together and count", () => {
  const of = (rows: number, length: number): Example => ({
    songId: `${rows}`,
    inputIds: new Int32Array(rows * length),
    ...(rows > 1 && { windows: Array.from({ length: rows }, () => new Int32Array(length)) }),
    label: 0,
    weight: 1,
  });
  const parts = microBatches(inOrder([of(1, 10), of(3, 8), of(2, 9), of(9, 10)]), 50);
  assert.deepEqual(parts.map(({ examples }) => examples.map(({ songId }) => songId)), [["3", "2"], ["1"], [
    "9",
  ]]);
  assert.deepEqual(parts.map(({ rowsBefore }) => rowsBefore), [0, 5, 6]);
});

Deno.test("a classifier reads songs in windows where its recipe says so, and again after it was saved", async () => {
  const labels = ["발라드", "댄스"];
  const filler = "그리고 또 하루가 지나가고 우리는 다시 걸어가네 ".repeat(6);
  // the words that tell the genre stand where a row of 24 tokens does not reach
  const song = (i: number): Song =>
    songOf({
      id: `s${i}`,
      genres: [labels[i % 2]!],
      lyrics: `${filler}${i % 2 === 0 ? "눈물 이별" : "춤 파티"}`,
    });
  const songs = Array.from({ length: 24 }, (_, i) => song(i));
  const accuracy = async (maxWindows: number, folder: string) => {
    const model = createModel(config({}), { labels, seed: 5 });
    const classifier: Classifier = { model, tokenizer, labels, notes: [] };
    await fineTune(classifier, { train: songsFrame(songs), validation: songsFrame(songs.slice(0, 4)) }, {
      ...tinyRecipe,
      epochs: 15,
      maxLength: 24,
      maxWindows,
      windowOverlap: 4,
      learningRate: 1e-2,
    });
    await saveClassifier(classifier, folder);
    const loaded = await loadClassifier(folder);
    const [here, there] = [await classifySongs(classifier, songs), await classifySongs(loaded, songs)];
    assert.deepEqual(there.map(({ genre }) => genre), here.map(({ genre }) => genre));
    disposeModel(model);
    disposeModel(loaded.model);
    return here.filter(({ genre }, i) => genre === labels[i % 2]).length / songs.length;
  };
  await withFolder(async (folder) => {
    assert.equal(await accuracy(8, folder), 1);
    assert.equal(await accuracy(1, folder), 0.5);
  });
});

/** Checkpoints as people have them: what is loaded, what is refused with a remedy, what is said of it. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEngine } from "../engine/mod.ts";
import {
  createModel,
  disposeModel,
  type JsonObject,
  type ModelOptions,
  openCheckpoint,
  saveCheckpoint,
  writeSafetensors,
} from "../models/mod.ts";
import { type Song, songOf, songsFrame } from "../songs/mod.ts";
import {
  checkTrainable,
  checkTrained,
  type Classifier,
  loadClassifier,
  paddingOf,
  trainableOf,
} from "./classifier.ts";
import { classifySongs } from "./classify.ts";
import { fineTune } from "./fine_tune.ts";
import { loadLanguageModel } from "./language_model.ts";
import { packTexts, pretrain } from "./pretrain.ts";
import { type Recipe, testRecipe } from "./recipe.ts";
import { bundledTokenizer } from "./sources.ts";
import { weightsOf } from "./testing/tiny.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const testdata = fileURLToPath(new URL("../tokenizer/testdata/", import.meta.url));
const labels = ["발라드", "댄스"];
const recipe: Recipe = {
  ...testRecipe,
  precision: "float32",
  batchSize: 8,
  maxLength: 32,
  microBatchTokens: null,
};

const songs: Song[] = Array.from({ length: 24 }, (_, i) =>
  songOf({
    id: `s${i}`,
    songName: `노래 ${i}`,
    artists: ["가수"],
    genres: [labels[i % 2]!],
    // of different lengths, so that there is something to pad
    lyrics: (i % 2 === 0 ? "나는 봄날에 창가에서 편지를 기다려요" : "바람은 오늘도 노래를 부르네") +
      " 너는".repeat(i % 5),
  }));
const data = { train: songsFrame(songs.slice(0, 16)), validation: songsFrame(songs.slice(16)) };

type Files = Record<string, string | Uint8Array | object>;

/** Writes a small checkpoint of random weights: its config, its tokenizer's files, and the parameters by what `named` calls them. */
async function writeModel(
  folder: string,
  config: JsonObject,
  files: Files,
  { named = (name) => name, ...options }: ModelOptions & { named?: (name: string) => string | null } = {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const model = createModel({ initializer_range: 0.2, ...config }, { seed: 1, ...options });
  await saveCheckpoint(model, folder);
  disposeModel(model);
  const path = join(folder, "model.safetensors"), file = openCheckpoint(path);
  const tensors = file.names().flatMap((name) => {
    const other = named(name);
    return other === null
      ? []
      : [{ name: other, dtype: "F32" as const, shape: file.info(name).shape, data: file.read(name) }];
  });
  file.close();
  await writeSafetensors(path, tensors);
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(config));
  for (const [name, content] of Object.entries(files)) {
    if (content instanceof Uint8Array) await Deno.writeFile(join(folder, name), content);
    else {await Deno.writeTextFile(
        join(folder, name),
        typeof content === "string" ? content : JSON.stringify(content),
      );}
  }
}

const lines = (words: readonly string[]) => words.map((word) => `${word}\n`).join("");
const kobertModel = () => Deno.readFileSync(`${testdata}songs.model`);
const kobertVocabulary = Object.keys(JSON.parse(Deno.readTextFileSync(`${testdata}songs_vocab.json`)));
const wordPieces = Deno.readTextFileSync(`${testdata}wordpiece_vocab.txt`);
const wordPieceCount = wordPieces.trimEnd().split("\n").length;

const bert = {
  model_type: "bert",
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 24,
  max_position_embeddings: 40,
};
/** A BERT with WordPiece, as many are. */
const plainBert = { ...bert, vocab_size: wordPieceCount, pad_token_id: 0 };
const plainFiles: Files = {
  "vocab.txt": wordPieces,
  "tokenizer_config.json": { tokenizer_class: "BertTokenizer", do_lower_case: false },
};

/** Trains some steps, and checks that something was learnt and that the best model opens and tells the same. */
async function trains(classifier: Classifier, output: string, changes: Partial<Recipe> = {}): Promise<void> {
  const before = weightsOf(classifier.model);
  const run = await fineTune(classifier, data, { ...recipe, ...changes }, { output });
  assert.equal(run.ended, "finished");
  const after = weightsOf(classifier.model);
  assert.ok(Object.keys(before).some((name) => before[name]!.some((value, i) => value !== after[name]![i])));
  const best = await loadClassifier(run.bestFolder!);
  assert.deepEqual(best.labels, labels);
  assert.ok(!best.notes.some((note) => note.includes("freshly drawn")), `${best.notes}`);
  const told = await classifySongs(best, songs.slice(0, 5), { precision: "float32" });
  // alone, without any padding
  for (const [i, song] of songs.slice(0, 5).entries()) {
    const [alone] = await classifySongs(best, [song], { precision: "float32" });
    alone!.logits.forEach((value, k) =>
      assert.ok(Math.abs(value - told[i]!.logits[k]!) < 1e-5, "whatever stands beside it")
    );
  }
  disposeModel(best.model);
}

const isHead = (name: string) => /^(classifier|pre_classifier|score)\./.test(name);

Deno.test("a checkpoint without a trained classifier answers nothing: it is refused, and takes a new head when given genres", () =>
  withFolder(async (folder) => {
    const parts: [string, (name: string) => boolean, RegExp][] = [
      [
        "encoder",
        isHead,
        /encoder has no trained classifier in it: its files lack classifier\.weight, classifier\.bias, which/,
      ],
      [
        "pooler",
        (name) => name.startsWith("bert.pooler."),
        /its files lack bert\.pooler\.dense\.weight, bert\.pooler\.dense\.bias, which/,
      ],
    ];
    for (const [name, missing, says] of parts) {
      const path = join(folder, name);
      await writeModel(path, plainBert, plainFiles, { labels, named: (name) => missing(name) ? null : name });
      await assert.rejects(loadClassifier(path), says);
      await assert.rejects(checkTrained(path), says);
      await assert.rejects(
        loadClassifier(path),
        new RegExp(`Train it first: deno task train -- --model ${path}$`),
      );
      const classifier = await loadClassifier(path, { labels });
      assert.ok(classifier.notes.some((note) => note.startsWith("freshly drawn: ")), `${classifier.notes}`);
      await trains(classifier, join(folder, `${name} run`));
      disposeModel(classifier.model);
    }
  }));

Deno.test("a checkpoint for regression: a new head, noted; no classifier without genres", () =>
  withFolder(async (folder) => {
    const path = join(folder, "sts");
    const config = {
      ...plainBert,
      problem_type: "regression",
      id2label: { 0: "LABEL_0" },
      label2id: { LABEL_0: 0 },
    };
    await writeModel(path, config, plainFiles, {
      labels: ["하나", "둘"],
      named: (name) => isHead(name) ? null : name,
    });
    const file = openCheckpoint(path);
    const tensors = file.names().map((name) => ({
      name,
      dtype: "F32" as const,
      shape: file.info(name).shape,
      data: file.read(name),
    }));
    file.close();
    const head = [
      {
        name: "classifier.weight",
        dtype: "F32" as const,
        shape: [1, 16],
        data: new Float32Array(16).fill(0.1),
      },
      { name: "classifier.bias", dtype: "F32" as const, shape: [1], data: new Float32Array(1) },
    ];
    await writeSafetensors(join(path, "model.safetensors"), [...tensors, ...head]);
    await assert.rejects(
      loadClassifier(path),
      /gives a number, not classes\. Train it first \(deno task train/,
    );
    const classifier = await loadClassifier(path, { labels });
    assert.deepEqual(classifier.notes, [
      "a new head: the checkpoint's was for numbers (regression)",
      "freshly drawn: classifier.weight, classifier.bias",
    ]);
    await trains(classifier, join(folder, "run"));
    disposeModel(classifier.model);
  }));

/** A tokenizer of bytes as Llama's, with tokens that begin and end a text and none to pad with. */
function byteTokenizer(): Files {
  const kept = [[33, 126], [161, 172], [174, 255]].flatMap(([first, last]) =>
    Array.from({ length: last! - first! + 1 }, (_, i) => first! + i)
  );
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !kept.includes(byte));
  const vocab = Object.fromEntries([
    ...kept.map((byte) => [String.fromCharCode(byte), byte]),
    ...others.map((byte, i) => [String.fromCharCode(256 + i), byte]),
  ]);
  const ends = ["<|begin_of_text|>", "<|end_of_text|>"].map((content, i) => ({
    id: 256 + i,
    content,
    special: true,
  }));
  const begin = { SpecialToken: { id: ends[0]!.content, type_id: 0 } };
  return {
    "tokenizer.json": {
      added_tokens: ends,
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
      post_processor: {
        type: "TemplateProcessing",
        single: [begin, { Sequence: { id: "A", type_id: 0 } }],
        pair: [begin, { Sequence: { id: "A", type_id: 0 } }, begin, { Sequence: { id: "B", type_id: 1 } }],
        special_tokens: {
          [ends[0]!.content]: { id: ends[0]!.content, ids: [256], tokens: [ends[0]!.content] },
        },
      },
      decoder: { type: "ByteLevel" },
      model: { type: "BPE", vocab, merges: [] },
    },
    "tokenizer_config.json": {
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: ends[0]!.content,
      eos_token: ends[1]!.content,
    },
  };
}

const llama = {
  model_type: "llama",
  vocab_size: 258,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  intermediate_size: 24,
  max_position_embeddings: 256,
  tie_word_embeddings: true,
  bos_token_id: 256,
  eos_token_id: 257,
};

Deno.test("a Llama without a padding token learns, whole and by LoRA, tells songs and texts alike in any batch, and says so", () =>
  withFolder(async (folder) => {
    const path = join(folder, "llama");
    await writeModel(path, llama, byteTokenizer(), { task: "causal-lm" });
    for (const changes of [{}, { loraRank: 2 }]) {
      const classifier = await loadClassifier(path, { labels });
      assert.equal(paddingOf(classifier), 0);
      assert.match(
        classifier.notes.join("\n"),
        /has no padding token: .*Python needs one.*\("pad_token": "<\|end_of_text\|>" in tokenizer_config\.json\)/,
      );
      await trains(classifier, join(folder, `run ${Object.keys(changes)}`), { maxLength: 200, ...changes });
      disposeModel(classifier.model);
    }
    const language = await loadLanguageModel(path);
    const rows = (some: Song[]) => packTexts(language, some.map(({ lyrics }) => lyrics), 200);
    const run = await pretrain(
      language,
      { train: rows(songs.slice(4)), validation: rows(songs.slice(0, 4)) },
      {
        ...recipe,
        bestMetric: "loss",
        maxLength: 200,
      },
    );
    assert.equal(run.ended, "finished");
    disposeModel(language.model);
    // a model from scratch with such a tokenizer
    const fresh = await loadClassifier("kobert-small-scratch", { labels, tokenizer: path });
    assert.equal(trainableOf(fresh).padId, 0);
    disposeModel(fresh.model);
    await assert.rejects(
      loadClassifier("roberta-small", { labels, tokenizer: path }),
      /roberta-small counts its positions from the padding token, and the tokenizer has none: name one/,
    );
  }));

Deno.test("rows are padded with what the model goes by, where its tokenizer says otherwise", () =>
  withFolder(async (folder) => {
    const files = byteTokenizer();
    files["tokenizer_config.json"] = {
      ...files["tokenizer_config.json"] as object,
      pad_token: "<|end_of_text|>",
    };
    await writeModel(folder, { ...llama, pad_token_id: 0 }, files, { labels });
    const classifier = await loadClassifier(folder);
    assert.deepEqual([classifier.tokenizer.padId, paddingOf(classifier)], [257, 0]);
    const [first, second] = await classifySongs(classifier, [songs[0]!, songs[9]!], { precision: "float32" });
    for (const [told, song] of [[first, songs[0]], [second, songs[9]]] as const) {
      const [alone] = await classifySongs(classifier, [song!], { precision: "float32" });
      alone!.logits.forEach((value, k) => assert.ok(Math.abs(value - told!.logits[k]!) < 1e-5));
    }
    disposeModel(classifier.model);
  }));

Deno.test("a tokenizer that does not know the texts: refused before training and before answers, or spoken of", () =>
  withFolder(async (folder) => {
    // an English tokenizer
    const letters = [..."abcdefghijklmnopqrstuvwxyz"];
    const words = [
      "[PAD]",
      "[UNK]",
      "[CLS]",
      "[SEP]",
      "[MASK]",
      ...letters,
      ...letters.map((letter) => `##${letter}`),
    ];
    const english = join(folder, "english");
    await writeModel(english, { ...bert, vocab_size: words.length, pad_token_id: 0 }, {
      "vocab.txt": lines(words),
    }, { labels });
    const classifier = await loadClassifier(english, { labels });
    const refused =
      /100 % of the texts' tokens are unknown to the tokenizer \(\[UNK\]; .*--model.*--tokenizer/;
    const output = join(folder, "run");
    await assert.rejects(fineTune(classifier, data, recipe, { output }), refused);
    await assert.rejects(Deno.stat(output), Deno.errors.NotFound, "nothing was begun");
    await assert.rejects(classifySongs(classifier, songs), refused);
    // nothing to know is nothing unknown
    assert.equal((await classifySongs(classifier, [{ ...songs[0]!, lyrics: "" }])).length, 1);

    const mixed = songs.map((song, i) => ({ ...song, lyrics: i % 3 === 0 ? "나는 너를" : "abc def ghi" }));
    const notes: string[] = [];
    await classifySongs(classifier, mixed, { onNote: (note) => notes.push(note) });
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, /^\d+ % of the texts' tokens are unknown .*is lost on the model/);
    const told: string[] = [];
    const frames = { train: songsFrame(mixed.slice(0, 16)), validation: songsFrame(mixed.slice(16)) };
    await fineTune(classifier, frames, recipe, { callbacks: [{ onLog: (line) => void told.push(line) }] });
    assert.match(told[0]!, /^\d+ % of the texts' tokens are unknown/);
    disposeModel(classifier.model);
  }));

Deno.test("a tokenizer with more tokens than its model is refused, one with far fewer is told of", () =>
  withFolder(async (folder) => {
    const of = async (name: string, tokens: number) => {
      await writeModel(join(folder, name), { ...plainBert, vocab_size: tokens }, { "vocab.txt": wordPieces });
      return join(folder, name);
    };
    await assert.rejects(
      loadClassifier(await of("small", wordPieceCount - 1)),
      new RegExp(
        `has ${wordPieceCount} tokens, the model in .*small ${
          wordPieceCount - 1
        }: they do not belong together`,
      ),
    );
    for (
      const [tokens, notes] of [[wordPieceCount, 0], [Math.ceil(wordPieceCount / 0.95), 0], [
        2 * wordPieceCount,
        1,
      ]] as const
    ) {
      const source = await of(String(tokens), tokens);
      for (const loaded of [await loadClassifier(source), await loadLanguageModel(source)]) {
        const told = loaded.notes.filter((note) =>
          note.includes(`has ${wordPieceCount} tokens, the model ${tokens}: if`)
        );
        assert.equal(told.length, notes, `${tokens}: ${loaded.notes}`);
        disposeModel(loaded.model);
      }
    }
  }));

Deno.test("KoBERT's vocab.txt without its model is refused, with the file that is missing", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "vocab.txt"), lines(kobertVocabulary));
    await assert.rejects(
      loadClassifier("kobert-small-scratch", { labels, tokenizer: folder }),
      /vocab\.txt lists the pieces of a SentencePiece model .*the model is not beside it/,
    );
    await Deno.writeFile(join(folder, "tokenizer_78b3253a26.model"), kobertModel());
    const classifier = await loadClassifier("kobert-small-scratch", { labels, tokenizer: folder });
    assert.equal(classifier.tokenizer.kind, "kobert-monologg");
    disposeModel(classifier.model);
  }));

/** Folders laid out as those on the Hub are. */
const layouts: Record<string, (folder: string) => Promise<void>> = {
  // DistilBERT, bare, with KoBERT's tokenizer
  "monologg/distilkobert": (folder) =>
    writeModel(
      folder,
      {
        model_type: "distilbert",
        vocab_size: kobertVocabulary.length,
        dim: 16,
        n_layers: 2,
        n_heads: 2,
        hidden_dim: 24,
        max_position_embeddings: 40,
        pad_token_id: 3,
      },
      { "vocab.txt": lines(kobertVocabulary), "tokenizer_78b3253a26.model": kobertModel() },
      {
        labels,
        named: (name) => isHead(name) ? null : name,
      },
    ),
  // embeddings narrower than the layers, and the parts of a discriminator
  "monologg/koelectra-small-v3-discriminator": (folder) =>
    writeModel(
      folder,
      {
        model_type: "electra",
        architectures: ["ElectraForPreTraining"],
        vocab_size: wordPieceCount,
        embedding_size: 8,
        hidden_size: 16,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        intermediate_size: 24,
        max_position_embeddings: 40,
        summary_type: "first",
        summary_use_proj: true,
        summary_activation: "gelu",
        summary_last_dropout: 0.1,
        position_embedding_type: "absolute",
        type_vocab_size: 2,
        pad_token_id: 0,
      },
      { "vocab.txt": wordPieces, "tokenizer_config.json": { do_lower_case: false, model_max_length: 512 } },
      {
        labels,
        named: (name) => name.replace(/^classifier\.(dense|out_proj)\./, "discriminator_predictions.$1."),
      },
    ),
  // a BERT, bare, with XLM-RoBERTa's tokenizer
  "intfloat/multilingual-e5-small": (folder) => {
    const pieces = [
      "<s>",
      "<pad>",
      "</s>",
      "<unk>",
      "▁",
      ..."나는봄날에창가서편지를기다려요바람은오늘도노래부르네너",
      "<mask>",
    ];
    return writeModel(folder, {
      ...bert,
      architectures: ["BertModel"],
      vocab_size: pieces.length,
      tokenizer_class: "XLMRobertaTokenizer",
      pad_token_id: 0,
    }, {
      "tokenizer.json": {
        added_tokens: [0, 1, 2, 3, pieces.length - 1].map((id) => ({
          id,
          content: pieces[id],
          special: true,
        })),
        pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
        post_processor: { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0] },
        decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
        model: { type: "Unigram", unk_id: 3, vocab: pieces.map((piece, i) => [piece, -i / 10]) },
      },
      "sentencepiece.bpe.model": kobertModel(),
    }, { labels, named: (name) => isHead(name) ? null : name.replace(/^bert\./, "") });
  },
};

for (const [name, write] of Object.entries(layouts)) {
  Deno.test(`a folder laid out as ${name}: its tokenizer, its weights, a new head, a training`, () =>
    withFolder(async (folder) => {
      const path = join(folder, dirname(name), "model");
      await write(path);
      await assert.rejects(loadClassifier(path), /has no trained classifier in it/);
      const classifier = await loadClassifier(path, { labels });
      const { tokenizer, model } = classifier;
      assert.equal(tokenizer.vocabSize, model.config.vocabularySize);
      for (const role of ["pad", "cls", "sep", "unk", "mask"] as const) {
        assert.notEqual(tokenizer.specialId(role), null, role);
      }
      const { ids } = tokenizer.encode("나는 봄날에");
      assert.deepEqual([ids[0], ids.at(-1)], [tokenizer.clsId, tokenizer.sepId]);
      assert.ok(!ids.includes(tokenizer.unkId), `${tokenizer.tokenize("나는 봄날에")}`);
      await trains(classifier, join(folder, "run"));
      disposeModel(model);
    }));
}

Deno.test("a model's files are looked at without an engine: its tokenizer, what of it is another's, what a recipe freezes", () =>
  withFolder(async (folder) => {
    const path = join(folder, "model");
    await writeModel(path, plainBert, plainFiles, { labels });
    await checkTrained(path);
    await checkTrainable(path, { recipe: { ...recipe, freezeLayers: 1 } });
    const layers = plainBert.num_hidden_layers;
    await assert.rejects(
      checkTrainable(path, { recipe: { ...recipe, freezeLayers: 9 } }),
      new RegExp(`freezeLayers is 9; the model has ${layers} layers`),
    );
    await assert.rejects(
      checkTrainable("kobert-small-scratch", { recipe: { ...recipe, reinitialiseLayers: 9 } }),
      /reinitialiseLayers is 9; the model has 4 layers/,
    );
    await assert.rejects(
      checkTrained(path, { tokenizer: bundledTokenizer }),
      /has \d+ tokens, the model in .*model \d+: they do not belong together/,
    );
    const other = join(folder, "other");
    await writeModel(other, plainBert, {}, { labels });
    for (const check of [checkTrained, checkTrainable]) {
      await assert.rejects(check(other), /other has no tokenizer/);
    }
  }));

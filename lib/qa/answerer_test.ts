import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inferencePass, startEngine } from "../engine/mod.ts";
import { createModel, disposeModel, lossOf } from "../models/mod.ts";
import { type Song, songOf } from "../songs/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { type Recipe, saveLanguageModel, testRecipe } from "../training/mod.ts";
import {
  type Answerer,
  answererRecipe,
  answerFreely,
  answerSongs,
  loadAnswerer,
  trainAnswerer,
} from "./answerer.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();
const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
const genres = ["발라드", "댄스", "트로트"];
const themes = ["눈물이 흐르는 이별의 밤", "신나게 춤을 추자 흔들어", "고향 어머니 구성진 가락"];

/** Songs whose lyrics tell their genre. */
function songs(count: number, offset = 0): Song[] {
  return Array.from({ length: count }, (_, i) =>
    songOf({
      id: `s${offset + i}`,
      songName: `노래 ${i}`,
      artists: [`가수 ${(i * 5) % 7}`],
      date: { text: "2001", year: 2001, month: null, day: null },
      genres: [genres[i % 3]!],
      lyrics: `${themes[i % 3]} ${i}`,
    }));
}

/** A folder with a small causal language model that has learnt nothing. */
async function checkpoint(folder: string): Promise<string> {
  const model = createModel({
    model_type: "llama",
    vocab_size: tokenizer.vocabSize,
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 160,
    tie_word_embeddings: true,
    initializer_range: 0.1,
    bos_token_id: tokenizer.clsId,
    eos_token_id: tokenizer.sepId,
    pad_token_id: tokenizer.padId,
  }, { task: "causal-lm", seed: 3 });
  await saveLanguageModel({ model, tokenizer }, folder);
  disposeModel(model);
  return folder;
}

const recipe: Recipe = {
  ...testRecipe,
  epochs: 6,
  maxSteps: null,
  batchSize: 6,
  learningRate: 1e-2,
  weightDecay: 0,
  precision: "float32",
};
const load = async (folder: string) =>
  await loadAnswerer(await checkpoint(folder), { genres, lyricsLength: 24, seed: 1 });
const free = ({ language: { model } }: Answerer) => disposeModel(model);
const accuracy = (answers: { genre: string }[], of: Song[]) =>
  answers.filter(({ genre }, i) => of[i]!.genres.includes(genre)).length / of.length;

Deno.test("the ranking: each genre's score is the log-likelihood of its response after the context, whatever the batch", async () => {
  await withFolder(async (folder) => {
    const answerer = await load(folder), { language: { model }, encoder } = answerer;
    const test = songs(5), before = tf.memory().numTensors;
    const answers = await answerSongs(answerer, test, {
      batchSize: 2,
      precision: "float32",
      leaveOut: ["date"],
    });
    assert.equal(tf.memory().numTensors, before);
    test.forEach((song, i) => {
      const { songId, scores, probabilities, genre } = answers[i]!;
      assert.equal(songId, song.id);
      const context = encoder.context(song, ["date"]);
      encoder.responses.forEach((response, g) => {
        const inputIds = Int32Array.of(...context, ...response), length = inputIds.length;
        const labels = new Int32Array(length).fill(-100);
        labels.set(response, context.length);
        const tokens = { batch: 1, length, inputIds, attentionMask: inputIds.map(() => 1) };
        const { loss, logits } = tf.tidy(() => lossOf(model, inferencePass("float32"), tokens, labels));
        const expected = -loss.dataSync()[0]! * response.length;
        tf.dispose([loss, logits]);
        assert.ok(Math.abs(scores[g]! - expected) < 1e-3, `${scores[g]} instead of ${expected}`);
      });
      assert.equal(genre, genres[scores.indexOf(Math.max(...scores))]);
      assert.ok(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1) < 1e-9);
      assert.ok(Math.abs(Math.log(probabilities[0]! / probabilities[1]!) - (scores[0]! - scores[1]!)) < 1e-6);
    });
    const means = await answerSongs(answerer, test, {
      precision: "float32",
      leaveOut: ["date"],
      perToken: true,
    });
    const { length } = encoder.responses[2]!;
    assert.ok(Math.abs(means[1]!.scores[2]! * length - answers[1]!.scores[2]!) < 1e-3);
    free(answerer);
  });
});

Deno.test("trainAnswerer: learns songs' genres; loaded from its folder it is prompted without more training", async () => {
  await withFolder(async (folder) => {
    const answerer = await load(`${folder}/base`);
    const train = songs(48), validation = songs(9, 100), test = songs(15, 200);
    const untrained = accuracy(await answerSongs(answerer, test, { precision: "float32" }), test);
    const run = await trainAnswerer(answerer, { train, validation }, recipe, { output: `${folder}/run` });
    free(answerer);
    assert.equal(run.steps, 6 * 8);
    // everything an asker needs is in the folder
    const card = await Deno.readTextFile(`${run.bestFolder}/README.md`);
    assert.match(card, /question and answer[\s\S]*accuracy is per song/);
    const trained = await loadAnswerer(run.bestFolder!);
    assert.deepEqual(trained.format, { genres, lyricsLength: 24, tellGenres: true });
    for (const leaveOut of [[], ["artist", "date"]] as const) {
      const answers = await answerSongs(trained, test, { precision: "float32", leaveOut });
      const right = accuracy(answers, test);
      assert.ok(right >= 0.8 && right > untrained, `${right}, untrained ${untrained}`);
    }
    const said = answerFreely(trained, test, { precision: "float32" });
    assert.ok(said.filter((text, i) => text === test[i]!.genres[0]).length >= 10, said.join(" | "));
    free(trained);
  });
});

Deno.test("trainAnswerer: a checkpoint learns the answers by LoRA; its adapter's folder is asked as a model is", async () => {
  await withFolder(async (folder) => {
    // what the checkpoint knows: the answers to other songs
    const first = await load(`${folder}/base`);
    const trained = await trainAnswerer(first, { train: songs(48), validation: [] }, recipe, {
      output: `${folder}/first`,
    });
    free(first);
    const answerer = await loadAnswerer(trained.bestFolder!, { seed: 1 });
    const adapting = answererRecipe(answerer, { ...recipe, loraRank: 4, epochs: 20 });
    assert.deepEqual([adapting.loraRank, adapting.epochs], [4, 6]);
    const turned = genres.toReversed();
    const other = (songs: Song[]) =>
      songs.map((song) => ({ ...song, genres: [turned[genres.indexOf(song.genres[0]!)]!] }));
    const data = { train: other(songs(48)), validation: other(songs(9, 100)) }, test = other(songs(15, 200));
    const before = accuracy(await answerSongs(answerer, test, { precision: "float32" }), test);
    const run = await trainAnswerer(answerer, data, { ...adapting, epochs: 8, learningRate: 1e-2 }, {
      output: `${folder}/adapter`,
    });
    free(answerer);
    assert.ok(existsSync(`${run.bestFolder}/adapter_model.safetensors`));
    const adapted = await loadAnswerer(run.bestFolder!);
    assert.deepEqual(adapted.format, { genres, lyricsLength: 24, tellGenres: true });
    const after = accuracy(await answerSongs(adapted, test, { precision: "float32" }), test);
    assert.ok(after >= 0.8 && after > before + 0.3, `${before} to ${after}`);
    free(adapted);
  });
});

Deno.test("trainAnswerer: cut off and resumed it repeats the uninterrupted run, fields drawn by seed and epoch", async () => {
  await withFolder(async (folder) => {
    const train = songs(18), validation = songs(3, 100);
    const run = async (output: string, stopAt = Infinity, seed = 7, fieldDropout = 0.5) => {
      const answerer = await load(`${folder}/base`), stop = new AbortController();
      const { history } = await trainAnswerer(
        answerer,
        { train, validation },
        { ...recipe, epochs: 3, seed },
        {
          output: `${folder}/${output}`,
          signal: stop.signal,
          fieldDropout,
          callbacks: [{ onStep: ({ step }) => step === stopAt ? stop.abort() : undefined }],
        },
      );
      free(answerer);
      return history.map(({ elapsedMs: _, ...record }) => record);
    };
    const whole = await run("whole");
    await run("cut", 4);
    assert.deepEqual(await run("cut"), whole);
    const tokens = (history: unknown[]) =>
      JSON.stringify(history.map((r) => (r as { tokens?: number }).tokens));
    assert.notEqual(tokens(await run("seed", Infinity, 8)), tokens(whole), "another seed draws other fields");
    assert.notEqual(tokens(await run("all", Infinity, 7, 0)), tokens(whole), "0 leaves no field out");
    await assert.rejects(run("whole", Infinity, 7, 0.2), /fieldDropout: 0.5 there, 0.2 here/);
  });
});

Deno.test("trainAnswerer: a song of several genres is asked for each, and counts once; an unknown genre is an error", async () => {
  await withFolder(async (folder) => {
    const answerer = await load(folder);
    const several = songs(6).map((song, i) => i === 0 ? { ...song, genres: ["발라드", "댄스"] } : song);
    const steps: number[] = [];
    await trainAnswerer(
      answerer,
      { train: several, validation: [] },
      { ...recipe, batchSize: 16, epochs: 1 },
      {
        callbacks: [{ onStep: ({ examples }) => void steps.push(examples) }],
      },
    );
    assert.deepEqual(steps, [7]);
    const odd = [{ ...several[1]!, genres: ["록/메탈"] }];
    await assert.rejects(
      trainAnswerer(answerer, { train: odd, validation: [] }, recipe),
      /Song s1 has the genre 록\/메탈, which is none of the answers: 발라드, 댄스, 트로트/,
    );
    free(answerer);
  });
});

Deno.test("loadAnswerer: what cannot generate is replaced, and said to be; genres must be known", async () => {
  const answerer = await loadAnswerer("kobert-small", { genres, lyricsLength: 24 });
  assert.match(answerer.notes[0]!, /kobert-small does not generate text; llama-small answers/);
  assert.equal(answerer.format.tellGenres, false);
  free(answerer);
  await assert.rejects(loadAnswerer("llama-small"), /does not know the genres/);
});

Deno.test("hundreds of genres are not listed in a question that has no room for them, and that is said", () =>
  withFolder(async (folder) => {
    const many = Array.from({ length: 230 }, (_, k) => `장르${k}`);
    const answerer = await loadAnswerer(await checkpoint(folder), { genres: many, lyricsLength: 24 });
    assert.equal(answerer.format.tellGenres, false);
    assert.match(
      answerer.notes[0]!,
      /^The questions do not list the 230 genres: that takes \d+ of the 160 tokens/,
    );
    const [answer] = await answerSongs(answerer, songs(1));
    assert.ok(many.includes(answer!.genre));
    free(answerer);
    const few = await loadAnswerer(folder, { genres, lyricsLength: 24 });
    assert.equal(few.format.tellGenres, true);
    free(few);
  }));

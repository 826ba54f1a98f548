import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startEngine } from "../engine/mod.ts";
import { createModel, disposeModel } from "../models/mod.ts";
import type { Song } from "../songs/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { quickRecipe, testRecipe } from "../training/mod.ts";
import { type Answerer, answererRecipe, answerSongs } from "./answerer.ts";
import { judgeContexts, promptText, qaContexts } from "./contexts.ts";
import { qaEncoder } from "./prompt.ts";

await startEngine();
const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
const format = { genres: ["발라드", "댄스"], tellGenres: false, lyricsLength: 16 };

const song = (i: number): Song => ({
  id: `s${i}`,
  songName: `노래 ${i}`,
  adults: false,
  artists: [`가수 ${i}`],
  albumId: "1",
  date: { text: `20${10 + i}`, year: 2010 + i, month: null, day: null },
  genres: [format.genres[i % 2]!],
  lyrics: ["첫째 줄", "둘째 줄", "셋째 줄", "넷째 줄", "다섯째 줄"].map((line) => `${line} ${i}`).join("\n"),
});
const songs = Array.from({ length: 6 }, (_, i) => song(i));

function answerer(): Answerer {
  const model = createModel({
    model_type: "llama",
    vocab_size: tokenizer.vocabSize,
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    initializer_range: 0.5,
    eos_token_id: tokenizer.sepId,
  }, { task: "causal-lm" });
  const encoder = qaEncoder(tokenizer, format, { endId: tokenizer.sepId, maxLength: 512 });
  return { language: { model, tokenizer, kind: "causal", notes: [] }, format, encoder, notes: [] };
}

Deno.test("judgeContexts: each context's verdict is that of the answers without its fields", async () => {
  const asked = answerer(), told: number[] = [];
  const verdicts = await judgeContexts(asked, songs, {
    precision: "float32",
    name: "QA",
    onProgress: (done) => void told.push(done),
  });
  assert.deepEqual(told, qaContexts.map((_, i) => 6 * (i + 1)));
  assert.deepEqual(verdicts.map(({ method }) => method), qaContexts.map(({ name }) => `QA: ${name}`));
  for (const [i, { leaveOut }] of qaContexts.entries()) {
    const answers = await answerSongs(asked, songs, { precision: "float32", leaveOut });
    const right = answers.filter(({ genre }, i) => genre === songs[i]!.genres[0]).length;
    assert.equal(verdicts[i]!.perSong.value, right / 6);
  }
  disposeModel(asked.language.model);
});

Deno.test("promptText: the question with its answer, long lyrics shortened", () => {
  assert.match(
    promptText(song(1), format),
    /가사: 첫째 줄 1\n둘째 줄 1\n셋째 줄 1\n넷째 줄 1\n…\n### 응답: 댄스$/,
  );
  assert.match(
    promptText(song(1), format, { lines: 9, leaveOut: ["artist"] }),
    /날짜: 2011\n[^…]*다섯째 줄 1\n### 응답: 댄스$/,
  );
});

Deno.test("answererRecipe: a model from scratch is trained whole, a checkpoint gets adapters; tests stay short", () => {
  const scratch = answerer(), { model } = scratch.language;
  const loaded = { ...scratch, language: { ...scratch.language, origin: { source: "x", initialised: [] } } };
  assert.equal(answererRecipe(scratch, { ...quickRecipe, loraRank: 4 }).loraRank, null);
  assert.equal(answererRecipe(loaded, quickRecipe).loraRank, 8);
  assert.equal(answererRecipe(loaded, { ...quickRecipe, loraRank: 4 }).loraRank, 4);
  assert.equal(answererRecipe(scratch, { ...quickRecipe, multiLabel: true }).multiLabel, false);
  const { epochs, maxSteps } = answererRecipe(scratch, testRecipe);
  assert.deepEqual([epochs, maxSteps], [1, testRecipe.maxSteps]);
  disposeModel(model);
});

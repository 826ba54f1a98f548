import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { createModel, disposeModel } from "../../lib/models/mod.ts";
import { cleanSongs, readSongs, songRows } from "../../lib/songs/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { saveClassifier } from "../../lib/training/mod.ts";
import { inProject } from "../setup/paths.ts";

const songsFile = inProject("data", "songs.csv");

async function folds(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", inProject("tools", "commands", "folds.ts"), ...args],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Writes a checkpoint of a very small model for these genres. */
async function writeTinyBert(folder: string, labels: string[]): Promise<void> {
  await startEngine();
  const tokenizer = await loadTokenizer(inProject("data", "tokenizer"));
  const model = createModel({
    model_type: "bert",
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 24,
    vocab_size: tokenizer.vocabSize,
    pad_token_id: tokenizer.padId,
  }, { labels, seed: 1 });
  await saveClassifier({ model, tokenizer, labels, notes: [] }, folder);
  disposeModel(model);
}

Deno.test("folds: every cheap method on two folds and a disjoint split, a checkpoint beside them, and goes on where it stood", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { songs } = cleanSongs(await readSongs(songsFile));
    const genres = ["발라드", "댄스"];
    const rows = songRows(songs).filter((song) =>
      song.genres.filter((genre) => genres.includes(genre)).length === 1
    )
      .slice(0, 150);
    const genreOf = new Map(
      rows.map((song) => [song.id, song.genres.find((genre) => genres.includes(genre))!]),
    );
    const ids = rows.map(({ id }) => id);
    const file = join(folder, "folds.json");
    const tests = [ids.filter((_, i) => i % 2 === 0), ids.filter((_, i) => i % 2 === 1)];
    await Deno.writeTextFile(file, JSON.stringify({ genres, folds: tests, disjoint_test: ids.slice(0, 40) }));

    const output = join(folder, "out");
    const given = ["--songs", songsFile, "--folds", file, "--output", output];
    const first = await folds(...given, "--models", "cheap", "--splits", "fold-1,fold-2");
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /fold-2 {2}columns-without-artist: \d+ s/);
    const read = async () => JSON.parse(await Deno.readTextFile(join(output, "folds.json")));
    const { lines } = await read();
    const line = (method: RegExp) => lines.find((other: { method: string }) => method.test(other.method));
    const majority = tests.map((test, fold) => {
      const train = tests[1 - fold]!.map((id) => genreOf.get(id)!);
      const most = genres.toSorted((a, b) =>
        train.filter((genre) => genre === b).length - train.filter((genre) => genre === a).length
      )[0]!;
      return test.filter((id) => genreOf.get(id) === most).length / test.length;
    });
    const found = line(/majority class/);
    assert.deepEqual([found.bySplit["fold-1"].accuracy, found.bySplit["fold-2"].accuracy], majority);
    assert.equal(found.bySplit.disjoint, undefined);
    assert.ok(line(/TF-IDF/).accuracy.value > found.accuracy.value);
    assert.equal(line(/− 가수 · all columns − artist/).accuracy.count, 2);

    const second = await folds(...given, "--models", "majority", "--splits", "fold-1,disjoint");
    assert.equal(second.code, 0, second.stderr);
    assert.doesNotMatch(second.stdout, /fold-1 {2}majority: \d/);
    assert.match(second.stdout, /disjoint {2}majority: \d/);
    assert.match(second.stdout, /all columns, linear/);

    // a checkpoint's folder, as train's --model takes it
    const checkpoint = join(folder, "tiny-bert");
    await writeTinyBert(checkpoint, ["다른 장르", "또 다른 장르"]);
    const short = ["--epochs", "2", "--average-epochs", "2", "--max-length", "16", "--splits", "fold-1"];
    const third = await folds(...given, "--models", checkpoint, ...short);
    assert.equal(third.code, 0, third.stderr);
    assert.match(third.stdout, /freshly drawn: classifier/, "its head was for other genres");
    assert.match(third.stdout, /mean of 2 epochs' parameters/, "each option reaches the recipe");
    assert.match(third.stdout, /tiny-bert \+ 가수 사전확률/, "joined with the artist and the linear model");
    const joined = (await read()).lines.find(({ method }: { method: string }) => /tiny-bert$/.test(method));
    assert.equal(joined.accuracy.count, 1);
    const again = await folds(...given, "--models", checkpoint, ...short);
    assert.doesNotMatch(again.stdout, /fold-1 {2}.*tiny-bert: \d/);

    const otherSeed = await folds(...given, "--models", "majority", "--seed", "8");
    assert.equal(otherSeed.code, 0, otherSeed.stderr);
    assert.match(otherSeed.stdout, /fold-1 {2}majority: \d/, "another seed's trials are others");
    assert.match(otherSeed.stdout, /table needs the results of tfidf/, "and a table does not mix them");
    const wrong = await folds(...given, "--models", "tfidff");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--models: tfidff is none of majority, /);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

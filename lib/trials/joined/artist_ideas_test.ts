import assert from "node:assert/strict";
import { argmax, softmax } from "../../evaluation/mod.ts";
import type { Song } from "../../songs/mod.ts";
import { artistResult, compareArtistIdeas, type Predictions } from "../mod.ts";
import { predicted, song } from "../testing/runner.ts";

const labels = ["발라드", "댄스", "트로트"];

/** 300 songs of 60 artists; an artist sings his own genre four times in five. Their scores are a little above chance. */
function made(seed: number): { songs: Song[]; scores: Map<string, number[]> } {
  let state = seed;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const scores = new Map<string, number[]>();
  const songs = Array.from({ length: 300 }, (_, i) => {
    const artist = Math.floor(random() * 60), id = `${seed}-${i}`;
    const genre = random() < 0.8 ? artist % 3 : Math.floor(random() * 3);
    scores.set(id, labels.map((_, k) => (k === genre ? 0.8 : 0) + 2 * random() - 1));
    return song(id, { artists: [`가수 ${artist}`], genres: [labels[genre]!] });
  });
  return { songs, scores };
}
const train = made(1), validation = made(2), test = made(3);
const scoreOf = ({ id }: Song, label: string) =>
  (validation.scores.get(id) ?? test.scores.get(id))![labels.indexOf(label)]!;

/** The comparison where the test songs have these artists. */
function compare(artistsOf: (song: Song, i: number) => string[]) {
  const sides = {
    train: train.songs,
    validation: validation.songs,
    test: test.songs.map((song, i) => ({ ...song, artists: artistsOf(song, i) })),
  };
  const predictions: Predictions = predicted({ sides, labels }, scoreOf, { logits: true });
  return compareArtistIdeas(sides, labels, { by: "song", model: { ko: "읽기", en: "reader" }, predictions });
}

Deno.test("the comparison measures all forms on the same test songs", () => {
  const comparison = compare(({ artists }, i) => i % 3 === 0 ? ["처음 보는 가수"] : artists);
  const of = (key: Parameters<typeof artistResult>[1]) => artistResult(comparison, key);
  const unknown = (key: Parameters<typeof artistResult>[1]) => of(key).byArtist[0];
  const lyrics = of("lyrics");
  const right = softmax(test.songs.map((song) => labels.map((label) => scoreOf(song, label))))
    .map((row, i) => labels[argmax(row)] === test.songs[i]!.genres[0]);
  assert.equal(lyrics.accuracy.value, right.filter(Boolean).length / 300);
  assert.deepEqual([lyrics.mended, lyrics.spoilt], [0, 0]);
  assert.equal(comparison.unknownArtists, 100);
  for (const key of ["naive", "mended", "fitted", "product", "bayes"] as const) {
    assert.deepEqual(unknown(key), unknown("lyrics"), "unknown artists change nothing");
    const { accuracy, mended, spoilt } = of(key);
    assert.ok(Math.abs(accuracy.value - lyrics.accuracy.value - (mended - spoilt) / 300) < 1e-12);
  }
  assert.deepEqual(unknown("artist"), unknown("majority"));
  assert.equal(of("artist").logLoss, null);
  assert.ok(of("product").accuracy.value > of("artist").accuracy.value);
  assert.ok(of("product").accuracy.value > lyrics.accuracy.value);
  assert.ok(of("product").logLoss! < lyrics.logLoss! && of("bayes").logLoss! < lyrics.logLoss!);
  assert.ok(comparison.naive.lowered > 0 && comparison.naive.lowered < comparison.naive.multiplied);
});

Deno.test("on songs of unseen artists nothing changes, and buckets without songs are left out", () => {
  const comparison = compare(() => ["처음 보는 가수"]);
  assert.equal(comparison.unknownArtists, 300);
  const lyrics = artistResult(comparison, "lyrics");
  for (const { key, accuracy, macroF1, logLoss, mended, spoilt, byArtist } of comparison.methods.slice(3)) {
    assert.deepEqual({ accuracy, macroF1, logLoss, mended, spoilt }, {
      accuracy: lyrics.accuracy,
      macroF1: lyrics.macroF1,
      logLoss: lyrics.logLoss,
      mended: 0,
      spoilt: 0,
    }, key);
    assert.deepEqual(byArtist.map(({ count }) => count), [300]);
  }
});

Deno.test("a method without logits is joined by the logarithms of its shares; a yes or no for each genre cannot be", () => {
  const sides = { train: train.songs, validation: validation.songs, test: test.songs };
  const shares = (song: Song, label: string) =>
    softmax([labels.map((other) => scoreOf(song, other))])[0]![labels.indexOf(label)]!;
  const of = (options: { logits?: boolean; each?: boolean }, rule = shares) =>
    compareArtistIdeas(sides, labels, {
      by: "song",
      model: { ko: "가", en: "a" },
      predictions: predicted({ sides, labels }, rule, options),
    });
  const byShares = artistResult(of({}), "product"),
    byLogits = artistResult(of({ logits: true }, scoreOf), "product");
  assert.equal(byShares.accuracy.value, byLogits.accuracy.value);
  assert.ok(Math.abs(byShares.logLoss! - byLogits.logLoss!) < 1e-9);
  assert.throws(() => of({ each: true }), /cannot be joined/);
});

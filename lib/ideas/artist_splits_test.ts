import assert from "node:assert/strict";
import { type Song, songsFrame } from "../songs/mod.ts";
import { testRecipe } from "../training/mod.ts";
import {
  artistFile,
  artistGroups,
  artistIdeaOnSplit,
  artistIdeaOnSplits,
  artistResult,
  artistRuns,
  artistSplitTable,
  type LyricsModel,
  regressionLyricsModel,
} from "./mod.ts";

const genres = ["발라드", "댄스", "트로트"];

/** 60 artists of one genre each, some with one song, some with many; lyrics say the genre in every other song. */
const songs: Song[] = Array.from({ length: 60 }, (_, artist) => {
  const count = [1, 3, 8][artist % 3]!;
  return Array.from({ length: count }, (_, i): Song => {
    const genre = Math.floor(artist / 3) % 3, own = genres[genre]!;
    const told = genres[(genre + i % 2) % 3];
    return {
      id: `${artist}-${i}`,
      songName: "",
      adults: null,
      artists: [`가수 ${artist}`],
      albumId: null,
      date: { text: "", year: null, month: null, day: null },
      genres: [own],
      lyrics: `${told}의 노래 ${artist} ${i}`,
    };
  });
}).flat();
const frame = songsFrame(songs);

/** Scores that follow the genre named in the lyrics. */
const reader: LyricsModel = {
  name: "읽기 · reader",
  score: ({ validation, test }, labels) =>
    Promise.resolve(
      [...validation, ...test].map(({ lyrics }) => labels.map((label) => lyrics.startsWith(label) ? 1 : 0)),
    ),
};

Deno.test("song by song the artist helps; artist by artist no test artist is known and nothing changes", async () => {
  const bySong = await artistIdeaOnSplit(frame, "song", reader, { seed: 5 });
  const byArtist = await artistIdeaOnSplit(frame, "artist", reader, { seed: 5 });
  const of = (result: typeof bySong, method: Parameters<typeof artistResult>[1]) =>
    artistResult(result.comparison, method);
  assert.ok(of(bySong, "product").accuracy.value > of(bySong, "lyrics").accuracy.value + 0.1);
  assert.ok(of(bySong, "fitted").accuracy.value > of(bySong, "lyrics").accuracy.value);
  assert.ok(bySong.unknownArtists < bySong.songs.test / 2);
  assert.equal(byArtist.unknownArtists, byArtist.songs.test);
  for (const method of ["naive", "mended", "fitted", "product", "bayes"] as const) {
    assert.deepEqual(of(byArtist, method).predictions, of(byArtist, "lyrics").predictions, method);
    assert.equal(of(byArtist, method).logLoss, of(byArtist, "lyrics").logLoss, method);
  }
  assert.deepEqual(of(byArtist, "artist").predictions, of(byArtist, "majority").predictions);

  // unknown artists are untouched on the first split, too
  const { comparison } = bySong;
  for (const result of comparison.results.slice(2)) {
    assert.equal(result.correctByBucket["0"], of(bySong, "lyrics").correctByBucket["0"]);
  }
  const groups = artistGroups(comparison, of(bySong, "product"));
  assert.equal(groups.reduce((sum, { count }) => sum + count, 0), bySong.songs.test);
  assert.equal(
    groups.reduce((sum, { correct }) => sum + correct, 0),
    of(bySong, "product").correct.filter(Boolean).length,
  );
  for (const { accuracy: { value, low, high } } of groups) assert.ok(low <= value && value <= high);
});

Deno.test("artist.json has every method of every split, with what was fitted", async () => {
  const bySong = await artistIdeaOnSplit(frame, "song", reader, { seed: 5 });
  const byArtist = await artistIdeaOnSplit(frame, "artist", reader, { seed: 5 });
  const { splits: [song, artist] } = artistFile([bySong, byArtist]);
  assert.deepEqual([song!.by, artist!.by, song!.model], ["song", "artist", "읽기 · reader"]);
  assert.equal(song!.methods.length, 8);
  assert.equal(song!.methods[2]!.key, "lyrics");
  assert.match(song!.methods[2]!.method, /lyrics alone/);
  assert.equal(song!.methods[2]!.p, 1);
  assert.match(song!.methods[6]!.method, /artist prior/);
  assert.ok(song!.methods[6]!.p < 0.1);
  assert.ok(song!.fitted.factor > 1 && song!.fitted.alphaProduct > 0);
  // an artist that changes nothing gets no weight
  assert.deepEqual([artist!.fitted.factor, artist!.fitted.alphaProduct], [1, 0]);
  assert.deepEqual(JSON.parse(JSON.stringify(song)), song, "plain JSON");
  const [majority] = artistSplitTable([bySong, byArtist]);
  assert.deepEqual(Object.keys(majority!).length, 3);
  assert.match(Object.keys(majority!)[2]!, /by artist.*of \d+ unknown/);
});

Deno.test("n-grams as a model of the lyrics: log-probabilities of validation, then test songs", async () => {
  const told: number[] = [];
  const sides = {
    train: songs.slice(0, 120),
    validation: songs.slice(120, 130),
    test: songs.slice(130, 140),
  };
  const model = regressionLyricsModel({
    tolerance: 1e-3,
    onIteration: (iteration) => void told.push(iteration),
  });
  const scores = Array.from(await model.score(sides, [...genres, "동요"]));
  assert.equal(scores.length, 20);
  for (const row of scores) {
    const sum = Array.from(row).reduce((total, score) => total + Math.exp(score), 0);
    assert.ok(Math.abs(sum - 1) < 1e-9);
    assert.ok(Math.abs(row[3]! - Math.log(1e-12)) < 1e-9, "a genre that training lacks");
  }
  assert.ok(told.length > 0);
});

Deno.test("a split that the songs do not allow is left out, and it is said why", async () => {
  // one artist sings with everybody: all songs hang together
  const together = songsFrame(songs.map((song) => ({ ...song, artists: [...song.artists, "모두와"] })));
  const told: string[] = [];
  const { results, notes } = await artistIdeaOnSplits(
    together,
    [{ by: "artist", model: reader }, { by: "song", model: reader }],
    { seed: 5, onRun: (...words) => void told.push(words.join(" ")) },
  );
  assert.deepEqual(results.map(({ by }) => by), ["song"]);
  assert.equal(notes.length, 1);
  assert.match(notes[0]!, /reader, split by artist: /);
  assert.deepEqual(told, ["2/2 읽기 · reader song"]);
});

Deno.test("songs without any artist have no split by artist: it is left out, and that is said", async () => {
  const nobody = songsFrame(songs.map((song) => ({ ...song, artists: [] })));
  const runs = [{ by: "artist" as const, model: reader }, { by: "song" as const, model: reader }];
  const { results, notes } = await artistIdeaOnSplits(nobody, runs, { seed: 5 });
  assert.deepEqual(results.map(({ by, unknownArtists, songs }) => [by, unknownArtists === songs.test]), [
    ["song", true],
  ]);
  assert.deepEqual(notes, ["읽기 · reader, split by artist: left out, for no song has an artist."]);
});

Deno.test("artistRuns: n-grams on both splits, the transformer where the budget allows", () => {
  const runs = (artistSplit: boolean) =>
    artistRuns({ artistSplit, tolerance: 1e-3 }, "kobert-small", testRecipe).map(({ by, model }) =>
      `${by} ${model.name.split(" · ").at(-1)}`
    );
  const words = ["song TF-IDF + logistic regression", "artist TF-IDF + logistic regression"];
  assert.deepEqual(runs(false), words);
  assert.deepEqual(runs(true), [...words, "artist kobert-small"]);
});

import assert from "node:assert/strict";
import { type Song, songsFrame } from "../../songs/mod.ts";
import { testRecipe } from "../../training/mod.ts";
import {
  type ArtistComparison,
  type ArtistIdea,
  artistIdeaOnSplits,
  artistResult,
  artistRuns,
  artistSplitSeries,
  artistSplitTable,
  artistTable,
  bilingual,
  nameOf,
  words,
} from "../mod.ts";
import { fakeRunner, song } from "../testing/runner.ts";

const genres = ["발라드", "댄스", "트로트"];

/** 60 artists of one genre each, some with one song, some with many; lyrics say the genre in every other song. */
const songs: Song[] = Array.from({ length: 60 }, (_, artist) => {
  const count = [1, 3, 8][artist % 3]!;
  return Array.from({ length: count }, (_, i): Song => {
    const genre = Math.floor(artist / 3) % 3, own = genres[genre]!;
    const told = genres[(genre + i % 2) % 3];
    return song(`${artist}-${i}`, {
      artists: [`가수 ${artist}`],
      genres: [own],
      lyrics: `${told}의 노래 ${artist} ${i}`,
    });
  });
}).flat();
const frame = songsFrame(songs);

/** Scores that follow the genre named in the lyrics. */
const runner = () =>
  fakeRunner((_, { lyrics }, label) => lyrics.startsWith(label) ? 1 : 0, () => ({ logits: true }));

/** The artist idea song by song and artist by artist. */
async function onBoth(): Promise<{ bySong: ArtistComparison; byArtist: ArtistComparison }> {
  const runs = [{ by: "song" as const, method: words() }, { by: "artist" as const, method: words() }];
  const { results: [bySong, byArtist] } = await artistIdeaOnSplits(frame, runs, {
    seed: 5,
    runner: runner(),
  });
  return { bySong: bySong!, byArtist: byArtist! };
}

Deno.test("song by song the artist helps; artist by artist no test artist is known and nothing changes", async () => {
  const { bySong, byArtist } = await onBoth();
  const of = (comparison: ArtistComparison, key: ArtistIdea) => artistResult(comparison, key);
  assert.ok(of(bySong, "product").accuracy.value > of(bySong, "lyrics").accuracy.value + 0.1);
  assert.ok(of(bySong, "fitted").accuracy.value > of(bySong, "lyrics").accuracy.value);
  assert.ok(bySong.unknownArtists < bySong.songs.test / 2);
  assert.equal(byArtist.unknownArtists, byArtist.songs.test);
  for (const key of ["naive", "mended", "fitted", "product", "bayes"] as const) {
    const { mended, spoilt, logLoss, accuracy, macroF1 } = of(byArtist, key), lyrics = of(byArtist, "lyrics");
    assert.deepEqual([mended, spoilt, logLoss], [0, 0, lyrics.logLoss], key);
    assert.deepEqual([accuracy, macroF1], [lyrics.accuracy, lyrics.macroF1], key);
  }
  assert.deepEqual(of(byArtist, "artist").accuracy, of(byArtist, "majority").accuracy);

  // unknown artists are untouched on the first split, too
  const unknown = (key: ArtistIdea) => of(bySong, key).byArtist.find(({ group }) => /unknown/.test(group));
  for (const key of ["naive", "mended", "fitted", "product", "bayes"] as const) {
    assert.deepEqual(unknown(key), unknown("lyrics"), key);
  }
  const { byArtist: groups, accuracy } = of(bySong, "product");
  assert.equal(groups.reduce((sum, { count }) => sum + count, 0), bySong.songs.test);
  const right = groups.reduce((sum, { correct }) => sum + correct, 0);
  assert.equal(right, Math.round(accuracy.value * bySong.songs.test));
  for (const { accuracy: { value, low, high } } of groups) assert.ok(low <= value && value <= high);
});

Deno.test("a comparison has every form, with what was fitted; tables and figures have them by name", async () => {
  const { bySong, byArtist } = await onBoth();
  assert.deepEqual([bySong.by, byArtist.by, bySong.model.en], [
    "song",
    "artist",
    "TF-IDF + logistic regression",
  ]);
  assert.equal(bySong.methods.length, 8);
  assert.match(artistResult(bySong, "lyrics").method, /lyrics alone/);
  assert.equal(artistResult(bySong, "lyrics").p, 1);
  assert.match(artistResult(bySong, "product").method, /α=[\d.]+ · artist prior/);
  assert.ok(artistResult(bySong, "product").p < 0.1);
  assert.ok(bySong.fits.mendedRule.alpha > 0 && bySong.fits.product.alpha > 0);
  // an artist that changes nothing gets no weight
  assert.deepEqual([byArtist.fits.mendedRule.alpha, byArtist.fits.product.alpha], [0, 0]);
  assert.deepEqual(JSON.parse(JSON.stringify(bySong)), bySong, "plain JSON");
  const [majority] = artistSplitTable([bySong, byArtist]);
  assert.deepEqual(Object.keys(majority!).length, 3);
  assert.match(Object.keys(majority!)[2]!, /by artist.*of \d+ unknown/);
  assert.equal(artistTable(bySong).length, 8);
  const series = artistSplitSeries([bySong, byArtist]);
  assert.match(series[2]!.name, /artist prior/);
  assert.deepEqual(series[2]!.groups[0]!.accuracy, artistResult(bySong, "product").accuracy);
});

Deno.test("a split that the songs do not allow is left out, and it is said why", async () => {
  // one artist sings with everybody: all songs hang together
  const together = songsFrame(songs.map((song) => ({ ...song, artists: [...song.artists, "모두와"] })));
  const told: string[] = [];
  const { results, notes } = await artistIdeaOnSplits(
    together,
    [{ by: "artist", method: words() }, { by: "song", method: words() }],
    {
      seed: 5,
      runner: runner(),
      listener: { onTrial: ({ about }, place) => void told.push(`${place} ${about}`) },
    },
  );
  assert.deepEqual(results.map(({ by }) => by), ["song"]);
  assert.equal(notes.length, 1);
  assert.match(notes[0]!, /logistic regression, split by artist: /);
  assert.deepEqual(told, ["1/1 곡별 분할 · split by song"]);
});

Deno.test("songs without any artist have no split by artist: it is left out, and that is said", async () => {
  const nobody = songsFrame(songs.map((song) => ({ ...song, artists: [] })));
  const runs = [{ by: "artist" as const, method: words() }, { by: "song" as const, method: words() }];
  const { results, notes } = await artistIdeaOnSplits(nobody, runs, { seed: 5, runner: runner() });
  assert.deepEqual(results.map(({ by, unknownArtists, songs }) => [by, unknownArtists === songs.test]), [
    ["song", true],
  ]);
  assert.deepEqual(notes, [
    `${bilingual(nameOf(words()))}, split by artist: left out, for no song has an artist.`,
  ]);
});

Deno.test("artistRuns: n-grams on both splits, the transformer where the budget allows", () => {
  const network = { kind: "network" as const, source: "kobert-small", recipe: testRecipe };
  const runs = (artistSplit: boolean) =>
    artistRuns({ artistSplit }, { words: words(), network }).map(({ by, method }) =>
      `${by} ${nameOf(method).en}`
    );
  const nGrams = ["song TF-IDF + logistic regression", "artist TF-IDF + logistic regression"];
  assert.deepEqual(runs(false), nGrams);
  assert.deepEqual(runs(true), [...nGrams, "artist kobert-small"]);
});

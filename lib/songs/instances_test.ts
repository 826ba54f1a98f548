import assert from "node:assert/strict";
import { type Song, songOf } from "./frame.ts";
import { instances } from "./instances.ts";

const song = (id: string, genres: string[], artists: string[]): Song =>
  songOf({
    id,
    artists,
    genres,
    lyrics: `가사 ${id}`,
  });

const songs = [
  song("1", ["댄스", "발라드"], ["가", "나", "다"]),
  song("2", ["댄스"], []),
  song("3", ["팝"], ["라"]),
];

Deno.test("instances: oversampling makes one for each pair of genre and artist, each of weight 1", () => {
  const made = instances(songs, { oversample: true });
  assert.deepEqual(made.map(({ songId, genre, artist }) => [songId, genre, artist]), [
    ["1", "댄스", "가"],
    ["1", "댄스", "나"],
    ["1", "댄스", "다"],
    ["1", "발라드", "가"],
    ["1", "발라드", "나"],
    ["1", "발라드", "다"],
    ["2", "댄스", null],
    ["3", "팝", "라"],
  ]);
  for (const { songId, text, weight } of made) assert.deepEqual([text, weight], [`가사 ${songId}`, 1]);
});

Deno.test("instances: without oversampling one for each genre, and every song weighs 1", () => {
  const three = song("4", ["댄스", "발라드", "팝"], ["가", "나"]);
  const made = instances([...songs, three], { oversample: false });
  assert.deepEqual(made.map(({ songId, genre, artist, weight }) => [songId, genre, artist, weight]), [
    ["1", "댄스", "가", 1 / 2],
    ["1", "발라드", "가", 1 / 2],
    ["2", "댄스", null, 1],
    ["3", "팝", "라", 1],
    ["4", "댄스", "가", 1 / 3],
    ["4", "발라드", "가", 1 / 3],
    ["4", "팝", "가", 1 / 3],
  ]);
  for (const [, ofSong] of Map.groupBy(made, ({ songId }) => songId)) {
    const sum = ofSong.reduce((sum, { weight }) => sum + weight, 0);
    assert(Math.abs(sum - 1) < 1e-12);
  }
});

Deno.test("instances: a song without a genre is refused, none at all is fine", () => {
  assert.throws(
    () => instances([...songs, song("9", [], ["가"])], { oversample: true }),
    /1 of 4 songs have no genre \(the first has id 9\).*Drop them with cleanSongs/,
  );
  assert.deepEqual(instances([], { oversample: false }), []);
});

import assert from "node:assert/strict";
import { type Song, songOf, songsFrame } from "./frame.ts";
import { genreCounts, genresOf, missingValues, namesPerSong, splitCounts, topArtists } from "./summary.ts";

const song = (
  id: string,
  genres: string[],
  artists: string[],
  year: number | null,
  lyrics = "가사",
): Song =>
  songOf({
    id,
    songName: `노래 ${id}`,
    artists,
    date: { text: "", year, month: null, day: null },
    genres,
    lyrics,
  });

const songs = [
  song("1", ["댄스", "발라드"], ["가"], 2002, "한 줄\n\n두 줄 🎤"),
  song("2", ["발라드"], ["가", "나"], 2001),
  song("3", ["댄스"], ["나"], 2002),
  song("4", ["팝"], ["다"], null),
  song("5", [], ["나"], 2002, " \n"),
  song("6", ["록"], [], 1999, ""),
];
const frame = songsFrame(songs);
const none = songsFrame([]);
const noGenres = songsFrame([song("1", [], [], null)]);

Deno.test("genreCounts and genresOf: by songs, then by name; a song counts for each of its genres", () => {
  assert.deepEqual(genreCounts(frame).toRecords(), [
    { genre: "댄스", songs: 2, share: 2 / 6 },
    { genre: "발라드", songs: 2, share: 2 / 6 },
    { genre: "록", songs: 1, share: 1 / 6 },
    { genre: "팝", songs: 1, share: 1 / 6 },
  ]);
  assert.deepEqual(genresOf(frame), ["댄스", "발라드", "록", "팝"]);
  assert.deepEqual(genresOf(songsFrame(songs.toReversed())), ["댄스", "발라드", "록", "팝"]);
  assert.deepEqual([genresOf(none), genresOf(noGenres)], [[], []]);
});

Deno.test("topArtists: by songs, then by name, with the most frequent genre", () => {
  assert.deepEqual(topArtists(frame).toRecords(), [
    { artist: "나", songs: 3, genre: "댄스", genre_share: 1 / 3 },
    { artist: "가", songs: 2, genre: "발라드", genre_share: 1 },
    { artist: "다", songs: 1, genre: "팝", genre_share: 1 },
  ]);
  assert.deepEqual(topArtists(frame, 1).getColumn("artist").toArray(), ["나"]);
  assert.deepEqual(topArtists(songsFrame([song("1", [], ["가"], null)])).toRecords(), [
    { artist: "가", songs: 1, genre: null, genre_share: null },
  ]);
  assert.equal(topArtists(noGenres).height, 0);
});

Deno.test("namesPerSong: how many songs have how many genres and artists", () => {
  assert.deepEqual(namesPerSong(frame, "genre").columns, ["genres", "songs"]);
  assert.deepEqual(namesPerSong(frame, "genre").rows(), [[0, 1], [1, 4], [2, 1]]);
  assert.deepEqual(namesPerSong(frame, "artist").rows(), [[0, 1], [1, 4], [2, 1]]);
});

Deno.test("missingValues: the file's columns in order, whatever their way to lack a value", () => {
  assert.deepEqual(missingValues(frame).rows(), [
    ["id", 0, 0],
    ["song_name", 0, 0],
    ["adults", 6, 1],
    ["artist", 1, 1 / 6],
    ["album_id", 6, 1],
    ["date", 1, 1 / 6],
    ["genre", 1, 1 / 6],
    ["lyrics", 2, 2 / 6],
  ]);
  assert.deepEqual(missingValues(none).getColumn("share").toArray(), Array(8).fill(0));
});

Deno.test("splitCounts: genres of all songs, with zeros", () => {
  const split = {
    train: songsFrame(songs.slice(0, 3)),
    validation: songsFrame(songs.slice(3, 4)),
    test: songsFrame(songs.slice(4)),
  };
  assert.deepEqual(splitCounts(split).rows(), [["댄스", 2, 0, 0], ["발라드", 2, 0, 0], ["록", 0, 0, 1], [
    "팝",
    0,
    1,
    0,
  ]]);
});

import assert from "node:assert/strict";
import { keepRows, type Song, songRows, songsFrame } from "./frame.ts";

const song = (id: string, fields: Partial<Song> = {}): Song => ({
  id,
  songName: "봄",
  adults: true,
  artists: ["가", "나"],
  albumId: "9",
  date: { text: "2001.03.16", year: 2001, month: 3, day: 16 },
  genres: ["랩/힙합", "R&B/Soul"],
  lyrics: "가\n나 👩‍🎤",
  ...fields,
});

const sparse = (id: string) =>
  song(id, {
    songName: "",
    adults: null,
    artists: [],
    albumId: null,
    date: { text: "-", year: null, month: null, day: null },
    genres: [],
    lyrics: "",
  });

Deno.test("songRows gives back what songsFrame was given, whichever rows lack values", () => {
  for (
    const songs of [[song("1"), sparse("2"), song("3", { adults: false })], [sparse("1"), song("2")], [
      sparse("1"),
    ], []]
  ) {
    assert.deepEqual(songRows(songsFrame(songs)), songs);
  }
});

Deno.test("keepRows keeps order and types, also where nothing is left", () => {
  const frame = songsFrame([song("1"), sparse("2"), song("3")]);
  assert.deepEqual(songRows(keepRows(frame, (row) => row !== 1)), [song("1"), song("3")]);
  const none = keepRows(frame, () => false);
  assert.deepEqual(songRows(none), []);
  assert.equal(String(none.schema), String(frame.schema));
});

Deno.test("songRows says what a frame lacks", () => {
  assert.throws(
    () => songRows(songsFrame([song("1")]).drop("genre", "year")),
    /lacks the column year, genre of a table of songs/,
  );
});

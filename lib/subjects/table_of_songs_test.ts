import assert from "node:assert/strict";
import type { Song } from "../songs/mod.ts";
import { cleanSongs, readSongs, songsFrame } from "../songs/mod.ts";
import { withFolder } from "../ground/testing/folder.ts";
import { withWork } from "./testing/work.ts";
import {
  cleaningTable,
  instancesOfOne,
  instancesTable,
  preparedFinding,
  songsAndInstances,
  songsBySide,
  tableFinding,
} from "./table_of_songs.ts";

const song = (id: number, genres: string[], artists: string[], values: Partial<Song> = {}): Song => ({
  id: String(id),
  songName: `노래 ${id}`,
  adults: false,
  artists,
  albumId: "1",
  date: { text: "2001", year: 2001, month: null, day: null },
  genres,
  lyrics: "밤하늘",
  ...values,
});

Deno.test("tableFinding: the largest and the smallest genre, faithful artists, what is missing most", () => {
  const { ko, en } = tableFinding(songsFrame([
    song(1, ["발라드"], ["가"]),
    song(2, ["발라드"], ["가"]),
    song(3, ["발라드", "댄스"], ["나"], { albumId: null }),
    song(4, ["트로트"], ["나"], { albumId: null, adults: null }),
    song(5, ["트로트"], ["다"]),
  ]));
  // 가 is wholly 발라드, 나 half; 다 has one song and does not count
  assert.equal(
    ko,
    "5곡 가운데 발라드가 3곡(60.0%)으로 가장 많고, 댄스가 1곡으로 가장 적습니다. 무조건 발라드라고만 답해도 이만큼은 맞힙니다. " +
      "두 곡 이상 부른 가수의 곡은 평균 75%가 한 장르에 속합니다. 가장 많이 빠진 값은 앨범(2곡)입니다.",
  );
  assert.match(
    en,
    /^Of 5 songs 발라드 has the most, 3 \(60\.0%\), and 댄스 the fewest, 1: .* album_id \(2 songs\)\.$/,
  );
});

Deno.test("tableFinding: one genre, nothing missing, no artist of several songs", () => {
  const { ko } = tableFinding(songsFrame([song(1, ["발라드"], ["가"]), song(2, ["발라드"], ["나"])]));
  assert.equal(ko, "2곡의 장르는 모두 발라드입니다.");
});

Deno.test("cleaningTable: lyrics count as cleaned for more than line breaks, which reading the table has seen to", () =>
  withFolder(async (folder) => {
    const path = `${folder}/songs.csv`;
    await Deno.writeTextFile(path, "genre,lyrics\n발라드,별<br>달\n댄스,너 &amp; 나\n록,그냥\n");
    const rows = cleaningTable(cleanSongs(await readSongs(path, { onNote: () => {} })).report);
    assert.deepEqual(
      rows.find((row) => row["한 일 · what was done"].includes("다듬은")),
      {
        "한 일 · what was done":
          "그중 줄바꿈 말고도 가사를 다듬은 곡 · of these, lyrics cleaned beyond line breaks",
        "곡 · songs": 1,
      },
    );
  }));

Deno.test("what is prepared, as tables, groups and a sentence", () =>
  withWork((work) => {
    const { train, validation, test } = work.sides;
    const rows = cleaningTable(work.report);
    assert.deepEqual(rows.slice(0, 3), [
      { "한 일 · what was done": "읽은 곡 · songs read", "곡 · songs": 60 },
      { "한 일 · what was done": "뺀 곡 · left out: 가사 없음 · no lyrics", "곡 · songs": 4 },
      { "한 일 · what was done": "남은 곡 · kept", "곡 · songs": 56 },
    ]);
    assert.deepEqual(Object.values(songsBySide(work)).map(({ length }) => length), [
      train.length,
      validation.length,
      test.length,
    ]);
    const both = train.filter(({ genres }) => genres.length === 2).length;
    assert.deepEqual(instancesTable(work).map((row) => row["인스턴스 · instances"]), [
      train.length + both,
      train.length + both,
    ]);
    assert.equal(Object.values(songsAndInstances(work))[1]!.length, train.length + both);
    // a song of both genres is shown: two instances of the same lyrics
    const one = instancesOfOne(work);
    assert.deepEqual(one.map((row) => row["배울 장르 · genre to learn"]).sort(), ["댄스", "발라드"]);
    assert.equal(new Set(one.map((row) => row["가사 · lyrics"])).size, 1);
    const part = preparedFinding(work, { lengths: [10, 20, 30], read: [10, 16, 16], maxLength: 16 });
    assert.equal(
      part.ko,
      `60곡에서 4곡을 빼고 학습 ${train.length}곡, 검증 ${validation.length}곡, 테스트 ${test.length}곡으로 나눴습니다. ` +
        "가사는 중앙값이 20토큰이고, 이 레시피는 전체 토큰의 70%를 읽습니다.",
    );
    const whole = preparedFinding(work, { lengths: [10, 20], read: [10, 20], maxLength: 16 });
    assert.match(whole.ko, /이 레시피는 모든 가사를 끝까지 읽습니다\.$/);
    assert.match(whole.en, /reads all of every song\.$/);
    // the figure beside it shows songs that are read in part
    const nearly = preparedFinding(work, {
      lengths: [1000, 20, 1010],
      read: [1000, 20, 1008],
      maxLength: 16,
    });
    assert.match(nearly.ko, /이 레시피는 학습 곡 가운데 아주 긴 1곡만 빼고 가사를 끝까지 읽습니다\.$/);
    assert.match(nearly.en, /reads all of every training song but 1 very long one\.$/);
    return Promise.resolve();
  }));

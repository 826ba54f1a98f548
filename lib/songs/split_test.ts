import assert from "node:assert/strict";
import type pl from "nodejs-polars";
import { seededRandom, shuffled, UserError } from "../ground/mod.ts";
import { lyricsKey } from "./fingerprint.ts";
import { type Song, songOf, songRows, songsFrame } from "./frame.ts";
import { instances } from "./instances.ts";
import { type Split, splitByIds, splitSongs } from "./split.ts";

const song = (id: string, fields: Partial<Song> = {}): Song =>
  songOf({
    id,
    artists: [`가수 ${id}`],
    genres: ["댄스"],
    lyrics: `가사 ${id}`,
    ...fields,
  });

const sides = ["train", "validation", "test"] as const;
const idsOf = (frame: pl.DataFrame) => frame.getColumn("id").toArray() as string[];
const idsOfAll = (split: Split) => sides.map((side) => idsOf(split[side]));

/**
 * Songs as hostile as real ones: imbalanced genres, some with several, repeated and missing lyrics, shared artists.
 */
function hostileSongs(count: number, seed: number): Song[] {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const genres = ["발라드", "발라드", "발라드", "발라드", "댄스", "댄스", "랩/힙합", "R&B/Soul"];
  return Array.from({ length: count }, (_, i) => {
    const copied = below(8) === 0 && i > 0 ? below(i) : i;
    const lyrics = below(15) === 0
      ? " "
      : ["가사 ", " 가사\n", "가사", "<b>가사</b>"][below(4)] + `Text ${copied}`;
    return song(String(below(2) ? i : 10_000 - i), {
      genres: [...new Set([genres[below(8)] ?? "", ...below(4) === 0 ? [`곁 ${below(12)}`] : []])],
      artists: below(9) === 0 ? [] : Array.from({ length: 1 + below(2) }, () => `가수 ${below(count)}`),
      lyrics: below(2) ? lyrics : lyrics.toUpperCase(),
    });
  });
}

/** Fails unless every song is in one part, in the frame's order, and nothing that must stay together is in two. */
function assertSound(songs: readonly Song[], split: Split, by: "song" | "artist") {
  const sideOf = new Map<string, string>();
  for (const side of sides) {
    const rows = songRows(split[side]);
    const members = new Set(rows.map(({ id }) => id));
    assert.deepEqual(rows, songs.filter(({ id }) => members.has(id)), `order or content of ${side}`);
    for (const row of rows) {
      const keys = [`id ${row.id}`];
      if (lyricsKey(row.lyrics) !== "") keys.push(`lyrics ${lyricsKey(row.lyrics)}`);
      if (by === "artist") keys.push(...row.artists.map((artist) => `artist ${artist}`));
      for (const key of keys) {
        assert.equal(sideOf.get(key) ?? side, side, `${key} is in ${side} and in ${sideOf.get(key)}`);
        sideOf.set(key, side);
      }
    }
  }
  assert.equal(sides.reduce((sum, side) => sum + split[side].height, 0), songs.length);
}

Deno.test("splitSongs: nothing leaks, sizes are met and every genre can be learned, on hostile tables", () => {
  for (let seed = 1; seed <= 25; seed++) {
    const songs = hostileSongs(240, seed);
    for (const by of ["song", "artist"] as const) {
      const split = splitSongs(songsFrame(songs), { validation: 0.1, test: 0.2, seed, by });
      assertSound(songs, split, by);
      const off = by === "song" ? 1 : 5;
      assert(
        Math.abs(split.validation.height - 24) <= off,
        `validation has ${split.validation.height}, by ${by}`,
      );
      assert(Math.abs(split.test.height - 48) <= off, `test has ${split.test.height}, by ${by}`);
      const learned = new Set(songRows(split.train).flatMap(({ genres }) => genres));
      for (const { genres } of songs) for (const genre of genres) assert(learned.has(genre), genre);
    }
  }
});

Deno.test("splitSongs: instances of a song are on one side", () => {
  const songs = hostileSongs(120, 5).map((song) => ({
    ...song,
    genres: [...song.genres, "모두"],
    artists: ["가", "나"],
  }));
  const split = splitSongs(songsFrame(songs), { validation: 0.2, test: 0.2, seed: 1 });
  const [train, validation, test] = sides.map((side) =>
    new Set(instances(songRows(split[side]), { oversample: true }).map(({ songId }) => songId))
  ) as [Set<string>, Set<string>, Set<string>];
  assert(train.isDisjointFrom(validation) && train.isDisjointFrom(test) && validation.isDisjointFrom(test));
});

Deno.test("splitSongs: songs that a chain connects stay together", () => {
  // 1 and 2 share lyrics, 2 and 3 an artist, 3 and 4 lyrics, 4 and 5 an artist, written differently
  const chain = [
    song("1", { lyrics: "Same one" }),
    song("2", { lyrics: "same\nONE", artists: ["둘", "IU"] }),
    song("3", { lyrics: "same two", artists: ["iu"] }),
    song("4", { lyrics: "SAME<br>TWO", artists: ["ＡＢ"] }),
    song("5", { artists: ["ab", "다섯"] }),
  ];
  const songs = [...chain, ...Array.from({ length: 45 }, (_, i) => song(`x${i}`))];
  const outside = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const split = splitSongs(songsFrame(songs), { validation: 0, test: 10, seed, by: "artist" });
    const chained = sides.filter((side) => idsOf(split[side]).some((id) => id.length === 1));
    assert.equal(chained.length, 1, `the chain is in ${chained}`);
    outside.add(chained.join());
    assert.equal(split.test.height, 10);
  }
  assert.deepEqual([...outside].sort(), ["test", "train"]); // no side is barred to it
  // by song the artists do not count: lyrics alone keep 1 with 2, and 3 with 4
  const separate = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const test = new Set(idsOf(splitSongs(songsFrame(songs), { validation: 0, test: 20, seed }).test));
    assert.equal(test.has("1"), test.has("2"));
    assert.equal(test.has("3"), test.has("4"));
    separate.add(`${test.has("2")}${test.has("3")}${test.has("5")}`);
  }
  assert.equal(separate.size, 8);
});

Deno.test("splitSongs: editions of a song, with a word more or with marks that cannot be seen, stay together", () => {
  const random = seededRandom(9);
  const songs = Array.from({ length: 60 }, (_, i) => {
    const lyrics = Array.from({ length: 36 }, () => `말${Math.floor(random() * 30)}`).join(" ");
    return [
      song(`${i}`, { lyrics }),
      song(`${i}L`, { lyrics: `${lyrics}\n라이브`, artists: ["다른 가수"] }),
      song(`${i}W`, { lyrics: `\u2068${lyrics}\u2069` }),
    ];
  }).flat();
  for (let seed = 0; seed < 5; seed++) {
    const split = splitSongs(songsFrame(songs), { validation: 0.1, test: 0.1, seed });
    const sideOf = new Map(sides.flatMap((side) => idsOf(split[side]).map((id) => [id, side] as const)));
    for (let i = 0; i < 60; i++) {
      assert.equal(sideOf.get(`${i}L`), sideOf.get(`${i}`));
      assert.equal(sideOf.get(`${i}W`), sideOf.get(`${i}`));
    }
    assert(split.test.height > 0 && split.validation.height > 0);
  }
});

Deno.test("splitSongs: a table of one text in many forms can be split all the same", () => {
  const text = Array.from({ length: 40 }, (_, i) => `말${i}`).join(" ");
  for (const count of [12, 30, 100]) {
    const songs = Array.from({ length: count }, (_, i) => song(String(i), { lyrics: `${text} 끝${i}` }));
    const side = Math.round(count / 10);
    const split = splitSongs(songsFrame(songs), { validation: side, test: side, seed: 1 });
    assert.deepEqual([split.validation.height, split.test.height], [side, side]);
  }
});

Deno.test("splitSongs: songs without lyrics are not held together", () => {
  const songs = Array.from({ length: 40 }, (_, i) => song(String(i), { lyrics: i % 2 ? "" : " <br> " }));
  assert.equal(splitSongs(songsFrame(songs), { validation: 8, test: 8, seed: 1 }).test.height, 8);
});

Deno.test("splitSongs: each part has its share of every genre, to within one song", () => {
  const sizesOf: [genre: string, songs: number][] = [["발라드", 137], ["댄스", 61], ["트로트", 23], [
    "포크",
    9,
  ], ["재즈", 4]];
  const songs = sizesOf.flatMap(([genre, count]) =>
    Array.from({ length: count }, (_, i) => song(`${genre} ${i}`, { genres: [genre, "곁"] }))
  );
  for (let seed = 0; seed < 10; seed++) {
    const split = splitSongs(songsFrame(songs), { validation: 0.15, test: 0.1, seed });
    assert.deepEqual([split.validation.height, split.test.height], [35, 23]);
    for (const side of sides) {
      const rows = songRows(split[side]);
      for (const [genre, count] of sizesOf) {
        const expected = count * rows.length / songs.length;
        const actual = rows.filter(({ genres }) => genres[0] === genre).length;
        const off = side === "train" ? 2 : 1; // train has what the two others leave
        assert(Math.abs(actual - expected) < off, `${genre} in ${side}: ${actual}, not ${expected}`);
      }
    }
  }
});

Deno.test("splitSongs: what fractions of a song remain goes to the genres owed most", () => {
  const tested = (sizesOf: [genre: string, songs: number][], test: number, seed: number) => {
    const songs = sizesOf.flatMap(([genre, count]) =>
      Array.from({ length: count }, (_, i) => song(`${genre} ${i}`, { genres: [genre] }))
    );
    const rows = songRows(splitSongs(songsFrame(songs), { validation: 0, test, seed }).test);
    return sizesOf.map(([genre]) => rows.filter(({ genres }) => genres[0] === genre).length);
  };
  for (let seed = 0; seed < 5; seed++) {
    assert.deepEqual(tested([["발라드", 90], ["댄스", 7], ["포크", 3]], 10, seed), [9, 1, 0]);
    const even = tested([["가", 10], ["나", 10], ["다", 10], ["라", 10]], 14, seed);
    assert.deepEqual(even, [4, 4, 3, 3]);
  }
});

Deno.test("splitSongs: every song, alone or in a group, is tested about equally often", () => {
  const songs = Array.from(
    { length: 60 },
    (_, i) =>
      song(String(i), {
        lyrics: i < 20 ? `쌍 ${i >> 1}` : i < 29 ? `셋 ${Math.floor((i - 20) / 3)}` : `홀로 ${i}`,
      }),
  );
  const tested = new Map<string, number>();
  const trials = 500;
  for (let seed = 0; seed < trials; seed++) {
    for (const id of idsOf(splitSongs(songsFrame(songs), { validation: 10, test: 15, seed }).test)) {
      tested.set(id, (tested.get(id) ?? 0) + 1);
    }
  }
  for (const { id } of songs) {
    const share = (tested.get(id) ?? 0) / trials; // expected 0.25, standard error 0.02
    assert(share > 0.17 && share < 0.34, `song ${id}: ${share}`);
  }
});

Deno.test("splitSongs: the seed decides, and neither the rows' order nor anything else", () => {
  const songs = hostileSongs(200, 3);
  const options = { validation: 0.1, test: 0.1 };
  const first = idsOfAll(splitSongs(songsFrame(songs), { ...options, seed: 7 }));
  assert.deepEqual(idsOfAll(splitSongs(songsFrame(songs), { ...options, seed: 7 })), first);
  assert.notDeepEqual(idsOfAll(splitSongs(songsFrame(songs), { ...options, seed: 8 })), first);
  const reordered = shuffled(songs, seededRandom(1));
  assert.deepEqual(
    idsOfAll(splitSongs(songsFrame(reordered), { ...options, seed: 7 })).map((ids) => ids.toSorted()),
    first.map((ids) => ids.toSorted()),
  );
});

Deno.test("splitSongs: a genre of one song is in train alone; of two, at most one leaves", () => {
  const songs = [
    ...Array.from(
      { length: 30 },
      (_, i) =>
        song(
          `댄스 ${i}`,
          i < 2 ? { genres: ["댄스", "곁 둘"] } : i === 5 ? { genres: ["댄스", "곁 하나"] } : {},
        ),
    ),
    ...["하나", "둘", "둘", "쌍", "쌍"].map((genre, i) =>
      song(`${genre} ${i}`, { genres: [genre], lyrics: genre === "쌍" ? "같은 가사" : `가사 ${i}` })
    ),
  ];
  for (let seed = 0; seed < 40; seed++) {
    const { train, validation, test } = splitSongs(songsFrame(songs), { validation: 8, test: 8, seed });
    assert.deepEqual([validation.height, test.height], [8, 8]);
    const inTrain = songRows(train).flatMap(({ genres }) => genres);
    const times = (genre: string) => inTrain.filter((other) => other === genre).length;
    assert.equal(times("하나"), 1);
    assert.equal(times("곁 하나"), 1);
    assert.equal(times("쌍"), 2); // both songs of this genre share their lyrics
    assert(times("둘") >= 1 && times("곁 둘") >= 1);
  }
});

Deno.test("splitSongs: sizes as numbers, nothing for one part, and songs without genre", () => {
  const songs = Array.from({ length: 20 }, (_, i) => song(String(i), { genres: [] }));
  const heights = (validation: number, test: number) => {
    const split = splitSongs(songsFrame(songs), { validation, test, seed: 1 });
    return sides.map((side) => split[side].height);
  };
  assert.deepEqual(heights(3, 5), [12, 3, 5]);
  assert.deepEqual(heights(0, 0.1), [18, 0, 2]);
  assert.deepEqual(heights(1, 0), [19, 1, 0]);
  assert.deepEqual(heights(0, 0), [20, 0, 0]);
  assert.deepEqual(heights(0.01, 0), [19, 1, 0]); // a part asked for is never empty
});

Deno.test("splitSongs: what cannot be done is refused, with the numbers", () => {
  const songs = Array.from({ length: 20 }, (_, i) => song(String(i)));
  const refused = (
    table: Song[],
    validation: number,
    test: number,
    message: RegExp,
    by: "song" | "artist" = "song",
  ) =>
    assert.throws(() => splitSongs(songsFrame(table), { validation, test, seed: 1, by }), (error) => {
      assert(error instanceof UserError);
      assert.match(error.message, message);
      return true;
    });
  refused([], 0.1, 0.1, /no songs to split/);
  refused(songs, 0.5, 0.5, /10 test and 10 validation songs leave nothing of 20 songs to train on/);
  refused(songs, 0, 25, /25 test and 0 validation songs leave nothing/);
  refused(songs, -0.1, 0.1, /size of the validation part must be .* and is -0\.1/);
  refused(songs, 0.1, NaN, /size of the test part must be .* and is NaN/);
  refused(songs, 0.1, 2.5, /and is 2\.5/);
  refused(
    songs.map((song, i) => ({ ...song, genres: [`장르 ${i % 15}`] })),
    0,
    8,
    /only 5 of 20 songs can leave the training part/,
  );
  refused(songs.map((song) => ({ ...song, lyrics: "같다" })), 0, 2, /only 0 of 20 songs can leave/);
  refused(
    songs.map((song, i) => ({ ...song, artists: [i < 10 ? "가" : "나"] })),
    0,
    5,
    /The test part was to have 5 songs, but gets 0: .* groups of up to 10 of 20 songs\. Ask for another size, or split by "song"/,
    "artist",
  );
  assert.throws(
    () => splitSongs(songsFrame(songs), { validation: 1, test: 1, seed: 1.5 }),
    /seed must be a whole number/,
  );
});

Deno.test("splitByIds: exactly the given songs are tested, and their doubles are left out", () => {
  const songs = hostileSongs(240, 11);
  const test = shuffled(songs, seededRandom(2)).slice(0, 50).map(({ id }) => id);
  for (const by of ["song", "artist"] as const) {
    const split = splitByIds(songsFrame(songs), { test, validation: 0.1, seed: 1, by });
    assert.deepEqual(idsOf(split.test), songs.map(({ id }) => id).filter((id) => test.includes(id)));
    const leftOut = new Set(idsOf(split.leftOut));
    assertSound(songs.filter(({ id }) => !leftOut.has(id)), split, by);
    const rest = 240 - 50 - leftOut.size;
    assert(leftOut.size > 0 && Math.abs(split.validation.height - rest / 10) <= 2);
    const keys = new Set(
      songRows(split.test).flatMap((
        { lyrics, artists },
      ) => [lyricsKey(lyrics), ...by === "artist" ? artists : []]),
    );
    if (by === "song") {
      for (const { lyrics } of songRows(split.leftOut)) assert(keys.has(lyricsKey(lyrics)));
    }
  }
  const all = splitByIds(songsFrame(songs), { test, validation: 0, seed: 1 });
  assert.equal(all.validation.height, 0);
});

Deno.test("splitByIds: other editions of a test song stay where they are, unless it is asked for", () => {
  const text = Array.from({ length: 40 }, (_, i) => `말${i}`).join(" ");
  const songs = [
    song("a", { lyrics: text }),
    song("b", { lyrics: `${text} 라이브` }),
    ...Array.from({ length: 20 }, (_, i) => song(String(i))),
  ];
  const leftOut = (editions?: boolean) =>
    idsOf(
      splitByIds(songsFrame(songs), {
        test: ["a"],
        validation: 0.1,
        seed: 1,
        ...(editions !== undefined && { editions }),
      }).leftOut,
    );
  assert.deepEqual(leftOut(), []);
  assert.deepEqual(leftOut(true), ["b"]);
});

Deno.test("splitByIds: unknown ids, none, and all are refused", () => {
  const frame = songsFrame(Array.from({ length: 8 }, (_, i) => song(String(i))));
  const refused = (test: string[], message: RegExp) =>
    assert.throws(() => splitByIds(frame, { test, validation: 0.1, seed: 1 }), (error) => {
      assert(error instanceof UserError);
      assert.match(error.message, message);
      return true;
    });
  refused(["1", "x", "y"], /2 of 3 test ids are not among the 8 songs: x, y\./);
  refused([], /list of test ids is empty/);
  refused(idsOf(frame), /leave no song to train on/);
});

/** What the bundled songs promise: see README.md. The committed table is tested, and that the bank gives it again. */
import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { type Bank, genreFiles, readBank, type Sections, themeFiles } from "./bank.ts";
import { composeSongs, type Row, toCsv } from "./compose.ts";
import { endingsOf, joiningEndings } from "./endings.ts";
import { allGenres, manner } from "./genres.ts";
import { conjugate } from "./korean.ts";
import { likeness, plainLine } from "./lines.ts";
import { seeded } from "./random.ts";

const file = new URL("songs.csv", import.meta.url);
const text = await Deno.readTextFile(file);
const rows = parse(text, { columns: true }) as Row[];
const sung = rows.filter((row) => row.lyrics !== "");
const labelled = sung.filter((row) => row.genre !== "-");

const namesIn = (field: string): string[] => field.split(",").map((name) => name.trim());
const firstGenre = (row: Row): string => namesIn(row.genre)[0] ?? "";
const linesOf = (lyrics: string): string[] =>
  lyrics.split(/\n|\\n|<br>/).map(plainLine).filter((line) => line !== "");

/** Rows by lyrics, in a seeded order: repeated lyrics stay together. */
function groups(seed: number): Row[][] {
  const byLyrics = new Map<string, Row[]>();
  for (const row of labelled) byLyrics.set(row.lyrics, [...(byLyrics.get(row.lyrics) ?? []), row]);
  return seeded(seed).shuffle([...byLyrics.values()]);
}

/** About 80 % to train on and 10 % to test on. */
function splitRows(seed: number): { train: Row[]; test: Row[] } {
  const all = groups(seed);
  const tenth = Math.floor(all.length / 10);
  return { test: all.slice(0, tenth).flat(), train: all.slice(2 * tenth).flat() };
}

function share(rows: Row[], holds: (row: Row) => boolean): number {
  return rows.filter(holds).length / rows.length;
}

function between(value: number, low: number, high: number, what: string): void {
  assert.ok(value >= low && value <= high, `${what}: ${value.toFixed(3)} is not between ${low} and ${high}`);
}

Deno.test("songs.csv is what the composer makes of the bank, byte for byte", async () => {
  assert.ok(
    toCsv(composeSongs(await readBank(), 2025)) === text,
    "songs.csv differs: run deno run -A data/compose.ts",
  );
});

Deno.test("songs.csv: columns, size, ids", () => {
  assert.equal(text.slice(0, text.indexOf("\n")), "id,song_name,adults,artist,album_id,date,genre,lyrics");
  assert.ok(text.length < 3_000_000 && new TextEncoder().encode(text).length <= 3_000_000);
  between(rows.length, 1200, 1800, "songs");
  assert.equal(new Set(rows.map((row) => row.id)).size, rows.length, "ids differ");
  assert.ok(new Set(rows.flatMap((row) => namesIn(row.artist))).size >= 150, "at least 150 artists");
  for (const row of sung) {
    const count = linesOf(row.lyrics).length;
    assert.ok(count >= 12 && count <= 40, `song ${row.id} has ${count} lines`);
  }
});

Deno.test("songs.csv: uneven genres, each with at least 70 songs", () => {
  const counts = allGenres.map((genre) => labelled.filter((row) => firstGenre(row) === genre).length);
  allGenres.forEach((genre, i) => assert.ok((counts[i] ?? 0) >= 70, `${genre} has ${counts[i]} songs`));
  const known = new Set(allGenres);
  assert.ok(labelled.every((row) => namesIn(row.genre).every((genre) => known.has(genre))));
  assert.equal(allGenres[counts.indexOf(Math.max(...counts))], "발라드");
  between(Math.max(...counts) / labelled.length, 0.2, 0.4, "majority genre");
});

Deno.test("songs.csv: the irregularities of real data", () => {
  between(share(rows, (row) => row.genre.includes(",")), 0.06, 0.14, "several genres");
  between(share(rows, (row) => row.artist.includes(",")), 0.03, 0.09, "several artists");
  between(share(rows, (row) => row.lyrics === ""), 0.003, 0.02, "no lyrics");
  between(share(rows, (row) => row.genre === "-"), 0.001, 0.01, "no genre");
  between(1 - new Set(sung.map((row) => row.lyrics)).size / sung.length, 0.008, 0.025, "repeated lyrics");
  between(share(sung, (row) => !/[가-힣]/.test(row.lyrics)), 0.01, 0.04, "no Hangul");
  for (const genre of [", ", /,\S/]) assert.ok(rows.some((row) => row.genre.search(genre) >= 0));
  const dates = [/^\d{4}\.\d\d\.\d\d$/, /^\d{4}\.\d\d$/, /^\d{4}$/, /^-$/, /^$/];
  for (const date of dates) assert.ok(rows.some((row) => date.test(row.date)), `a date like ${date}`);
  assert.ok(rows.every((row) => dates.some((date) => date.test(row.date))));
  const years = rows.map((row) => Number(row.date.slice(0, 4))).filter((year) => year > 0);
  assert.ok(Math.min(...years) >= 1988 && Math.max(...years) <= 2023);
  for (const album of [/^\d+$/, /^'\d+'$/, /^$/]) assert.ok(rows.some((row) => album.test(row.album_id)));
  assert.deepEqual([...new Set(rows.map((row) => row.adults))].sort(), ["", "0.0", "1.0"]);
  for (const end of ["\\n", "<br>"]) assert.ok(sung.some((row) => row.lyrics.includes(end)));
  const covers = groups(1).filter((group) => new Set(group.map((row) => row.artist)).size > 1);
  assert.ok(covers.length > 0, "a song sung by two artists");
});

Deno.test("repeated lyrics keep their genre: no label is flipped", () => {
  for (const group of groups(1)) assert.equal(new Set(group.map((row) => row.genre)).size, 1);
});

Deno.test("artists have a main genre and wander; their output is long-tailed", () => {
  const byArtist = new Map<string, Map<string, number>>();
  for (const row of labelled) {
    const artist = namesIn(row.artist)[0] ?? "";
    const counts = byArtist.get(artist) ?? new Map<string, number>();
    counts.set(firstGenre(row), (counts.get(firstGenre(row)) ?? 0) + 1);
    byArtist.set(artist, counts);
  }
  const sizes = [...byArtist.values()].map((counts) => [...counts.values()].reduce((a, b) => a + b, 0));
  assert.ok(sizes.filter((size) => size <= 3).length > sizes.length / 3, "many artists with few songs");
  assert.ok(sizes.filter((size) => size >= 20).length >= 10, "some artists with many");
  let right = 0;
  let all = 0;
  for (let seed = 1; seed <= 5; seed++) {
    const { train, test } = splitRows(seed);
    for (const row of test) {
      const counts = new Map<string, number>();
      for (const other of train) {
        if (namesIn(other.artist).includes(namesIn(row.artist)[0] ?? "")) {
          counts.set(firstGenre(other), (counts.get(firstGenre(other)) ?? 0) + 1);
        }
      }
      const best = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "발라드";
      if (best === firstGenre(row)) right++;
      all++;
    }
  }
  between(right / all, 0.65, 0.8, "the artist's most frequent genre alone");
});

Deno.test("at most 5 % of the test songs' lines occur word for word in training songs", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const { train, test } = splitRows(seed);
    const known = new Set(train.flatMap((row) => linesOf(row.lyrics)));
    const lines = test.flatMap((row) => linesOf(row.lyrics));
    const distinct = [...new Set(lines)];
    between(lines.filter((line) => known.has(line)).length / lines.length, 0, 0.05, "all lines");
    between(distinct.filter((line) => known.has(line)).length / distinct.length, 0, 0.05, "distinct lines");
  }
});

Deno.test("lines of different songs differ in more than a swapped, added or left-out word", () => {
  const songsWith = new Map<string, Set<string>>();
  const note = (key: string, song: string): void => {
    const songs = songsWith.get(key) ?? new Set();
    songs.add(song);
    songsWith.set(key, songs);
  };
  const songs = groups(1).map((group) => ({
    id: group[0]?.id ?? "",
    lines: linesOf(group[0]?.lyrics ?? ""),
  }));
  let all = 0;
  for (const { id, lines } of songs) {
    for (const line of new Set(lines)) {
      const words = line.split(" ");
      all++;
      note(line, id);
      if (words.length < 3) continue;
      words.forEach((_, i) => note(words.map((word, j) => (i === j ? "*" : word)).join(" "), id));
    }
  }
  const shared = [...songsWith].filter(([, songs]) => songs.size > 1);
  between(shared.length / all, 0, 0.005, "lines with a twin but for a word");
});

Deno.test("near-duplicate lines between songs are rare", () => {
  const lines = new Map<string, string>();
  for (const group of groups(1)) {
    for (const line of linesOf(group[0]?.lyrics ?? "")) lines.set(line, group[0]?.id ?? "");
  }
  const byWord = new Map<string, string[]>();
  for (const line of lines.keys()) {
    for (const word of new Set(line.split(" "))) byWord.set(word, [...(byWord.get(word) ?? []), line]);
  }
  const sample = seeded(3).shuffle([...lines.keys()]).slice(0, 400);
  let near = 0;
  for (const line of sample) {
    const words = new Set(line.split(" "));
    // a line alike by more than 0.8 shares at least one of its rarer words
    const others = new Set(
      [...words].map((word) => byWord.get(word) ?? []).filter((l) => l.length < 400).flat(),
    );
    const alike = [...others].some((other) => {
      if (lines.get(other) === lines.get(line)) return false;
      const theirs = new Set(other.split(" "));
      const both = [...words].filter((word) => theirs.has(word)).length;
      return both / (words.size + theirs.size - both) > 0.8 || likeness(line, other) > 0.8;
    });
    if (alike) near++;
  }
  between(near / sample.length, 0, 0.01, "near-duplicates");
});

Deno.test("a song keeps its speech level", () => {
  const polite = /(요|니다|죠)$/;
  const plain = /(줘|을게|할게|갈게|을래|할래|지 마|었어|았어|했어|거야|이야|싶어|있어|잖아)$/;
  for (const row of sung) {
    const lines = linesOf(row.lyrics);
    const count = lines.filter((line) => polite.test(line)).length;
    if (count < 4) continue;
    const odd = lines.find((line) => plain.test(line));
    assert.equal(odd, undefined, `song ${row.id} is polite but has "${odd}"`);
  }
});

Deno.test("lyrics: no marks of the bank are left, no particle is wrong after its word", () => {
  const words = /(?<![가-힣])(그대|바다|커피|기타|피아노|하모니카)(을|이|은|과)(?![가-힣])/;
  const closed = /(?<![가-힣])(당신|사랑|마음|눈물|바람|이별|세월|밤)(를|가|는|와)(?![가-힣])/;
  for (const row of rows) {
    const all = `${row.song_name}\n${row.lyrics.replaceAll("<br>", "\n").replaceAll("\\n", "\n")}`;
    assert.ok(
      !/[@^{}<>|#]|undefined/.test(all) && !all.includes("\u0000"),
      `song ${row.id}: a mark is left in ${row.song_name}`,
    );
    const wrong = words.exec(all) ?? closed.exec(all);
    assert.equal(wrong, null, `song ${row.id}: ${wrong?.[0]}`);
  }
});

/** Naive Bayes on character pairs, a quick stand-in for TF-IDF with logistic regression (README.md has its figures). */
function naiveBayes(train: Row[], test: Row[]): number {
  const pairs = (row: Row): string[] =>
    linesOf(row.lyrics).flatMap((line) => [...line].slice(1).map((char, i) => (line[i] ?? "") + char));
  const counts = new Map(allGenres.map((genre) => [genre, new Map<string, number>()]));
  const totals = new Map<string, number>();
  const songs = new Map<string, number>();
  for (const row of train) {
    const genre = firstGenre(row);
    const own = counts.get(genre);
    songs.set(genre, (songs.get(genre) ?? 0) + 1);
    for (const pair of pairs(row)) {
      own?.set(pair, (own.get(pair) ?? 0) + 1);
      totals.set(genre, (totals.get(genre) ?? 0) + 1);
    }
  }
  const kinds = new Set([...counts.values()].flatMap((own) => [...own.keys()])).size;
  const score = (genre: string, found: string[]): number =>
    found.reduce(
      (sum, pair) =>
        sum +
        Math.log(((counts.get(genre)?.get(pair) ?? 0) + 0.2) / ((totals.get(genre) ?? 0) + 0.2 * kinds)),
      Math.log((songs.get(genre) ?? 0) / train.length),
    );
  const right = test.filter((row) => {
    const found = pairs(row);
    const scores = allGenres.map((genre) => score(genre, found));
    return allGenres[scores.indexOf(Math.max(...scores))] === firstGenre(row);
  });
  return right.length / test.length;
}

Deno.test("the genres can be told from the lyrics, but not perfectly", () => {
  const scores = [1, 2, 3].map((seed) => {
    const { train, test } = splitRows(seed);
    return naiveBayes(train, test);
  });
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  between(mean, 0.6, 0.85, "naive Bayes on character pairs");
});

function allSections(bank: Bank): [string, Sections][] {
  return [["common", bank.common], ...bank.themes, ...bank.genres];
}

Deno.test("the bank is large, and nothing stands in it twice", async () => {
  const bank = await readBank();
  const seen = new Map<string, string>();
  let fragments = 0;
  let patterns = 0;
  for (const [name, sections] of allSections(bank)) {
    for (const [section, list] of sections) {
      if (section === "title" || section === "lead" || section === "tail") continue;
      fragments += list.length;
      patterns += list.filter(({ text }) => /[<{@]/.test(text)).length;
      for (const { text } of list) {
        const key = `${section} ${text}`;
        const short = section === "ask" || section === "dont" || section === "lets";
        assert.ok(short || !seen.has(key), `"${text}" is in ${seen.get(key)} and in ${name}`);
        seen.set(key, name);
      }
    }
  }
  assert.ok(fragments >= 3500, `${fragments} fragments`);
  assert.ok(patterns >= 700, `${patterns} patterns with slots`);
  assert.deepEqual(Object.keys(genreFiles).sort(), [...allGenres].sort());
  for (const genre of allGenres) {
    for (const [theme] of manner(genre).themes) assert.ok(theme in themeFiles, `${genre} sings of ${theme}`);
  }
});

Deno.test("every predicate of the bank takes every ending, every slot has words", async () => {
  const bank = await readBank();
  for (const [name, sections] of allSections(bank)) {
    for (const [section, list] of sections) {
      for (const { text } of list) {
        for (const [, slot = ""] of text.matchAll(/<([^>]+)>/g)) {
          assert.ok(bank.words.has(slot), `${name}: "${text}" has an unknown slot <${slot}>`);
        }
        assert.ok(
          !/(^|\s)(네가|너를|너의|너는|너에게)(\s|$)/.test(text) || section === "title",
          `${name}: "${text}"`,
        );
      }
      if (!["do", "be", "you", "ask", "dont", "lets"].includes(section)) continue;
      const endings = [
        ...Object.values(endingsOf).flatMap((voice) => voice[section as keyof typeof voice]),
        ...Object.values(joiningEndings).flat(),
      ];
      for (const { text } of list) {
        for (const [ending] of endings) {
          const written = conjugate(text, ending, section !== "be" && section !== "you");
          assert.match(written, /[가-힣]$/, `${name}: "${text}" + ${ending}`);
        }
      }
    }
  }
});

Deno.test("a broken bank file is an error with file and line", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const bank = new URL("bank/", import.meta.url);
    for await (const entry of Deno.readDir(bank)) {
      await Deno.copyFile(new URL(entry.name, bank), `${folder}/${entry.name}`);
    }
    const broken = async (content: string, message: RegExp): Promise<void> => {
      await Deno.writeTextFile(`${folder}/common.txt`, content);
      await assert.rejects(readBank(new URL(`file://${folder}/`)), message);
    };
    await broken("길을 걷다\n", /common\.txt line 1: "길을 걷다" stands before any \[section\]/);
    await broken("[do]\n길을 걷다\n\n길을 걷다\n", /common\.txt line 4: "길을 걷다" is in \[do\] twice/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

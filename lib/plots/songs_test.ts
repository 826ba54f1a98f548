import assert from "node:assert/strict";
import type { Data } from "plotly.js-dist";
import {
  type Figure,
  genreByArtist,
  genreDistribution,
  lyricLengths,
  songsByYear,
  tokenLengths,
} from "./mod.ts";
import { grouped } from "../ground/pure.ts";
import { mostGenres, paletteColours, roleColours } from "./figure.ts";

type Trace = Data & Record<string, unknown>;
const traces = (figure: Figure) => figure.data as Trace[];
const titleText = ({ layout }: Figure) => (layout.title as { text: string }).text;
const facts = ({ layout }: Figure) => (layout.title as { subtitle: { text: string } }).subtitle.text;

const song = (genres: string[], more: Record<string, unknown> = {}) => ({
  genres,
  artists: ["달"],
  date: { year: 2001 as number | null },
  lyrics: "가나다",
  ...more,
});

Deno.test("genreDistribution counts a song in each of its genres, the largest first", () => {
  const figure = genreDistribution([
    song(["댄스"]),
    song(["발라드", "댄스"]),
    song(["댄스"]),
    song(["발라드"]),
  ]);
  const [bars] = traces(figure);
  assert.equal(titleText(figure), "장르 분포 · Genre distribution");
  assert.deepEqual(bars!.y, ["댄스", "발라드"]);
  assert.deepEqual(bars!.x, [3, 2]);
  assert.deepEqual(bars!.text, ["3 (75.0%)", "2 (50.0%)"]);
  assert.match(facts(figure), /^4곡/);
  assert.equal(figure.layout.showlegend, false);
  assert.equal((figure.layout.xaxis?.title as { text: string }).text, "곡 수 · Songs");
});

Deno.test("genreDistribution compares groups by their shares, zeros included", () => {
  const figure = genreDistribution({
    train: [{ genre: "댄스" }, { genre: "댄스" }, { genre: "댄스" }, { genre: "트로트" }],
    test: [{ genre: "댄스" }],
  });
  const [train, test] = traces(figure);
  assert.deepEqual(train!.y, ["댄스", "트로트"]);
  assert.deepEqual(train!.x, [0.75, 0.25]);
  assert.deepEqual(test!.x, [1, 0]);
  assert.deepEqual(test!.customdata, [1, 0]);
  assert.equal(figure.layout.showlegend, true);
  assert.equal(facts(figure), "train 4 · test 1");
  // Distributions, so that songs of several genres compare with instances of one.
  const [songs] = traces(
    genreDistribution({ songs: [song(["댄스", "발라드"])], instances: [{ genre: "댄스" }] }),
  );
  assert.deepEqual(songs!.x, [0.5, 0.5]);
});

Deno.test("names of the data are shown as they are, not read as markup", () => {
  const [bars] = traces(genreDistribution([song(["<b>록</b> & 메탈"])]));
  assert.deepEqual(bars!.y, ["&lt;b&gt;록&lt;/b&gt; &amp; 메탈"]);
});

Deno.test("figures of hundreds of genres name the largest, and gather the rest without losing a song", () => {
  const songs = Array.from(
    { length: 1000 },
    (_, i) =>
      song([`장르${i % 230}`, ...(i % 10 === 0 ? [`장르${(i + 1) % 230}`] : [])], {
        artists: [`가수${i % 3}`],
        lyrics: "가".repeat(1 + i % 7),
      }),
  );
  const other = "그 밖 200개 · others";
  const figure = genreDistribution(songs);
  const [bars] = traces(figure);
  const shown = bars!.y as string[], counts = bars!.x as number[];
  assert.equal(shown.length, mostGenres + 1);
  assert.equal(shown.at(-1), other);
  // songs of any other genre, each once
  const named = new Set(shown.slice(0, -1));
  assert.equal(counts.at(-1), songs.filter(({ genres }) => genres.some((genre) => !named.has(genre))).length);
  assert.ok((figure.layout.height ?? 480) < 1500);
  const [shares] = traces(genreDistribution({ train: songs, test: songs.slice(0, 10) }));
  assert.ok(Math.abs((shares!.x as number[]).reduce((a, b) => a + b, 0) - 1) < 1e-9);

  const [boxes] = traces(lyricLengths(songs));
  assert.equal((boxes!.y as string[]).length, mostGenres + 1);
  assert.equal((boxes!.y as string[]).at(-1), `${other} (${grouped(counts.at(-1)!)})`);

  const [map] = traces(genreByArtist(songs));
  const columns = map!.x as string[], rows = map!.text as string[][];
  assert.equal(columns.at(-1), "그 밖 210개 · others");
  const ofFirst = songs.filter(({ artists }) => artists[0] === "가수0");
  assert.equal(
    rows[0]!.at(-1),
    String(ofFirst.filter(({ genres }) => genres.some((genre) => !columns.includes(genre))).length),
  );
  // one more than are named is named, too
  const few = songs.filter(({ genres }) => genres.every((genre) => Number(genre.slice(2)) <= mostGenres));
  assert.ok((traces(genreDistribution(few))[0]!.y as string[]).every((name) => name.startsWith("장르")));
});

Deno.test("songsByYear stacks songs under their first genre and tells how many have no year", () => {
  const figure = songsByYear([
    song(["댄스", "발라드"]),
    song(["댄스"]),
    song(["발라드"], { date: { year: 1999 } }),
    song(["발라드"], { date: { year: null } }),
  ]);
  const [dance, ballad] = traces(figure);
  assert.deepEqual([dance!.name, dance!.x, dance!.y], ["댄스", [2001], [2]]);
  assert.deepEqual([ballad!.name, ballad!.x, ballad!.y], ["발라드", [1999], [1]]);
  assert.equal(facts(figure), "1999–2001 · 3곡 · songs · 연도 없음 · without a year: 1");
  assert.equal(figure.layout.barmode, "stack");
  assert.throws(() => songsByYear([song(["댄스"], { date: { year: NaN } })]), /a song's year is NaN/);
});

Deno.test("songsByYear gathers rare genres once the palette is used up, and loses none", () => {
  const songs = Array.from({ length: 12 }, (_, g) => Array.from({ length: 20 - g }, () => song([`장르${g}`])))
    .flat();
  const figure = songsByYear(songs);
  const drawn = traces(figure);
  assert.equal(drawn.length, paletteColours.length);
  const colors = drawn.map((trace) => (trace.marker as { color: string }).color);
  assert.equal(new Set(colors).size, colors.length);
  assert.equal(drawn.at(-1)!.name, "기타 · Other");
  assert.equal(colors.at(-1), roleColours.background);
  const total = drawn.reduce((sum, trace) => sum + (trace.y as number[]).reduce((a, b) => a + b, 0), 0);
  assert.equal(total, songs.length);
  // As many genres as colours need no gathering.
  const eight = songsByYear(
    songs.filter(({ genres }) => Number(genres[0]!.slice(2)) < paletteColours.length),
  );
  assert.equal(eight.data.length, paletteColours.length);
  assert.ok(traces(eight).every(({ name }) => name !== "기타 · Other"));
});

Deno.test("genreByArtist shows counts and each artist's shares, the most songs on top", () => {
  const figure = genreByArtist([
    song(["댄스"], { artists: ["별"] }),
    song(["댄스"], { artists: ["달", "별"] }),
    song(["댄스", "발라드"], { artists: ["달"] }),
    song(["발라드"], { artists: ["달"] }),
    song(["트로트"], { artists: ["해"] }),
  ], { artists: 2 });
  const [map] = traces(figure);
  assert.deepEqual(figure.layout.yaxis?.ticktext, ["달 (3)", "별 (2)"]);
  assert.deepEqual(map!.x, ["댄스", "발라드"]);
  assert.deepEqual(map!.z, [[2 / 3, 2 / 3], [1, 0]]);
  assert.deepEqual(map!.text, [["2", "2"], ["2", ""]]);
  assert.match(facts(figure), /: 2 \/ 3,/);
});

Deno.test("genreByArtist keeps artists apart whose long names begin alike", () => {
  const long = "아주 길고 긴 이름을 가진 밴드의 ";
  const figure = genreByArtist([
    song(["댄스"], { artists: [`${long}하나`] }),
    song(["댄스"], { artists: [`${long}둘`] }),
  ]);
  assert.equal((traces(figure)[0]!.z as number[][]).length, 2);
  assert.deepEqual(traces(figure)[0]!.y, [0, 1]);
});

Deno.test("lyricLengths draws NumPy's percentiles of characters, not of UTF-16 units", () => {
  const figure = lyricLengths([1, 2, 3, 4, 5].map((n) => song(["댄스"], { lyrics: "🎵".repeat(n * 10) })));
  const [box] = traces(figure);
  assert.deepEqual(box!.y, ["댄스 (5)"]);
  // numpy.percentile([10, 20, 30, 40, 50], [5, 25, 50, 75, 95])
  assert.deepEqual(
    [box!.lowerfence, box!.q1, box!.median, box!.q3, box!.upperfence],
    [[12], [20], [30], [40], [48]],
  );
});

Deno.test("tokenLengths counts every text once, by whether it is read in one row, in several or in part", () => {
  const lengths = [...Array(90).fill(10), ...Array(6).fill(16), ...Array(3).fill(17), 400];
  const sums = (figure: Figure) =>
    traces(figure).map(({ name, y }) => [
      String(name).split(" · ")[0],
      (y as number[]).reduce((a, b) => a + b, 0),
    ]);
  const cut = tokenLengths(lengths, { maxLength: 16 });
  assert.deepEqual(sums(cut), [["창 하나", 96], ["일부만", 4]]);
  // 90 · 10 + 6 · 16 + 4 · 16 of 900 + 96 + 51 + 400
  assert.match(facts(cut), /읽는 토큰 · tokens read 73\.3%/);
  assert.match(facts(cut), /최대 · longest 400/);
  const [line] = cut.layout.shapes!;
  assert.equal(line!.x0, 16.5);
  assert.match(String(line!.name), /window's end: 16$/, "in the legend, where no bar lies");
  const rows = tokenLengths(lengths, { maxLength: 16, read: lengths.map((length) => Math.min(length, 100)) });
  assert.deepEqual(sums(rows), [["창 하나", 96], ["창 여럿", 3], ["일부만", 1]]);
  assert.match(facts(rows), /tokens read 79\.3%/);
  assert.throws(
    () => tokenLengths([10], { maxLength: 8, read: [11] }),
    /11 tokens of text 0 are read, which has 10/,
  );
});

Deno.test("tokenLengths gathers the longest in a last open bar", () => {
  const figure = tokenLengths([...Array(1000).fill(20), 5000], { maxLength: 24 });
  const ranges = traces(figure)[0]!.customdata as string[];
  assert.match(ranges.at(-1)!, /^≥ \d+$/);
  assert.match(facts(figure), new RegExp(`last bar ${ranges.at(-1)}`));
  assert.equal((traces(figure)[1]!.y as number[]).at(-1), 1);
});

Deno.test("tokenLengths points to a maximum beyond the plot, and knows no cut there", () => {
  const figure = tokenLengths([10, 20, 30], { maxLength: 512 });
  assert.equal(figure.data.length, 1);
  assert.deepEqual(figure.layout.shapes, []);
  assert.match(facts(figure), /window's end: 512 →$/);
  assert.throws(() => tokenLengths([10, 0], { maxLength: 8 }), /length 1 is 0; it must be a whole number/);
  assert.throws(() => tokenLengths([10], { maxLength: 0.5 }), /maxLength is 0\.5/);
});

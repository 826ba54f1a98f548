import assert from "node:assert/strict";
import { pairedInterval, type SparseMatrix, studentTQuantile } from "../../evaluation/mod.ts";
import { assertClose } from "../../evaluation/testing/fixtures.ts";
import { type Song, songOf } from "../../songs/mod.ts";
import {
  columnBlocks,
  type ColumnPart,
  columnParts,
  columnsProbabilities,
  columnsTable,
  combine,
  compareColumns,
  compareFolds,
  fitColumns,
  fitColumnsModel,
  fitStacking,
  type FoldMethod,
  foldsText,
  latinShare,
  scoreSongs,
  stackedProbabilities,
  whatPartsAdd,
} from "../mod.ts";
import { predicted, song } from "../testing/runner.ts";

// made by tools/reference/columns_fixtures.py
// deno-lint-ignore no-explicit-any -- a fixture is checked by the tests that read it, not by types
const reference: any = JSON.parse(
  Deno.readTextFileSync(new URL("../testdata/columns.json", import.meta.url)),
);

type Row = {
  id: string;
  genres: string[];
  artists: string[];
  albumId: string | null;
  year: number | null;
  lyrics: string;
};
const songs: Song[] = reference.columns.songs.map((row: Row): Song =>
  songOf({
    id: row.id,
    artists: row.artists,
    albumId: row.albumId,
    date: { text: "", year: row.year, month: null, day: null },
    genres: row.genres,
    lyrics: row.lyrics,
  })
);
const { trainCount, labels, models, rowSums, rowSquares, widths } = reference.columns;
const train = songs.slice(0, trainCount), test = songs.slice(trainCount);
const { vectorizer, blocks } = fitColumns(train);
const testBlocks = columnBlocks(vectorizer, test);

const perRow = (matrix: SparseMatrix, of: (value: number) => number) =>
  Array.from(
    { length: matrix.rows },
    (_, row) =>
      matrix.values.subarray(matrix.rowStarts[row]!, matrix.rowStarts[row + 1]!)
        .reduce((sum, value) => sum + of(value), 0),
  );

for (const part of columnParts) {
  Deno.test(`columns: ${part} as scikit-learn turns it into numbers`, () => {
    assert.equal(blocks[part].columns, widths[part]);
    [blocks, testBlocks].forEach((side, k) => {
      assertClose(perRow(side[part], (value) => value), rowSums[part][k], 1e-12);
      assertClose(perRow(side[part], (value) => value * value), rowSquares[part][k], 1e-12);
    });
  });
}

for (const { parts, probabilities } of models) {
  Deno.test(`columns: a linear model on ${parts.join(", ")} finds scikit-learn's minimum`, async () => {
    const model = await fitColumnsModel(blocks, train, labels, { parts, tolerance: 1e-12 });
    assertClose(columnsProbabilities(model, testBlocks), probabilities, 1e-9);
  });
}

Deno.test("columns: artists, albums and terms of other songs change nothing", () => {
  const strange: Song = { ...test[0]!, artists: ["처음 보는 가수"], albumId: "처음", lyrics: "ЖЖЖ" };
  const { artist, album, lyrics } = columnBlocks(vectorizer, [strange]);
  assert.deepEqual([artist, album, lyrics].map(({ values }) => values.length), [0, 0, 0]);
});

Deno.test("columns: the Latin share counts letters alone", () => {
  assert.equal(latinShare("사랑 love!! 12"), 4 / 6);
  assert.equal(latinShare("123 …"), 0);
});

const { members, truth, fits } = reference.stacking;
const sideOf = (side: "validation" | "test") => ({
  words: members.words[side],
  artist: members.artist[side],
});

for (const { C, probabilities } of fits) {
  Deno.test(`stacking: scikit-learn's minimum at C ${C}`, async () => {
    const stacking = await fitStacking(sideOf("validation"), truth, [C]);
    assert.equal(stacking.C, C);
    assertClose(stackedProbabilities(stacking, sideOf("test")), probabilities, 1e-8);
  });
}

Deno.test("stacking: of a sure member and noise it trusts the sure one, by a strength it tried", async () => {
  const genres = Array.from({ length: 60 }, (_, i) => i % 3);
  const noise = genres.map((_, i) => [0, 1, 2].map((k) => k === (i * 7 + (i >> 2)) % 3 ? 0.8 : 0.1));
  const sure = genres.map((genre) => [0, 1, 2].map((k) => k === genre ? 0.6 : 0.2));
  const stacking = await fitStacking({ noise, sure }, genres);
  const losses = stacking.tried.map(({ logLoss }) => logLoss);
  assert.equal(stacking.tried.find(({ C }) => C === stacking.C)!.logLoss, Math.min(...losses));
  const [answer] = stackedProbabilities(stacking, { noise: [[0.9, 0.05, 0.05]], sure: [[0.2, 0.2, 0.6]] });
  assert.equal(answer!.indexOf(Math.max(...answer!)), 2);
});

Deno.test("stacking: a song of two genres counts half for each; what does not fit is refused", async () => {
  const rows = [[0.7, 0.3], [0.4, 0.6], [0.2, 0.8], [0.9, 0.1]];
  const shared = await fitStacking({ a: rows }, [0, [0.5, 0.5], 1, 1], [0.1]);
  const doubled = rows.flatMap((row) => [row, row]);
  const twice = await fitStacking({ a: doubled }, [0, 0, 0, 1, 1, 1, 1, 1], [0.05]);
  assertClose(stackedProbabilities(shared, { a: rows }), stackedProbabilities(twice, { a: rows }), 1e-7);
  assert.throws(() => stackedProbabilities(shared, { b: rows }), /member "a" is missing/);
  await assert.rejects(fitStacking({}, []), /at least one member/);
  await assert.rejects(fitStacking({ a: [[0.5, 0.2]] }, [0]), /sums to 0.7/);
});

Deno.test("stacking: a single song, or songs of one genre, leave no more to learn than that genre", async () => {
  for (const rows of [[[0.7, 0.3]], [[0.7, 0.3], [0.4, 0.6], [0.5, 0.5]]]) {
    const stacking = await fitStacking({ a: rows }, rows.map(() => 1));
    assertClose(stackedProbabilities(stacking, { a: [[0.9, 0.1]] }), [[0, 1]]);
    assert.equal(stacking.C, 0.001);
  }
  // five songs cannot tell which penalty suits three genres: none is tried
  const rows = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.7, 0.2, 0.1], [0.1, 0.7, 0.2]];
  const few = await fitStacking({ a: rows }, [0, 1, 2, 0, 1]);
  assert.deepEqual([few.C, few.tried], [0.001, []]);
  const enough = await fitStacking({ a: [...rows, [0.2, 0.2, 0.6]] }, [0, 1, 2, 0, 1, 2]);
  assert.equal(enough.tried.length, 7);
});

Deno.test("combinations: each is a distribution, an unknown artist leaves the lyrics model alone", async () => {
  const two = ["발라드", "댄스"];
  const known = Array.from(
    { length: 30 },
    (_, i) => song(String(i), { genres: [two[i % 2]!], artists: [`가수${i % 2}`] }),
  );
  const sides = {
    train: known,
    validation: known,
    test: [song("x", { artists: ["누구"] }), song("y", { genres: ["댄스"] })],
  };
  const logits: Record<string, number[]> = { x: [-1, -2], y: [-3, 1] };
  known.forEach(({ id, genres }, i) =>
    logits[id] = i % 5 === 0 ? [0.2, -0.1] : genres[0] === "발라드" ? [-1, -2] : [-2, -1]
  );
  const setting = { sides, labels: two };
  const { results, alphas } = await combine({ ko: "kobert-small", en: "kobert-small" }, sides, two, {
    lyrics: predicted(setting, ({ id }, label) => logits[id]![two.indexOf(label)]!, { logits: true }),
    columns: predicted(
      setting,
      ({ id, genres }, label) => id in { x: 1, y: 1 } ? 0.5 : genres.includes(label) ? 0.7 : 0.3,
    ),
  });
  const rowsOf = (key: string) => Array.from(results.find((result) => result.key === key)!.probabilities);
  for (const { key } of results) {
    for (const row of rowsOf(key)) assertClose(Array.from(row).reduce((sum, p) => sum + p, 0), 1, 1e-9);
  }
  for (const key of ["naive-rule", "mended-rule", "artist-prior", "artist-prior-over-share"]) {
    assertClose(rowsOf(key), rowsOf("lyrics-model"));
  }
  assert.ok(alphas.artistPrior > 0);
  assert.notDeepEqual(rowsOf("stacking"), rowsOf("stacking-without-columns"));
});

Deno.test("comparison of columns: what a part adds is what is lost without it", async () => {
  const sides = { train, validation: test.slice(0, 9), test: test.slice(9) };
  const wild = ({ id }: Song, label: string) => Math.sin(5 * Number(id) + labels.indexOf(label));
  const told: string[] = [];
  const comparison = await compareColumns(sides, labels, {
    name: { ko: "동전", en: "coin" },
    predictions: predicted({ sides, labels }, wild, { logits: true }),
  }, { listener: { onTrial: (_, place) => void told.push(place) } });
  const result = (key: string) => comparison.results.find((other) => other.key === key)!;
  for (const part of columnParts) {
    const { adds, accuracy, leftOut } = result(`columns-without-${part}`);
    assertClose(adds!.value, result("columns").accuracy.value - accuracy.value);
    assert.ok(adds!.low <= adds!.value && adds!.value <= adds!.high);
    assert.match(leftOut!, / · /);
  }
  const without = result("stacking-without-lyrics-model");
  assertClose(without.adds!.value, result("stacking").accuracy.value - without.accuracy.value);
  assert.equal(without.leftOut, "동전 · coin");
  const alone = await fitColumnsModel(blocks, train, labels, { parts: ["lyrics"] });
  const expected = scoreSongs(
    sides.test,
    labels,
    columnsProbabilities(alone, columnBlocks(vectorizer, sides.test)),
  );
  assert.equal(result("lyrics").accuracy.value, expected.accuracy.value);
  assertClose(result("lyrics").logLoss, expected.logLoss);
  assert.deepEqual([told[0], told.at(-1)], ["1/8", "8/8"]);
  assert.equal(columnsTable(comparison).length, comparison.results.length);
  const added = whatPartsAdd(comparison);
  assert.deepEqual(Object.values(added).map((parts) => parts.length), [columnParts.length, 3]);
  const artist = added["쌓기 · stacking"]!.find(({ name }) => name === "가수 · artist")!;
  assert.equal(artist.adds.value, result("stacking-without-artist").adds!.value);
});

Deno.test("Student's t quantiles and a paired interval as scipy's", () => {
  for (const [probability, degrees, expected] of reference.paired.quantiles) {
    assertClose(studentTQuantile(probability, degrees), expected, 1e-11);
  }
  const { low, high } = pairedInterval(reference.paired.values);
  assertClose([low, high], reference.paired.interval, 1e-12);
  assert.equal(pairedInterval([0.3]).high, Infinity);
  assert.throws(() => pairedInterval([]), /a finite number a fold/);
});

Deno.test("folds: differences are taken on the folds that both methods have", () => {
  const scores = (accuracy: number) => ({
    accuracy,
    macroF1: accuracy / 2,
    logLoss: 1,
    calibrationError: 0.1,
  });
  const methods: FoldMethod[] = [
    { method: "words", bySplit: { a: scores(0.6), b: scores(0.7), c: scores(0.5), apart: scores(0.4) } },
    { method: "all", bySplit: { a: scores(0.7), b: scores(0.8), c: scores(0.6), apart: scores(0.5) } },
    { method: "lucky", bySplit: { b: scores(0.95) } },
  ];
  const { lines, best } = compareFolds(methods, { folds: ["a", "b", "c"], baseline: "words" });
  assert.equal(best, "all"); // and not the one that was run on the easiest fold alone
  assertClose(lines[0]!.accuracy!.value, 0.6);
  assertClose(lines[1]!.toBaseline!.value, 0.1);
  assertClose(lines[2]!.toBaseline!.value, 0.25);
  assert.equal(lines[1]!.toBest, null);
  const toLucky = compareFolds(methods, { folds: ["a", "b", "c"], baseline: "lucky" }).lines[0]!.toBaseline!;
  assertClose([toLucky.value, toLucky.count], [-0.25, 1]);
  const text = foldsText({ lines, best }, { baseline: "words", others: ["apart"] });
  assert.match(
    text,
    /^방법 · method +폴드 · folds +정확도 · accuracy .* words 대비 · to words +all 대비 · to all /,
  );
  assert.match(text, /^all +3 +0\.700 +0\.350 +0\.100 +\+10\.0 \[\+10\.0, \+10\.0\] +– +0\.500 +0\.250$/m);
  assert.throws(() => compareFolds(methods, { folds: ["a"], baseline: "none" }), /"none" is not among/);
});

Deno.test("columns: the parts' names are all there", () => {
  const parts: readonly ColumnPart[] = models[0].parts;
  assert.deepEqual([...parts].sort(), [...columnParts].sort());
});

import assert from "node:assert/strict";
import { classificationReport } from "../evaluation/mod.ts";
import { mostGenres } from "./figure.ts";
import { alphaCurve, confusionMatrix, type Figure, modelComparison, perGenreScores } from "./mod.ts";

type Trace = Record<string, unknown> & {
  x: unknown[];
  y: unknown[];
  name: string;
  marker: { color: string };
};
const tracesOf = (figure: Figure) => figure.data as unknown as Trace[];
const facts = ({ layout }: Figure) => (layout.title as { subtitle: { text: string } }).subtitle.text;

Deno.test("confusionMatrix colours by the true genre's share and writes the counts", () => {
  const figure = confusionMatrix({
    labels: ["발라드", "댄스", "트로트"],
    counts: [[8, 2, 0], [1, 3, 0], [0, 0, 0]],
  });
  const [map] = tracesOf(figure);
  assert.deepEqual(map!.z, [[0.8, 0.2, 0], [0.25, 0.75, 0], [0, 0, 0]]);
  assert.deepEqual(map!.text, [["8<br>80%", "2<br>20%", ""], ["1<br>25%", "3<br>75%", ""], ["", "", ""]]);
  assert.deepEqual([map!.x, map!.y], [["발라드", "댄스", "트로트"], ["발라드", "댄스", "트로트"]]);
  assert.match(facts(figure), /right 11 \/ 14 \(78\.6%\)/);
  assert.equal(figure.layout.yaxis?.autorange, "reversed");
});

Deno.test("confusionMatrix refuses what is no matrix of counts", () => {
  assert.throws(() => confusionMatrix({ labels: ["a", "b"], counts: [[1, 2]] }), /2 labels but 1 rows of 2/);
  assert.throws(
    () => confusionMatrix({ labels: ["a"], counts: [[-1]] }),
    /counts\[0\]\[0\] is -1; it cannot be negative/,
  );
  assert.throws(() => confusionMatrix({ labels: ["a"], counts: [[NaN]] }), /counts\[0\]\[0\] is NaN/);
  // All zero: nothing was right, and nothing is divided by zero.
  assert.doesNotMatch(facts(confusionMatrix({ labels: ["a"], counts: [[0]] })), /NaN/);
});

Deno.test("perGenreScores draws three bars a genre and their mean F1", () => {
  const figure = perGenreScores([
    { label: "발라드", precision: 0.5, recall: 0.25, f1: 1 / 3, support: 1200 },
    { label: "댄스", precision: 1, recall: 1, f1: 1, support: 3 },
  ]);
  const traces = tracesOf(figure);
  assert.deepEqual(traces.map(({ name }) => name), ["정밀도 · precision", "재현율 · recall", "F1"]);
  assert.deepEqual(traces[0]!.x, ["발라드<br>(1,200)", "댄스<br>(3)"]);
  assert.deepEqual(traces[1]!.y, [0.25, 1]);
  assert.match(facts(figure), /^macro-F1 66\.7%/);
  const wrong = { label: "댄스", precision: 80, recall: 1, f1: 1, support: 3 };
  assert.throws(
    () => perGenreScores([wrong]),
    /precision of 댄스 is 80; it must be a share from 0 to 1, not a percentage/,
  );
});

Deno.test("perGenreScores leaves out genres without songs here, and macro-F1 is the report's", () => {
  const truth = ["가", "가", "나", "나"], predictions = ["가", "다", "나", "가"];
  const report = classificationReport(truth, predictions, { labels: ["가", "나", "다", "라"] });
  const figure = perGenreScores(report.perLabel);
  assert.deepEqual(tracesOf(figure)[0]!.x, ["가<br>(2)", "나<br>(2)"]);
  assert.match(facts(figure), new RegExp(`^macro-F1 ${(100 * report.macro.f1).toFixed(1)}% · `));
  assert.match(facts(figure), /without 2 of no song here$/);
});

/** Genres of 2 songs each, but for the first, of 7, and the last, of 5. */
const many = Array.from(
  { length: 230 },
  (_, k) => ({ label: `장르${k}`, songs: k === 0 ? 7 : k === 229 ? 5 : 2 }),
);

Deno.test("perGenreScores of hundreds of genres: those with the most songs, and the mean of the rest", () => {
  const figure = perGenreScores(many.map(({ label, songs }, k) => ({
    label,
    precision: 1,
    recall: k < 30 ? 1 : 0.5,
    f1: k < 30 ? 1 : 0.5,
    support: songs,
  })));
  const [, recall] = tracesOf(figure);
  assert.equal(recall!.y.length, mostGenres + 1);
  assert.deepEqual(recall!.y.slice(0, 2), ["장르0 (7)", "장르1 (2)"]);
  assert.deepEqual(recall!.y.slice(-2), ["장르229 (5)", "그 밖 200개 · others (400)"]);
  // 29 of the first 30 are shown, and the last with its 0.5
  assert.ok(Math.abs((recall!.x.at(-1) as number) - (1 + 199 * 0.5) / 200) < 1e-12);
  assert.match(facts(figure), new RegExp(`^macro-F1 ${(100 * (30 + 200 * 0.5) / 230).toFixed(1)}%`));
});

Deno.test("confusionMatrix of hundreds of genres: those with the most songs, and one row and column of the rest", () => {
  const counts = many.map(({ songs }, r) =>
    many.map((_, c) => c === r ? songs - 1 : c === 0 && r > 0 ? 1 : 0)
  );
  const figure = confusionMatrix({ labels: many.map(({ label }) => label), counts });
  const [map] = tracesOf(figure);
  assert.equal(map!.y.length, mostGenres + 1);
  assert.deepEqual([map!.y[0], map!.y[29], map!.y[30]], ["장르0", "장르229", "그 밖 200개 · others"]);
  const drawn = map!.customdata as number[][];
  assert.deepEqual([drawn[0]![0], drawn[29]![0], drawn[29]![29]], [6, 1, 4]);
  // 200 genres of 2 songs: one right, one taken for the first
  assert.deepEqual([drawn[30]![0], drawn[30]![30]], [200, 200]);
  const all = (rows: number[][]) => rows.flat().reduce((a, b) => a + b, 0);
  assert.equal(all(drawn), all(counts), "no song is lost");
  assert.match(facts(figure), /right 238 \/ 467 /);
});

Deno.test("modelComparison sorts by accuracy, greys baselines and marks the best of them", () => {
  const figure = modelComparison([
    { name: "majority", accuracy: 0.3, macroF1: 0.1, baseline: true },
    { name: "KoBERT", accuracy: { value: 0.7, low: 0.6, high: 0.75 }, macroF1: 0.6 },
    { name: "TF-IDF", accuracy: 0.65, macroF1: 0.6, baseline: true },
  ]);
  assert.deepEqual(figure.layout.yaxis?.ticktext, ["KoBERT", "TF-IDF", "majority"]);
  const [accuracy, greyAccuracy, f1] = tracesOf(figure);
  assert.deepEqual([accuracy!.x, accuracy!.y], [[0.7], [0]]);
  assert.deepEqual([greyAccuracy!.x, greyAccuracy!.y], [[0.65, 0.3], [1, 2]]);
  assert.notEqual(accuracy!.marker.color, greyAccuracy!.marker.color);
  assert.equal(f1!.name, "macro-F1");
  const bars = accuracy!.error_x as { array: number[]; arrayminus: number[] };
  assert.ok(Math.abs(bars.array[0]! - 0.05) < 1e-12 && Math.abs(bars.arrayminus[0]! - 0.1) < 1e-12);
  assert.equal(greyAccuracy!.error_x, undefined);
  assert.equal(figure.layout.shapes![0]!.x0, 0.65);
  assert.deepEqual(figure.layout.annotations!.map(({ text }) => text).slice(0, 2), ["70.0%", "60.0%"]);
});

Deno.test("modelComparison refuses percentages and intervals beside their value", () => {
  assert.throws(() => modelComparison([{ name: "a", accuracy: 71, macroF1: 0.5 }]), /accuracy of a is 71/);
  assert.throws(
    () => modelComparison([{ name: "a", accuracy: 0.5, macroF1: { value: 0.5, low: 0.6, high: 0.7 } }]),
    /macroF1 of a is 0\.5, outside its interval 0\.6 to 0\.7/,
  );
});

Deno.test("alphaCurve sorts its points and marks the chosen one", () => {
  const figure = alphaCurve([
    { name: "prior", curve: [{ alpha: 1, accuracy: 0.7 }, { alpha: 0, accuracy: 0.6 }], alpha: 1 },
    { name: "rule", curve: [{ alpha: 0, accuracy: 0.6 }, { alpha: 2, accuracy: 0.5 }] },
  ]);
  const [line, chosen, other] = tracesOf(figure);
  assert.deepEqual([line!.x, line!.y], [[0, 1], [0.6, 0.7]]);
  assert.deepEqual([chosen!.x, chosen!.y], [[1], [0.7]]);
  assert.equal(figure.data.length, 3);
  assert.deepEqual([line!.name, other!.name], ["prior: α = 1, 70.0%", "rule"]);
  assert.match(facts(figure), /validation songs/);
  // a level curve fills no axis from −50 % to 150 %
  const level = alphaCurve([{
    name: "a",
    curve: [{ alpha: 0, accuracy: 0.5 }, { alpha: 5, accuracy: 0.5 }],
  }]);
  assert.deepEqual(level.layout.yaxis!.range, [0.48, 0.52]);
  assert.deepEqual(level.layout.xaxis!.range, [-0.1, 5.1]);
  assert.match(
    facts(alphaCurve([{ name: "a", curve: [{ alpha: 0, accuracy: 1 }] }], { songs: "test" })),
    /test songs/,
  );
  assert.equal(
    alphaCurve([{ name: "a", curve: [] }, { name: "b", curve: [{ alpha: 0, accuracy: 1 }] }]).data.length,
    1,
  );
  assert.throws(
    () => alphaCurve([{ name: "a", curve: [{ alpha: 0, accuracy: 60 }] }]),
    /accuracy of "a" at α = 0 is 60/,
  );
});

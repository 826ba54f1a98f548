import assert from "node:assert/strict";
import {
  accuracy,
  accuracyByGroup,
  classificationReport,
  confusionMatrix,
  correctness,
  creditedGenres,
  instanceAccuracy,
  instanceAccuracyLabel,
  macroF1,
  mostConfused,
  reportText,
  type Scores,
} from "./mod.ts";
import { assertClose, fixture } from "./testing/fixtures.ts";

const triple = ({ precision, recall, f1 }: Scores) => [precision, recall, f1];

for (const example of fixture("labels").cases) {
  const { truth, predictions } = example;
  const options = { labels: example.labels ?? undefined };

  Deno.test(`accuracy, confusion matrix and report agree with scikit-learn: ${example.name}`, () => {
    assertClose(accuracy(truth, predictions), example.accuracy);
    assertClose(confusionMatrix(truth, predictions, options).counts, example.confusion);
    const report = classificationReport(truth, predictions, options);
    assertClose(report.perLabel.map((line) => [...triple(line), line.support]), example.perLabel);
    assertClose(triple(report.micro), example.micro);
    assertClose(triple(report.macro), example.macro);
    assertClose(triple(report.weighted), example.weighted);
    assertClose(report.support, example.support);
    assert.equal(report.absent, example.absent);
    if (example.reportAccuracy === null) assert.equal(report.accuracy, null);
    else assertClose(report.accuracy, example.reportAccuracy);
    assertClose(macroF1(truth, predictions, options), example.macro[2]);
  });
}

Deno.test("macro-F1 is over the genres that the songs have: a perfect model of the one genre here has 1", () => {
  const report = classificationReport(["가", "가"], ["가", "가"], { labels: ["가", "나", "다"] });
  assert.deepEqual([report.macro.f1, report.absent], [1, 2]);
  // an answer of a genre that is not there costs recall, and no genre of its own
  assertClose(macroF1(["가", "가", "나"], ["가", "다", "나"]), (2 / 3 + 1) / 2);
  assertClose(macroF1(["가", "가", "나"], ["가", "다", "나"], { labels: ["가", "나", "다", "라"] }), 5 / 6);
  // a mean of hundreds of ones is 1, and no more by rounding
  const many = Array.from({ length: 230 }, (_, k) => k);
  assert.equal(macroF1(many, many), 1);
  assert.equal(classificationReport(many, many).weighted.f1, 1);
  // listed genres of which none is there: nothing to take the mean of
  assert.equal(macroF1(["가"], ["가"], { labels: ["나"] }), 0);
});

Deno.test("a song of several genres is credited with the one that was named, else with its main one", () => {
  const genres = [["발라드", "댄스"], ["발라드", "댄스"], ["트로트"]];
  const predictions = ["댄스", "트로트", "트로트"];
  assert.deepEqual(creditedGenres(genres, predictions), ["댄스", "발라드", "트로트"]);
  assert.throws(() => creditedGenres([["가"], []], ["가", "가"]), /song 1 has no genre/);
  assert.throws(() => creditedGenres([["가"]], []), /genres has 1 entries but predictions has 0/);
});

Deno.test("a confusion matrix has the truth in rows and the predictions in columns", () => {
  const { labels, counts } = confusionMatrix(["a", "a", "a", "b"], ["a", "b", "b", "b"]);
  assert.deepEqual(labels, ["a", "b"]);
  assert.deepEqual(counts, [[1, 2], [0, 1]]);
  assert.throws(() => confusionMatrix([0], [0], { labels: [0, 0] }), /listed twice/);
});

Deno.test("mostConfused lists mistakes only, the most frequent first", () => {
  const matrix = confusionMatrix(
    ["a", "a", "a", "a", "b", "b", "c", "c"],
    ["b", "b", "a", "c", "c", "c", "a", "c"],
  );
  assert.deepEqual(mostConfused(matrix), [
    { actual: "b", predicted: "c", count: 2, share: 1 },
    { actual: "a", predicted: "b", count: 2, share: 0.5 },
    { actual: "c", predicted: "a", count: 1, share: 0.5 },
    { actual: "a", predicted: "c", count: 1, share: 0.25 },
  ]);
  assert.equal(mostConfused(matrix, { top: 1 }).length, 1);
  assert.deepEqual(mostConfused(confusionMatrix([0], [0])), []);
});

Deno.test("the report's columns line up with Korean names", () => {
  const report = classificationReport(["발라드", "댄스", "R&B"], ["발라드", "R&B", "R&B"]);
  assert.equal(
    reportText(report),
    [
      "                          정밀도 · precision  재현율 · recall     F1  개수 · support",
      "R&B                                    0.500            1.000  0.667               1",
      "댄스                                   0.000            0.000  0.000               1",
      "발라드                                 1.000            1.000  1.000               1",
      "",
      "정확도 · accuracy                                              0.667               3",
      "macro 평균 · macro avg                 0.500            0.667  0.556               3",
      "가중 평균 · weighted avg               0.500            0.667  0.556               3",
    ].join("\n"),
  );
  const partial = classificationReport([0, 1], [0, 1], { labels: [1] });
  assert.match(reportText(partial), /micro avg .* 1\n/);
});

Deno.test("the report's text says which labels have no examples, and gathers hundreds of them", () => {
  const absent = classificationReport(["가", "나"], ["가", "다"], { labels: ["가", "나", "다", "라"] });
  assert.match(reportText(absent), /^다 +0\.000 +– +– +0$/m);
  assert.match(
    reportText(absent),
    /\n\nmacro 평균은 4개 가운데 예가 없는 2개를 뺀 것입니다\.\nmacro avg leaves out 2 of 4, which no example has\.$/,
  );
  // 100 labels of one example each, but 3 of the last
  const truth = [...Array.from({ length: 100 }, (_, k) => k), 99, 99];
  const lines = reportText(classificationReport(truth, truth.map((k) => k < 50 ? k : 0)), { most: 4 }).split(
    "\n",
  );
  assert.equal(lines.length, 1 + 4 + 1 + 1 + 3);
  assert.match(lines[4]!, /^99 .* 3$/);
  // 47 of the others right, and 49 not
  assert.match(lines[5]!, /^그 밖 96개 평균 · mean of 96 others +0\.490 +0\.490 +0\.490 +96$/);
});

Deno.test("instanceAccuracy counts every instance and says so", () => {
  const result = instanceAccuracy([0, 1, 2, 2], [0, 0, 2, 1]);
  assert.deepEqual(result, { value: 0.5, correct: 2, count: 4, label: instanceAccuracyLabel });
});

Deno.test("accuracyByGroup splits the accuracy", () => {
  const correct = correctness(["a", "b", "a"], ["a", "a", "a"]);
  assert.deepEqual(accuracyByGroup([2000, 1990, 1990], correct), [
    { group: 1990, count: 2, correct: 1, accuracy: 0.5 },
    { group: 2000, count: 1, correct: 1, accuracy: 1 },
  ]);
});

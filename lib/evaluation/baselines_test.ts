import assert from "node:assert/strict";
import {
  decisionScores,
  fitLogisticRegression,
  fitNaiveBayes,
  fitNgrams,
  type FitProgress,
  labelsOf,
  linearProbabilities,
  majorityShares,
  naiveBayesProbabilities,
  selectRows,
  type SparseMatrix,
  sparseMatrix,
  type TfidfOptions,
  transformTexts,
} from "./mod.ts";
import { minimizeLbfgs } from "./lbfgs.ts";
import { assertClose, fixture } from "./testing/fixtures.ts";

/** Points in plain coordinates. */
const plain = {
  dot: (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0),
  sizeOf: (gradient: Float64Array) => gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
};

const text = fixture("text");
const { made, hostile } = text.texts;

function assertMatrix(
  actual: SparseMatrix,
  expected: Record<"rowStarts" | "columnIndices" | "values", number[]>,
) {
  assert.deepEqual(Array.from(actual.rowStarts), expected.rowStarts, "rowStarts");
  assert.deepEqual(Array.from(actual.columnIndices), expected.columnIndices, "columnIndices");
  assertClose(actual.values, expected.values, 1e-12);
}

/** Options as scikit-learn's, with its defaults. */
const likePython = (options: TfidfOptions): TfidfOptions => (
  { ngramRange: [1, 1], minDf: 1, sublinearTf: false, ...options }
);

for (const example of text.vectorizers) {
  Deno.test(`TF-IDF agrees with scikit-learn: ${example.texts} ${JSON.stringify(example.options)}`, () => {
    const { vectorizer, matrix } = fitNgrams(text.texts[example.texts], likePython(example.options));
    assert.deepEqual(vectorizer.terms, example.terms);
    if (example.idf) assertClose(vectorizer.idf, example.idf, 1e-12);
    assertMatrix(matrix, example.matrix);
    const other = example.texts === "made" ? hostile : made.slice(0, 6);
    assertMatrix(transformTexts(vectorizer, other), example.other);
  });
}

Deno.test("terms of characters: within words, a short word whole", () => {
  const termsOf = (text: string, ngramRange: [number, number]) =>
    fitNgrams([text], { ngramRange }).vectorizer.terms;
  assert.deepEqual(termsOf("눈이 와", [3, 4]), [" 눈이", " 눈이 ", " 와 ", "눈이 "]);
  assert.deepEqual(termsOf("😀", [2, 2]), [" 😀", "😀 "]);
});

Deno.test("fitNgrams refuses what gives no terms", () => {
  assert.throws(() => fitNgrams([]), /no texts/);
  assert.throws(() => fitNgrams(["", " "]), /none of the texts has a word/);
});

const { linear } = text;
const trainTexts = made.slice(0, linear.trainCount);
const testTexts = made.slice(linear.trainCount);
const trained = fitNgrams(trainTexts, likePython(linear.options));
const tested = transformTexts(trained.vectorizer, testTexts);
const counted = fitNgrams(trainTexts, {
  ...likePython(linear.options),
  sublinearTf: false,
  useIdf: false,
  norm: "none",
});

linear.regressions.forEach((
  // deno-lint-ignore no-explicit-any -- a fixture's case
  example: any,
  index: number,
) => {
  const name = `C ${example.C}${example.weights ? ", weights" : ""}`;
  Deno.test(`logistic regression finds scikit-learn's minimum: ${index}, ${name}`, async () => {
    const model = await fitLogisticRegression(trained.matrix, example.labels, {
      C: example.C,
      sampleWeight: example.weights ?? undefined,
      tolerance: 1e-12,
    });
    assert.equal(model.converged, true);
    assert.deepEqual(model.classes, example.classes);
    assertClose(linearProbabilities(model, tested), example.probabilities, 1e-9);
    assertClose(model.intercepts, example.intercepts, 1e-8);
    const outputs = model.intercepts.length;
    const coefficients = Array.from({ length: outputs }, (_, k) =>
      Array.from(
        { length: Math.ceil(model.features / example.coefficientStep) },
        (_, j) => model.coefficients[j * example.coefficientStep * outputs + k],
      ));
    assertClose(coefficients, example.coefficients, 1e-8);
    const asUsual = await fitLogisticRegression(trained.matrix, example.labels, {
      C: example.C,
      sampleWeight: example.weights ?? undefined,
    });
    assertClose(linearProbabilities(asUsual, tested), example.probabilities, 1e-6);
  });
});

Deno.test("a weight of 2 is the example given twice, and a weight of 0 is none", async () => {
  const rows = [0, 1, 2, 3, 4, 5, 6, 7];
  const texts = (indices: number[]) => indices.map((i) => trainTexts[i]!);
  const labels = (indices: number[]) => indices.map((i) => i % 3);
  const weighted = fitNgrams(texts(rows), { useIdf: false });
  const repeated = [0, 0, 2, 3, 4, 5, 6, 7];
  const same = transformTexts(weighted.vectorizer, texts(repeated));
  const sampleWeight = [2, 0, 1, 1, 1, 1, 1, 1];
  const first = await fitLogisticRegression(weighted.matrix, labels(rows), { sampleWeight });
  const second = await fitLogisticRegression(same, labels(repeated));
  assertClose(linearProbabilities(first, same), linearProbabilities(second, same), 1e-7);
  const counts = (indices: number[]) => transformTexts(counted.vectorizer, texts(indices));
  const bayes = fitNaiveBayes(counts(rows), labels(rows), { sampleWeight });
  const twice = fitNaiveBayes(counts(repeated), labels(repeated));
  assertClose(
    naiveBayesProbabilities(bayes, counts(rows)),
    naiveBayesProbabilities(twice, counts(rows)),
    1e-12,
  );
});

Deno.test("examples of one class teach that class: probability 1, and 0 for the columns it lacks", async () => {
  const model = await fitLogisticRegression(trained.matrix, Array(trained.matrix.rows).fill("발라드"));
  assert.deepEqual(model.classes, ["발라드"]);
  assertClose(linearProbabilities(model, tested), Array(tested.rows).fill([1]));
});

Deno.test("texts without a repeated term keep all the terms they have", () => {
  // no 2-gram occurs in two of them
  const texts = ["가나", "다라", "마바", "사아"];
  assert.equal(fitNgrams(texts).vectorizer.terms.length, 24);
  assert.deepEqual(fitNgrams([...texts, "가나"]).vectorizer.terms, [
    " 가",
    " 가나",
    " 가나 ",
    "가나",
    "가나 ",
    "나 ",
  ]);
});

Deno.test("logistic regression refuses what it cannot fit", async () => {
  const { matrix } = trained;
  const labels = Array(matrix.rows).fill("발라드");
  await assert.rejects(
    fitLogisticRegression(matrix, ["a"]),
    /labels has 1 entries but the matrix's rows has 54/,
  );
  const two = labels.map((_, i) => i % 2);
  await assert.rejects(fitLogisticRegression(matrix, two, { C: 0 }), /C is 0/);
  const model = await fitLogisticRegression(matrix, two, { maxIterations: 1 });
  assert.equal(model.converged, false);
  assert.throws(
    () => decisionScores(model, { ...matrix, columns: 3 }),
    /3 columns but the model was fitted on/,
  );
});

// deno-lint-ignore no-explicit-any -- a fixture's case
linear.bayes.forEach((example: any, index: number) => {
  Deno.test(`naive Bayes agrees with scikit-learn: ${index}, ${example.matrix}`, () => {
    const { vectorizer, matrix } = example.matrix === "counts" ? counted : trained;
    const model = fitNaiveBayes(matrix, example.labels, { sampleWeight: example.weights ?? undefined });
    assert.deepEqual(model.classes, example.classes);
    assertClose(model.intercepts, example.priors);
    const classes = model.classes.length;
    const sampled = Array.from({ length: classes }, (_, k) =>
      Array.from(
        { length: Math.ceil(model.features / example.featureStep) },
        (_, j) => model.coefficients[j * example.featureStep * classes + k],
      ));
    assertClose(sampled, example.featureLogProbabilities);
    assertClose(naiveBayesProbabilities(model, transformTexts(vectorizer, testTexts)), example.probabilities);
  });
});

Deno.test("naive Bayes refuses negative numbers and foreign matrices", () => {
  const { matrix } = counted;
  const labels = Array(matrix.rows).fill(0);
  const negative = { ...matrix, values: matrix.values.map((value, i) => i === 3 ? -value : value) };
  assert.throws(() => fitNaiveBayes(negative, labels), /row 0 holds -\d/);
  const model = fitNaiveBayes(matrix, labels);
  assert.throws(() => naiveBayesProbabilities(model, { ...matrix, columns: 1 }), /1 columns/);
  assertClose(naiveBayesProbabilities(model, matrix).slice(0, 2), [[1], [1]]);
});

for (const example of fixture("labels").majority) {
  Deno.test(`the majority class agrees with scikit-learn: ${example.labels.slice(0, 4)}`, () => {
    const classes = labelsOf(example.labels);
    assertClose(majorityShares(example.labels, classes, example.weights ?? undefined), example.shares);
  });
}

Deno.test("majorityShares fills the columns of classes that training lacks", () => {
  assertClose(majorityShares([2, 2, 0], [0, 1, 2]), [1 / 3, 0, 2 / 3]);
  assert.throws(() => majorityShares([], [0]), /trainLabels is empty/);
});

Deno.test("L-BFGS reaches the minimum of an ill-conditioned quadratic and of a flat-bottomed valley", async () => {
  const scales = Float64Array.from({ length: 30 }, (_, i) => 10 ** (i / 10));
  const point = new Float64Array(30).fill(1);
  const quadratic = await minimizeLbfgs(point, (x, gradient) => {
    let value = 0;
    x.forEach((xi, i) => {
      gradient[i] = scales[i]! * (xi - i);
      value += 0.5 * scales[i]! * (xi - i) ** 2;
    });
    return value;
  }, { ...plain, tolerance: 1e-7, maxIterations: 1000 });
  assert.equal(quadratic.converged, true);
  assertClose(point, Array.from({ length: 30 }, (_, i) => i), 1e-7);

  const start = Float64Array.of(3);
  const quartic = await minimizeLbfgs(start, (x, gradient) => {
    gradient[0] = 4 * (x[0]! - 1) ** 3;
    return (x[0]! - 1) ** 4;
  }, { ...plain, tolerance: 1e-9, maxIterations: 200 });
  assert.equal(quartic.converged, true);
  assertClose(start, [1], 1e-2);
});

Deno.test("fitLogisticRegression: of many classes the gradient comes in parts, and how far the fit is only rises", async () => {
  const rows = Array.from({ length: 400 }, (_, i) => new Map([[i % 100, 1], [100 + i % 7, 0.5]]));
  const matrix = sparseMatrix(rows, 107), labels = rows.map((_, i) => i % 100);
  const told: FitProgress[] = [];
  const fit = (some: number) => {
    const few = rows.flatMap((_, i) => i % 100 < some ? [i] : []);
    return fitLogisticRegression(selectRows(matrix, few), few.map((i) => labels[i]!), {
      tolerance: 1e-7,
      ...(some === 100 && { onProgress: (progress) => void told.push(progress) }),
    });
  };
  const model = await fit(100);
  assert.ok(model.converged);
  const probabilities = linearProbabilities(model, matrix);
  // each class is as sure of its songs as every other: the parts are one gradient
  const own = probabilities.map((row, i) => row[i % 100]!);
  assert.ok(own.every((value) => Math.abs(value - own[0]!) < 0.02 && value > 0.02), `${own.slice(0, 5)}`);
  assert.ok(told.some(({ iterations }) => iterations % 1 > 0));
  told.reduce((before, progress) => {
    assert.ok(progress.iterations >= before.iterations && progress.share >= before.share);
    return progress;
  });
  assert.equal(told.at(-1)!.iterations, model.iterations);
  assert.ok(told.at(-1)!.share > 0.99);
});

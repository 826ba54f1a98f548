import assert from "node:assert/strict";
import { checkRecipe, type Recipe, recipes, studyRecipe } from "./recipe.ts";

Deno.test("the study's recipe has the study's numbers", () => {
  const { epochs, batchSize, warmupRatio, learningRate, gradClip, logEverySteps, saveEverySteps } =
    studyRecipe;
  assert.deepEqual(
    { epochs, batchSize, warmupRatio, learningRate, gradClip, logEverySteps, saveEverySteps },
    {
      epochs: 10,
      batchSize: 32,
      warmupRatio: 0.1,
      learningRate: 2e-5,
      gradClip: 1.0,
      logEverySteps: 500,
      saveEverySteps: 1000,
    },
  );
});

Deno.test("checkRecipe: every named recipe passes", () => {
  for (const recipe of Object.values(recipes)) checkRecipe(recipe);
});

const wrong: [Partial<Record<keyof Recipe, unknown>>, RegExp][] = [
  [{ epochs: 0 }, /epochs is 0; it must be a whole number, at least 1/],
  [{ epochs: 1.5 }, /epochs is 1.5/],
  [{ batchSize: null }, /batchSize is null/],
  [{ maxSteps: 0 }, /maxSteps is 0; it must be a whole number, at least 1, or null/],
  [{ learningRate: 0 }, /learningRate is 0; it must be a number, above 0/],
  [{ learningRate: NaN }, /learningRate/],
  [
    { schedule: "exponential" },
    /schedule is "exponential"; it must be linear, cosine, constant or warmup-stable-decay/,
  ],
  [{ warmupRatio: 1.1 }, /warmupRatio is 1.1; it must be a number, at least 0, at most 1/],
  [{ adamBeta2: 1 }, /adamBeta2/],
  [{ gradClip: 0 }, /gradClip is 0; it must be a number, above 0, or null/],
  [{ distillation: 1.5 }, /distillation is 1.5; it must be a number, at least 0, at most 1/],
  [{ multiLabel: true, distillation: 0.5 }, /distillation .* with multiLabel it must be 0/],
  [{ labelSmoothing: 0.6, distillation: 0.5 }, /labelSmoothing and distillation .* more than 1/],
  [{ labelSmoothing: 1 }, /labelSmoothing is 1; it must be a number, at least 0, below 1/],
  [{ freeze: "embeddings" }, /freeze is "embeddings"; it must be a list of texts/],
  [{ seed: -1 }, /seed is -1/],
  [{ precision: "fp16" }, /precision is "fp16"; it must be auto, float32 or bf16/],
  [{ balanceClasses: 1 }, /balanceClasses is 1; it must be true or false/],
];

for (const [change, message] of wrong) {
  Deno.test(`checkRecipe refuses ${JSON.stringify(change)}`, () => {
    assert.throws(() => checkRecipe({ ...studyRecipe, ...change } as Recipe), { message });
  });
}

Deno.test("checkRecipe names an unknown field and lists the known ones, and a missing one", () => {
  const unknown = { ...studyRecipe, learning_rate: 1 } as Recipe;
  assert.throws(() => checkRecipe(unknown), /no field "learning_rate"; it has epochs, .*learningRate/);
  const { weightDecay: _, ...missing } = studyRecipe;
  assert.throws(() => checkRecipe(missing as Recipe), /weightDecay is undefined/);
});

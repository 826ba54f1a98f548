import assert from "node:assert/strict";
import { type Recipe, testRecipe } from "../../training/mod.ts";
import { learningCurves, memoryStore, noteTrial, runTrials, type Trial, words } from "../mod.ts";
import { fakeRunner, song } from "../testing/runner.ts";

const labels = ["발라드", "댄스"];
const train = Array.from(
  { length: 40 },
  (_, i) =>
    song(`t${i}`, {
      genres: [labels[i % 2]!],
      lyrics: i % 2 === 0 ? `눈물이 흐르네 이별의 밤 ${i}` : `춤을 추자 신나게 흔들어 ${i}`,
    }),
);
const validation = [song("v")];
const test = [
  song("x", { genres: ["댄스"], lyrics: "신나게 춤을 추자" }),
  song("y", { lyrics: "이별의 눈물이 흐르네" }),
];
const sides = { train, validation, test };
/** Right from more than ten songs on; always the second genre before. */
const runner = () =>
  fakeRunner(({ sides: { train } }, { genres }, label) =>
    (train.length > 10 ? genres[0] : "댄스") === label ? 1 : 0
  );
const idsOf = ({ sides: { train } }: Trial) => train.map(({ id }) => id);

Deno.test("learningCurves: each part holds the smaller ones, all methods get the same, and all songs come last", async () => {
  const fake = runner(), told: string[] = [];
  const methods = [words(), words({ learner: "bayes" })];
  const curves = await learningCurves(
    sides,
    labels,
    methods.map((method) => ({ method, shares: [0.5, 0.1] })),
    {
      seed: 1,
      runner: fake,
      listener: { onTrial: ({ sides }, place) => void told.push(`${place} ${sides.train.length}`) },
    },
  );
  assert.deepEqual(told, ["1/6 4", "2/6 20", "3/6 40", "4/6 4", "5/6 20", "6/6 40"]);
  const seen = fake.ran.map(idsOf);
  assert.ok(seen[0]!.every((id) => seen[1]!.includes(id)));
  assert.deepEqual(seen.slice(3), seen.slice(0, 3));
  assert.deepEqual(seen[2], train.map(({ id }) => id), "all of them in their own order");
  assert.deepEqual(fake.ran.map(({ sides }) => sides.validation), Array(6).fill(validation));
  assert.deepEqual(curves[0]!.points.map(({ songs }) => songs), [4, 20, 40]);
  assert.deepEqual(curves[0]!.points.map(({ accuracy }) => accuracy.value), [0.5, 1, 1]);
  const other = runner();
  await learningCurves(sides, labels, [{ method: words(), shares: [0.5] }], { seed: 2, runner: other });
  assert.notDeepEqual(idsOf(other.ran[0]!), seen[1], "another seed draws other songs");
  await assert.rejects(
    learningCurves(sides, labels, [{ method: words(), shares: [0] }], { seed: 1, runner: fake }),
    /logistic regression has the share 0/,
  );
});

Deno.test("learningCurves: the last point is the model at hand where it was noted, and nothing is trained for it", async () => {
  const store = memoryStore(), fake = runner(), method = words();
  const [already] = await runTrials([{ method, labels, sides, seed: 1 }], { runner: runner() });
  const said = [...Array.from(already!.validation.shares), ...Array.from(already!.test.shares)].map(() => ({
    songId: "",
    genre: "댄스",
    genres: [],
    probabilities: Float32Array.of(0, 1),
    logits: Float32Array.of(0, 1),
  }));
  await noteTrial(store, { method, labels, sides, seed: 1 }, said);
  const [curve] = await learningCurves(sides, labels, [{ method, shares: [] }], {
    seed: 1,
    runner: fake,
    store,
  });
  assert.equal(fake.ran.length, 0);
  assert.deepEqual(curve!.points.map(({ songs, accuracy }) => [songs, accuracy.value]), [[40, 0.5]]);
});

Deno.test("learningCurves: a part of one genre is left out, and its size told", async () => {
  // one dance among thirty-two ballads: small parts have ballads only
  const lopsided = [train[1]!, ...Array.from({ length: 32 }, (_, i) => ({ ...train[0]!, id: `b${i}` }))];
  const fake = runner();
  const [curve] = await learningCurves(
    { ...sides, train: lopsided },
    labels,
    [{ method: words(), shares: [1 / 33, 2 / 33] }],
    { seed: 1, runner: fake },
  );
  assert.deepEqual(fake.ran.map((trial) => idsOf(trial).length), [33]);
  assert.deepEqual(curve!.points.map(({ songs }) => songs), [33]);
  assert.deepEqual(curve!.leftOut, [1, 2]);
});

Deno.test("learningCurves: parts alone, of what takes long", async () => {
  const fake = runner();
  const [parts, none] = await learningCurves(
    sides,
    labels,
    [{ method: words(), shares: [0.5], partsOnly: true }, { method: words(), shares: [], partsOnly: true }],
    { seed: 1, runner: fake },
  );
  assert.deepEqual(parts!.points.map(({ songs }) => songs), [20]);
  assert.deepEqual(none!.points, []);
});

Deno.test("learningCurves: n-grams learn from a part of the songs", async () => {
  const [curve] = await learningCurves(sides, labels, [{ method: words(), shares: [0.5] }], { seed: 3 });
  assert.deepEqual(curve!.points.map(({ songs, accuracy }) => [songs, accuracy.value]), [[20, 1], [40, 1]]);
});

Deno.test("learningCurves: parts are validated while they learn only where that chooses what is kept", async () => {
  const every = async (recipe: Partial<Recipe>) => {
    const fake = runner();
    const method = {
      kind: "network" as const,
      source: "b",
      recipe: { ...testRecipe, epochs: 6, evaluateEveryEpochs: 2, ...recipe },
    };
    await learningCurves(sides, labels, [{ method, shares: [0.5] }], { seed: 1, runner: fake });
    return fake.ran.map(({ method }) => method.kind === "network" && method.recipe.evaluateEveryEpochs);
  };
  assert.deepEqual(await every({ averageEpochs: 1 }), [2, 2]);
  assert.deepEqual(
    await every({ averageEpochs: 3 }),
    [6, 2],
    "all songs are notebook 4's, as it was trained",
  );
  assert.deepEqual(await every({ averageEpochs: 3, earlyStoppingPatience: 2 }), [2, 2]);
});

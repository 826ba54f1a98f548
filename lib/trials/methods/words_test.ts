import assert from "node:assert/strict";
import { runTrial, type Sides, type Trial, words, type WordsMethod } from "../mod.ts";
import { song } from "../testing/runner.ts";

const labels = ["발라드", "댄스", "트로트"];
const lines: Record<string, string> = { 발라드: "눈물이 흐르는 이별의 밤", 댄스: "신나게 춤을 추자 흔들어" };
const written = Array.from({ length: 90 }, (_, i) => {
  const genres = [["발라드"], ["댄스"], ["댄스", "발라드"]][i % 3]!;
  return song(String(i), {
    genres,
    artists: ["가"],
    lyrics: genres.map((genre) => `${lines[genre]} ${i}`).join("\n"),
  });
});
const sides: Sides = {
  train: written.slice(0, 60),
  validation: written.slice(60, 75),
  test: written.slice(75),
};
const trialOf = (method: Partial<WordsMethod>, given = sides): Trial => ({
  method: words({ tolerance: 1e-3, ...method }),
  labels,
  sides: given,
  seed: 0,
});
const sumOf = (row: ArrayLike<number>) => Array.from(row).reduce((sum, value) => sum + value, 0);

Deno.test("n-grams: shares of validation and test songs; a genre that training lacks gets none; iterations are told", async () => {
  for (const learner of ["logistic", "bayes"] as const) {
    const told: number[] = [];
    const { validation, test, each, cost } = await runTrial(trialOf({ learner }), {
      listener: { onFit: ({ iterations }) => void told.push(iterations) },
    });
    assert.deepEqual([validation.shares.length, test.shares.length, each], [15, 15, false]);
    for (const row of Array.from(test.shares)) {
      assert.ok(Math.abs(sumOf(row) - 1) < 1e-9);
      assert.equal(row[2], 0);
    }
    assert.ok(test.shares[0]![0]! > 0.5 && test.shares[1]![1]! > 0.5, learner);
    assert.deepEqual([cost!.steps, cost!.tokens], [0, 0]);
    assert.equal(told.some((iteration) => iteration > 0), learner === "logistic");
  }
});

Deno.test("n-grams: one regression a genre gives songs of both genres both", async () => {
  const { test, each } = await runTrial(trialOf({ way: "sigmoid" }));
  assert.equal(each, true);
  assert.ok(test.shares[2]![0]! > 0.5 && test.shares[2]![1]! > 0.5, "each genre has its own probability");
  assert.deepEqual(Array.from(test.shares, (row) => row[2]), Array(15).fill(0));
});

Deno.test("n-grams: weights count a song once, oversampling once for each genre and artist", async () => {
  // one song of two artists against two of one: with weights dances are more, by instances as many
  const few = [
    song("a", { genres: ["발라드"], artists: ["가", "나"], lyrics: "가나다" }),
    song("b", { genres: ["댄스"], artists: ["다"], lyrics: "가나다" }),
    song("c", { genres: ["댄스"], artists: ["라"], lyrics: "가나다" }),
  ];
  const danceShare = async (way: "weights" | "oversampling") =>
    (await runTrial(trialOf({ way, learner: "bayes" }, { train: few, validation: [], test: [few[0]!] })))
      .test.shares[0]![1]!;
  assert.ok(Math.abs(await danceShare("oversampling") - 1 / 2) < 1e-9);
  assert.ok(Math.abs(await danceShare("weights") - 2 / 3) < 0.1);
});

Deno.test("n-grams of so many tokens do not see what follows them, and say how many they read", async () => {
  const late = written.map((of) => ({
    ...of,
    lyrics: `같은 말로 시작하는 노래 같은 말로 시작하는 노래 ${of.lyrics}`,
  }));
  const given = { train: late.slice(0, 60), validation: [], test: late.slice(75) };
  const first = await runTrial(trialOf({ read: { tokens: 6, tokenizer: null } }, given));
  const rows = Array.from(first.test.shares, (row) => Array.from(row));
  assert.deepEqual(rows, rows.map(() => rows[0]!), "all begin alike");
  assert.equal(first.cost!.tokens, 6 * 80); // sixty songs, twenty of them twice
  const whole = await runTrial(trialOf({}, given));
  assert.notDeepEqual(whole.test.shares[0], whole.test.shares[1]);
});

Deno.test("n-grams of texts without a repeated term, and of songs of one genre, are learnt from as they are", async () => {
  const few = ["가나", "다라", "마바", "사아"].map((lyrics, i) =>
    song(String(i), { lyrics, genres: [labels[i % 2]!], artists: ["가"] })
  );
  for (const learner of ["logistic", "bayes"] as const) {
    const { test } = await runTrial(trialOf({ learner }, { train: few, validation: [], test: few }));
    assert.deepEqual(
      Array.from(test.shares, (row) => row[0]! > row[1]!),
      [true, false, true, false],
      learner,
    );
  }
  const ballads = few.map((of) => ({ ...of, genres: ["발라드"] }));
  const { test } = await runTrial(trialOf({}, { train: ballads, validation: [], test: few.slice(0, 1) }));
  assert.deepEqual(Array.from(test.shares[0]!), [1, 0, 0]);
});

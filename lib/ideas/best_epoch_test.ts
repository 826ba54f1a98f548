import assert from "node:assert/strict";
import { startEngine } from "../engine/mod.ts";
import { disposeModel } from "../models/mod.ts";
import { type Song, songsFrame } from "../songs/mod.ts";
import { fineTune, loadClassifier, testRecipe } from "../training/mod.ts";
import { fineTuneToBest } from "./mod.ts";

await startEngine();
const labels = ["발라드", "댄스"];
const songs = Array.from({ length: 24 }, (_, i): Song => ({
  id: String(i),
  songName: "",
  adults: null,
  artists: [],
  albumId: null,
  date: { text: "", year: null, month: null, day: null },
  genres: [labels[i % 2]!],
  lyrics: i % 2 === 0 ? `눈물이 흐르는 이별의 밤 ${i}` : `신나게 춤을 추자 흔들어 ${i}`,
}));
const data = { train: songsFrame(songs.slice(0, 16)), validation: songsFrame(songs.slice(16)) };

Deno.test("fineTuneToBest leaves the weights that a run with a folder keeps in best/", async () => {
  // a learning rate at which later epochs are worse: the best is not the last
  const recipe = {
    ...testRecipe,
    epochs: 4,
    maxSteps: null,
    batchSize: 8,
    maxLength: 16,
    learningRate: 5e-3,
    schedule: "constant" as const,
    precision: "float32" as const,
    bestMetric: "loss",
  };
  const output = await Deno.makeTempDir();
  try {
    const [here, there] = [
      await loadClassifier("kobert-small", { labels, seed: 3 }),
      await loadClassifier("kobert-small", { labels, seed: 3 }),
    ];
    const run = await fineTuneToBest(here, data, recipe);
    const { bestFolder } = await fineTune(there, data, recipe, { output });
    assert.equal(run.bestFolder, null);
    assert.ok(run.best!.step < run.steps, "the test is of use only where the best epoch is not the last");
    const best = await loadClassifier(bestFolder!);
    for (const [name, parameter] of best.model.parameters) {
      assert.deepEqual(here.model.parameters.get(name)!.data(), parameter.data(), name);
    }
    for (const { model } of [here, there, best]) disposeModel(model);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

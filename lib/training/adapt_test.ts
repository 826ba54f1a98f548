import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startEngine } from "../engine/mod.ts";
import { createModel, disposeModel } from "../models/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { adaptToSongs } from "./adapt.ts";
import { loadClassifier } from "./classifier.ts";
import { saveLanguageModel } from "./language_model.ts";
import { tinyRecipe, tinyTextConfig, withoutTimes } from "./testing/tiny.ts";
import type { EvaluationRecord } from "./types.ts";
import { withFolder } from "../ground/testing/folder.ts";

await startEngine();

const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
const lines = [
  "눈물이 흐르는 이별의 밤",
  "신나게 춤을 추자 흔들어",
  "고향 어머니 구성진 가락",
  "봄이 오면 꽃이 피네",
];
const lyrics = (count: number) =>
  Array.from({ length: count }, (_, i) => `${lines[i % 4]} ${lines[(i + 1) % 4]}`);

Deno.test("adaptToSongs: goes on with a checkpoint's reading on the songs, is resumed, and gives a start for a classifier", async () => {
  await withFolder(async (folder) => {
    const model = createModel(tinyTextConfig(tokenizer), { task: "masked-lm", seed: 1 });
    const source = `${folder}/source`, word = "bert.embeddings.word_embeddings.weight";
    await saveLanguageModel({ model, tokenizer }, source);
    const recipe = {
      ...tinyRecipe,
      adapt: 6,
      epochs: 1,
      maxLength: 32,
      learningRate: 1e-2,
      // the classifier's own affairs
      balanceClasses: true,
      freezeLayers: 1,
      layerDecay: 0.5,
    };
    const texts = { train: lyrics(64), validation: lyrics(16) };
    const adapt = async (output: string, stopAt = Infinity) => {
      const stop = new AbortController();
      return await adaptToSongs(source, texts, recipe, {
        output: `${folder}/${output}`,
        signal: stop.signal,
        callbacks: [{ onStep: ({ step }) => step === stopAt ? stop.abort() : undefined }],
      });
    };
    const run = await adapt("adapt");
    const evaluations = run.history.filter((r): r is EvaluationRecord => r.kind === "evaluation");
    assert.equal(evaluations.length, 6);
    assert.ok(evaluations.at(-1)!.validation!.loss < 0.9 * evaluations[0]!.validation!.loss);
    const { model: classifier, notes } = await loadClassifier(run.bestFolder!, {
      labels: ["발라드", "댄스"],
    });
    assert.notDeepEqual(classifier.parameters.get(word)!.data(), model.parameters.get(word)!.data());
    assert.match(notes.join(), /freshly drawn: .*classifier\.weight/);
    assert.equal((await adapt("cut", 5)).ended, "interrupted");
    assert.deepEqual(withoutTimes((await adapt("cut")).history), withoutTimes(run.history));
    [model, classifier].forEach(disposeModel);
  });
});

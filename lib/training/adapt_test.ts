import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startEngine } from "../engine/mod.ts";
import { createModel, disposeModel, type JsonObject, writeSafetensors } from "../models/mod.ts";
import { loadTokenizer } from "../tokenizer/mod.ts";
import { adaptToSongs } from "./pretrain.ts";
import { loadClassifier } from "./classifier.ts";
import { saveLanguageModel } from "./language_model.ts";
import { tinyRecipe, tinyTextConfig, weightsOf, withoutTimes } from "./testing/tiny.ts";
import type { Recipe } from "./recipe.ts";
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
      warmupSteps: 1000,
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

Deno.test("adaptToSongs: reads at a learning rate of its own where the recipe has one", async () => {
  await withFolder(async (folder) => {
    const model = createModel(tinyTextConfig(tokenizer), { task: "masked-lm", seed: 1 });
    await saveLanguageModel({ model, tokenizer }, `${folder}/source`);
    disposeModel(model);
    const highest = async (recipe: Partial<Recipe>) => {
      const texts = { train: lyrics(64), validation: lyrics(16) };
      const given = { ...tinyRecipe, adapt: 2, maxLength: 32, logEverySteps: 1, ...recipe };
      const { history } = await adaptToSongs(`${folder}/source`, texts, given);
      return Math.max(...history.map((record) => record.kind === "step" ? record.learningRate : 0));
    };
    const near = async (recipe: Partial<Recipe>, rate: number) => {
      const found = await highest(recipe);
      assert.ok(found > 0.5 * rate && found <= rate, `${found} beside ${rate}`);
    };
    await near({ learningRate: 1e-3 }, 1e-3);
    await near({ learningRate: 1e-3, adaptLearningRate: 1e-2 }, 1e-2);
  });
});

/** Checkpoints as the Hub has them: what of a model is in the file, by which names. */
const checkpoints: Record<
  string,
  { json: JsonObject; named: (name: string) => string | null; fresh: RegExp | null }
> = {
  // KoBERT: bare, with a pooler that has learnt, two kinds of tokens
  "bert, bare with its pooler": {
    json: tinyTextConfig(tokenizer),
    named: (name) => name.startsWith("bert.") ? name.slice("bert.".length) : null,
    fresh: /freshly drawn: cls\.predictions/,
  },
  "bert, a classifier of other things": {
    json: tinyTextConfig(tokenizer),
    named: (name) => name,
    fresh: /freshly drawn: cls\.predictions/,
  },
  "roberta, with its language model": {
    json: tinyTextConfig(tokenizer, { model_type: "roberta", type_vocab_size: 1 }),
    named: (name) => name.startsWith("classifier.") ? null : name,
    fresh: null,
  },
  "electra, a discriminator": {
    json: tinyTextConfig(tokenizer, { model_type: "electra", embedding_size: 8 }),
    named: (name) => name.replace(/^classifier\.(dense|out_proj)\./, "discriminator_predictions.$1."),
    fresh: /freshly drawn: generator_predictions/,
  },
  "distilbert, bare": {
    json: {
      model_type: "distilbert",
      vocab_size: tokenizer.vocabSize,
      dim: 16,
      n_layers: 1,
      n_heads: 2,
      hidden_dim: 32,
      max_position_embeddings: 64,
      pad_token_id: tokenizer.padId,
      initializer_range: 0.1,
    },
    named: (name) => name.startsWith("distilbert.") ? name : null,
    fresh: /freshly drawn: vocab_transform/,
  },
};

for (const [name, { json, named, fresh }] of Object.entries(checkpoints)) {
  Deno.test(`adaptToSongs: ${name}: reads songs, and its classifier begins with all that it has learnt before`, () =>
    withFolder(async (folder) => {
      const source = `${folder}/source`, labels = ["발라드", "댄스"];
      const of = createModel(json, { labels: ["긍정", "부정"], seed: 1 });
      const language = fresh === null ? createModel(json, { task: "masked-lm", seed: 1 }) : null;
      await saveLanguageModel({ model: of, tokenizer }, source);
      const before = { ...weightsOf(of), ...(language && weightsOf(language)) };
      const tensors = Object.entries(before).flatMap(([name, data]) => {
        const other = named(name), { shape } = (of.parameters.get(name) ?? language!.parameters.get(name))!;
        return other === null ? [] : [{ name: other, dtype: "F32" as const, shape, data }];
      });
      await writeSafetensors(`${source}/model.safetensors`, tensors);
      const told: string[] = [];
      const texts = { train: lyrics(64), validation: lyrics(16) };
      const recipe = { ...tinyRecipe, adapt: 4, epochs: 1, maxLength: 32, learningRate: 1e-2 };
      const run = await adaptToSongs(source, texts, recipe, {
        output: `${folder}/adapt`,
        callbacks: [{ onLog: (line) => void told.push(line) }],
      });
      assert.equal(told.some((line) => /freshly drawn/.test(line)), fresh !== null);
      if (fresh !== null) assert.match(told[0]!, fresh);
      const evaluations = run.history.filter((r): r is EvaluationRecord => r.kind === "evaluation");
      assert.ok(evaluations.at(-1)!.validation!.loss < evaluations[0]!.validation!.loss - 0.05);

      const [plain, adapted] = [
        await loadClassifier(source, { labels }),
        await loadClassifier(run.bestFolder!, { labels }),
      ];
      const [start, read] = [weightsOf(plain.model), weightsOf(adapted.model)];
      for (const [parameter, values] of Object.entries(start)) {
        // keys' biases have no gradient
        if (/key\.bias|k_lin\.bias/.test(parameter)) continue;
        const isRead = new RegExp(`^${of.architecture.prefix}\\.(?!pooler)`).test(parameter);
        assert.equal(read[parameter]!.some((value, i) => value !== values[i]), isRead, parameter);
      }
      assert.equal(
        adapted.notes.some((note) => note.includes("pooler")),
        plain.notes.some((note) => note.includes("pooler")),
      );
      [of, plain.model, adapted.model].forEach(disposeModel);
      if (language !== null) disposeModel(language);
    }));
}

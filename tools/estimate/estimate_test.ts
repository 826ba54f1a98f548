import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";
import { disposeModel, parameterCount } from "../../lib/models/mod.ts";
import type { Song } from "../../lib/songs/mod.ts";
import { table } from "../../lib/subjects/testing/work.ts";
import { loadClassifier, quickRecipe } from "../../lib/training/mod.ts";
import { fileNameOf, type NetworkMethod, type Trial, words } from "../../lib/trials/mod.ts";
import { onNotebooks } from "../command_lines.ts";
import type { NotebookOptions } from "../notebooks/inputs.ts";
import { projectNotebooks } from "../notebooks/run.ts";
import { parseOptions } from "../options.ts";
import {
  estimateLines,
  estimateRun,
  questionSeconds,
  type Speeds,
  spoken,
  trialSeconds,
} from "./estimate.ts";
import { affordable, some, stepTime } from "./measure.ts";
import { planNotebooks } from "./plan.ts";
import { sourceOrShape } from "./shapes.ts";

// two instances a song
const song = { genres: ["가", "나"], artists: ["ㄱ"] } as unknown as Song;
const sides = {
  train: Array<Song>(100).fill(song),
  validation: Array<Song>(20).fill(song),
  test: Array<Song>(10).fill(song),
};
const recipe = { ...quickRecipe, epochs: 4, batchSize: 10 };
const network: NetworkMethod = { kind: "network", source: "kobert-small", recipe };
const trial = (method: Trial["method"]): Trial => ({ method, labels: ["가", "나"], sides, seed: 7 });

/** A machine that is known. */
const speeds: Speeds = {
  network: () => Promise.resolve({ load: 3, example: 0.5, reading: 2, answer: 0.25, memory: 1 }),
  other: () => Promise.resolve(0.125),
};

Deno.test("estimate: epochs of all instances, evaluations at their ends, the answers in the end", async () => {
  // 4 epochs of 200 instances; 4 evaluations of 20 songs; 30 songs answered
  assert.equal(await trialSeconds(trial(network), speeds), 3 + 800 * 0.5 + (80 + 30) * 0.25);
  assert.equal(
    await trialSeconds(trial({ ...network, trainings: 3 }), speeds),
    3 * (3 + 800 * 0.5 + (80 + 30) * 0.25),
  );
  // 5 steps of 10: a quarter of an epoch, and an evaluation at its end
  const short = { ...network, recipe: { ...recipe, maxSteps: 5 } };
  assert.equal(await trialSeconds(trial(short), speeds), 3 + 50 * 0.5 + (20 + 30) * 0.25);
  // epochs 3 and 4
  const seldom = { ...network, recipe: { ...recipe, evaluateEveryEpochs: 3 } };
  assert.equal(await trialSeconds(trial(seldom), speeds), 3 + 800 * 0.5 + (40 + 30) * 0.25);
  // each song's lyrics twice before
  const reads = { ...network, recipe: { ...recipe, adapt: 2, maxSteps: 5 } };
  assert.equal(await trialSeconds(trial(reads), speeds), 3 + 2 * 100 * 2 + 50 * 0.5 + (20 + 30) * 0.25);
  assert.equal(await trialSeconds(trial(words()), speeds), 12.5);
});

Deno.test("estimate: a question for every test song before it learns and in every context", () => {
  const speed = { load: 1, example: 0.5, examplesOfSong: 1, question: 2, epochs: 3 };
  assert.equal(questionSeconds(speed, sides), 1 + 3 * (100 * 0.5 + 20 * 2) + 6 * 10 * 2);
});

/** Options on a small table, the test recipe among them. */
async function withOptions(test: (options: NotebookOptions, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const songs = join(folder, "songs.csv"), output = join(folder, "output");
    await Deno.writeTextFile(songs, table(80));
    await test(
      parseOptions(onNotebooks, ["--songs", songs, "--output", output, "--recipe", "test"]),
      folder,
    );
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["songs.csv"], "nothing is left");
  });
}

Deno.test("estimate: what the notebooks run, each trial once, and nothing of it run or written", () =>
  withOptions(async (options) => {
    const { trials, work } = await planNotebooks(options);
    const prefixes = projectNotebooks().map((path) => basename(path).slice(0, 2));
    for (const notebook of Object.keys(trials)) assert.ok(prefixes.includes(notebook), notebook);
    const names = await Promise.all(Object.values(trials).flat().map(fileNameOf));
    assert.equal(new Set(names).size, names.length);
    // notebook 3 compares what its settings name, by as many trainings
    const searched = trials["03"]!.filter(({ method }) => method.kind === "network");
    assert.deepEqual(
      searched.map(({ method }) => method.kind === "network" && method.source),
      work.options.search.models,
    );
    // notebook 4's own model is trained there, and nowhere else
    const own = await fileNameOf({
      method: work.options.methods.network,
      labels: work.labels,
      sides: work.sides,
      seed: work.options.seed,
    });
    assert.ok(!names.includes(own));
    assert.ok(
      trials["05"]!.some(({ sides }) => sides.train.length < work.sides.train.length),
      "learning curves",
    );
    assert.ok(trials["07"]!.every(({ method }) => method.kind === "columns"));
  }));

Deno.test("estimate: every notebook takes time, those that train for what they train", () =>
  withOptions(async (options) => {
    const measured: string[] = [];
    const { notebooks, memory, scaled, engine } = await estimateRun(options, (what) => measured.push(what));
    assert.deepEqual(
      notebooks.map(({ notebook }) => notebook),
      projectNotebooks().map((path) => basename(path, ".ipynb")),
    );
    for (const { notebook, seconds, parts } of notebooks) {
      assert.ok(parts.every((part) => part.seconds > 0), notebook);
      const learning = parts.reduce((sum, part) => sum + part.seconds, 0);
      assert.ok(seconds > learning, `${notebook}: ${seconds} s, of them ${learning} s for what it learns`);
    }
    const learns = notebooks.filter(({ parts }) => parts.length > 0).map(({ notebook }) =>
      notebook.slice(0, 2)
    );
    for (const notebook of ["03", "04", "05", "08", "09"]) assert.ok(learns.includes(notebook), notebook);
    assert.ok(!learns.includes("01") && !learns.includes("02"), learns.join(", "));
    assert.ok(memory > 50e6, `${memory} bytes`);
    for (const { measured, batchSize } of scaled) assert.ok(measured < batchSize); // none where the machine is quick
    assert.match(engine, /TensorFlow|WebAssembly/);
    assert.ok(measured.some((what) => what.includes("kobert-small")), measured.join(", "));
  }));

Deno.test("sourceOrShape: what is there is itself; a known checkpoint of the Hub has its shape", () =>
  withFolder(async (folder) => {
    const no = () => Promise.resolve(false), yes = () => Promise.resolve(true);
    assert.equal(await sourceOrShape("kobert-small", folder, no), "kobert-small");
    assert.equal(await sourceOrShape("somebody/model", folder, no), "somebody/model");
    assert.equal(await sourceOrShape("monologg/distilkobert", folder, yes), "monologg/distilkobert");
    await startEngine();
    const source = await sourceOrShape("monologg/koelectra-small-v3-discriminator@main", folder, no);
    assert.match(source, /monologg.koelectra-small-v3-discriminator$/);
    const { model, tokenizer } = await loadClassifier(source, { labels: ["가", "나"] });
    // 14 million, as the paper's table of ELECTRA-small has it, and a larger vocabulary
    assert.ok(Math.abs(parameterCount(model) / 14e6 - 1) < 0.05, `${parameterCount(model)}`);
    assert.ok(tokenizer.encode("밤하늘의 별").ids.length > 3);
    disposeModel(model);
  }));

Deno.test("estimate: times as they are said, and the whole", () => {
  assert.deepEqual([0.2, 45, 100, 3600, 9000, 40_000].map(spoken), [
    "1 s",
    "45 s",
    "2 min",
    "60 min",
    "2.5 h",
    "11 h",
  ]);
  const parts = [{ what: "kobert-small", seconds: 80 }, { what: "TF-IDF", seconds: 2 }];
  const lines = estimateLines({
    notebooks: [
      { notebook: "04_fine_tuning", seconds: 88, parts },
      { notebook: "01_eda", seconds: 12, parts: [] },
    ],
  });
  assert.deepEqual(lines, [
    "노트북 · notebook  시간 · time",
    "04_fine_tuning            88 s   kobert-small 80 s",
    "01_eda                    12 s",
    "모두 · in all            2 min",
  ]);
});

Deno.test("stepTime: what a step takes whatever it holds, and a token; tokens alone where steps do not tell them apart", () => {
  const step = (tokens: number, seconds = 0.5 + tokens / 1000) => ({ tokens, seconds });
  const { step: whole, token } = stepTime([step(250), step(256), step(2000), step(2048)]);
  assert.ok(Math.abs(whole - 0.5) < 1e-9 && Math.abs(token - 0.001) < 1e-9, `${whole}, ${token}`);
  assert.deepEqual(stepTime([step(1000, 2), step(1000, 4)]), { step: 0, token: 0.003 });
  assert.deepEqual(stepTime([step(1000, 2)]), { step: 0, token: 0.002 });
  // the small one met a busy moment
  assert.deepEqual(stepTime([step(1000, 9), step(2000, 3)]), { step: 0, token: 0.004 });
  assert.deepEqual(stepTime([step(1000, 1), step(2000, 4)]), { step: 0, token: 5 / 3000 });
});

Deno.test("affordable: the recipe's steps where they are short, as large ones as end in time where not, but of four", () => {
  const steps = (seconds: number) => [{ seconds: seconds / 2 }, { seconds: 1.5 * seconds }];
  assert.equal(affordable(steps(0.01), 32), 32);
  assert.equal(affordable(steps(0.5), 32), 16);
  assert.equal(affordable(steps(40), 32), 4);
  assert.equal(affordable(steps(40), 1), 1);
});

Deno.test("some: spread over all, all where they are few", () => {
  assert.deepEqual(some([1, 2, 3], 5), [1, 2, 3]);
  assert.deepEqual(some([0, 1, 2, 3, 4, 5, 6, 7], 4), [0, 2, 4, 6]);
});

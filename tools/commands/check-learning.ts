/**
 * `deno task check-learning`: whether training here learns as well as PyTorch's. `kobert-small-scratch` on short labelled texts (NSMC's columns: id,
 * document, label), from the same weights, with the same tokens, batches and recipe on both sides, several seeds, float32 and bf16. Without
 * dropout both take the same steps.
 */
import { join } from "node:path";
import { fingerprint, readJson, writeJson } from "../../lib/ground/mod.ts";
import { type Precision, startEngine } from "../../lib/engine/mod.ts";
import { createModel, disposeModel, namedConfig, saveCheckpoint } from "../../lib/models/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import {
  epochBatches,
  evaluateExamples,
  type Example,
  studyRecipe,
  train,
  trainableOf,
} from "../../lib/training/mod.ts";
import { macroF1 } from "../../lib/evaluation/mod.ts";
import { processEnvironment } from "../environment.ts";
import { inProject } from "../setup/paths.ts";
import { commandLines } from "../command_lines.ts";
import { readReviews, reviewLabels } from "../docs/nsmc.ts";
import { readOptions } from "../options.ts";
import { ensureReferenceVenv } from "../setup.ts";

/** The recipe of both sides; the rest is as in the study's. */
const recipe = { epochs: 3, batchSize: 32, maxLength: 64, learningRate: 3e-4 };

/** The losses that are kept of each training: of so many steps from the first. */
const keptSteps = 100;

interface Job {
  side: string;
  precision: Precision;
  seed: number;
  /** The rate of every dropout. */
  dropout: number;
  /** The texts, their tokens and the recipe, as a digest: a file may hold results of others. */
  texts: string;
}

interface Result extends Job {
  accuracy: number;
  macroF1: number;
  seconds: number;
  /** Of the first steps. */
  losses: number[];
  /** The training loss of each epoch. */
  epochs: number[];
}

/** What both sides are given: the file `texts.json` of a folder in which each seed has the weights that they start from, and the batches. */
interface Data {
  train: Text[];
  test: Text[];
  vocabulary: { vocabSize: number; padId: number; path: string };
}

/** One side's training, or what both start from, in a process of its own, which has the right environment from its start: its last line. */
async function inProcess(job: Job, folder: string): Promise<string> {
  const request = JSON.stringify({ ...job, ...recipe, folder, keptSteps });
  const [command, args] = job.side === "peer"
    ? [inProject(".venv-reference", "bin", "python"), [
      inProject("tools", "reference", "learning.py"),
    ]] as const
    : [Deno.execPath(), [
      "run",
      "-A",
      "--no-check",
      inProject("tools", "commands", "check-learning.ts"),
    ]] as const;
  const { success, stdout } = await new Deno.Command(command, {
    args: [...args],
    env: { ...processEnvironment(), LEARNING: request },
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`The training of ${JSON.stringify(job)} failed.`);
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
}

interface Text {
  ids: number[];
  label: number;
}

const examplesOf = (texts: readonly Text[]): Example[] =>
  texts.map(({ ids, label }, i) => ({
    songId: String(i),
    inputIds: Int32Array.from(ids),
    label,
    weight: 1,
  }));

const modelOf = ({ vocabulary }: Data, seed: number) =>
  createModel(namedConfig("kobert-small-scratch", vocabulary), { labels: reviewLabels, seed });

/** Writes what a seed's trainings start from: a checkpoint, and `batches.json`, each epoch's batches as indices. */
async function writeStart(data: Data, seed: number, folder: string): Promise<void> {
  const model = modelOf(data, seed);
  await saveCheckpoint(model, folder);
  disposeModel(model);
  const lengths = data.train.map(({ ids }) => ids.length);
  const epochs = Array.from({ length: recipe.epochs }, (_, epoch) => {
    const batches = epochBatches(lengths, { ...studyRecipe, ...recipe, seed, epoch });
    return Array.from({ length: batches.length }, (_, i) => [...batches.at(i)]);
  });
  await writeJson(join(folder, "batches.json"), epochs);
}

async function ours({ side, precision, seed, dropout, folder }: Job & { folder: string }): Promise<void> {
  const data: Data = JSON.parse(await Deno.readTextFile(join(folder, "texts.json")));
  await startEngine();
  if (side === "start") return await writeStart(data, seed, join(folder, String(seed)));
  const model = modelOf(data, seed);
  const tokenizer = await loadTokenizer(data.vocabulary.path);
  const run = {
    ...studyRecipe,
    ...recipe,
    dropout,
    precision,
    seed,
    logEverySteps: null,
    saveEverySteps: null,
  };
  const trainable = trainableOf({ model, tokenizer, labels: reviewLabels, notes: [] }, run);
  const { history, elapsedMs } = await train(trainable, { train: examplesOf(data.train) }, run);
  const testing = examplesOf(data.test);
  const { predicted } = await evaluateExamples(trainable, testing, { batchSize: 32, precision });
  const truth = testing.map(({ label }) => label);
  const accuracy = truth.filter((label, i) => label === predicted[i]).length / truth.length;
  console.log(JSON.stringify({
    accuracy,
    macroF1: macroF1(truth, predicted),
    seconds: elapsedMs / 1000,
    losses: history.flatMap((one) => one.kind === "step" && one.step <= keptSteps ? [one.loss] : []),
    epochs: history.flatMap((one) => one.kind === "evaluation" ? [one.train.loss] : []),
  }));
  disposeModel(model);
}

/** Reviews as tokens. */
async function tokensOf(file: string, path: string): Promise<Text[]> {
  const tokenizer = await loadTokenizer(path), { maxLength } = recipe;
  return (await readReviews(file)).map(({ lyrics, genres: [label] }) => (
    { ids: tokenizer.encode(lyrics, { maxLength }).ids, label: Number(label) }
  ));
}

const isOurs = ({ side }: Job) => side === "ours";

function summary(results: readonly Result[]): string {
  const groups = Map.groupBy(
    results,
    (job) => `${job.precision}, dropout ${job.dropout}, ${isOurs(job) ? "ours" : "PyTorch"}`,
  );
  return [...groups].sort(([a], [b]) => a < b ? -1 : 1).map(([name, group]) => {
    const mean = (of: (result: Result) => number) =>
      group.reduce((sum, result) => sum + of(result), 0) / group.length;
    const each = group.map(({ accuracy }) => accuracy.toFixed(4)).join(", ");
    const losses = group[0]!.epochs.map((_, epoch) => mean(({ epochs }) => epochs[epoch]!).toFixed(3)).join(
      ", ",
    );
    return `${name.padEnd(28)} accuracy ${mean(({ accuracy }) => accuracy).toFixed(4)} (${each}), macro-F1 ${
      mean(({ macroF1 }) => macroF1).toFixed(4)
    }, training loss by epoch ${losses}, ${mean(({ seconds }) => seconds).toFixed(0)} s a run`;
  }).join("\n");
}

/** Of trainings without dropout, which both sides take step by step: how far their losses are apart. */
function stepsApart(results: readonly Result[]): string[] {
  return results.filter((job) => isOurs(job) && job.dropout === 0).flatMap((job) => {
    const peer = results.find((other) => !isOurs(other) && sameTraining(job, other));
    if (peer === undefined) return [];
    const apart = Math.max(...job.losses.map((loss, step) => Math.abs(loss - peer.losses[step]!)));
    return [
      `${job.precision}, seed ${job.seed}, no dropout: over ${job.losses.length} steps at most ${
        apart.toExponential(1)
      } apart`,
    ];
  });
}

/** Whether two jobs are one training, apart from the side. */
const sameTraining = (a: Job, b: Job) =>
  a.precision === b.precision && a.seed === b.seed && a.dropout === b.dropout && a.texts === b.texts;

if (Deno.env.has("LEARNING")) {
  await ours(JSON.parse(Deno.env.get("LEARNING")!));
} else {
  const values = readOptions(commandLines["check-learning"]);
  if (values.sides.includes("peer")) await ensureReferenceVenv();
  const { vocabSize, padId } = await loadTokenizer(values.tokenizer);
  const data: Data = {
    train: await tokensOf(values.train, values.tokenizer),
    test: await tokensOf(values.test, values.tokenizer),
    vocabulary: { vocabSize, padId, path: values.tokenizer },
  };
  const folder = await Deno.makeTempDir();
  try {
    await writeJson(join(folder, "texts.json"), data);
    const texts = fingerprint([JSON.stringify([data, recipe])]);
    const results = await readJson<Result[]>(values.output) ?? [];
    for (const precision of values.precisions as Precision[]) {
      for (const seed of values.seeds.map(Number)) {
        const jobs = values.sides.map((side) => ({ side, precision, seed, dropout: values.dropout, texts }))
          .filter((job) => !results.some((done) => done.side === job.side && sameTraining(done, job)));
        if (jobs.length > 0) await inProcess({ ...jobs[0]!, side: "start" }, folder);
        for (const job of jobs) {
          const result: Result = { ...job, ...JSON.parse(await inProcess(job, folder)) };
          console.log(JSON.stringify({ ...result, losses: undefined }));
          results.push(result);
          await writeJson(values.output, results);
        }
      }
    }
    const own = results.filter((result) => result.texts === texts);
    console.log(`\n${summary(own)}`);
    for (const line of stepsApart(own)) console.log(line);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

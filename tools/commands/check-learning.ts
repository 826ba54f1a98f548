/**
 * `deno task check-learning`: whether training here learns as well as PyTorch's. `kobert-small-scratch` on short labelled texts (NSMC's columns: id,
 * document, label), the same tokens and recipe on both sides, each from its own random weights, several seeds, float32 and bf16.
 */
import { readJson, writeJson } from "../../lib/ground/mod.ts";
import { type Precision, startEngine } from "../../lib/engine/mod.ts";
import { createModel, disposeModel, namedConfig } from "../../lib/models/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { evaluateExamples, type Example, studyRecipe, train, trainableOf } from "../../lib/training/mod.ts";
import { macroF1 } from "../../lib/evaluation/mod.ts";
import { processEnvironment } from "../environment.ts";
import { inProject } from "../setup/paths.ts";
import { commandLines } from "../command_lines.ts";
import { readReviews, reviewLabels } from "../docs/nsmc.ts";
import { readOptions } from "../options.ts";
import { ensureReferenceVenv } from "../setup.ts";

/** The recipe of both sides; the rest is as in the study's. */
const recipe = { epochs: 3, batchSize: 32, maxLength: 64, learningRate: 3e-4 };

interface Job {
  side: string;
  precision: Precision;
  seed: number;
}

interface Result extends Job {
  accuracy: number;
  macroF1: number;
  seconds: number;
}

/** One side's training in a process of its own, which has the right environment from its start. */
async function trained(job: Job, data: string): Promise<Result> {
  const request = JSON.stringify({ ...job, ...recipe, data });
  const [command, args] = job.side === "ours"
    ? [Deno.execPath(), [
      "run",
      "-A",
      "--no-check",
      inProject("tools", "commands", "check-learning.ts"),
    ]] as const
    : [inProject(".venv-reference", "bin", "python"), [
      inProject("tools", "reference", "learning.py"),
    ]] as const;
  const { success, stdout } = await new Deno.Command(command, {
    args: [...args],
    env: { ...processEnvironment(), LEARNING: request },
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`The training of ${JSON.stringify(job)} failed.`);
  return { ...job, ...JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!) };
}

interface Text {
  ids: number[];
  label: number;
}

async function ours({ precision, seed, data }: Job & { data: string }): Promise<void> {
  const { train: texts, test, vocabulary } = JSON.parse(await Deno.readTextFile(data));
  await startEngine();
  const model = createModel(namedConfig("kobert-small-scratch", vocabulary), { labels: reviewLabels, seed });
  const trainable = trainableOf({
    model,
    tokenizer: await loadTokenizer(vocabulary.path),
    labels: reviewLabels,
    notes: [],
  });
  const examples = (texts: Text[]): Example[] =>
    texts.map(({ ids, label }, i) => ({
      songId: String(i),
      inputIds: Int32Array.from(ids),
      label,
      weight: 1,
    }));
  const start = performance.now();
  const run = { ...studyRecipe, ...recipe, precision, seed, logEverySteps: null, saveEverySteps: null };
  await train(trainable, { train: examples(texts) }, run);
  const seconds = (performance.now() - start) / 1000;
  const testing = examples(test);
  const { predicted } = await evaluateExamples(trainable, testing, { batchSize: 32, precision });
  const truth = testing.map(({ label }) => label);
  const accuracy = truth.filter((label, i) => label === predicted[i]).length / truth.length;
  console.log(JSON.stringify({ accuracy, macroF1: macroF1(truth, predicted), seconds }));
  disposeModel(model);
}

/** Reviews as tokens. */
async function tokensOf(file: string, path: string): Promise<Text[]> {
  const tokenizer = await loadTokenizer(path), { maxLength } = recipe;
  return (await readReviews(file)).map(({ lyrics, genres: [label] }) => (
    { ids: tokenizer.encode(lyrics, { maxLength }).ids, label: Number(label) }
  ));
}

function summary(results: readonly Result[]): string {
  const groups = Map.groupBy(
    results,
    ({ side, precision }) => `${precision}, ${side === "ours" ? "ours" : "PyTorch"}`,
  );
  return [...groups].sort(([a], [b]) => a < b ? -1 : 1).map(([name, group]) => {
    const mean = (of: (result: Result) => number) =>
      group.reduce((sum, result) => sum + of(result), 0) / group.length;
    const each = group.map(({ accuracy }) => accuracy.toFixed(4)).join(", ");
    return `${name.padEnd(18)} accuracy ${mean(({ accuracy }) => accuracy).toFixed(4)} (${each}), macro-F1 ${
      mean(({ macroF1 }) => macroF1).toFixed(4)
    }, ${mean(({ seconds }) => seconds).toFixed(0)} s a run`;
  }).join("\n");
}

if (Deno.env.has("LEARNING")) {
  await ours(JSON.parse(Deno.env.get("LEARNING")!));
} else {
  const values = readOptions(commandLines["check-learning"]);
  if (values.sides.includes("peer")) await ensureReferenceVenv();
  const data = await Deno.makeTempFile({ suffix: ".json" });
  const { vocabSize, padId } = await loadTokenizer(values.tokenizer);
  await Deno.writeTextFile(
    data,
    JSON.stringify({
      train: await tokensOf(values.train, values.tokenizer),
      test: await tokensOf(values.test, values.tokenizer),
      vocabulary: { vocabSize, padId, path: values.tokenizer },
      config: namedConfig("kobert-small-scratch", { vocabSize, padId }),
    }),
  );
  const results = await readJson<Result[]>(values.output) ?? [];
  const done = (job: Job) =>
    results.some(({ side, precision, seed }) =>
      side === job.side && precision === job.precision && seed === job.seed
    );
  for (const precision of values.precisions as Precision[]) {
    for (const seed of values.seeds.map(Number)) {
      for (const side of values.sides) {
        const job = { side, precision, seed };
        if (done(job)) continue;
        results.push(await trained(job, data));
        console.log(JSON.stringify(results.at(-1)));
        await writeJson(values.output, results);
      }
    }
  }
  await Deno.remove(data);
  console.log(`\n${summary(results)}`);
}

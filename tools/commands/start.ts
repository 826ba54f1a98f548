/** `deno task start`: runs all notebooks headless on a table of songs and says how the model did. */
import { basename, join, resolve } from "node:path";
import { exists, inProject } from "../setup/paths.ts";
import { runNotebooks } from "../notebooks/run.ts";
import { readOptions, recipe, shared } from "../options.ts";
import { newRecord, writeRecord } from "../report/record.ts";
import { recipes } from "../../lib/training/recipe.ts";

const options = readOptions({
  command: "start",
  about:
    "Runs all notebooks, headless: analysis, preprocessing, fine-tuning, evaluation, the further ideas.\n" +
    "The executed notebooks and what they write go to the output folder.",
  options: {
    songs: shared.songs,
    genres: shared.genres,
    model: shared.model,
    models: {
      type: "text",
      placeholder: "LIST",
      about:
        "the models that 03_model_search compares, with commas (default a small one of each architecture)",
    },
    tokenizer: shared.tokenizer,
    output: { ...shared.output, default: "outputs" },
    seed: shared.seed,
    engine: shared.engine,
    recipe: {
      ...recipe.recipe,
      default: "quick",
      about: "how to train: quick suits a model from scratch; thorough takes two hours",
    },
  },
});

/** A checkpoint's folder by its full path, since notebooks run in their own; other sources as they are. */
const located = (source: string): string => exists(source) ? resolve(source) : source;

const notebookFolder = inProject("notebooks");
const notebooks = [...Deno.readDirSync(notebookFolder)].map(({ name }) => name)
  .filter((name) => name.endsWith(".ipynb")).sort().map((name) => join(notebookFolder, name));
const output = resolve(options.output);
const run = join(output, "run");
// a run of `start` is one run: what an earlier one left is not gone on with
await Deno.remove(run, { recursive: true }).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
const setUp = Number(Deno.env.get("KOBERT_SETUP_SECONDS") ?? 0);
const record = await newRecord(
  {
    songs: resolve(options.songs),
    genres: options.genres ?? null,
    model: located(options.model),
    models: options.models ?? null,
    tokenizer: options.tokenizer === undefined ? null : resolve(options.tokenizer),
    recipe: options.recipe,
    seed: options.seed,
    engine: options.engine,
  },
  { ...recipes[options.recipe]!, seed: options.seed },
  setUp,
);
const startedAt = performance.now();
const results = await runNotebooks({
  notebooks,
  outputFolder: join(output, "notebooks"),
  env: {
    SONGS_FILE: resolve(options.songs),
    GENRES: options.genres ?? "",
    MODEL: located(options.model),
    MODELS: options.models?.split(",").map((model) => located(model.trim())).join(",") ?? "",
    TOKENIZER: options.tokenizer === undefined ? "" : resolve(options.tokenizer),
    OUTPUT: run,
    RECIPE: options.recipe,
    SEED: String(options.seed),
    KOBERT_ENGINE: options.engine,
  },
});
const seconds = (performance.now() - startedAt) / 1000;
writeRecord(run, {
  ...record,
  notebooks: results.filter(({ status }) => status !== "not run")
    .map(({ notebook, seconds }) => ({ name: basename(notebook), seconds })),
});
if (results.some(({ status }) => status !== "ok")) {
  console.error(`A notebook failed; what ran of it is in ${join(output, "notebooks")}.`);
  Deno.exit(1);
}

interface Measured {
  accuracyPerInstance: { value: number };
  accuracyPerSong: { value: number };
  macroF1: number;
}
const metrics: Record<string, Measured> = JSON.parse(await Deno.readTextFile(join(run, "test_metrics.json")));
console.log(`\nExecuted notebooks: ${join(output, "notebooks")}`);
console.log(`Model, history and metrics: ${run}`);
// Loaded here only: what draws the figures need not stand in memory while the notebooks run.
const { writeReport } = await import("../report/write.ts");
console.log(`Report: ${await writeReport(output)}\n`);
console.log(
  "Test songs: accuracy per instance (as the study counts), per song (right if any of its genres), macro-F1",
);
for (const [method, { accuracyPerInstance, accuracyPerSong, macroF1 }] of Object.entries(metrics)) {
  const numbers = [accuracyPerInstance.value, accuracyPerSong.value, macroF1].map((n) => n.toFixed(3)).join(
    "  ",
  );
  console.log(`  ${numbers}  ${method}`);
}
console.log(`\nTime: set-up ${setUp.toFixed(0)} s, notebooks ${seconds.toFixed(0)} s`);

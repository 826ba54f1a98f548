/** `deno task start`: runs all notebooks headless on a table of songs and says how the model did. */
import { basename, join, resolve } from "node:path";
import { exists, inProject, remove } from "../setup/paths.ts";
import { type NotebookResult, runNotebooks } from "../notebooks/run.ts";
import { unfinishedRun } from "../notebooks/unfinished.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import type { WrittenVerdict } from "../report/data.ts";
import { newRecord, type RanNotebook, writeRecord } from "../report/record.ts";
import { prepareSongs, splitToLearn } from "../../lib/songs/mod.ts";
import { macroF1Name } from "../../lib/evaluation/mod.ts";
import { recipes } from "../../lib/training/recipe.ts";

const options = readOptions(commandLines.start);

// What cannot be learnt is said before anything takes its time, or a run of before is touched.
const { genres, separator, genreNames, seed } = options;
const { songs } = await prepareSongs(options.songs, { genres, separator, genreNames });
splitToLearn(songs, { table: options.songs, genres, seed });

/** A checkpoint's folder by its full path, since notebooks run in their own; other sources as they are. */
const located = (source: string): string => exists(source) ? resolve(source) : source;

const notebookFolder = inProject("notebooks");
const notebooks = [...Deno.readDirSync(notebookFolder)].map(({ name }) => name)
  .filter((name) => name.endsWith(".ipynb")).sort().map((name) => join(notebookFolder, name));
const output = resolve(options.output);
const folders = { run: join(output, "run"), notebooks: join(output, "notebooks") };
const setUp = Number(Deno.env.get("KOBERT_SETUP_SECONDS") ?? 0);
const wanted = await newRecord(
  {
    songs: resolve(options.songs),
    genres: genres?.join(",") ?? null,
    ...(separator !== undefined && { separator }),
    ...(genreNames !== undefined && { genreNames: resolve(genreNames) }),
    model: located(options.model),
    models: options.models?.join(",") ?? null,
    tokenizer: options.tokenizer === undefined ? null : resolve(options.tokenizer),
    recipe: options.recipe,
    seed: options.seed,
    engine: options.engine,
  },
  { ...recipes[options.recipe]!, seed: options.seed },
  setUp,
  notebooks.map((path) => basename(path)),
);

let record = wanted, done: string[] = [];
const earlier = options.anew ? { found: "nothing" as const } : unfinishedRun(folders, wanted, notebooks);
if (earlier.found === "unfinished") {
  ({ record, done } = earlier);
  const { started, resumed, notebooks: ran } = record;
  const seconds = ran.reduce((sum, notebook) => sum + notebook.seconds, 0);
  console.log(
    `Going on with the run of ${started.slice(0, 16).replace("T", " ")} UTC, which was cut off after ${
      seconds.toFixed(0)
    } s of notebooks` +
      `${done.length === 0 ? "" : `; done: ${done.join(", ")}`}. --anew starts anew.`,
  );
  for (const change of resumed!.at(-1)!.changes) console.log(`  Since then: ${change}`);
} else {
  if (earlier.found === "another") {
    const lines = earlier.differences.map((line) => `\n  ${line}`).join("");
    console.log(`The run in ${folders.run} was cut off and cannot be gone on with:${lines}\nStarting anew.`);
  }
  // what another run left there is none of this one's
  remove(folders.run);
}
writeRecord(folders.run, record);

/** Adds what has run to the record: a cut-off run goes on from there. */
function note({ notebook, seconds, status, error }: NotebookResult): void {
  const stopped = error === null
    ? {}
    : { stopped: { cell: error.cell, name: error.name, message: error.message } };
  const name = basename(notebook);
  const before = record.notebooks.find((ran) => ran.name === name);
  const ran: RanNotebook = {
    name,
    seconds: seconds + (before?.seconds ?? 0),
    done: status === "ok",
    ...stopped,
  };
  record = { ...record, notebooks: [...record.notebooks.filter((other) => other.name !== name), ran] };
  writeRecord(folders.run, record);
}

const results = await runNotebooks({
  notebooks: notebooks.filter((path) => !done.includes(basename(path))),
  outputFolder: folders.notebooks,
  env: {
    SONGS_FILE: resolve(options.songs),
    SEPARATOR: separator ?? "",
    GENRE_NAMES: genreNames === undefined ? "" : resolve(genreNames),
    GENRES: genres?.join(",") ?? "",
    MODEL: located(options.model),
    MODELS: options.models?.map(located).join(",") ?? "",
    TOKENIZER: options.tokenizer === undefined ? "" : resolve(options.tokenizer),
    OUTPUT: folders.run,
    RECIPE: options.recipe,
    SEED: String(options.seed),
    KOBERT_ENGINE: options.engine,
  },
  timeoutSeconds: null,
  onNotebook: note,
});
const failed = results.find(({ status }) => status !== "ok");
if (failed !== undefined) {
  const stopped = failed.error?.name === "Interrupted";
  const what = stopped ? "Stopped." : `A notebook failed; what ran of it is in ${folders.notebooks}.`;
  console.error(`${what} The same command goes on from there.`);
  Deno.exit(stopped ? 130 : 1);
}
const seconds = record.notebooks.reduce((sum, notebook) => sum + notebook.seconds, 0);

const metrics: Record<string, WrittenVerdict> = JSON.parse(
  await Deno.readTextFile(join(folders.run, "test_metrics.json")),
);
console.log(`\nExecuted notebooks: ${folders.notebooks}`);
console.log(`Model, history and metrics: ${folders.run}`);
// Loaded here only: what draws the figures need not stand in memory while the notebooks run.
const { writeReport } = await import("../report/write.ts");
console.log(`Report: ${await writeReport(output)}\n`);
// all methods are measured on the same songs
const absent = Object.values(metrics)[0]?.perGenre.filter(({ support }) => support === 0).length ?? 0;
console.log(
  "Test songs: accuracy per instance (as the study counts), per song (right if any of its genres), " +
    macroF1Name(absent),
);
for (const [method, { accuracyPerInstance, accuracyPerSong, macroF1 }] of Object.entries(metrics)) {
  const numbers = [accuracyPerInstance.value, accuracyPerSong.value, macroF1].map((n) => n.toFixed(3)).join(
    "  ",
  );
  console.log(`  ${numbers}  ${method}`);
}
console.log(`\nTime: set-up ${setUp.toFixed(0)} s, notebooks ${seconds.toFixed(0)} s`);

/** `deno task train`: fine-tunes a model on a table of songs and measures it beside the baselines. */
import { join, resolve } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { grouped, holdFolder, tell } from "../../lib/ground/mod.ts";
import { judge, judgeBaselines, verdictTable, writeVerdicts } from "../../lib/trials/mod.ts";
import { absoluteSource, mergeLora, parameterCount } from "../../lib/models/mod.ts";
import {
  fitShown,
  listenForStop,
  progressBar,
  readingProgress,
  show,
  trainingProgress,
} from "../../lib/notebook/mod.ts";
import { genresOf, lyricsOf, songRows, splitToLearn } from "../../lib/songs/mod.ts";
import {
  adaptToSongs,
  checkReads,
  checkTrainable,
  classifySongs,
  fineTune,
  fineTuningSteps,
  loadClassifier,
  type Recipe,
  saveClassifier,
  setAside,
  type TrainingRun,
} from "../../lib/training/mod.ts";
import { commandLines, runFiles } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import { goingOn, newRecord, writeRecord } from "../report/record.ts";
import { findModel, loadTelling } from "../find_model.ts";
import { writePredictions } from "../predictions/rows.ts";
import { joinOthers, leave } from "../team.ts";
import {
  checkUsed,
  genreSetsTable,
  measureGivenSets,
  readCleanSongs,
  recipeOf,
  sharesOf,
  tellSeen,
  trainedBy,
  tuneThresholds,
  writeSplit,
} from "../run_songs.ts";

const options = readOptions(commandLines.train);

const {
  output,
  seed,
  engine,
  model: source,
  tokenizer,
  anew,
  baseBf16,
  merged,
  weights,
  multiLabel,
  ...fields
} = options;
using team = joinOthers();
const isFirst = team.rank === 0;
using _ = isFirst ? await holdFolder(output) : null;
const asked = recipeOf({ ...fields, model: source, seed, multiLabel, ...(weights && { oversample: false }) });
checkUsed(fields, asked.recipe);
await findModel(
  source,
  tokenizer,
  (source, options) => checkTrainable(source, { ...options, recipe: asked.recipe }),
);
if (asked.recipe.adapt > 0) await checkReads(source);
const songs = await readCleanSongs(options.songs, { ...options, used: trainedBy });
const split = splitToLearn(songs, { table: options.songs, genres: options.genres, seed });
fineTuningSteps(asked.recipe, songRows(split.train));
const wanted = await newRecord(
  {
    songs: resolve(options.songs),
    genres: options.genres?.join(",") ?? null,
    ...(options.separator !== undefined && { separator: options.separator }),
    ...(options.genreNames !== undefined && { genreNames: resolve(options.genreNames) }),
    model: absoluteSource(source),
    models: null,
    tokenizer: tokenizer === undefined ? null : resolve(tokenizer),
    recipe: asked.name,
    seed,
    engine,
  },
  asked.recipe,
  Number(Deno.env.get("KOBERT_SETUP_SECONDS") ?? 0),
  [],
);
// what another run left there stays as it is
const record = anew || !isFirst ? wanted : goingOn(output, wanted);

const { description } = await startEngine({ engine });
tell(`Engine: ${description}`);
const labels = genresOf(split.train);
tell(
  `${grouped(split.train.height)} songs train, ${grouped(split.validation.height)} validate, ${
    grouped(split.test.height)
  } test; ${labels.length} genres`,
);

const kept = anew && isFirst ? await setAside(output, runFiles) : null;
if (kept !== null) tell(`The earlier run in ${output} is kept in ${kept}.`);
using stop = listenForStop();
/** Ends the process where a training was asked to stop. */
function endWhereStopped({ ended, steps }: TrainingRun): void {
  if (ended !== "interrupted") return;
  tell(`Stopped after step ${steps}; the same command goes on from there.`);
  leave(team, 130);
}

let start = source;
if (asked.recipe.adapt > 0) {
  const adapting = await adaptToSongs(
    source,
    { train: lyricsOf(split.train), validation: lyricsOf(split.validation) },
    asked.recipe,
    {
      output: join(output, "adapt"),
      resume: !anew,
      callbacks: [{ onStart: () => writeRecord(output, record) }, readingProgress()],
      signal: stop.signal,
      team,
      ...(tokenizer !== undefined && { tokenizer }),
    },
  );
  endWhereStopped(adapting);
  start = adapting.bestFolder!;
  tell(`${source} has read the songs' lyrics ${asked.recipe.adapt} times: ${start}`);
}

const classifier = await loadTelling(start, {
  labels,
  ...(multiLabel && { multiLabel }),
  seed,
  narrow: baseBf16,
  tokenizer: start === source ? tokenizer : undefined,
});
await tellSeen(source, split);
// a multi-label checkpoint stays one
const recipe: Recipe = classifier.model.multiLabel
  ? { ...asked.recipe, multiLabel: true, bestMetric: options.bestMetric ?? "microF1" }
  : asked.recipe;
tell(
  `${source}: ${(parameterCount(classifier.model) / 1e6).toFixed(1)} million parameters, recipe ` +
    `"${asked.name}"`,
);

const run = await fineTune(classifier, split, recipe, {
  output,
  resume: !anew,
  // the folder is this run's from here on
  callbacks: [{ onStart: () => writeRecord(output, record) }, trainingProgress()],
  signal: stop.signal,
  dataDescription: options.songs,
  team,
});
endWhereStopped(run);
// what is left to do is one process's work
if (!isFirst) leave(team, 0);

await writeSplit(output, split);
const best = await loadClassifier(run.bestFolder!, { narrow: baseBf16 });
const test = songRows(split.test);
if (best.model.multiLabel) {
  await tuneThresholds(best, songRows(split.validation), recipe.precision);
  await saveClassifier(best, run.bestFolder!);
}
const predictions = await classifySongs(best, test, {
  precision: recipe.precision,
});
const verdict = judge(source, labels, test, sharesOf(predictions));
const bar = progressBar({ total: null, label: "기준 모델 · baselines", unit: "iterations" });
const judged = await judgeBaselines(labels, { train: songRows(split.train), validation: [], test }, {
  listener: { onFit: fitShown(bar) },
});
const baselines = judged.map(({ verdict }) => verdict);
await bar.finish();
await show(verdictTable([...baselines, verdict]));
if (best.model.multiLabel) await show(genreSetsTable(measureGivenSets(best, test, predictions)));
await writePredictions(join(output, "predictions.csv"), best.labels, test, predictions);
await writeVerdicts(join(output, "test_metrics.json"), [...baselines, verdict]);
if (merged && best.model.lora !== undefined) {
  mergeLora(best.model);
  await saveClassifier(best, join(output, "merged"));
  await writeSplit(join(output, "merged"), split);
  tell(`Merged: ${join(output, "merged")}`);
}
tell(`Model: ${run.bestFolder}; test_metrics.json, predictions.csv and history.jsonl beside it.`);

/** `deno task evaluate`: measures a saved model on songs whose genres are known. */
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { reportText } from "../../lib/evaluation/mod.ts";
import { judge, verdictTable, writeVerdicts } from "../../lib/ideas/mod.ts";
import { show } from "../../lib/notebook/mod.ts";
import { songRows } from "../../lib/songs/mod.ts";
import { loadClassifier } from "../../lib/training/mod.ts";
import { readOptions, recipe, shared } from "../options.ts";
import {
  classifyShowing,
  genreSetsTable,
  measureGivenSets,
  readCleanSongs,
  sharesOf,
  testIdsOf,
  writePredictions,
} from "../run_songs.ts";

const options = readOptions({
  command: "evaluate",
  about:
    "Measures a model on songs with genres: accuracy per instance and per song, macro-F1, each genre's scores.\n" +
    "A model that `train` made is measured on its own test songs where the table has them; --all takes every song.",
  options: {
    songs: shared.songs,
    model: { ...shared.model, default: "outputs/train/best", about: "a model's folder, or a Hub id" },
    tokenizer: shared.tokenizer,
    output: { ...shared.output, about: "where metrics.json and predictions.csv go; printed only without" },
    engine: shared.engine,
    precision: shared.precision,
    maxLength: recipe.maxLength,
    all: { type: "flag", about: "every song of the table, those it was trained on included" },
  },
});

const { description } = await startEngine({ engine: options.engine as "auto" | "tensorflow" | "wasm" });
console.log(`Engine: ${description}`);
const classifier = await loadClassifier(
  options.model,
  options.tokenizer === undefined ? {} : { tokenizer: options.tokenizer },
);
let songs = songRows(await readCleanSongs(options.songs));
const testIds = options.all ? null : await testIdsOf(options.model);
if (testIds !== null && songs.some(({ id }) => testIds.has(id))) {
  songs = songs.filter(({ id }) => testIds.has(id));
  console.log(`The ${songs.length} test songs of the model's own split`);
} else console.log(`All ${songs.length} songs of the table`);

const predictions = await classifyShowing(classifier, songs, options);
const verdict = judge(
  options.model,
  classifier.labels,
  songs,
  sharesOf(predictions),
);
await show(verdictTable([verdict]));
const sets = classifier.model.multiLabel ? measureGivenSets(classifier, songs, predictions) : null;
if (sets !== null) await show(genreSetsTable(sets));
console.log(reportText(verdict.report));
if (options.output !== undefined) {
  await writeVerdicts(join(options.output, "metrics.json"), [verdict]);
  if (sets !== null) {
    await Deno.writeTextFile(join(options.output, "genre_sets.json"), JSON.stringify(sets, null, 2) + "\n");
  }
  await writePredictions(join(options.output, "predictions.csv"), classifier, songs, predictions);
  console.log(`metrics.json and predictions.csv are in ${options.output}`);
}

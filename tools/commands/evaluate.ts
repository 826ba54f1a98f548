/** `deno task evaluate`: measures a saved model on songs whose genres are known. */
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { reportText } from "../../lib/evaluation/mod.ts";
import { judge, verdictTable, writeVerdicts } from "../../lib/ideas/mod.ts";
import { show } from "../../lib/notebook/mod.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import {
  classifyShowing,
  genreSetsTable,
  loadTelling,
  measureGivenSets,
  readTable,
  sharesOf,
  songsToMeasure,
  writePredictions,
} from "../run_songs.ts";

const options = readOptions(commandLines.evaluate);

const table = await readTable(options.songs, "learning", options);
const { description } = await startEngine({ engine: options.engine });
console.log(`Engine: ${description}`);
const classifier = await loadTelling(options.model, { tokenizer: options.tokenizer });
const songs = await songsToMeasure(table, classifier.labels, options);
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

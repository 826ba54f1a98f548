/** `deno task evaluate`: measures a saved model on songs whose genres are known. */
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { reportText } from "../../lib/evaluation/mod.ts";
import { holdFolder, UserError, writeJson } from "../../lib/ground/mod.ts";
import { judge, verdictTable, writeVerdicts } from "../../lib/trials/mod.ts";
import { show } from "../../lib/notebook/mod.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import {
  classifyShowing,
  findModel,
  genreSetsTable,
  loadTelling,
  measureGivenSets,
  readTable,
  sharesOf,
  songsToMeasure,
  writePredictions,
} from "../run_songs.ts";
import { exists } from "../setup/paths.ts";

const options = readOptions(commandLines.evaluate);

const { output } = options;
if (output !== undefined && exists(join(output, "history.jsonl"))) {
  throw new UserError(
    `--output: ${output} holds a training, whose metrics.json would be written over; choose another folder.`,
  );
}
using _ = output === undefined ? null : await holdFolder(output);
await findModel(options.model, { trained: true });
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
if (output !== undefined) {
  await writeVerdicts(join(output, "metrics.json"), [verdict]);
  if (sets !== null) await writeJson(join(output, "genre_sets.json"), sets);
  await writePredictions(join(output, "predictions.csv"), classifier, songs, predictions);
  console.log(`metrics.json and predictions.csv are in ${output}`);
}

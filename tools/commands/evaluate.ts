/** `deno task evaluate`: measures a saved model on songs whose genres are known. */
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { reportText } from "../../lib/evaluation/mod.ts";
import { holdFolder, tell, writeJson } from "../../lib/ground/mod.ts";
import { judge, verdictRecord, verdictTable, writeVerdicts } from "../../lib/trials/mod.ts";
import { savedLabels } from "../../lib/models/mod.ts";
import { show } from "../../lib/notebook/mod.ts";
import { commandLines } from "../command_lines.ts";
import { findTrained, loadTelling } from "../find_model.ts";
import { checkPaths, keepStandardOutput, readOptions } from "../options.ts";
import { writePredictions } from "../predictions/rows.ts";
import {
  classifyShowing,
  genreSetsTable,
  measureGivenSets,
  readTable,
  sharesOf,
  songsToMeasure,
  trainedBy,
} from "../run_songs.ts";

const options = readOptions(commandLines.evaluate);

const { output } = options;
if (options.json) keepStandardOutput();
using _ = output === undefined ? null : await holdFolder(output);
const model = await findTrained(options.model, options.tokenizer);
checkPaths(commandLines.evaluate.options, { ...options, model });
const table = await readTable(options.songs, "learning", { ...options, used: trainedBy });
const songs = await songsToMeasure(table, await savedLabels(model), { ...options, model });
const { description } = await startEngine({ engine: options.engine });
tell(`Engine: ${description}`);
const classifier = await loadTelling(model, { tokenizer: options.tokenizer });
const predictions = await classifyShowing(classifier, songs, options);
const verdict = judge(
  model,
  classifier.labels,
  songs,
  sharesOf(predictions),
);
const sets = classifier.model.multiLabel ? measureGivenSets(classifier, songs, predictions) : null;
if (options.json) {
  const text = JSON.stringify({
    model,
    ...verdictRecord(verdict),
    ...(sets !== null && { genreSets: sets }),
  });
  await new Blob([text, "\n"]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
} else {
  await show(verdictTable([verdict]));
  if (sets !== null) await show(genreSetsTable(sets));
  console.log(`\n${reportText(verdict.report)}`);
}
if (output !== undefined) {
  await writeVerdicts(join(output, "metrics.json"), [verdict]);
  if (sets !== null) await writeJson(join(output, "genre_sets.json"), sets);
  await writePredictions(join(output, "predictions.csv"), classifier.labels, songs, predictions);
  tell(`metrics.json and predictions.csv are in ${output}`);
}

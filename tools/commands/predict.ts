/** `deno task predict`: tells the genres of songs that may have none. */
import { startEngine } from "../../lib/engine/mod.ts";
import { show } from "../../lib/notebook/mod.ts";
import { songRows } from "../../lib/songs/mod.ts";
import { songOfLyrics } from "../../lib/training/mod.ts";
import { answerLine, answersTable } from "../answers.ts";
import { commandLines, predictionsFile } from "../command_lines.ts";
import { findTrained, loadTelling } from "../find_model.ts";
import { checkPaths, keepStandardOutput, readOptions, UsageError } from "../options.ts";
import { standardOutputPath } from "../paths.ts";
import { classifyThoseWithLyrics, readCleanSongs, writePredictions } from "../run_songs.ts";

const options = readOptions(commandLines.predict);

const { songs: table, text, json, top } = options;
if ((table === undefined) === (text.length === 0)) {
  throw new UsageError(
    `${table === undefined ? "Say which songs" : "--songs and --text are given; give one"}: ` +
      '--songs FILE, a table, or --text "…", lyrics.',
  );
}
if (json && options.output === standardOutputPath) {
  throw new UsageError("--json and --output - would both print to standard output; leave one out.");
}
if (json) keepStandardOutput();
const output = options.output ?? (json || table === undefined ? undefined : predictionsFile);

const model = await findTrained(options.model, options.tokenizer);
checkPaths(commandLines.predict.options, { ...options, model, output });
const songs = table === undefined
  ? text.map((lyrics, i) => songOfLyrics(lyrics, `text-${i + 1}`))
  : songRows(await readCleanSongs(table, { purpose: "prediction", ...options }));
const { description } = await startEngine({ engine: options.engine });
console.log(`Engine: ${description}`);
const classifier = await loadTelling(model, { tokenizer: options.tokenizer });
const predictions = await classifyThoseWithLyrics(classifier, songs, options);
if (json) {
  const lines = songs.map((song, i) => answerLine(song, predictions[i]!, classifier.labels, top) + "\n");
  await new Blob(lines).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
} else if (output !== standardOutputPath) {
  await show(answersTable(songs, predictions, classifier.labels, top ?? 3), { maxRows: 10, maxCell: 120 });
}
if (output !== undefined) {
  await writePredictions(output, classifier, songs, predictions);
  const without = predictions.filter((prediction) => prediction === null).length;
  console.log(
    `${songs.length} songs: ${output === standardOutputPath ? "standard output" : output}` +
      (without === 0 ? "" : `; ${without} have no lyrics, and no answer in their rows`),
  );
}

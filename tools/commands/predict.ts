/** `deno task predict`: tells the genres of songs that may have none. */
import { startEngine } from "../../lib/engine/mod.ts";
import { songRows } from "../../lib/songs/mod.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import { standardOutputPath } from "../paths.ts";
import {
  classifyThoseWithLyrics,
  findModel,
  loadTelling,
  readCleanSongs,
  writePredictions,
} from "../run_songs.ts";

const options = readOptions(commandLines.predict);

await findModel(options.model, { trained: true });
const songs = songRows(await readCleanSongs(options.songs, { purpose: "prediction", ...options }));
const { description } = await startEngine({ engine: options.engine });
console.log(`Engine: ${description}`);
const classifier = await loadTelling(options.model, { tokenizer: options.tokenizer });
const predictions = await classifyThoseWithLyrics(classifier, songs, options);
await writePredictions(options.output, classifier, songs, predictions);
const without = predictions.filter((prediction) => prediction === null).length;
console.log(
  `${songs.length} songs: ${options.output === standardOutputPath ? "standard output" : options.output}` +
    (without === 0 ? "" : `; ${without} have no lyrics, and no answer in their rows`),
);

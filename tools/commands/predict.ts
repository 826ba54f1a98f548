/** `deno task predict`: tells the genres of songs that may have none. */
import { startEngine } from "../../lib/engine/mod.ts";
import { readSongs, songRows } from "../../lib/songs/mod.ts";
import { loadClassifier } from "../../lib/training/mod.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import { classifyShowing, readingOf, writePredictions } from "../run_songs.ts";

const options = readOptions(commandLines.predict);

const { description } = await startEngine({ engine: options.engine });
console.log(`Engine: ${description}`);
const songs = songRows(await readSongs(options.songs, { ...readingOf(options), requireGenre: false }));
const classifier = await loadClassifier(
  options.model,
  options.tokenizer === undefined ? {} : { tokenizer: options.tokenizer },
);
const predictions = await classifyShowing(classifier, songs, options);
await writePredictions(options.output, classifier, songs, predictions);
console.log(`${songs.length} songs: ${options.output}`);

/** `deno task predict`: tells the genres of songs that may have none. */
import { startEngine } from "../../lib/engine/mod.ts";
import { readSongs, songRows } from "../../lib/songs/mod.ts";
import { loadClassifier } from "../../lib/training/mod.ts";
import { readOptions, recipe, shared } from "../options.ts";
import { classifyShowing, writePredictions } from "../run_songs.ts";

const options = readOptions({
  command: "predict",
  about:
    "Tells the genre of every song of a table, which need not have a column `genre`, with every genre's probability.",
  options: {
    songs: { ...shared.songs, required: true, default: undefined },
    model: { ...shared.model, default: "outputs/train/best", about: "a model's folder, or a Hub id" },
    tokenizer: shared.tokenizer,
    output: { type: "text", placeholder: "FILE", default: "predictions.csv", about: "the CSV to write" },
    engine: shared.engine,
    precision: shared.precision,
    maxLength: recipe.maxLength,
  },
});

const { description } = await startEngine({ engine: options.engine as "auto" | "tensorflow" | "wasm" });
console.log(`Engine: ${description}`);
const songs = songRows(await readSongs(options.songs, { requireGenre: false }));
const classifier = await loadClassifier(
  options.model,
  options.tokenizer === undefined ? {} : { tokenizer: options.tokenizer },
);
const predictions = await classifyShowing(classifier, songs, options);
await writePredictions(options.output, classifier, songs, predictions);
console.log(`${songs.length} songs: ${options.output}`);

/** `deno task pretrain`: trains a language model on lyrics or any text. */
import { startEngine } from "../../lib/engine/mod.ts";
import { parameterCount } from "../../lib/models/mod.ts";
import { listenForStop, trainingProgress } from "../../lib/notebook/mod.ts";
import { songRows } from "../../lib/songs/mod.ts";
import { loadLanguageModel, pretrain, type Text, textsOfFile } from "../../lib/training/mod.ts";
import { readOptions, recipe as recipeOptions, shared } from "../options.ts";
import { defaultSplit, heldOut, readCleanSongs, recipeOf, writeSplit } from "../run_songs.ts";

const options = readOptions({
  command: "pretrain",
  about:
    "Trains a language model on the lyrics of a table of songs, on a text file, or on both: BERT's family to tell masked words,\n" +
    "Llama to tell the next. Of the songs only those train that `train` with the same seed trains on, so that its test songs\n" +
    "stay unseen; a tenth of the file validates. Writes best/ (the model: --model takes it, with a fresh classifier),\n" +
    "history.jsonl and metrics.json. A run that was cut off goes on where it stood; Ctrl-C saves first.",
  options: {
    songs: {
      type: "text",
      placeholder: "FILE",
      about: "a table of songs; data/songs.csv where no --text is given",
    },
    text: {
      type: "text",
      placeholder: "FILE",
      about: "a text file, UTF-8: paragraphs with empty lines between, or a text a line",
    },
    genres: shared.genres,
    model: shared.model,
    tokenizer: shared.tokenizer,
    output: { ...shared.output, default: "outputs/pretrain" },
    seed: shared.seed,
    engine: shared.engine,
    precision: shared.precision,
    ...recipeOptions,
    anew: { type: "flag", about: "starts anew where an earlier run was left in the output folder" },
  },
});

const { output, seed, engine, model: source, tokenizer, anew, text, ...fields } = options;
const songsFile = options.songs ?? (text === undefined ? shared.songs.default : undefined);
const { description } = await startEngine({ engine: engine as "auto" | "tensorflow" | "wasm" });
console.log(`Engine: ${description}`);

const train: Text[] = [], validation: Text[] = [];
if (songsFile !== undefined) {
  const split = defaultSplit(await readCleanSongs(songsFile, { genres: options.genres }), seed);
  const lyrics = (side: "train" | "validation") =>
    songRows(split[side]).map(({ id, lyrics }) => ({ id, text: lyrics }));
  train.push(...lyrics("train"));
  validation.push(...lyrics("validation"));
  await writeSplit(output, split, seed);
}
if (text !== undefined) {
  const sides = heldOut(textsOfFile(await Deno.readTextFile(text)), 0.1, seed);
  train.push(...sides.train);
  validation.push(...sides.validation);
}
console.log(`${train.length} texts train, ${validation.length} validate`);

const language = await loadLanguageModel(source, { seed, ...(tokenizer !== undefined && { tokenizer }) });
for (const note of language.notes) console.log(note);
const { name, recipe } = recipeOf({ ...fields, model: source, seed } as Parameters<typeof recipeOf>[0]);
console.log(
  `${source}: ${
    (parameterCount(language.model) / 1e6).toFixed(1)
  } million parameters, ${language.kind}, recipe "${name}"`,
);
using stop = listenForStop();
const run = await pretrain(language, { train, validation }, { ...recipe, bestMetric: "loss" }, {
  output,
  resume: !anew,
  callbacks: [trainingProgress()],
  signal: stop.signal,
  dataDescription: [songsFile, text].filter((file) => file !== undefined).join(", "),
});
if (run.ended === "interrupted") {
  console.log(`Stopped after step ${run.steps}; the same command goes on from there.`);
  Deno.exit(130);
}
console.log(
  `Model: ${run.bestFolder}; fine-tune it with deno task train -- --model ${run.bestFolder} --recipe quick`,
);

/** `deno task pretrain`: trains a language model on lyrics or any text. */
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { UserError } from "../../lib/ground/mod.ts";
import { parameterCount } from "../../lib/models/mod.ts";
import { listenForStop, progressBar, trainingProgress } from "../../lib/notebook/mod.ts";
import { songRows } from "../../lib/songs/mod.ts";
import {
  type CachedSource,
  cacheTexts,
  loadLanguageModel,
  pretrain,
  rowLayout,
  textFiles,
  type TextSource,
  textSource,
} from "../../lib/training/mod.ts";
import { readOptions, recipe as recipeOptions, shared } from "../options.ts";
import { defaultSplit, readCleanSongs, recipeOf, writeSplit } from "../run_songs.ts";

const options = readOptions({
  command: "pretrain",
  about:
    "Trains a language model on the lyrics of tables of songs, on text files, or on both: BERT's family to tell masked words,\n" +
    "Llama to tell the next. Of the songs only those train that `train` with the same seed trains on, so that its test songs\n" +
    "stay unseen; of other texts a small share validates. All is tokenized once, into rows on the disk. Writes best/ (the model:\n" +
    "--model takes it, with a fresh classifier), history.jsonl and metrics.json. A run that was cut off goes on where it stood;\n" +
    "Ctrl-C saves first.",
  options: {
    songs: {
      type: "text",
      repeated: true,
      placeholder: "FILE[:TIMES]",
      about: "a table of songs, read so many times an epoch; data/songs.csv where no --text is given",
    },
    text: {
      type: "text",
      repeated: true,
      placeholder: "FILE[:TIMES]",
      about:
        "a text file, or a folder of .txt files: paragraphs with empty lines between, or a text a line; read so many times an epoch",
    },
    document: {
      type: "text",
      repeated: true,
      placeholder: "FILE[:TIMES]",
      about: "the same for texts whose lines follow one another: as many as a row holds are read together",
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

const { output, seed, engine, model: source, tokenizer, anew, ...fields } = options;
const tables = [options.songs, options.text, options.document].every(({ length }) => length === 0)
  ? [shared.songs.default]
  : options.songs;

/** `corpus.txt:3` as a path and how often it is read. */
function weighed(argument: string): { path: string; times: number } {
  const [, path = argument, times = "1"] = argument.match(/^(.+):(\d+)$/) ?? [];
  if (Number(times) < 1) throw new UserError(`${argument}: a text is read at least once an epoch.`);
  return { path, times: Number(times) };
}

const { description } = await startEngine({ engine });
console.log(`Engine: ${description}`);

const sources: TextSource[] = [];
for (const table of tables) {
  const { path, times } = weighed(table);
  const split = defaultSplit(await readCleanSongs(path, { genres: options.genres }), seed);
  const lyrics = (side: "train" | "validation") => songRows(split[side]).map(({ lyrics }) => lyrics);
  sources.push(textSource(path, lyrics("train"), "train", times));
  sources.push(textSource(`${path}, validation`, lyrics("validation"), "validation"));
  if (tables.length === 1) await writeSplit(output, split);
}
for (const [files, running] of [[options.text, false], [options.document, true]] as const) {
  for (const file of files) {
    const { path, times } = weighed(file);
    sources.push(...await textFiles(path, { times, running }));
  }
}

const language = await loadLanguageModel(source, { seed, ...(tokenizer !== undefined && { tokenizer }) });
for (const note of language.notes) console.log(note);
const { name, recipe } = recipeOf({ ...fields, model: source, seed });

using stop = listenForStop();
const bytes = sources.reduce((sum, { bytes }) => sum + bytes, 0);
const bar = progressBar({ total: bytes, label: "토큰화 · tokenizing", unit: "bytes" });
const cache = await cacheTexts(join(output, "texts"), sources, language.tokenizer, {
  layout: rowLayout(language, recipe.maxLength),
  // as much as tells the loss well: half a million bytes of text, a tenth of smaller ones
  validationShare: Math.min(0.1, 500_000 / bytes),
  seed,
  onProgress: (done) => bar.update(done),
  signal: stop.signal,
}).catch((error) => {
  if (!stop.signal.aborted) throw error;
  console.log("Stopped while tokenizing; the same command goes on from there.");
  Deno.exit(130);
});
await bar.finish();
for (const line of cache.sources.map(sourceLine)) console.log(line);

function sourceLine({ name, times, texts, validationTexts, tokens, rows, unknown }: CachedSource): string {
  const held = validationTexts === 0 ? "" : `, ${validationTexts} validate`;
  const share = unknown === 0 ? "" : `, ${(100 * unknown / tokens).toFixed(2)} % unknown`;
  return `${name}: ${texts} texts${held}, ${tokens} tokens in ${rows} rows${share}${
    times > 1 ? `, ${times} times an epoch` : ""
  }`;
}

console.log(
  `${source}: ${
    (parameterCount(language.model) / 1e6).toFixed(1)
  } million parameters, ${language.kind}, recipe "${name}"`,
);
const run = await pretrain(language, cache, { ...recipe, bestMetric: "loss" }, {
  output,
  resume: !anew,
  callbacks: [trainingProgress()],
  signal: stop.signal,
  dataDescription: sources.map(({ name }) => name).join(", "),
});
cache.close();
if (run.ended === "interrupted") {
  console.log(`Stopped after step ${run.steps}; the same command goes on from there.`);
  Deno.exit(130);
}
console.log(
  `Model: ${run.bestFolder}; fine-tune it with deno task train -- --model ${run.bestFolder} --recipe quick`,
);

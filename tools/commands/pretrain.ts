/** `deno task pretrain`: trains a language model on lyrics or any text. */
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { earlierFolder, holdFolder, isThere, tell, UserError } from "../../lib/ground/mod.ts";
import { parameterCount } from "../../lib/models/mod.ts";
import { listenForStop, progressBar, saveFigure, trainingProgress } from "../../lib/notebook/mod.ts";
import { lossCurve } from "../../lib/plots/mod.ts";
import { genresOf, lyricsOf, type Split, splitToLearn } from "../../lib/songs/mod.ts";
import {
  type CachedSource,
  cacheTexts,
  checkLanguageModel,
  loadLanguageModel,
  pretrain,
  rowLayout,
  saveLanguageModel,
  sayUnknown,
  setAside,
  startWithWordVectors,
  stepsOf,
  textFiles,
  type TextSource,
  textSource,
} from "../../lib/training/mod.ts";
import { commandLines, runFiles, runMark } from "../command_lines.ts";
import { firstBeforeOthers } from "../../lib/team/mod.ts";
import { readOptions } from "../options.ts";
import { joinOthers, leave } from "../team.ts";
import { findModel } from "../find_model.ts";
import { checkUsed, readCleanSongs, recipeOf, writeSplit } from "../run_songs.ts";

const bundledSongs = "data/songs.csv";
const options = readOptions(commandLines.pretrain);
const { output, seed, engine, model: source, tokenizer, anew, randomEmbeddings, ...fields } = options;
const { text = [], document = [], songs: named = [] } = options;
const tables = [named, text, document].every(({ length }) => length === 0) ? [bundledSongs] : named;

/** `corpus.txt:3` as a path and how often it is read. */
function weighed(argument: string): { path: string; times: number } {
  const [, path = argument, times = "1"] = argument.match(/^(.+):(\d+)$/) ?? [];
  if (Number(times) < 1) throw new UserError(`${argument}: a text is read at least once an epoch.`);
  return { path, times: Number(times) };
}

const { name, recipe } = recipeOf({ ...fields, model: source, seed });
checkUsed(fields, recipe, true);
using team = joinOthers();
const isFirst = team.rank === 0;
using _ = isFirst ? await holdFolder(output) : null;
await findModel(source, tokenizer, (source, options) => checkLanguageModel(source, { ...options, recipe }));
const sources: TextSource[] = [];
let onlySplit: Split | null = null;
for (const table of tables) {
  const { path, times } = weighed(table);
  const songs = await readCleanSongs(path, { ...options, purpose: "texts" });
  if (genresOf(songs).length === 0) {
    // nobody will train or test on songs without a genre
    sources.push(textSource(path, lyricsOf(songs), { times }));
    continue;
  }
  const split = splitToLearn(songs, { table: path, genres: options.genres, seed });
  sources.push(textSource(path, lyricsOf(split.train), { times, side: "train" }));
  sources.push(textSource(`${path}, validation`, lyricsOf(split.validation), { side: "validation" }));
  if (tables.length === 1) onlySplit = split;
}
for (const [files, running] of [[text, false], [document, true]] as const) {
  for (const file of files) {
    const { path, times } = weighed(file);
    for (const source of await textFiles(path, { times, running })) sources.push(source);
  }
}

const { description } = await startEngine({ engine });
tell(`Engine: ${description}`);
const language = await loadLanguageModel(source, { seed, ...(tokenizer !== undefined && { tokenizer }) });
for (const note of language.notes) tell(note);

const kept = anew && isFirst ? await setAside(output, runFiles) : null;
if (kept !== null) tell(`The earlier run in ${output} is kept in ${kept}.`);
// what another run left there stays as it is
const hasRun = !anew && await isThere(join(output, "checkpoints"));
if (hasRun && isFirst && await isThere(join(output, runMark))) {
  throw new UserError(
    `${output} has a run of "deno task train". Give another --output; or --anew, which keeps that run in ` +
      `${join(output, earlierFolder)} and starts over.`,
  );
}
using stop = listenForStop();

/** Runs a part with a bar; ends the process where it was asked to stop meanwhile. */
async function telling<T>(
  label: string,
  unit: string,
  total: number,
  part: (onProgress: (done: number) => void) => Promise<T>,
): Promise<T> {
  // of several processes the first does it, and the others find it done
  return await firstBeforeOthers(team, async () => {
    const bar = isFirst ? progressBar({ total, label, unit }) : null;
    try {
      return await part((done) => bar?.update(done));
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      tell("Stopped before the training; the same command goes on from there.");
      team.abort(130);
      Deno.exit(130);
    } finally {
      await bar?.finish();
    }
  });
}

const bytes = sources.reduce((sum, { bytes }) => sum + bytes, 0);
const cache = await telling(
  "토큰화 · tokenizing",
  "bytes",
  bytes,
  (onProgress) =>
    cacheTexts(join(output, "texts"), sources, language.tokenizer, {
      layout: rowLayout(language, recipe.maxLength),
      // as much as tells the loss well: half a million bytes of text, a tenth of smaller ones
      validationShare: Math.min(0.1, 500_000 / bytes),
      seed,
      onProgress,
      signal: stop.signal,
      keepOthers: hasRun,
    }),
);
for (const source of cache.sources) {
  tell(sourceLine(source));
  const note = sayUnknown(language.tokenizer, source.unknown / Math.max(1, source.tokens));
  if (note !== null) tell(`${source.name}: ${note}`);
}
if (cache.train.length === 0) {
  throw new UserError("There is nothing to train on: none of the texts holds a word.");
}

stepsOf(recipe, cache.train.length);

function sourceLine({ name, times, texts, validationTexts, tokens, rows, unknown }: CachedSource): string {
  const held = validationTexts === 0 ? "" : `, ${validationTexts} validate`;
  const share = unknown * tokens === 0 ? "" : `, ${(100 * unknown / tokens).toFixed(2)} % unknown`;
  return `${name}: ${texts} texts${held}, ${tokens} tokens in ${rows} rows${share}` +
    `${times > 1 ? `, ${times} times an epoch` : ""}`;
}

if (language.origin === undefined && !randomEmbeddings) {
  await telling(
    "단어 벡터 · word vectors",
    "rows",
    cache.train.length,
    (onProgress) =>
      startWithWordVectors(language, cache.train, {
        file: join(output, "texts", "word_vectors.safetensors"),
        seed,
        onProgress,
        signal: stop.signal,
      }),
  );
}

tell(
  `${source}: ${(parameterCount(language.model) / 1e6).toFixed(1)} million parameters, ` +
    `${language.kind}, recipe "${name}"`,
);
const run = await pretrain(language, cache, { ...recipe, bestMetric: "loss" }, {
  output,
  resume: !anew,
  callbacks: [trainingProgress()],
  signal: stop.signal,
  team,
  dataDescription: sources.map(({ name }) => name).join(", "),
});
cache.close();
if (!isFirst) leave(team, run.ended === "interrupted" ? 130 : 0);
await saveFigure(lossCurve(run.history, { tokens: true }), join(output, "curve.png"));
if (run.ended === "interrupted") {
  tell(`Stopped after step ${run.steps}; the same command goes on from there.`);
  leave(team, 130);
}
// where one table was read, `train` and `evaluate` know by this which of its songs the model has seen
for (const folder of onlySplit === null ? [] : [output, run.bestFolder!]) {
  await writeSplit(folder, onlySplit!);
}
if (options.bf16) {
  const folder = join(output, "bf16"), best = await loadLanguageModel(run.bestFolder!);
  await saveLanguageModel(best, folder, { dtype: "bfloat16" });
  await Deno.copyFile(join(run.bestFolder!, "README.md"), join(folder, "README.md"));
  console.log(`In bfloat16: ${folder}`);
}
tell(
  `Model: ${run.bestFolder}; fine-tune it with deno task train -- --model ${run.bestFolder} --recipe quick`,
);

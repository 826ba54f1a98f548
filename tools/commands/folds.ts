/** `deno task folds`: every method on the folds of a published comparison, with paired intervals. */
import { join } from "node:path";
import { compareFolds, foldsText } from "../../lib/ideas/mod.ts";
import { configNames } from "../../lib/models/mod.ts";
import { listenForStop, type ProgressBar, progressBar, trainingProgress } from "../../lib/notebook/mod.ts";
import { type Song, songRows, songsFrame } from "../../lib/songs/mod.ts";
import { classifySongs, fineTune, loadClassifier, quickRecipe } from "../../lib/training/mod.ts";
import { BASELINE, cheapMethods, cheapRunner } from "../folds/cheap_methods.ts";
import { DISJOINT, readFolds, testSongsOf } from "../folds/file.ts";
import { type FoldResult, readResult, rounded, writeResult } from "../folds/results.ts";
import { type FoldSplit, foldSplit } from "../folds/splits.ts";
import { foldMethods } from "../folds/table.ts";
import { readOptions, recipe as recipeOptions, shared } from "../options.ts";
import { loadTelling, readCleanSongs } from "../run_songs.ts";

const cheap = Object.keys(cheapMethods);

const options = readOptions({
  command: "folds",
  about:
    "Runs every method on given folds and on an artist- and album-disjoint split, and prints means over folds with paired\n" +
    "95 % intervals. Results are written as they finish, and the same command goes on where it stood. The folds file is JSON:\n" +
    '{"genres": [names], "folds": [[song ids], …], "disjoint_test": [song ids]}; songs not listed are left out. Each fold is\n' +
    "tested once; of the others a tenth is cut off for validation (songs with the same lyrics stay together).",
  options: {
    songs: shared.songs,
    folds: { type: "text", placeholder: "FILE", required: true, about: "the folds, song ids only" },
    models: {
      type: "text",
      placeholder: "LIST",
      default: "cheap,kobert-small",
      about: `what to run, with commas: ${cheap.join(", ")}, cheap for all of these, and ${
        configNames.join(", ")
      }`,
    },
    splits: {
      type: "text",
      placeholder: "LIST",
      about: "the splits to run, with commas: fold-1 and so on, disjoint (default all)",
    },
    output: { ...shared.output, default: "outputs/folds" },
    tokenizer: shared.tokenizer,
    seed: shared.seed,
    precision: shared.precision,
    epochs: { ...recipeOptions.epochs, default: 6 },
    batchSize: { ...recipeOptions.batchSize, default: 32 },
    maxLength: { ...recipeOptions.maxLength, default: quickRecipe.maxLength },
    learningRate: { ...recipeOptions.learningRate, default: quickRecipe.learningRate },
  },
});
const { output, seed } = options;

const list = (text: string) => text.split(",").map((word) => word.trim()).filter((word) => word !== "");
function checked(option: string, chosen: string[], known: readonly string[]): string[] {
  const wrong = chosen.filter((name) => !known.includes(name));
  if (wrong.length === 0) return chosen;
  console.error(`--${option}: ${wrong.join(", ")} is none of ${known.join(", ")}.`);
  Deno.exit(2);
}

const file = await readFolds(options.folds);
const labels = file.genres;
const testSongs = testSongsOf(file);
const models = checked(
  "models",
  list(options.models).flatMap((name) => name === "cheap" ? cheap : [name]),
  [...cheap, ...configNames],
);
const splits = checked("splits", list(options.splits ?? [...testSongs.keys()].join(",")), [
  ...testSongs.keys(),
]);

const listed = new Set([...testSongs.values()].flat());
const songs = songsFrame(
  songRows(await readCleanSongs(options.songs, { genres: labels })).filter(({ id }) => listed.has(id)),
);
console.log(
  `${songs.height} of the ${listed.size} listed songs, ${labels.length} genres, ${splits.join(", ")}`,
);

const splitOf = (name: string) => foldSplit(songs, testSongs.get(name)!, seed);

const identity = { songs: songs.height, labels, seed };
const transformerIdentity = {
  ...identity,
  epochs: options.epochs,
  batchSize: options.batchSize,
  maxLength: options.maxLength,
  learningRate: options.learningRate,
  precision: options.precision,
  tokenizer: options.tokenizer ?? null,
};
const identityOf = (model: string) => configNames.includes(model) ? transformerIdentity : identity;
/** A result of this or an earlier run, whatever the transformer's settings were then. */
const resultOf = (split: string, model: string) => readResult(output, split, model, identity);

/** Runs a method unless its result is there. */
async function once(
  split: string,
  model: string,
  work: () => Promise<Omit<FoldResult, "identity" | "seconds">>,
): Promise<void> {
  if (!models.includes(model)) return;
  if (await readResult(output, split, model, identityOf(model)) !== undefined) return;
  const startedAt = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedAt) / 1000;
  await writeResult(output, split, model, { identity: identityOf(model), seconds, ...result });
  console.log(`${split}  ${model}: ${seconds.toFixed(0)} s`);
}

async function runCheap(split: string, fold: FoldSplit): Promise<void> {
  const run = cheapRunner(fold, labels);
  for (const name of cheap) {
    await once(split, name, async () => {
      let bar: ProgressBar | undefined;
      const { validation, test } = await run(name, (iteration) => {
        bar ??= progressBar({ total: null, label: `${split} ${name}`, unit: "iterations" });
        bar.update(iteration);
      });
      await bar?.finish();
      return { kind: "probabilities", validation: rounded(validation), test: rounded(test) };
    });
  }
}

using stop = listenForStop();
async function runTransformer(name: string, split: string, fold: FoldSplit): Promise<void> {
  await once(split, name, async () => {
    const folder = join(output, split, `${name}-training`);
    const classifier = await loadTelling(name, { labels, seed, tokenizer: options.tokenizer });
    const run = await fineTune(classifier, fold, {
      ...quickRecipe,
      epochs: options.epochs,
      batchSize: options.batchSize,
      maxLength: options.maxLength,
      learningRate: options.learningRate,
      precision: options.precision,
      oversample: false,
      seed,
      keepCheckpoints: 1,
    }, { output: folder, callbacks: [trainingProgress()], signal: stop.signal });
    if (run.ended === "interrupted") {
      console.log("Stopped; the same command goes on from there.");
      Deno.exit(130);
    }
    const best = await loadClassifier(run.bestFolder!);
    const logits = async (songs: Song[]) =>
      rounded((await classifySongs(best, songs)).map(({ logits }) => logits));
    const result = {
      kind: "logits" as const,
      validation: await logits(fold.rows.validation),
      test: await logits(fold.rows.test),
      notes: {
        best: run.best,
        epochs: run.history.filter(({ kind }) => kind === "evaluation"),
      },
    };
    for (const { model } of [classifier, best]) for (const p of model.parameters.values()) p.dispose();
    await Deno.remove(folder, { recursive: true });
    return result;
  });
}

for (const split of splits) {
  const fold = splitOf(split);
  const [train, validation, test, leftOut] = [fold.train, fold.validation, fold.test, fold.leftOut]
    .map(({ height }) => height);
  console.log(
    `${split}: ${train} songs train, ${validation} validate, ${test} test` +
      (leftOut === 0 ? "" : `; ${leftOut} with the lyrics of a test song are left out`),
  );
  await runCheap(split, fold);
}
for (const name of models.filter((name) => configNames.includes(name))) {
  for (const split of splits) await runTransformer(name, split, splitOf(split));
}

const all = new Map([...testSongs.keys()].map((name) => [name, splitOf(name)]));
const { methods, weights } = await foldMethods(all, labels, configNames, resultOf);
if (!methods.some(({ method }) => method === BASELINE)) {
  console.log("The table needs the results of tfidf: add it to --models.");
  Deno.exit(0);
}
const folds = [...testSongs.keys()].filter((name) => name !== DISJOINT);
const comparison = compareFolds(methods, { folds, baseline: BASELINE });
await Deno.writeTextFile(
  join(output, "folds.json"),
  JSON.stringify({ identity, weights, ...comparison }, null, 2) + "\n",
);
console.log(
  `\n${foldsText(comparison, { baseline: "TF-IDF", others: file.disjoint_test ? [DISJOINT] : [] })}`,
);
console.log(
  `\n"to …": accuracy in points, mean over folds and its paired 95 % interval (t). Best: ${comparison.best.trim()}.`,
);
console.log(`Figures: ${join(output, "folds.json")}`);
